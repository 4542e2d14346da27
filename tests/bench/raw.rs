//! The baseline for the engine: SQLx, with the same statements in the same transactions and nothing else.

use std::error::Error;
use std::time::{Duration, Instant};

use sea_orm::DbBackend;
use sea_orm::prelude::DateTimeUtc;
use sea_orm::sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sea_orm::sqlx::postgres::{PgConnectOptions, PgConnection};
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sea_orm::sqlx::{self, AssertSqlSafe, ConnectOptions, Connection};
use seachange_tests::Backend;

use crate::revisions::{Change, PROGRAM, SOURCE_HASH};

/// How the statements of the revisions are sent. In both modes, rows are bound and their statements cached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sending {
    /// With `sqlx::query`: prepared, as SeaORM sends them.
    Prepared,
    /// With `sqlx::raw_sql`: as plain text.
    Plain,
}

/// The nine columns of a row.
type Columns = (String, String, String, String, String, DateTimeUtc, Option<DateTimeUtc>, Option<i64>, String);

const SELECT: &str = "SELECT revision, down_revision, depends_on, source_hash, state, started_at, finished_at, \
                      duration_ms, program FROM seachange_revision";

/// The time of the driver for these changes on an open connection.
pub(crate) async fn apply(
    backend: Backend,
    url: &str,
    changes: &[Change],
    sending: Sending,
) -> Result<Duration, Box<dyn Error>> {
    match backend {
        Backend::Sqlite => sqlite::apply(url, changes, sending).await,
        Backend::Postgres => postgres::apply(url, changes, sending).await,
        Backend::MariaDb | Backend::MySql => mysql::apply(url, changes, sending).await,
    }
}

/// Connects, reads the rows, and closes. Returns the number of rows.
pub(crate) async fn look(backend: Backend, url: &str) -> Result<usize, Box<dyn Error>> {
    match backend {
        Backend::Sqlite => sqlite::look(url).await,
        Backend::Postgres => postgres::look(url).await,
        Backend::MariaDb | Backend::MySql => mysql::look(url).await,
    }
}

/// The functions for one driver. SQLx's types differ between drivers, and generic bounds for all of them would be
/// longer.
macro_rules! driver {
    ($name:ident, $options:ty, $connection:ty, $backend:expr, $begin:literal, $create:literal, $insert:literal) => {
        mod $name {
            use super::*;

            async fn connect(url: &str) -> Result<$connection, Box<dyn Error>> {
                let options: $options = url.parse()?;
                Ok(options.disable_statement_logging().connect().await?)
            }

            pub(super) async fn look(url: &str) -> Result<usize, Box<dyn Error>> {
                let mut connection = connect(url).await?;
                let rows: Vec<Columns> = sqlx::query_as(SELECT).fetch_all(&mut connection).await?;
                connection.close().await?;
                Ok(rows.len())
            }

            pub(super) async fn apply(
                url: &str,
                changes: &[Change],
                sending: Sending,
            ) -> Result<Duration, Box<dyn Error>> {
                let statements: Vec<String> = changes.iter().map(|change| change.sql($backend)).collect();
                let mut connection = connect(url).await?;
                let start = Instant::now();
                sqlx::raw_sql($create).execute(&mut connection).await?;
                for (change, statement) in changes.iter().zip(statements) {
                    run(&mut connection, *change, statement, sending).await?;
                }
                let elapsed = start.elapsed();
                connection.close().await?;
                Ok(elapsed)
            }

            async fn run(
                connection: &mut $connection,
                change: Change,
                statement: String,
                sending: Sending,
            ) -> Result<(), sqlx::Error> {
                let start = Instant::now();
                let started_at = DateTimeUtc::from(std::time::SystemTime::now());
                if $backend == DbBackend::MySql {
                    insert(connection, change, "upgrading", started_at, None).await?;
                    send(connection, statement, sending).await?;
                    return finish(connection, change, started_at, start).await;
                }
                sqlx::raw_sql($begin).execute(&mut *connection).await?;
                send(connection, statement, sending).await?;
                insert(connection, change, "applied", started_at, Some(start.elapsed())).await?;
                sqlx::raw_sql("COMMIT").execute(connection).await.map(drop)
            }

            async fn send(
                connection: &mut $connection,
                statement: String,
                sending: Sending,
            ) -> Result<(), sqlx::Error> {
                let statement = AssertSqlSafe(statement);
                match sending {
                    Sending::Prepared => sqlx::query(statement).execute(connection).await.map(drop),
                    Sending::Plain => sqlx::raw_sql(statement).execute(connection).await.map(drop),
                }
            }

            async fn insert(
                connection: &mut $connection,
                change: Change,
                state: &str,
                started_at: DateTimeUtc,
                elapsed: Option<Duration>,
            ) -> Result<(), sqlx::Error> {
                let insert = sqlx::query($insert)
                    .bind(change.id())
                    .bind(change.parent().unwrap_or_default())
                    .bind("")
                    .bind(SOURCE_HASH)
                    .bind(state)
                    .bind(started_at)
                    .bind(elapsed.map(|elapsed| started_at + elapsed))
                    .bind(elapsed.map(milliseconds))
                    .bind(PROGRAM);
                insert.execute(connection).await.map(drop)
            }

            async fn finish(
                connection: &mut $connection,
                change: Change,
                started_at: DateTimeUtc,
                start: Instant,
            ) -> Result<(), sqlx::Error> {
                let update = sqlx::query(
                    "UPDATE seachange_revision SET state = ?, started_at = ?, finished_at = ?, duration_ms = ?, \
                     program = ? WHERE revision = ?",
                )
                .bind("applied")
                .bind(started_at)
                .bind(started_at + start.elapsed())
                .bind(milliseconds(start.elapsed()))
                .bind(PROGRAM)
                .bind(change.id());
                update.execute(connection).await.map(drop)
            }
        }
    };
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

driver!(
    sqlite,
    SqliteConnectOptions,
    SqliteConnection,
    DbBackend::Sqlite,
    "BEGIN IMMEDIATE",
    "CREATE TABLE seachange_revision (revision varchar(64) NOT NULL PRIMARY KEY, down_revision text NOT NULL, \
     depends_on text NOT NULL, source_hash varchar(64) NOT NULL, state varchar(16) NOT NULL, \
     started_at timestamp_with_timezone_text NOT NULL, finished_at timestamp_with_timezone_text, duration_ms bigint, \
     program varchar(255) NOT NULL)",
    "INSERT INTO seachange_revision VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
);

driver!(
    postgres,
    PgConnectOptions,
    PgConnection,
    DbBackend::Postgres,
    "BEGIN",
    "CREATE TABLE seachange_revision (revision varchar(64) NOT NULL PRIMARY KEY, down_revision text NOT NULL, \
     depends_on text NOT NULL, source_hash varchar(64) NOT NULL, state varchar(16) NOT NULL, \
     started_at timestamp with time zone NOT NULL, finished_at timestamp with time zone, duration_ms bigint, \
     program varchar(255) NOT NULL)",
    "INSERT INTO seachange_revision VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
);

driver!(
    mysql,
    MySqlConnectOptions,
    MySqlConnection,
    DbBackend::MySql,
    "BEGIN",
    "CREATE TABLE seachange_revision (revision varchar(64) NOT NULL PRIMARY KEY, down_revision text NOT NULL, \
     depends_on text NOT NULL, source_hash varchar(64) NOT NULL, state varchar(16) NOT NULL, \
     started_at datetime(3) NOT NULL, finished_at datetime(3), duration_ms bigint, program varchar(255) NOT NULL)",
    "INSERT INTO seachange_revision VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
);
