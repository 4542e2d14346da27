//! The same changes, applied by other tools: `cargo bench -p seachange-tests --features peers --bench bench -- peers`.
//!
//! Each tool is used as its documentation says, on an open connection, and keeps its own record. Only the engine has a
//! graph, and on MariaDB and MySQL only the engine can resume after a kill.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use refinery::Runner;
use sea_orm::{Database, DbBackend, DbErr};
use sea_orm_migration::{MigrationName, MigrationTrait, MigratorTrait, SchemaManager};
use seachange_tests::servers::SharedServers;
use seachange_tests::{Backend, block_on, pool_options};
use sqlx::migrate::{Migrate, Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, Connection, SqlSafeStr};

use crate::database::Place;
use crate::figures::Figures;
use crate::revisions::{Change, migrations};
use crate::upgrade::{REVISIONS, in_turns};
use crate::{Options, engine, say};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Peer {
    Seachange,
    SeaOrmMigration,
    Sqlx,
    Refinery,
}

impl Peer {
    const ALL: [Self; 4] = [Self::Seachange, Self::SeaOrmMigration, Self::Sqlx, Self::Refinery];
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Seachange => "seachange",
            Self::SeaOrmMigration => "sea-orm-migration",
            Self::Sqlx => "sqlx",
            Self::Refinery => "refinery",
        })
    }
}

/// Prints the seconds that each tool takes for the same changes.
pub(crate) fn compare(servers: &SharedServers, options: &Options) -> Result<(), Box<dyn Error>> {
    say!("Applying {REVISIONS} revisions, seconds, median (least-greatest) of {} rounds", options.rounds);
    say!("{:18}{}", "", Peer::ALL.map(|peer| format!("{peer:>22}")).concat());
    let changes: Vec<Change> = Change::first(REVISIONS).collect();
    for place in options.places().filter(|place| *place != Place::Memory) {
        let times = in_turns(servers, place, options.rounds, Peer::ALL, |peer, url| {
            block_on(apply(peer, place.backend(), url, &changes))
        })?;
        let cells = times.map(|durations: Vec<Option<Duration>>| {
            let seconds: Vec<f64> = durations.iter().flatten().map(Duration::as_secs_f64).collect();
            let cell = if seconds.is_empty() { "-".to_owned() } else { Figures::new(seconds).to_string() };
            format!("{cell:>22}")
        });
        say!("{place:18}{}", cells.concat());
    }
    Ok(())
}

/// The time of a tool on an open connection. `None` where it does not support this database.
async fn apply(
    peer: Peer,
    backend: Backend,
    url: &str,
    changes: &[Change],
) -> Result<Option<Duration>, Box<dyn Error>> {
    match (peer, backend) {
        (Peer::Seachange, _) => engine::apply(url, migrations(changes.len())).await.map(Some),
        (Peer::SeaOrmMigration, _) => sea_orm_migration(url, changes.len()).await.map(Some),
        (Peer::Sqlx, Backend::Sqlite) => {
            sqlx(sqlx::SqliteConnection::connect(url).await?, DbBackend::Sqlite, changes).await.map(Some)
        }
        (Peer::Sqlx, Backend::Postgres) => {
            sqlx(sqlx::PgConnection::connect(url).await?, DbBackend::Postgres, changes).await.map(Some)
        }
        (Peer::Sqlx, Backend::MariaDb | Backend::MySql) => {
            sqlx(sqlx::MySqlConnection::connect(url).await?, DbBackend::MySql, changes).await.map(Some)
        }
        (Peer::Refinery, Backend::Sqlite) => refinery_on_sqlite(url, changes).map(Some),
        (Peer::Refinery, Backend::Postgres) => refinery_on_postgres(url, changes).await.map(Some),
        // Its drivers for these databases are two more that would have to be compiled.
        (Peer::Refinery, Backend::MariaDb | Backend::MySql) => Ok(None),
    }
}

/// The changes as sea-orm-migration takes them: through a type without values.
struct Listed;

static COUNT: AtomicUsize = AtomicUsize::new(0);

impl MigratorTrait for Listed {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let changes = Change::first(COUNT.load(Ordering::Relaxed));
        changes.map(|change| Box::new(Named { name: change.id(), change }) as Box<dyn MigrationTrait>).collect()
    }
}

/// A change with a unique name.
struct Named {
    name: String,
    change: Change,
}

impl MigrationName for Named {
    fn name(&self) -> &str {
        &self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Named {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        self.change.up(manager).await
    }
}

async fn sea_orm_migration(url: &str, count: usize) -> Result<Duration, Box<dyn Error>> {
    COUNT.store(count, Ordering::Relaxed);
    let connection = Database::connect(pool_options(url).max_connections(1).to_owned()).await?;
    let start = Instant::now();
    Listed::up(&connection, None).await?;
    let elapsed = start.elapsed();
    connection.close().await?;
    Ok(elapsed)
}

async fn sqlx<C>(mut connection: C, backend: DbBackend, changes: &[Change]) -> Result<Duration, Box<dyn Error>>
where
    C: Migrate + Connection,
{
    let migration = |(number, change): (usize, &Change)| -> Result<Migration, Box<dyn Error>> {
        let sql = AssertSqlSafe(change.sql(backend)).into_sql_str();
        let version = i64::try_from(number)?;
        Ok(Migration::new(version, Cow::Borrowed("change"), MigrationType::Simple, sql, false))
    };
    let migrations: Vec<Migration> = (1..).zip(changes).map(migration).collect::<Result<_, _>>()?;
    let migrator = Migrator::with_migrations(migrations);
    let start = Instant::now();
    migrator.run_direct(None, &mut connection, false).await?;
    let elapsed = start.elapsed();
    connection.close().await?;
    Ok(elapsed)
}

fn refinery_runner(backend: DbBackend, changes: &[Change]) -> Result<Runner, Box<dyn Error>> {
    let migration = |(number, change): (usize, &Change)| {
        refinery::Migration::unapplied(&format!("V{number}__change"), &change.sql(backend))
    };
    let migrations: Vec<refinery::Migration> = (1..).zip(changes).map(migration).collect::<Result<_, _>>()?;
    Ok(Runner::new(&migrations))
}

fn refinery_on_sqlite(url: &str, changes: &[Change]) -> Result<Duration, Box<dyn Error>> {
    let runner = refinery_runner(DbBackend::Sqlite, changes)?;
    let file = url.trim_start_matches("sqlite:").trim_end_matches("?mode=rwc");
    let mut connection = rusqlite::Connection::open(file)?;
    let start = Instant::now();
    runner.run(&mut connection)?;
    Ok(start.elapsed())
}

async fn refinery_on_postgres(url: &str, changes: &[Change]) -> Result<Duration, Box<dyn Error>> {
    let runner = refinery_runner(DbBackend::Postgres, changes)?;
    let (mut client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
    let connection = tokio::spawn(connection);
    let start = Instant::now();
    runner.run_async(&mut client).await?;
    let elapsed = start.elapsed();
    drop(client);
    connection.await??;
    Ok(elapsed)
}
