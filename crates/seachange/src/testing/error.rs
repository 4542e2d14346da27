//! Why a test has no database, or what a test of the revisions found.

use sea_orm::DbErr;

use super::StairwayFault;
use crate::autogenerate::AutogenerateError;
use crate::connection::ConnectError;
use crate::database_error::full_reason;
use crate::error::Error;
use crate::settings::SettingsError;

/// Why a test has no database, or what a test of the revisions found.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum TestError {
    /// `TEST_DATABASE_URL` is not valid.
    #[error("`TEST_DATABASE_URL`: {0}")]
    Settings(#[from] SettingsError),
    /// `TEST_DATABASE_URL` is not set, and the program is built without SQLite.
    #[error("set `TEST_DATABASE_URL` to a database on the server on which tests make their databases")]
    NoServer,
    /// The server cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A revision failed in the template.
    #[error("the revisions cannot be applied to a test database: {0}")]
    Revisions(#[source] Box<Error>),
    /// The template cannot be read or copied.
    #[error(transparent)]
    Copy(#[from] AutogenerateError),
    /// A statement that makes or removes a database failed.
    #[error("{doing}: {}", full_reason(source))]
    Database {
        /// What failed.
        doing: &'static str,
        /// The error of the database.
        source: DbErr,
    },
    /// A file of a test database cannot be made.
    #[error("{doing}: {source}")]
    File {
        /// What failed.
        doing: &'static str,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// There is not exactly one head.
    #[error("there are {} heads: {}", .heads.len(), .heads.join(", "))]
    Heads {
        /// The ids.
        heads: Vec<String>,
    },
    /// The revisions do not form a valid graph.
    #[error(transparent)]
    Graph(Box<Error>),
    /// The revisions do not make the schema of the entities.
    #[error("the revisions and the entities differ:\n{}", .differences.join("\n"))]
    Entities {
        /// The differences, one line each.
        differences: Vec<String>,
    },
    /// Revisions were edited, or are not in the file of known hashes.
    #[error("the code of revisions is another than in `{}`:\n{}", .file.display(), .changes.join("\n"))]
    Sources {
        /// The file.
        file: std::path::PathBuf,
        /// The changes, one line each.
        changes: Vec<String>,
    },
    /// A script of another tool failed.
    #[error("`{name}` failed: {}", full_reason(source))]
    Script {
        /// The name of the script.
        name: String,
        /// The error of the database.
        source: DbErr,
    },
    /// The revisions do not make the schema that scripts of another tool make.
    #[error("{}", .differences.join("\n"))]
    Scripts {
        /// The differences, one line each.
        differences: Vec<String>,
    },
    /// Revisions whose `down` or second `up` fails, or does not lead back.
    #[error("{}", .faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Stairway {
        /// The faults.
        faults: Vec<StairwayFault>,
    },
}

/// Tests print an error that they return in this form.
impl std::fmt::Debug for TestError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl TestError {
    /// Says what failed in the database.
    pub(super) fn database(doing: &'static str) -> impl FnOnce(DbErr) -> Self {
        move |source| Self::Database { doing, source }
    }
}
