//! An array of plain values in a region of shared memory.

use std::marker::PhantomData;

use super::shared::{Mode, Region, reserve};

/// Numbers without pointers, for which all zeroes is a value.
///
/// # Safety
///
/// Every bit pattern that one of its writers can leave must be a value of the type, in every process of the server.
pub(super) unsafe trait Plain: Copy + 'static {}

/// Entry `i` is read and written under lock `i` of the region (modulo their number). Never lock a second entry in the
/// closure of a first.
pub(super) struct SharedArray<T: Plain> {
    region: Region,
    locks: usize,
    of: PhantomData<fn() -> T>,
}

impl<T: Plain> SharedArray<T> {
    /// `size` gives bytes: a multiple of the size of `T`.
    pub const fn new(name: &'static std::ffi::CStr, size: fn() -> usize, locks: usize) -> Self {
        Self { region: Region::new(name, size, locks), locks, of: PhantomData }
    }

    /// To be called from `_PG_init`.
    pub fn reserve(&'static self) {
        reserve(&self.region);
    }

    /// Entries; 0 where the library was not preloaded.
    pub fn len(&self) -> usize {
        self.region.start().map_or(0, |(_, length)| length / size_of::<T>())
    }

    /// Calls `f` on one entry. It must neither raise nor call into the server.
    pub fn with<R>(&self, i: usize, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        if i >= self.len() {
            return None;
        }
        let (start, _) = self.region.start()?;
        let _lock = self.region.lock(i, Mode::Exclusive)?;
        // SAFETY: in bounds; aligned, since the region is and sizes are multiples of the alignment; zeroed or written
        // by this function, under the same lock; `T` is plain.
        Some(f(unsafe { &mut *start.as_ptr().cast::<T>().add(i) }))
    }

    /// Calls `f` on all entries of an array with a single lock. It must neither raise nor call into the server.
    pub fn with_all<R>(&self, f: impl FnOnce(&mut [T]) -> R) -> Option<R> {
        if self.locks != 1 {
            return None;
        }
        let (start, _) = self.region.start()?;
        let _lock = self.region.lock(0, Mode::Exclusive)?;
        // SAFETY: as in `with`, for all entries: the one lock covers them.
        Some(f(unsafe { std::slice::from_raw_parts_mut(start.as_ptr().cast::<T>(), self.len()) }))
    }
}
