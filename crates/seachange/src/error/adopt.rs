//! The reasons why the record of another tool cannot be taken over, as data.

use sea_orm::DbErr;
use seachange_graph::error::quoted;
use thiserror::Error;

use crate::database_error::full_reason;

/// A tool that keeps its own record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MigrationTool {
    /// sea-orm-migration.
    SeaOrm,
    /// Alembic.
    Alembic,
    /// sqlx, whose migrations are files of SQL.
    Sqlx,
    /// dbmate, whose migrations are files of SQL.
    Dbmate,
    /// golang-migrate, whose migrations are files of SQL.
    GolangMigrate,
    /// diesel, whose migrations are folders with files of SQL.
    Diesel,
}

impl MigrationTool {
    /// All tools. golang-migrate comes before dbmate, whose table has the same name and a column less.
    pub const ALL: [Self; 6] =
        [Self::SeaOrm, Self::Alembic, Self::Sqlx, Self::GolangMigrate, Self::Dbmate, Self::Diesel];

    /// Whether the tool records versions, with which the ids of imported revisions begin: `VERSION_name`.
    pub fn has_versions(self) -> bool {
        !matches!(self, Self::SeaOrm | Self::Alembic)
    }

    /// The default table of its record.
    pub fn default_table(self) -> &'static str {
        match self {
            Self::SeaOrm => "seaql_migrations",
            Self::Alembic => "alembic_version",
            Self::Sqlx => "_sqlx_migrations",
            Self::Dbmate | Self::GolangMigrate => "schema_migrations",
            Self::Diesel => "__diesel_schema_migrations",
        }
    }

    /// The word for the tool on the command line, `adopt --from WORD`.
    pub fn word(self) -> &'static str {
        match self {
            Self::SeaOrm => "seaql",
            Self::Alembic => "alembic",
            Self::Sqlx => "sqlx",
            Self::Dbmate => "dbmate",
            Self::GolangMigrate => "golang-migrate",
            Self::Diesel => "diesel",
        }
    }

    /// The name of the tool in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::SeaOrm => "sea-orm-migration",
            Self::Alembic => "Alembic",
            Self::Sqlx => "sqlx",
            Self::Dbmate => "dbmate",
            Self::GolangMigrate => "golang-migrate",
            Self::Diesel => "diesel",
        }
    }
}

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
    /// The table does not have the columns of the tool's table.
    #[error("the table `{table}` is not one of {}: {}", tool.name(), full_reason(.source))]
    ForeignTable {
        /// The name of the table.
        table: String,
        /// The tool that was named.
        tool: MigrationTool,
        /// The error of the database.
        source: DbErr,
    },
    /// Versions that do not name a revision of the program.
    #[error("{} of `{table}` {} of this program", quoted(versions), is_no_revision(versions))]
    Unknown {
        /// The name of the table.
        table: String,
        /// The tool whose table it is.
        tool: MigrationTool,
        /// The versions, sorted.
        versions: Vec<String>,
    },
    /// The other tool did not finish a version, and does not know what is left of it.
    #[error("{} did not finish the version {version}, says `{table}`: what it left in the database is unknown", tool.name())]
    Dirty {
        /// The name of the table.
        table: String,
        /// The tool whose table it is.
        tool: MigrationTool,
        /// The version.
        version: String,
    },
    /// A version names several revisions.
    #[error("`{version}` matches several revisions: {}", quoted(revisions))]
    Ambiguous {
        /// The version.
        version: String,
        /// The revisions with that name, sorted.
        revisions: Vec<String>,
    },
    /// Revisions that are not applied are below applied ones.
    #[error("{} not in `{table}`, but revisions that come after are: {}", is_or_are(missing), quoted(above))]
    Missing {
        /// The name of the table.
        table: String,
        /// The revisions that are not applied, each after those it points at.
        missing: Vec<String>,
        /// The applied revisions that point at them.
        above: Vec<String>,
    },
    /// Each record has revisions that the other lacks.
    #[error("{} only in `{table}`, and {} only in the record", is_or_are(adopted), is_or_are(recorded))]
    Recorded {
        /// The name of the other tool's table.
        table: String,
        /// The revisions that only the engine's own record contains.
        recorded: Vec<String>,
        /// The revisions that only the other tool's record contains.
        adopted: Vec<String>,
    },
}

fn is_or_are(names: &[String]) -> String {
    format!("{} {}", quoted(names), if names.len() == 1 { "is" } else { "are" })
}

fn is_no_revision(versions: &[String]) -> &'static str {
    if versions.len() == 1 { "is not a revision" } else { "are not revisions" }
}
