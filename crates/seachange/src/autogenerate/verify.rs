//! Verifies operations on a scratch copy of the schema, before a revision with them is run: whether they lead to the
//! schema of the entities, and whether they can be reverted. It also returns the statements that they send.

mod affected;
mod recorder;
mod schema_names;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sea_orm::{DbBackend, DbErr};

use self::affected::{AffectedTables, copied_objects, placeholder_tables, subset, that_can_be_copied};
use self::recorder::Recorder;
use self::schema_names::rewrite_schema_names;
use super::code::{CodeNode, code};
use super::comparison::{Comparison, RenamedDatabase, rules};
use super::declared_objects::ObjectChanges;
use super::dependents::{self, Obstacle};
use super::diff::{self, Renames};
use super::difference::{Difference, differences, object};
use super::error::AutogenerateError;
use super::generated::GeneratedMigration;
use super::hints::EntityHints;
use super::object_renames::after_renames;
use super::operation::{SchemaOperation, reversed};
use super::scratch::{ScratchSchema, WITH_NO_DATA};
use crate::database_error::{full_reason, is_denied, reason_with_detail};
use crate::event::EventHandler;
use crate::intercept::{self, CodeOptions, RunOutcome};
use crate::limits::Deadline;
use crate::schema::{DatabaseObject, ObjectKind, ObjectName, ReferentialAction, Schema, Table};
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
    /// Objects beside the tables prevent the operations, or the operations break them.
    Blocked {
        /// The objects.
        obstacles: Vec<Obstacle>,
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

    /// The database after renames, as a scratch copy reports it; `None` if the database refuses the renames there, or
    /// if the tables cannot be copied.
    pub(super) async fn renamed_copy(
        &self,
        renames: &Renames,
        scratch: &DatabaseSettings,
    ) -> Result<Option<RenamedDatabase>, AutogenerateError> {
        let operations = diff::rename_operations(renames);
        let copy = match ScratchCopy::build(self, &operations, scratch, Isolation::Schema).await {
            Ok(copy) => copy,
            Err(AutogenerateError::Copy { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let read = copy.rename(self, renames, &operations).await;
        copy.close().await?;
        read
    }

    async fn verify(
        &self,
        operations: &[SchemaOperation],
        scratch: &DatabaseSettings,
    ) -> Result<Verification, AutogenerateError> {
        let obstacles = self.obstacles(operations);
        if !obstacles.is_empty() {
            return Ok(Verification::Blocked { obstacles });
        }
        let scratch_copy = ScratchCopy::build(self, operations, scratch, Isolation::Schema).await?;
        let outcome = scratch_copy.run_up_and_down(self, operations).await;
        scratch_copy.close().await?;
        outcome
    }

    /// Verifies operations that create everything, as [`verify_plan`](Self::verify_plan) does, in an empty database: what
    /// they use and do not create, or create too late, is not found there. Where no database of PostgreSQL can be made, or
    /// the user may not create the extensions in it, they are verified in an empty schema.
    ///
    /// # Errors
    ///
    /// As [`verify_plan`](Self::verify_plan).
    pub async fn verify_creation(
        &self,
        operations: &[SchemaOperation],
        scratch: &DatabaseSettings,
    ) -> Result<Verification, AutogenerateError> {
        let empty = match ScratchCopy::build(self, operations, scratch, Isolation::Database).await {
            Ok(empty) => empty,
            Err(AutogenerateError::Copy { reason }) => return Ok(Verification::Unknown { reason }),
            Err(AutogenerateError::Scratch(_)) => return self.verify_plan(operations, scratch).await,
            Err(error) => return Err(error),
        };
        let creates_extension = |operation: &&SchemaOperation| match operation {
            SchemaOperation::CreateObject(object) => object.name.kind == ObjectKind::Extension,
            _ => false,
        };
        let extensions: Vec<_> = operations.iter().filter(creates_extension).cloned().collect();
        // Whether the user may create them is tried. Their order, and whether they are there in time, is found out later.
        empty.scratch.savepoint().await?;
        let created = empty.run(code(&extensions, self.backend)).await;
        empty.scratch.rollback_to_savepoint().await?;
        let outcome = match created {
            Err(error) if is_denied(&error) => self.verify_plan(operations, scratch).await,
            _ => empty.run_up_and_down(self, operations).await,
        };
        // What is not dropped now is dropped by the next run that needs a scratch database.
        let _ = empty.close().await;
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
        let scratch_copy = ScratchCopy::build(self, operations, scratch, Isolation::Schema).await?;
        let written = scratch_copy.run(code(operations, self.backend)).await;
        scratch_copy.close().await?;
        written.map_err(AutogenerateError::Statement)
    }
}

#[cfg(feature = "cli")]
impl Comparison {
    /// The code that builds the tables and objects which the operations concern, as the database has them, in an empty
    /// database.
    pub(crate) fn copy(&self, operations: &[SchemaOperation]) -> GeneratedMigration {
        let affected = AffectedTables::of(self, operations);
        let mut wanted = subset(&self.from, &affected.from);
        wanted.tables.extend(placeholder_tables([&wanted, &subset(&self.to, &affected.to)]));
        let objects = copied_objects(&self.objects, &affected.from, operations);
        let mut is_early = dependents::before_tables(&objects).into_iter();
        let (early, late): (Vec<_>, Vec<_>) = objects.into_iter().partition(|_| is_early.next().unwrap_or_default());
        let mut steps = steps_between(&Schema::default(), &wanted, self.backend);
        let tables = steps.split_off(count_types(&steps));
        let create = |object| SchemaOperation::CreateObject(Box::new(object));
        steps.extend(early.into_iter().map(create));
        steps.extend(tables);
        steps.extend(late.into_iter().map(create));
        GeneratedMigration(code(&steps, self.backend))
    }
}

/// Where a copy is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Isolation {
    /// In an empty schema.
    Schema,
    /// In an empty database (PostgreSQL).
    Database,
}

/// A copy of some tables of a database.
struct ScratchCopy {
    scratch: ScratchSchema,
    backend: DbBackend,
    /// The schema of the copy before the operations.
    start: Schema,
    /// The schema that the entities describe for these tables.
    goal: Schema,
    /// The objects of the copy before the operations.
    objects: Vec<DatabaseObject>,
}

/// The catalogue of MySQL and MariaDB is read without `RESTRICT`, which is `NO ACTION` there.
fn as_mysql_tells(table: &mut Table) {
    for key in &mut table.foreign_keys {
        for action in [&mut key.on_delete, &mut key.on_update] {
            if *action == ReferentialAction::Restrict {
                *action = ReferentialAction::NoAction;
            }
        }
    }
}

impl ScratchCopy {
    /// Copies the tables that the operations concern, the tables that refer to these, and the tables that any of them
    /// refers to.
    async fn build(
        comparison: &Comparison,
        operations: &[SchemaOperation],
        settings: &DatabaseSettings,
        isolation: Isolation,
    ) -> Result<Self, AutogenerateError> {
        let affected = AffectedTables::of(comparison, operations);
        let objects = copied_objects(&comparison.objects, &affected.from, operations);
        let of_objects = objects.iter().filter_map(|object| object.name.name.schema.clone());
        let schemas: BTreeSet<String> = affected.schemas().into_iter().chain(of_objects).collect();
        let schemas: Vec<String> = schemas.into_iter().collect();
        if let Some(schema) = schemas.first().filter(|_| comparison.backend != DbBackend::Postgres) {
            return Err(AutogenerateError::Copy { reason: format!("`{schema}` is another database") });
        }
        let (mut wanted, mut goal) = (subset(&comparison.from, &affected.from), subset(&comparison.to, &affected.to));
        if comparison.backend == DbBackend::MySql {
            goal.tables.values_mut().for_each(as_mysql_tells);
        }
        let placeholders = placeholder_tables([&wanted, &goal]);
        wanted.tables.extend(placeholders.clone());
        goal.tables.extend(placeholders);
        let scratch = match isolation {
            Isolation::Schema => ScratchSchema::open(settings, &schemas).await?,
            Isolation::Database => ScratchSchema::open_alone(settings, &schemas).await?,
        };
        let mut scratch_copy =
            Self { scratch, backend: comparison.backend, start: wanted.clone(), goal, objects: Vec::new() };
        let objects = match comparison.backend {
            // An object of the copy finds a table that is not copied in the compared database.
            DbBackend::Postgres => objects,
            _ => that_can_be_copied(objects, &scratch_copy.start),
        };
        if let Err(error) = scratch_copy.copy(&wanted, objects).await {
            scratch_copy.close().await?;
            return Err(error);
        }
        Ok(scratch_copy)
    }

    /// Builds the tables and objects of the copy, and checks that the database reports the tables as `wanted`.
    async fn copy(&mut self, wanted: &Schema, objects: Vec<DatabaseObject>) -> Result<(), AutogenerateError> {
        let mut steps = steps_between(&Schema::default(), wanted, self.backend);
        let tables = steps.split_off(count_types(&steps));
        self.run(code(&steps, self.backend)).await.map_err(|error| not_built(&error))?;
        let mut is_early = dependents::before_tables(&objects).into_iter();
        let (early, late): (Vec<_>, Vec<_>) = objects.into_iter().partition(|_| is_early.next().unwrap_or_default());
        self.create(early).await?;
        self.run(code(&tables, self.backend)).await.map_err(|error| not_built(&error))?;
        self.start = self.inspect().await?;
        let missing = differences(&steps_between(&self.start, wanted, self.backend));
        if let Some(first) = missing.first() {
            let of = first.table.as_ref().map(|table| format!(" of table `{table}`")).unwrap_or_default();
            return Err(AutogenerateError::Copy { reason: format!("the {}{of} cannot be copied", first.kind) });
        }
        self.create(late).await?;
        self.objects = self.inspect_objects().await?;
        Ok(())
    }

    async fn create(&self, objects: Vec<DatabaseObject>) -> Result<(), AutogenerateError> {
        for object in objects {
            let name = object.name.clone();
            let create = code(&[SchemaOperation::CreateObject(Box::new(object))], self.backend);
            self.run(create).await.map_err(|error| AutogenerateError::Copy {
                reason: format!("{name} cannot be copied: {}", full_reason(&error)),
            })?;
        }
        Ok(())
    }

    async fn run_up_and_down(
        &self,
        comparison: &Comparison,
        operations: &[SchemaOperation],
    ) -> Result<Verification, AutogenerateError> {
        // An extension belongs to the whole database, so a copy creates one that is missing, and drops none.
        let operations: Vec<_> = operations.iter().filter(|operation| !drops_extension(operation)).cloned().collect();
        let operations = operations.as_slice();
        let downgrade: Vec<_> = reversed(operations).into_iter().filter(|step| !drops_extension(step)).collect();
        if let Err(error) = self.run(code(operations, self.backend)).await {
            return Ok(refused(true, &error));
        }
        let up = steps(&self.inspect().await?, &self.goal, &comparison.hints, self.backend);
        let mut up = differences(&up);
        let found = self.inspect_objects().await?;
        up.extend(missing_objects(&after_all(&self.objects, operations, self.backend), &found));
        up.extend(wrong_definitions(operations, &found));
        if let Err(error) = self.run(code(&downgrade, self.backend)).await {
            return Ok(refused(false, &error));
        }
        let mut down = differences(&steps_between(&self.inspect().await?, &self.start, self.backend));
        down.extend(changed_objects(&self.inspect_objects().await?, &self.objects));
        match up.is_empty() && down.is_empty() {
            true => Ok(Verification::Proven),
            false => Ok(Verification::Differs { up, down }),
        }
    }

    async fn rename(
        &self,
        comparison: &Comparison,
        renames: &Renames,
        operations: &[SchemaOperation],
    ) -> Result<Option<RenamedDatabase>, AutogenerateError> {
        if self.run(code(operations, self.backend)).await.is_err() {
            return Ok(None);
        }
        let mut schema = diff::apply_renames(&comparison.from, renames);
        for (name, table) in self.inspect().await?.tables {
            schema.tables.entry(name).and_modify(|own| take_expressions(own, &table));
        }
        let mut objects = after_renames(operations, &comparison.objects, self.backend);
        let found = self.inspect_objects().await?;
        for object in objects.iter_mut().filter(|_| self.backend != DbBackend::MySql) {
            if let Some(found) = found.iter().find(|found| found.name == object.name) {
                *object = DatabaseObject { create: filled(&found.create, &object.create), ..found.clone() };
            }
        }
        Ok(Some(RenamedDatabase { renames: renames.clone(), schema, objects }))
    }

    async fn inspect_objects(&self) -> Result<Vec<DatabaseObject>, AutogenerateError> {
        let mut objects = self.scratch.objects().await.map_err(AutogenerateError::Inspect)?;
        objects.retain(|object| object.name.kind != ObjectKind::Extension);
        let places = self.scratch.placement().schemas;
        if !places.is_empty() {
            let said = places.into_iter().map(|(said, actual)| (actual, said)).collect();
            let statements = objects.iter_mut().flat_map(|object| object.create.iter_mut().chain([&mut object.drop]));
            statements.for_each(|statement| *statement = rewrite_schema_names(statement, &said));
        }
        Ok(objects)
    }

    async fn inspect(&self) -> Result<Schema, AutogenerateError> {
        self.scratch.inspect().await.map_err(AutogenerateError::Inspect)
    }

    /// Runs code, and returns the statements that it sends.
    async fn run(&self, code: Vec<CodeNode>) -> Result<Vec<String>, DbErr> {
        let base = self.scratch.base();
        let in_transaction = matches!(base, Connection::Held(_));
        let code = intercept::Invocation {
            body: Arc::new(GeneratedMigration(code)),
            in_transaction,
            // The tables of the copy are empty. A script for SQLite checks the values when it runs.
            options: CodeOptions { counts_losses: self.backend == DbBackend::Sqlite, ..CodeOptions::new() },
        };
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
        Ok(self.scratch.close().await?)
    }
}

/// How many operations at the beginning create types.
fn count_types(steps: &[SchemaOperation]) -> usize {
    steps.iter().take_while(|step| matches!(step, SchemaOperation::CreateEnumeration(_))).count()
}

/// The operations that change `from` into `to`. The names of constraints and indexes are ignored.
fn steps_between(from: &Schema, to: &Schema, backend: DbBackend) -> Vec<SchemaOperation> {
    steps(from, to, &EntityHints::default(), backend)
}

fn steps(from: &Schema, to: &Schema, hints: &EntityHints, backend: DbBackend) -> Vec<SchemaOperation> {
    diff::diff(from, to, hints, &Renames::default(), rules(backend))
}

/// The statements of an object of a copy. A view that stores rows is empty there; it is filled if `original` is.
fn filled(copy: &[String], original: &[String]) -> Vec<String> {
    let is_empty = |statements: &[String]| statements.first().is_some_and(|first| first.ends_with(WITH_NO_DATA));
    let mut statements = copy.to_vec();
    if let Some(first) = statements.first_mut().filter(|_| is_empty(copy) && !is_empty(original)) {
        first.truncate(first.len() - WITH_NO_DATA.len());
    }
    statements
}

/// Takes the expressions of a table from its copy. Names stay: a copy does not have all of them.
fn take_expressions(own: &mut Table, copy: &Table) {
    for column in &mut own.columns {
        if let Some(copy) = copy.column(&column.name) {
            column.generated.clone_from(&copy.generated);
        }
    }
    if own.checks.iter().map(|check| &check.name).eq(copy.checks.iter().map(|check| &check.name)) {
        let pairs = own.checks.iter_mut().zip(&copy.checks);
        pairs.for_each(|(own, copy)| own.expression.clone_from(&copy.expression));
    }
    for index in &mut own.indexes {
        if let Some(copy) = copy.indexes.iter().find(|copy| copy.name == index.name) {
            index.parts.clone_from(&copy.parts);
            index.predicate.clone_from(&copy.predicate);
        }
    }
}

fn drops_extension(operation: &SchemaOperation) -> bool {
    match operation {
        SchemaOperation::DropObject(object) | SchemaOperation::SuspendObject(object) => {
            object.name.kind == ObjectKind::Extension
        }
        _ => false,
    }
}

/// The objects that a copy has after the operations, if it has `objects` before.
fn after_all(objects: &[DatabaseObject], operations: &[SchemaOperation], backend: DbBackend) -> Vec<DatabaseObject> {
    let mut after = after_renames(operations, objects, backend);
    for operation in operations {
        match operation {
            SchemaOperation::SuspendObject(old) | SchemaOperation::DropObject(old) => {
                let renamed = after_renames(operations, std::slice::from_ref(&**old), backend);
                after.retain(|object| object.name != old.name && renamed.iter().all(|own| own.name != object.name));
            }
            SchemaOperation::RestoreObject(new) | SchemaOperation::CreateObject(new) => after.push((**new).clone()),
            SchemaOperation::ReplaceObject { to, .. } => {
                after.retain(|object| object.name != to.name);
                after.push((**to).clone());
            }
            _ => {}
        }
    }
    after
}

/// The objects of `wanted` that are missing in `found`, or that have lost one of their properties there.
fn missing_objects(wanted: &[DatabaseObject], found: &[DatabaseObject]) -> Vec<Difference> {
    let found = by_name(found);
    let own = |wanted: &DatabaseObject| found.get(&wanted.name).copied();
    let is_there = |wanted: &DatabaseObject| own(wanted).is_some_and(|own| own.create.len() == wanted.create.len());
    let wanted = wanted.iter().filter(|wanted| wanted.name.kind != ObjectKind::Extension);
    let missing = wanted.filter(|wanted| !is_there(wanted));
    missing.map(|wanted| object(own(wanted), Some(wanted))).collect()
}

/// The objects that the operations create and that have another definition in `found`.
fn wrong_definitions(operations: &[SchemaOperation], found: &[DatabaseObject]) -> Vec<Difference> {
    let created = operations.iter().filter_map(|operation| match operation {
        SchemaOperation::CreateObject(object) => Some((**object).clone()),
        _ => None,
    });
    // A copy has these in another state.
    let differs =
        |object: &DatabaseObject| matches!(object.name.kind, ObjectKind::MaterializedView | ObjectKind::Event);
    let created: Vec<_> = created.filter(|object| !differs(object)).collect();
    let changes = ObjectChanges::between(found, &created, &BTreeSet::new());
    changes.replaced.iter().map(|(old, new)| object(Some(old), Some(new))).collect()
}

/// The objects that are different in `found` and `wanted`.
fn changed_objects(found: &[DatabaseObject], wanted: &[DatabaseObject]) -> Vec<Difference> {
    let (found, wanted) = (by_name(found), by_name(wanted));
    let names: BTreeSet<&ObjectName> = found.keys().chain(wanted.keys()).copied().collect();
    let pairs = names.into_iter().map(|name| (found.get(name).copied(), wanted.get(name).copied()));
    let changed = pairs.filter(|(old, new)| match (old, new) {
        (Some(old), Some(new)) => !old.has_definition_of(new),
        _ => true,
    });
    changed.map(|(old, new)| object(old, new)).collect()
}

fn by_name(objects: &[DatabaseObject]) -> BTreeMap<&ObjectName, &DatabaseObject> {
    objects.iter().map(|object| (&object.name, object)).collect()
}

fn not_built(error: &DbErr) -> AutogenerateError {
    AutogenerateError::Copy { reason: format!("a copy of the schema cannot be built: {}", full_reason(error)) }
}

fn refused(is_up: bool, error: &DbErr) -> Verification {
    Verification::Refused { is_up, reason: reason_with_detail(error) }
}
