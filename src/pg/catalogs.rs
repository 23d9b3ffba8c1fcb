//! What the system catalogs say of a set of relations, and what a role may read of them.
//!
//! Row by row instead of by a query: a connection that asks its first question has empty catalog caches, over which
//! planning and running a query of these five catalogs takes 3 to 4 ms.

use std::ffi::CStr;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::num::NonZeroUsize;

use pgrx::htup::heap_getattr_raw;
use pgrx::{FromDatum, pg_sys};

use super::table::find_typed;

/// A relation that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Existing {
    pub oid: u32,
    pub schema: u32,
    /// Its row says that the role may read all of it, if it may use the schema. Else that is still to be looked up.
    granted: bool,
}

/// Relations that exist, and what the catalogs say of them.
#[derive(Debug, Default)]
pub struct Described {
    /// Sorted by OID.
    pub relations: Vec<Existing>,
    /// Of names, kinds, columns, indexes, foreign keys, comments and the order of magnitude of the rows: equal as long as
    /// these are.
    pub hash: u64,
}

/// Which columns of a relation a role may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readable {
    Nothing,
    Some(Vec<String>),
    Everything,
}

/// Describes those of `relations` (sorted) that exist, as the active snapshot sees them; `role` is who wants to read.
pub fn describe(relations: &[u32], role: pg_sys::Oid) -> Described {
    let mut described = Described::default();
    let mut schemas = Vec::new();
    let hash = &mut described.hash;
    Catalog::open(pg_sys::RelationRelationId).visit(
        pg_sys::ClassOidIndexId,
        pg_sys::Anum_pg_class_oid as i16,
        relations,
        |row| {
            // SAFETY: rows of pg_class have this form; its names end within their 64 bytes. The list of rights has the
            // type that its column has in every version.
            let (form, granted) = unsafe {
                let form = &*row.form::<pg_sys::FormData_pg_class>();
                (form, may_select(role, form.relowner, row.get(pg_sys::Anum_pg_class_relacl as i16)))
            };
            let (oid, schema) = (form.oid.to_u32(), form.relnamespace.to_u32());
            described.relations.push(Existing { oid, schema, granted });
            schemas.push(schema);
            let magnitude = (form.reltuples.max(1.0) as u64).ilog10();
            let fields = (oid, name(&form.relname), schema, form.relkind, form.relrowsecurity, magnitude);
            mix(hash, Part::Relation, fields);
        },
    );
    described.relations.sort_unstable();
    schemas.sort_unstable();
    schemas.dedup();
    let existing: Vec<u32> = described.relations.iter().map(|relation| relation.oid).collect();
    let by_oid = pg_sys::Anum_pg_namespace_oid as i16;
    Catalog::open(pg_sys::NamespaceRelationId).visit(pg_sys::NamespaceOidIndexId, by_oid, &schemas, |row| {
        // SAFETY: as above, of pg_namespace.
        let form = unsafe { &*row.form::<pg_sys::FormData_pg_namespace>() };
        mix(hash, Part::Schema, (form.oid.to_u32(), name(&form.nspname)));
    });
    columns(&existing, |form| {
        let ty = (form.atttypid.to_u32(), form.atttypmod, form.attnotnull);
        mix(hash, Part::Column, (form.attrelid.to_u32(), form.attnum, name(&form.attname), ty));
    });
    let by_table = pg_sys::Anum_pg_index_indrelid as i16;
    Catalog::open(pg_sys::IndexRelationId).visit(pg_sys::IndexIndrelidIndexId, by_table, &existing, |row| {
        // SAFETY: as above, of pg_index, whose fixed part comes first.
        let form = unsafe { &*row.form::<pg_sys::FormData_pg_index>() };
        mix(hash, Part::Index, (form.indexrelid.to_u32(), form.indisvalid, row.writer()));
    });
    foreign_keys(&existing, |oid, writer| mix(hash, Part::ForeignKey, (oid, writer)));
    comments(&existing, |relation, column, text| mix(hash, Part::Comment, (relation, column, text)));
    described
}

const SELECT: pg_sys::AclMode = pg_sys::ACL_SELECT as pg_sys::AclMode;

/// A relation's own list of rights lets `role` read it. The look-up by the server fetches the row once more, into a
/// cache that a connection keeps: 2 ms and 400 kB for a thousand relations.
unsafe fn may_select(role: pg_sys::Oid, owner: pg_sys::Oid, rights: Option<pg_sys::Datum>) -> bool {
    // SAFETY: the caller's datum is an array of rights; a copy is only made of one that is stored compressed.
    unsafe {
        if pg_sys::superuser_arg(role) {
            return true;
        }
        let Some(rights) = rights else { return pg_sys::has_privs_of_role(role, owner) };
        let rights = pg_sys::pg_detoast_datum(rights.cast_mut_ptr()).cast::<pg_sys::Acl>();
        pg_sys::aclmask(rights, role, owner, SELECT, pg_sys::AclMaskHow::ACLMASK_ANY) != 0
    }
}

/// What `role` may read of a relation that [`describe`] found for it.
pub fn readable(role: pg_sys::Oid, relation: Existing) -> Readable {
    let Existing { oid: relation, schema, granted: by_its_row } = relation;
    let oid = pg_sys::Oid::from(relation);
    let granted = pg_sys::AclResult::ACLCHECK_OK;
    // SAFETY: look-ups in the catalog caches; what was dropped meanwhile is said to be missing, not raised.
    unsafe {
        if !may_use_schema(role, schema) {
            return Readable::Nothing;
        }
        let mut missing = false;
        if by_its_row || pg_sys::pg_class_aclcheck_ext(oid, role, SELECT, &mut missing) == granted {
            return Readable::Everything;
        }
        if missing || pg_sys::pg_attribute_aclcheck_all(oid, role, SELECT, pg_sys::AclMaskHow::ACLMASK_ANY) != granted {
            return Readable::Nothing;
        }
        let mut readable = Vec::new();
        columns(&[relation], |form| {
            let mut missing = false;
            if pg_sys::pg_attribute_aclcheck_ext(oid, form.attnum, role, SELECT, &mut missing) == granted {
                readable.push((form.attnum, String::from_utf8_lossy(name(&form.attname)).into_owned()));
            }
        });
        readable.sort_unstable();
        Readable::Some(readable.into_iter().map(|(_, name)| name).collect())
    }
}

/// Tells rows of one catalog from those of another.
#[derive(Hash)]
enum Part {
    Relation,
    Schema,
    Column,
    Index,
    ForeignKey,
    Comment,
}

/// Takes a row into the hash, in whatever order rows come.
fn mix(hash: &mut u64, part: Part, fields: impl Hash) {
    let mut hasher = DefaultHasher::new();
    part.hash(&mut hasher);
    fields.hash(&mut hasher);
    *hash ^= hasher.finish();
}

/// Columns that users see.
fn columns(relations: &[u32], mut visit: impl FnMut(&pg_sys::FormData_pg_attribute)) {
    let (index, by_table) = (pg_sys::AttributeRelidNumIndexId, pg_sys::Anum_pg_attribute_attrelid as i16);
    Catalog::open(pg_sys::AttributeRelationId).visit(index, by_table, relations, |row| {
        // SAFETY: rows of pg_attribute have this form as far as it is read.
        let form = unsafe { &*row.form::<pg_sys::FormData_pg_attribute>() };
        if form.attnum > 0 && !form.attisdropped {
            visit(form);
        }
    });
}

fn foreign_keys(relations: &[u32], mut visit: impl FnMut(u32, u32)) {
    /// pg_constraint and its index (conrelid, contypid, conname), in PostgreSQL 15 to 18; pgrx has no names for them.
    const CATALOG: u32 = 2606;
    const INDEX: u32 = 2665;
    let catalog = Catalog::open(pg_sys::Oid::from(CATALOG));
    let (Some(oid), Some(kind), Some(table)) = (
        catalog.column(c"oid", pg_sys::OIDOID),
        catalog.column(c"contype", pg_sys::CHAROID),
        catalog.column(c"conrelid", pg_sys::OIDOID),
    ) else {
        return;
    };
    catalog.visit(INDEX, table, relations, |row| {
        if row.get(kind).is_some_and(|kind| kind.value() as u8 == b'f')
            && let Some(oid) = row.oid(oid)
        {
            visit(oid, row.writer());
        }
    });
}

fn comments(relations: &[u32], mut visit: impl FnMut(u32, i32, &str)) {
    /// pg_description and its index (objoid, classoid, objsubid); as above.
    const CATALOG: u32 = 2609;
    const INDEX: u32 = 2675;
    let catalog = Catalog::open(pg_sys::Oid::from(CATALOG));
    let (Some(object), Some(class), Some(column), Some(text)) = (
        catalog.column(c"objoid", pg_sys::OIDOID),
        catalog.column(c"classoid", pg_sys::OIDOID),
        catalog.column(c"objsubid", pg_sys::INT4OID),
        catalog.column(c"description", pg_sys::TEXTOID),
    ) else {
        return;
    };
    catalog.visit(INDEX, object, relations, |row| {
        if row.oid(class) != Some(pg_sys::RelationRelationId.to_u32()) {
            return;
        }
        // SAFETY: the columns' types were checked.
        let (column, text) = unsafe {
            let datum = row.get(text).unwrap_or(pg_sys::Datum::null());
            (row.get(column).map_or(0, |c| c.value() as i32), String::from_datum(datum, datum.is_null()))
        };
        visit(row.oid(object).unwrap_or(0), column, text.as_deref().unwrap_or_default());
    });
}

#[cfg(feature = "pg15")]
unsafe fn may_use_schema(role: pg_sys::Oid, schema: u32) -> bool {
    // SAFETY: look-ups in the catalog caches.
    unsafe {
        schema_exists(schema)
            && pg_sys::pg_namespace_aclcheck(pg_sys::Oid::from(schema), role, pg_sys::ACL_USAGE as pg_sys::AclMode)
                == pg_sys::AclResult::ACLCHECK_OK
    }
}

#[cfg(not(feature = "pg15"))]
unsafe fn may_use_schema(role: pg_sys::Oid, schema: u32) -> bool {
    let (schema_oid, usage) = (pg_sys::Oid::from(schema), pg_sys::ACL_USAGE as pg_sys::AclMode);
    // SAFETY: look-ups in the catalog caches.
    unsafe {
        schema_exists(schema)
            && pg_sys::object_aclcheck(pg_sys::NamespaceRelationId, schema_oid, role, usage)
                == pg_sys::AclResult::ACLCHECK_OK
    }
}

unsafe fn schema_exists(schema: u32) -> bool {
    let none = pg_sys::Datum::null();
    let key = pg_sys::Datum::from(pg_sys::Oid::from(schema));
    // SAFETY: a look-up in a catalog cache with one key, an OID.
    unsafe { pg_sys::SearchSysCacheExists(pg_sys::SysCacheIdentifier::NAMESPACEOID as i32, key, none, none, none) }
}

/// An open system catalog.
struct Catalog(pg_sys::Relation);

/// A row of it, while the scan stands there.
struct Row {
    tuple: pg_sys::HeapTuple,
    descriptor: pg_sys::TupleDesc,
}

impl Row {
    /// The fixed part.
    fn form<T>(&self) -> *const T {
        // SAFETY: a tuple in the server's buffer.
        unsafe { pg_sys::heap_tuple_get_struct::<T>(self.tuple) }
    }

    fn get(&self, column: i16) -> Option<pg_sys::Datum> {
        // SAFETY: the column was found in this descriptor.
        unsafe { heap_getattr_raw(self.tuple, NonZeroUsize::new(column as usize)?, self.descriptor) }
    }

    fn oid(&self, column: i16) -> Option<u32> {
        self.get(column).map(|datum| datum.value() as u32)
    }

    /// The transaction that wrote this version of the row (its `xmin`).
    fn writer(&self) -> u32 {
        // SAFETY: a stored tuple's header holds it.
        unsafe { (*(*self.tuple).t_data).t_choice.t_heap.t_xmin.into() }
    }
}

impl Catalog {
    fn open(oid: pg_sys::Oid) -> Self {
        // SAFETY: an ordinary open; the server closes what an ERROR leaves open.
        Self(unsafe { pg_sys::table_open(oid, pg_sys::AccessShareLock as pg_sys::LOCKMODE) })
    }

    /// A column's number.
    fn column(&self, name: &CStr, value_type: pg_sys::Oid) -> Option<i16> {
        // SAFETY: the descriptor lives as long as the catalog is open.
        unsafe { find_typed((*self.0).rd_att, 0, name, value_type) }.map(|at| at as i16 + 1)
    }

    /// Rows whose column `attribute`, an OID by which `index` begins, is one of `wanted` (sorted), as the active snapshot
    /// sees them; in any order.
    fn visit(&self, index: u32, attribute: i16, wanted: &[u32], mut visit: impl FnMut(&Row)) {
        /// Pages that one look-up by index touches, about.
        const LOOKUP: usize = 4;
        // SAFETY: an open catalog with this index; its rows are looked at while the scan stands at them.
        unsafe {
            let pages = pg_sys::RelationGetNumberOfBlocksInFork(self.0, pg_sys::ForkNumber::MAIN_FORKNUM) as usize;
            if wanted.len() * LOOKUP > pages {
                // Most catalogs begin with it: no need to find out where it lies in each row.
                let first = attribute == 1 && (*super::attribute((*self.0).rd_att, 0)).attnotnull;
                let oid_of = |row: &Row| if first { Some(*row.form::<u32>()) } else { row.oid(attribute) };
                self.scan(pg_sys::InvalidOid, &mut [], |row| {
                    if oid_of(row).is_some_and(|oid| wanted.binary_search(&oid).is_ok()) {
                        visit(row);
                    }
                });
                return;
            }
            for oid in wanted {
                let mut key = pg_sys::ScanKeyData::default();
                pg_sys::ScanKeyInit(
                    &mut key,
                    attribute,
                    pg_sys::BTEqualStrategyNumber as u16,
                    pg_sys::Oid::from(pg_sys::F_OIDEQ),
                    pg_sys::Datum::from(pg_sys::Oid::from(*oid)),
                );
                self.scan(pg_sys::Oid::from(index), &mut [key], &mut visit);
            }
        }
    }

    unsafe fn scan(&self, index: pg_sys::Oid, keys: &mut [pg_sys::ScanKeyData], mut visit: impl FnMut(&Row)) {
        // SAFETY: the caller's index and keys; an ERROR ends the scan with the transaction.
        unsafe {
            let (by_index, count) = (index != pg_sys::InvalidOid, keys.len() as i32);
            let snapshot = pg_sys::GetActiveSnapshot();
            let scan = pg_sys::systable_beginscan(self.0, index, by_index, snapshot, count, keys.as_mut_ptr());
            loop {
                let tuple = pg_sys::systable_getnext(scan);
                if tuple.is_null() {
                    break;
                }
                visit(&Row { tuple, descriptor: (*self.0).rd_att });
            }
            pg_sys::systable_endscan(scan);
        }
    }
}

impl Drop for Catalog {
    fn drop(&mut self) {
        // SAFETY: open since `open`; after an error the server closes it.
        unsafe {
            if !std::thread::panicking() {
                pg_sys::table_close(self.0, pg_sys::AccessShareLock as pg_sys::LOCKMODE);
            }
        }
    }
}

fn name(data: &pg_sys::NameData) -> &[u8] {
    // SAFETY: names are NUL-terminated within their 64 bytes.
    unsafe { CStr::from_ptr(data.data.as_ptr()) }.to_bytes()
}

#[cfg(any(test, feature = "pg_test"))]
#[pgrx::pg_schema]
mod tests {
    use pgrx::prelude::*;

    use crate::pg::with_latest_snapshot;

    fn describe(relations: &[u32]) -> super::Described {
        with_latest_snapshot(|| super::describe(relations, crate::pg::current_user()))
    }

    /// What a relation's own row grants is what the server finds by its look-up.
    #[pg_test]
    fn a_row_grants_what_the_server_says() {
        Spi::run(
            "CREATE ROLE asking; CREATE ROLE of_all; GRANT pg_read_all_data TO of_all; CREATE ROLE owning; CREATE ROLE of_owner;
             GRANT owning TO of_owner;
             CREATE TABLE public.plain (a int); CREATE TABLE public.granted (a int); GRANT SELECT ON public.granted TO asking;
             CREATE TABLE public.for_all (a int); GRANT SELECT ON public.for_all TO PUBLIC;
             CREATE TABLE public.in_part (a int, b int); GRANT SELECT (b) ON public.in_part TO asking;
             CREATE TABLE public.owned (a int); ALTER TABLE public.owned OWNER TO owning;
             CREATE TABLE public.kept (a int); ALTER TABLE public.kept OWNER TO owning; REVOKE ALL ON public.kept FROM owning",
        )
        .unwrap();
        let relations = Spi::get_one::<Vec<pg_sys::Oid>>(
            "SELECT array_agg(oid ORDER BY oid) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
               AND relname IN ('plain', 'granted', 'for_all', 'in_part', 'owned', 'kept')",
        );
        let relations: Vec<u32> = relations.unwrap().unwrap().into_iter().map(pg_sys::Oid::to_u32).collect();
        for name in ["asking", "of_all", "owning", "of_owner", "postgres"] {
            let role =
                Spi::get_one_with_args::<pg_sys::Oid>("SELECT oid FROM pg_roles WHERE rolname = $1", &[name.into()]);
            let role = role.unwrap().unwrap_or_else(crate::pg::current_user);
            let found = with_latest_snapshot(|| super::describe(&relations, role)).relations;
            assert_eq!(found.len(), 6);
            for relation in found {
                let looked_up = super::Existing { granted: false, ..relation };
                assert_eq!(super::readable(role, relation), super::readable(role, looked_up), "{name} {relation:?}");
            }
        }
    }

    /// Few relations are looked up by index, many found in a scan of everything: both say the same.
    #[pg_test]
    fn many_relations_are_what_each_of_them_is() {
        Spi::run(
            "CREATE SCHEMA many;
             DO $$ BEGIN FOR i IN 1 .. 301 LOOP
               EXECUTE format('CREATE TABLE many.t%s (id int PRIMARY KEY, note text, other int REFERENCES many.t%s)', i, i);
               EXECUTE format('COMMENT ON COLUMN many.t%s.note IS %L', i, repeat('long ', i));
             END LOOP; END $$",
        )
        .unwrap();
        let all: Vec<u32> =
            Spi::get_one::<Vec<pg_sys::Oid>>("SELECT array_agg(oid ORDER BY oid) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'many'::regnamespace")
                .unwrap()
                .unwrap()
                .into_iter()
                .map(pg_sys::Oid::to_u32)
                .collect();
        let together = describe(&all);
        assert_eq!(together.relations.len(), 301);
        // Rows are put together by XOR, and an odd number of times the schema's is once.
        let one_by_one = all.iter().fold(0, |hash, relation| hash ^ describe(&[*relation]).hash);
        assert_eq!(together.hash, one_by_one);
        Spi::run("COMMENT ON COLUMN many.t7.note IS NULL").unwrap();
        assert_ne!(describe(&all).hash, together.hash);
        assert_eq!(describe(&[1, 2]).relations, [], "those that do not exist");
    }
}
