//! Sizes that a statement asks for before analysis would make them: a literal `'x'::char(10000000)` is ten megabytes as
//! soon as it is read, and a text of a few kilobytes may hold thousands.

use std::ffi::{CStr, c_void};

use pgrx::pg_sys::NodeTag::*;
use pgrx::{PgList, pg_sys};

/// Length of one padded type, such as char(n) and bit(n).
const MAX_PADDED: f64 = 20_000.0;
/// Lengths of all padded types of a statement together.
const MAX_PADDED_SUM: f64 = 1_000_000.0;
/// Types whose length is a limit, and pads nothing.
const NOT_PADDED: [&CStr; 3] = [c"varchar", c"varbit", c"numeric"];

type Walker = unsafe extern "C-unwind" fn(*mut pg_sys::Node, *mut c_void) -> bool;

unsafe extern "C-unwind" {
    #[cfg_attr(feature = "pg15", link_name = "raw_expression_tree_walker")]
    #[cfg_attr(not(feature = "pg15"), link_name = "raw_expression_tree_walker_impl")]
    fn walk_raw(node: *mut pg_sys::Node, walker: Walker, context: *mut c_void) -> bool;
}

/// Why the raw statement is refused; None if it asks for nothing large.
///
/// # Safety
/// `statement` is a tree fresh from the raw parser.
pub(super) unsafe fn oversized(sql: &str, statement: *mut pg_sys::Node) -> Option<&'static str> {
    // Most statements have no number that could matter, and need no walk.
    let long_number = |word: &str| word.len() >= 5 && word.starts_with(|c: char| c.is_ascii_digit());
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '+';
    if !sql.split(|c: char| !is_word(c)).any(long_number) {
        return None;
    }
    let mut padded = 0.0;
    let mut open: Vec<*mut pg_sys::Node> = vec![statement];
    while let Some(node) = open.pop() {
        // SAFETY: the walker hands out valid nodes; the casts follow their tags.
        unsafe {
            match (*node).type_ {
                T_TypeName => {
                    let length = type_length(&*node.cast());
                    padded += length;
                    if length > MAX_PADDED || padded > MAX_PADDED_SUM {
                        return Some("a type pads its values to tens of kilobytes");
                    }
                }
                T_A_Const if document_has_long_number(&*node.cast()) => {
                    return Some("a number in a JSON literal has an exponent beyond 1000");
                }
                _ => {}
            }
            let context = (&raw mut open).cast();
            // SAFETY: a single call that owns nothing; a node it does not know is an error of the server.
            pg_sys::ffi::pg_guard_ffi_boundary(|| walk_raw(node, collect, context));
        }
    }
    None
}

/// Raises nothing.
unsafe extern "C-unwind" fn collect(node: *mut pg_sys::Node, open: *mut c_void) -> bool {
    if !node.is_null() {
        // SAFETY: the context that `oversized` passed.
        unsafe { (*open.cast::<Vec<*mut pg_sys::Node>>()).push(node) };
    }
    false
}

/// The number in parentheses after a type's name, if values are padded to it.
unsafe fn type_length(name: &pg_sys::TypeName) -> f64 {
    // SAFETY: names are lists of strings, lengths of expressions.
    unsafe {
        let last = PgList::<pg_sys::String>::from_pg(name.names).tail();
        if last.is_some_and(|last| NOT_PADDED.contains(&CStr::from_ptr((*last).sval))) {
            return 0.0;
        }
        let lengths = PgList::<pg_sys::Node>::from_pg(name.typmods);
        lengths.iter_ptr().filter(|length| (**length).type_ == T_A_Const).map(|length| number(&*length.cast())).sum()
    }
}

unsafe fn number(constant: &pg_sys::A_Const) -> f64 {
    // SAFETY: the union's tag says which member it is.
    unsafe {
        match constant.val.node.type_ {
            T_Integer => f64::from(constant.val.ival.ival),
            T_Float => f64::MAX,
            _ => 0.0,
        }
    }
}

/// `[1e99999]`: seven bytes that print as a hundred thousand.
unsafe fn document_has_long_number(constant: &pg_sys::A_Const) -> bool {
    // SAFETY: the union's tag says which member it is; strings are NUL-terminated.
    let text = unsafe {
        if constant.isnull || constant.val.node.type_ != T_String {
            return false;
        }
        CStr::from_ptr(constant.val.sval.sval).to_bytes()
    };
    let document = text.trim_ascii_start().first().is_some_and(|first| matches!(first, b'{' | b'['));
    document
        && text.windows(2).enumerate().any(|(at, pair)| {
            let exponent = pair[0].is_ascii_digit() && matches!(pair[1], b'e' | b'E');
            let digits = text[at + 2..].iter().skip_while(|b| matches!(b, b'+' | b'0'));
            exponent && digits.take_while(|b| b.is_ascii_digit()).count() > 3
        })
}
