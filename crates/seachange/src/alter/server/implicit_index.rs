//! The index that MySQL and MariaDB create for a foreign key.
//!
//! When no index begins with the columns of a new foreign key, InnoDB creates one with the name of the key. Dropping
//! the key does not drop the index, so the table would differ from its earlier state.

use std::collections::BTreeMap;

use sea_orm::sea_query::{SchemaName, TableName};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use crate::alter::operation::{AlterOperation, text};

/// The columns of indexes or of foreign keys, by name.
pub(super) type KeyColumns = BTreeMap<String, Vec<String>>;

/// Indexes and foreign keys of a table.
#[derive(Debug, Default)]
pub(super) struct TableKeys {
    /// Indexes that are not unique.
    pub(super) indexes: KeyColumns,
    /// Foreign keys of the table.
    pub(super) foreign_keys: KeyColumns,
    /// Foreign keys that refer to the table, with the columns that they refer to.
    pub(super) referring: KeyColumns,
}

/// What happens to the index of a foreign key when the key is dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum IndexDisposition {
    /// The index is dropped too.
    Drop,
    /// The index is renamed, because it serves another key over the same columns. Without this index, the server would
    /// have created one with the new name for that key.
    RenameTo(String),
    /// The server decides when the statement runs.
    LeftToServer,
}

/// What happens to the indexes that the server created, by the name of the foreign key.
pub(super) type IndexDispositions = BTreeMap<String, IndexDisposition>;

/// Finds what has to happen to the indexes of the foreign keys that `operations` drop.
pub(super) async fn implicit_indexes(
    connection: &impl ConnectionTrait,
    table: &TableName,
    operations: &[AlterOperation],
) -> Result<IndexDispositions, DbErr> {
    let dropped: Vec<&str> = operations.iter().filter_map(dropped_foreign_key).collect();
    if dropped.is_empty() {
        return Ok(IndexDispositions::new());
    }
    Ok(read(connection, table).await?.fates(&dropped))
}

impl TableKeys {
    /// Finds what has to happen to the indexes of the keys `dropped`. The server created an index for a key if the
    /// index has the name and the columns of the key. The index stays as it is while a key that begins with the same
    /// column needs it.
    pub(super) fn fates(&self, dropped: &[&str]) -> IndexDispositions {
        let fates = dropped.iter().filter_map(|&name| Some((name.to_owned(), self.fate(name, dropped)?)));
        fates.collect()
    }

    fn fate(&self, name: &str, dropped: &[&str]) -> Option<IndexDisposition> {
        let columns = self.indexes.get(name)?;
        if self.foreign_keys.get(name) != Some(columns) {
            return None;
        }
        let mut staying = self.foreign_keys.iter().filter(|(other, _)| !dropped.contains(&other.as_str()));
        let heir = staying.clone().find(|(other, own)| *own == columns && !self.indexes.contains_key(*other));
        if let Some((heir, _)) = heir {
            return Some(IndexDisposition::RenameTo(heir.clone()));
        }
        let needs = |(_, own): (&String, &Vec<String>)| own.first() == columns.first();
        (!staying.any(needs) && !self.referring.iter().any(needs)).then_some(IndexDisposition::Drop)
    }
}

pub(super) fn dropped_foreign_key(operation: &AlterOperation) -> Option<&str> {
    match operation {
        AlterOperation::DropForeignKey(key) => Some(&key.name),
        _ => None,
    }
}

async fn read(connection: &impl ConnectionTrait, table: &TableName) -> Result<TableKeys, DbErr> {
    let indexes = "SELECT CAST(INDEX_NAME AS CHAR), CAST(COLUMN_NAME AS CHAR) FROM information_schema.STATISTICS \
                   WHERE TABLE_SCHEMA = COALESCE(?, DATABASE()) AND TABLE_NAME = ? AND NON_UNIQUE = 1 \
                   AND COLUMN_NAME IS NOT NULL ORDER BY INDEX_NAME, SEQ_IN_INDEX";
    let foreign_keys = "SELECT CAST(CONSTRAINT_NAME AS CHAR), CAST(COLUMN_NAME AS CHAR) \
                        FROM information_schema.KEY_COLUMN_USAGE \
                        WHERE TABLE_SCHEMA = COALESCE(?, DATABASE()) AND TABLE_NAME = ? \
                        AND REFERENCED_TABLE_NAME IS NOT NULL ORDER BY CONSTRAINT_NAME, ORDINAL_POSITION";
    let referring = "SELECT CAST(CONCAT(TABLE_SCHEMA, '.', TABLE_NAME, '.', CONSTRAINT_NAME) AS CHAR), \
                     CAST(REFERENCED_COLUMN_NAME AS CHAR) FROM information_schema.KEY_COLUMN_USAGE \
                     WHERE REFERENCED_TABLE_SCHEMA = COALESCE(?, DATABASE()) AND REFERENCED_TABLE_NAME = ? \
                     ORDER BY TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION";
    Ok(TableKeys {
        indexes: columns(connection, indexes, table).await?,
        foreign_keys: columns(connection, foreign_keys, table).await?,
        referring: columns(connection, referring, table).await?,
    })
}

/// Reads columns, by the name of the index or of the key that they belong to. `sql` selects both for a table.
pub(super) async fn columns(
    connection: &impl ConnectionTrait,
    sql: &str,
    table: &TableName,
) -> Result<KeyColumns, DbErr> {
    let TableName(schema, name) = table;
    let schema = schema.as_ref().map(|SchemaName(_, schema)| text(schema));
    let statement = Statement::from_sql_and_values(DbBackend::MySql, sql, [schema.into(), text(name).into()]);
    let mut found = KeyColumns::new();
    for row in connection.query_all_raw(statement).await? {
        let columns: &mut Vec<String> = found.entry(row.try_get_by_index(0)?).or_default();
        columns.push(row.try_get_by_index(1)?);
    }
    Ok(found)
}
