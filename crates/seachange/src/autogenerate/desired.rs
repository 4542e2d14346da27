//! The schema that the entities describe, as the database reports it.
//!
//! Building every table would take longer than all other work. So the database builds each kind of column once, and
//! each table is assembled from these columns. If an assembled table equals the table of the database, nothing else is
//! needed. A table that differs, or that has parts which only the database can report, is built as a whole and
//! inspected.

mod objects;
mod probe;

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::ConnectionTrait;

use self::objects::DeclaredObjects;
use self::probe::ColumnProbes;
use super::diff;
use super::entities::{Entities, SchemaDefinition, SchemaMapping, TablePlan};
use super::error::{AutogenerateError, EntityError};
use super::hints::EntityHints;
use super::scratch::{ScratchSchema, send};
use crate::database_error::full_reason;
use crate::schema::{Column, DatabaseObject, KeptOptions, PrimaryKey, Schema, Table};
use crate::settings::DatabaseSettings;

/// What the entities describe, as the database reports it.
pub(super) struct TargetSchema {
    pub(super) schema: Schema,
    /// What the entities leave open, and the former names that they declare.
    pub(super) hints: EntityHints,
    /// The declared objects.
    pub(super) objects: Vec<DatabaseObject>,
}

/// Called with the number of tables built so far, and the number of all tables to build.
pub(crate) type ProgressFn<'w> = dyn Fn(usize, usize) + Sync + 'w;

/// Builds the entities in a scratch schema. Returns the schema that the database reports, and what the entities leave
/// open. `from` is the schema of the compared database, and `home` is the name of the schema where it was found.
///
/// # Errors
///
/// The entities do not describe a valid schema, no scratch schema can be opened, or the catalogue cannot be read.
pub(super) async fn target(
    settings: &DatabaseSettings,
    entities: &Entities,
    schemas: &[String],
    from: &Schema,
    home: Option<String>,
    watch: &ProgressFn<'_>,
) -> Result<TargetSchema, AutogenerateError> {
    let scratch = ScratchSchema::open(settings, schemas).await?;
    let read = read(&scratch, entities, from, home, watch).await;
    let closed = scratch.close().await;
    let read = read?;
    closed?;
    Ok(read)
}

async fn read(
    scratch: &ScratchSchema,
    entities: &Entities,
    from: &Schema,
    home: Option<String>,
    watch: &ProgressFn<'_>,
) -> Result<TargetSchema, AutogenerateError> {
    let backend = scratch.executor().get_database_backend();
    let placement = SchemaMapping { home, ..scratch.placement() };
    let blueprint = entities.blueprint(backend, &placement)?;
    let mut objects = DeclaredObjects::of(scratch, entities);
    let mut schema = match blueprint.has_own_statements {
        true => build_all(scratch, &blueprint, &mut objects, watch).await?,
        false => build_uncertain(scratch, &blueprint, from, watch).await?,
    };
    annotate(&mut schema, &blueprint, placement.home.as_deref());
    let objects = objects.build_and_read().await?;
    Ok(TargetSchema { schema, hints: blueprint.wishes, objects })
}

async fn build_all(
    scratch: &ScratchSchema,
    blueprint: &SchemaDefinition,
    objects: &mut DeclaredObjects<'_>,
    watch: &ProgressFn<'_>,
) -> Result<Schema, AutogenerateError> {
    build(scratch, &blueprint.first).await?;
    objects.build_before_tables().await?;
    build_tables(scratch, &blueprint.tables.iter().collect::<Vec<_>>(), watch).await?;
    // A foreign key to a table that is not built would refer to the table of that name in the compared database.
    let names: BTreeSet<_> = blueprint.tables.iter().map(|table| &table.name).collect();
    let (inner, outer): (Vec<_>, Vec<_>) = blueprint
        .tables
        .iter()
        .flat_map(|table| {
            table.foreign_keys.iter().zip(&table.late_keys).map(move |(key, statement)| (table, key, statement))
        })
        .partition(|(_, key, _)| names.contains(&key.referenced_table));
    build(scratch, &inner.into_iter().map(|(_, _, statement)| statement.clone()).collect::<Vec<_>>()).await?;
    for table in blueprint.tables.iter().filter(|table| !table.own.is_empty()) {
        scratch.work_in(table.name.schema.as_deref()).await?;
        build(scratch, &table.own).await?;
    }
    scratch.work_in(None).await?;
    let mut schema = scratch.inspect().await.map_err(AutogenerateError::Inspect)?;
    for (table, key, _) in outer {
        schema.tables.entry(table.name.clone()).and_modify(|table| table.foreign_keys.push(key.clone()));
    }
    Ok(schema)
}

/// Builds the tables that differ, or may differ, from those of the database. Their foreign keys are not built, because
/// the entities say everything about them.
async fn build_uncertain(
    scratch: &ScratchSchema,
    blueprint: &SchemaDefinition,
    from: &Schema,
    watch: &ProgressFn<'_>,
) -> Result<Schema, AutogenerateError> {
    let probes = ColumnProbes::of(scratch, &blueprint.tables)?;
    let statements: Vec<_> = blueprint.first.iter().chain(&probes.statements).cloned().collect();
    build(scratch, &statements).await?;
    let mut schema = scratch.inspect().await.map_err(AutogenerateError::Inspect)?;
    let probed = probes.take_from(&mut schema);
    let mut doubtful = BTreeSet::new();
    for plan in &blueprint.tables {
        match assembled(plan, &probed).filter(|table| fits(from, table, &blueprint.wishes)) {
            Some(table) => drop(schema.tables.insert(plan.name.clone(), table)),
            None => drop(doubtful.insert(&plan.name)),
        }
    }
    let plans: Vec<_> = blueprint.tables.iter().filter(|plan| doubtful.contains(&plan.name)).collect();
    let mut done = 0;
    for some in plans.chunks(scratch.tables_at_once()) {
        scratch.savepoint().await?;
        build_tables(scratch, some, &|built, _| watch(done + built, plans.len())).await?;
        let mut built = scratch.inspect().await.map_err(AutogenerateError::Inspect)?;
        for plan in some {
            if let Some(table) = built.tables.remove(&plan.name) {
                let table = Table { foreign_keys: plan.foreign_keys.clone(), ..table };
                schema.tables.insert(plan.name.clone(), table);
            }
        }
        scratch.rollback_to_savepoint().await?;
        done += some.len();
    }
    Ok(schema)
}

/// Builds tables in batches, and reports the progress to `watch`.
async fn build_tables(
    scratch: &ScratchSchema,
    plans: &[&TablePlan],
    watch: &ProgressFn<'_>,
) -> Result<(), AutogenerateError> {
    const AT_ONCE: usize = 50;
    for (done, some) in plans.chunks(AT_ONCE).enumerate() {
        watch(done * AT_ONCE, plans.len());
        build(scratch, &some.iter().flat_map(|plan| plan.statements.clone()).collect::<Vec<_>>()).await?;
    }
    watch(plans.len(), plans.len());
    Ok(())
}

async fn build(scratch: &ScratchSchema, statements: &[String]) -> Result<(), AutogenerateError> {
    let sent = send(&scratch.executor(), statements).await;
    Ok(sent.map_err(|source| EntityError::Refused { reason: full_reason(&source), source })?)
}

/// Assembles a table from columns that were built in probe tables. Returns `None` if the table has parts that only the
/// database can report, or if a column was not built.
fn assembled(plan: &TablePlan, probed: &probe::ProbedColumns) -> Option<Table> {
    if plan.is_intricate {
        return None;
    }
    let columns = plan.columns.iter().map(|column| probed.column(column)).collect::<Option<Vec<Column>>>()?;
    let primary_key = (!plan.primary_key.is_empty()).then(|| PrimaryKey {
        name: None,
        columns: plan.primary_key.clone(),
        options: KeptOptions::default(),
    });
    Some(Table {
        columns,
        primary_key,
        uniques: plan.uniques.clone(),
        indexes: plan.indexes.clone(),
        foreign_keys: plan.foreign_keys.clone(),
        comment: plan.comment.clone(),
        ..Table::new(plan.name.clone())
    })
}

/// Whether the database has an equal table.
fn fits(from: &Schema, table: &Table, hints: &EntityHints) -> bool {
    from.table(&table.name).is_some_and(|own| diff::is_equivalent(own, table, hints))
}

/// Replaces what the entities describe better than the catalogue: types of columns, texts of checks, names of foreign
/// keys.
fn annotate(schema: &mut Schema, blueprint: &SchemaDefinition, home: Option<&str>) {
    let plans = blueprint.tables.iter().map(|plan| (&plan.name, plan)).collect::<BTreeMap<_, _>>();
    for table in schema.tables.values_mut() {
        for column in &mut table.columns {
            if let Some(kind) = blueprint.kinds.get(&(table.name.clone(), column.name.clone())) {
                column.column_type.kind = kind.clone();
            }
        }
        for check in &mut table.checks {
            let declared =
                check.name.as_ref().and_then(|name| blueprint.checks.get(&(table.name.clone(), name.clone())));
            if let Some(text) = declared {
                check.expression.text = text.clone();
            }
        }
        for key in &mut table.foreign_keys {
            // sea-query writes no names of foreign keys on SQLite.
            if key.name.is_none() {
                let said = plans.get(&table.name).into_iter().flat_map(|plan| &plan.foreign_keys);
                key.name = said.filter(|said| said.columns == key.columns).find_map(|said| said.name.clone());
            }
            // A table without an entity was found in the current schema of the connection.
            key.referenced_table.unqualify(home);
        }
    }
}
