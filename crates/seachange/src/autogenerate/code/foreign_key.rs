//! Foreign keys: which can be part of a new table, and which names they have.

use sea_orm::DbBackend;

use crate::schema::{ForeignKey, TableName};

/// Says whether sea-query writes the key correctly as part of a new table on the database.
pub(super) fn goes_with_table(key: &ForeignKey, backend: DbBackend) -> bool {
    // sea-query does not escape the names of keys, and panics on a qualified parent on MySQL.
    let is_named_safely = key.name.as_ref().is_none_or(|name| !name.contains(['"', '`']));
    let has_bare_parent = key.referenced_table.schema.is_none() || backend == DbBackend::Postgres;
    is_named_safely && has_bare_parent && key.deferrable.is_none()
}

/// Returns the key with a name, because adding a key needs one.
pub(super) fn named(table: &TableName, key: &ForeignKey) -> ForeignKey {
    let name = key.name.clone().unwrap_or_else(|| format!("fk-{}-{}", table.name, key.columns.join("-")));
    ForeignKey { name: Some(name), ..key.clone() }
}
