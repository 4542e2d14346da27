//! What forecasts need of the rows of the connected database: how wide the values of columns are, and how long a lookup
//! takes. A sample of the rows is read, never a table as a whole.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};

use super::filled_copy::new_foreign_keys;
use super::measured::RevisionImpact;
use crate::alter::clause;
use crate::backend::query_scalar;
use crate::schema::{Column, Schema, Table, TableName};

/// The rows whose values are measured.
const SAMPLE: u32 = 1_000;

/// The rows that are looked up by their key.
const LOOKUPS: i64 = 256;

/// A prime number; its multiples spread over a range.
const STRIDE: i128 = 1_000_003;

/// Samples of the tables that revisions change. What the database does not let the session read is missing.
#[derive(Debug, Default)]
pub(crate) struct TableSamples {
    /// The average bytes of the values of columns, by table and column.
    widths: BTreeMap<String, BTreeMap<String, u64>>,
    /// How much longer a lookup takes than in memory, by table.
    lookups: BTreeMap<String, Duration>,
    /// The bytes that the server keeps in memory (MySQL, MariaDB).
    memory: Option<u64>,
    /// Whether the server sorts the rows for each index of a table that it copies. (MariaDB's manual,
    /// `innodb_alter_copy_bulk`; others insert row by row.)
    sorts_copies: bool,
}

impl TableSamples {
    /// Reads the samples. On MySQL and MariaDB, rows of the tables to which the revisions add a foreign key are looked up.
    pub(crate) async fn read(connection: &DatabaseConnection, measured: &[RevisionImpact]) -> Self {
        let mut samples = Self::default();
        let Some(schema) = measured.first().and_then(|impact| impact.before.as_ref()) else { return samples };
        let named = measured.iter().flat_map(|impact| &impact.statements).flat_map(|statement| &statement.tables);
        let named: Vec<&str> = named.map(|own| own.table.as_str()).collect();
        for (name, table) in schema.tables.iter().filter(|(name, _)| named.contains(&name.to_string().as_str())) {
            if let Ok(widths) = widths(connection, table).await {
                samples.widths.insert(name.to_string(), widths);
            }
        }
        if connection.get_database_backend() == DbBackend::MySql {
            const POOL: &str = "SELECT CAST(@@innodb_buffer_pool_size AS SIGNED) AS answer";
            let memory = query_scalar::<i64>(connection, POOL, []).await;
            samples.memory = memory.ok().and_then(|bytes| u64::try_from(bytes).ok());
            // MySQL does not know the variable: then there is no row.
            const BULK: &str = "SHOW VARIABLES LIKE 'innodb_alter_copy_bulk'";
            let bulk = connection.query_one_raw(Statement::from_string(DbBackend::MySql, BULK)).await.ok().flatten();
            let value = bulk.and_then(|row| row.try_get::<String>("", "Value").ok());
            samples.sorts_copies = value.is_some_and(|value| value.eq_ignore_ascii_case("ON"));
            for (table, column) in looked_up(schema, measured) {
                if let Ok(Some(time)) = lookup(connection, &table, &column).await {
                    samples.lookups.insert(table.to_string(), time);
                }
            }
        }
        samples
    }

    /// The average bytes of the values of the columns of a table, as far as they are known.
    pub(super) fn column_widths(&self, table: &str) -> BTreeMap<String, u64> {
        self.widths.get(table).cloned().unwrap_or_default()
    }

    /// How much longer a lookup in a table of this size takes than in memory, on average over many rows. A table that
    /// fits into the memory of the server is read once.
    pub(super) fn lookup(&self, table: &str, bytes: Option<u64>) -> Duration {
        let first = self.lookups.get(table).copied().unwrap_or_default();
        let (Some(bytes), Some(memory)) = (bytes, self.memory) else { return first };
        if bytes <= memory {
            return Duration::ZERO;
        }
        #[expect(clippy::cast_precision_loss, reason = "it is an estimate")]
        first.mul_f64((bytes - memory) as f64 / bytes as f64)
    }

    /// How many times as large as the memory of the server a table of so many bytes is, if the server inserts each row of a
    /// copy into its indexes; otherwise 0.
    pub(super) fn copied(&self, bytes: Option<u64>) -> f64 {
        match (bytes, self.memory) {
            #[expect(clippy::cast_precision_loss, reason = "it is an estimate")]
            (Some(bytes), Some(memory)) if !self.sorts_copies && memory > 0 => bytes as f64 / memory as f64,
            _ => 0.0,
        }
    }
}

async fn widths(connection: &DatabaseConnection, table: &Table) -> Result<BTreeMap<String, u64>, DbErr> {
    let backend = connection.get_database_backend();
    let columns: Vec<&Column> = table.columns.iter().filter(|column| column.generated.is_none()).collect();
    let (expressions, names): (Vec<String>, Vec<String>) = columns
        .iter()
        .enumerate()
        .map(|(number, column)| {
            let name = clause::quoted(backend, &column.name);
            let (length, integer) = match backend {
                // The bytes that are stored: a large value is not read.
                DbBackend::Postgres => (format!("pg_column_size({name})"), "bigint"),
                DbBackend::MySql => (format!("LENGTH({name})"), "SIGNED"),
                _ => (format!("LENGTH(CAST({name} AS BLOB))"), "INTEGER"),
            };
            (format!("CAST(AVG(COALESCE({length}, 0)) AS {integer}) AS w{number}"), name)
        })
        .unzip();
    if columns.is_empty() {
        return Ok(BTreeMap::new());
    }
    let query = format!(
        "SELECT {} FROM (SELECT {} FROM {} LIMIT {SAMPLE}) AS sample",
        expressions.join(", "),
        names.join(", "),
        clause::quoted_name(backend, &table.name)
    );
    let row = connection.query_one_raw(Statement::from_string(backend, query)).await?;
    let mut widths = BTreeMap::new();
    for (number, column) in columns.into_iter().enumerate() {
        let width: Option<i64> = row.as_ref().map(|row| row.try_get_by_index(number)).transpose()?.flatten();
        // No row has no width.
        if let Some(width) = width.and_then(|width| u64::try_from(width).ok()) {
            widths.insert(column.name.clone(), width);
        }
    }
    Ok(widths)
}

/// The tables to which the revisions add a foreign key, each with the referenced column.
fn looked_up(schema: &Schema, measured: &[RevisionImpact]) -> BTreeMap<TableName, String> {
    let after = measured.iter().filter_map(|impact| impact.states.as_ref());
    let new = after.flat_map(|states| new_foreign_keys(schema, &states.1.schema));
    new.filter_map(|(_, key)| Some((key.referenced_table, key.referenced_columns.into_iter().next()?))).collect()
}

/// Looks rows up by keys that are spread over their range, twice: the second time they are in memory. Returns how much
/// longer a lookup takes the first time; `None` if the keys are not numbers.
async fn lookup(connection: &DatabaseConnection, table: &TableName, column: &str) -> Result<Option<Duration>, DbErr> {
    let (table, column) = (clause::quoted_name(DbBackend::MySql, table), clause::quoted(DbBackend::MySql, column));
    let end = |function: &str| format!("SELECT CAST({function}({column}) AS CHAR) AS answer FROM {table}");
    let least: Option<String> = query_scalar(connection, &end("MIN"), []).await?;
    let greatest: Option<String> = query_scalar(connection, &end("MAX"), []).await?;
    let number = |text: Option<String>| text.and_then(|text| text.parse::<i64>().ok());
    let (Some(least), Some(greatest)) = (number(least), number(greatest)) else { return Ok(None) };
    let range = i128::from(greatest) - i128::from(least) + 1;
    let keys = (0..LOOKUPS)
        .map(|number| i128::from(least) + i128::from(number) * STRIDE * range / i128::from(LOOKUPS) % range);
    let keys: Vec<String> = keys.map(|key| key.to_string()).collect();
    // One after the other, as a check of a foreign key looks them up.
    let query = format!("SELECT COUNT(*) AS answer FROM {table} WHERE {column} IN ({})", keys.join(", "));
    let mut times = Vec::new();
    for _ in 0..2 {
        let start = Instant::now();
        query_scalar::<i64>(connection, &query, []).await?;
        times.push(start.elapsed());
    }
    let lookups = u32::try_from(LOOKUPS).unwrap_or(1);
    Ok(Some(times[0].saturating_sub(times[1]) / lookups))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::TableSamples;

    #[test]
    fn a_table_that_fits_into_memory_is_read_once() {
        let lookups = BTreeMap::from([("users".to_owned(), Duration::from_micros(100))]);
        let samples = TableSamples { lookups, memory: Some(1_000), ..TableSamples::default() };
        for (bytes, expected) in [(None, 100), (Some(1_000), 0), (Some(4_000), 75)] {
            assert_eq!(samples.lookup("users", bytes), Duration::from_micros(expected), "{bytes:?}");
        }
        assert_eq!(samples.lookup("posts", None), Duration::ZERO);
    }

    #[test]
    fn a_copy_inserts_row_by_row_unless_the_server_sorts() {
        let samples = TableSamples { memory: Some(1_000), ..TableSamples::default() };
        let sorting = TableSamples { memory: Some(1_000), sorts_copies: true, ..TableSamples::default() };
        for (samples, bytes, expected) in
            [(&samples, Some(4_000), "4"), (&samples, None, "0"), (&sorting, Some(4_000), "0")]
        {
            assert_eq!(samples.copied(bytes).to_string(), expected, "{bytes:?}");
        }
    }
}
