//! How long a cache should keep its entries, judged by what it did.

/// Questions to a cache below which nothing is concluded.
const FEWEST: u64 = 1000;
/// The longest lifetime that is set: a day, in seconds.
const LONGEST: u64 = 86_400;

/// What one layer did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CacheUse {
    pub ttl_seconds: u64,
    pub hits: u64,
    pub misses: u64,
    /// Found, but too old.
    pub expired: u64,
    pub stored: u64,
    /// Thrown out for want of room.
    pub evicted: u64,
}

/// What to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// Keep entries for so many seconds.
    Lifetime(u64),
    MoreRoom,
}

/// Entries live twice as long if a fifth of the misses had been there and there is room. Where a quarter of what comes
/// in pushes something else out, room is what is missing.
pub fn advise(used: &CacheUse) -> Option<Advice> {
    if used.hits + used.misses < FEWEST || used.ttl_seconds == 0 {
        return None;
    }
    if used.evicted * 4 > used.stored {
        return Some(Advice::MoreRoom);
    }
    let longer = (used.ttl_seconds * 2).min(LONGEST);
    (used.expired * 5 > used.misses && longer > used.ttl_seconds).then_some(Advice::Lifetime(longer))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUSY: CacheUse =
        CacheUse { ttl_seconds: 1800, hits: 5000, misses: 1000, expired: 0, stored: 1000, evicted: 0 };

    #[test]
    fn a_cache_that_does_well_is_left_alone() {
        assert_eq!(advise(&BUSY), None);
        assert_eq!(advise(&CacheUse { hits: 10, misses: 10, expired: 10, ..BUSY }), None, "too little to tell");
        assert_eq!(advise(&CacheUse { ttl_seconds: 0, expired: 900, ..BUSY }), None, "switched off by hand");
    }

    #[test]
    fn what_was_missed_by_age_lives_longer_and_not_for_ever() {
        let old = CacheUse { expired: 300, ..BUSY };
        assert_eq!(advise(&old), Some(Advice::Lifetime(3600)));
        assert_eq!(advise(&CacheUse { ttl_seconds: 80_000, ..old }), Some(Advice::Lifetime(86_400)));
        assert_eq!(advise(&CacheUse { ttl_seconds: 86_400, ..old }), None);
    }

    #[test]
    fn where_room_is_missing_longer_lives_do_not_help() {
        assert_eq!(advise(&CacheUse { expired: 300, evicted: 400, ..BUSY }), Some(Advice::MoreRoom));
    }
}
