//! Which types a statement handles. A type runs code that the text never names: input and output functions, the
//! operators behind sorting, grouping and comparing, constraints of domains, casts to json.

use std::collections::BTreeSet;

use super::Violation;
use super::allowed::Allowed;
use super::functions::foreign;
use crate::catalog::RegisteredRelations;
use crate::error::Result;
use crate::pg::facts;
use crate::pg::tree::{Kind, Literal, Node};

pub fn check(tree: &Node, registered: &RegisteredRelations, allowed: &Allowed) -> Result<Vec<Violation>> {
    let mut handled = BTreeSet::new();
    let mut made = BTreeSet::new();
    let mut found = Vec::new();
    tree.visit(&mut |node| {
        if node.value_type != 0 {
            handled.insert(node.value_type);
        }
        match &node.kind {
            // Values made from text: the type's input function has run, or will.
            Kind::CastViaText => made.extend([node.value_type]),
            Kind::Literal(literal) if *literal != Literal::Null => made.extend([node.value_type]),
            Kind::Range(range) => made.extend(&range.declared_types),
            Kind::CastToDomain => {
                found.push(Violation::new("type", "a cast to a domain runs the domain's checks"));
            }
            _ => {}
        }
    });
    let (mut seen, mut seen_made) = (BTreeSet::new(), BTreeSet::new());
    let types = Types { registered, allowed };
    for oid in handled {
        types.check(oid, &mut seen, &mut found)?;
    }
    for oid in made {
        types.check_made(oid, &mut seen_made, &mut found)?;
        types.check(oid, &mut seen, &mut found)?;
    }
    Ok(found)
}

struct Types<'a> {
    registered: &'a RegisteredRelations,
    allowed: &'a Allowed,
}

impl Types<'_> {
    /// May values of the type be passed around, compared, sorted, printed?
    fn check(&self, oid: u32, seen: &mut BTreeSet<u32>, found: &mut Vec<Violation>) -> Result<()> {
        if !seen.insert(oid) {
            return Ok(());
        }
        let Some(facts) = facts::value_type(oid) else {
            found.push(Violation::new("type", "a type is gone"));
            return Ok(());
        };
        let mut refuse = |why: &str| found.push(Violation::new("type", format!("{}: {why}", facts.name)));
        match facts.kind {
            b'p' if !HARMLESS_PSEUDO_TYPES.contains(&facts.name.as_str()) => refuse("is for the server's own use"),
            b'c' if facts.built_in => refuse("rows of system catalogs are not data"),
            b'c' => match self.registered.get(pgrx::pg_sys::Oid::from(facts.relation)) {
                Some(relation) if relation.columns.is_some() => {
                    refuse("some columns of this dataset are not registered")
                }
                None if !facts::is_standalone_row_type(facts.relation) => {
                    refuse("is the row of a relation that is not registered")
                }
                _ => {
                    for column_type in facts::column_types(facts.relation) {
                        self.check(column_type, seen, found)?;
                    }
                }
            },
            b'r' | b'm' if !facts.built_in => refuse("ranges that are not built in run functions of their own"),
            b'd' if facts.built_in => refuse("domains of the catalogs are not data"),
            b'b' if facts.built_in && is_plumbing(&facts.name) => {
                refuse("stands for objects of the catalogs, not for data")
            }
            _ => {}
        }
        if facts.part != 0 {
            self.check(facts.part, seen, found)?;
        }
        for function in facts.functions {
            if facts::is_built_in_function(function) == Some(false)
                && let Some(known) = facts::function(function)
                && let Some(why) = foreign(function, &known.name, self.allowed)?
            {
                found.push(Violation::new("type", format!("{} needs a function: {why}", facts.name)));
            }
        }
        Ok(())
    }

    /// May values of the type be made from text?
    fn check_made(&self, oid: u32, seen: &mut BTreeSet<u32>, found: &mut Vec<Violation>) -> Result<()> {
        let Some(facts) = facts::value_type(oid).filter(|_| seen.insert(oid)) else {
            return Ok(());
        };
        match facts.kind {
            b'd' => found.push(Violation::new("type", format!("{}: a domain's checks would run", facts.name))),
            b'c' => {
                for column_type in facts::column_types(facts.relation) {
                    self.check_made(column_type, seen, found)?;
                }
            }
            b'b' if facts.built_in && facts.name == "xml" => {
                found.push(Violation::new("type", "xml: parsing XML can be made to take any time and memory"));
            }
            _ if facts.part != 0 => self.check_made(facts.part, seen, found)?,
            _ => {}
        }
        Ok(())
    }
}

const HARMLESS_PSEUDO_TYPES: &[&str] = &["record", "_record", "unknown"];

/// Built-in base types that are handles of catalog objects, transactions or storage.
fn is_plumbing(name: &str) -> bool {
    name.starts_with("reg")
        || name.starts_with("pg_")
        || ["aclitem", "xid", "xid8", "cid", "tid", "txid_snapshot", "refcursor", "gtsvector"].contains(&name)
}
