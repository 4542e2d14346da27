//! Foreign keys of entities that refer to columns without a key. SeaORM needs no key to join by a relation, but a database
//! refuses such a foreign key.

use sea_orm::DbBackend;

use super::error::EntityError;
use crate::schema::{ForeignKey, IndexPart, Schema, Table, TableName};

/// Finds the foreign keys of entities that do not refer to keys. `from` is the schema of the database, which has the
/// tables without an entity.
pub(super) fn find(from: &Schema, to: &Schema, backend: DbBackend) -> Vec<(TableName, ForeignKey)> {
    let keys = to.tables.values().flat_map(|table| table.foreign_keys.iter().map(move |key| (table, key)));
    let unmatched = keys.filter(|(_, key)| !key.referenced_columns.is_empty()).filter(|(_, key)| {
        let parent = to.table(&key.referenced_table).or_else(|| from.table(&key.referenced_table));
        parent.is_some_and(|parent| !has_key(parent, key, backend))
    });
    unmatched.map(|(table, key)| (table.name.clone(), key.clone())).collect()
}

/// Checks that the entities still have none of the foreign keys that [`find`] found: they may be left out.
///
/// # Errors
///
/// [`EntityError::NoKeyToReferTo`] with all foreign keys that they have.
pub(super) fn check(unmatched: &[(TableName, ForeignKey)], to: &Schema) -> Result<(), EntityError> {
    let is_there =
        |(table, key): &&(TableName, ForeignKey)| to.table(table).is_some_and(|table| table.foreign_keys.contains(key));
    let relations: Vec<String> = unmatched.iter().filter(is_there).map(|(table, key)| described(table, key)).collect();
    if relations.is_empty() { Ok(()) } else { Err(EntityError::NoKeyToReferTo { relations }) }
}

/// Whether a table has a key on the columns that a foreign key refers to. InnoDB needs only an index that begins with
/// them.
pub(super) fn has_key(parent: &Table, key: &ForeignKey, backend: DbBackend) -> bool {
    let is_same = |columns: &[String]| {
        columns.len() == key.referenced_columns.len()
            && key.referenced_columns.iter().all(|own| columns.iter().any(|column| same(own, column, backend)))
    };
    let begins = |columns: &[String]| {
        backend == DbBackend::MySql && columns.get(..key.referenced_columns.len()).is_some_and(is_same)
    };
    let indexed = parent.indexes.iter().any(|index| {
        let columns: Option<Vec<String>> = index.parts.iter().map(plain_column).collect();
        let columns = columns.unwrap_or_default();
        begins(&columns) || index.unique && index.predicate.is_none() && is_same(&columns)
    });
    let keys = parent.primary_key.iter().map(|key| &key.columns).chain(parent.uniques.iter().map(|own| &own.columns));
    let mut keys = keys.map(Vec::as_slice);
    indexed || keys.any(|columns| is_same(columns) || begins(columns))
}

fn plain_column(part: &IndexPart) -> Option<String> {
    part.column_name().map(str::to_owned)
}

fn same(left: &str, right: &str, backend: DbBackend) -> bool {
    left == right || backend != DbBackend::Postgres && left.eq_ignore_ascii_case(right)
}

fn described(table: &TableName, key: &ForeignKey) -> String {
    format!(
        "`{}` ({}) -> `{}` ({})",
        table,
        key.columns.join(", "),
        key.referenced_table,
        key.referenced_columns.join(", ")
    )
}
