//! Named pieces of the server's main shared memory, sized by settings when the server starts.
//!
//! Without `shared_preload_libraries` there is none: [`Region::start`] then says `None`, and whoever uses a region
//! does without.

use std::ffi::CStr;
use std::ptr::NonNull;
use std::sync::Mutex;
use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering};

use pgrx::pg_sys;

/// A piece of shared memory with locks of its own. Declare it as a static, and [`reserve`] it from `_PG_init`.
pub struct Region {
    name: &'static CStr,
    /// Bytes; asked once, in the postmaster, after the configuration was read.
    size: fn() -> usize,
    locks: usize,
    start: AtomicPtr<u8>,
    length: AtomicUsize,
    first_lock: AtomicPtr<pg_sys::LWLockPadded>,
    kept: Option<Kept>,
}

/// Where a region's content outlives a clean shutdown of the server.
#[derive(Clone, Copy)]
struct Kept {
    /// Below the data directory.
    file: &'static str,
    /// Whether there is anything to keep.
    worth: fn(&[AtomicU64]) -> bool,
}

static RESERVED: Mutex<Vec<&'static Region>> = Mutex::new(Vec::new());
static mut PREVIOUS_REQUEST: pg_sys::shmem_request_hook_type = None;
static mut PREVIOUS_STARTUP: pg_sys::shmem_startup_hook_type = None;

impl Region {
    /// `name` is unique in the server; `locks` is how many [`Region::lock`] knows.
    pub const fn new(name: &'static CStr, size: fn() -> usize, locks: usize) -> Self {
        Self {
            name,
            size,
            locks,
            start: AtomicPtr::new(std::ptr::null_mut()),
            length: AtomicUsize::new(0),
            first_lock: AtomicPtr::new(std::ptr::null_mut()),
            kept: None,
        }
    }

    /// Has the content written to a file (below the data directory) when the server is shut down cleanly, if it is
    /// `worth` it, and read back at the next start if the region is of the same size then.
    pub const fn kept(self, file: &'static str, worth: fn(&[AtomicU64]) -> bool) -> Self {
        Self { kept: Some(Kept { file, worth }), ..self }
    }

    /// Its address and bytes, zeroed when the server started; `None` where the library was not preloaded. Aligned to
    /// a cache line.
    pub fn start(&self) -> Option<(NonNull<u8>, usize)> {
        Some((NonNull::new(self.start.load(Ordering::Acquire))?, self.length.load(Ordering::Acquire)))
    }

    /// The region as words that any process may change at any time. For regions that are used in no other way.
    pub fn words(&self) -> Option<&'static [AtomicU64]> {
        let (start, bytes) = self.start()?;
        // SAFETY: aligned to a cache line, zeroed, as long as said, and there until the process ends; every access
        // is atomic.
        Some(unsafe { std::slice::from_raw_parts(start.as_ptr().cast::<AtomicU64>(), bytes / 8) })
    }

    /// Waits for the lock numbered `i` (modulo their number). Interrupts are held until it is dropped: do nothing
    /// long under it, and nothing that may raise. `None` as for [`Region::start`].
    pub fn lock(&self, i: usize, mode: Mode) -> Option<Locked> {
        let first = NonNull::new(self.first_lock.load(Ordering::Acquire))?;
        // SAFETY: the server made `locks` locks there; they live as long as it does.
        unsafe {
            let lock = &raw mut (*first.as_ptr().add(i % self.locks)).lock;
            pg_sys::LWLockAcquire(lock, mode.into());
            Some(Locked(lock))
        }
    }
}

impl Region {
    /// Runs `f` with the part of the region that belongs to lock `i`, alone: the region falls into as many equal parts
    /// as it has locks. `f` is short and raises nothing. A region is used by parts only or not at all.
    pub fn with_part<T>(&self, i: usize, f: impl FnOnce(&mut [u8]) -> T) -> Option<T> {
        let (start, length) = self.start()?;
        // Parts begin at cache lines.
        let part = (length / self.locks) & !63;
        let i = i % self.locks;
        let _locked = self.lock(i, Mode::Exclusive)?;
        // SAFETY: the part lies within the region, parts don't overlap, and this one's lock is held exclusively.
        Some(f(unsafe { std::slice::from_raw_parts_mut(start.as_ptr().add(i * part), part) }))
    }

    /// A region without locks as counters.
    pub fn counters(&self) -> Option<&'static [AtomicU64]> {
        let (start, length) = self.start().filter(|_| self.locks == 0)?;
        // SAFETY: zeroed and aligned memory that lives as long as the server, never seen as anything else.
        Some(unsafe { std::slice::from_raw_parts(start.as_ptr().cast(), length / size_of::<AtomicU64>()) })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Shared,
    Exclusive,
}

impl From<Mode> for pg_sys::LWLockMode::Type {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Shared => pg_sys::LWLockMode::LW_SHARED,
            Mode::Exclusive => pg_sys::LWLockMode::LW_EXCLUSIVE,
        }
    }
}

/// A held lock; dropping it releases.
#[must_use]
pub struct Locked(*mut pg_sys::LWLock);

impl Drop for Locked {
    fn drop(&mut self) {
        // SAFETY: the lock lives as long as the server. After an error the server may have released it already.
        unsafe {
            if pg_sys::LWLockHeldByMe(self.0) {
                pg_sys::LWLockRelease(self.0);
            }
        }
    }
}

/// The library is being loaded by the postmaster, before anything else is set up.
pub fn is_preloading() -> bool {
    // SAFETY: reads a variable of this process.
    unsafe { pg_sys::process_shared_preload_libraries_in_progress }
}

/// The context of a setting that is read when the server starts. Where the library is loaded later, such a setting can
/// only say what it would be: the server refuses new ones that can't be set any more.
pub fn at_server_start() -> pgrx::GucContext {
    if is_preloading() { pgrx::GucContext::Postmaster } else { pgrx::GucContext::Sighup }
}

/// Asks for the region's memory, if the library is being preloaded.
pub fn reserve(region: &'static Region) {
    if !is_preloading() {
        return;
    }
    let mut reserved = reserved();
    if reserved.is_empty() {
        // SAFETY: called from _PG_init, on the main thread; hooks are chained.
        unsafe {
            PREVIOUS_REQUEST = pg_sys::shmem_request_hook;
            pg_sys::shmem_request_hook = Some(request);
            PREVIOUS_STARTUP = pg_sys::shmem_startup_hook;
            pg_sys::shmem_startup_hook = Some(startup);
        }
    }
    reserved.push(region);
}

fn reserved() -> std::sync::MutexGuard<'static, Vec<&'static Region>> {
    RESERVED.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn request() {
    // SAFETY: called by the postmaster at the one moment when these calls are allowed.
    unsafe {
        if let Some(previous) = PREVIOUS_REQUEST {
            previous();
        }
        for region in reserved().iter() {
            region.length.store((region.size)(), Ordering::Release);
            pg_sys::RequestAddinShmemSpace(region.length.load(Ordering::Acquire));
            if region.locks > 0 {
                pg_sys::RequestNamedLWLockTranche(region.name.as_ptr(), region.locks as i32);
            }
        }
    }
}

#[pgrx::pg_guard]
unsafe extern "C-unwind" fn startup() {
    // SAFETY: called by the postmaster at server start, and again after a crash of a backend, when the memory is new.
    unsafe {
        if let Some(previous) = PREVIOUS_STARTUP {
            previous();
        }
        let lock = &raw mut (*pg_sys::MainLWLockArray.add(ADDIN_SHMEM_INIT_LOCK)).lock;
        pg_sys::LWLockAcquire(lock, pg_sys::LWLockMode::LW_EXCLUSIVE);
        for region in reserved().iter() {
            let length = region.length.load(Ordering::Acquire);
            let mut found = false;
            let start = pg_sys::ShmemInitStruct(region.name.as_ptr(), length, &mut found).cast::<u8>();
            if !found {
                start.write_bytes(0, length);
                if let Some(kept) = region.kept {
                    read_back(kept.file, std::slice::from_raw_parts_mut(start, length));
                }
            }
            region.start.store(start, Ordering::Release);
            if region.locks > 0 {
                region.first_lock.store(pg_sys::GetNamedLWLockTranche(region.name.as_ptr()), Ordering::Release);
            }
        }
        pg_sys::LWLockRelease(lock);
        if !pg_sys::IsUnderPostmaster && reserved().iter().any(|region| region.kept.is_some()) {
            pg_sys::on_shmem_exit(Some(at_the_end), pg_sys::Datum::from(0usize));
        }
    }
}

/// A file is read once: what it held is in memory then, and lost if the server crashes.
fn read_back(file: &str, memory: &mut [u8]) {
    let Ok(content) = std::fs::read(file) else { return };
    if let Err(error) = std::fs::remove_file(file) {
        pgrx::log!("router: {file} could not be removed and is not read: {error}");
    } else if content.len() == memory.len() {
        memory.copy_from_slice(&content);
    } else {
        pgrx::log!("router: {file} holds {} bytes and not {}: it is not read", content.len(), memory.len());
    }
}

/// In the postmaster, when all others have ended. `code` is 0 if it ends as it should.
#[pgrx::pg_guard]
unsafe extern "C-unwind" fn at_the_end(code: i32, _arg: pg_sys::Datum) {
    if code != 0 {
        return;
    }
    for region in reserved().iter() {
        let (Some(kept), Some(words)) = (region.kept, region.words()) else { continue };
        if !(kept.worth)(words) {
            continue;
        }
        let content: Vec<u8> = words.iter().flat_map(|word| word.load(Ordering::Relaxed).to_ne_bytes()).collect();
        if let Err(error) = std::fs::write(kept.file, content) {
            pgrx::log!("router: {} could not be written: {error}", kept.file);
        }
    }
}

/// `AddinShmemInitLock`, of `lwlocknames.h`; the same number in versions 15 to 18.
const ADDIN_SHMEM_INIT_LOCK: usize = 21;
