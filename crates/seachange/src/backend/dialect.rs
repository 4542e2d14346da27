//! What a script has to know of each database system: how it is run, how it begins, and how values are written in it.

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use sea_orm::sea_query::{Expr, QueryBuilder};
use sea_orm::{DbBackend, Value};

use crate::settings::Driver;
use crate::sql::SqlDialect;
use crate::sql::StatementFacts;

/// How a database system has its SQL written.
pub(crate) trait Dialect: Send + Sync {
    /// The system, as SeaORM calls it.
    fn backend(&self) -> DbBackend;

    /// How a script is run so that it stops at the first error: for people, a line each.
    fn instructions(&self) -> &'static [&'static str];

    /// The statements that make a session what the engine's own would be. `schema` is the one that the settings name.
    fn preamble(&self, schema: Option<&str>) -> Vec<String>;

    /// The statements that take away what a revision with these statements leaves in its session.
    fn reset(&self, _facts: &[StatementFacts]) -> Vec<String> {
        Vec::new()
    }

    /// Begins a transaction.
    fn begin(&self) -> &'static str {
        "BEGIN"
    }

    /// The clock of the database, in the format of the record.
    fn now(&self) -> Expr;

    /// A statement that fails with `complaint` unless a query of one truth value answers yes, where there is one.
    fn guard(&self, _query: &str, _complaint: &str) -> Option<String> {
        None
    }

    /// What a text of the script looks like to whoever cuts it into statements.
    fn wrap(&self, statement: String, _has_inner_end: bool) -> String {
        statement
    }

    /// What stands round a revision that rebuilds tables, where tables are rebuilt.
    fn rebuild(&self) -> Option<RebuildScript> {
        None
    }

    /// How texts are read.
    fn grammar(&self) -> SqlDialect;

    /// Writes a value as the driver would bind it.
    ///
    /// # Errors
    ///
    /// What keeps a value from being written, for people.
    fn literal(&self, value: &Value) -> Result<String, &'static str>;
}

/// What stands round a revision that rebuilds tables, with foreign keys off.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RebuildScript {
    /// Before its transaction: the switch off, and what the check needs.
    pub(crate) before: &'static [&'static str],
    /// What the check is for, a line each.
    pub(crate) purpose: &'static [&'static str],
    /// At the end of its transaction: what fails when rows refer to nothing.
    pub(crate) check: &'static [&'static str],
    /// After its transaction: the switch on.
    pub(crate) after: &'static [&'static str],
}

/// The dialect of a driver.
pub(crate) fn of(driver: Driver) -> Option<&'static dyn Dialect> {
    match driver {
        #[cfg(feature = "sqlite")]
        Driver::Sqlite => Some(&sqlite::SqliteDialect),
        #[cfg(feature = "postgres")]
        Driver::Postgres => Some(&postgres::PostgresDialect),
        #[cfg(feature = "mysql")]
        Driver::MySql => Some(&mysql::MySqlDialect),
        #[cfg(not(all(feature = "sqlite", feature = "postgres", feature = "mysql")))]
        _ => None,
    }
}

/// Writes a value with sea-query, but for those that it writes wrongly or not at all: a character beyond ASCII, numbers
/// that are none, and a single-precision number, which the driver widens.
fn common(builder: &impl QueryBuilder, value: &Value) -> Result<String, &'static str> {
    match value {
        Value::Char(Some(character)) => Ok(builder.value_to_string(&character.to_string().into())),
        Value::Float(Some(number)) => common(builder, &f64::from(*number).into()),
        Value::Double(Some(number)) if !number.is_finite() => Err("a number that is none cannot be written"),
        Value::Double(Some(number)) => Ok(format!("{number:?}")),
        value => Ok(builder.value_to_string(value)),
    }
}
