//! What a script has to know of each database system: how to run it, how it begins, and how its values are written.

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
mod values;

use sea_orm::sea_query::{Expr, QueryBuilder};
use sea_orm::{DbBackend, Value};

use crate::settings::Driver;
use crate::sql::{SqlDialect, StatementFacts};

pub(crate) use values::with_values;

/// How the SQL of a database system is written.
pub(crate) trait Dialect: Send + Sync {
    /// The system, as SeaORM calls it.
    fn backend(&self) -> DbBackend;

    /// How to run a script so that it stops at the first error: for the user, one line each.
    fn instructions(&self) -> &'static [&'static str];

    /// The statements that give a session the settings of the engine's own sessions. `schema` is the schema from the
    /// settings.
    fn preamble(&self, schema: Option<&str>) -> Vec<String>;

    /// The statements that remove what a revision with these statements leaves in its session.
    fn reset(&self, _facts: &[StatementFacts]) -> Vec<String> {
        Vec::new()
    }

    /// The statement that begins a transaction.
    fn begin(&self) -> &'static str {
        "BEGIN"
    }

    /// The clock of the database, in the format of the record.
    fn now(&self) -> Expr;

    /// A statement that fails with `complaint` unless a query of one truth value returns true; `None` if the system has
    /// no such statement.
    fn guard(&self, _query: &str, _complaint: &str) -> Option<String> {
        None
    }

    /// A statement in the form in which the client of the system does not split it at the wrong place.
    fn wrap(&self, statement: String, _has_inner_end: bool) -> String {
        statement
    }

    /// The statements around a revision that rebuilds tables; `None` if the system rebuilds none.
    fn rebuild(&self) -> Option<RebuildScript> {
        None
    }

    /// The grammar of its statements.
    fn grammar(&self) -> SqlDialect;

    /// Writes a value as the driver would bind it.
    ///
    /// # Errors
    ///
    /// Why a value cannot be written, for the user.
    fn literal(&self, value: &Value) -> Result<String, &'static str>;
}

/// The statements around a revision that rebuilds tables, with foreign keys off.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RebuildScript {
    /// Before its transaction: they switch foreign keys off, and prepare the check.
    pub(crate) before: &'static [&'static str],
    /// The purpose of the check, one line each.
    pub(crate) purpose: &'static [&'static str],
    /// At the end of its transaction: they fail when rows violate foreign keys.
    pub(crate) check: &'static [&'static str],
    /// After its transaction: they switch foreign keys on.
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

/// The dialect of a grammar.
pub(crate) fn of_grammar(grammar: SqlDialect) -> Option<&'static dyn Dialect> {
    let driver = match grammar {
        SqlDialect::Sqlite => Driver::Sqlite,
        SqlDialect::Postgres => Driver::Postgres,
        SqlDialect::MySql => Driver::MySql,
    };
    of(driver)
}

/// Whether the engine itself has made a variable or a temporary table, which ends with the statements of one change.
#[cfg(any(feature = "sqlite", feature = "mysql"))]
fn is_own(name: &str) -> bool {
    name.rsplit('.').next().is_some_and(|name| name.starts_with("seachange_"))
}

/// Writes a value with sea-query, except the values that it writes wrongly or not at all: a character beyond ASCII, a
/// number that is not finite, and a single-precision number, which the driver widens.
fn common(builder: &impl QueryBuilder, value: &Value) -> Result<String, &'static str> {
    match value {
        Value::Char(Some(character)) => Ok(builder.value_to_string(&character.to_string().into())),
        Value::Float(Some(number)) => common(builder, &f64::from(*number).into()),
        Value::Double(Some(number)) if !number.is_finite() => Err("a number that is not finite cannot be written"),
        Value::Double(Some(number)) => Ok(format!("{number:?}")),
        value => Ok(builder.value_to_string(value)),
    }
}
