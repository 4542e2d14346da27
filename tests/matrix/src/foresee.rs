//! What is foreseen of the rows of a database, compared with what the change then does to them.
//!
//! The tables get rows on which many changes succeed, and then further rows: with `NULL`, with values that another row
//! has, with long, large and other values. Rows that the tables refuse are not there.

use std::error::Error;
use std::time::Duration;

use sea_orm::sea_query::ColumnType;
use sea_orm::{ConnectionTrait, DbBackend};
use seachange::Migrations;
use seachange::autogenerate::{Comparison, SchemaOperation};
use seachange::impact::foresee::{
    DataCheck, DataCheckKind, DatabaseVersion, Foreseen, PendingChange, data_checks, foresee,
};
use seachange::schema::{Column, ForeignKey, Schema, Table};

use crate::database::Database;
use crate::prepare::{build_tables, foreign_keys};
use crate::prove::{explained, migrator};
use crate::rows::{insertions, value};
use crate::steps::Steps;
use crate::{Case, Job, Outcome};

/// How many times rows are deleted until no failure is foreseen.
const ROUNDS: usize = 12;

/// A kind of further rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Further {
    /// `NULL` wherever it is allowed.
    Null,
    /// The values of another row.
    Equal,
    /// Long texts, large numbers, all digits.
    Large,
    /// Negative numbers, and texts that are no numbers.
    Other,
}

const ALL: [Further; 4] = [Further::Null, Further::Equal, Further::Large, Further::Other];

/// Makes the change on rows of all kinds together, and, if `is_complete`, of each kind alone. The faults are failures that
/// were not foreseen or were foreseen wrongly, and keys that do not name the rows.
///
/// # Errors
///
/// The error of the database or of the engine.
pub async fn compare_foreseen(case: Case, job: Job, is_complete: bool) -> Result<Outcome, Box<dyn Error>> {
    let mut rows = vec![ALL.to_vec()];
    if is_complete {
        rows.push(Vec::new());
        rows.extend(ALL.map(|kind| vec![kind]));
    }
    let (mut faults, mut differences) = (Vec::new(), Vec::new());
    for kinds in rows {
        match compare(&case, &job, &kinds).await {
            Ok(Ending::AsForeseen(said)) => differences.push(format!("{kinds:?}: {said}")),
            Ok(Ending::NoRowsRead) => {}
            Ok(Ending::Fault(fault)) => faults.push(format!("rows {kinds:?}: {fault}")),
            Err(error) => faults.push(format!("rows {kinds:?}: cannot be tried: {error}")),
        }
    }
    Ok(Outcome::new(case.name, differences, faults))
}

/// What is foreseen of rows on which a change succeeds: nothing.
///
/// # Errors
///
/// The error of the database.
pub(crate) async fn false_alarms(
    database: &Database,
    operations: &[SchemaOperation],
    before: &Schema,
) -> Result<Vec<String>, Box<dyn Error>> {
    let version = DatabaseVersion::read(&database.connection).await?;
    let change = PendingChange { operations, ..PendingChange::default() };
    let checks = data_checks(&change, before, version);
    let found = foresee(&database.connection, &checks, Duration::from_secs(10)).await;
    let failures = found.iter().filter(|one| matches!(one, Foreseen::Failure { .. }));
    Ok(failures.map(|one| format!("up succeeds, and this was foreseen: {one:?}")).collect())
}

/// The result of a comparison.
enum Ending {
    /// The change depends on no rows, and succeeds.
    NoRowsRead,
    /// What happened, in a few words.
    AsForeseen(&'static str),
    Fault(String),
}

/// A database with rows, before the change.
struct Filled {
    database: Database,
    start: Comparison,
    operations: Vec<SchemaOperation>,
}

async fn compare(case: &Case, job: &Job, kinds: &[Further]) -> Result<Ending, Box<dyn Error>> {
    let filled = fill(case, job, kinds).await?;
    let found = filled.ask().await?;
    let has_checks = !filled.checks().await?.is_empty();
    let ended = filled.up(job).await;
    let failures = |found: &[Foreseen]| found.iter().any(|one| matches!(one, Foreseen::Failure { .. }));
    let unknown = found.iter().find_map(|one| match one {
        Foreseen::Unknown { reason, .. } => Some(reason.clone()),
        _ => None,
    });
    Ok(match (failures(&found), ended) {
        (false, Ok(())) if !has_checks => Ending::NoRowsRead,
        (false, Ok(())) => Ending::AsForeseen("succeeds"),
        (true, Ok(())) => Ending::Fault(format!("`up` succeeds, and this is foreseen: {found:#?}")),
        // `alter` counts these values before it changes anything, and names them.
        (false, Err(error)) if error.contains("would change the value") => Ending::AsForeseen("is refused"),
        // Whether the values of a generated column are kept depends on the statement, not on the two schemas.
        (false, Err(_)) if found.iter().any(is_generated) => Ending::AsForeseen("is unknown"),
        (false, Err(error)) => match unknown {
            Some(reason) => Ending::Fault(format!("unknown ({reason}), and `up` fails: {error}")),
            None => Ending::Fault(format!("not foreseen: {error}")),
        },
        (true, Err(_)) => match keys_are_right(case, job, kinds).await? {
            Some(fault) => Ending::Fault(fault),
            None => Ending::AsForeseen("fails"),
        },
    })
}

fn is_generated(found: &Foreseen) -> bool {
    matches!(found, Foreseen::Unknown { check, .. } if check.kind == DataCheckKind::Generated)
}

/// Deletes the rows that are foreseen until none is left. Then the change has to succeed. Returns the fault.
async fn keys_are_right(case: &Case, job: &Job, kinds: &[Further]) -> Result<Option<String>, Box<dyn Error>> {
    let filled = fill(case, job, kinds).await?;
    for _ in 0..ROUNDS {
        let found = filled.ask().await?;
        let failures = found.iter().filter_map(|one| match one {
            Foreseen::Failure { check, keys, .. } => Some((check, keys)),
            _ => None,
        });
        let mut is_left = false;
        for (check, keys) in failures {
            is_left = true;
            let deleted = filled.delete(check, keys).await?;
            if deleted == 0 && !filled.has_deleted(check, keys).await? {
                return Ok(Some(format!("no row has one of the keys {keys:?} of {check:#?}")));
            }
        }
        if !is_left {
            let unknown = found.iter().any(|one| matches!(one, Foreseen::Unknown { .. }));
            return Ok(match filled.up(job).await {
                Err(error) if !unknown && !error.contains("would change the value") => {
                    Some(format!("fails without the rows that were foreseen: {error}"))
                }
                _ => None,
            });
        }
    }
    Ok(Some(format!("after {ROUNDS} deletions there are still rows: {:#?}", filled.ask().await?)))
}

impl Filled {
    async fn checks(&self) -> Result<Vec<DataCheck>, Box<dyn Error>> {
        let version = DatabaseVersion::read(&self.database.connection).await?;
        let change = PendingChange { operations: &self.operations, ..PendingChange::default() };
        Ok(data_checks(&change, &self.start.from, version))
    }

    async fn ask(&self) -> Result<Vec<Foreseen>, Box<dyn Error>> {
        Ok(foresee(&self.database.connection, &self.checks().await?, Duration::from_secs(10)).await)
    }

    /// Makes the change, by the calls that would be written.
    async fn up(&self, job: &Job) -> Result<(), String> {
        static NONE: Migrations = Migrations::new("matrix 0.1.0", &[]);
        let job = Job { file: None, ..job.clone() };
        let steps = Steps::of(&self.operations);
        let migrator = migrator(&job, &self.database, &NONE, steps).await.map_err(|error| error.to_string())?;
        let ended = migrator.upgrade("heads").await.map_err(|error| explained("up", &error));
        migrator.close().await.map_err(|error| error.to_string())?;
        ended.map(drop)
    }

    /// Deletes rows by their keys, and returns how many there were.
    async fn delete(&self, check: &DataCheck, keys: &[Vec<Option<String>>]) -> Result<u64, Box<dyn Error>> {
        let backend = self.database.backend();
        self.database.run(foreign_keys(backend, false)).await?;
        let mut count = 0;
        for key in keys {
            let condition = self.condition(check, key);
            let text = format!("DELETE FROM {} WHERE {condition}", quoted(backend, &check.table.name));
            let deleted = self.database.connection.execute_unprepared(&text).await;
            count += deleted.map_err(|error| format!("{error}: {text}"))?.rows_affected();
        }
        self.database.run(foreign_keys(backend, true)).await?;
        Ok(count)
    }

    /// Whether another failure of the same answers named the same rows, so that they are gone.
    async fn has_deleted(&self, check: &DataCheck, keys: &[Vec<Option<String>>]) -> Result<bool, Box<dyn Error>> {
        let again = self.ask().await?;
        let is_same = |one: &Foreseen| matches!(one, Foreseen::Failure { check: own, keys: all, .. } if own == check && all == keys);
        Ok(!again.iter().any(is_same))
    }

    fn condition(&self, check: &DataCheck, key: &[Option<String>]) -> String {
        let backend = self.database.backend();
        let table = self.start.from.tables.get(&check.table);
        let parts = check.key.iter().zip(key).map(|(name, cell)| {
            let column = table.and_then(|table| table.column(name));
            let own = if column.is_some() { quoted(backend, name) } else { name.clone() };
            let is_binary = column.is_some_and(|column| {
                let text = &column.column_type.text;
                backend == DbBackend::MySql && (text.contains("binary") || text.contains("blob"))
            });
            let text = match backend {
                DbBackend::Postgres => format!("{own}::text"),
                DbBackend::MySql if is_binary => format!("HEX({own})"),
                DbBackend::MySql => format!("CAST({own} AS CHAR)"),
                _ => format!("CAST({own} AS TEXT)"),
            };
            match cell {
                Some(cell) => format!("{text} = '{}'", cell.replace('\'', "''")),
                None => format!("{own} IS NULL"),
            }
        });
        parts.collect::<Vec<_>>().join(" AND ")
    }
}

fn quoted(backend: DbBackend, name: &str) -> String {
    let quote = if backend == DbBackend::MySql { '`' } else { '"' };
    format!("{quote}{name}{quote}")
}

/// Builds the tables before the change in an empty place, with rows.
async fn fill(case: &Case, job: &Job, kinds: &[Further]) -> Result<Filled, Box<dyn Error>> {
    let database = emptied(&job.url).await?;
    let built = build_tables(case, &database).await?;
    database.run(foreign_keys(database.backend(), false)).await?;
    for statement in insertions(&built) {
        // A row that a constraint refuses is not there.
        let _ = database.connection.execute(&statement).await;
    }
    database.run(foreign_keys(database.backend(), true)).await?;
    for table in built.tables.values() {
        for (at, kind) in kinds.iter().enumerate() {
            let _ =
                database.connection.execute_unprepared(&further(database.backend(), &built, table, *kind, at)).await;
        }
    }
    let start = database.compare(&case.after).await?;
    let operations = start.operations(&start.renames());
    Ok(Filled { database, start, operations })
}

/// A statement that inserts a further row.
fn further(backend: DbBackend, schema: &Schema, table: &Table, kind: Further, at: usize) -> String {
    let is_given = |column: &&Column| column.generated.is_none() && column.auto_increment.is_none();
    let given: Vec<&Column> = table.columns.iter().filter(is_given).collect();
    let names: Vec<String> = given.iter().map(|column| quoted(backend, &column.name)).collect();
    let values: Vec<String> = given.iter().map(|column| further_value(schema, table, column, kind, at)).collect();
    let table = quoted(backend, &table.name.name);
    if given.is_empty() {
        let none = if backend == DbBackend::MySql { "() VALUES ()" } else { "DEFAULT VALUES" };
        return format!("INSERT INTO {table} {none}");
    }
    format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), values.join(", "))
}

fn further_value(schema: &Schema, table: &Table, column: &Column, kind: Further, at: usize) -> String {
    let number = 4 + i64::try_from(at).unwrap_or_default();
    let is_in = |names: &[String]| names.contains(&column.name);
    let is_key = table.primary_key.as_ref().is_some_and(|key| is_in(&key.columns));
    let refers = |key: &&ForeignKey| is_in(&key.columns) && schema.tables.contains_key(&key.referenced_table);
    let column_type = &column.column_type.kind;
    match kind {
        _ if is_key => value(column_type, number),
        Further::Null if column.nullable => "NULL".to_owned(),
        _ if table.foreign_keys.iter().any(|key| refers(&key)) => value(column_type, 2),
        Further::Null => value(column_type, number),
        Further::Equal => value(column_type, 1),
        Further::Large => large(column_type, number),
        Further::Other => other(column_type, number),
    }
}

fn large(kind: &ColumnType, number: i64) -> String {
    match kind {
        ColumnType::SmallInteger => "30000".to_owned(),
        ColumnType::Integer => "2000000000".to_owned(),
        ColumnType::BigInteger => "9000000000000000000".to_owned(),
        ColumnType::Decimal(Some((precision, scale))) => {
            let digits = |count: u32| "9".repeat(usize::try_from(count).unwrap_or_default());
            format!("{}.{}", digits(precision - scale), digits(*scale))
        }
        ColumnType::Double | ColumnType::Float => "12345678.125".to_owned(),
        ColumnType::String(length) => {
            let length = match length {
                sea_orm::sea_query::StringLen::N(length) => usize::try_from(*length).unwrap_or(255).min(255),
                _ => 255,
            };
            format!("'{}'", "x".repeat(length))
        }
        ColumnType::Text => format!("'{}'", "x".repeat(1000)),
        ColumnType::DateTime | ColumnType::Timestamp | ColumnType::TimestampWithTimeZone => {
            "'2026-01-01 10:11:12'".to_owned()
        }
        kind => value(kind, number),
    }
}

fn other(kind: &ColumnType, number: i64) -> String {
    match kind {
        ColumnType::SmallInteger | ColumnType::Integer | ColumnType::BigInteger => "-77".to_owned(),
        ColumnType::Decimal(_) | ColumnType::Double | ColumnType::Float => "-1.25".to_owned(),
        ColumnType::String(_) | ColumnType::Text => "'no number'".to_owned(),
        kind => value(kind, number),
    }
}

/// Connects to the place of a job, which is empty then: another file on SQLite, the same schema or database on a server.
async fn emptied(url: &str) -> Result<Database, Box<dyn Error>> {
    if let Some((path, _)) = url.strip_prefix("sqlite:").and_then(|rest| rest.split_once(".db?")) {
        let path = format!("{path}_rows.db");
        for suffix in ["", "-journal", "-wal", "-shm"] {
            // The file may not be there.
            let _ = std::fs::remove_file(format!("{path}{suffix}"));
        }
        return Database::connect(&format!("sqlite:{path}?mode=rwc")).await;
    }
    let database = Database::connect(url).await?;
    let kind = if database.backend() == DbBackend::MySql { "DATABASE" } else { "SCHEMA" };
    let question = if kind == "DATABASE" { "SELECT DATABASE()" } else { "SELECT current_schema()::text" };
    let row = database.connection.query_one_raw(sea_orm::Statement::from_string(database.backend(), question)).await?;
    let name: String = row.ok_or("no answer")?.try_get_by_index(0)?;
    let name = quoted(database.backend(), &name);
    let cascade = if kind == "SCHEMA" { " CASCADE" } else { "" };
    database.run(&format!("DROP {kind} {name}{cascade}")).await?;
    database.run(&format!("CREATE {kind} {name}")).await?;
    database.connection.close().await?;
    Database::connect(url).await
}
