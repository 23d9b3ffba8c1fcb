//! The file form of a compiled part: a checked header, then sections of bytes that are read in place.
//!
//! Numbers are little-endian and read byte by byte, so that the bytes may lie anywhere: in a mapped file, or in memory.

use std::io::{Read, Write};
use std::ops::Range;
use std::sync::Arc;

/// Bytes that several holders read: a mapped file, or a buffer.
#[derive(Clone)]
pub struct Bytes(Arc<dyn AsRef<[u8]> + Send + Sync>);

impl Bytes {
    pub fn new(bytes: impl AsRef<[u8]> + Send + Sync + 'static) -> Self {
        Self(Arc::new(bytes))
    }
}

impl std::ops::Deref for Bytes {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        (*self.0).as_ref()
    }
}

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}

/// Raised whenever the layout of any section, or what is written into one, changes.
pub const FORMAT: u32 = 3;

const MAGIC: [u8; 4] = *b"RTRx";
/// Magic, format, kind, number of sections, key, checksum of the body, checksum of what precedes it.
const HEAD: usize = 4 + 4 + 4 + 4 + 8 + 4 + 4;
const MOST_SECTIONS: usize = 32;

/// Why bytes are no compiled part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Corrupt {
    #[error("it is of another format")]
    Format,
    #[error("it is cut short")]
    Short,
    #[error("its checksum does not fit")]
    Checksum,
    #[error("it is of another kind")]
    Kind,
}

/// What a container holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Kind {
    Names = 1,
    Values = 2,
}

/// Sections ready to be written.
#[derive(Debug)]
pub struct Sections {
    pub(super) kind: Kind,
    pub(super) key: u64,
    pub(super) parts: Vec<Vec<u8>>,
}

impl Sections {
    /// Writes header and sections.
    pub fn write(&self, to: &mut impl Write) -> std::io::Result<()> {
        let mut hasher = crc32fast::Hasher::new();
        self.parts.iter().for_each(|p| hasher.update(p));
        let mut head = Vec::with_capacity(HEAD + 16 * self.parts.len());
        head.extend(MAGIC);
        head.extend(FORMAT.to_le_bytes());
        head.extend((self.kind as u32).to_le_bytes());
        head.extend((self.parts.len() as u32).to_le_bytes());
        head.extend(self.key.to_le_bytes());
        head.extend(hasher.finalize().to_le_bytes());
        let lengths: Vec<u8> = self.parts.iter().flat_map(|p| (p.len() as u64).to_le_bytes()).collect();
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&head);
        hasher.update(&lengths);
        head.extend(hasher.finalize().to_le_bytes());
        to.write_all(&head)?;
        to.write_all(&lengths)?;
        self.parts.iter().try_for_each(|p| to.write_all(p))
    }

    /// The same in memory.
    pub fn into_bytes(self) -> Bytes {
        let mut out = Vec::with_capacity(HEAD + self.parts.iter().map(|p| p.len() + 8).sum::<usize>());
        // Writing to memory cannot fail.
        let _ = self.write(&mut out);
        Bytes::new(out)
    }
}

impl Default for Bytes {
    fn default() -> Self {
        Self::new([])
    }
}

/// An opened container.
#[derive(Debug, Clone, Default)]
pub(super) struct Container {
    bytes: Bytes,
    pub key: u64,
    sections: Vec<Range<usize>>,
}

impl Container {
    /// Checks the header and the length; the body is checked by [`verify`].
    pub fn open(bytes: Bytes, kind: Kind) -> Result<Self, Corrupt> {
        let head = Head::read(&bytes)?;
        if head.kind != kind as u32 {
            return Err(Corrupt::Kind);
        }
        let mut sections = Vec::with_capacity(head.lengths.len());
        let mut at = HEAD + 8 * head.lengths.len();
        for length in head.lengths {
            let end = usize::try_from(length).ok().and_then(|l| at.checked_add(l)).ok_or(Corrupt::Short)?;
            sections.push(at..end);
            at = end;
        }
        if at != bytes.len() {
            return Err(Corrupt::Short);
        }
        Ok(Self { bytes, key: head.key, sections })
    }

    pub fn section(&self, i: usize) -> &[u8] {
        self.sections.get(i).and_then(|r| self.bytes.get(r.clone())).unwrap_or(&[])
    }
}

struct Head {
    kind: u32,
    key: u64,
    body: u32,
    lengths: Vec<u64>,
}

impl Head {
    fn read(bytes: &[u8]) -> Result<Self, Corrupt> {
        let head = bytes.get(..HEAD).ok_or(Corrupt::Short)?;
        if head[..4] != MAGIC || u32_at(head, 4) != FORMAT {
            return Err(Corrupt::Format);
        }
        let count = u32_at(head, 12) as usize;
        if count > MOST_SECTIONS {
            return Err(Corrupt::Checksum);
        }
        let lengths = bytes.get(HEAD..HEAD + 8 * count).ok_or(Corrupt::Short)?;
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&head[..HEAD - 4]);
        hasher.update(lengths);
        if hasher.finalize() != u32_at(head, HEAD - 4) {
            return Err(Corrupt::Checksum);
        }
        Ok(Self {
            kind: u32_at(head, 8),
            key: u64_at(head, 16),
            body: u32_at(head, 24),
            lengths: (0..count).map(|i| u64_at(lengths, 8 * i)).collect(),
        })
    }
}

/// Reads a whole container, in pieces, and checks both checksums.
pub fn verify(from: &mut impl Read) -> std::io::Result<Result<(), Corrupt>> {
    let mut buffer = vec![0u8; 1 << 16];
    let mut start = Vec::new();
    from.take((HEAD + 8 * MOST_SECTIONS) as u64).read_to_end(&mut start)?;
    let head = match Head::read(&start) {
        Ok(head) => head,
        Err(corrupt) => return Ok(Err(corrupt)),
    };
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(start.get(HEAD + 8 * head.lengths.len()..).unwrap_or_default());
    loop {
        match from.read(&mut buffer)? {
            0 => break,
            n => hasher.update(&buffer[..n]),
        }
    }
    Ok(if hasher.finalize() == head.body { Ok(()) } else { Err(Corrupt::Checksum) })
}

/// The number at a byte offset; 0 beyond the end.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes)
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..at + 8).and_then(|b| b.try_into().ok()).map_or(0, u64::from_le_bytes)
}

/// The `i`th of a section of numbers.
pub(super) fn nth(bytes: &[u8], i: usize) -> u32 {
    u32_at(bytes, 4 * i)
}

/// A counted list: its length at `at` (in numbers, not bytes), its items after it.
pub(super) fn list(bytes: &[u8], at: usize) -> impl Iterator<Item = u32> + '_ {
    let count = nth(bytes, at) as usize;
    let items = bytes.get(4 * (at + 1)..).unwrap_or_default();
    items.chunks_exact(4).take(count).map(|b| u32_at(b, 0))
}

pub(super) fn push(bytes: &mut Vec<u8>, number: u32) {
    bytes.extend(number.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> Vec<u8> {
        let sections =
            Sections { kind: Kind::Values, key: 7, parts: vec![b"abc".to_vec(), Vec::new(), vec![9; 100_000]] };
        let mut out = Vec::new();
        sections.write(&mut out).unwrap();
        out
    }

    #[test]
    fn sections_come_back() {
        let c = Container::open(Bytes::new(written()), Kind::Values).unwrap();
        assert_eq!((c.key, c.section(0), c.section(1), c.section(2).len()), (7, &b"abc"[..], &b""[..], 100_000));
        assert!(c.section(9).is_empty());
        assert_eq!(Container::open(Bytes::new(written()), Kind::Names).unwrap_err(), Corrupt::Kind);
        assert_eq!(verify(&mut written().as_slice()).unwrap(), Ok(()));
    }

    #[test]
    fn a_changed_byte_or_a_cut_is_noticed() {
        let whole = written();
        for at in (0..whole.len()).step_by(97).chain(0..60) {
            let mut bad = whole.clone();
            bad[at] ^= 0x10;
            assert!(verify(&mut bad.as_slice()).unwrap().is_err(), "byte {at}");
        }
        for cut in [0, 3, HEAD, HEAD + 5, whole.len() - 1] {
            assert!(Container::open(Bytes::new(whole[..cut].to_vec()), Kind::Values).is_err(), "cut at {cut}");
        }
    }
}
