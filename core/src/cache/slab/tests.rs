use std::collections::HashMap;

use proptest::prelude::*;

use super::{Lookup, Meta, Put, Slab};

fn meta(key: &[u8], created: i64) -> Meta {
    // Few hashes, so that chains are long.
    Meta {
        hash: u64::from(key.first().copied().unwrap_or(0) % 7),
        layer: 3,
        database: 5,
        created,
        expires: created + 100,
    }
}

fn get(slab: &mut Slab<'_>, key: &[u8], now: i64) -> Lookup {
    slab.get(meta(key, now).hash, key, now)
}

#[test]
fn an_arena_of_zeroes_is_empty_and_a_small_one_is_none() {
    assert!(Slab::new(&mut [0; 1000]).is_none());
    let mut arena = vec![0; 64 * 1024];
    let mut slab = Slab::new(&mut arena).expect("large enough");
    assert_eq!(get(&mut slab, b"a", 0), Lookup::Miss);
    assert_eq!(slab.put(&meta(b"a", 1), b"a", &[7; 2000]), Put::Stored(0));
    assert_eq!(get(&mut slab, b"a", 2), Lookup::Hit { created: 1, value: vec![7; 2000] });
    assert_eq!(slab.put(&meta(b"a", 3), b"a", b"new"), Put::Stored(0));
    assert_eq!(get(&mut slab, b"a", 2), Lookup::Hit { created: 3, value: b"new".to_vec() });
    assert_eq!(slab.usage()[3].entries, 1);
    assert_eq!(get(&mut slab, b"a", 103), Lookup::Expired);
    assert_eq!(get(&mut slab, b"a", 2), Lookup::Miss);
    assert_eq!(slab.put(&meta(b"big", 0), b"big", &[0; 60_000]), Put::TooLarge);
    assert_eq!(slab.put(&meta(b"a", 3), b"a", b"x"), Put::Stored(0));
    assert_eq!(slab.remove_if(|m, key| m.database == 5 && key == b"a"), 1);
    assert_eq!(get(&mut slab, b"a", 2), Lookup::Miss);
}

#[test]
fn what_is_used_stays() {
    let mut arena = vec![0; 64 * 1024];
    let mut slab = Slab::new(&mut arena).expect("large enough");
    let key = |i: u32| i.to_le_bytes();
    let mut evicted = 0;
    for i in 0..400 {
        if let Put::Stored(n) = slab.put(&meta(&key(i), 0), &key(i), &[1; 900]) {
            evicted += n;
        }
        assert!(matches!(get(&mut slab, &key(0), 0), Lookup::Hit { .. }), "after {i} others");
    }
    assert!(evicted > 300, "{evicted}");
}

proptest! {
    /// Whatever is done in whatever order: a hit is what was stored last under that key, and all entries can be counted.
    #[test]
    fn a_hit_is_what_was_stored(steps in prop::collection::vec((0u8..4, 0u8..40, 0usize..3000), 0..400)) {
        let mut arena = vec![0; 40 * 1024];
        let mut slab = Slab::new(&mut arena).expect("large enough");
        let mut last: HashMap<u8, Vec<u8>> = HashMap::new();
        for (now, (what, key, size)) in steps.into_iter().enumerate() {
            let now = now as i64;
            match what {
                0 | 1 => {
                    let value: Vec<u8> = (0..size).map(|i| (i as u8).wrapping_mul(key).wrapping_add(now as u8)).collect();
                    if slab.put(&meta(&[key], now), &[key], &value) == Put::TooLarge {
                        last.remove(&key);
                    } else {
                        last.insert(key, value);
                    }
                }
                2 => {
                    if let Lookup::Hit { value, created } = get(&mut slab, &[key], now) {
                        prop_assert!(created + 100 > now);
                        prop_assert_eq!(Some(&value), last.get(&key));
                    }
                }
                _ => {
                    slab.remove_if(|_, k| k == [key]);
                    prop_assert_eq!(get(&mut slab, &[key], now), Lookup::Miss);
                }
            }
            let usage = slab.usage()[3];
            prop_assert!(usage.bytes <= 40 * 1024 && usage.entries <= last.len().max(40));
        }
    }
}
