//! All rows of a database, and the next values of its counters, for a comparison.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};

use crate::alter::clause;
use crate::schema::{Schema, Table, TableName};

/// The rows of each table, and the counters as one more table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RowSnapshot {
    tables: BTreeMap<String, TableRows>,
}

/// The rows of a table, in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
struct TableRows {
    columns: Vec<String>,
    rows: Vec<Vec<Option<String>>>,
}

/// The name under which counters are compared.
const COUNTERS: &str = "next values of counters";

impl RowSnapshot {
    /// Reads the rows of the tables of a schema.
    pub(super) async fn read(connection: &DatabaseConnection, schema: &Schema) -> Result<Self, DbErr> {
        let backend = connection.get_database_backend();
        let mut tables = BTreeMap::new();
        for table in schema.tables.values() {
            let columns: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
            let rows = texts(connection, &query(table, &columns, backend), columns.len()).await?;
            tables.insert(table.name.to_string(), TableRows { columns, rows });
        }
        let counters = counters(connection, schema).await?;
        let columns = vec!["counter".to_owned(), "value".to_owned()];
        tables.insert(COUNTERS.to_owned(), TableRows { columns, rows: counters });
        Ok(Self { tables })
    }

    /// The columns whose values differ between two runs of the same code, such as the time of a row.
    pub(super) fn volatile(&self, other: &Self) -> BTreeSet<(String, String)> {
        let mut volatile = BTreeSet::new();
        for (name, table) in &self.tables {
            let Some(again) = other.tables.get(name) else { continue };
            for (at, column) in table.columns.iter().enumerate() {
                if table.values(at) != again.values(at) {
                    volatile.insert((name.clone(), column.clone()));
                }
            }
        }
        volatile
    }

    /// The tables whose rows differ, without the columns in `volatile`.
    pub(super) fn differences(&self, other: &Self, volatile: &BTreeSet<(String, String)>) -> Vec<String> {
        let names: BTreeSet<&String> = self.tables.keys().chain(other.tables.keys()).collect();
        let differing = names.into_iter().filter(|name| self.rows(name, volatile) != other.rows(name, volatile));
        differing
            .map(|name| {
                let count = |snapshot: &Self| snapshot.tables.get(name).map_or(0, |table| table.rows.len());
                match name == COUNTERS {
                    true => self.counter_differences(other),
                    false => {
                        format!("table `{name}`: {} rows instead of {}, or other values", count(other), count(self))
                    }
                }
            })
            .collect()
    }

    /// The rows of a table without volatile columns, sorted.
    fn rows(&self, name: &str, volatile: &BTreeSet<(String, String)>) -> Option<Vec<Vec<&Option<String>>>> {
        self.tables.get(name).map(|table| table.stable(name, volatile))
    }

    fn counter_differences(&self, other: &Self) -> String {
        let values = |snapshot: &Self| -> BTreeSet<Vec<Option<String>>> {
            snapshot.tables.get(COUNTERS).map(|table| table.rows.iter().cloned().collect()).unwrap_or_default()
        };
        let (old, new) = (values(self), values(other));
        let say = |row: &Vec<Option<String>>| row.iter().flatten().cloned().collect::<Vec<_>>().join(" at ");
        let [lost, found] = [old.difference(&new), new.difference(&old)].map(|rows| rows.map(say).collect::<Vec<_>>());
        format!("{COUNTERS}: {} instead of {}", or_nothing(&found), or_nothing(&lost))
    }
}

fn or_nothing(list: &[String]) -> String {
    if list.is_empty() { "nothing".to_owned() } else { list.join(", ") }
}

impl TableRows {
    /// The values of a column, sorted.
    fn values(&self, at: usize) -> Vec<&Option<String>> {
        let mut values: Vec<&Option<String>> = self.rows.iter().filter_map(|row| row.get(at)).collect();
        values.sort_unstable();
        values
    }

    /// The rows without the volatile columns, sorted.
    fn stable(&self, name: &str, volatile: &BTreeSet<(String, String)>) -> Vec<Vec<&Option<String>>> {
        let is_stable = |column: &String| !volatile.contains(&(name.to_owned(), column.clone()));
        let kept: Vec<usize> = (0..self.columns.len()).filter(|&at| is_stable(&self.columns[at])).collect();
        let mut rows: Vec<Vec<&Option<String>>> =
            self.rows.iter().map(|row| kept.iter().map(|&at| &row[at]).collect()).collect();
        rows.sort_unstable();
        rows
    }
}

/// A query of all rows of a table, each value as text.
fn query(table: &Table, columns: &[String], backend: DbBackend) -> String {
    let text = |column: &String| {
        let column = clause::quoted(backend, column);
        match backend {
            DbBackend::Postgres => format!("{column}::text"),
            DbBackend::MySql => format!("HEX(CONCAT({column}))"),
            _ => format!("quote({column})"),
        }
    };
    let columns: Vec<String> = columns.iter().map(text).collect();
    let columns = if columns.is_empty() { "'' ".to_owned() } else { columns.join(", ") };
    format!("SELECT {columns} FROM {}", clause::quoted_name(backend, &table.name))
}

async fn texts(connection: &DatabaseConnection, sql: &str, columns: usize) -> Result<Vec<Vec<Option<String>>>, DbErr> {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let rows = connection.query_all_raw(statement).await?;
    rows.iter().map(|row| (0..columns).map(|at| row.try_get_by_index(at)).collect()).collect()
}

/// The counters of keys and the sequences, each with its value.
async fn counters(connection: &DatabaseConnection, schema: &Schema) -> Result<Vec<Vec<Option<String>>>, DbErr> {
    match connection.get_database_backend() {
        DbBackend::Postgres => {
            // A sequence of a column has the name of the column here.
            const SEQUENCES: &str = "SELECT COALESCE(owner.relname || '.' || a.attname, c.relname)::text, \
                COALESCE(pg_sequence_last_value(c.oid)::text, 'start') FROM pg_class c \
                LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i') \
                    AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 \
                LEFT JOIN pg_class owner ON owner.oid = d.refobjid \
                LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid \
                WHERE c.relkind = 'S' AND c.relnamespace = current_schema()::regnamespace";
            texts(connection, SEQUENCES, 2).await
        }
        DbBackend::MySql => {
            // The catalogue may answer from statistics that are a day old.
            let _ = connection.execute_unprepared("SET SESSION information_schema_stats_expiry = 0").await;
            const KEYS: &str = "SELECT HEX(CONCAT(table_name)), HEX(CONCAT(auto_increment)) FROM information_schema.tables \
                WHERE table_schema = DATABASE() AND auto_increment > 1";
            let named = |row: Vec<Option<String>>| row.into_iter().map(|cell| cell.map(|hex| unhex(&hex))).collect();
            let rows: Vec<Vec<Option<String>>> = texts(connection, KEYS, 2).await?.into_iter().map(named).collect();
            let is_own = |row: &Vec<Option<String>>| {
                row.first().cloned().flatten().is_some_and(|name| schema.tables.contains_key(&TableName::new(name)))
            };
            Ok(rows.into_iter().filter(is_own).collect())
        }
        _ => {
            const EXISTS: &str = "SELECT name FROM sqlite_master WHERE name = 'sqlite_sequence'";
            match texts(connection, EXISTS, 1).await?.is_empty() {
                true => Ok(Vec::new()),
                // The counter of a table without rows may be missing or 0.
                false => {
                    texts(connection, "SELECT name, CAST(seq AS TEXT) FROM sqlite_sequence WHERE seq > 0", 2).await
                }
            }
        }
    }
}

/// The text of a number of hexadecimal digits.
fn unhex(hex: &str) -> String {
    let byte = |at: usize| hex.get(at..at + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
    let bytes: Vec<u8> = (0..hex.len()).step_by(2).filter_map(byte).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}
