//! Freed small blocks, kept for the next of their size.
//!
//! Reading a question makes some two thousand small strings and lists and frees them again. The C library keeps seven
//! blocks a size at hand and searches and merges for all others, which took a sixth of a question's instructions. Here a
//! block taken or given back is a push or a pop. What is kept is bounded, 64 kB, and only by the thread that runs the
//! server's code: other threads, which a worker has for its calls, come and go, and would leave theirs behind. The
//! allocators that libraries offer are made for many threads and set memory of their own aside in each process, of which a
//! server has one for every connection.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

#[global_allocator]
static ALLOCATOR: Blocks = Blocks;

/// Blocks are multiples of this, and aligned to it.
const STEP: usize = 16;
/// Bytes of the largest block that is kept.
const LARGEST: usize = 256;
/// Bytes that are kept of each size.
const KEPT: usize = 4 * 1024;

struct Blocks;

/// Free blocks of one size: each holds the address of the next.
struct Kept {
    first: Cell<*mut u8>,
    bytes: Cell<usize>,
}

/// What a thread keeps, by size.
struct Lists {
    /// Whether it keeps any.
    keeps: Cell<bool>,
    kept: [Kept; LARGEST / STEP],
}

thread_local! {
    // Nothing to make and nothing to drop: it can be used at any time of a thread's life.
    static FREE: Lists = const {
        Lists {
            keeps: Cell::new(false),
            kept: [const { Kept { first: Cell::new(std::ptr::null_mut()), bytes: Cell::new(0) } }; LARGEST / STEP],
        }
    };
}

/// From here on this thread keeps the blocks that it frees. For the one thread that lives as long as its process.
pub fn keep_freed_blocks() {
    FREE.with(|free| free.keeps.set(true));
}

/// Which size of block a piece of memory lies in; `None` for large ones and for those that want to be aligned further.
fn class_of(layout: &Layout) -> Option<usize> {
    (layout.align() <= STEP && (1..=LARGEST).contains(&layout.size())).then(|| (layout.size() - 1) / STEP)
}

/// Gives back what is kept: before the C library looks for whole pages that are free.
pub(super) fn give_back() {
    FREE.with(|free| {
        for (class, kept) in free.kept.iter().enumerate() {
            let mut next = kept.first.replace(std::ptr::null_mut());
            kept.bytes.set(0);
            while !next.is_null() {
                // SAFETY: a free block of this class, which nobody refers to any more; it holds the next one's address.
                unsafe {
                    let block_after = next.cast::<*mut u8>().read();
                    System.dealloc(next, block(class));
                    next = block_after;
                }
            }
        }
    });
}

const fn block(class: usize) -> Layout {
    // SAFETY: a power of two, and a size that is far below the greatest.
    unsafe { Layout::from_size_align_unchecked((class + 1) * STEP, STEP) }
}

// SAFETY: every small block is got from the system with its class's layout and given back with the same; which class
// that is follows from the layout alone, which is the same when a block is taken and when it is given back. While a block
// is free nobody else refers to it, so that its first word may hold the next one's address. Lists belong to a thread.
unsafe impl GlobalAlloc for Blocks {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe {
            let Some(class) = class_of(&layout) else { return System.alloc(layout) };
            FREE.with(|free| {
                let kept = &free.kept[class];
                let first = kept.first.get();
                if first.is_null() {
                    return System.alloc(block(class));
                }
                kept.first.set(first.cast::<*mut u8>().read());
                kept.bytes.set(kept.bytes.get() - block(class).size());
                first
            })
        }
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe {
            let Some(class) = class_of(&layout) else { return System.dealloc(start, layout) };
            FREE.with(|free| {
                let kept = &free.kept[class];
                let bytes = kept.bytes.get() + block(class).size();
                if !free.keeps.get() || bytes > KEPT {
                    return System.dealloc(start, block(class));
                }
                start.cast::<*mut u8>().write(kept.first.get());
                kept.first.set(start);
                kept.bytes.set(bytes);
            });
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above; as many bytes are cleared as were asked for.
        unsafe {
            if class_of(&layout).is_none() {
                return System.alloc_zeroed(layout);
            }
            let start = self.alloc(layout);
            if !start.is_null() {
                start.write_bytes(0, layout.size());
            }
            start
        }
    }

    unsafe fn realloc(&self, start: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above; the caller promises a size that makes a layout.
        unsafe {
            let wanted = Layout::from_size_align_unchecked(size, layout.align());
            match (class_of(&layout), class_of(&wanted)) {
                (None, None) => System.realloc(start, layout, size),
                (before, after) if before == after => start,
                _ => {
                    let moved = self.alloc(wanted);
                    if !moved.is_null() {
                        moved.copy_from_nonoverlapping(start, layout.size().min(size));
                        self.dealloc(start, layout);
                    }
                    moved
                }
            }
        }
    }
}

#[cfg(any(test, feature = "pg_test"))]
#[pgrx::pg_schema]
mod tests {
    use pgrx::prelude::*;

    use super::{FREE, KEPT};

    #[pg_test]
    fn blocks_keep_what_is_written_into_them() {
        let mut lists: Vec<Vec<usize>> = Vec::new();
        for round in 0..3 {
            for n in 0..400 {
                let mut list = vec![0; n % 200];
                assert!(list.iter().all(|x| *x == 0));
                // Grows out of one size into the next, up to those that are not kept.
                list.extend(n % 200..=n);
                lists.push(list);
            }
            lists.retain(|list| list.len() % 3 != round);
            assert!(lists.iter().all(|list| list.last().is_some_and(|n| *n + 1 == list.len())));
            lists.iter_mut().for_each(|list| list.shrink_to_fit());
        }
        let sums: Vec<usize> = lists.iter().map(|list| list.iter().sum()).collect();
        let copies = lists.clone();
        drop(lists);
        assert_eq!(copies.iter().map(|list| list.iter().sum::<usize>()).collect::<Vec<_>>(), sums);
    }

    #[pg_test]
    fn other_threads_keep_nothing() {
        let kept = || FREE.with(|free| free.kept.iter().map(|kept| kept.bytes.get()).sum::<usize>());
        drop(vec![String::from("a backend's own")]);
        assert!(kept() > 0);
        let in_thread = std::thread::spawn(move || {
            drop((0..100).map(|n| n.to_string()).collect::<Vec<_>>());
            kept()
        });
        assert_eq!(in_thread.join().unwrap(), 0);
    }

    #[pg_test]
    fn what_is_kept_is_bounded() {
        for size in [8, 100, 1000, 5000] {
            let blocks: Vec<Vec<u8>> = (0..20_000).map(|_| Vec::with_capacity(size)).collect();
            drop(blocks);
        }
        FREE.with(|free| {
            for (class, kept) in free.kept.iter().enumerate() {
                let (mut next, mut bytes) = (kept.first.get(), 0);
                while !next.is_null() {
                    bytes += super::block(class).size();
                    // SAFETY: a free block holds the next one's address.
                    next = unsafe { next.cast::<*mut u8>().read() };
                }
                assert_eq!(bytes, kept.bytes.get());
                assert!(bytes <= KEPT);
            }
        });
    }
}
