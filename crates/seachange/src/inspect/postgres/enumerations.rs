//! Enumerated types.

use std::collections::{BTreeMap, HashMap};

use sea_orm::{ConnectionTrait, DbErr, QueryResult};

use super::scope::{CatalogScope, Oid};
use crate::inspect::cells::{RowReader, rows};
use crate::schema::{EnumType, TableName};

/// All enumerated types of the database, by number. A column in scope may have a type that is not in scope.
pub(super) type Enumerations = HashMap<Oid, EnumEntry>;

/// An enumerated type, and whether it is in scope.
pub(super) struct EnumEntry {
    pub(super) enumeration: EnumType,
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
pub(super) async fn read(connection: &impl ConnectionTrait, place: &CatalogScope) -> Result<Enumerations, DbErr> {
    let mut found = Enumerations::new();
    for row in rows(connection, ENUMERATIONS, []).await? {
        add(&row, place, &mut found)?;
    }
    Ok(found)
}

fn add(row: &QueryResult, place: &CatalogScope, found: &mut Enumerations) -> Result<(), DbErr> {
    let mut cells = RowReader::of(row);
    let (oid, schema): (Oid, Oid) = (cells.take()?, cells.take()?);
    let name = place.name(schema, cells.take()?, cells.take()?);
    let comment = cells.take()?;
    let is_of_extension: bool = cells.take()?;
    let known = found.entry(oid).or_insert_with(|| EnumEntry {
        enumeration: EnumType { name, values: Vec::new(), comment },
        is_in_scope: place.contains(schema) && !is_of_extension,
    });
    known.enumeration.values.extend(cells.take::<Option<String>>()?);
    Ok(())
}

/// Keeps the types that are compared.
pub(super) fn in_scope(all: Enumerations) -> BTreeMap<TableName, EnumType> {
    let ours = all.into_values().filter(|known| known.is_in_scope);
    ours.map(|known| (known.enumeration.name.clone(), known.enumeration)).collect()
}
