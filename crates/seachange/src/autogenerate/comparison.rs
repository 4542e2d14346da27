//! A database and the entities, as two schemas that can be compared.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{DatabaseConnection, DbBackend, DbErr};

use super::apply::built_text;
#[cfg(feature = "cli")]
use super::database_state::DatabaseState;
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
use super::type_affinity;
use super::unmatched_keys::{self, ReferenceRule};
use crate::adopt::MigrationTool;
use crate::backend::query_scalar;
use crate::inspect::{InspectScope, inspect, objects, unsupported_objects};
use crate::revision::Migrations;
use crate::schema::{DatabaseObject, ObjectKind, ObjectName, Schema, Table, TableName};
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
    pub(super) reference_rule: ReferenceRule,
    /// The views, functions, triggers … of the database, if tables differ.
    pub(super) objects: Vec<DatabaseObject>,
    /// The declared objects, as the database reports them.
    pub(super) declared: Vec<DatabaseObject>,
    /// What a database has and the operations do not create elsewhere.
    pub(super) omitted: Vec<String>,
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
            reference_rule: ReferenceRule::of(backend),
            objects: Vec::new(),
            declared: Vec::new(),
            omitted: Vec::new(),
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
        let has_foreign_keys = |schema: &Schema| schema.tables.values().any(|table| !table.foreign_keys.is_empty());
        let reference_rule = match has_foreign_keys(&from) || has_foreign_keys(&to) {
            true => ReferenceRule::read(connection).await.map_err(AutogenerateError::Inspect)?,
            false => ReferenceRule::of(backend),
        };
        let unmatched = unmatched_keys::find(&from, &to, reference_rule);
        restrict(&mut from, &mut to, &entities, filter);
        for (name, table) in &mut to.tables {
            from.tables.get(name).into_iter().for_each(|own| table.take_options_of(own));
        }
        if backend == DbBackend::Sqlite {
            type_affinity::unify(&from, &mut to);
        }
        hints.add_changes_of_case(&from, &to, backend);
        let complete = entities.complete_kinds().clone();
        let mut comparison = Self { declared, complete, reference_rule, ..Self::new(from, to, hints, backend) };
        let has_objects = !comparison.declared.is_empty() || !comparison.complete.is_empty();
        if has_objects || !comparison.operations(&Renames::default()).is_empty() {
            comparison.objects = objects(connection, &scope).await.map_err(AutogenerateError::Inspect)?;
        }
        let renames = Renames::asked_for(&comparison.from, &comparison.to, &comparison.hints)?;
        let comparison = comparison.rename(&renames, scratch).await?.ignore(&entities, scratch).await?;
        unmatched_keys::check(&unmatched, &comparison.to)?;
        Ok(comparison)
    }

    /// Compares an empty schema with a database: the operations create what the database has, the objects beside the
    /// tables included. Of the entities, only the tables that they [leave alone](Entities::leave_alone) matter. What the
    /// operations do not create is in [`omitted`](Self::omitted).
    ///
    /// # Errors
    ///
    /// [`AutogenerateError::Inspect`].
    pub async fn of_database(
        connection: &DatabaseConnection,
        entities: &Entities,
        filter: &TableFilter,
    ) -> Result<Self, AutogenerateError> {
        let scope = InspectScope::default();
        let all = inspect(connection, &scope).await.map_err(AutogenerateError::Inspect)?;
        let mut to = all.clone();
        restrict(&mut to, &mut Schema::default(), entities, filter);
        let backend = connection.get_database_backend();
        if backend == DbBackend::Sqlite {
            // The text of a table is part of its schema there.
            to.tables.values_mut().for_each(keep_text);
        }
        crate::inspect::add_for_creation(connection, &scope, &mut to).await.map_err(AutogenerateError::Inspect)?;
        if *filter == TableFilter::default() {
            // A function may use a type that no table uses.
            to.enumerations = all.enumerations;
        }
        let found = objects(connection, &scope).await.map_err(AutogenerateError::Inspect)?;
        let (declared, lacking) = with_their_tables(found, &to, *filter == TableFilter::default());
        let unsupported = unsupported_objects(connection, &scope).await.map_err(AutogenerateError::Inspect)?;
        let mut omitted: Vec<String> = unsupported.iter().map(ToString::to_string).collect();
        omitted.extend(lacking);
        Ok(Self { declared, omitted, ..Self::new(Schema::default(), to, EntityHints::default(), backend) })
    }

    /// The objects whose definition the user may not read. They are not compared, and cannot be created again.
    pub fn unreadable_objects(&self) -> impl Iterator<Item = &ObjectName> {
        self.objects.iter().filter(|object| object.create.is_empty()).map(|object| &object.name)
    }

    /// What a database has and [`of_database`](Self::of_database) does not create elsewhere, in words.
    #[must_use]
    pub fn omitted(&self) -> &[String] {
        &self.omitted
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

    /// The database system.
    #[cfg(feature = "cli")]
    pub(crate) fn backend(&self) -> DbBackend {
        self.backend
    }

    /// What the operations lose of the data.
    #[cfg(feature = "cli")]
    pub(crate) fn losses(&self, operations: &[SchemaOperation]) -> Vec<super::losses::DataLoss> {
        super::losses::losses(operations, self.backend)
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
    let generated_columns_hold = backend == DbBackend::Postgres;
    OrderingRules {
        foreign_keys_hold: is_mysql,
        counters_need_a_key: is_mysql,
        generated_columns_hold,
        // MariaDB makes the renames, which a scratch copy shows.
        expressions_hold_names: is_mysql,
    }
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

/// Has a table of SQLite created by its text, unless the builder writes the same.
fn keep_text(table: &mut Table) {
    let built = built_text(table);
    if let Some(definition) = &mut table.definition {
        definition.is_verbatim = built.as_ref() != Some(&definition.text);
    }
}

/// The objects that need only tables of a schema and each other, and what the others lack. Unless `is_whole`, an object
/// that no such table has to do with is left out without a word, because it was not asked for. Publications are not created,
/// so no table is added to one.
fn with_their_tables(
    found: Vec<DatabaseObject>,
    schema: &Schema,
    is_whole: bool,
) -> (Vec<DatabaseObject>, Vec<String>) {
    let mut kept: BTreeMap<ObjectName, DatabaseObject> = BTreeMap::new();
    let (mut owners, mut needed, mut lacking) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    let is_created = |object: &&DatabaseObject| object.name.kind != ObjectKind::PublishedTable;
    for object in dependents::in_order_of_creation(&found).into_iter().filter(is_created) {
        let is_there = |table: &&TableName| schema.tables.contains_key(*table) || owners.contains(*table);
        let table = object.tables().find(|table| !is_there(table)).map(|table| format!("table `{table}`"));
        let other = object.objects().find(|name| !kept.contains_key(*name)).map(ToString::to_string);
        let lack = match object.create.is_empty() {
            true => Some("this user may not read its definition".to_owned()),
            false => table.or(other).map(|lack| format!("it needs {lack}, which is not created")),
        };
        let belongs = object.tables().chain(&object.used_by).any(|table| is_there(&table))
            || object.objects().any(|other| needed.contains(other));
        match lack {
            None => {
                owners.insert(object.name.name.clone());
                if belongs {
                    needed.insert(object.name.clone());
                }
                kept.insert(object.name.clone(), object.clone());
            }
            Some(lack) if is_whole && !is_of_record(object) => lacking.push(format!("{}: {lack}", object.name)),
            Some(_) => {}
        }
    }
    if !is_whole {
        let mut open: Vec<ObjectName> = needed.iter().cloned().collect();
        while let Some(name) = open.pop() {
            let objects = kept.get(&name).into_iter().flat_map(DatabaseObject::objects);
            open.extend(objects.filter(|other| needed.insert((*other).clone())).cloned().collect::<Vec<_>>());
        }
        kept.retain(|name, _| needed.contains(name));
    }
    (kept.into_values().collect(), lacking)
}

/// Whether an object belongs to a table of the engine or of another migration tool.
fn is_of_record(object: &DatabaseObject) -> bool {
    object.name.owner.as_ref().is_some_and(|owner| records().contains(owner))
}

/// The tables of the engine, and the default record tables of other migration tools.
pub(super) fn records() -> BTreeSet<TableName> {
    let store = RevisionStore::new(RevisionTable::default());
    let others = MigrationTool::ALL.map(|tool| tool.default_table().to_owned());
    store.all_tables().chain(others).map(TableName::new).collect()
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
        for schema in [&mut compared.from, &mut compared.to] {
            // A rule may have taken it from the database.
            schema.tables.remove(&TableName::new(MARK_TABLE));
        }
        Ok(compared)
    }
}

#[cfg(feature = "cli")]
impl Comparison {
    /// The same comparison, with the state of the database before as its beginning, instead of an empty schema.
    pub(super) fn since(self, before: DatabaseState) -> Self {
        let (from, objects) = before.into_parts();
        let complete = objects.iter().map(|object| object.name.kind).collect();
        Self { from, objects, complete, ..self }
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
    let migrator = database.migrator(migrations).await?;
    let compared = match migrator.upgrade("heads").await {
        Ok(_) => Comparison::compare(migrator.connection(), scratch, entities, filter).await,
        Err(error) => Err(replay(error)),
    };
    migrator.close().await.map_err(replay)?;
    compared
}
