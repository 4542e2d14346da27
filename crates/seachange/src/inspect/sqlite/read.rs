//! The queries to the catalogue: two, however many tables there are.
//!
//! `pragma_table_xinfo` and similar pragmas are not queried for each table: SQLite looks each one up in a hash table of
//! few buckets, so the time grows with the square of the number of tables. The texts contain everything.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement};

use crate::alter::clause::quoted;

/// A table, as SQLite keeps it.
#[derive(Debug)]
pub(super) struct StoredTable {
    pub(super) name: String,
    /// The `CREATE TABLE` statement.
    pub(super) sql: String,
    pub(super) options: TableOptions,
    /// The indexes that have a statement of their own.
    pub(super) indexes: Vec<StoredIndex>,
}

/// The options of a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct TableOptions {
    pub(super) without_rowid: bool,
    pub(super) strict: bool,
}

/// An index with its statement.
#[derive(Debug)]
pub(super) struct StoredIndex {
    pub(super) name: String,
    pub(super) sql: String,
}

/// Reads the ordinary tables of the database file that has the name `database` in SQLite.
pub(super) async fn tables(connection: &impl ConnectionTrait, database: &str) -> Result<Vec<StoredTable>, DbErr> {
    let ordinary = ordinary(connection, database).await?;
    let sql = format!(
        "SELECT tbl_name, type, name, sql FROM {}.sqlite_schema \
         WHERE type IN ('table', 'index') AND sql IS NOT NULL ORDER BY type = 'index', name",
        quoted(DbBackend::Sqlite, database)
    );
    let mut tables = Vec::new();
    let mut places = HashMap::new();
    for row in connection.query_all_raw(Statement::from_string(DbBackend::Sqlite, sql)).await? {
        let (table, kind): (String, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let (name, sql) = (row.try_get_by_index(2)?, row.try_get_by_index(3)?);
        if kind == "index" {
            if let Some(&at) = places.get(&table) {
                let table: &mut StoredTable = &mut tables[at];
                table.indexes.push(StoredIndex { name, sql });
            }
        } else if let Some(&options) = ordinary.get(&name) {
            places.insert(table, tables.len());
            tables.push(StoredTable { name, sql, options, indexes: Vec::new() });
        }
    }
    Ok(tables)
}

/// Queries which tables are ordinary ones. The tables of a virtual table have the type `shadow`.
async fn ordinary(connection: &impl ConnectionTrait, database: &str) -> Result<HashMap<String, TableOptions>, DbErr> {
    let sql = "SELECT name, wr, strict FROM pragma_table_list \
               WHERE schema = ?1 AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, [database.into()]);
    let options = |row: &QueryResult| {
        Ok((
            row.try_get_by_index(0)?,
            TableOptions { without_rowid: row.try_get_by_index(1)?, strict: row.try_get_by_index(2)? },
        ))
    };
    connection.query_all_raw(statement).await?.iter().map(options).collect()
}
