//! Failures whose reason only the server can tell: it is a standby, or one node of several.

use sea_orm::DbErr;

use super::Migrator;
use crate::backend::role::{self, ServerRole};
use crate::error::Error;
use crate::runner::FailureCause;

impl Migrator {
    /// The outcome of a run, with what the server says of itself where that explains a failure. Costs nothing otherwise.
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
    /// What the database said, where the failure comes from it.
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
