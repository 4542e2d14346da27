//! The sessions that hold a lock for which another session waits.

use std::fmt;

#[cfg(any(feature = "postgres", feature = "mysql"))]
use sea_orm::{DbErr, QueryResult};

/// A session of the server that holds a lock for which a statement of a revision waits.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Blocker {
    /// The id that the server gives the session, as `pg_terminate_backend` or `KILL` accepts it.
    pub session: i64,
    /// The user of the session.
    pub user: Option<String>,
    /// The application name of the session; PostgreSQL only.
    pub program: Option<String>,
    /// The state of the session, as the server names it: `idle in transaction`, `Sleep`. PostgreSQL shows it to users
    /// who may read its statistics.
    pub state: Option<String>,
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
impl Blocker {
    /// Reads a session from the columns `session`, `owner`, `program` and `state`.
    pub(crate) fn from_row(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            session: row.try_get("", "session")?,
            user: row.try_get("", "owner")?,
            program: row.try_get("", "program")?,
            state: row.try_get("", "state")?,
        })
    }
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "session {}", self.session)?;
        let user = self.user.as_ref().map(|user| format!("user {user}"));
        let known: Vec<String> = [user, self.program.clone(), self.state.clone()].into_iter().flatten().collect();
        if known.is_empty() { Ok(()) } else { write!(f, " ({})", known.join(", ")) }
    }
}

/// These sessions as one text.
pub(crate) fn describe_blockers(blockers: &[Blocker]) -> String {
    if blockers.is_empty() {
        return "another session".to_owned();
    }
    blockers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::{Blocker, describe_blockers};

    #[test]
    fn what_the_server_does_not_tell_is_left_out() {
        let unknown = Blocker { session: 7, user: None, program: None, state: None };
        let known = Blocker {
            session: 4711,
            user: Some("shop".to_owned()),
            program: Some("psql".to_owned()),
            state: Some("idle in transaction".to_owned()),
        };
        assert_eq!(describe_blockers(&[]), "another session");
        assert_eq!(
            describe_blockers(&[unknown, known]),
            "session 7, session 4711 (user shop, psql, idle in transaction)"
        );
    }
}
