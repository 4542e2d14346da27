//! Every revision up, down, and up again.

use std::fmt;

use futures_util::future::BoxFuture;
use sea_orm::DatabaseConnection;

use super::clones::{TestDatabase, TestDatabases, settings};
use super::error::TestError;
use crate::autogenerate::{DatabaseState, Difference, TableFilter, fill};
use crate::error::Error;
use crate::migrator::Migrator;
use crate::revision::Migrations;
use crate::schema::TableName;
use crate::settings::DatabaseSettings;

/// A test of every revision: up, down, up, with the schema compared after each, and a row in every table.
#[derive(Debug, Clone)]
#[must_use = "`run` runs the test"]
pub struct Stairway {
    migrations: &'static Migrations,
    server: Option<DatabaseSettings>,
    irreversible: Vec<String>,
    requires_rows: bool,
}

/// What a stairway did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StairwayReport {
    /// The number of revisions that were applied, reverted and applied again.
    pub revisions: usize,
    /// The tables for which no row could be made, each with the revision after which it was tried, and the reason.
    pub empty: Vec<(String, TableName, String)>,
    /// Revisions that work on empty tables only, such as one that adds a column which must not be null and has no
    /// default.
    pub refused_rows: Vec<StairwayFault>,
}

/// What is wrong with a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StairwayFault {
    /// The id of the revision.
    pub revision: String,
    /// Its message.
    pub message: String,
    /// The step that failed, or that did not lead back.
    pub step: StairwayStep,
    /// The error, or the differences to the schema that was there before, one line each.
    pub found: Vec<String>,
}

/// A step of the stairway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StairwayStep {
    /// The first upgrade.
    Up,
    /// The downgrade.
    Down,
    /// The second upgrade.
    UpAgain,
}

/// Tests every revision on a database of its own, on the server that `TEST_DATABASE_URL` names, or else on SQLite: up,
/// down, and up again. After each step the schema has to be the one that it was there before. Before the downgrade,
/// every table gets a row, made from the schema. Squash revisions are not reverted.
///
/// ```
/// # static MIGRATIONS: seachange::Migrations = seachange::Migrations::new("doc 0.1.0", &[]);
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), seachange::testing::TestError> {
/// # if std::env::var_os("TEST_DATABASE_URL").is_some() { return Ok(()) }
/// seachange::testing::stairway(&MIGRATIONS).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`TestError::Stairway`] with what is wrong; otherwise see [`TestError`].
pub async fn stairway(migrations: &'static Migrations) -> Result<StairwayReport, TestError> {
    Stairway::new(migrations).run().await
}

impl Stairway {
    /// A test of these revisions.
    pub fn new(migrations: &'static Migrations) -> Self {
        Self { migrations, server: None, irreversible: Vec::new(), requires_rows: false }
    }

    /// Runs on the server of this database, which stays as it is.
    pub fn on(mut self, server: DatabaseSettings) -> Self {
        self.server = Some(server);
        self
    }

    /// Does not revert this revision, whose downgrade refuses on purpose.
    pub fn irreversible(mut self, revision: impl Into<String>) -> Self {
        self.irreversible.push(revision.into());
        self
    }

    /// Fails for a revision that works on empty tables only. By default such revisions are in the
    /// [report](StairwayReport::refused_rows).
    pub fn requires_rows(mut self) -> Self {
        self.requires_rows = true;
        self
    }

    /// Runs the test.
    ///
    /// # Errors
    ///
    /// [`TestError::Stairway`] with what is wrong; otherwise see [`TestError`].
    pub async fn run(self) -> Result<StairwayReport, TestError> {
        self.boxed().await
    }

    /// Boxed for the same reason as the futures in `clones`.
    fn boxed(&self) -> BoxFuture<'_, Result<StairwayReport, TestError>> {
        Box::pin(self.climb())
    }

    async fn climb(&self) -> Result<StairwayReport, TestError> {
        let server = match &self.server {
            Some(server) => server.clone(),
            None => settings()?,
        };
        let graph = self.migrations.graph().map_err(|error| TestError::Graph(Box::new(Error::from(error))))?;
        let mut climb = Climb::start(self.migrations, &server).await?;
        let mut report = StairwayReport { revisions: 0, empty: Vec::new(), refused_rows: Vec::new() };
        let mut faults = Vec::new();
        for (at, revision) in graph.iter().enumerate() {
            let id = revision.id.as_str();
            let message = self.migrations.get(id).map_or("", |script| script.message);
            let fault =
                |(step, found)| StairwayFault { revision: id.to_owned(), message: message.to_owned(), step, found };
            let is_reverted = revision.replaces.is_empty() && !self.irreversible.contains(&revision.id);
            report.revisions += usize::from(is_reverted);
            let Some(with_rows) = climb.stair(id, is_reverted, Some(&mut report.empty)).await? else { continue };
            // What the revision left behind must not disturb the ones after it. On empty tables it may be right.
            let below: Vec<&str> = graph.iter().take(at).map(|below| below.id.as_str()).collect();
            climb = climb.restart(&below).await?;
            match climb.stair(id, is_reverted, None).await? {
                None if self.requires_rows => faults.push(fault(with_rows)),
                None => report.refused_rows.push(fault(with_rows)),
                Some(found) => {
                    let is_end = found.0 == StairwayStep::Up;
                    faults.push(fault(found));
                    if is_end {
                        break;
                    }
                    climb = climb.restart(&[&*below, &[id]].concat()).await?;
                }
            }
        }
        climb.end().await?;
        if faults.is_empty() { Ok(report) } else { Err(TestError::Stairway { faults }) }
    }
}

/// A database on which the revisions run.
struct Climb {
    migrator: Migrator,
    connection: DatabaseConnection,
    server: DatabaseSettings,
    _database: TestDatabase,
}

impl Climb {
    async fn start(migrations: &'static Migrations, server: &DatabaseSettings) -> Result<Self, TestError> {
        let database = TestDatabases::new(migrations).create_empty(server).await?;
        let migrator = Migrator::connect(migrations, database.settings()).await;
        let migrator = migrator.map_err(|error| TestError::Revisions(Box::new(error)))?;
        let connection = database.connection().clone();
        Ok(Self { migrator, connection, server: server.clone(), _database: database })
    }

    async fn end(self) -> Result<(), TestError> {
        self.migrator.close().await.map_err(|error| TestError::Revisions(Box::new(error)))?;
        self.connection.close().await.map_err(TestError::database("cannot close a connection"))
    }

    /// Reads the schema without the tables of the engine.
    async fn state(&self) -> Result<DatabaseState, TestError> {
        let state = DatabaseState::read(&self.connection, &TableFilter::default()).await;
        state.map_err(TestError::database("cannot read the schema"))
    }

    async fn fill(&self, state: &DatabaseState) -> Result<Vec<(TableName, String)>, TestError> {
        let filled = fill(&self.connection, &state.schema).await.map_err(TestError::database("cannot make rows"))?;
        Ok(filled.empty)
    }

    /// Begins again on another database, with these revisions applied and no rows.
    async fn restart(self, applied: &[&str]) -> Result<Self, TestError> {
        let climb = Self::start(self.migrator.migrations(), &self.server).await?;
        self.end().await?;
        for revision in applied {
            let again = climb.migrator.upgrade(revision).await;
            again.map_err(|error| TestError::Revisions(Box::new(error)))?;
        }
        Ok(climb)
    }

    /// Applies a revision, reverts it, and applies it again. With `empty` there are rows in between: the tables that get
    /// none are added to it. Returns the step that went wrong, and how.
    async fn stair(
        &self,
        revision: &str,
        is_reverted: bool,
        empty: Option<&mut Vec<(String, TableName, String)>>,
    ) -> Result<Option<(StairwayStep, Vec<String>)>, TestError> {
        let before = self.state().await?;
        if let Err(error) = self.migrator.upgrade(revision).await {
            return Ok(Some((StairwayStep::Up, vec![whole(&error)])));
        }
        if !is_reverted {
            return Ok(None);
        }
        let above = self.state().await?;
        if let Some(empty) = empty {
            let left = self.fill(&above).await?;
            empty.extend(left.into_iter().map(|(table, reason)| (revision.to_owned(), table, reason)));
        }
        if let Err(error) = self.migrator.downgrade(&format!("{revision}@-1")).await {
            return Ok(Some((StairwayStep::Down, vec![whole(&error)])));
        }
        let differences = lines(&before.differences(&self.state().await?));
        if !differences.is_empty() {
            return Ok(Some((StairwayStep::Down, differences)));
        }
        if let Err(error) = self.migrator.upgrade(revision).await {
            return Ok(Some((StairwayStep::UpAgain, vec![whole(&error)])));
        }
        let differences = lines(&above.differences(&self.state().await?));
        Ok((!differences.is_empty()).then_some((StairwayStep::UpAgain, differences)))
    }
}

/// An error with its sources, except where the message contains them already.
fn whole(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        let reason = error.to_string();
        if !text.contains(&reason) {
            text = format!("{text}: {reason}");
        }
        source = error.source();
    }
    text
}

fn lines(differences: &[Difference]) -> Vec<String> {
    differences.iter().map(ToString::to_string).collect()
}

impl fmt::Display for StairwayFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { revision, message, step, found } = self;
        let what = match step {
            StairwayStep::Up => "`up` failed",
            StairwayStep::Down => "`down` fails, or does not lead back",
            StairwayStep::UpAgain => "the second `up` fails, or leads to another schema",
        };
        write!(f, "{revision}, {message}: {what}:\n  {}", found.join("\n  "))
    }
}
