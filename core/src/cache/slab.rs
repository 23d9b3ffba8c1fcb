//! Entries of any size in chained blocks of one arena, evicted by use (CLOCK).
//!
//! The arena is plain bytes that may lie in memory shared by processes: everything in it is found by offsets, and all
//! zeroes is an empty cache. Whoever calls holds the arena alone.
//!
//! Layout: a header, the heads of the hash chains, the blocks. An entry is a chain of blocks; its first one holds the
//! entry's facts. Numbers are little-endian; a block is named by its number plus one, 0 is none.

/// Bytes of a block.
const BLOCK: usize = 512;
/// What every block begins with: the next block of the entry, and what kind of block it is.
const LINK: usize = 8;
/// Facts of an entry, in its first block after the link.
const FACTS: usize = 56;
const HEADER: usize = 32;
/// Layers told apart in [`Slab::usage`].
const LAYERS: usize = 8;
/// An entry may take this part of the arena.
const LARGEST: usize = 4;

const FREE: u32 = 0;
const HEAD: u32 = 1;
const TAIL: u32 = 2;

// Offsets in the header.
const HIGH_WATER: usize = 0;
const FREE_LIST: usize = 4;
const HAND: usize = 8;
const FREED: usize = 12;

// Offsets in an entry's first block.
const CHAIN: usize = LINK;
const KEY_LENGTH: usize = LINK + 4;
const VALUE_LENGTH: usize = LINK + 8;
const DATABASE: usize = LINK + 12;
const HASH: usize = LINK + 16;
const CREATED: usize = LINK + 24;
const EXPIRES: usize = LINK + 32;
const LAYER: usize = LINK + 40;
const USED: usize = LINK + 41;

/// Facts of an entry besides its key and value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meta {
    pub hash: u64,
    pub layer: u8,
    pub database: u32,
    /// Any unit, the same for all.
    pub created: i64,
    pub expires: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    Hit {
        created: i64,
        value: Vec<u8>,
    },
    Miss,
    /// It was there, and too old.
    Expired,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// Stored; this many others had to go.
    Stored(usize),
    /// It would take too much of the arena.
    TooLarge,
}

/// What a layer takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    pub entries: usize,
    pub bytes: usize,
}

/// A cache over an arena.
pub struct Slab<'a> {
    arena: &'a mut [u8],
    buckets: usize,
    blocks: usize,
}

impl<'a> Slab<'a> {
    /// `None` if the arena is too small to hold anything.
    pub fn new(arena: &'a mut [u8]) -> Option<Self> {
        // A chain head for every two blocks: entries take three or more.
        let blocks = arena.len().checked_sub(HEADER)? / (BLOCK + 2);
        let buckets = blocks / 2;
        (blocks >= 2 * LARGEST).then_some(Self { arena, buckets, blocks })
    }

    pub fn get(&mut self, hash: u64, key: &[u8], now: i64) -> Lookup {
        let Some(head) = self.find(hash, key) else { return Lookup::Miss };
        if self.i64(head, EXPIRES) <= now {
            self.remove(head);
            return Lookup::Expired;
        }
        let at = self.block(head) + USED;
        self.arena[at] = 1;
        let value = self.read(head, key.len(), self.u32(head, VALUE_LENGTH) as usize);
        Lookup::Hit { created: self.i64(head, CREATED), value }
    }

    /// Stores an entry in place of one of the same key.
    pub fn put(&mut self, meta: &Meta, key: &[u8], value: &[u8]) -> Put {
        if let Some(old) = self.find(meta.hash, key) {
            self.remove(old);
        }
        let size = key.len() + value.len();
        let needed = 1 + size.saturating_sub(BLOCK - FACTS - LINK).div_ceil(BLOCK - LINK);
        if needed > self.blocks / LARGEST {
            return Put::TooLarge;
        }
        let mut evicted = 0;
        while self.free() < needed {
            evicted += usize::from(self.evict(meta.created));
        }
        let chain: Vec<u32> = (0..needed).filter_map(|_| self.take_block()).collect();
        let Some(&head) = chain.first() else { return Put::TooLarge };
        let mut data = key.iter().chain(value);
        for (i, &block) in chain.iter().enumerate() {
            self.set_u32(block, 0, chain.get(i + 1).copied().unwrap_or(0));
            self.set_u32(block, 4, if i == 0 { HEAD } else { TAIL });
            let from = self.block(block) + if i == 0 { LINK + FACTS } else { LINK };
            let to = self.block(block) + BLOCK;
            for (slot, byte) in self.arena[from..to].iter_mut().zip(&mut data) {
                *slot = *byte;
            }
        }
        self.set_u32(head, KEY_LENGTH, key.len() as u32);
        self.set_u32(head, VALUE_LENGTH, value.len() as u32);
        self.set_u32(head, DATABASE, meta.database);
        self.set_i64(head, HASH, meta.hash as i64);
        self.set_i64(head, CREATED, meta.created);
        self.set_i64(head, EXPIRES, meta.expires);
        let at = self.block(head);
        self.arena[at + LAYER] = meta.layer;
        // Used is what was looked up again: what is asked once goes first.
        self.arena[at + USED] = 0;
        let bucket = self.bucket(meta.hash);
        self.set_u32(head, CHAIN, self.word(bucket));
        self.set_word(bucket, head);
        Put::Stored(evicted)
    }

    /// Takes out every entry that `which` names by its facts and key; how many.
    pub fn remove_if(&mut self, mut which: impl FnMut(&Meta, &[u8]) -> bool) -> usize {
        let mut removed = 0;
        for head in 1..=self.word(HIGH_WATER) {
            if self.u32(head, 4) == HEAD {
                let key = self.read(head, 0, self.u32(head, KEY_LENGTH) as usize);
                if which(&self.meta(head), &key) {
                    self.remove(head);
                    removed += 1;
                }
            }
        }
        removed
    }

    /// By layer.
    pub fn usage(&self) -> [Usage; LAYERS] {
        let mut usage = [Usage::default(); LAYERS];
        for head in (1..=self.word(HIGH_WATER)).filter(|b| self.u32(*b, 4) == HEAD) {
            let of = &mut usage[usize::from(self.arena[self.block(head) + LAYER]) % LAYERS];
            of.entries += 1;
            of.bytes += (self.u32(head, KEY_LENGTH) + self.u32(head, VALUE_LENGTH)) as usize;
        }
        usage
    }

    fn meta(&self, head: u32) -> Meta {
        Meta {
            hash: self.i64(head, HASH) as u64,
            layer: self.arena[self.block(head) + LAYER],
            database: self.u32(head, DATABASE),
            created: self.i64(head, CREATED),
            expires: self.i64(head, EXPIRES),
        }
    }

    fn find(&self, hash: u64, key: &[u8]) -> Option<u32> {
        let mut head = self.word(self.bucket(hash));
        while head != 0 {
            if self.i64(head, HASH) as u64 == hash
                && self.u32(head, KEY_LENGTH) as usize == key.len()
                && self.read(head, 0, key.len()) == key
            {
                return Some(head);
            }
            head = self.u32(head, CHAIN);
        }
        None
    }

    /// `length` bytes of an entry's data from `skip` on.
    fn read(&self, head: u32, skip: usize, length: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(length);
        let (mut block, mut skip, mut from) = (head, skip, LINK + FACTS);
        while block != 0 && out.len() < length {
            let start = self.block(block);
            let data = &self.arena[start + from..start + BLOCK];
            let part = &data[skip.min(data.len())..];
            out.extend_from_slice(&part[..part.len().min(length - out.len())]);
            skip = skip.saturating_sub(data.len());
            from = LINK;
            block = self.u32(block, 0);
        }
        out
    }

    fn remove(&mut self, head: u32) {
        let bucket = self.bucket(self.i64(head, HASH) as u64);
        let after = self.u32(head, CHAIN);
        if self.word(bucket) == head {
            self.set_word(bucket, after);
        } else {
            let mut before = self.word(bucket);
            while before != 0 && self.u32(before, CHAIN) != head {
                before = self.u32(before, CHAIN);
            }
            if before != 0 {
                self.set_u32(before, CHAIN, after);
            }
        }
        let mut block = head;
        while block != 0 {
            let next = self.u32(block, 0);
            self.set_u32(block, 0, self.word(FREE_LIST));
            self.set_u32(block, 4, FREE);
            self.set_word(FREE_LIST, block);
            self.set_word(FREED, self.word(FREED) + 1);
            block = next;
        }
    }

    /// One step of the hand: the entry there goes if it was not used since the hand came by, or is too old.
    fn evict(&mut self, now: i64) -> bool {
        let hand = self.word(HAND) % self.word(HIGH_WATER).max(1) + 1;
        self.set_word(HAND, hand);
        if self.u32(hand, 4) != HEAD {
            return false;
        }
        let at = self.block(hand) + USED;
        if self.arena[at] != 0 && self.i64(hand, EXPIRES) > now {
            self.arena[at] = 0;
            return false;
        }
        self.remove(hand);
        true
    }

    /// Blocks to be had without evicting.
    fn free(&self) -> usize {
        self.blocks - self.word(HIGH_WATER) as usize + self.word(FREED) as usize
    }

    fn take_block(&mut self) -> Option<u32> {
        let free = self.word(FREE_LIST);
        if free != 0 {
            self.set_word(FREE_LIST, self.u32(free, 0));
            self.set_word(FREED, self.word(FREED) - 1);
            return Some(free);
        }
        let next = self.word(HIGH_WATER) + 1;
        (next as usize <= self.blocks).then(|| {
            self.set_word(HIGH_WATER, next);
            next
        })
    }

    /// Where the block's bytes begin.
    fn block(&self, block: u32) -> usize {
        HEADER + 4 * self.buckets + (block as usize - 1) * BLOCK
    }

    /// Where the chain's head is.
    fn bucket(&self, hash: u64) -> usize {
        HEADER + 4 * (hash as usize % self.buckets)
    }

    fn word(&self, at: usize) -> u32 {
        u32::from_le_bytes(std::array::from_fn(|i| self.arena[at + i]))
    }

    fn set_word(&mut self, at: usize, value: u32) {
        self.arena[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }

    fn u32(&self, block: u32, offset: usize) -> u32 {
        self.word(self.block(block) + offset)
    }

    fn set_u32(&mut self, block: u32, offset: usize, value: u32) {
        self.set_word(self.block(block) + offset, value);
    }

    fn i64(&self, block: u32, offset: usize) -> i64 {
        let at = self.block(block) + offset;
        i64::from_le_bytes(std::array::from_fn(|i| self.arena[at + i]))
    }

    fn set_i64(&mut self, block: u32, offset: usize, value: i64) {
        let at = self.block(block) + offset;
        self.arena[at..at + 8].copy_from_slice(&value.to_le_bytes());
    }
}

#[cfg(test)]
mod tests;
