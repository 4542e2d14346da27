//! The databases that the tests run on.

use std::fmt;

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Backend {
    /// SQLite: a file, and no server.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MariaDB.
    MariaDb,
    /// MySQL.
    MySql,
}

impl Backend {
    /// Every backend, in the order in which results are reported.
    pub const ALL: [Self; 4] = [Self::Sqlite, Self::Postgres, Self::MariaDb, Self::MySql];

    /// The backends that have a server.
    pub const SERVERS: [Self; 3] = [Self::Postgres, Self::MariaDb, Self::MySql];

    /// The backends that speak MySQL's protocol and dialect.
    pub const LIKE_MYSQL: [Self; 2] = [Self::MariaDb, Self::MySql];

    /// The prefix of a test's name, and the end of a snapshot's: `sqlite`, `postgres`, `mariadb` or `mysql`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::MariaDb => "mariadb",
            Self::MySql => "mysql",
        }
    }

    /// Statements that set a server of the tests as services have them, for tables of a million rows and more: its caches
    /// and logs are made for small ones.
    pub const fn settings_for_large_tables(self) -> &'static [&'static str] {
        match self {
            Self::Sqlite | Self::Postgres => &[],
            Self::MariaDb => {
                &["SET GLOBAL innodb_buffer_pool_size = 2147483648", "SET GLOBAL innodb_log_file_size = 1073741824"]
            }
            Self::MySql => {
                &["SET GLOBAL innodb_buffer_pool_size = 2147483648", "SET GLOBAL innodb_redo_log_capacity = 1073741824"]
            }
        }
    }

    /// The URL scheme, which is the name of the driver: MariaDB has that of MySQL.
    pub const fn scheme(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::MariaDb | Self::MySql => "mysql",
        }
    }

    /// Whether it speaks MySQL's protocol and dialect.
    pub const fn is_like_mysql(self) -> bool {
        matches!(self, Self::MariaDb | Self::MySql)
    }
}

/// Shows the product's name.
impl fmt::Display for Backend {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
            Self::MariaDb => "MariaDB",
            Self::MySql => "MySQL",
        })
    }
}
