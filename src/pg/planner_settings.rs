//! Settings of the planner that any user may change, held to bounds while a statement is planned and run: without,
//! `SET cpu_tuple_cost = 0` lifts `router.max_cost`, and `SET work_mem = '1TB'` the limits of memory.

use std::ffi::CStr;

use pgrx::pg_sys;

use super::session::set_local;

/// Until the enclosing GUC nest level ends.
pub(super) unsafe fn hold() {
    // SAFETY: reads variables of the backend; the setter is as documented there.
    unsafe {
        // The units of router.max_cost: never below the server's defaults.
        at_least(pg_sys::cpu_tuple_cost, 0.01, c"cpu_tuple_cost", c"0.01");
        at_least(pg_sys::cpu_index_tuple_cost, 0.005, c"cpu_index_tuple_cost", c"0.005");
        at_least(pg_sys::cpu_operator_cost, 0.0025, c"cpu_operator_cost", c"0.0025");
        // Workers divide the cost.
        at_most(pg_sys::max_parallel_workers_per_gather, 8, c"max_parallel_workers_per_gather", c"8");
        // An exhaustive search among many joins takes hours and gigabytes.
        if !pg_sys::enable_geqo {
            set_local(c"geqo", c"on");
        }
        at_most(pg_sys::geqo_threshold, 12, c"geqo_threshold", c"12");
        at_most(pg_sys::from_collapse_limit, 12, c"from_collapse_limit", c"12");
        at_most(pg_sys::join_collapse_limit, 12, c"join_collapse_limit", c"12");
        for name in [c"geqo_pool_size", c"geqo_generations"] {
            let value = pg_sys::GetConfigOption(name.as_ptr(), true, false);
            if !value.is_null() && CStr::from_ptr(value) != c"0" {
                set_local(name, c"0");
            }
        }
        at_most(pg_sys::work_mem, 256 * 1024, c"work_mem", c"256MB");
        if pg_sys::hash_mem_multiplier > 4.0 {
            set_local(c"hash_mem_multiplier", c"4");
        }
    }
}

unsafe fn at_least(value: f64, bound: f64, name: &CStr, text: &CStr) {
    if value < bound {
        // SAFETY: as the setter documents.
        unsafe { set_local(name, text) };
    }
}

unsafe fn at_most(value: i32, bound: i32, name: &CStr, text: &CStr) {
    if value > bound {
        // SAFETY: as the setter documents.
        unsafe { set_local(name, text) };
    }
}
