//! Many rows at once into a table partitioned by time, as COPY writes them: no planner, no executor, one WAL record a
//! page. An INSERT of the same rows costs three times as much.

use std::ffi::CStr;

use pgrx::pg_sys;

use super::table::{Moment, find_typed, insert_index_tuples, oid_of};
use crate::error::Result;

/// Rows handed to the table at once.
const CHUNK: usize = 64;

/// A column by name and type.
pub type ColumnOf = (&'static CStr, pg_sys::Oid);

/// The values of a row, in the order of the columns asked for. What is not set is null.
pub struct Values<'a> {
    datums: &'a mut [pg_sys::Datum],
    nulls: &'a mut [bool],
    places: &'a [usize],
}

impl Values<'_> {
    pub fn set(&mut self, column: usize, datum: Option<pg_sys::Datum>) {
        if let (Some(datum), Some(&place)) = (datum, self.places.get(column)) {
            self.datums[place] = datum;
            self.nulls[place] = false;
        }
    }
}

/// A text value in the current memory context.
pub fn text(text: &str) -> pg_sys::Datum {
    // SAFETY: copies that many bytes.
    pg_sys::Datum::from(unsafe { pg_sys::cstring_to_text_with_len(text.as_ptr().cast(), text.len() as i32) })
}

/// The SHA-256 of a text in hexadecimal, as a text value.
pub fn sha256(of: &str) -> Option<pg_sys::Datum> {
    // SAFETY: bytea is laid out as text is; the function gives a bytea of 32 bytes with a header of four.
    let digest = unsafe {
        let datum = pgrx::direct_function_call_as_datum(pg_sys::sha256_bytea, &[Some(text(of))])?;
        std::slice::from_raw_parts(datum.cast_mut_ptr::<u8>().add(pg_sys::VARHDRSZ), 32).to_vec()
    };
    Some(text(&digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
}

/// Memory that outlives the rows of a chunk: the context that is current where this is made.
pub struct Memory(pg_sys::MemoryContext);

impl Memory {
    pub fn current() -> Self {
        // SAFETY: reads a variable of this process.
        Self(unsafe { pg_sys::CurrentMemoryContext })
    }

    /// A jsonb value in this memory. Raises what `jsonb` raises for text that it does not take.
    pub fn jsonb(&self, text: &str) -> Option<pg_sys::Datum> {
        let text = std::ffi::CString::new(text).ok()?;
        // SAFETY: the function takes a C string; the context lives, and the one before is current again afterwards (or
        // what an ERROR makes current).
        unsafe {
            let before = pg_sys::MemoryContextSwitchTo(self.0);
            let datum =
                pgrx::direct_function_call_as_datum(pg_sys::jsonb_in, &[Some(pg_sys::Datum::from(text.as_ptr()))]);
            pg_sys::MemoryContextSwitchTo(before);
            datum
        }
    }
}

/// A uuid value in the current memory context.
pub fn uuid(bytes: &[u8; 16]) -> pg_sys::Datum {
    // SAFETY: sixteen bytes are allocated and copied.
    unsafe {
        let place = pg_sys::palloc(bytes.len()).cast::<u8>();
        place.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
        pg_sys::Datum::from(place)
    }
}

/// Adds a row for each of `times`, which decide its partition, with the values that `fill` sets; to be run with the
/// rights of the tables' owner. False, and nothing was added, where one of the tables does more with a row than keep
/// and index it (triggers, columns and conditions that others added), or has no place for one: that is INSERT's work.
pub fn insert_by_time(
    parent: &'static CStr,
    columns: &[ColumnOf],
    times: &[Moment],
    mut fill: impl FnMut(usize, &mut Values<'_>),
) -> Result<bool> {
    let parent = oid_of(parent)?;
    super::writes::mark(parent.to_u32());
    // SAFETY: an ordinary open; what is left open by an ERROR is closed by the server.
    let parent = unsafe { pg_sys::table_open(parent, LOCK) };
    let inserted = partitions(parent, times).is_some_and(|groups| {
        let leaves: Option<Vec<Leaf>> = groups.iter().map(|(oid, _)| Leaf::open(*oid, columns)).collect();
        let Some(leaves) = leaves else { return false };
        for (leaf, (_, rows)) in leaves.iter().zip(&groups) {
            // SAFETY: the leaf is open, and its columns are those asked for.
            unsafe { leaf.insert(rows, &mut fill) };
        }
        true
    });
    // SAFETY: opened above; the lock is kept to the transaction's end.
    unsafe {
        pg_sys::table_close(parent, NO_LOCK);
        pg_sys::CommandCounterIncrement();
    }
    Ok(inserted)
}

const LOCK: pg_sys::LOCKMODE = pg_sys::RowExclusiveLock as pg_sys::LOCKMODE;
const NO_LOCK: pg_sys::LOCKMODE = pg_sys::NoLock as pg_sys::LOCKMODE;

#[cfg(feature = "pg15")]
use pg_sys::PARTITION_STRATEGY_RANGE;
#[cfg(not(feature = "pg15"))]
const PARTITION_STRATEGY_RANGE: u8 = pg_sys::PartitionStrategy::PARTITION_STRATEGY_RANGE as u8;

/// Which rows go to which partition; `None` where that is not plain.
fn partitions(parent: pg_sys::Relation, times: &[Moment]) -> Option<Vec<(pg_sys::Oid, Vec<usize>)>> {
    // SAFETY: the relation is open; the description lives as long, and its arrays have the lengths it says.
    unsafe {
        if (*(*parent).rd_rel).relkind != pg_sys::RELKIND_PARTITIONED_TABLE as std::ffi::c_char {
            return None;
        }
        let described = &*pg_sys::RelationGetPartitionDesc(parent, true);
        let bounds = described.boundinfo.as_ref()?;
        if bounds.strategy as u8 != PARTITION_STRATEGY_RANGE {
            return None;
        }
        let below = |i: usize, time: Moment| match *(*bounds.kind.add(i)) {
            pg_sys::PartitionRangeDatumKind::PARTITION_RANGE_DATUM_MINVALUE => true,
            pg_sys::PartitionRangeDatumKind::PARTITION_RANGE_DATUM_MAXVALUE => false,
            _ => (*(*bounds.datums.add(i))).value() as i64 <= time.0,
        };
        let mut groups: Vec<(pg_sys::Oid, Vec<usize>)> = Vec::new();
        for (row, &time) in times.iter().enumerate() {
            let (mut low, mut high) = (0, bounds.ndatums as usize);
            while low < high {
                let middle = low.midpoint(high);
                if below(middle, time) { low = middle + 1 } else { high = middle }
            }
            let index = match *bounds.indexes.add(low) {
                -1 => bounds.default_index,
                index => index,
            };
            let index = usize::try_from(index).ok()?;
            if !*described.is_leaf.add(index) {
                return None;
            }
            let oid = *described.oids.add(index);
            match groups.iter_mut().find(|(known, _)| *known == oid) {
                Some((_, rows)) => rows.push(row),
                None => groups.push((oid, vec![row])),
            }
        }
        Some(groups)
    }
}

/// An open partition.
struct Leaf {
    relation: pg_sys::Relation,
    /// Where the columns asked for are.
    places: Vec<usize>,
}

impl Leaf {
    fn open(oid: pg_sys::Oid, columns: &[ColumnOf]) -> Option<Self> {
        // SAFETY: an ordinary open of a partition of an open table; reads of its descriptors.
        unsafe {
            let relation = pg_sys::table_open(oid, LOCK);
            // Closed on drop from here on.
            let mut leaf = Self { relation, places: Vec::new() };
            let described = (*relation).rd_att;
            let plain = (*(*relation).rd_rel).relkind == pg_sys::RELKIND_RELATION as std::ffi::c_char
                && (*relation).trigdesc.is_null()
                && (*described).natts as usize == columns.len()
                // The one check of the log's own is of what the extension fills in.
                && (*described).constr.as_ref().is_none_or(|c| !c.has_generated_stored && c.num_check <= 1);
            if !plain {
                return None;
            }
            let mut next = 0;
            for (name, value_type) in columns {
                let place = find_typed(described, next, name, *value_type)?;
                next = place + 1;
                leaf.places.push(place);
            }
            super::writes::mark(oid.to_u32());
            Some(leaf)
        }
    }

    unsafe fn insert(&self, rows: &[usize], fill: &mut impl FnMut(usize, &mut Values<'_>)) {
        // SAFETY: slots have this table's descriptor, values the types of its columns; the executor's state and what
        // hangs on it live for this call.
        unsafe {
            let described = (*self.relation).rd_att;
            let count = (*described).natts as usize;
            let estate = pg_sys::CreateExecutorState();
            let result = pg_sys::palloc0(size_of::<pg_sys::ResultRelInfo>()).cast::<pg_sys::ResultRelInfo>();
            (*result).type_ = pg_sys::NodeTag::T_ResultRelInfo;
            pg_sys::InitResultRelInfo(result, self.relation, 0, std::ptr::null_mut(), 0);
            pg_sys::ExecOpenIndices(result, false);
            let memory = pg_sys::AllocSetContextCreateInternal(
                pg_sys::CurrentMemoryContext,
                c"router rows".as_ptr(),
                pg_sys::ALLOCSET_DEFAULT_MINSIZE as usize,
                pg_sys::ALLOCSET_DEFAULT_INITSIZE as usize,
                pg_sys::ALLOCSET_DEFAULT_MAXSIZE as usize,
            );
            let mut slots: Vec<*mut pg_sys::TupleTableSlot> = (0..rows.len().min(CHUNK))
                .map(|_| pg_sys::MakeSingleTupleTableSlot(described, pg_sys::table_slot_callbacks(self.relation)))
                .collect();
            for chunk in rows.chunks(CHUNK) {
                pgrx::check_for_interrupts!();
                let before = pg_sys::MemoryContextSwitchTo(memory);
                for (&row, &slot) in chunk.iter().zip(&slots) {
                    let datums = std::slice::from_raw_parts_mut((*slot).tts_values, count);
                    let nulls = std::slice::from_raw_parts_mut((*slot).tts_isnull, count);
                    nulls.fill(true);
                    fill(row, &mut Values { datums, nulls, places: &self.places });
                    for &place in &self.places {
                        if nulls[place] && (*super::attribute(described, place as i32)).attnotnull {
                            pgrx::ereport!(
                                pgrx::PgLogLevel::ERROR,
                                pgrx::PgSqlErrorCode::ERRCODE_NOT_NULL_VIOLATION,
                                "a record lacks a value"
                            );
                        }
                    }
                    pg_sys::ExecStoreVirtualTuple(slot);
                    (*slot).tts_tableOid = (*self.relation).rd_id;
                }
                pg_sys::table_multi_insert(
                    self.relation,
                    slots.as_mut_ptr(),
                    chunk.len() as i32,
                    pg_sys::GetCurrentCommandId(true),
                    0,
                    std::ptr::null_mut(),
                );
                let context = pg_sys::MakePerTupleExprContext(estate);
                for &slot in &slots[..chunk.len()] {
                    insert_index_tuples(result, slot, estate, None);
                    pg_sys::MemoryContextReset((*context).ecxt_per_tuple_memory);
                    pg_sys::ExecClearTuple(slot);
                }
                pg_sys::MemoryContextSwitchTo(before);
                pg_sys::MemoryContextReset(memory);
            }
            for slot in slots {
                pg_sys::ExecDropSingleTupleTableSlot(slot);
            }
            pg_sys::MemoryContextDelete(memory);
            pg_sys::ExecCloseIndices(result);
            pg_sys::FreeExecutorState(estate);
        }
    }
}

impl Drop for Leaf {
    fn drop(&mut self) {
        // SAFETY: opened in `open`; after an error the server closes it.
        unsafe {
            if !std::thread::panicking() {
                pg_sys::table_close(self.relation, NO_LOCK);
            }
        }
    }
}
