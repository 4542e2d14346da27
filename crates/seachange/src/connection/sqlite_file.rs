//! Creates a SQLite file where the settings ask for one, so that the reason of a failure is known exactly.
//!
//! SQLite itself reports "unable to open database file" for every reason.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use super::ConnectError;
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr};

use crate::settings::{DatabaseLocation, DatabaseSettings, SqliteMode};

/// The first bytes of every database.
const HEADER: &[u8] = b"SQLite format 3\0";

/// Creates the file and its folder if they are missing and the settings allow it.
pub(super) fn prepare(settings: &DatabaseSettings) -> Result<(), ConnectError> {
    let DatabaseLocation::Sqlite(sqlite) = settings.target() else {
        return Ok(());
    };
    let Some(path) = sqlite.path().map(Path::new) else {
        return Ok(());
    };
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err(ConnectError::IsFolder { path: path.into() }),
        Ok(_) => check_header(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => match sqlite.mode() {
            SqliteMode::Create => create(path, sqlite.makes_folder()),
            SqliteMode::ReadOnly | SqliteMode::ReadWrite => Err(ConnectError::NoFile { path: path.into() }),
        },
        Err(source) => Err(file_error(path, source)),
    }
}

/// Checks that a file is empty or begins as a database does
/// (<https://www.sqlite.org/fileformat.html#the_database_header>). SQLite itself opens any file, and reads it with the
/// first statement.
fn check_header(path: &Path) -> Result<(), ConnectError> {
    let file = File::open(path).map_err(|source| file_error(path, source))?;
    let mut header = Vec::with_capacity(HEADER.len());
    let length = HEADER.len() as u64;
    file.take(length).read_to_end(&mut header).map_err(|source| file_error(path, source))?;
    if header.is_empty() || header == HEADER { Ok(()) } else { Err(ConnectError::NotADatabase { path: path.into() }) }
}

fn create(path: &Path, makes_folder: bool) -> Result<(), ConnectError> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        if !makes_folder && !folder.exists() {
            return Err(ConnectError::NoFolder { folder: folder.into() });
        }
        fs::create_dir_all(folder).map_err(|source| ConnectError::Folder { folder: folder.into(), source })?;
    }
    // An empty file is an empty database. Opening for append does not truncate a file that another process has just
    // created.
    let created = OpenOptions::new().append(true).create(true).open(path);
    created.map(drop).map_err(|source| file_error(path, source))
}

fn file_error(path: &Path, source: io::Error) -> ConnectError {
    ConnectError::File { path: path.into(), source }
}

/// Whether the settings name a file that does not exist and that connecting would create.
pub(super) fn is_absent(settings: &DatabaseSettings) -> bool {
    let DatabaseLocation::Sqlite(sqlite) = settings.target() else {
        return false;
    };
    let is_missing = |path: &str| matches!(fs::exists(path), Ok(false));
    sqlite.mode() == SqliteMode::Create && sqlite.path().is_some_and(is_missing)
}

/// Opens a database without a file.
pub(crate) async fn open_empty(settings: &DatabaseSettings) -> Result<DatabaseConnection, ConnectError> {
    open_memory().await.map_err(|error| ConnectError::classify(settings, &error))
}

/// Opens a database without a file that stands for no other database.
pub(crate) async fn open_memory() -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new("sqlite::memory:");
    // The database ends with its connection, which therefore is never closed for its age.
    options.max_connections(1).sqlx_logging(false).idle_timeout(None).max_lifetime(None);
    Database::connect(options).await
}
