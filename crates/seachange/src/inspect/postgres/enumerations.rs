//! Enumerated types.

use std::collections::{BTreeMap, HashMap};

use sea_orm::{ConnectionTrait, DbErr, QueryResult};

use super::place::{Oid, Place};
use crate::inspect::cells::{Cells, rows};
use crate::schema::{Enumeration, TableName};

/// All enumerated types of the database, by number: a column in scope may have one that is not.
pub(super) type Enumerations = HashMap<Oid, Known>;

/// An enumerated type, and whether it is ours.
pub(super) struct Known {
    pub(super) enumeration: Enumeration,
    is_in_scope: bool,
}

const ENUMERATIONS: &str = "SELECT t.oid::int8, t.typnamespace::int8, n.nspname::text, t.typname::text, d.description,
    EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e'),
    v.enumlabel::text
    FROM pg_type t
    JOIN pg_namespace n ON n.oid = t.typnamespace
    LEFT JOIN pg_enum v ON v.enumtypid = t.oid
    LEFT JOIN pg_description d ON d.classoid = 'pg_type'::regclass AND d.objoid = t.oid AND d.objsubid = 0
    WHERE t.typtype = 'e'
    ORDER BY t.oid, v.enumsortorder";

/// Reads the types with their values in order.
pub(super) async fn read(connection: &impl ConnectionTrait, place: &Place) -> Result<Enumerations, DbErr> {
    let mut found = Enumerations::new();
    for row in rows(connection, ENUMERATIONS, []).await? {
        add(&row, place, &mut found)?;
    }
    Ok(found)
}

fn add(row: &QueryResult, place: &Place, found: &mut Enumerations) -> Result<(), DbErr> {
    let mut cells = Cells::of(row);
    let (oid, schema): (Oid, Oid) = (cells.take()?, cells.take()?);
    let name = place.name(schema, cells.take()?, cells.take()?);
    let comment = cells.take()?;
    let is_of_extension: bool = cells.take()?;
    let known = found.entry(oid).or_insert_with(|| Known {
        enumeration: Enumeration { name, values: Vec::new(), comment },
        is_in_scope: place.contains(schema) && !is_of_extension,
    });
    known.enumeration.values.extend(cells.take::<Option<String>>()?);
    Ok(())
}

/// Keeps the types that are compared.
pub(super) fn in_scope(all: Enumerations) -> BTreeMap<TableName, Enumeration> {
    let ours = all.into_values().filter(|known| known.is_in_scope);
    ours.map(|known| (known.enumeration.name.clone(), known.enumeration)).collect()
}
