//! Offline scripts, for a database that this program cannot or must not reach: `up --sql` and similar commands.
//!
//! The caller names the current revision of the database; the engine does not read it. The engine runs the code of
//! each revision, and writes the statements that it sends into the script together with the statements that keep the
//! record. The engine makes no connection and knows no rows: a revision that reads rows cannot be written as a
//! script, and the error names it.
//!
//! On SQLite most changes of tables start from the definition of the table. There the engine runs the revisions on a
//! scratch database in memory, from the first one, so that questions about the schema get the same answers as on the
//! real database.
//!
//! The results of statements are not known either: code that asks is told one affected row, and no generated key.

mod capture;
pub(crate) mod downgrade;
#[cfg(feature = "cli")]
mod plain;
mod query_kind;
mod recorder;
mod render;
mod revision_table;
#[cfg(feature = "sqlite")]
mod schema_question;
#[cfg(feature = "sqlite")]
mod scratch;
#[cfg(feature = "sqlite")]
mod scratch_session;
mod script_session;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite_schema;
mod start;
mod writer;

use seachange_graph::{Graph, Plan, Step, Target};

use crate::backend::dialect::{self, Dialect};
use crate::backend::{self, Backend};
use crate::connection::ConnectError;
pub use crate::error::{ReadKind, ScriptError, ScriptErrorKind};
use crate::intercept::CodeOptions;
use crate::run_arguments::RunArguments;

use crate::error::Error;
use crate::revision::Migrations;
use crate::settings::{DatabaseSettings, Driver};
use crate::store::{RevisionStore, RevisionTable};
#[cfg(feature = "cli")]
pub(crate) use plain::PlainStatements;
use revision_table::RevisionTableSql;
use writer::ScriptText;

/// The revisions of a program, and the kind of database that the scripts are for.
///
/// ```no_run
/// # static MIGRATIONS: seachange::Migrations = seachange::Migrations::new("example 0.1.0", &[]);
/// # async fn example(settings: &seachange::DatabaseSettings) -> Result<(), seachange::Error> {
/// use seachange::ScriptWriter;
/// use seachange::graph::Target;
///
/// let script = ScriptWriter::new(&MIGRATIONS, settings)?.upgrade(&Target::BASE, &[Target::HEADS]).await?;
/// println!("{}", script.sql);
/// # Ok(())
/// # }
/// ```
pub struct ScriptWriter<'a> {
    migrations: &'static Migrations,
    graph: &'static Graph,
    settings: &'a DatabaseSettings,
    dialect: &'static dyn Dialect,
    backend: &'static dyn Backend,
    store: RevisionStore,
    code: CodeOptions,
}

/// The PostgreSQL schema in which a script keeps the record if the settings name none.
const DEFAULT_SCHEMA: &str = "public";

/// The table in which a script keeps the record.
fn place(settings: &DatabaseSettings) -> String {
    match settings.driver() {
        Driver::Sqlite => "main".to_owned(),
        Driver::Postgres => settings.schema().unwrap_or(DEFAULT_SCHEMA).to_owned(),
        Driver::MySql => settings.database_name().to_owned(),
    }
}

/// A script, and the revisions in it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SqlScript {
    /// The text; empty when there is nothing to do.
    pub sql: String,
    /// The revisions that it applies, reverts, or records, in that order.
    pub revisions: Vec<String>,
}

impl<'a> ScriptWriter<'a> {
    /// Takes the kind of database, and the schema, from settings. Makes no connection.
    ///
    /// # Errors
    ///
    /// [`Error::Graph`] when the revisions do not form a valid graph, [`Error::Connect`] for a database system that
    /// is not compiled in.
    pub fn new(migrations: &'static Migrations, settings: &'a DatabaseSettings) -> Result<Self, Error> {
        let driver = settings.driver();
        let dialect = dialect::of(driver).ok_or(ConnectError::DriverNotBuilt { driver })?;
        let backend = backend::of(dialect.backend()).map_err(Error::database("cannot start"))?;
        let store = RevisionStore::new(RevisionTable::default()).placed(&place(settings));
        Ok(Self { migrations, graph: migrations.graph()?, settings, dialect, backend, store, code: CodeOptions::new() })
    }

    /// Keeps the record in another table than the one that the settings say.
    #[must_use]
    pub fn with_revision_table(mut self, table: RevisionTable) -> Self {
        self.store = RevisionStore::new(table).placed(&place(self.settings));
        self
    }

    /// Whether the script stops before a change of a column's type that would not keep all values, where the database
    /// can do this; by default it does.
    #[must_use]
    pub fn count_losses(mut self, count_losses: bool) -> Self {
        self.code.counts_losses = count_losses;
        self
    }

    /// The arguments that the code of revisions can read.
    #[must_use]
    pub fn arguments(mut self, arguments: RunArguments) -> Self {
        self.code.arguments = arguments.into();
        self
    }

    /// Writes the upgrade of a database from the revisions `from` to some targets.
    ///
    /// # Errors
    ///
    /// [`Error::Uncaptured`] for a revision that cannot be written as a script, [`Error::UnknownStart`] for a start
    /// that depends on the database, [`Error::Plan`] for targets that cannot be reached.
    pub async fn upgrade(&self, from: &Target, to: &[Target]) -> Result<SqlScript, Error> {
        let start = self.start(from)?;
        let plan = self.graph.upgrade(&self.applied(&start)?, to)?;
        self.run(&start, &plan).await
    }

    /// Writes the downgrade of a database from the revisions `from` to some targets, which stay applied.
    ///
    /// # Errors
    ///
    /// As [`upgrade`](Self::upgrade).
    pub async fn downgrade(&self, from: &Target, to: &[Target]) -> Result<SqlScript, Error> {
        let start = self.start(from)?;
        let plan = self.graph.downgrade(&self.applied(&start)?, to)?;
        self.run(&start, &plan).await
    }

    /// Writes the statements that change the record from the revisions `from` to some targets.
    ///
    /// # Errors
    ///
    /// As [`upgrade`](Self::upgrade); no revision runs.
    pub fn stamp(&self, from: &Target, to: &[Target]) -> Result<SqlScript, Error> {
        let start = self.start(from)?;
        let plan = self.graph.stamp(&self.applied(&start)?, to)?;
        if plan.is_empty() {
            return Ok(SqlScript::empty());
        }
        let mut writer = self.open(&start)?;
        let ledger = self.ledger();
        writer.comment("Recording where the database stands; no revision runs");
        writer.statement(self.dialect.begin());
        for revision in &plan.remove {
            writer.text(&ledger.delete(revision)?);
        }
        for revision in plan.add.iter().filter_map(|id| self.graph.get(id)) {
            writer.text(&ledger.insert_applied(revision)?);
        }
        writer.statement("COMMIT");
        Ok(SqlScript { sql: writer.finish(), revisions: [plan.remove, plan.add].concat() })
    }

    async fn run(&self, start: &[String], plan: &Plan) -> Result<SqlScript, Error> {
        if plan.is_empty() {
            return Ok(SqlScript::empty());
        }
        let mut writer = self.open(start)?;
        self.capture(start, &plan.steps, &mut writer).await?;
        let revision = |step: &Step| step.revision.clone();
        Ok(SqlScript { sql: writer.finish(), revisions: plan.steps.iter().map(revision).collect() })
    }

    /// The beginning of a script: how to run it, the session settings, and the table of the record if the script
    /// starts at base.
    fn open(&self, start: &[String]) -> Result<ScriptText, Error> {
        let mut writer = ScriptText::new();
        let place = if start.is_empty() { "base".to_owned() } else { self.standing(start)? };
        let (program, system) = (self.migrations.program(), self.backend.name());
        writer.comment(&format!("For a {system} database at {place}, written by {program}."));
        self.dialect.instructions().iter().for_each(|line| writer.comment(line));
        writer.pause();
        self.preamble().iter().for_each(|statement| writer.statement(statement));
        if let Some(guard) = self.place_guard() {
            writer.text(&guard);
        }
        if start.is_empty() {
            writer.text(&self.ledger().create_table(self.backend)?);
        }
        Ok(writer)
    }

    /// The statements that give the session of the client the same settings as a session of the engine.
    fn preamble(&self) -> Vec<String> {
        let schema = match self.settings.driver() {
            Driver::MySql => Some(self.settings.database_name()),
            _ => self.settings.schema(),
        };
        self.dialect.preamble(schema)
    }

    /// A statement that stops the script if the session creates tables in a schema other than that of the record. It
    /// is needed only if the settings name no schema.
    fn place_guard(&self) -> Option<String> {
        let is_assumed = self.settings.driver() == Driver::Postgres && self.settings.schema().is_none();
        let query = format!("SELECT current_schema() IS NOT DISTINCT FROM '{DEFAULT_SCHEMA}'");
        let complaint =
            format!("the current schema is not {DEFAULT_SCHEMA}: write the script with DATABASE_SCHEMA set");
        self.dialect.guard(&query, &complaint).filter(|_| is_assumed).map(|guard| format!("{guard};"))
    }

    fn ledger(&self) -> RevisionTableSql<'_> {
        RevisionTableSql { dialect: self.dialect, store: &self.store, migrations: self.migrations }
    }
}

impl SqlScript {
    fn empty() -> Self {
        Self { sql: String::new(), revisions: Vec::new() }
    }
}
