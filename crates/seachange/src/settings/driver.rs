//! The databases that settings can name, and their accepted spellings.

use std::fmt;

/// A database that the engine supports. MariaDB is reached through [`Driver::MySql`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Driver {
    /// SQLite: one file, or memory.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MySQL and MariaDB.
    MySql,
}

impl Driver {
    /// Finds the driver that a URL scheme or `DATABASE_DRIVER` names, in any case.
    ///
    /// SQLAlchemy's `dialect+driver` is recognised by its dialect: `postgresql+asyncpg`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let dialect = name.split_once('+').map_or(&*name, |(dialect, _)| dialect);
        match dialect {
            "sqlite" | "sqlite3" => Some(Self::Sqlite),
            "postgres" | "postgresql" | "pgsql" | "psql" | "pg" => Some(Self::Postgres),
            "mysql" | "mariadb" => Some(Self::MySql),
            _ => None,
        }
    }

    /// Returns the cargo feature that compiles this driver in, which is also its URL scheme.
    #[must_use]
    pub const fn feature(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::MySql => "mysql",
        }
    }

    /// Says whether this program was built with the driver.
    #[must_use]
    pub const fn is_built(self) -> bool {
        match self {
            Self::Sqlite => cfg!(feature = "sqlite"),
            Self::Postgres => cfg!(feature = "postgres"),
            Self::MySql => cfg!(feature = "mysql"),
        }
    }
}

impl fmt::Display for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
            Self::MySql => "MySQL",
        })
    }
}

#[cfg(all(test, not(feature = "mysql")))]
mod tests {
    use crate::settings::DatabaseSettings;

    #[test]
    fn a_driver_that_is_not_built_in_is_named() {
        let error = "mysql://db/app".parse::<DatabaseSettings>().err();
        assert_eq!(
            error.map(|error| error.to_string()).as_deref(),
            Some("this program was built without the `mysql` feature, and the settings name a MySQL database")
        );
    }
}
