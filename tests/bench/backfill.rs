//! Backfills of a million rows beside one bare `UPDATE` of the same rows, and what other writers notice of them. With
//! `BACKFILL_SMALL=1` the servers stay as those of tests, whose caches and logs are smaller than the table. With
//! `BACKFILL_APART=1` the writer and its session have a processor of their own, as on a server with more of them than
//! sessions that work: what is left is what the database makes the writer wait for.

use std::error::Error;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use sea_orm::sea_query::Expr;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use seachange::backfill::{BackfillOptions, backfill};
use seachange_tests::servers::SharedServers;
use seachange_tests::{Backend, block_on, pool_options};

use crate::database::Place;
use crate::figures::Figures;
use crate::{Options, say};

/// How many rows the table has.
const ROWS: u64 = 1_000_000;

/// How many rows are inserted by one statement.
const CHUNK: u64 = 10_000;

/// How long other writers are measured without a backfill.
const ALONE: Duration = Duration::from_secs(5);

/// How long a writer pauses after a write.
const BETWEEN: Duration = Duration::from_millis(1);

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Prints the speed of a backfill as a part of that of a bare `UPDATE`, and how long writes of others take.
pub(crate) fn compare(servers: &SharedServers, options: &Options) -> Result<(), Box<dyn Error>> {
    say!("Changing {ROWS} rows; speed: that of a backfill by that of one UPDATE, median (least-greatest)");
    say!("Writers: one row a write, p99 and longest in ms; alone, and beside a backfill at half of that speed");
    say!("{:12}{:>10}{:>24}{:>18}{:>18}{:>10}", "", "UPDATE", "speed", "alone", "beside", "p99");
    for place in options.places().filter(|place| *place != Place::Memory) {
        let database = place.create(servers)?;
        let url = database.url.clone();
        let rounds = options.rounds;
        block_on(async move { measure(place, &url, rounds).await }).map_err(|error| error.to_string())?;
    }
    Ok(())
}

async fn measure(place: Place, url: &str, rounds: usize) -> Outcome<()> {
    let backend = place.backend();
    let pool = connect(url).await?;
    if is_apart() {
        pin_program(BACKFILL_PROCESSOR)?;
        pin_session(backend, &pool, BACKFILL_PROCESSOR).await?;
    }
    fill(backend, &pool).await?;
    let (mut bare, mut batched) = (Vec::new(), Vec::new());
    let (mut alone, mut beside) = (Latencies::default(), Latencies::default());
    // What one round measures, another program on this machine may disturb.
    for round in 0..rounds {
        settle(backend, &pool).await?;
        let start = Instant::now();
        pool.execute_unprepared("UPDATE people SET name_key = LOWER(name), times = times + 1").await?;
        bare.push(start.elapsed());
        settle(backend, &pool).await?;
        batched.push(run(&pool, &format!("round {round}"), BackfillOptions::new()).await?);
        settle(backend, &pool).await?;
        let writer = Writer::start(backend, url);
        tokio::time::sleep(ALONE).await;
        alone.add(writer.finish()?);
        let writer = Writer::start(backend, url);
        let rate = half_of(Figures::new(bare.iter().map(Duration::as_secs_f64)).median());
        run(&pool, &format!("limited {round}"), BackfillOptions::new().rows_per_second(rate)).await?;
        beside.add(writer.finish()?);
    }
    let speed = Figures::ratios(&bare, &batched);
    let update = Figures::new(bare.iter().map(Duration::as_secs_f64)).median();
    let ratio = beside.p99().as_secs_f64() / alone.p99().as_secs_f64();
    say!("{place:12}{update:>8.2} s{speed:>24}{alone:>18}{beside:>18}{ratio:>10.2}");
    pool.close().await?;
    Ok(())
}

/// Half of the rows a second that an `UPDATE` changes that takes so many seconds.
fn half_of(update: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a rate of rows"
    )]
    let half = (ROWS as f64 / update / 2.0) as u64;
    half
}

async fn connect(url: &str) -> Outcome<DatabaseConnection> {
    let mut options = pool_options(url);
    options.max_connections(1).sqlx_logging(false);
    Ok(Database::connect(options).await?)
}

async fn fill(backend: Backend, pool: &DatabaseConnection) -> Outcome<()> {
    if backend == Backend::Sqlite {
        pool.execute_unprepared("PRAGMA journal_mode = WAL").await?;
    }
    let settings = backend.settings_for_large_tables();
    for setting in settings.iter().filter(|_| std::env::var_os("BACKFILL_SMALL").is_none()) {
        pool.execute_unprepared(setting).await?;
    }
    pool.execute_unprepared(
        "CREATE TABLE people (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(40) NOT NULL, name_key VARCHAR(40),
            times INT NOT NULL DEFAULT 0)",
    )
    .await?;
    for first in (0..ROWS).step_by(usize::try_from(CHUNK)?) {
        let rows: Vec<String> = (first..first + CHUNK).map(|id| format!("({id},'Name {id}','name {id}')")).collect();
        pool.execute_unprepared(&format!("INSERT INTO people (id, name, name_key) VALUES {}", rows.join(","))).await?;
    }
    Ok(())
}

/// Lets the database finish what the last changes have left to do.
async fn settle(backend: Backend, pool: &DatabaseConnection) -> Outcome<()> {
    match backend {
        Backend::Postgres => {
            pool.execute_unprepared("VACUUM ANALYZE people").await?;
            pool.execute_unprepared("CHECKPOINT").await?;
        }
        Backend::Sqlite => {
            pool.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await?;
        }
        Backend::MariaDb | Backend::MySql => wait_for_purge(pool).await?,
    }
    Ok(())
}

/// InnoDB removes the old versions of rows after the changes have committed.
async fn wait_for_purge(pool: &DatabaseConnection) -> Outcome<()> {
    const LENGTH: &str = "SELECT CAST(count AS SIGNED) FROM information_schema.innodb_metrics
        WHERE name = 'trx_rseg_history_len'";
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(60) {
        let row = pool.query_one_raw(Statement::from_string(pool.get_database_backend(), LENGTH)).await?;
        if row.map_or(Ok(0), |row| row.try_get_by_index::<i64>(0))? < 100 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

/// Runs a backfill of all rows, and returns its time.
async fn run(pool: &DatabaseConnection, name: &str, options: BackfillOptions) -> Outcome<Duration> {
    let report = backfill(pool, "people")
        .named(name)
        .options(options)
        .set("name_key", Expr::cust("LOWER(name)"))
        .set("times", Expr::cust("times + 1"))
        .run()
        .await?;
    match report.rows_changed {
        ROWS => Ok(report.elapsed),
        rows => Err(format!("{rows} rows were changed").into()),
    }
}

/// Another session that changes one row after the other.
struct Writer {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Outcome<Latencies>>,
}

impl Writer {
    fn start(backend: Backend, url: &str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (url, is_stopped) = (url.to_owned(), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let pool = connect(&url).await?;
                if is_apart() {
                    pin_thread(WRITER_PROCESSOR)?;
                    pin_session(backend, &pool, WRITER_PROCESSOR).await?;
                }
                write(pool, is_stopped).await
            })
        });
        Self { stop, thread }
    }

    fn finish(self) -> Outcome<Latencies> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| "the writer panicked")?
    }
}

/// The processors of `BACKFILL_APART`.
const BACKFILL_PROCESSOR: usize = 0;
const WRITER_PROCESSOR: usize = 1;

/// Whether the writer and the backfill have processors of their own.
fn is_apart() -> bool {
    std::env::var_os("BACKFILL_APART").is_some()
}

/// Lets this program, with its threads of now, run on one processor.
fn pin_program(processor: usize) -> Outcome<()> {
    taskset(&["-a"], processor, &std::process::id().to_string())
}

fn pin_thread(processor: usize) -> Outcome<()> {
    let this = std::fs::read_link("/proc/thread-self")?;
    let id = this.file_name().ok_or("a thread without an id")?;
    taskset(&[], processor, &id.to_string_lossy())
}

/// Lets the process or thread of a session on its server run on one processor. SQLite has none.
async fn pin_session(backend: Backend, pool: &DatabaseConnection, processor: usize) -> Outcome<()> {
    let sql = match backend {
        Backend::Sqlite => return Ok(()),
        Backend::Postgres => "SELECT CAST(pg_backend_pid() AS BIGINT)",
        Backend::MariaDb => "SELECT CAST(tid AS SIGNED) FROM information_schema.processlist WHERE id = CONNECTION_ID()",
        Backend::MySql => {
            "SELECT CAST(thread_os_id AS SIGNED) FROM performance_schema.threads
              WHERE processlist_id = CONNECTION_ID()"
        }
    };
    let row = pool.query_one_raw(Statement::from_string(pool.get_database_backend(), sql)).await?;
    let id: i64 = row.ok_or("a session without an id")?.try_get_by_index(0)?;
    taskset(&[], processor, &id.to_string())
}

fn taskset(options: &[&str], processor: usize, id: &str) -> Outcome<()> {
    let done = Command::new("taskset").args(options).args(["-cp", &processor.to_string(), id]).output()?;
    match done.status.success() {
        true => Ok(()),
        false => Err(format!("taskset: {}", String::from_utf8_lossy(&done.stderr)).into()),
    }
}

async fn write(pool: DatabaseConnection, stop: Arc<AtomicBool>) -> Outcome<Latencies> {
    let system = pool.get_database_backend();
    let sql = match system {
        sea_orm::DbBackend::Postgres => "UPDATE people SET name = $1 WHERE id = $2",
        _ => "UPDATE people SET name = ? WHERE id = ?",
    };
    let (mut times, mut id) = (Vec::new(), 1_u64);
    while !stop.load(Ordering::Relaxed) {
        // A generator of Lehmer's: its numbers pass all rows in an order without a pattern.
        id = id * 48_271 % 2_147_483_647;
        let values = ["written".into(), (id % ROWS).into()];
        let start = Instant::now();
        pool.execute_raw(Statement::from_sql_and_values(system, sql, values)).await?;
        times.push(start.elapsed());
        tokio::time::sleep(BETWEEN).await;
    }
    pool.close().await?;
    Ok(Latencies(times))
}

/// How long writes took.
#[derive(Default)]
struct Latencies(Vec<Duration>);

impl Latencies {
    fn add(&mut self, more: Self) {
        self.0.extend(more.0);
        self.0.sort_unstable();
    }

    fn p99(&self) -> Duration {
        self.0.get(self.0.len() * 99 / 100).copied().unwrap_or_default()
    }

    fn longest(&self) -> Duration {
        self.0.last().copied().unwrap_or_default()
    }
}

impl std::fmt::Display for Latencies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
        f.pad(&format!("{:.2}, {:.1}", milliseconds(self.p99()), milliseconds(self.longest())))
    }
}
