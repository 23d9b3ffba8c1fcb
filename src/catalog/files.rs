//! Where compiled models are kept: files under the data directory that every backend maps.
//!
//! A file is written under a name of its own, flushed, and renamed to what it holds; it is never changed after that.
//! Where nothing can be written, whoever asks keeps what he compiled in memory.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use router_core::semantic::compiled::{Bytes, Sections, verify};

use crate::pg;

/// Under the data directory, which is where a backend works.
const DIRECTORY: &str = "pg_router";

/// Longest wait for another backend that compiles the same model.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Names,
    Values,
}

impl Part {
    fn suffix(self) -> &'static str {
        match self {
            Self::Names => "names",
            Self::Values => "values",
        }
    }
}

fn path(part: Part, key: u64) -> PathBuf {
    Path::new(DIRECTORY).join(format!("{}.{key:016x}.{}", pg::process::database(), part.suffix()))
}

/// Maps the file that holds `key`; `None` when there is none, or it is damaged.
pub fn open(part: Part, key: u64) -> Option<Bytes> {
    let mut file = File::open(path(part, key)).ok()?;
    // In pieces, so that reading it all maps nothing; once for all backends.
    if !pg::mapped::is_known_whole(key) {
        if !matches!(verify(&mut file), Ok(Ok(()))) {
            return None;
        }
        pg::mapped::remember_whole(key);
    }
    pg::mapped::map(&file).ok().map(Bytes::new)
}

/// Keys of the files of values of this database.
pub fn values() -> Vec<u64> {
    let own = format!("{}.", pg::process::database());
    let entries = fs::read_dir(DIRECTORY).into_iter().flatten().flatten();
    entries
        .filter_map(|e| {
            let name = e.file_name().into_string().ok()?;
            let key = name.strip_prefix(&own)?.strip_suffix(".values")?;
            u64::from_str_radix(key, 16).ok()
        })
        .collect()
}

/// Writes what was compiled, for everybody.
pub fn write(part: Part, key: u64, sections: &Sections) -> io::Result<()> {
    let to = path(part, key);
    let temporary = to.with_extension(format!("{}.tmp", std::process::id()));
    let written = (|| {
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        let mut buffered = BufWriter::with_capacity(1 << 18, file);
        sections.write(&mut buffered)?;
        buffered.flush()?;
        buffered.get_ref().sync_all()?;
        fs::rename(&temporary, &to)?;
        File::open(DIRECTORY)?.sync_all()
    })();
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Removes files that are of no use any more: those of this database but `kept`, and those of databases that
/// `exists` does not know. To be called with the lock held.
pub fn remove_stale(kept: &[(Part, u64)], exists: &dyn Fn(u32) -> bool) {
    let kept: Vec<PathBuf> = kept.iter().map(|(part, key)| path(*part, *key)).collect();
    for entry in fs::read_dir(DIRECTORY).into_iter().flatten().flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let Some(database) = name.split('.').next().and_then(|d| d.parse::<u32>().ok()) else { continue };
        let stale = if database == pg::process::database() {
            !name.ends_with(".lock") && !kept.contains(&entry.path())
        } else {
            !exists(database)
        };
        if stale {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Held while a backend compiles, so that the others wait for its work instead of doing it again.
pub struct Lock(#[allow(dead_code)] File);

/// The lock of this database; `None` when files can't be written here, or another backend keeps it for too long.
pub fn lock() -> Option<Lock> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(DIRECTORY).ok()?;
    let name = Path::new(DIRECTORY).join(format!("{}.lock", pg::process::database()));
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(name).ok()?;
    let began = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Some(Lock(file)),
            Err(fs::TryLockError::WouldBlock) if began.elapsed() < PATIENCE => {
                pg::process::check_interrupts();
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(_) => return None,
        }
    }
}
