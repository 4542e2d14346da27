//! Foreign keys: which can be said with the table, and how they are called.

use sea_orm::DbBackend;

use crate::schema::{ForeignKey, TableName};

/// Says whether sea-query writes the key as it is, within a new table on the database.
pub(super) fn goes_with_table(key: &ForeignKey, backend: DbBackend) -> bool {
    // Names of keys are not escaped, and a qualified parent is a panic on MySQL.
    let is_named_safely = key.name.as_ref().is_none_or(|name| !name.contains(['"', '`']));
    let has_bare_parent = key.referenced_table.schema.is_none() || backend == DbBackend::Postgres;
    is_named_safely && has_bare_parent && key.deferrable.is_none()
}

/// The key with a name, because a key that is added has to have one.
pub(super) fn named(table: &TableName, key: &ForeignKey) -> ForeignKey {
    let name = key.name.clone().unwrap_or_else(|| format!("fk-{}-{}", table.name, key.columns.join("-")));
    ForeignKey { name: Some(name), ..key.clone() }
}
