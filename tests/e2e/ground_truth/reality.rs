//! What other sessions experience while a statement runs on tables with many rows.

use std::error::Error;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbErr};
use seachange_tests::{Backend, TestDatabase, block_on, pool_options};
use tokio::time::sleep;

use super::corpus::{TruthCase, named, rows, tables};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The number of rows of the small tables.
const SMALL: usize = 1000;

/// How long a session sleeps between two of its queries.
const PAUSE: Duration = Duration::from_millis(2);

/// A database with filled tables, from which each case gets a copy.
pub(super) struct FilledDatabase<'d> {
    database: &'d TestDatabase,
    rows: usize,
}

/// The two sizes of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    Small,
    Large,
}

/// What happened while a statement ran.
#[derive(Debug, Default)]
pub(super) struct Experience {
    /// How long the statement took.
    pub(super) time: Duration,
    /// The longest wait during this time of a reader and of a writer of each object of the case.
    pub(super) waits: Vec<Waits>,
}

/// How long a reader and a writer waited.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Waits {
    pub(super) reader: Duration,
    pub(super) writer: Duration,
}

impl<'d> FilledDatabase<'d> {
    /// Fills the tables.
    pub(super) fn create(database: &'d TestDatabase, rows: usize) -> Outcome<Self> {
        let filled = Self { database, rows };
        block_on(async {
            for size in [Size::Small, Size::Large] {
                let connection = filled.enter(&filled.base(size), true, true).await?;
                filled.fill(&connection, size).await?;
                connection.close().await?;
            }
            Ok(filled)
        })
    }

    async fn fill(&self, connection: &DatabaseConnection, size: Size) -> Result<(), DbErr> {
        let backend = self.database.backend();
        let count = if size == Size::Small { SMALL } else { self.rows };
        let analyze = match backend {
            Backend::Postgres => vec!["VACUUM ANALYZE t", "VACUUM ANALYZE o", "CHECKPOINT"],
            _ => Vec::new(),
        };
        let texts = tables(backend).into_iter().chain(rows(backend, count)).map(|text| named(&text, ""));
        for text in texts.chain(analyze.into_iter().map(str::to_owned)) {
            connection.execute_unprepared(&text).await?;
        }
        Ok(())
    }

    fn base(&self, size: Size) -> String {
        if size == Size::Small { "small" } else { "large" }.to_owned()
    }

    /// Connects to a place for tables: a schema on PostgreSQL, a database on MariaDB and MySQL, a file on SQLite.
    async fn enter(&self, place: &str, creates: bool, waits: bool) -> Result<DatabaseConnection, DbErr> {
        let backend = self.database.backend();
        let place_on_server = format!("{}_{place}", self.database.name());
        let url = match backend {
            Backend::Sqlite => {
                format!("sqlite:{}?mode=rwc", self.database.folder().join(format!("{place}.db")).display())
            }
            _ => self.database.url(),
        };
        let mut options = pool_options(url);
        options.max_connections(1).sqlx_logging(false).acquire_timeout(Duration::from_secs(60));
        let connection = Database::connect(options).await?;
        let mut settings = Vec::new();
        match backend {
            Backend::Postgres => {
                settings.extend(creates.then(|| format!("CREATE SCHEMA {place}")));
                settings.push(format!("SET search_path TO {place}, public"));
            }
            // A short wait, because the time of the answer is measured.
            Backend::Sqlite => settings.extend([
                format!("PRAGMA busy_timeout = {}", if waits { 60_000 } else { 1 }),
                "PRAGMA synchronous = OFF".to_owned(),
            ]),
            _ => {
                settings.extend(creates.then(|| format!("CREATE DATABASE {place_on_server}")));
                settings.push(format!("USE {place_on_server}"));
            }
        }
        for setting in settings {
            connection.execute_unprepared(&setting).await?;
        }
        Ok(connection)
    }

    /// Runs the statement of a case beside readers and writers. The tables are as before afterwards.
    pub(super) fn experience(&self, case: &TruthCase, size: Size) -> Outcome<Experience> {
        block_on(async {
            if self.database.backend() == Backend::Postgres && can_be_rolled_back(case) {
                return self.run(case, &self.base(size), true).await;
            }
            let ended = match self.copy(case, size).await {
                Ok(()) => self.run(case, COPY, false).await,
                Err(error) => Err(error),
            };
            self.remove().await?;
            ended
        })
    }

    /// Makes the place of a case, with tables that have the rows.
    async fn copy(&self, case: &TruthCase, size: Size) -> Outcome<()> {
        let backend = self.database.backend();
        let base = self.base(size);
        if backend == Backend::Sqlite {
            let folder = self.database.folder();
            fs::copy(folder.join(format!("{base}.db")), folder.join(format!("{COPY}.db")))?;
        }
        let connection = self.enter(COPY, true, true).await?;
        if backend != Backend::Sqlite {
            let from = if backend == Backend::Postgres { base } else { format!("{}_{base}", self.database.name()) };
            let copied = ["o", "t"].map(|table| format!("INSERT INTO {table} SELECT * FROM {from}.{table}"));
            let [other, table, index] = tables(backend).map(|text| named(&text, ""));
            let [fill_other, fill] = copied;
            let late = backend == Backend::Postgres;
            let texts = match late {
                true => [other, table, fill_other, fill, index],
                false => [other, table, index, fill_other, fill],
            };
            for text in texts {
                if case.has_other() || !(text.contains(" o ")) {
                    connection.execute_unprepared(&text).await?;
                }
            }
        }
        for text in &case.preparation {
            let text = named(text, "");
            connection.execute_unprepared(&text).await.map_err(|error| format!("{text}: {error}"))?;
        }
        connection.close().await?;
        Ok(())
    }

    async fn remove(&self) -> Outcome<()> {
        let removal = match self.database.backend() {
            Backend::Postgres => format!("DROP SCHEMA {COPY} CASCADE"),
            Backend::Sqlite => return Ok(fs::remove_file(self.database.folder().join(format!("{COPY}.db")))?),
            _ => format!("DROP DATABASE {}_{COPY}", self.database.name()),
        };
        let connection = self.database.connect().await?;
        connection.execute_unprepared(&removal).await?;
        connection.close().await?;
        Ok(())
    }

    async fn run(&self, case: &TruthCase, place: &str, is_rolled_back: bool) -> Outcome<Experience> {
        let stop = Arc::new(AtomicBool::new(false));
        let ready = Arc::new(AtomicUsize::new(0));
        let mut sessions = Vec::new();
        for object in case.objects() {
            let object = named(&object, "");
            for text in
                [format!("SELECT id FROM {object} WHERE id = 7"), format!("UPDATE {object} SET m = m WHERE id = 8")]
            {
                let connection = self.enter(place, false, false).await?;
                sessions.push(tokio::spawn(session(connection, text, Arc::clone(&stop), Arc::clone(&ready))));
            }
        }
        let connection = self.enter(place, false, true).await?;
        if is_rolled_back {
            connection.execute_unprepared("BEGIN").await?;
        }
        while ready.load(Ordering::Relaxed) < sessions.len() {
            sleep(PAUSE).await;
        }
        let statement = named(&case.statement, "");
        let begin = Instant::now();
        let outcome = connection.execute_unprepared(&statement).await;
        let end = Instant::now();
        stop.store(true, Ordering::Relaxed);
        if is_rolled_back {
            connection.execute_unprepared("ROLLBACK").await?;
        }
        connection.close().await?;
        let mut longest = Vec::new();
        for session in sessions {
            longest.push(longest_wait(&session.await?, begin, end));
        }
        outcome.map_err(|error| format!("{statement}: {error}"))?;
        let waits = longest.chunks(2).map(|pair| Waits { reader: pair[0], writer: pair[1] }).collect();
        Ok(Experience { time: end - begin, waits })
    }

    /// Removes the tables from the server.
    pub(super) fn drop(self) -> Outcome<()> {
        if self.database.backend().is_like_mysql() {
            for size in [Size::Small, Size::Large] {
                self.database.execute(&format!("DROP DATABASE {}_{}", self.database.name(), self.base(size)))?;
            }
        }
        Ok(())
    }
}

/// The place of a case.
const COPY: &str = "copy_of_tables";

/// Whether a case needs no copy on PostgreSQL: everything that it does is in one transaction.
fn can_be_rolled_back(case: &TruthCase) -> bool {
    let words = ["CONCURRENTLY", "VACUUM", "CLUSTER", "ADD VALUE", "REINDEX"];
    case.preparation.is_empty() && !words.iter().any(|word| case.statement.to_uppercase().contains(word))
}

/// Repeats a query until it fails for another reason than a lock, or it is told to stop; returns when each was sent and
/// answered.
async fn session(
    connection: DatabaseConnection,
    text: String,
    stop: Arc<AtomicBool>,
    ready: Arc<AtomicUsize>,
) -> Vec<(Instant, Instant)> {
    let mut queries = Vec::new();
    let mut begin = Instant::now();
    loop {
        let outcome = connection.execute_unprepared(&text).await;
        match outcome {
            Err(error) if error.to_string().contains("database is locked") && !stop.load(Ordering::Relaxed) => {
                sleep(PAUSE).await;
                continue;
            }
            outcome => {
                queries.push((begin, Instant::now()));
                if queries.len() == 1 {
                    ready.fetch_add(1, Ordering::Relaxed);
                }
                if outcome.is_err() || stop.load(Ordering::Relaxed) {
                    break;
                }
            }
        }
        sleep(PAUSE).await;
        begin = Instant::now();
    }
    // The server closes the session with the process otherwise.
    let _ = connection.close().await;
    queries
}

/// The longest part of a query that was inside of a time.
fn longest_wait(queries: &[(Instant, Instant)], begin: Instant, end: Instant) -> Duration {
    let inside =
        |(sent, answered): &(Instant, Instant)| (*answered).min(end).saturating_duration_since((*sent).max(begin));
    queries.iter().map(inside).max().unwrap_or_default()
}
