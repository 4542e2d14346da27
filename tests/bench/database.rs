//! The databases on which the benchmarks run.

use std::error::Error;
use std::fmt;

use seachange_tests::servers::SharedServers;
use seachange_tests::{Backend, TestDatabase};

/// A database on which the benchmarks run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// SQLite in memory, where no disk hides the cost of the engine.
    Memory,
    /// A file, or a server on this machine that does not wait for the disk.
    Usual(Backend),
}

impl Place {
    pub(crate) const ALL: [Self; 5] = [
        Self::Usual(Backend::Sqlite),
        Self::Memory,
        Self::Usual(Backend::Postgres),
        Self::Usual(Backend::MariaDb),
        Self::Usual(Backend::MySql),
    ];

    pub(crate) const fn backend(self) -> Backend {
        match self {
            Self::Memory => Backend::Sqlite,
            Self::Usual(backend) => backend,
        }
    }

    /// Makes an empty database.
    pub(crate) fn create(self, servers: &SharedServers) -> Result<Database, Box<dyn Error>> {
        let database = TestDatabase::create(servers, self.backend()).map_err(|error| error.to_string())?;
        let url = match self {
            Self::Memory => "sqlite::memory:".to_owned(),
            Self::Usual(Backend::Sqlite) => format!("sqlite:{}?mode=rwc", database.file().display()),
            Self::Usual(_) => database.url(),
        };
        Ok(Database { url, _database: database })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.pad("SQLite in memory"),
            Self::Usual(backend) => backend.fmt(f),
        }
    }
}

/// An empty database, which is removed when the value is dropped.
pub(crate) struct Database {
    pub(crate) url: String,
    _database: TestDatabase,
}
