//! Files mapped into memory, and which of them were found whole since the server started.

use std::cell::RefCell;
use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use memmap2::{Mmap, UncheckedAdvice};

use super::shared::{Region, reserve};

/// A file's bytes, shared with every process that maps it.
#[derive(Clone)]
pub struct Mapped(Arc<Mmap>);

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

thread_local! {
    static MAPS: RefCell<Vec<Weak<Mmap>>> = const { RefCell::new(Vec::new()) };
}

/// Maps a file that is never changed in place: it is written under another name, renamed, and at last removed.
pub fn map(file: &File) -> std::io::Result<Mapped> {
    // SAFETY: by the contract above the bytes stay what they are while they are mapped; removal leaves them mapped.
    let map = Arc::new(unsafe { Mmap::map(file)? });
    MAPS.with_borrow_mut(|maps| {
        maps.retain(|m| m.strong_count() > 0);
        maps.push(Arc::downgrade(&map));
    });
    Ok(Mapped(map))
}

/// Lets go of the mapped pages of files of at least `bytes`: they stay in the system's cache, and come back when they
/// are read again, but no longer count as this process's.
pub fn let_go(bytes: usize) {
    MAPS.with_borrow(|maps| {
        for map in maps.iter().filter_map(Weak::upgrade).filter(|m| m.len() >= bytes) {
            // SAFETY: a mapping of a file that was never written through: dropped pages are read from it again.
            let _ = unsafe { map.unchecked_advise(UncheckedAdvice::DontNeed) };
        }
    });
}

/// Gives memory that was freed back to the system.
pub fn trim_heap() {
    super::allocator::give_back();
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: touches free memory of the allocator only.
    unsafe {
        libc::malloc_trim(0);
    }
}

const SLOTS: usize = 256;

static WHOLE: Region = Region::new(c"router compiled files", || SLOTS * size_of::<AtomicU64>(), 0);

pub fn init() {
    reserve(&WHOLE);
}

fn slot(key: u64) -> Option<&'static AtomicU64> {
    let (start, _) = WHOLE.start()?;
    // SAFETY: the region has SLOTS zeroed numbers, aligned, that live as long as the server and are only used so.
    Some(unsafe { start.cast::<AtomicU64>().add((key % SLOTS as u64) as usize).as_ref() })
}

/// Whether some backend has read the file that `key` stands for to its end since the server started, and found it whole.
pub fn is_known_whole(key: u64) -> bool {
    slot(key).is_some_and(|s| s.load(Ordering::Relaxed) == key)
}

pub fn remember_whole(key: u64) {
    if let Some(slot) = slot(key) {
        slot.store(key, Ordering::Relaxed);
    }
}
