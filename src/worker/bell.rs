//! How a backend gets a worker's attention while that waits for the network: a pair of sockets for each place on the
//! board, made in the postmaster before it forks, so that every process has both ends.
//!
//! A latch would not do: the worker sleeps in its client's event loop, which knows file descriptors only.

use std::cell::Cell;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::OnceLock;

use pgrx::prelude::*;

struct Bell {
    rope: UnixStream,
    clapper: UnixStream,
}

static BELLS: OnceLock<Vec<Bell>> = OnceLock::new();

/// Why a bell is rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Reason {
    /// Somebody waits for an answer.
    Call = b'c',
    /// A periodic job is due early.
    Jobs = b'j',
}

/// Makes the bells; in the postmaster, once.
pub fn cast(count: usize) {
    let made: std::io::Result<Vec<Bell>> = (0..count)
        .map(|_| {
            let (rope, clapper) = UnixStream::pair()?;
            rope.set_nonblocking(true)?;
            clapper.set_nonblocking(true)?;
            Ok(Bell { rope, clapper })
        })
        .collect();
    match made {
        Ok(bells) => drop(BELLS.set(bells)),
        Err(error) => warning!("router: workers will be slow to answer, no sockets could be made: {error}"),
    }
}

fn bell(number: usize) -> Option<&'static Bell> {
    BELLS.get()?.get(number)
}

/// A bell that is full of rings is heard anyway.
pub fn ring(number: usize, reason: Reason) {
    if let Some(bell) = bell(number) {
        drop((&bell.rope).write(&[reason as u8]));
    }
}

/// What the worker at a place sleeps on.
pub fn descriptor(number: usize) -> Option<RawFd> {
    bell(number).map(|bell| bell.clapper.as_raw_fd())
}

/// A copy of it for the event loop.
pub fn clapper(number: usize) -> Option<UnixStream> {
    bell(number)?.clapper.try_clone().ok()
}

thread_local! {
    /// A ring for the jobs was heard elsewhere.
    static JOBS: Cell<bool> = const { Cell::new(false) };
}

/// For whoever reads a ring in the event loop.
pub fn remember_jobs() {
    JOBS.set(true);
}

/// Takes all rings away; true if one was for the jobs.
pub fn silence(number: usize) -> bool {
    let Some(bell) = bell(number) else { return false };
    let mut rings = [0u8; 1024];
    let mut jobs = JOBS.take();
    while let Ok(n @ 1..) = (&bell.clapper).read(&mut rings) {
        jobs |= rings[..n].contains(&(Reason::Jobs as u8));
        if n < rings.len() {
            break;
        }
    }
    jobs
}
