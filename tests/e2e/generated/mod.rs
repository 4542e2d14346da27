//! The code that is generated for the steps between two schemas leads from one to the other and back, on real databases
//! with rows.

mod steps;

use std::error::Error;

use sea_orm::Database;
use sea_orm_migration::SchemaManager;
use seachange::autogenerate::{SchemaOperation, apply, bodies};
use seachange::inspect::{InspectScope, inspect};
use seachange::schema::{Schema, Table};
use seachange_source::{NewRevision, RevisionBody, render};
use seachange_tests::{
    Backend, TestDatabase, block_on,
    harness::{Case, TestResult, each_backend},
    pool_options, snapshot,
};

use self::steps::steps;
use crate::new_crate::NewCrate;

pub(crate) fn trials() -> Vec<Case> {
    let applied = each_backend("generated::up_and_down_lead_there_and_back", there_and_back);
    let compiled = each_backend("generated::the_source_does_what_was_applied", compiled);
    applied.into_iter().chain(compiled).collect()
}

/// Statements for the first schema and its rows, and for the second schema.
fn scripts(backend: Backend) -> (&'static str, &'static str) {
    let all = match backend {
        Backend::Sqlite => include_str!("sqlite.sql"),
        Backend::Postgres => include_str!("postgres.sql"),
        Backend::MariaDb | Backend::MySql => include_str!("mysql.sql"),
    };
    all.split_once("-- becomes").unwrap_or((all, ""))
}

fn read(database: &TestDatabase) -> Result<Schema, Box<dyn Error>> {
    let mut schema = block_on(async {
        let connection = database.connect().await?;
        let schema = inspect(&connection, &InspectScope::default()).await?;
        connection.close().await.map(|()| schema)
    })?;
    schema.tables.retain(|name, _| !name.name.starts_with("seachange_revision"));
    // A column that is added again comes after the others.
    for table in schema.tables.values_mut() {
        table.columns.sort_by(|left, right| left.name.cmp(&right.name));
        table.uniques.sort_by(|left, right| left.columns.cmp(&right.columns));
        table.checks.sort_by(|left, right| left.expression.normal.cmp(&right.expression.normal));
        table.foreign_keys.sort_by(|left, right| left.columns.cmp(&right.columns));
        table.indexes.sort_by(|left, right| left.name.cmp(&right.name));
    }
    Ok(schema)
}

/// An added constraint has a name, also where SQLite stores none: the one that PostgreSQL generates.
fn without_given_names(schema: &Schema) -> Schema {
    let mut schema = schema.clone();
    schema.tables.values_mut().for_each(forget_given_names);
    schema
}

fn forget_given_names(table: &mut Table) {
    let name = &table.name.name;
    table.foreign_keys.iter_mut().for_each(|key| key.name = None);
    for unique in &mut table.uniques {
        let given = format!("{name}_{}_key", unique.columns.join("_"));
        unique.name = unique.name.take().filter(|name| *name != given);
    }
    for check in &mut table.checks {
        let is_given = |given: &String| given.starts_with(&format!("{name}_")) && given.ends_with("_check");
        check.name = check.name.take().filter(|name| !is_given(name));
    }
}

/// The steps from the first schema to the second; the database has the first.
fn begin(database: &TestDatabase) -> Result<(Schema, Schema, Vec<SchemaOperation>), Box<dyn Error>> {
    let (start, target) = scripts(database.backend());
    let other = TestDatabase::at(database.backend(), database.address().cloned())?;
    other.execute(target)?;
    let to = read(&other)?;
    database.execute(start)?;
    let from = read(database)?;
    let steps = steps(&from, &to);
    Ok((from, to, steps))
}

fn reversed(steps: &[SchemaOperation]) -> Vec<SchemaOperation> {
    steps.iter().rev().map(SchemaOperation::reverse).collect()
}

fn written(database: &TestDatabase, steps: &[SchemaOperation]) -> Result<RevisionBody, Box<dyn Error>> {
    let backend = block_on(async {
        let connection = database.connect().await?;
        let backend = connection.get_database_backend();
        connection.close().await.map(|()| backend)
    })?;
    Ok(bodies(steps, &reversed(steps), backend))
}

fn run(database: &TestDatabase, steps: &[SchemaOperation]) -> TestResult {
    block_on(async {
        // A table of SQLite is rebuilt with foreign keys off, which has to happen on one connection.
        let options = pool_options(database.url()).max_connections(1).to_owned();
        let connection = Database::connect(options).await?;
        let applied = apply(steps, &SchemaManager::new(&connection)).await;
        connection.close().await?;
        applied
    })?;
    Ok(())
}

fn there_and_back(database: &TestDatabase) -> TestResult {
    let (from, to, steps) = begin(database)?;
    let RevisionBody { up, down, .. } = written(database, &steps)?;
    let text = format!("{}\n{}", up.text, down.text);
    let name = format!("generated_{}", database.backend().name());
    snapshot::settings(database).bind(|| insta::assert_snapshot!(name, text));
    run(database, &steps)?;
    assert_same(&read(database)?, &to);
    run(database, &reversed(&steps))?;
    assert_same(&read(database)?, &from);
    assert_eq!(database.value::<i64>("SELECT count(*) FROM posts")?, 2, "the rows are there");
    Ok(())
}

/// Compares table by table: a difference of whole schemas would be hard to find.
fn assert_same(found: &Schema, expected: &Schema) {
    let (found, expected) = (without_given_names(found), without_given_names(expected));
    for (name, table) in &found.tables {
        assert_eq!(Some(table), expected.table(name));
    }
    assert_eq!(found, expected);
}

fn compiled(database: &TestDatabase) -> TestResult {
    let (from, to, steps) = begin(database)?;
    let new = NewCrate::init(match database.backend() {
        Backend::Sqlite => "generated-sqlite",
        Backend::Postgres => "generated-postgres",
        Backend::MariaDb => "generated-mariadb",
        Backend::MySql => "generated-mysql",
    })?;
    let bodies = Some(written(database, &steps)?);
    let (id, message) = ("a1".to_owned(), "generated".to_owned());
    new.write("m20261121_generated.rs", &render(&NewRevision { id, message, bodies, ..NewRevision::default() }))?;
    assert_eq!(new.build()?, [""; 0], "what is generated compiles without a warning");
    new.program(database)?.arg("up").run()?.succeeded()?;
    assert_same(&read(database)?, &to);
    new.program(database)?.args(["down", "base"]).run()?.succeeded()?;
    assert_same(&read(database)?, &from);
    Ok(())
}
