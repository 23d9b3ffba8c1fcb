//! Settings: what pgrx has no name for.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use pgrx::pg_sys;

/// Makes unknown settings with this prefix an error instead of a placeholder.
pub fn reserve_setting_prefix(prefix: &'static CStr) {
    // SAFETY: the string is NUL-terminated and lives for ever.
    unsafe { pg_sys::MarkGUCPrefixReserved(prefix.as_ptr()) }
}

/// Assignments to watched settings, in this process.
static ASSIGNED: AtomicU64 = AtomicU64::new(0);
static WATCHED: OnceLock<Vec<&'static CStr>> = OnceLock::new();

/// From now on [`settings_generation`] grows whenever a setting of this prefix is assigned, however: by SET, SET LOCAL
/// and its end, rollback, reload, a function's own settings. To be called once all of them are defined.
pub fn watch_settings(prefix: &str) {
    WATCHED.get_or_init(|| {
        let mut names = Vec::new();
        for setting in all_settings() {
            // SAFETY: the server's own list of settings, which live as long as the process.
            unsafe {
                let name: &'static CStr = CStr::from_ptr((*setting).name);
                if name.to_bytes().starts_with(prefix.as_bytes()) {
                    hook(setting);
                    names.push(name);
                }
            }
        }
        names.sort();
        names
    });
}

/// Grows with every assignment to a watched setting.
pub fn settings_generation() -> u64 {
    ASSIGNED.load(Ordering::Relaxed)
}

/// Every watched setting with its value, sorted by name.
pub fn watched_settings() -> Vec<(&'static CStr, String)> {
    WATCHED.get().into_iter().flatten().map(|name| (*name, shown(name))).collect()
}

/// A setting's value; empty if there is no such setting.
pub fn setting(name: &CStr) -> String {
    shown(name)
}

fn shown(name: &CStr) -> String {
    // SAFETY: a setting that is missing gives null; else a C string, copied before anything else can change it.
    unsafe {
        let value = pg_sys::GetConfigOption(name.as_ptr(), true, false);
        if value.is_null() { String::new() } else { CStr::from_ptr(value).to_string_lossy().into_owned() }
    }
}

/// The `row_security` setting.
pub fn row_security() -> bool {
    // SAFETY: reads a variable of this backend.
    unsafe { pg_sys::row_security }
}

#[cfg(feature = "pg15")]
fn all_settings() -> Vec<*mut pg_sys::config_generic> {
    // SAFETY: the array has as many entries as the count says.
    unsafe {
        let count = usize::try_from(pg_sys::GetNumConfigOptions()).unwrap_or(0);
        std::slice::from_raw_parts(pg_sys::get_guc_variables(), count).to_vec()
    }
}

#[cfg(not(feature = "pg15"))]
fn all_settings() -> Vec<*mut pg_sys::config_generic> {
    let mut count = 0;
    // SAFETY: the array has as many entries as the count says; it is palloc'ed, and copied.
    unsafe {
        let settings = pg_sys::get_guc_variables(&mut count);
        std::slice::from_raw_parts(settings, usize::try_from(count).unwrap_or(0)).to_vec()
    }
}

/// The extension's settings have no assign hooks of their own.
unsafe fn hook(setting: *mut pg_sys::config_generic) {
    use pg_sys::config_type::*;
    // SAFETY: the type tag says what the rest of the setting is.
    unsafe {
        match (*setting).vartype {
            PGC_BOOL => (*setting.cast::<pg_sys::config_bool>()).assign_hook = Some(bool_assigned),
            PGC_INT => (*setting.cast::<pg_sys::config_int>()).assign_hook = Some(int_assigned),
            PGC_REAL => (*setting.cast::<pg_sys::config_real>()).assign_hook = Some(real_assigned),
            PGC_STRING => (*setting.cast::<pg_sys::config_string>()).assign_hook = Some(string_assigned),
            PGC_ENUM => (*setting.cast::<pg_sys::config_enum>()).assign_hook = Some(int_assigned),
            _ => {}
        }
    }
}

fn assigned() {
    ASSIGNED.fetch_add(1, Ordering::Relaxed);
}

unsafe extern "C-unwind" fn bool_assigned(_value: bool, _extra: *mut c_void) {
    assigned();
}

unsafe extern "C-unwind" fn int_assigned(_value: c_int, _extra: *mut c_void) {
    assigned();
}

unsafe extern "C-unwind" fn real_assigned(_value: f64, _extra: *mut c_void) {
    assigned();
}

unsafe extern "C-unwind" fn string_assigned(_value: *const c_char, _extra: *mut c_void) {
    assigned();
}
