//! Turns the encoder's files into tables that need no start-up work: they lie in the library image, read-only,
//! shared by all backends. Parsing the 445 KB of JSON in each fresh backend would cost milliseconds.
#![allow(clippy::expect_used)] // a build that cannot go on stops

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use serde_json::Value;

/// Slots of the open-addressing hash table: a power of two, over twice the vocabulary.
const SLOTS: usize = 1 << 16;

fn main() {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("set by cargo")).join("../data/encoder");
    let out = env::var("OUT_DIR").expect("set by cargo");
    let out = Path::new(&out);
    for file in ["tokenizer.json", "model.safetensors"] {
        println!("cargo::rerun-if-changed={}", root.join(file).display());
    }
    println!("cargo::rerun-if-changed=build.rs");
    let rows = vocabulary(&root.join("tokenizer.json"), out);
    model(&root.join("model.safetensors"), out, rows);
}

/// Writes the pieces, where each starts, and the hash table from piece to id. Returns the number of pieces.
fn vocabulary(file: &Path, out: &Path) -> usize {
    let json: Value = serde_json::from_slice(&fs::read(file).expect("readable tokenizer")).expect("valid JSON");
    assert_eq!(json["model"]["type"], "WordPiece");
    assert_eq!(json["model"]["continuing_subword_prefix"], "##");
    let vocab = json["model"]["vocab"].as_object().expect("a vocabulary");
    let mut pieces = vec![String::new(); vocab.len()];
    for (piece, id) in vocab {
        pieces[id.as_u64().expect("an id") as usize] = piece.clone();
    }
    assert!(pieces.len() < SLOTS / 2);
    let mut text = String::new();
    let mut starts = Vec::new();
    let mut slots = vec![0u16; SLOTS];
    for (id, piece) in pieces.iter().enumerate() {
        starts.extend_from_slice(&(text.len() as u32).to_le_bytes());
        text.push_str(piece);
        let mut slot = fnv1a(piece.as_bytes()) as usize % SLOTS;
        while slots[slot] != 0 {
            slot = (slot + 1) % SLOTS;
        }
        slots[slot] = id as u16 + 1;
    }
    starts.extend_from_slice(&(text.len() as u32).to_le_bytes());
    let slots: Vec<u8> = slots.iter().flat_map(|id| id.to_le_bytes()).collect();
    fs::write(out.join("pieces.bin"), &text).expect("writable OUT_DIR");
    fs::write(out.join("starts.bin"), &starts).expect("writable OUT_DIR");
    fs::write(out.join("slots.bin"), &slots).expect("writable OUT_DIR");
    let longest = pieces.iter().map(|p| p.trim_start_matches("##").len()).max().unwrap_or(0);
    let constants = format!("const SLOTS: usize = {SLOTS};\nconst LONGEST_PIECE: usize = {longest};\n");
    fs::write(out.join("vocabulary.rs"), constants).expect("writable OUT_DIR");
    pieces.len()
}

/// The same function as in `embed/vocabulary.rs`.
fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// Writes where in the safetensors file the two tensors lie.
fn model(file: &Path, out: &Path, rows: usize) {
    let bytes = fs::read(file).expect("readable model");
    let header_length = u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes")) as usize;
    let header: Value = serde_json::from_slice(&bytes[8..8 + header_length]).expect("valid header");
    let mut constants = format!("const ROWS: usize = {rows};\n");
    for (name, dtype, shape) in [("scales", "F32", vec![rows]), ("embeddings", "I8", vec![rows, 256])] {
        let tensor = &header[name];
        assert_eq!(tensor["dtype"], dtype);
        assert_eq!(tensor["shape"], serde_json::json!(shape));
        let start = tensor["data_offsets"][0].as_u64().expect("an offset") as usize + 8 + header_length;
        let end = tensor["data_offsets"][1].as_u64().expect("an offset") as usize + 8 + header_length;
        assert!(end <= bytes.len());
        let _ = writeln!(constants, "const {}: std::ops::Range<usize> = {start}..{end};", name.to_uppercase());
    }
    fs::write(out.join("model.rs"), constants).expect("writable OUT_DIR");
}
