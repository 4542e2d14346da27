//! An empty scratch database, for work that cannot be in one transaction.

use std::fs;
use std::hash::{BuildHasher, RandomState};
#[cfg(feature = "cli")]
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr};
#[cfg(any(feature = "mysql", feature = "postgres"))]
use sea_orm::{Statement, Value};

use crate::alter::clause;
use crate::autogenerate::error::{AutogenerateError, ScratchError};
use crate::connection;
use crate::migrator::{Migrator, RunOptions};
use crate::revision::Migrations;
use crate::settings::{DatabaseSettings, Driver};

/// An empty database on the server of another one, or in memory.
pub(in crate::autogenerate) struct ScratchDatabase {
    settings: DatabaseSettings,
    /// On a server: the connection that drops the database, and its name.
    server: Option<(DatabaseConnection, String)>,
    /// The file, if a SQLite database is not in memory.
    file: Option<PathBuf>,
}

impl ScratchDatabase {
    /// Creates an empty database on the server that `settings` name; on SQLite in memory.
    pub(in crate::autogenerate) async fn create(settings: &DatabaseSettings) -> Result<Self, ScratchError> {
        if settings.driver() == Driver::Sqlite {
            return Ok(Self { settings: DatabaseSettings::in_memory(), server: None, file: None });
        }
        let connection = connection::connect(settings).await?;
        let name = new_name();
        match settings.driver() {
            #[cfg(feature = "mysql")]
            Driver::MySql => {
                super::mysql::drop_abandoned(&connection).await?;
                super::mysql::claim(&connection, &name).await?;
                super::mysql::create_marked(&connection, &name, "").await?;
            }
            #[cfg(feature = "postgres")]
            Driver::Postgres => {
                super::postgres::drop_abandoned(&connection).await?;
                super::postgres::claim(&connection, &name).await?;
                super::postgres::create_marked(&connection, &name).await?;
            }
            // `connect` has already failed if the program is built without the driver.
            _ => {}
        }
        let database = Self { settings: settings.in_database(&name), server: Some((connection, name)), file: None };
        match database.create_schema().await {
            Ok(()) => Ok(database),
            Err(error) => {
                database.drop().await?;
                Err(error)
            }
        }
    }

    /// As [`create`](Self::create), but on SQLite in a file in `folder`: what takes time there takes as long as in another
    /// file.
    #[cfg(feature = "cli")]
    pub(in crate::autogenerate) async fn create_with_rows(
        settings: &DatabaseSettings,
        folder: &Path,
    ) -> Result<Self, ScratchError> {
        if settings.driver() != Driver::Sqlite {
            return Self::create(settings).await;
        }
        let file = folder.join(format!("{}.db", new_name()));
        Ok(Self { settings: DatabaseSettings::in_file(&file.to_string_lossy()), server: None, file: Some(file) })
    }

    /// The settings to connect to the database.
    #[cfg(any(feature = "cli", feature = "postgres"))]
    pub(in crate::autogenerate) fn settings(&self) -> &DatabaseSettings {
        &self.settings
    }

    /// A migrator for the database, whose revisions change nothing outside of it.
    ///
    /// # Errors
    ///
    /// [`AutogenerateError::Replay`] if it cannot connect, or the revisions do not form a graph.
    pub(in crate::autogenerate) async fn migrator(
        &self,
        migrations: &'static Migrations,
    ) -> Result<Migrator, AutogenerateError> {
        let connected = Migrator::connect_with(migrations, &self.settings, Arc::new(|_| {})).await;
        let migrator = connected.map_err(|error| AutogenerateError::Replay(Box::new(error)))?;
        let options = RunOptions::new().staying_inside(!self.settings.is_for_scratch()).store_downgrades(false);
        Ok(migrator.with_options(options))
    }

    /// Drops the database. The caller has closed all connections to it.
    pub(in crate::autogenerate) async fn drop(self) -> Result<(), ScratchError> {
        if let Some((connection, name)) = self.server {
            drop_database(&connection, &name).await?;
            connection.close().await?;
        }
        for suffix in ["", "-wal", "-shm", "-journal"] {
            // A file that was never made, or is removed already, is no error.
            let _ = self.file.as_ref().map(|file| fs::remove_file(format!("{}{suffix}", file.display())));
        }
        Ok(())
    }

    /// Creates the schema that the settings name: a new database of PostgreSQL has only the schema `public`.
    async fn create_schema(&self) -> Result<(), ScratchError> {
        let Some(schema) = self.settings.schema() else {
            return Ok(());
        };
        let connection = connection::connect(&self.settings).await?;
        let schema = clause::quoted(connection.get_database_backend(), schema);
        connection.execute_unprepared(&format!("CREATE SCHEMA IF NOT EXISTS {schema}")).await?;
        Ok(connection.close().await?)
    }
}

/// Drops the databases that a query lists as `name`, if the name is that of a scratch database. An error is ignored,
/// because the user may have no right to drop a database of another user.
#[cfg(any(feature = "mysql", feature = "postgres"))]
pub(super) async fn drop_listed(
    connection: &DatabaseConnection,
    listing: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<(), DbErr> {
    let listing = Statement::from_sql_and_values(connection.get_database_backend(), listing, values);
    for row in connection.query_all_raw(listing).await? {
        let name = row.try_get::<String>("", "name")?;
        if is_scratch_name(&name) {
            let _ = drop_database(connection, &name).await;
        }
    }
    Ok(())
}

pub(super) async fn drop_database(connection: &DatabaseConnection, database: &str) -> Result<(), DbErr> {
    let name = clause::quoted(connection.get_database_backend(), database);
    connection.execute_unprepared(&format!("DROP DATABASE IF EXISTS {name}")).await.map(drop)
}

/// The prefix of the names of scratch schemas and databases. 8 and 16 hexadecimal digits follow, with a `_` between
/// them.
const PREFIX: &str = "seachange_scratch_";

/// The comment that marks a database, or the table in it.
#[cfg(any(feature = "mysql", feature = "postgres"))]
pub(super) const MARK: &str = "scratch database of seachange: the next run drops it";

/// The table that carries the mark on systems where databases have no comments.
pub(in crate::autogenerate) const TABLE: &str = "seachange_scratch";

/// Returns a name that no other database has: `seachange_scratch_0000a4f2_1c6ef372fe94f82b`, with the process id and a
/// random number.
pub(super) fn new_name() -> String {
    let process = std::process::id();
    format!("{PREFIX}{process:08x}_{:016x}", RandomState::new().hash_one(process))
}

/// Says whether a name has the form of those that [`new_name`] returns.
#[cfg(any(feature = "mysql", feature = "postgres"))]
pub(super) fn is_scratch_name(name: &str) -> bool {
    let is_number = |text: &str, digits: usize| {
        text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let numbers = name.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_'));
    numbers.is_some_and(|(process, random)| is_number(process, 8) && is_number(random, 16))
}

#[cfg(all(test, any(feature = "mysql", feature = "postgres")))]
mod tests {
    use super::{is_scratch_name, new_name};

    #[test]
    fn only_names_of_the_whole_form_are_scratch_names() {
        for _ in 0..100 {
            assert!(is_scratch_name(&new_name()), "{}", new_name());
        }
        assert!(is_scratch_name("seachange_scratch_0000a4f2_1c6ef372fe94f82b"));
        for name in [
            "seachange_scratch_ci",
            "seachange_scratch_",
            "seachange_scratch_1c6ef372fe94f82b",
            "seachange_scratch_0000a4f2_1c6ef372fe94f82",
            "seachange_scratch_0000a4f2_1c6ef372fe94f82b0",
            "seachange_scratch_0000A4F2_1C6EF372FE94F82B",
            "seachange_scratch_0000a4f2_1c6ef372fe94f82b_0",
            "seachange_scratch_a4f2_1c6ef372fe94f82b",
            "seachange_scratch_0000a4fg_1c6ef372fe94f82b",
            "my_seachange_scratch_0000a4f2_1c6ef372fe94f82b",
            "seachange_scratch_0000a4f2-1c6ef372fe94f82b",
        ] {
            assert!(!is_scratch_name(name), "{name}");
        }
    }
}
