//! A bounded queue of records over words that many processes share. Whoever writes holds a lock that others share to
//! read; nothing here waits, and a full ring refuses.
//!
//! Records belong to databases. Each database's reader takes its own in order and releases them once they are safe;
//! the room comes free when nobody's records lie before it, and what nobody took in time is dropped, so that one
//! database without a reader can't block the others.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Words before the records: the counters below.
const HEADER: usize = 8;
/// Positions grow for ever; the place of position p is p modulo the capacity.
const HEAD: usize = 0;
const TAIL: usize = 1;
const PUSHED: usize = 2;
const STORED: usize = 3;
const REFUSED: usize = 4;
const OVERDUE: usize = 5;

/// Words before a record's bytes: length and whether it was released; database and time.
const RECORD_HEADER: u64 = 2;
const RELEASED: u64 = 1 << 63;

#[derive(Clone, Copy)]
pub struct Ring<'a> {
    header: &'a [AtomicU64],
    slots: &'a [AtomicU64],
}

/// Counts since the words were zeroed, and how full the ring is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RingCounts {
    pub pushed: u64,
    /// Taken and released.
    pub stored: u64,
    /// Lost: there was no room.
    pub refused: u64,
    /// Lost: nobody took them in time.
    pub overdue: u64,
    pub used_bytes: u64,
    pub capacity_bytes: u64,
}

/// Records that a reader took.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Batch {
    pub records: Vec<Vec<u8>>,
    first: u64,
    /// Where the next batch begins.
    pub end: u64,
}

impl<'a> Ring<'a> {
    /// `None` when there are too few words for any record.
    pub fn new(words: &'a [AtomicU64]) -> Option<Self> {
        (words.len() > HEADER + 64).then(|| {
            let (header, slots) = words.split_at(HEADER);
            Self { header, slots }
        })
    }

    /// Adds a record, or counts it as lost. The writers' lock is held exclusively.
    pub fn push(&self, database: u32, now: u32, bytes: &[u8]) -> bool {
        let (head, tail) = (self.at(HEAD), self.at(TAIL));
        let words = RECORD_HEADER + bytes.len().div_ceil(8) as u64;
        if words > self.capacity() - (tail - head) {
            self.header[REFUSED].fetch_add(1, Relaxed);
            return false;
        }
        self.slot(tail).store(bytes.len() as u64, Relaxed);
        self.slot(tail + 1).store(u64::from(database) << 32 | u64::from(now), Relaxed);
        let mut place = ((tail + RECORD_HEADER) % self.capacity()) as usize;
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.slots[place].store(u64::from_le_bytes(word), Relaxed);
            place += 1;
            if place == self.slots.len() {
                place = 0;
            }
        }
        self.header[TAIL].store(tail + words, Relaxed);
        self.header[PUSHED].fetch_add(1, Relaxed);
        true
    }

    /// Copies what belongs to the database, from position `from` (0: the oldest) on, until about `limit` bytes are
    /// taken or looked through. The lock is held, shared or not. The batch is empty at the end of the ring.
    pub fn take(&self, database: u32, from: u64, limit: usize) -> Batch {
        let mut at = from.max(self.at(HEAD));
        let mut batch = Batch { first: at, end: at, ..Batch::default() };
        let (mut taken, mut passed) = (0, 0);
        while at < self.at(TAIL) && taken < limit && (passed < limit || batch.records.is_empty()) {
            let record = self.record(at);
            if record.database == database && !record.released {
                batch.records.push(self.bytes(at, record.length));
                taken += record.length;
            }
            passed += 64;
            at = record.next;
        }
        batch.end = at;
        batch
    }

    /// Releases the database's records of a batch: they are safe elsewhere. The lock is held exclusively.
    pub fn release(&self, database: u32, batch: &Batch) {
        let mut at = batch.first.max(self.at(HEAD));
        while at < batch.end {
            let record = self.record(at);
            if record.database == database && !record.released {
                self.slot(at).fetch_or(RELEASED, Relaxed);
                self.header[STORED].fetch_add(1, Relaxed);
            }
            at = record.next;
        }
        self.advance(|_| false);
    }

    /// Drops the oldest records as long as they are older than `limit` seconds. The lock is held exclusively.
    pub fn drop_overdue(&self, now: u32, limit: u32) -> u64 {
        let before = self.at(OVERDUE);
        self.advance(|record| {
            let overdue = now.saturating_sub(record.pushed_at) > limit;
            self.header[OVERDUE].fetch_add(overdue.into(), Relaxed);
            overdue
        });
        self.at(OVERDUE) - before
    }

    /// Whose record waits longest, if it waits longer than `limit` seconds. The lock is held, shared or not.
    pub fn waiting(&self, now: u32, limit: u32) -> Option<u32> {
        let mut at = self.at(HEAD);
        while at < self.at(TAIL) {
            let record = self.record(at);
            if !record.released {
                return (now.saturating_sub(record.pushed_at) > limit).then_some(record.database);
            }
            at = record.next;
        }
        None
    }

    /// Gives up all records of a database that is no more. The lock is held exclusively.
    pub fn discard(&self, database: u32) {
        let mut at = self.at(HEAD);
        while at < self.at(TAIL) {
            let record = self.record(at);
            if record.database == database && !record.released {
                self.slot(at).fetch_or(RELEASED, Relaxed);
                self.header[OVERDUE].fetch_add(1, Relaxed);
            }
            at = record.next;
        }
        self.advance(|_| false);
    }

    pub fn counts(&self) -> RingCounts {
        RingCounts {
            pushed: self.at(PUSHED),
            stored: self.at(STORED),
            refused: self.at(REFUSED),
            overdue: self.at(OVERDUE),
            used_bytes: self.at(TAIL).saturating_sub(self.at(HEAD)) * 8,
            capacity_bytes: self.capacity() * 8,
        }
    }

    /// Moves the head past records that were released or that `drop` gives up.
    fn advance(&self, drop: impl Fn(&Header) -> bool) {
        let mut head = self.at(HEAD);
        while head < self.at(TAIL) {
            let record = self.record(head);
            if !record.released && !drop(&record) {
                break;
            }
            head = record.next;
        }
        self.header[HEAD].store(head, Relaxed);
    }

    fn record(&self, at: u64) -> Header {
        let (first, second) = (self.slot(at).load(Relaxed), self.slot(at + 1).load(Relaxed));
        let length = (first & !RELEASED) as usize;
        Header {
            length,
            released: first & RELEASED != 0,
            database: (second >> 32) as u32,
            pushed_at: second as u32,
            next: at + RECORD_HEADER + length.div_ceil(8) as u64,
        }
    }

    fn bytes(&self, at: u64, length: usize) -> Vec<u8> {
        let words = length.div_ceil(8) as u64;
        let mut bytes = Vec::with_capacity(words as usize * 8);
        for i in 0..words {
            bytes.extend_from_slice(&self.slot(at + RECORD_HEADER + i).load(Relaxed).to_le_bytes());
        }
        bytes.truncate(length);
        bytes
    }

    fn at(&self, counter: usize) -> u64 {
        self.header[counter].load(Relaxed)
    }

    fn capacity(&self) -> u64 {
        self.slots.len() as u64
    }

    fn slot(&self, position: u64) -> &'a AtomicU64 {
        &self.slots[(position % self.capacity()) as usize]
    }
}

struct Header {
    length: usize,
    released: bool,
    database: u32,
    pushed_at: u32,
    next: u64,
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use proptest::prelude::*;

    fn words(n: usize) -> Vec<AtomicU64> {
        (0..n).map(|_| AtomicU64::new(0)).collect()
    }

    #[test]
    fn what_goes_in_comes_out_until_released() {
        let words = words(256);
        let ring = Ring::new(&words).unwrap();
        assert!(ring.push(1, 0, b"for one") && ring.push(2, 0, b"for two") && ring.push(1, 0, b""));
        let batch = ring.take(1, 0, 1 << 20);
        assert_eq!(batch.records, [b"for one".to_vec(), Vec::new()]);
        assert_eq!(ring.take(1, 0, 1 << 20), batch, "taking is not releasing");
        ring.release(1, &batch);
        ring.release(1, &batch);
        assert_eq!(ring.take(1, 0, 1 << 20).records, Vec::<Vec<u8>>::new());
        assert_eq!(ring.take(2, 0, 1 << 20).records, [b"for two".to_vec()]);
        assert_eq!(ring.counts().stored, 2);
    }

    #[test]
    fn full_is_refused_and_counted() {
        let words = words(100);
        let ring = Ring::new(&words).unwrap();
        let fitted = (0..100).take_while(|_| ring.push(1, 0, &[7; 100])).count() as u64;
        assert!(fitted > 3);
        assert_eq!((ring.counts().pushed, ring.counts().refused), (fitted, 1));
        let batch = ring.take(1, 0, 1 << 20);
        ring.release(1, &batch);
        assert_eq!(ring.counts().used_bytes, 0);
        assert!(ring.push(1, 0, &[7; 100]));
    }

    #[test]
    fn nobody_blocks_the_others_for_ever() {
        let words = words(100);
        let ring = Ring::new(&words).unwrap();
        while ring.push(9, 1000, &[1; 64]) {}
        assert_eq!(ring.drop_overdue(1060, 60), 0);
        assert!(ring.drop_overdue(1061, 60) > 0);
        assert!(ring.push(1, 1061, b"room again"));
        assert_eq!(ring.take(1, 0, 1000).records.len(), 1);
    }

    #[test]
    fn a_database_that_is_gone_blocks_nobody() {
        let words = words(256);
        let ring = Ring::new(&words).unwrap();
        assert_eq!(ring.waiting(9, 3), None);
        assert!(ring.push(9, 5, b"for nobody") && ring.push(1, 6, b"for one") && ring.push(9, 7, b"for nobody"));
        let batch = ring.take(1, 0, 1 << 20);
        ring.release(1, &batch);
        assert!(ring.counts().used_bytes > 0, "what lies before is in the way");
        assert_eq!((ring.waiting(8, 3), ring.waiting(9, 3)), (None, Some(9)));
        ring.discard(9);
        assert_eq!((ring.counts().used_bytes, ring.counts().overdue, ring.counts().stored), (0, 2, 1));
    }

    proptest! {
        /// Against a list: per database, order and content are kept, whatever the sizes and the interleaving.
        #[test]
        fn behaves_like_a_queue_per_database(steps in prop::collection::vec((0u8..4, 1u32..3, 0usize..200), 1..300)) {
            let words = words(300);
            let ring = Ring::new(&words).unwrap();
            let mut expected: [VecDeque<Vec<u8>>; 3] = Default::default();
            for (i, (action, database, size)) in steps.into_iter().enumerate() {
                let own = &mut expected[database as usize];
                if action < 3 {
                    let bytes: Vec<u8> = (0..size).map(|j| (i + j) as u8).collect();
                    if ring.push(database, 0, &bytes) { own.push_back(bytes); }
                } else {
                    let batch = ring.take(database, 0, size + 1);
                    for record in &batch.records { prop_assert_eq!(Some(record.clone()), own.pop_front()); }
                    ring.release(database, &batch);
                }
            }
            for database in [1, 2] {
                let mut from = 0;
                loop {
                    let batch = ring.take(database, from, 50);
                    for record in &batch.records {
                        prop_assert_eq!(Some(record.clone()), expected[database as usize].pop_front());
                    }
                    if batch.end == from || batch.records.is_empty() { break; }
                    from = batch.end;
                }
                prop_assert!(expected[database as usize].is_empty());
            }
        }
    }
}
