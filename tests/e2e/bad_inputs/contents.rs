//! Everything that a program could have changed.

use std::{collections::BTreeMap, error::Error, fs, io, path::Path};

use sea_orm::DbErr;
use seachange_tests::{Backend, TestDatabase};

/// What a test's folder and database hold, and the folder of the workspace's revision files.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Contents {
    /// The files by path; folders have none.
    files: BTreeMap<String, Option<Vec<u8>>>,
    /// The columns and rows of a server's tables, a line each.
    lines: Vec<String>,
}

impl Contents {
    pub(super) fn of(database: &TestDatabase) -> Result<Self, Box<dyn Error>> {
        let mut files = BTreeMap::new();
        add(database.folder(), &mut files)?;
        add(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../migration/src")), &mut files)?;
        let lines = match database.backend() {
            Backend::Sqlite => Vec::new(),
            backend => lines(database, backend)?,
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
fn lines(database: &TestDatabase, backend: Backend) -> Result<Vec<String>, DbErr> {
    let (quote, schemas, row) = match backend {
        Backend::MySql => ('`', "table_schema = DATABASE()", "CONCAT_WS('|', {})"),
        _ => ('"', "table_schema NOT IN ('pg_catalog', 'information_schema')", "CONCAT_WS('|', {})"),
    };
    let mut lines = database.values::<String>(&format!(
        "SELECT CAST(CONCAT_WS(' ', table_schema, table_name, column_name, data_type, is_nullable, column_default)
         AS CHAR(500)) FROM information_schema.columns WHERE {schemas} ORDER BY 1"
    ))?;
    for table in database.tables()? {
        let columns: Vec<String> = database.values(&format!(
            "SELECT CAST(column_name AS CHAR(100)) FROM information_schema.columns
             WHERE {schemas} AND table_name = '{table}' ORDER BY ordinal_position"
        ))?;
        let columns: Vec<String> =
            columns.iter().map(|column| format!("{quote}{}{quote}", column.trim_end())).collect();
        let row = row.replace("{}", &columns.join(", "));
        lines.extend(database.values::<String>(&format!("SELECT {row} FROM {quote}{table}{quote} ORDER BY 1"))?);
    }
    Ok(lines)
}
