//! The sessions that hold a lock for which another session waits.

use std::fmt;
use std::time::Duration;

#[cfg(any(feature = "postgres", feature = "mysql"))]
use sea_orm::{DbErr, QueryResult};

#[cfg(any(feature = "postgres", feature = "mysql"))]
use crate::sql::{SqlDialect, TokenKind, tokens};

/// A session of the server that holds a lock for which a statement of a revision waits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Blocker {
    /// The id that the server gives the session, as `pg_terminate_backend` or `KILL` accepts it; 0 for a prepared
    /// transaction of PostgreSQL, which belongs to no session.
    pub session: i64,
    /// The name of a prepared transaction, as `ROLLBACK PREPARED` accepts it.
    pub prepared: Option<String>,
    /// The user of the session.
    pub user: Option<String>,
    /// The application name of the session; PostgreSQL only.
    pub program: Option<String>,
    /// The state of the session, as the server names it: `idle in transaction`, `Sleep`. PostgreSQL shows it to users
    /// who may read its statistics.
    pub state: Option<String>,
    /// How long its transaction has been open, in whole seconds.
    pub transaction: Option<Duration>,
    /// The running statement, or the last one of an idle session of PostgreSQL: at most 80 characters, with `?` in the
    /// place of each value and without comments. A statement that sets a password is omitted.
    pub statement: Option<String>,
    /// Whether PostgreSQL hides the state and the statement from this user, who is not a member of
    /// `pg_read_all_stats`.
    pub is_restricted: bool,
}

/// What PostgreSQL shows in the place of a statement that the user may not read.
#[cfg(any(feature = "postgres", feature = "mysql"))]
const RESTRICTED: &str = "<insufficient privilege>";

#[cfg(any(feature = "postgres", feature = "mysql"))]
impl Blocker {
    /// Reads a session from the columns `session`, `owner`, `program`, `state`, `seconds` and `statement`.
    pub(crate) fn from_row(row: &QueryResult, dialect: SqlDialect) -> Result<Self, DbErr> {
        let seconds: Option<i64> = row.try_get("", "seconds")?;
        let statement: Option<String> = row.try_get("", "statement")?;
        Ok(Self {
            session: row.try_get("", "session")?,
            prepared: None,
            user: row.try_get("", "owner")?,
            program: row.try_get("", "program")?,
            state: row.try_get("", "state")?,
            transaction: seconds.and_then(|seconds| u64::try_from(seconds).ok()).map(Duration::from_secs),
            is_restricted: statement.as_deref() == Some(RESTRICTED),
            statement: statement.filter(|text| text != RESTRICTED).and_then(|text| without_values(&text, dialect)),
        })
    }
}

/// A statement without its values and comments, shortened; `None` when nothing is left, or it sets a password.
#[cfg(any(feature = "postgres", feature = "mysql"))]
fn without_values(text: &str, dialect: SqlDialect) -> Option<String> {
    const LONGEST: usize = 80;
    let tokens = tokens(text, dialect);
    if tokens.iter().any(|token| ["password", "identified"].iter().any(|word| token.is_word(word))) {
        return None;
    }
    let parts = tokens.iter().map(|token| match token.kind {
        _ if token.is_trivia() => " ",
        TokenKind::Text | TokenKind::Number => "?",
        _ => token.text,
    });
    let text = parts.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ");
    let shortened = match text.chars().count() > LONGEST {
        true => text.chars().take(LONGEST - 1).chain(['…']).collect(),
        false => text,
    };
    (!shortened.is_empty()).then_some(shortened)
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.prepared {
            Some(name) => write!(f, "the prepared transaction `{name}`")?,
            None if self.session == 0 => write!(f, "a prepared transaction")?,
            None => write!(f, "session {}", self.session)?,
        }
        let is_idle = self.state.as_ref().is_some_and(|state| state.starts_with("idle"));
        let statement = if is_idle { "last statement" } else { "statement" };
        let known = [
            self.user.as_ref().map(|user| format!("user {user}")),
            self.program.clone(),
            self.state.clone(),
            self.transaction.map(|age| format!("in a transaction for {} s", age.as_secs())),
            self.statement.as_ref().map(|text| format!("{statement} `{text}`")),
            self.is_restricted.then(|| "its statement is only shown to members of pg_read_all_stats".to_owned()),
        ];
        let known: Vec<String> = known.into_iter().flatten().collect();
        if known.is_empty() { Ok(()) } else { write!(f, " ({})", known.join(", ")) }
    }
}

/// These sessions as one text.
pub(crate) fn describe_blockers(blockers: &[Blocker]) -> String {
    if blockers.is_empty() {
        return "another session, which the server does not name".to_owned();
    }
    blockers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_does_not_tell_is_left_out() {
        let unknown = Blocker { session: 7, ..Blocker::default() };
        let known = Blocker {
            session: 4711,
            prepared: None,
            user: Some("shop".to_owned()),
            program: Some("psql".to_owned()),
            state: Some("idle in transaction".to_owned()),
            transaction: Some(Duration::from_secs(90)),
            statement: Some("UPDATE a SET v = ?".to_owned()),
            is_restricted: false,
        };
        let restricted = Blocker { session: 8, is_restricted: true, ..Blocker::default() };
        let prepared = Blocker { prepared: Some("import-7".to_owned()), ..Blocker::default() };
        assert_eq!(describe_blockers(&[]), "another session, which the server does not name");
        assert_eq!(
            describe_blockers(&[unknown, known]),
            "session 7, session 4711 (user shop, psql, idle in transaction, in a transaction for 90 s, \
             last statement `UPDATE a SET v = ?`)"
        );
        assert_eq!(
            describe_blockers(&[restricted, prepared, Blocker::default()]),
            "session 8 (its statement is only shown to members of pg_read_all_stats), \
             the prepared transaction `import-7`, a prepared transaction"
        );
    }

    #[cfg(any(feature = "postgres", feature = "mysql"))]
    #[test]
    fn a_statement_is_shown_without_values() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(without_values(text, SqlDialect::Postgres).as_deref(), expected, "{text}");
        };
        check("UPDATE a\n  SET v = 'secret' /* key */ WHERE id = 7 -- x", Some("UPDATE a SET v = ? WHERE id = ?"));
        check("SELECT $$secret$$, 'cut off by the ser", Some("SELECT ?, ?"));
        check("ALTER ROLE shop PASSWORD 'secret'", None);
        check("", None);
        let long = format!("SELECT {}", "a, ".repeat(90));
        assert_eq!(without_values(&long, SqlDialect::Postgres).unwrap_or_default().chars().count(), 80);
    }
}
