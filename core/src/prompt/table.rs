//! Tables of fixed words, looked up for every word of a prompt. Nobody can fill them with others, so their hash need not
//! resist that: a lookup costs a fifth of what the standard library's costs.

use rustc_hash::{FxHashMap, FxHashSet};

pub type Table<K, V> = FxHashMap<K, V>;
pub type WordSet<K = &'static str> = FxHashSet<K>;
