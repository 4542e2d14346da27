//! The context of every command.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use seachange_cli::{
    Diagnostic, Project, describe,
    new_revision::read_files,
    printable,
    terminal::{Terminal, VERB, styled},
};
use seachange_graph::{AppliedError, AppliedSet, Graph, PlanError};
use seachange_source::RevisionFiles;

use super::hints;
use super::progress::Progress;
use crate::Error;
use crate::args::{DatabaseArgs, Misspelled, WaitArgs, misspelled};
use crate::autogenerate::Entities;
use crate::connection::{self, ConnectError};
use crate::migrator::Migrator;
use crate::revision::{Migrations, RegisteredRevision};
use crate::settings::{DEFAULT_PATH, DatabaseSettings};

/// The migration crate that the command line belongs to.
pub(crate) struct MigrationCrate {
    pub(crate) migrations: &'static Migrations,
    pub(crate) manifest_dir: PathBuf,
    /// Empty if the program names none.
    pub(crate) entities: Entities,
}

/// The context of every command.
pub(crate) struct Context {
    pub(crate) project: Arc<MigrationCrate>,
    pub(crate) terminal: Terminal,
    pub(crate) database: DatabaseArgs,
    wait: WaitArgs,
    settings: OnceLock<DatabaseSettings>,
    /// Whether the settings are those of a target of a fleet.
    is_of_target: bool,
}

impl Context {
    pub(crate) fn new(project: MigrationCrate, terminal: Terminal, database: DatabaseArgs, wait: WaitArgs) -> Self {
        let project = Arc::new(project);
        Self { project, terminal, database, wait, settings: OnceLock::new(), is_of_target: false }
    }

    /// The context of a command for one target of a fleet.
    pub(crate) fn for_target(&self, settings: &DatabaseSettings) -> Self {
        let (database, wait) = (self.database.clone(), self.wait.clone());
        let settings = OnceLock::from(settings.clone());
        Self {
            project: Arc::clone(&self.project),
            terminal: self.terminal,
            database,
            wait,
            settings,
            is_of_target: true,
        }
    }

    /// The settings, resolved once. Warns of ignored parameters in them, and of variables with names similar to
    /// settings.
    pub(crate) fn settings(&self) -> Result<&DatabaseSettings, Diagnostic> {
        if let Some(settings) = self.settings.get() {
            return Ok(settings);
        }
        for Misspelled { found, meant } in misspelled() {
            let (found, terminal) = (printable::name(&found), self.terminal);
            terminal.warn(format!("the variable `{found}` is set but has no effect; did you mean `{meant}`?"));
        }
        let settings = self.database.resolve()?;
        for parameter in settings.dropped_parameters() {
            self.terminal.warn(format!("the parameter `{parameter}` of the database URL is ignored"));
        }
        Ok(self.settings.get_or_init(|| settings))
    }

    /// The revisions of the program, as the commands show them.
    pub(crate) fn revisions(&self) -> Result<Project<'static>, Error> {
        let scripts = self.project.migrations.scripts().iter().map(RegisteredRevision::listed);
        Ok(Project::new(&self.project.manifest_dir, self.graph()?, scripts))
    }

    /// The revision files of the crate, which may be newer than the program.
    pub(crate) fn files(&self) -> Result<RevisionFiles, Diagnostic> {
        let migrations = self.project.migrations;
        read_files(&self.project.manifest_dir, migrations.folders(), migrations.scripts().len())
    }

    /// The graph of the revisions of the program.
    pub(crate) fn graph(&self) -> Result<&'static Graph, Error> {
        Ok(self.project.migrations.graph()?)
    }

    /// The applied revisions of the database among those of `graph`, if `is_asked` is true; otherwise the database is
    /// not read.
    pub(crate) async fn standing(&self, graph: &Graph, is_asked: bool) -> Result<Option<AppliedSet>, Diagnostic> {
        if !is_asked {
            return Ok(None);
        }
        let migrator = self.connect_to_read().await?;
        let (applied, unknown) = migrator.standing_in(graph).await?;
        migrator.close().await?;
        self.warn_of_unknown(&unknown);
        Ok(Some(applied))
    }

    /// Warns of applied revisions that the program does not know.
    pub(crate) fn warn_of_unknown(&self, unknown: &[String]) {
        if !unknown.is_empty() {
            let error = AppliedError::Ahead { unknown: unknown.to_vec() };
            self.terminal.warn(printable::name(&error.to_string()));
        }
    }

    /// How long `--wait` allows to wait.
    pub(crate) fn wait_limit(&self) -> Duration {
        self.wait.limit()
    }

    /// Waits until the server is available, at most as long as `--wait` allows.
    async fn wait_for_server(&self) -> Result<(), Diagnostic> {
        self.wait_for(self.settings()?, self.wait.limit()).await
    }

    /// Waits until the servers of a fleet are available, for all of them at most as long as `--wait` allows. One that does
    /// not become available is reported by its targets, and holds up no others.
    pub(crate) async fn wait_for_servers(&self, databases: impl Iterator<Item = &DatabaseSettings>) {
        let (begun, mut known) = (Instant::now(), HashSet::new());
        for settings in databases.filter(|settings| known.insert(settings.server_identity())) {
            let _ = self.wait_for(settings, self.wait.limit().saturating_sub(begun.elapsed())).await;
        }
    }

    async fn wait_for(&self, settings: &DatabaseSettings, limit: Duration) -> Result<(), Diagnostic> {
        let tell = |error: &ConnectError| {
            let reason = error.to_string();
            self.terminal.status(format!("{} for the database: {}", styled(VERB, "Waiting"), printable::name(&reason)));
        };
        let waited = connection::wait_for_server(settings, limit, tell).await;
        waited.map_err(|error| match error.is_passing() && !limit.is_zero() {
            true => hints::database::connect(&error)
                .detail(format!("this error persisted for {} (`--wait`)", describe::time(self.wait.limit()))),
            false => hints::database::connect(&error),
        })
    }

    /// Connects to run revisions; events are printed. If the default database is used, that is printed.
    pub(crate) async fn connect(&self) -> Result<Migrator, Diagnostic> {
        self.wait_for_server().await?;
        if self.database.is_unset() && !self.is_of_target {
            self.terminal
                .status(format!("no database is configured: this is the default, the SQLite file `{DEFAULT_PATH}`"));
        }
        let progress = Progress::new(self.terminal);
        let handler = Arc::new(move |event: &crate::event::Event<'_>| progress.show(event));
        Ok(Migrator::connect_with(self.project.migrations, self.settings()?, handler).await?)
    }

    /// Connects as [`connect`](Self::connect) does, but creates a missing SQLite file only if there is something to
    /// do; `is_idle` decides that from the applied revisions. If it returns an error or true, no file is created.
    pub(crate) async fn connect_for(
        &self,
        is_idle: impl FnOnce(&Graph, &AppliedSet) -> Result<bool, PlanError>,
    ) -> Result<Migrator, Diagnostic> {
        if connection::is_absent(self.settings()?) {
            let graph = self.graph()?;
            if is_idle(graph, &graph.none_applied()).map_err(Error::from)? {
                return self.connect_to_read().await;
            }
        }
        self.connect().await
    }

    /// Connects as [`connect`](Self::connect) does, for work on an existing record. A missing SQLite file is not
    /// created, and reads as a database without a record.
    pub(crate) async fn connect_to_record(&self) -> Result<Migrator, Diagnostic> {
        self.connect_for(|_, _| Ok(true)).await
    }

    /// Connects to read. A missing SQLite file is not created, and reads as an empty database.
    pub(crate) async fn connect_to_read(&self) -> Result<Migrator, Diagnostic> {
        self.wait_for_server().await?;
        Ok(Migrator::connect_to_read(self.project.migrations, self.settings()?).await?)
    }
}
