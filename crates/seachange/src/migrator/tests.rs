//! The engine on SQLite in memory, with revisions made of SQL.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod adopt;
mod ahead;
mod edits;
mod failures;
mod gaps;
mod gates;
mod journal;
mod limits;
mod rebuilds;
mod runs;
mod squash;
mod stamps;
mod stored;
mod whole;

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr, Statement};
use sea_orm_migration::prelude::*;

use super::Migrator;
use crate::alter::alter;
use crate::event::Event;
use crate::revision::{Migrations, RegisteredRevision, Revision};
use crate::session::SessionSource;

/// What a revision of these tests does.
#[derive(Clone, Copy)]
enum Body {
    /// Runs the first statements in an upgrade, and the second in a downgrade.
    Sql(&'static [&'static str], &'static [&'static str]),
    Panics,
    /// Returns an error of its own.
    Refuses,
    /// Uses more than 3 MiB of its stack.
    NeedsStack,
    /// Adds a check to the table `a`, and drops it again, for which SQLite rebuilds the table.
    Rebuilds,
}

struct Scripted {
    body: Body,
    use_transaction: Option<bool>,
}

impl MigrationName for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }
}

#[async_trait]
impl MigrationTrait for Scripted {
    #[expect(clippy::panic, reason = "a revision that panics is what some tests are about")]
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        match self.body {
            Body::Sql(up, _) => execute(manager, up).await,
            Body::Panics => panic!("no way"),
            Body::Refuses => Err(DbErr::Custom("not today".to_owned())),
            Body::NeedsStack => use_stack(),
            Body::Rebuilds => Ok(alter(manager, "a").add_check("positive", Expr::col("id").gt(0)).apply().await?),
        }
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        match self.body {
            Body::Sql(_, down) => execute(manager, down).await,
            Body::Rebuilds => Ok(alter(manager, "a").drop_check("positive").apply().await?),
            Body::Panics | Body::Refuses | Body::NeedsStack => Ok(()),
        }
    }

    fn use_transaction(&self) -> Option<bool> {
        self.use_transaction
    }
}

fn use_stack() -> Result<(), DbErr> {
    let mut buffer = [0_u8; 3 << 20];
    std::hint::black_box(&mut buffer);
    if buffer.iter().all(|&byte| byte == 0) { Ok(()) } else { Err(DbErr::Custom("the buffer has changed".to_owned())) }
}

async fn execute(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    for sql in statements {
        manager.get_connection().execute_unprepared(sql).await?;
    }
    Ok(())
}

/// A chain of revisions `r1`, `r2`, ... with these bodies.
fn line(bodies: &[Body]) -> &'static Migrations {
    registry(bodies.iter().map(|&body| Scripted { body, use_transaction: None }).collect())
}

/// A chain of revisions `r1`, `r2`, ...
fn registry(bodies: Vec<Scripted>) -> &'static Migrations {
    scripts(bodies, |n| if n == 1 { &[] } else { vec![&*format!("r{}", n - 1).leak()].leak() })
}

/// Revisions `r1`, `r2`, ..., all of them roots.
fn roots(bodies: Vec<Scripted>) -> &'static Migrations {
    scripts(bodies, |_| &[])
}

fn scripts(bodies: Vec<Scripted>, parents: fn(usize) -> &'static [&'static str]) -> &'static Migrations {
    let script = |(n, body): (usize, Scripted)| RegisteredRevision {
        revision: Revision { id: format!("r{n}").leak(), down_revision: parents(n), ..Revision::ROOT },
        message: "a step",
        folder: "src/versions",
        file: "m20261121_a_step.rs",
        source_hash: "hash",
        migration: Box::leak(Box::new(body)),
    };
    let scripts: Vec<RegisteredRevision> = (1..).zip(bodies).map(script).collect();
    Box::leak(Box::new(Migrations::new("tests 1.0.0", scripts.leak())))
}

/// Revisions that do nothing, with these pointers and labels.
fn nodes(revisions: &[Revision]) -> &'static Migrations {
    let script = |&revision: &Revision| RegisteredRevision {
        revision,
        message: "a step",
        folder: "src/versions",
        file: "m20261121_a_step.rs",
        source_hash: "hash",
        migration: Box::leak(Box::new(Scripted { body: Body::Sql(&[], &[]), use_transaction: None })),
    };
    let scripts: Vec<RegisteredRevision> = revisions.iter().map(script).collect();
    Box::leak(Box::new(Migrations::new("tests 1.0.0", scripts.leak())))
}

/// A revision that makes a table of this name, and drops it.
const fn table(up: &'static [&'static str], down: &'static [&'static str]) -> Body {
    Body::Sql(up, down)
}

const TABLE_A: Body = table(&["CREATE TABLE a (id integer)"], &["DROP TABLE a"]);
const TABLE_B: Body = table(&["CREATE TABLE b (id integer)"], &["DROP TABLE b"]);

async fn memory() -> DatabaseConnection {
    Database::connect(ConnectOptions::new("sqlite::memory:").max_connections(1).to_owned()).await.unwrap()
}

async fn migrator(migrations: &'static Migrations) -> Migrator {
    Migrator::new(migrations, memory().await).unwrap()
}

/// What the event handler was told.
type Told = Arc<Mutex<Vec<String>>>;

/// Another program on the database of a migrator, with an event handler that records.
fn watched(migrations: &'static Migrations, other: &Migrator) -> (Migrator, Told) {
    let told = Told::default();
    let handler = {
        let told = told.clone();
        Arc::new(move |event: &Event<'_>| told.lock().unwrap().push(format!("{event:?}")))
    };
    let source = SessionSource::Pool(other.connection().clone());
    (Migrator::from_connection(migrations, other.connection().clone(), source, handler).unwrap(), told)
}

/// The names of the tables, sorted, except those of the engine.
async fn tables(migrator: &Migrator) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '*_lock' AND name NOT GLOB '*_statement' \
        AND name NOT GLOB '*_downgrade' AND name NOT GLOB '*_backfill' ORDER BY name";
    let connection = migrator.connection();
    let rows = connection.query_all_raw(Statement::from_string(connection.get_database_backend(), sql)).await.unwrap();
    rows.iter().map(|row| row.try_get("", "name").unwrap()).collect()
}

async fn current(migrator: &Migrator) -> Vec<&'static str> {
    migrator.current().await.unwrap().iter().map(|script| script.revision.id).collect()
}
