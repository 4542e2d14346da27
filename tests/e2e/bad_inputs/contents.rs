//! The contents that a program could have changed.

use std::{collections::BTreeMap, error::Error, fs, io, path::Path};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, QueryResult, Statement};
use seachange_tests::{Backend, TestDatabase, block_on};

/// The contents of a test's folder and database, and of the folder of the workspace's revision files.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Contents {
    /// The contents of files by path. Folders have no contents.
    files: BTreeMap<String, Option<Vec<u8>>>,
    /// The columns and rows of a server's tables, one line for each.
    lines: Vec<String>,
}

impl Contents {
    pub(super) fn of(database: &TestDatabase) -> Result<Self, Box<dyn Error>> {
        let mut files = BTreeMap::new();
        add(database.folder(), &mut files)?;
        add(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../migration/src")), &mut files)?;
        let lines = match database.backend() {
            Backend::Sqlite => Vec::new(),
            _ => block_on(lines(database))?,
        };
        Ok(Self { files, lines })
    }
}

fn add(folder: &Path, files: &mut BTreeMap<String, Option<Vec<u8>>>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            add(&path, files)?;
            files.insert(path.display().to_string(), None);
        } else {
            files.insert(path.display().to_string(), Some(fs::read(&path)?));
        }
    }
    Ok(())
}

/// The columns of every table of the user's, and the rows of those in the current schema.
async fn lines(database: &TestDatabase) -> Result<Vec<String>, DbErr> {
    let (quote, schemas) = match database.backend() {
        Backend::MariaDb | Backend::MySql => ("`", "table_schema = DATABASE()"),
        _ => ("\"", "table_schema NOT IN ('pg_catalog', 'information_schema')"),
    };
    let connection = database.connect().await?;
    let mut lines = Vec::new();
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let columns = format!(
        "SELECT CONCAT(table_name, ''), CONCAT(column_name, ''),
         CONCAT_WS(' ', table_schema, table_name, column_name, data_type, is_nullable, column_default)
         FROM information_schema.columns WHERE {schemas} ORDER BY table_schema, table_name, ordinal_position"
    );
    for row in select(&connection, &columns).await? {
        let column = format!("{quote}{}{quote}", row.try_get_by_index::<String>(1)?);
        tables.entry(row.try_get_by_index(0)?).or_default().push(column);
        lines.push(row.try_get_by_index(2)?);
    }
    for (table, columns) in tables {
        let rows = format!("SELECT CONCAT_WS('|', {}) FROM {quote}{table}{quote} ORDER BY 1", columns.join(", "));
        for row in select(&connection, &rows).await? {
            lines.push(row.try_get_by_index(0)?);
        }
    }
    connection.close().await?;
    Ok(lines)
}

async fn select(connection: &DatabaseConnection, sql: &str) -> Result<Vec<QueryResult>, DbErr> {
    connection.query_all_raw(Statement::from_string(connection.get_database_backend(), sql)).await
}
