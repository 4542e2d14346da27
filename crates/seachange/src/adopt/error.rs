//! Why the record of another tool cannot be taken over, as data.

use sea_orm::DbErr;
use seachange_graph::error::quoted;
use thiserror::Error;

use super::MigrationTool;
use crate::database_error::full_reason;

/// Why the record of another tool cannot be taken over. Nothing was written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AdoptError {
    /// The table is not there.
    #[error("the database has no table `{table}`")]
    NoTable {
        /// The name of the table.
        table: String,
    },
    /// The table has other columns than the tool's.
    #[error("the table `{table}` is not one of {}: {}", tool.name(), full_reason(.source))]
    ForeignTable {
        /// The name of the table.
        table: String,
        /// The tool that it was said to be of.
        tool: MigrationTool,
        /// What the database said.
        source: DbErr,
    },
    /// Versions that are no revisions of the program.
    #[error("{} of `{table}` {} of this program", quoted(versions), is_no_revision(versions))]
    Unknown {
        /// The name of the table.
        table: String,
        /// The tool whose table it is.
        tool: MigrationTool,
        /// The versions, sorted.
        versions: Vec<String>,
    },
    /// A version is the name of several revisions.
    #[error("`{version}` may be any of {}", quoted(revisions))]
    Ambiguous {
        /// The version.
        version: String,
        /// The revisions of that name, sorted.
        revisions: Vec<String>,
    },
    /// Revisions that are not applied stand below ones that are.
    #[error("{} not in `{table}`, though it has what comes after: {}", is_or_are(missing), quoted(above))]
    Missing {
        /// The name of the table.
        table: String,
        /// The revisions that are not applied, each after those it points at.
        missing: Vec<String>,
        /// The applied revisions that point at them.
        above: Vec<String>,
    },
    /// Both records have what the other has not.
    #[error("{} in `{table}` alone, and {} recorded already", is_or_are(adopted), is_or_are(recorded))]
    Recorded {
        /// The name of the other tool's table.
        table: String,
        /// What the engine's own record alone says is applied.
        recorded: Vec<String>,
        /// What the other tool's record alone says is applied.
        adopted: Vec<String>,
    },
}

fn is_or_are(names: &[String]) -> String {
    format!("{} {}", quoted(names), if names.len() == 1 { "is" } else { "are" })
}

fn is_no_revision(versions: &[String]) -> &'static str {
    if versions.len() == 1 { "is no revision" } else { "are no revisions" }
}
