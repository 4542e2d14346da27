//! Explains failures by the role of the server: it is a standby, or one node of several.

use sea_orm::DbErr;

use super::Migrator;
use crate::backend::role::{self, ServerRole};
use crate::error::Error;
use crate::runner::FailureCause;

impl Migrator {
    /// Returns the outcome of a run, with the role of the server if that explains a failure. A success costs no query.
    pub(super) async fn explain<T>(&self, outcome: Result<T, Error>) -> Result<T, Error> {
        let error = match outcome {
            Err(error) => error,
            done => return done,
        };
        let role = match error.cause() {
            Some(cause) => role::explaining(cause, &self.connection).await,
            None => None,
        };
        Err(match role {
            Some(ServerRole::Standby(primary)) => Error::Standby { primary, source: Box::new(error) },
            Some(ServerRole::ClusterNode) => Error::OneNodeOnly { source: Box::new(error) },
            None => error,
        })
    }
}

impl Error {
    /// What the database said, if the failure comes from it.
    fn cause(&self) -> Option<&DbErr> {
        match self {
            Self::Database { source, .. } => Some(source),
            Self::Failed(failure) => match &failure.cause {
                FailureCause::Database(error) => Some(error),
                _ => None,
            },
            _ => None,
        }
    }
}
