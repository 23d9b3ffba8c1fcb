//! Word piece to id: a hash table made at build time (`build.rs`), read where it lies.

include!(concat!(env!("OUT_DIR"), "/vocabulary.rs"));

static PIECES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/pieces.bin"));
static STARTS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/starts.bin"));
static TABLE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/slots.bin"));

/// FNV-1a state, extended byte by byte so that all prefixes of a word are hashed in one pass.
#[derive(Debug, Clone, Copy)]
struct Hash(u32);

impl Hash {
    const START: Self = Self(0x811c_9dc5);

    fn with(self, byte: u8) -> Self {
        Self((self.0 ^ u32::from(byte)).wrapping_mul(0x0100_0193))
    }
}

/// The longest piece that starts `rest`: its id and length in bytes. Inside a word pieces carry the prefix `##`.
pub(super) fn longest_piece(rest: &str, inside_word: bool) -> Option<(u16, usize)> {
    let prefix: &[u8] = if inside_word { b"##" } else { b"" };
    let bytes = &rest.as_bytes()[..rest.len().min(LONGEST_PIECE)];
    let mut hashes = [Hash::START; LONGEST_PIECE + 1];
    let mut hash = prefix.iter().fold(Hash::START, |h, b| h.with(*b));
    for (k, byte) in bytes.iter().enumerate() {
        hash = hash.with(*byte);
        hashes[k + 1] = hash;
    }
    (1..=bytes.len())
        .rev()
        .filter(|length| rest.is_char_boundary(*length))
        .find_map(|length| find(hashes[length], prefix, &bytes[..length]).map(|id| (id, length)))
}

fn find(hash: Hash, prefix: &[u8], piece: &[u8]) -> Option<u16> {
    let mut slot = hash.0 as usize % SLOTS;
    loop {
        let id = u16_at(slot).checked_sub(1)?;
        if text_of(id).strip_prefix(prefix) == Some(piece) {
            return Some(id);
        }
        slot = (slot + 1) % SLOTS;
    }
}

fn u16_at(slot: usize) -> u16 {
    TABLE[2 * slot..].first_chunk::<2>().map_or(0, |b| u16::from_le_bytes(*b))
}

fn text_of(id: u16) -> &'static [u8] {
    let at = |k: usize| STARTS[4 * k..].first_chunk::<4>().map_or(0, |b| u32::from_le_bytes(*b) as usize);
    &PIECES[at(usize::from(id))..at(usize::from(id) + 1)]
}
