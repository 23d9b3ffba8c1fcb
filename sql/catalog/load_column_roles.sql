-- What registration decided of each column.
SELECT relation::oid, column_name, role, default_agg FROM router.dataset_columns
