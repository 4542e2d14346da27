//! Steps tried out on a copy of the schema, before anybody relies on them: whether they lead to the entities, whether they
//! lead back, and which statements they are.

mod affected;
mod recorder;
mod schema_names;
mod views;

use std::sync::Arc;

use async_trait::async_trait;
use sea_orm::{DbBackend, DbErr};
use sea_orm_migration::SchemaManager;

use self::affected::{AffectedTables, placeholder_tables, subset};
use self::recorder::Recorder;
use super::apply::apply;
use super::code::{CodeNode, code};
use super::comparison::{Comparison, rules};
use super::diff::{self, Renames};
use super::difference::{Difference, differences};
use super::error::AutogenerateError;
use super::hints::EntityHints;
use super::operation::{SchemaOperation, reversed};
use super::scratch::{ScratchError, ScratchSchema, send};
use crate::database_error::{full_reason, reason_with_detail};
use crate::event::EventHandler;
use crate::intercept::{self, Migrate, RunOutcome};
use crate::limits::Deadline;
use crate::runner::{Connection, DirectSession};
use crate::schema::Schema;
use crate::settings::DatabaseSettings;
use crate::sql::SqlDialect;

/// What came of trying steps out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verification {
    /// They lead to the entities, and back.
    Proven,
    /// They lead somewhere else.
    Differs {
        /// What is left to do after the way up.
        up: Vec<Difference>,
        /// What is left to do after the way back.
        down: Vec<Difference>,
    },
    /// The database refused one of them.
    Refused {
        /// Whether it was on the way up, or back.
        is_up: bool,
        /// What it said.
        reason: String,
    },
    /// Nobody can tell: the schema cannot be copied.
    Unknown {
        /// Why.
        reason: String,
    },
}

impl Comparison {
    /// Tries out steps on a copy of the tables that they are about. Nothing is left of it.
    ///
    /// # Errors
    ///
    /// No scratch schema, or one that cannot be read.
    pub async fn rehearse(
        &self,
        operations: &[SchemaOperation],
        scratch: &DatabaseSettings,
    ) -> Result<Verification, AutogenerateError> {
        match self.verify(operations, scratch).await {
            Err(AutogenerateError::Copy { reason }) => Ok(Verification::Unknown { reason }),
            outcome => outcome,
        }
    }

    async fn verify(
        &self,
        operations: &[SchemaOperation],
        scratch: &DatabaseSettings,
    ) -> Result<Verification, AutogenerateError> {
        let stage = ScratchCopy::build(self, operations, scratch).await?;
        let outcome = stage.run_up_and_down(self, operations).await;
        stage.close().await?;
        outcome
    }

    /// The statements that the steps are on this database, without their ends.
    ///
    /// # Errors
    ///
    /// No scratch schema, or one that refuses the steps.
    pub async fn statements(
        &self,
        operations: &[SchemaOperation],
        scratch: &DatabaseSettings,
    ) -> Result<Vec<String>, AutogenerateError> {
        let stage = ScratchCopy::build(self, operations, scratch).await?;
        let written = stage.run(code(operations, self.backend)).await;
        stage.close().await?;
        written.map_err(AutogenerateError::Statement)
    }
}

/// A copy of some tables of a database.
struct ScratchCopy {
    scratch: ScratchSchema,
    backend: DbBackend,
    /// What it has before the steps.
    start: Schema,
    /// What the entities ask of these tables.
    goal: Schema,
}

impl ScratchCopy {
    /// Copies the tables that the steps are about, and those that they refer to, or that refer to them.
    async fn build(
        comparison: &Comparison,
        operations: &[SchemaOperation],
        settings: &DatabaseSettings,
    ) -> Result<Self, AutogenerateError> {
        let cast = AffectedTables::of(comparison, operations);
        let schemas: Vec<_> = cast.schemas().into_iter().collect();
        if let Some(schema) = schemas.first().filter(|_| comparison.backend != DbBackend::Postgres) {
            return Err(AutogenerateError::Copy { reason: format!("`{schema}` is another database") });
        }
        let (mut wanted, mut goal) = (subset(&comparison.from, &cast.from), subset(&comparison.to, &cast.to));
        let strangers = placeholder_tables([&wanted, &goal]);
        wanted.tables.extend(strangers.clone());
        goal.tables.extend(strangers);
        let scratch = ScratchSchema::open(settings, &schemas).await?;
        let mut stage = Self { scratch, backend: comparison.backend, start: wanted.clone(), goal };
        if let Err(error) = stage.copy(&wanted).await {
            stage.close().await?;
            return Err(error);
        }
        Ok(stage)
    }

    /// Builds the tables.
    async fn copy(&mut self, wanted: &Schema) -> Result<(), AutogenerateError> {
        let steps = steps_between(&Schema::default(), wanted, self.backend);
        self.run(code(&steps, self.backend)).await.map_err(|error| not_built(&error))?;
        self.start = self.inspect().await?;
        let missing = differences(&steps_between(&self.start, wanted, self.backend));
        missing.first().map_or(Ok(()), |first| {
            let of = first.table.as_ref().map(|table| format!(" of table `{table}`")).unwrap_or_default();
            Err(AutogenerateError::Copy { reason: format!("the {}{of} cannot be copied", first.kind) })
        })
    }

    async fn run_up_and_down(
        &self,
        comparison: &Comparison,
        operations: &[SchemaOperation],
    ) -> Result<Verification, AutogenerateError> {
        let views = views::stand_ins(&comparison.views, &self.start);
        send(&self.scratch.executor(), &views).await.map_err(|error| not_built(&error))?;
        if let Err(error) = self.run(code(operations, self.backend)).await {
            return Ok(refused(true, &error));
        }
        let up = steps(&self.inspect().await?, &self.goal, &comparison.wishes, self.backend);
        if let Err(error) = self.run(code(&reversed(operations), self.backend)).await {
            return Ok(refused(false, &error));
        }
        let down = steps_between(&self.inspect().await?, &self.start, self.backend);
        match up.is_empty() && down.is_empty() {
            true => Ok(Verification::Proven),
            false => Ok(Verification::Differs { up: differences(&up), down: differences(&down) }),
        }
    }

    async fn inspect(&self) -> Result<Schema, AutogenerateError> {
        self.scratch.inspect().await.map_err(AutogenerateError::Inspect)
    }

    /// Runs code, and gives the statements that it sent.
    async fn run(&self, code: Vec<CodeNode>) -> Result<Vec<String>, DbErr> {
        let base = self.scratch.base();
        let in_transaction = matches!(base, Connection::Held(_));
        let code = intercept::Invocation { body: Arc::new(GeneratedMigration(code)), in_transaction };
        let (handler, deadline): (EventHandler, _) = (Arc::new(|_| {}), Arc::new(Deadline::new(None)));
        let recorder = Recorder {
            live: DirectSession::new(base, SqlDialect::of(self.backend), in_transaction, handler, deadline),
            statements: Vec::new(),
            places: self.scratch.placement().schemas,
            is_script: self.backend == DbBackend::Sqlite,
        };
        let (ending, recorder) = intercept::run(code, self.backend, recorder).await?;
        match ending {
            RunOutcome::Done => Ok(recorder.statements),
            RunOutcome::Failed(error) => Err(error),
            RunOutcome::Panicked(text) => Err(DbErr::Custom(text)),
            RunOutcome::NeedsForeignKeysOff => Err(intercept::rebuild_impossible()),
        }
    }

    async fn close(self) -> Result<(), AutogenerateError> {
        self.scratch.close().await.map_err(|error| ScratchError::Database(error).into())
    }
}

/// The steps between schemas, whatever is called how.
fn steps_between(from: &Schema, to: &Schema, backend: DbBackend) -> Vec<SchemaOperation> {
    steps(from, to, &EntityHints::default(), backend)
}

fn steps(from: &Schema, to: &Schema, wishes: &EntityHints, backend: DbBackend) -> Vec<SchemaOperation> {
    diff::diff(from, to, wishes, &Renames::default(), rules(backend))
}

fn not_built(error: &DbErr) -> AutogenerateError {
    AutogenerateError::Copy { reason: format!("a copy of the schema cannot be built: {}", full_reason(error)) }
}

fn refused(is_up: bool, error: &DbErr) -> Verification {
    Verification::Refused { is_up, reason: reason_with_detail(error) }
}

/// Code that no file holds yet.
struct GeneratedMigration(Vec<CodeNode>);

#[async_trait]
impl Migrate for GeneratedMigration {
    async fn run(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        apply(&self.0, manager).await
    }
}
