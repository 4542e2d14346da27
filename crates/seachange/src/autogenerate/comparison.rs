//! A database and the entities, as two schemas that can be compared.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{DatabaseConnection, DbBackend, DbErr};

use super::desired::{ProgressFn, target};
use super::diff::{self, OrderingRules, RenameCandidate, Renames};
use super::entities::Entities;
use super::error::AutogenerateError;
use super::filter::TableFilter;
use super::hints::EntityHints;
use super::operation::SchemaOperation;
use crate::adopt::MigrationTool;
use crate::backend::query_scalar;
use crate::inspect::{InspectScope, inspect, views};
use crate::schema::{Schema, TableName, View};
use crate::settings::DatabaseSettings;
use crate::store::RevisionStore;

/// A database and the entities, as two schemas.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// What the database has, as far as it is compared.
    pub from: Schema,
    /// What the entities ask for.
    pub to: Schema,
    /// What the entities leave open.
    pub wishes: EntityHints,
    pub(super) backend: DbBackend,
    /// The views over tables of the database.
    pub(super) views: Vec<View>,
}

impl Comparison {
    /// Compares a database with entities. `scratch` names the database system where their tables are built for a moment: that of
    /// `connection`, or another one of the same kind.
    ///
    /// The database is read, and nothing is left behind in it.
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

    /// Compares as [`of`](Self::compare) does, while somebody watches.
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
        let mut from =
            inspect(connection, &InspectScope { schema: None, others }).await.map_err(AutogenerateError::Inspect)?;
        let (mut to, wishes) = target(scratch, &entities, &schemas, &from, home, watch).await?;
        restrict(&mut from, &mut to, &entities, filter);
        let views = views(connection).await.map_err(AutogenerateError::Inspect)?;
        Ok(Self { from, to, wishes, backend, views })
    }

    /// Compares nothing at all with a database: the steps are those that make what it has. Of the entities only matters what they
    /// [leave alone](Entities::leave_alone).
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
        Ok(Self { from: Schema::default(), to, wishes: EntityHints::default(), backend, views: Vec::new() })
    }

    /// The renames that the entities ask for.
    #[must_use]
    pub fn renames(&self) -> Renames {
        Renames::asked_for(&self.from, &self.to, &self.wishes)
    }

    /// What may have got another name, though nobody says so, once `renames` are done.
    #[must_use]
    pub fn candidates(&self, renames: &Renames) -> Vec<RenameCandidate> {
        diff::candidates(&self.from, &self.to, renames)
    }

    /// The bodies of a revision that takes the steps, and takes them back.
    #[cfg(feature = "cli")]
    pub(crate) fn bodies(&self, operations: &[SchemaOperation]) -> seachange_source::RevisionBody {
        super::bodies(operations, &super::operation::reversed(operations), self.backend)
    }

    /// What leads from the database to the entities.
    #[must_use]
    pub fn operations(&self, renames: &Renames) -> Vec<SchemaOperation> {
        diff::diff(&self.from, &self.to, &self.wishes, renames, rules(self.backend))
    }
}

/// What can be done in which order on a database system.
pub(super) fn rules(backend: DbBackend) -> OrderingRules {
    let is_mysql = backend == DbBackend::MySql;
    OrderingRules { foreign_keys_hold: is_mysql, counters_need_a_key: is_mysql }
}

/// The schemas that entities name.
fn schemas(entities: &Entities) -> Vec<String> {
    let named: BTreeSet<_> = entities.tables().filter_map(|table| table.schema.clone()).collect();
    named.into_iter().collect()
}

/// The schema that the connection works in, where others can refer to it by name.
async fn current_schema(connection: &DatabaseConnection) -> Result<Option<String>, DbErr> {
    match connection.get_database_backend() {
        DbBackend::Postgres => query_scalar(connection, "SELECT current_schema()::text AS answer", []).await,
        _ => Ok(None),
    }
}

/// Leaves out what is not compared.
fn restrict(from: &mut Schema, to: &mut Schema, entities: &Entities, filter: &TableFilter) {
    let own = records();
    // A schema of somebody else's is not ours because we refer to one of its tables.
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

/// The tables of the engine, and those where other tools keep their record.
fn records() -> BTreeSet<TableName> {
    let own = RevisionStore::new(None, RevisionStore::DEFAULT_TABLE.to_owned()).tables();
    let others = [MigrationTool::SeaOrm, MigrationTool::Alembic].map(|tool| tool.default_table().to_owned());
    own.into_iter().chain(others).map(TableName::new).collect()
}

/// A type is compared when a table that is compared uses it, and no other one does.
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
