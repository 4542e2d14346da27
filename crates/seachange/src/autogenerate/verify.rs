//! Verifies operations on a scratch copy of the schema, before a revision with them is run: whether they lead to the
//! schema of the entities, and whether they can be reverted. It also returns the statements that they send.

mod affected;
mod recorder;
mod schema_names;

use std::sync::Arc;

use async_trait::async_trait;
use sea_orm::{DbBackend, DbErr};
use sea_orm_migration::SchemaManager;

use self::affected::{AffectedTables, placeholder_tables, placeholder_views, subset};
use self::recorder::Recorder;
use super::apply::apply;
use super::code::{CodeNode, code};
use super::comparison::{Comparison, rules};
use super::diff::{self, Renames};
use super::difference::{Difference, differences};
use super::error::{AutogenerateError, ScratchError};
use super::hints::EntityHints;
use super::operation::{SchemaOperation, reversed};
use super::scratch::{ScratchSchema, send};
use crate::database_error::{full_reason, reason_with_detail};
use crate::event::EventHandler;
use crate::intercept::{self, Migrate, RunOutcome};
use crate::limits::Deadline;
use crate::schema::Schema;
use crate::session::{Connection, DirectSession};
use crate::settings::DatabaseSettings;
use crate::sql::SqlDialect;

/// The result of a verification.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verification {
    /// The operations lead to the schema of the entities, and their reverses lead back.
    Proven,
    /// The operations, or their reverses, lead to another schema.
    Differs {
        /// The differences that remain after the upgrade.
        up: Vec<Difference>,
        /// The differences that remain after the downgrade.
        down: Vec<Difference>,
    },
    /// The database refused one of the operations.
    Refused {
        /// Whether the upgrade failed; otherwise the downgrade.
        is_up: bool,
        /// The reason that the database gave.
        reason: String,
    },
    /// The operations cannot be verified, because the schema cannot be copied.
    Unknown {
        /// The reason.
        reason: String,
    },
}

impl Comparison {
    /// Verifies operations on a scratch copy of the tables that they concern. The copy is removed at the end.
    ///
    /// # Errors
    ///
    /// The scratch schema cannot be opened or read.
    pub async fn verify_plan(
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
        let scratch_copy = ScratchCopy::build(self, operations, scratch).await?;
        let outcome = scratch_copy.run_up_and_down(self, operations).await;
        scratch_copy.close().await?;
        outcome
    }

    /// Returns the statements that the operations send to this database, without semicolons at the end.
    ///
    /// # Errors
    ///
    /// The scratch schema cannot be opened, the schema cannot be copied, or the database refuses one of the operations.
    pub async fn statements(
        &self,
        operations: &[SchemaOperation],
        scratch: &DatabaseSettings,
    ) -> Result<Vec<String>, AutogenerateError> {
        let scratch_copy = ScratchCopy::build(self, operations, scratch).await?;
        let written = scratch_copy.run(code(operations, self.backend)).await;
        scratch_copy.close().await?;
        written.map_err(AutogenerateError::Statement)
    }
}

/// A copy of some tables of a database.
struct ScratchCopy {
    scratch: ScratchSchema,
    backend: DbBackend,
    /// The schema of the copy before the operations.
    start: Schema,
    /// The schema that the entities describe for these tables.
    goal: Schema,
}

impl ScratchCopy {
    /// Copies the tables that the operations concern, the tables that refer to these, and the tables that any of them
    /// refers to.
    async fn build(
        comparison: &Comparison,
        operations: &[SchemaOperation],
        settings: &DatabaseSettings,
    ) -> Result<Self, AutogenerateError> {
        let affected = AffectedTables::of(comparison, operations);
        let schemas: Vec<_> = affected.schemas().into_iter().collect();
        if let Some(schema) = schemas.first().filter(|_| comparison.backend != DbBackend::Postgres) {
            return Err(AutogenerateError::Copy { reason: format!("`{schema}` is another database") });
        }
        let (mut wanted, mut goal) = (subset(&comparison.from, &affected.from), subset(&comparison.to, &affected.to));
        let placeholders = placeholder_tables([&wanted, &goal]);
        wanted.tables.extend(placeholders.clone());
        goal.tables.extend(placeholders);
        let scratch = ScratchSchema::open(settings, &schemas).await?;
        let mut scratch_copy = Self { scratch, backend: comparison.backend, start: wanted.clone(), goal };
        if let Err(error) = scratch_copy.copy(&wanted).await {
            scratch_copy.close().await?;
            return Err(error);
        }
        Ok(scratch_copy)
    }

    /// Builds the tables of the copy, and checks that the database reports them as `wanted`.
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
        let views = placeholder_views(&comparison.views, &self.start);
        send(&self.scratch.executor(), &views).await.map_err(|error| not_built(&error))?;
        if let Err(error) = self.run(code(operations, self.backend)).await {
            return Ok(refused(true, &error));
        }
        let up = steps(&self.inspect().await?, &self.goal, &comparison.hints, self.backend);
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

    /// Runs code, and returns the statements that it sends.
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

/// The operations that change `from` into `to`. The names of constraints and indexes are ignored.
fn steps_between(from: &Schema, to: &Schema, backend: DbBackend) -> Vec<SchemaOperation> {
    steps(from, to, &EntityHints::default(), backend)
}

fn steps(from: &Schema, to: &Schema, hints: &EntityHints, backend: DbBackend) -> Vec<SchemaOperation> {
    diff::diff(from, to, hints, &Renames::default(), rules(backend))
}

fn not_built(error: &DbErr) -> AutogenerateError {
    AutogenerateError::Copy { reason: format!("a copy of the schema cannot be built: {}", full_reason(error)) }
}

fn refused(is_up: bool, error: &DbErr) -> Verification {
    Verification::Refused { is_up, reason: reason_with_detail(error) }
}

/// Generated code, to be run as a migration.
struct GeneratedMigration(Vec<CodeNode>);

#[async_trait]
impl Migrate for GeneratedMigration {
    async fn run(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        apply(&self.0, manager).await
    }
}
