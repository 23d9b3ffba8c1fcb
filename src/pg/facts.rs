//! Facts about functions, types and relations, by OID, from the system caches.

use std::ffi::CStr;

use pgrx::pg_sys;

/// What decides whether a function is safe.
#[derive(Debug, Clone)]
pub struct Function {
    pub name: String,
    /// Made by initdb in pg_catalog, so that only a superuser who edits catalogs can have changed it.
    pub built_in: bool,
    /// `f`unction, `a`ggregate, `w`indow function or `p`rocedure.
    pub kind: u8,
    /// `i`mmutable, `s`table or `v`olatile.
    pub volatility: u8,
    pub result: u32,
    pub arguments: Vec<u32>,
}

pub fn function(oid: u32) -> Option<Function> {
    // SAFETY: the tuple is copied out before it is released.
    unsafe {
        let tuple = search(pg_sys::SysCacheIdentifier::PROCOID as i32, oid)?;
        let form = pg_sys::heap_tuple_get_struct::<pg_sys::FormData_pg_proc>(tuple);
        let arguments = (*form).proargtypes.values.as_slice((*form).pronargs.max(0) as usize);
        let facts = Function {
            name: name(&(*form).proname),
            built_in: is_built_in(oid, (*form).pronamespace),
            kind: (*form).prokind as u8,
            volatility: (*form).provolatile as u8,
            result: (*form).prorettype.to_u32(),
            arguments: arguments.iter().map(|oid| oid.to_u32()).collect(),
        };
        pg_sys::ReleaseSysCache(tuple);
        Some(facts)
    }
}

/// Whether a function was made by initdb in pg_catalog, as [`Function::built_in`]; `None` if there is no such function.
pub fn is_built_in_function(oid: u32) -> Option<bool> {
    // SAFETY: the tuple is read before it is released.
    unsafe {
        let tuple = search(pg_sys::SysCacheIdentifier::PROCOID as i32, oid)?;
        let form = pg_sys::heap_tuple_get_struct::<pg_sys::FormData_pg_proc>(tuple);
        let built_in = is_built_in(oid, (*form).pronamespace);
        pg_sys::ReleaseSysCache(tuple);
        Some(built_in)
    }
}

fn is_built_in(oid: u32, namespace: pg_sys::Oid) -> bool {
    oid < pg_sys::FirstUnpinnedObjectId && namespace.to_u32() == pg_sys::PG_CATALOG_NAMESPACE
}

/// True for an aggregate that can take a row out again, so that a window's frame may move without starting anew.
pub fn is_invertible_aggregate(oid: u32) -> bool {
    /// Place of `aggminvtransfn` in pg_aggregate, in PostgreSQL 15 to 18; pgrx has no name for it.
    const AGGMINVTRANSFN: i16 = 10;
    let cache = pg_sys::SysCacheIdentifier::AGGFNOID as i32;
    // SAFETY: the attribute, an OID, is read before the tuple is released.
    unsafe {
        let Some(tuple) = search(cache, oid) else {
            return false;
        };
        let mut is_null = false;
        let inverse = pg_sys::SysCacheGetAttr(cache, tuple, AGGMINVTRANSFN, &mut is_null);
        pg_sys::ReleaseSysCache(tuple);
        !is_null && inverse.value() != 0
    }
}

/// What may stand behind an operator once the planner has negated conditions and swapped arguments: its function, and
/// those of its negator, its commutator and theirs. 0 if there is no such operator.
pub fn operator_functions(operator: u32) -> Vec<u32> {
    let mut operators = vec![operator];
    let mut next = 0;
    while let Some(operator) = operators.get(next).copied() {
        next += 1;
        // What is built in has built-in relatives alone.
        if operator >= pg_sys::FirstUnpinnedObjectId {
            let oid = pg_sys::Oid::from(operator);
            // SAFETY: catalog lookups; 0 if there is none.
            for other in unsafe { [pg_sys::get_negator(oid), pg_sys::get_commutator(oid)] } {
                if other != pg_sys::InvalidOid && !operators.contains(&other.to_u32()) {
                    operators.push(other.to_u32());
                }
            }
        }
    }
    // SAFETY: a catalog lookup.
    operators.into_iter().map(|operator| unsafe { pg_sys::get_opcode(pg_sys::Oid::from(operator)) }.to_u32()).collect()
}

/// What decides whether values of a type are safe to handle.
#[derive(Debug, Clone)]
pub struct Type {
    pub name: String,
    pub built_in: bool,
    /// `b`ase, `c`omposite, `d`omain, `e`num, `r`ange, `m`ultirange or `p`seudo.
    pub kind: u8,
    /// Element of an array, subtype of a (multi)range, base of a domain; 0 if none.
    pub part: u32,
    /// Relation of a composite type; 0 if none.
    pub relation: u32,
    /// Input and output function, then whatever sorts, compares and hashes values without being named.
    pub functions: Vec<u32>,
}

pub fn value_type(oid: u32) -> Option<Type> {
    // SAFETY: the tuple is copied out before it is released; the type cache's entry lives as long as the backend.
    unsafe {
        let tuple = search(pg_sys::SysCacheIdentifier::TYPEOID as i32, oid)?;
        let form = &*pg_sys::heap_tuple_get_struct::<pg_sys::FormData_pg_type>(tuple);
        let mut facts = Type {
            name: name(&form.typname),
            built_in: is_built_in(oid, form.typnamespace),
            kind: form.typtype as u8,
            part: form.typelem.to_u32(),
            relation: form.typrelid.to_u32(),
            functions: vec![form.typinput.to_u32(), form.typoutput.to_u32()],
        };
        let base = form.typbasetype;
        pg_sys::ReleaseSysCache(tuple);
        if facts.kind == b'd' {
            facts.part = base.to_u32();
        }
        if facts.kind == b'p' {
            return Some(facts);
        }
        let flags = pg_sys::TYPECACHE_EQ_OPR
            | pg_sys::TYPECACHE_LT_OPR
            | pg_sys::TYPECACHE_GT_OPR
            | pg_sys::TYPECACHE_CMP_PROC
            | pg_sys::TYPECACHE_HASH_PROC
            | pg_sys::TYPECACHE_HASH_EXTENDED_PROC;
        let entry = &*pg_sys::lookup_type_cache(pg_sys::Oid::from(oid), flags as i32);
        for operator in [entry.eq_opr, entry.lt_opr, entry.gt_opr] {
            if operator != pg_sys::InvalidOid {
                facts.functions.push(pg_sys::get_opcode(operator).to_u32());
            }
        }
        for function in [entry.cmp_proc, entry.hash_proc, entry.hash_extended_proc] {
            facts.functions.push(function.to_u32());
        }
        if facts.kind == b'r' {
            facts.part = pg_sys::get_range_subtype(pg_sys::Oid::from(oid)).to_u32();
        } else if facts.kind == b'm' {
            facts.part = pg_sys::get_multirange_range(pg_sys::Oid::from(oid)).to_u32();
        }
        if !facts.built_in {
            // to_json and its kin use a user type's cast to json if there is one.
            let mut cast = pg_sys::InvalidOid;
            pg_sys::find_coercion_pathway(
                pg_sys::JSONOID,
                pg_sys::Oid::from(oid),
                pg_sys::CoercionContext::COERCION_EXPLICIT,
                &mut cast,
            );
            facts.functions.push(cast.to_u32());
        }
        facts.functions.retain(|function| *function != 0);
        Some(facts)
    }
}

/// Types of a composite type's columns.
pub fn column_types(relation: u32) -> Vec<u32> {
    // SAFETY: the relation is opened with the lock that reading it takes, and closed again.
    unsafe {
        let rel = pg_sys::relation_open(pg_sys::Oid::from(relation), pg_sys::AccessShareLock as i32);
        let descriptor = (*rel).rd_att;
        let types = (0..(*descriptor).natts)
            .map(|i| *super::attribute(descriptor, i))
            .filter(|attribute| !attribute.attisdropped)
            .map(|attribute| attribute.atttypid.to_u32())
            .collect();
        pg_sys::relation_close(rel, pg_sys::AccessShareLock as i32);
        types
    }
}

/// The number of the file that holds a relation's rows; another one after TRUNCATE, REFRESH and whatever rewrites it.
/// 0 for those without rows of their own.
pub fn file_of(relation: pg_sys::Oid) -> u32 {
    // SAFETY: the tuple is read before it is released.
    unsafe {
        let Some(tuple) = search(pg_sys::SysCacheIdentifier::RELOID as i32, relation.to_u32()) else { return 0 };
        let file = (*pg_sys::heap_tuple_get_struct::<pg_sys::FormData_pg_class>(tuple)).relfilenode;
        pg_sys::ReleaseSysCache(tuple);
        file.to_u32()
    }
}

/// Schema and name, unquoted.
pub fn relation_name(oid: u32) -> Option<(String, String)> {
    // SAFETY: both calls return palloc'ed names or null.
    unsafe {
        let relation = pg_sys::get_rel_name(pg_sys::Oid::from(oid));
        let schema = pg_sys::get_namespace_name(pg_sys::get_rel_namespace(pg_sys::Oid::from(oid)));
        if relation.is_null() || schema.is_null() {
            return None;
        }
        Some((
            CStr::from_ptr(schema).to_string_lossy().into_owned(),
            CStr::from_ptr(relation).to_string_lossy().into_owned(),
        ))
    }
}

pub fn column_name(relation: u32, number: i16) -> Option<String> {
    // SAFETY: returns a palloc'ed name, or null as asked.
    unsafe {
        let name = pg_sys::get_attname(pg_sys::Oid::from(relation), number, true);
        (!name.is_null()).then(|| CStr::from_ptr(name).to_string_lossy().into_owned())
    }
}

/// True for a composite type of its own, false for the row type of a table, view and so on.
pub fn is_standalone_row_type(relation: u32) -> bool {
    // SAFETY: a catalog lookup.
    unsafe { pg_sys::get_rel_relkind(pg_sys::Oid::from(relation)) as u8 == pg_sys::RELKIND_COMPOSITE_TYPE }
}

/// Columns among `columns` that the current role may not SELECT; 0 stands for the whole row.
pub fn forbidden_columns(relation: u32, columns: &[i16]) -> Vec<i16> {
    let oid = pg_sys::Oid::from(relation);
    let select = pg_sys::ACL_SELECT as pg_sys::AclMode;
    let granted = pg_sys::AclResult::ACLCHECK_OK;
    // SAFETY: catalog lookups.
    unsafe {
        let role = pg_sys::GetUserId();
        if pg_sys::pg_class_aclcheck(oid, role, select) == granted {
            return Vec::new();
        }
        // A statement that reads no column still needs some column's privilege.
        if columns.is_empty() {
            let any = pg_sys::pg_attribute_aclcheck_all(oid, role, select, pg_sys::AclMaskHow::ACLMASK_ANY);
            return if any == granted { Vec::new() } else { vec![0] };
        }
        columns
            .iter()
            .copied()
            .filter(|column| match column {
                0 => pg_sys::pg_attribute_aclcheck_all(oid, role, select, pg_sys::AclMaskHow::ACLMASK_ALL) != granted,
                _ => pg_sys::pg_attribute_aclcheck(oid, *column, role, select) != granted,
            })
            .collect()
    }
}

/// The name of the role whose rights count now.
pub fn current_role() -> (u32, String) {
    // SAFETY: returns a palloc'ed name.
    unsafe {
        let role = pg_sys::GetUserId();
        let name = pg_sys::GetUserNameFromId(role, true);
        let name = if name.is_null() { String::new() } else { CStr::from_ptr(name).to_string_lossy().into_owned() };
        (role.to_u32(), name)
    }
}

unsafe fn search(cache: i32, oid: u32) -> Option<pg_sys::HeapTuple> {
    // SAFETY: both caches have one key, an OID.
    let tuple = unsafe { pg_sys::SearchSysCache1(cache, pg_sys::Datum::from(pg_sys::Oid::from(oid))) };
    (!tuple.is_null()).then_some(tuple)
}

fn name(data: &pg_sys::NameData) -> String {
    // SAFETY: names are NUL-terminated within their 64 bytes.
    unsafe { CStr::from_ptr(data.data.as_ptr()) }.to_string_lossy().into_owned()
}
