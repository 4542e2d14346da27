//! A database and the entities, as two schemas that can be compared.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sea_orm::{DatabaseConnection, DbBackend, DbErr};

use super::declared_objects::ObjectChanges;
use super::dependents::{self, DependentObjects, ObjectsOfRename, Obstacle};
use super::desired::{ProgressFn, TargetSchema, target};
use super::diff::{self, OrderingRules, RenameCandidate, Renames};
use super::entities::Entities;
use super::error::AutogenerateError;
use super::filter::TableFilter;
use super::hints::EntityHints;
use super::object_renames::after_renames;
use super::operation::SchemaOperation;
use super::scratch::{MARK_TABLE, ScratchDatabase};
use super::{type_affinity, unmatched_keys};
use crate::adopt::MigrationTool;
use crate::backend::query_scalar;
use crate::inspect::{InspectScope, inspect, objects};
use crate::migrator::Migrator;
use crate::revision::Migrations;
use crate::schema::{DatabaseObject, ObjectKind, Schema, TableName};
use crate::settings::DatabaseSettings;
use crate::store::{RevisionStore, RevisionTable};

/// A database and the entities, as two schemas.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Comparison {
    /// The schema of the database, without the tables and types that are not compared.
    pub from: Schema,
    /// The schema that the entities describe.
    pub to: Schema,
    /// What the entities leave open, and the former names that they declare.
    pub hints: EntityHints,
    pub(super) backend: DbBackend,
    /// The views, functions, triggers … of the database, if tables differ.
    pub(super) objects: Vec<DatabaseObject>,
    /// The declared objects, as the database reports them.
    pub(super) declared: Vec<DatabaseObject>,
    /// The kinds whose objects are all declared.
    pub(super) complete: BTreeSet<ObjectKind>,
    /// Whether objects that depend on a change stay in its way.
    pub(super) keeps_dependents: bool,
    /// What the database makes of the last renames that it was asked about.
    pub(super) renamed: Option<RenamedDatabase>,
}

/// A database as it is after renames, in its own words.
#[derive(Debug, Clone)]
pub(super) struct RenamedDatabase {
    pub(super) renames: Renames,
    pub(super) schema: Schema,
    pub(super) objects: Vec<DatabaseObject>,
}

impl Comparison {
    /// Compares two schemas, without objects beside the tables.
    pub(super) fn new(from: Schema, to: Schema, hints: EntityHints, backend: DbBackend) -> Self {
        Self {
            from,
            to,
            hints,
            backend,
            objects: Vec::new(),
            declared: Vec::new(),
            complete: BTreeSet::new(),
            keeps_dependents: false,
            renamed: None,
        }
    }

    /// Compares a database with entities. `scratch` names the database where the tables of the entities are built
    /// temporarily: that of `connection`, or another one of the same database system.
    ///
    /// The comparison only reads the database of `connection`, and leaves nothing behind in it.
    ///
    /// ```
    /// # mod posts {
    /// #     use seachange::prelude::sea_orm;
    /// #     use sea_orm::entity::prelude::*;
    /// #     #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    /// #     #[sea_orm(table_name = "posts")]
    /// #     pub struct Model {
    /// #         #[sea_orm(primary_key)]
    /// #         pub id: i32,
    /// #     }
    /// #     #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    /// #     pub enum Relation {}
    /// #     impl ActiveModelBehavior for ActiveModel {}
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use seachange::autogenerate::{Comparison, Entities, Renames, TableFilter};
    /// use seachange::connection::connect;
    ///
    /// let settings = "sqlite::memory:".parse()?;
    /// let connection = connect(&settings).await?;
    /// let entities = Entities::new().with(posts::Entity);
    /// let comparison = Comparison::compare(&connection, &settings, &entities, &TableFilter::default()).await?;
    /// assert_eq!(comparison.operations(&Renames::default()).len(), 1, "the table is missing");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// See [`AutogenerateError`].
    pub async fn compare(
        connection: &DatabaseConnection,
        scratch: &DatabaseSettings,
        entities: &Entities,
        filter: &TableFilter,
    ) -> Result<Self, AutogenerateError> {
        Self::compare_with_progress(connection, scratch, entities, filter, &|_, _| {}).await
    }

    /// Compares as [`compare`](Self::compare) does, and reports its progress to `watch`.
    pub(crate) async fn compare_with_progress(
        connection: &DatabaseConnection,
        scratch: &DatabaseSettings,
        entities: &Entities,
        filter: &TableFilter,
        watch: &ProgressFn<'_>,
    ) -> Result<Self, AutogenerateError> {
        let backend = connection.get_database_backend();
        let home = current_schema(connection).await.map_err(AutogenerateError::Inspect)?;
        let entities = entities.compared(filter, home.as_deref());
        entities.check_schemas(backend)?;
        let schemas = schemas(&entities);
        let others = schemas.iter().map(|schema| (schema.clone(), schema.clone())).collect();
        let scope = InspectScope { schema: None, others };
        let mut from = inspect(connection, &scope).await.map_err(AutogenerateError::Inspect)?;
        let TargetSchema { schema: mut to, mut hints, objects: declared } =
            target(scratch, &entities, &schemas, &from, home, watch).await?;
        unmatched_keys::check(&from, &to, backend)?;
        restrict(&mut from, &mut to, &entities, filter);
        if backend == DbBackend::Sqlite {
            type_affinity::unify(&from, &mut to);
        }
        hints.add_changes_of_case(&from, &to, backend);
        let complete = entities.complete_kinds().clone();
        let mut comparison = Self { declared, complete, ..Self::new(from, to, hints, backend) };
        let has_objects = !comparison.declared.is_empty() || !comparison.complete.is_empty();
        if has_objects || !comparison.operations(&Renames::default()).is_empty() {
            comparison.objects = objects(connection, &scope).await.map_err(AutogenerateError::Inspect)?;
        }
        let renames = Renames::asked_for(&comparison.from, &comparison.to, &comparison.hints)?;
        comparison.rename(&renames, scratch).await
    }

    /// Compares an empty schema with a database: the operations create what the database has. Of the entities, only the
    /// tables that they [leave alone](Entities::leave_alone) matter.
    ///
    /// # Errors
    ///
    /// [`AutogenerateError::Inspect`].
    pub async fn of_database(
        connection: &DatabaseConnection,
        entities: &Entities,
        filter: &TableFilter,
    ) -> Result<Self, AutogenerateError> {
        let mut to = inspect(connection, &InspectScope::default()).await.map_err(AutogenerateError::Inspect)?;
        restrict(&mut to, &mut Schema::default(), entities, filter);
        let backend = connection.get_database_backend();
        Ok(Self::new(Schema::default(), to, EntityHints::default(), backend))
    }

    /// The renames that the entities declare and that the database does not have yet.
    #[must_use]
    pub fn renames(&self) -> Renames {
        // A comparison with renames that are not possible is not made.
        Renames::asked_for(&self.from, &self.to, &self.hints).unwrap_or_default()
    }

    /// Tables and columns that may have been renamed although no entity declares it, once `renames` are done.
    #[must_use]
    pub fn candidates(&self, renames: &Renames) -> Vec<RenameCandidate> {
        diff::candidates(&self.from, &self.to, renames)
    }

    /// The bodies of a revision that applies the operations, and reverts them.
    #[cfg(feature = "cli")]
    pub(crate) fn bodies(&self, operations: &[SchemaOperation]) -> seachange_source::RevisionBody {
        super::bodies(operations, &super::operation::reversed(operations), self.backend)
    }

    /// The operations that change the schema of the database into the schema of the entities. Objects that depend on
    /// what changes are dropped before the changes and created again after them.
    #[must_use]
    pub fn operations(&self, renames: &Renames) -> Vec<SchemaOperation> {
        let renamed = self.renamed.as_ref().filter(|renamed| renamed.renames == *renames);
        let (to, hints, rules) = (&self.to, &self.hints, rules(self.backend));
        let operations = match renamed {
            Some(renamed) => diff::diff_renamed(&renamed.schema, to, hints, renames, rules),
            None => diff::diff(&self.from, to, hints, renames, rules),
        };
        let (dependents, changes) = self.dependents(&operations);
        dependents.around(operations, changes)
    }

    /// The objects of the database that make some of the operations impossible, or that the operations break.
    #[must_use]
    pub fn obstacles(&self, operations: &[SchemaOperation]) -> Vec<Obstacle> {
        self.dependents(operations).0.obstacles
    }

    /// What the operations on tables do to the objects of the database, and how these differ from the declared ones.
    fn dependents(&self, operations: &[SchemaOperation]) -> (DependentObjects, ObjectChanges) {
        let renames = operations.iter().filter(|operation| dependents::is_rename(operation));
        let is_of = |renamed: &&RenamedDatabase| renames.eq(&diff::rename_operations(&renamed.renames));
        let guessed;
        let after = match self.renamed.as_ref().filter(is_of) {
            Some(renamed) => &renamed.objects,
            None => {
                guessed = after_renames(operations, &self.objects, self.backend);
                &guessed
            }
        };
        let (follow, hold_types) = (self.backend != DbBackend::MySql, self.backend == DbBackend::Postgres);
        let objects = ObjectsOfRename { before: &self.objects, after, follow, hold_types };
        let changes = ObjectChanges::between(after, &self.declared, &self.complete);
        (dependents::find(operations, &objects, &changes, self.keeps_dependents), changes)
    }

    /// Asks the database what it makes of renames: makes them on a scratch copy, and reads it. Without this, names in
    /// expressions and definitions are replaced as far as their text tells columns apart.
    ///
    /// # Errors
    ///
    /// The scratch schema cannot be opened or read.
    pub async fn rename(mut self, renames: &Renames, scratch: &DatabaseSettings) -> Result<Self, AutogenerateError> {
        if self.renamed.as_ref().is_none_or(|renamed| renamed.renames != *renames) {
            self.renamed = match *renames == Renames::default() {
                true => None,
                false => self.renamed_copy(renames, scratch).await?,
            };
        }
        Ok(self)
    }

    /// Leaves the objects that depend on a change in their place. Each then is an [obstacle](Self::obstacles).
    #[must_use]
    pub fn keep_dependents(self) -> Self {
        Self { keeps_dependents: true, ..self }
    }
}

/// The rules of a database system for the order of operations.
pub(super) fn rules(backend: DbBackend) -> OrderingRules {
    let is_mysql = backend == DbBackend::MySql;
    OrderingRules { foreign_keys_hold: is_mysql, counters_need_a_key: is_mysql }
}

/// The schemas that entities name.
fn schemas(entities: &Entities) -> Vec<String> {
    let named: BTreeSet<_> = entities.tables().filter_map(|table| table.schema.clone()).collect();
    named.into_iter().collect()
}

/// The current schema of the connection on PostgreSQL; `None` on other systems.
async fn current_schema(connection: &DatabaseConnection) -> Result<Option<String>, DbErr> {
    match connection.get_database_backend() {
        DbBackend::Postgres => query_scalar(connection, "SELECT current_schema()::text AS answer", []).await,
        _ => Ok(None),
    }
}

/// Removes the tables and types that are not compared.
fn restrict(from: &mut Schema, to: &mut Schema, entities: &Entities, filter: &TableFilter) {
    let own = records();
    // An entity may name another schema. The other tables of that schema are left alone.
    let is_left_alone =
        |table: &TableName| own.contains(table) || entities.leaves_alone(table) || table.schema.is_some();
    let is_compared = |table: &TableName, to: &Schema| {
        filter.matches(table) && (to.tables.contains_key(table) || !is_left_alone(table))
    };
    let tables = std::mem::take(&mut from.tables).into_iter();
    let (compared, others): (BTreeMap<_, _>, BTreeMap<_, _>) = tables.partition(|(table, _)| is_compared(table, to));
    from.tables = compared;
    restrict_enumerations(from, to, &Schema { tables: others, ..Schema::default() });
}

/// The tables of the engine, and the default record tables of other migration tools.
fn records() -> BTreeSet<TableName> {
    let own = RevisionStore::new(RevisionTable::default()).tables();
    let others = [MigrationTool::SeaOrm, MigrationTool::Alembic].map(|tool| tool.default_table().to_owned());
    own.into_iter().chain(others).map(TableName::new).collect()
}

/// Keeps an enumerated type of the entities if one of their tables uses it. Keeps one of the database if the entities
/// use it too, or if only compared tables use it.
fn restrict_enumerations(from: &mut Schema, to: &mut Schema, others: &Schema) {
    let uses = |schema: &Schema, name: &TableName| {
        let mut columns = schema.tables.values().flat_map(|table| &table.columns);
        columns.any(|column| column.column_type.is_of(name))
    };
    let mut asked_for = std::mem::take(&mut to.enumerations);
    asked_for.retain(|name, _| uses(to, name));
    let mut compared = std::mem::take(&mut from.enumerations);
    compared.retain(|name, _| asked_for.contains_key(name) || uses(from, name) && !uses(others, name));
    from.enumerations = compared;
    to.enumerations = asked_for;
}

impl Comparison {
    /// Runs all revisions on an empty database, and compares its schema with entities. The empty database is created on
    /// the server that `scratch` names, and dropped at the end. On SQLite it is in memory.
    ///
    /// # Errors
    ///
    /// See [`AutogenerateError`]; [`AutogenerateError::Replay`] when a revision fails.
    pub async fn of_replay(
        migrations: &'static Migrations,
        scratch: &DatabaseSettings,
        entities: &Entities,
        filter: &TableFilter,
    ) -> Result<Self, AutogenerateError> {
        let database = ScratchDatabase::create(scratch).await?;
        let compared = replay(migrations, &database, scratch, entities, filter).await;
        let dropped = database.drop().await;
        let mut compared = compared?;
        dropped?;
        compared.from.tables.remove(&TableName::new(MARK_TABLE));
        Ok(compared)
    }
}

async fn replay(
    migrations: &'static Migrations,
    database: &ScratchDatabase,
    scratch: &DatabaseSettings,
    entities: &Entities,
    filter: &TableFilter,
) -> Result<Comparison, AutogenerateError> {
    let replay = |error| AutogenerateError::Replay(Box::new(error));
    let migrator = Migrator::connect_with(migrations, database.settings(), Arc::new(|_| {})).await.map_err(replay)?;
    let compared = match migrator.upgrade("heads").await {
        Ok(_) => Comparison::compare(migrator.connection(), scratch, entities, filter).await,
        Err(error) => Err(replay(error)),
    };
    migrator.close().await.map_err(replay)?;
    compared
}
