//! What the statements of a revision would change outside of a scratch database, which is on the server of the real one.

#[cfg(feature = "mysql")]
use std::borrow::Cow;
use std::fmt;

#[cfg(feature = "mysql")]
use sea_orm::{ConnectionTrait, Statement};
use sea_orm::{DatabaseExecutor, DbErr};

use crate::sql::server_objects::{SharedChange, shared_changes};
use crate::sql::{SqlDialect, StatementFacts};
#[cfg(feature = "mysql")]
use crate::sql::{significant, tokens};

/// A change outside of a scratch database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OutsideChange {
    /// Of an object of the server.
    Server {
        /// The object, in words.
        object: &'static str,
        /// Whether it is made, and not changed: that fails if it is there.
        is_new: bool,
    },
    /// Perhaps: a block runs a text that it computes.
    Unread,
    /// Perhaps of another database, whose name is in a statement (MySQL and MariaDB).
    #[cfg(feature = "mysql")]
    Database(String),
}

impl fmt::Display for OutsideChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server { object, .. } => {
                write!(f, "a statement changes {object}, which the copy does not stand for")
            }
            Self::Unread => f.write_str(
                "a `DO` block runs a statement whose text does not show what it changes, perhaps more than the copy",
            ),
            #[cfg(feature = "mysql")]
            Self::Database(name) => {
                write!(f, "a statement names the database `{name}`, which the copy does not stand for")
            }
        }
    }
}

/// A change of some statements outside of the scratch database of a connection; one of what is there before one that
/// makes something new.
///
/// # Errors
///
/// The server cannot be asked for the names of its databases.
pub(crate) async fn outside_change(
    executor: &DatabaseExecutor<'_>,
    facts: &[StatementFacts],
    grammar: SqlDialect,
) -> Result<Option<OutsideChange>, DbErr> {
    let (mut changed, mut made) = (None, None);
    for change in facts.iter().flat_map(|facts| shared_changes(facts, grammar)) {
        match change {
            SharedChange::Object { object, is_new: true } => {
                made.get_or_insert(OutsideChange::Server { object, is_new: true });
            }
            SharedChange::Object { object, is_new: false } => {
                changed.get_or_insert(OutsideChange::Server { object, is_new: false });
            }
            SharedChange::Unread => {
                changed.get_or_insert(OutsideChange::Unread);
            }
        }
    }
    if changed.is_some() {
        return Ok(changed);
    }
    #[cfg(feature = "mysql")]
    if grammar == SqlDialect::MySql
        && let Some(named) = other_database(executor, facts).await?
    {
        return Ok(Some(named));
    }
    #[cfg(not(feature = "mysql"))]
    let _ = executor;
    Ok(made)
}

/// Another database than that of the connection, which statements name before a point, or change to.
#[cfg(feature = "mysql")]
async fn other_database(
    executor: &DatabaseExecutor<'_>,
    facts: &[StatementFacts],
) -> Result<Option<OutsideChange>, DbErr> {
    const OTHERS: &str = "SELECT CAST(SCHEMA_NAME AS CHAR) AS name FROM information_schema.SCHEMATA
        WHERE SCHEMA_NAME <> DATABASE() AND SCHEMA_NAME NOT IN ('information_schema', 'performance_schema')";
    let suspects: Vec<String> = facts.iter().flat_map(qualifiers).collect();
    if suspects.is_empty() {
        return Ok(None);
    }
    for row in executor.query_all_raw(Statement::from_string(executor.get_database_backend(), OTHERS)).await? {
        let name: String = row.try_get("", "name")?;
        if suspects.iter().any(|suspect| suspect.eq_ignore_ascii_case(&name)) {
            return Ok(Some(OutsideChange::Database(name)));
        }
    }
    Ok(None)
}

/// The names before a point, and the name after `USE`.
#[cfg(feature = "mysql")]
fn qualifiers(facts: &StatementFacts) -> Vec<String> {
    let tokens = significant(&tokens(&facts.text, SqlDialect::MySql));
    let is_qualifier = |index: usize| {
        tokens.get(index + 1).is_some_and(|token| token.text == ".") || index == 1 && tokens[0].is_word("USE")
    };
    let found = tokens.iter().enumerate().filter(|(index, _)| is_qualifier(*index));
    found.filter_map(|(_, token)| token.name().map(Cow::into_owned)).collect()
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use sea_orm::Database;

    use super::{OutsideChange, outside_change};
    use crate::sql::{SqlDialect, read};

    #[tokio::test(flavor = "current_thread")]
    async fn what_is_made_hides_no_change() {
        // On PostgreSQL the database is not asked.
        let connection = Database::connect("sqlite::memory:").await.unwrap();
        let grammar = SqlDialect::Postgres;
        for (text, object, is_new) in [
            ("CREATE ROLE a", "a user of the server", true),
            ("CREATE ROLE a; DROP DATABASE b", "a database of the server", false),
            ("DO $$ BEGIN CREATE ROLE a; ALTER ROLE b LOGIN; END $$", "a user of the server", false),
        ] {
            let found = outside_change(&(&connection).into(), &read(text, grammar), grammar).await.unwrap();
            assert_eq!(found, Some(OutsideChange::Server { object, is_new }), "{text}");
        }
    }
}
