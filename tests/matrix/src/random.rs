//! Random schemas, and a test that the steps from one to another lead there and back.

mod objects;

use std::error::Error;

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};
use sea_orm::DbBackend;
use sea_orm::sea_query::{
    Alias, ColumnDef, ColumnType, Expr, ForeignKey, ForeignKeyAction, Index, IndexOrder, StringLen, Table,
};
use seachange::autogenerate::{Comparison, Difference, Entities, EntityTable, IgnoreRule, Verification, differences};

use self::objects::{RandomObject, objects};
use crate::database::Database;
use crate::found::long;

/// A schema: its tables, each present or not.
type RandomSchema = Vec<Option<RandomTable>>;

/// The parts of a table.
#[derive(Debug, Clone)]
struct RandomTable {
    /// Columns with the names `a`, `b`, `c`, each present or not.
    columns: Vec<Option<RandomColumn>>,
    /// Whether the key is `id`; otherwise it is `id` and `a`.
    has_plain_key: bool,
    unique: bool,
    index: Option<RandomIndex>,
    check: Option<u8>,
    generated: Option<u8>,
    foreign_key: Option<(usize, u8)>,
    comment: Option<u8>,
}

impl RandomTable {
    /// Returns whether the key is one column, which numbers rows.
    fn numbers_rows(&self) -> bool {
        self.has_plain_key || self.columns[0].as_ref().is_none_or(|column| column.kind > 1)
    }
}

#[derive(Debug, Clone)]
struct RandomColumn {
    kind: u8,
    is_nullable: bool,
    default: Option<u8>,
}

#[derive(Debug, Clone)]
struct RandomIndex {
    columns: Vec<usize>,
    is_unique: bool,
    is_descending: bool,
    is_partial: bool,
}

const NAMES: [&str; 3] = ["a", "b", "c"];
const TABLES: usize = 3;

fn schemas() -> impl Strategy<Value = RandomSchema> {
    vec(weighted(0.75, table()), TABLES)
}

prop_compose! {
    fn table()(
        columns in vec(weighted(0.7, column()), NAMES.len()),
        (has_plain_key, unique) in (prop::bool::weighted(0.8), any::<bool>()),
        index in weighted(0.5, index()),
        (check, generated, comment) in (weighted(0.3, 0..3_u8), weighted(0.2, 0..2_u8), weighted(0.2, 0..2_u8)),
        foreign_key in weighted(0.4, (0..TABLES, 0..3_u8)),
    ) -> RandomTable {
        RandomTable { columns, has_plain_key, unique, index, check, generated, foreign_key, comment }
    }
}

prop_compose! {
    fn column()(kind in 0..9_u8, is_nullable in any::<bool>(), default in weighted(0.4, 0..3_u8)) -> RandomColumn {
        RandomColumn { kind, is_nullable, default }
    }
}

prop_compose! {
    fn index()(
        columns in vec(0..NAMES.len(), 1..3),
        (is_unique, is_descending, is_partial) in any::<(bool, bool, bool)>(),
    ) -> RandomIndex {
        RandomIndex { columns, is_unique, is_descending, is_partial }
    }
}

fn entities(schema: &RandomSchema, backend: DbBackend) -> Entities {
    let tables = schema.iter().enumerate().filter_map(|(number, table)| Some((number, table.as_ref()?)));
    tables.fold(Entities::new(), |entities, (number, table)| entities.with(declared(number, table, schema, backend)))
}

fn declared(number: usize, table: &RandomTable, schema: &RandomSchema, backend: DbBackend) -> EntityTable {
    let name = format!("t{number}");
    let mut declared = EntityTable::stated(&statement(&name, table, schema));
    if let Some(index) = table.index.as_ref().and_then(|index| create_index(&name, index, table, backend)) {
        declared = declared.index(index);
    }
    // MariaDB allows no check on a column that numbers rows.
    if let Some(number) = table.check.filter(|_| backend != DbBackend::MySql || !table.numbers_rows()) {
        declared = declared.check("positive", &format!("id > -{number}"));
    }
    if let Some(number) = table.comment {
        declared = declared.comment(&format!("It's number {number}"));
    }
    declared
}

fn statement(name: &str, table: &RandomTable, schema: &RandomSchema) -> sea_orm::sea_query::TableCreateStatement {
    let mut statement = Table::create();
    statement.table(Alias::new(name));
    let is_plain = table.numbers_rows();
    let mut id = ColumnDef::new("id");
    id.integer().not_null();
    if is_plain {
        id.primary_key().auto_increment();
    }
    statement.col(id);
    for (name, column) in columns(table) {
        statement.col(definition(name, column, !is_plain && name == "a"));
    }
    if !is_plain {
        statement.primary_key(Index::create().col("id").col("a"));
    }
    if let Some(number) = table.generated {
        let mut doubled = ColumnDef::new("doubled");
        statement.col(doubled.integer().generated(Expr::cust(format!("1 + {number}")), true));
    }
    let keyed = |parent: usize| schema[parent].as_ref().is_some_and(|table| table.has_plain_key);
    if let Some((parent, action)) = table.foreign_key.filter(|(parent, _)| keyed(*parent)) {
        statement.col(ColumnDef::new("parent_id").integer().null());
        let action =
            [ForeignKeyAction::NoAction, ForeignKeyAction::Cascade, ForeignKeyAction::SetNull][usize::from(action)];
        let mut key = ForeignKey::create();
        key.name(format!("fk-{name}-parent_id")).from(Alias::new(name), "parent_id").on_delete(action);
        statement.foreign_key(key.to(Alias::new(format!("t{parent}")), "id"));
    }
    if table.unique && columns(table).any(|(name, _)| name == "b") {
        statement.index(Index::create().unique().name(format!("{name}_b_key")).col("b"));
    }
    statement
}

fn columns(table: &RandomTable) -> impl Iterator<Item = (&'static str, &RandomColumn)> {
    NAMES.into_iter().zip(&table.columns).filter_map(|(name, column)| Some((name, column.as_ref()?)))
}

fn definition(name: &str, column: &RandomColumn, is_in_key: bool) -> ColumnDef {
    let (kind, defaults): (ColumnType, [Expr; 3]) = match column.kind {
        0 => (ColumnType::Integer, [0.into(), 7.into(), (-1).into()]),
        1 => (ColumnType::BigInteger, [0.into(), 7.into(), (-1).into()]),
        2 => (ColumnType::String(StringLen::N(50)), texts()),
        3 => (ColumnType::String(StringLen::N(80)), texts()),
        4 => (ColumnType::Decimal(Some((10, 2))), [0.into(), 7.into(), 1.5.into()]),
        5 => (ColumnType::Boolean, [true.into(), false.into(), true.into()]),
        6 => (ColumnType::Timestamp, [(); 3].map(|()| Expr::current_timestamp())),
        7 => (ColumnType::Double, [0.into(), 7.into(), 1.5.into()]),
        _ => (ColumnType::Date, [(); 3].map(|()| Expr::cust("'2026-01-01'"))),
    };
    let mut definition = ColumnDef::new_with_type(Alias::new(name), kind);
    if column.is_nullable && !is_in_key {
        definition.null();
    } else {
        definition.not_null();
    }
    let [first, second, third] = defaults;
    match column.default {
        None => {}
        Some(0) => drop(definition.default(first)),
        Some(1) => drop(definition.default(second)),
        Some(_) => drop(definition.default(third)),
    }
    definition
}

fn texts() -> [Expr; 3] {
    ["".into(), "it's \"x\"".into(), "7".into()]
}

fn create_index(
    table: &str,
    index: &RandomIndex,
    of: &RandomTable,
    backend: DbBackend,
) -> Option<sea_orm::sea_query::IndexCreateStatement> {
    let mut create = Index::create();
    create.name(format!("{table}_index"));
    let mut names: Vec<&str> = index.columns.iter().map(|at| NAMES[*at]).collect();
    names.dedup();
    names.retain(|name| columns(of).any(|(own, _)| own == *name));
    if names.is_empty() {
        return None;
    }
    for name in names {
        match index.is_descending {
            true => create.col((Alias::new(name), IndexOrder::Desc)),
            false => create.col(Alias::new(name)),
        };
    }
    if index.is_unique {
        create.unique();
    }
    if index.is_partial && backend != DbBackend::MySql {
        sea_orm::sea_query::ConditionalStatement::and_where(&mut create, Expr::cust("id > 0"));
    }
    Some(create)
}

/// Migrates from random schemas to random schemas and back, in an empty database that a URL names. Views, triggers,
/// functions and policies over the tables have to be as they were at each end. Reduces a pair that fails to the smallest
/// failing pair.
///
/// # Errors
///
/// The failing pair, and its error.
pub fn wander(url: &str, pairs: u32) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let config = Config { cases: pairs, failure_persistence: None, max_shrink_iters: 500, ..Config::default() };
    let tested = TestRunner::new(config).run(&(schemas(), schemas(), objects()), |(from, to, objects)| {
        let fault = runtime
            .block_on(fault(url, &from, &to, &objects))
            .map_err(|error| TestCaseError::fail(error.to_string()))?;
        fault.map_or(Ok(()), |fault| Err(TestCaseError::fail(fault)))
    });
    tested.map_err(|error| match error {
        TestError::Fail(reason, pair) => format!("{reason}\n{pair:#?}").into(),
        TestError::Abort(reason) => reason.to_string().into(),
    })
}

/// Migrates from one schema to another and back. Returns the error, if there is one.
async fn fault(
    url: &str,
    from: &RandomSchema,
    to: &RandomSchema,
    objects: &[RandomObject],
) -> Result<Option<String>, Box<dyn Error>> {
    let database = Database::connect(url).await?;
    let backend = database.backend();
    // What the previous pair left is dropped.
    objects::drop_all(&database).await?;
    for entities in [Entities::new(), entities(from, backend)] {
        database.become_as(&entities).await?;
    }
    for statement in objects::statements(objects, from, to, backend) {
        database.run(&statement).await?;
    }
    let comparison = database.compare(&entities(to, backend)).await?;
    let operations = comparison.operations(&comparison.renames());
    let rehearsal = comparison.verify_plan(&operations, &database.settings).await?;
    let left_out = fault_without_some(&database, comparison, &entities(to, backend)).await?;
    let disturbed = match rehearsal {
        Verification::Proven => disturbed_objects(&database, &entities(from, backend), &entities(to, backend)).await?,
        _ => None,
    };
    database.connection.close().await?;
    let list = |differences: &[Difference]| {
        differences.iter().map(|difference| format!("\n  {}", long(difference))).collect::<String>()
    };
    Ok(match rehearsal {
        Verification::Proven => left_out.or(disturbed),
        Verification::Differs { up, down } => {
            let steps = list(&differences(&operations));
            Some(format!("steps:{steps}\nleft after up:{}\nleft after down:{}", list(&up), list(&down)))
        }
        other => Some(format!("steps:{}\n{other:?}", list(&differences(&operations)))),
    })
}

/// Migrates there and back. Returns the objects that are not as they were, if there are any.
async fn disturbed_objects(
    database: &Database,
    from: &Entities,
    to: &Entities,
) -> Result<Option<String>, Box<dyn Error>> {
    let before = database.objects().await?;
    for (way, entities) in [("there", to), ("back", from)] {
        database.become_as(entities).await?;
        let changed = objects::changed(&before, &database.objects().await?);
        if !changed.is_empty() {
            return Ok(Some(format!("on the way {way}:\n  {}", changed.join("\n  "))));
        }
    }
    Ok(None)
}

/// Leaves out all kinds of differences, accepts all differences, and accepts every second one. Returns the error, if
/// there is one.
async fn fault_without_some(
    database: &Database,
    comparison: Comparison,
    entities: &Entities,
) -> Result<Option<String>, Box<dyn Error>> {
    let found = |comparison: &Comparison| differences(&comparison.operations(&comparison.renames()));
    let list = |found: &[Difference]| found.iter().map(|own| format!("\n  {}", long(own))).collect::<String>();
    let all = found(&comparison);
    let ignoring = all.iter().fold(entities.clone(), |entities, own| entities.ignore(IgnoreRule::new(own.kind)));
    let left = found(&database.compare(&ignoring).await?);
    if !left.is_empty() {
        return Ok(Some(format!("left when all kinds are ignored:{}", list(&left))));
    }
    let left = found(&comparison.clone().accept(&all, &database.settings).await?);
    if !left.is_empty() {
        return Ok(Some(format!("left when everything is accepted:{}", list(&left))));
    }
    let some: Vec<_> = all.iter().step_by(2).cloned().collect();
    let rest = comparison.accept(&some, &database.settings).await?;
    let operations = rest.operations(&rest.renames());
    Ok(match rest.verify_plan(&operations, &database.settings).await? {
        Verification::Proven => None,
        other => Some(format!("all:{}\naccepted:{}\nleft:{}\n{other:?}", list(&all), list(&some), list(&found(&rest)))),
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    #[test]
    fn every_way_between_schemas_leads_there_and_back() {
        super::wander("sqlite::memory:", 200).map_err(|error| error.to_string()).unwrap();
    }
}
