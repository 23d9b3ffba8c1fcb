//! Answers that this connection got last, ready to be handed out: no lock, no copying from shared memory, no check that
//! was made already.

use std::collections::HashMap;
use std::rc::Rc;

use super::counters;

/// Answers kept.
const MOST: usize = 256;
/// Bytes of keys and values, about.
const MOST_BYTES: usize = 512 * 1024;

struct Slot<V> {
    key: Rc<[u8]>,
    value: Rc<V>,
    bytes: usize,
    used: bool,
}

/// Evicts by use (CLOCK).
pub struct Local<V> {
    index: Option<HashMap<Rc<[u8]>, usize>>,
    slots: Vec<Slot<V>>,
    hand: usize,
    bytes: usize,
    /// Entries were invalidated by hand that often when these were stored.
    flushes: u64,
}

impl<V> Local<V> {
    pub const fn new() -> Self {
        Self { index: None, slots: Vec::new(), hand: 0, bytes: 0, flushes: 0 }
    }

    pub fn get(&mut self, key: &[u8]) -> Option<Rc<V>> {
        if self.flushes != counters::flushes() {
            *self = Self::new();
            self.flushes = counters::flushes();
        }
        let slot = &mut self.slots[*self.index.as_ref()?.get(key)?];
        slot.used = true;
        Some(Rc::clone(&slot.value))
    }

    /// `size`: of the value, in bytes.
    pub fn put(&mut self, key: &[u8], value: Rc<V>, size: usize) {
        let bytes = key.len() + size;
        if bytes > MOST_BYTES / 4 {
            return;
        }
        if let Some(&old) = self.index.as_ref().and_then(|index| index.get(key)) {
            self.remove(old);
        }
        while self.slots.len() >= MOST || self.bytes + bytes > MOST_BYTES {
            self.hand = (self.hand + 1) % self.slots.len().max(1);
            match self.slots.get_mut(self.hand) {
                None => break,
                Some(slot) if slot.used => slot.used = false,
                Some(_) => self.remove(self.hand),
            }
        }
        let key: Rc<[u8]> = key.into();
        self.index.get_or_insert_default().insert(Rc::clone(&key), self.slots.len());
        self.slots.push(Slot { key, value, bytes, used: false });
        self.bytes += bytes;
    }

    fn remove(&mut self, i: usize) {
        let gone = self.slots.swap_remove(i);
        self.bytes -= gone.bytes;
        if let Some(index) = &mut self.index {
            index.remove(&gone.key);
            if let Some(moved) = self.slots.get(i) {
                index.insert(Rc::clone(&moved.key), i);
            }
        }
    }
}
