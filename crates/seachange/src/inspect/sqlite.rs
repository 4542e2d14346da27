//! Reads the schema of SQLite, from the texts of its tables and indexes.

mod column_type;
mod objects;
mod read;
mod table;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DbErr};

use super::{InspectScope, UnsupportedObject};
use crate::schema::{DatabaseObject, Schema, TableName};

/// Reads the tables in scope. A schema is the database file that has this name in SQLite: `main`, unless another file
/// is attached.
pub(super) async fn inspect(connection: &impl ConnectionTrait, scope: &InspectScope) -> Result<Schema, DbErr> {
    let mut schema = Schema::default();
    add(connection, scope.schema.as_deref().unwrap_or("main"), None, &mut schema).await?;
    for (database, answer) in &scope.others {
        add(connection, database, Some(answer), &mut schema).await?;
    }
    Ok(schema)
}

/// Reads the objects of the main database in scope that are neither tables nor parts of tables.
pub(super) async fn objects(
    connection: &impl ConnectionTrait,
    scope: &InspectScope,
) -> Result<Vec<DatabaseObject>, DbErr> {
    objects::read(connection, scope.schema.as_deref().unwrap_or("main")).await
}

/// Adds the tables of one database file.
async fn add(
    connection: &impl ConnectionTrait,
    database: &str,
    answer: Option<&String>,
    schema: &mut Schema,
) -> Result<(), DbErr> {
    let named = |name: String| TableName { schema: answer.cloned(), name };
    let stored = read::tables(connection, database).await?;
    let mut tables: Vec<_> = stored.into_iter().map(|stored| table::table(stored, &named)).collect();
    let keys: HashMap<String, table::ImpliedKey> =
        tables.iter().map(|table| (table.name.name.to_ascii_lowercase(), table::ImpliedKey::of(table))).collect();
    for table in &mut tables {
        table::resolve(table, &keys);
    }
    schema.tables.extend(tables.into_iter().map(|table| (table.name.clone(), table)));
    Ok(())
}

/// Everything that a database file contains is read.
pub(super) const fn unsupported(_scope: &InspectScope) -> Vec<UnsupportedObject> {
    Vec::new()
}
