SELECT weights FROM router.calibrations ORDER BY id DESC LIMIT 1
