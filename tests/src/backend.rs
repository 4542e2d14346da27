//! The databases that the tests run on.

use std::fmt;

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Backend {
    /// SQLite: a file, and no server.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MySQL's protocol, spoken by a MariaDB server.
    MySql,
}

impl Backend {
    /// Every backend, in the order in which results are told.
    pub const ALL: [Self; 3] = [Self::Sqlite, Self::Postgres, Self::MySql];

    /// The prefix of a test's name: `sqlite`, `postgres` or `mysql`. It is also the URL scheme.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::MySql => "mysql",
        }
    }
}

/// Shows the product's name.
impl fmt::Display for Backend {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
            Self::MySql => "MariaDB",
        })
    }
}
