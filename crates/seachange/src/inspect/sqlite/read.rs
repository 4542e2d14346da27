//! The questions to the catalogue, a fixed number of them for all tables together.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement};

use crate::alter::clause::quoted;

/// What SQLite says of the ordinary tables of a database file.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    /// The tables, oldest first.
    pub(super) tables: Vec<StoredTable>,
}

/// A table, as SQLite tells of it.
#[derive(Debug, Default)]
pub(super) struct StoredTable {
    pub(super) name: String,
    /// The `CREATE TABLE` statement.
    pub(super) sql: String,
    /// Whether it has no row numbers.
    pub(super) without_rowid: bool,
    pub(super) columns: Vec<StoredColumn>,
    /// The indexes that have a statement of their own.
    pub(super) indexes: Vec<StoredIndex>,
}

/// A row of `pragma_table_xinfo`.
#[derive(Debug)]
pub(super) struct StoredColumn {
    pub(super) name: String,
    pub(super) declared_type: String,
    pub(super) not_null: bool,
    pub(super) default: Option<String>,
    /// The place in the primary key, from 1; 0 when it is not in it.
    pub(super) key: i32,
}

/// An index with its statement.
#[derive(Debug)]
pub(super) struct StoredIndex {
    pub(super) name: String,
    pub(super) sql: String,
}

impl Catalogue {
    /// Reads everything of the database file that the connection knows as `database`.
    pub(super) async fn read(connection: &impl ConnectionTrait, database: &str) -> Result<Self, DbErr> {
        let mut found = Self::default();
        let mut places = HashMap::new();
        for row in rows(connection, &tables(database), database).await? {
            let table = stored_table(&row)?;
            places.insert(table.name.to_ascii_lowercase(), found.tables.len());
            found.tables.push(table);
        }
        for row in rows(connection, &columns(database), database).await? {
            if let Some(&at) = places.get(&row.try_get_by_index::<String>(0)?.to_ascii_lowercase()) {
                found.tables[at].columns.push(stored_column(&row)?);
            }
        }
        for row in rows(connection, &indexes(database), database).await? {
            if let Some(&at) = places.get(&row.try_get_by_index::<String>(0)?.to_ascii_lowercase()) {
                let index = StoredIndex { name: row.try_get_by_index(1)?, sql: row.try_get_by_index(2)? };
                found.tables[at].indexes.push(index);
            }
        }
        Ok(found)
    }
}

/// Asks for the ordinary tables. What belongs to a virtual table is called `shadow`.
fn tables(database: &str) -> String {
    format!(
        "SELECT s.name, s.sql, l.wr FROM {}.sqlite_schema s JOIN pragma_table_list l ON l.name = s.name \
         WHERE s.type = 'table' AND l.schema = ?1 AND l.type = 'table' AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
         ORDER BY s.rowid",
        quoted(DbBackend::Sqlite, database)
    )
}

/// Asks for the columns of all tables. Nothing is asked of a virtual table, whose module may not be there.
fn columns(database: &str) -> String {
    format!(
        "SELECT s.name, c.name, c.type, c.\"notnull\", c.dflt_value, c.pk \
         FROM {}.sqlite_schema s CROSS JOIN pragma_table_xinfo(s.name, ?1) c \
         WHERE s.type = 'table' AND s.sql NOT LIKE 'CREATE VIRTUAL%' AND c.hidden <> 1 ORDER BY s.rowid, c.cid",
        quoted(DbBackend::Sqlite, database)
    )
}

/// Asks for the indexes that have a statement; those of constraints have none.
fn indexes(database: &str) -> String {
    format!(
        "SELECT s.tbl_name, s.name, s.sql FROM {}.sqlite_schema s \
         WHERE s.type = 'index' AND s.sql IS NOT NULL AND ?1 IS NOT NULL ORDER BY s.name",
        quoted(DbBackend::Sqlite, database)
    )
}

async fn rows(connection: &impl ConnectionTrait, sql: &str, database: &str) -> Result<Vec<QueryResult>, DbErr> {
    let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, [database.into()]);
    connection.query_all_raw(statement).await
}

fn stored_table(row: &QueryResult) -> Result<StoredTable, DbErr> {
    Ok(StoredTable {
        name: row.try_get_by_index(0)?,
        sql: row.try_get_by_index(1)?,
        without_rowid: row.try_get_by_index(2)?,
        ..StoredTable::default()
    })
}

fn stored_column(row: &QueryResult) -> Result<StoredColumn, DbErr> {
    Ok(StoredColumn {
        name: row.try_get_by_index(1)?,
        declared_type: row.try_get_by_index(2)?,
        not_null: row.try_get_by_index(3)?,
        default: row.try_get_by_index(4)?,
        key: row.try_get_by_index(5)?,
    })
}
