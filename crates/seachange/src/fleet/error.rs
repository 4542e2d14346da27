//! What prevents a run over a fleet before its first target.

use std::path::PathBuf;

use glob::PatternError;
use sea_orm::DbErr;
use thiserror::Error;

use crate::connection::ConnectError;
use crate::database_error::full_reason;
use crate::error::Error;
use crate::settings::{Driver, SettingsError};

/// Why a run over a fleet did not begin. No target was changed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FleetError {
    /// Two targets have the same name.
    #[error("two targets are called `{name}`")]
    SameName {
        /// The name.
        name: String,
    },
    /// Two targets are the same database and schema.
    #[error("`{first}` and `{second}` are the same database: {database}")]
    SameDatabase {
        /// The first target.
        first: String,
        /// The second target.
        second: String,
        /// The database, without its password.
        database: String,
    },
    /// The targets are on several database systems.
    #[error(
        "the targets are on several database systems: `{}` is on {}, and `{}` on {}",
        first.0, first.1, second.0, second.1
    )]
    SeveralSystems {
        /// A target and its system.
        first: (String, Driver),
        /// A target and another system.
        second: (String, Driver),
    },
    /// A target is a database in memory, which ends with its connection.
    #[error("`{target}` is a database in memory, which ends with its connection")]
    InMemory {
        /// The target.
        target: String,
    },
    /// A schema of PostgreSQL whose name the search path cannot hold as it is.
    #[error("the schema `{schema}` of `{target}` cannot be used: {reason}")]
    Schema {
        /// The target.
        target: String,
        /// The name of the schema.
        schema: String,
        /// Why.
        reason: &'static str,
    },
    /// Nothing matches a pattern.
    #[error("no {what} matches `{pattern}`{place}")]
    NoMatch {
        /// What is looked for: `schema`, `database`, `file` or `target`.
        what: &'static str,
        /// The pattern.
        pattern: String,
        /// Where, as the end of the sentence; empty, or with a space in front.
        place: String,
    },
    /// No target has a tag.
    #[error("no target has the tag `{tag}`")]
    NoTag {
        /// The tag.
        tag: String,
    },
    /// A pattern is malformed.
    #[error("`{pattern}` is no pattern: {source}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// Why.
        source: PatternError,
    },
    /// There is no target.
    #[error("the fleet has no target")]
    Empty,
    /// Nothing is left of the fleet after the selection.
    #[error("the selection leaves no target of {count}")]
    NothingSelected {
        /// The number of targets before the selection.
        count: usize,
    },
    /// A folder cannot be read.
    #[error("cannot read `{}`: {reason}", path.display())]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The name of a file is not valid Unicode.
    #[error("the path `{}` is not valid UTF-8", path.display())]
    NotUnicode {
        /// The file.
        path: PathBuf,
    },
    /// The database system has none of these.
    #[error("{driver} has no {what}")]
    Unsupported {
        /// The database system.
        driver: Driver,
        /// What it does not have.
        what: &'static str,
    },
    /// The server on which targets are looked for cannot be reached.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The server refused to list targets.
    #[error("{doing}: {}", full_reason(.source))]
    Database {
        /// What the engine was about to do.
        doing: &'static str,
        /// What the database said.
        source: DbErr,
    },
    /// A row of the directory database is no target.
    #[error("row {row} of the directory query is no target: {reason}")]
    Row {
        /// The number of the row, from 1.
        row: usize,
        /// Why.
        reason: String,
    },
    /// The settings of a target are invalid.
    #[error("the settings of `{target}` are invalid: {source}")]
    Settings {
        /// The target.
        target: String,
        /// Why.
        source: Box<SettingsError>,
    },
    /// A server has fewer free connections than the run needs.
    #[error("{server} has {free} free connections, and {needed} are needed")]
    TooFewConnections {
        /// The server, without its password.
        server: String,
        /// The number of free connections.
        free: u64,
        /// The number that the run would take.
        needed: u64,
    },
    /// A server admits fewer prepared transactions than a run needs that changes all targets or none.
    #[error("{server} admits {free} more prepared transactions, and {needed} are needed")]
    TooFewPrepared {
        /// The server, without its password.
        server: String,
        /// How many more it admits.
        free: u64,
        /// How many the run would prepare.
        needed: u64,
    },
    /// The database system cannot change several databases together.
    #[error(
        "{driver} cannot change several databases together or not at all: it commits each change of a table at once"
    )]
    NotTogether {
        /// The database system.
        driver: Driver,
    },
    /// An earlier run left a prepared transaction, and the target that holds the decision about it is not in the fleet.
    #[error(
        "the transaction `{transaction}` of `{target}` is prepared, and the target that decides about it is not in the fleet"
    )]
    Undecided {
        /// The target.
        target: String,
        /// The name of the prepared transaction.
        transaction: String,
    },
    /// The revisions or the target of the run are invalid.
    #[error(transparent)]
    Run(#[from] Box<Error>),
}

impl FleetError {
    /// Wraps an error of the database.
    pub(super) fn database(doing: &'static str) -> impl FnOnce(DbErr) -> Self {
        move |source| Self::Database { doing, source }
    }
}
