//! Many rows for tables, made from the schema: one `INSERT` with a query over a series of numbers.
//!
//! The value of a column is an expression of the number of its row. Values of keys are different in each row, and those
//! of foreign keys are the values of a row of the referenced table, so that keys and foreign keys hold without a lookup.
//! Where a check refuses these values, constants that the check names are tried.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::sea_query::{ColumnType, StringLen};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement, TransactionTrait};

use super::{ATTEMPTS, in_order, literals_of_checks, value};
use crate::alter::clause;
use crate::backend::query_scalar;
use crate::database_error::{full_reason, is_lost_connection};
use crate::schema::{AutoIncrement, Column, ForeignKey, Index, Schema, Table, TableName};
use crate::sql::SqlDialect;

/// The most rows of a table.
pub(crate) const MOST: u64 = 100_000;

/// The bytes of a text whose width is unknown.
const TEXT: u64 = 24;

/// Values are odd multiples, modulo a power of two: each is different, and neighbours are far from each other.
const SPREAD: u64 = 2_654_435_761;
const SPREAD_OVER: u64 = 1 << 32;

/// The tables that are filled, and those that cannot be, each with the reason.
#[derive(Debug, Default)]
pub(crate) struct ManyRows {
    /// The rows of each table.
    pub(crate) filled: BTreeMap<TableName, u64>,
    pub(crate) failed: BTreeMap<TableName, String>,
}

/// The rows that a table should get.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct WantedRows {
    /// How many.
    pub(crate) rows: u64,
    /// The average bytes of a row, if they are known.
    pub(crate) width: Option<u64>,
    /// The average bytes of the values of columns, where they are known.
    pub(crate) column_widths: BTreeMap<String, u64>,
}

/// Deletes all rows, and fills the `wanted` tables, or as far as the types of their keys allow. The tables that they
/// refer to get `rows` rows.
///
/// # Errors
///
/// The connection fails. What the database refuses is the reason why a table is not filled.
pub(crate) async fn fill_many(
    connection: &DatabaseConnection,
    schema: &Schema,
    wanted: &BTreeMap<TableName, WantedRows>,
    rows: u64,
) -> Result<ManyRows, DbErr> {
    let backend = connection.get_database_backend();
    let ordered = in_order(schema);
    let triggers = Triggers::disable(connection, &ordered).await?;
    for table in ordered.iter().rev() {
        let name = clause::quoted_name(backend, &table.name);
        refused(connection.execute_unprepared(&format!("DELETE FROM {name}")).await)?;
    }
    let all = with_referenced(schema, wanted.keys());
    let of_others = WantedRows { rows, ..WantedRows::default() };
    let mut made = ManyRows::default();
    for table in ordered.into_iter().filter(|table| all.contains(&table.name)) {
        let own = wanted.get(&table.name).unwrap_or(&of_others);
        let filler = Filler {
            backend,
            schema,
            filled: &made.filled,
            table,
            rows: capacity(table, &made.filled, own.rows.min(MOST)),
            wanted,
        };
        match filler.fill(connection).await? {
            None => drop(made.filled.insert(table.name.clone(), filler.rows)),
            Some(reason) => drop(made.failed.insert(table.name.clone(), reason)),
        }
    }
    triggers.enable(connection).await?;
    if backend == DbBackend::Postgres {
        // The first reader of new rows marks them as visible; real tables are marked already.
        for table in made.filled.keys() {
            let name = clause::quoted_name(backend, table);
            refused(connection.execute_unprepared(&format!("VACUUM ANALYZE {name}")).await)?;
        }
    }
    Ok(made)
}

/// What enables the triggers again. On MySQL and MariaDB they are dropped: a trigger may write to another database.
struct Triggers(Vec<String>);

impl Triggers {
    async fn disable(connection: &DatabaseConnection, tables: &[&Table]) -> Result<Self, DbErr> {
        let backend = connection.get_database_backend();
        let listed = match backend {
            DbBackend::Postgres => {
                let mut again = Vec::new();
                for table in tables {
                    let name = clause::quoted_name(backend, &table.name);
                    refused(connection.execute_unprepared(&format!("ALTER TABLE {name} DISABLE TRIGGER USER")).await)?;
                    again.push(format!("ALTER TABLE {name} ENABLE TRIGGER USER"));
                }
                return Ok(Self(again));
            }
            DbBackend::MySql => {
                "SELECT CAST(TRIGGER_NAME AS CHAR), NULL FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = DATABASE()"
            }
            _ => "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'",
        };
        let mut again = Vec::new();
        for row in connection.query_all_raw(Statement::from_string(backend, listed)).await? {
            let (name, text): (String, Option<String>) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            connection.execute_unprepared(&format!("DROP TRIGGER {}", clause::quoted(backend, &name))).await?;
            again.extend(text);
        }
        Ok(Self(again))
    }

    async fn enable(self, connection: &DatabaseConnection) -> Result<(), DbErr> {
        for statement in self.0 {
            refused(connection.execute_unprepared(&statement).await)?;
        }
        Ok(())
    }
}

/// The error of the database as a text; one of the connection stays an error.
fn refused<T>(outcome: Result<T, DbErr>) -> Result<Option<String>, DbErr> {
    match outcome {
        Ok(_) => Ok(None),
        Err(error) if is_lost_connection(&error) => Err(error),
        Err(error) => Ok(Some(full_reason(&error))),
    }
}

/// The tables, and those that they refer to, directly or not.
fn with_referenced<'a>(schema: &'a Schema, wanted: impl Iterator<Item = &'a TableName>) -> BTreeSet<TableName> {
    let mut all = BTreeSet::new();
    let mut left: Vec<&TableName> = wanted.collect();
    while let Some(name) = left.pop() {
        let Some(table) = schema.table(name) else { continue };
        if all.insert(name.clone()) {
            left.extend(table.foreign_keys.iter().map(|key| &key.referenced_table));
        }
    }
    all
}

/// How many rows a table can have: a key has as many values as its columns.
fn capacity(table: &Table, filled: &BTreeMap<TableName, u64>, rows: u64) -> u64 {
    let of_column = |name: &String| -> u64 {
        let foreign = table.foreign_keys.iter().find(|key| key.columns.contains(name));
        match (foreign, table.column(name)) {
            (Some(key), _) if key.referenced_table != table.name => {
                filled.get(&key.referenced_table).copied().unwrap_or(MOST)
            }
            (_, Some(column)) => values(&column.column_type.kind, &column.column_type.text),
            _ => MOST,
        }
    };
    let of_key = |columns: Vec<String>| columns.iter().map(of_column).max().unwrap_or(MOST);
    keys(table).map(of_key).min().unwrap_or(MOST).min(rows)
}

/// The columns of the keys that name a row.
fn keys(table: &Table) -> impl Iterator<Item = Vec<String>> {
    let unique = table.indexes.iter().filter(|index| index.unique && index.predicate.is_none());
    let primary = table.primary_key.iter().map(|key| key.columns.clone());
    primary
        .chain(table.uniques.iter().map(|unique| unique.columns.clone()))
        .chain(unique.map(Index::leading_columns))
        .filter(|columns| !columns.is_empty())
}

/// How many different values the expression of a type has.
fn values(kind: &ColumnType, text: &str) -> u64 {
    match kind {
        ColumnType::Boolean => 2,
        ColumnType::TinyInteger | ColumnType::TinyUnsigned | ColumnType::Year => 100,
        ColumnType::SmallInteger | ColumnType::SmallUnsigned => 30_000,
        ColumnType::Date => 20_000,
        ColumnType::Time => 86_400,
        ColumnType::Enum { variants, .. } => variants.len() as u64,
        ColumnType::Decimal(Some((precision, scale))) => 10_u64.saturating_pow(precision.saturating_sub(*scale)),
        _ => length(kind, text).map_or(u64::MAX, |length| 10_u64.saturating_pow(u32::try_from(length).unwrap_or(20))),
    }
}

/// The greatest length of a text or of bytes.
fn length(kind: &ColumnType, text: &str) -> Option<u64> {
    match kind {
        ColumnType::Char(Some(length))
        | ColumnType::String(StringLen::N(length))
        | ColumnType::Binary(length)
        | ColumnType::VarBinary(StringLen::N(length)) => Some(u64::from(*length)),
        ColumnType::Char(None) => Some(1),
        ColumnType::Uuid if text.starts_with("binary") => Some(16),
        _ if is_text(kind, text) => {
            text.split_once('(').and_then(|(_, rest)| rest.trim_end_matches(')').trim().parse().ok())
        }
        _ => None,
    }
}

fn is_text(kind: &ColumnType, text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    matches!(
        kind,
        ColumnType::Char(_)
            | ColumnType::String(_)
            | ColumnType::Text
            | ColumnType::Blob
            | ColumnType::Binary(_)
            | ColumnType::VarBinary(_)
    ) || [
        "text",
        "tinytext",
        "mediumtext",
        "longtext",
        "blob",
        "tinyblob",
        "mediumblob",
        "longblob",
        "citext",
        "char",
        "varchar",
        "clob",
        "nvarchar",
        "bpchar",
    ]
    .iter()
    .any(|name| text.split(['(', ' ']).next() == Some(*name))
}

fn is_number(kind: &ColumnType, text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    matches!(
        kind,
        ColumnType::Integer
            | ColumnType::BigInteger
            | ColumnType::Unsigned
            | ColumnType::BigUnsigned
            | ColumnType::Float
            | ColumnType::Double
            | ColumnType::Decimal(_)
            | ColumnType::Money(_)
    ) || ["int", "mediumint", "bigint", "float", "double", "real", "numeric", "decimal", "number"]
        .iter()
        .any(|name| text.split(['(', ' ']).next() == Some(*name))
}

/// What fills one table.
struct Filler<'a> {
    backend: DbBackend,
    schema: &'a Schema,
    filled: &'a BTreeMap<TableName, u64>,
    table: &'a Table,
    rows: u64,
    wanted: &'a BTreeMap<TableName, WantedRows>,
}

impl Filler<'_> {
    /// Fills the table; returns the reason if no attempt succeeds. An attempt begins with a single row.
    async fn fill(&self, connection: &DatabaseConnection) -> Result<Option<String>, DbErr> {
        let name = clause::quoted_name(self.backend, &self.table.name);
        let mut reason = None;
        for attempt in 0..=ATTEMPTS {
            let transaction = connection.begin().await?;
            let refusal = refused(transaction.execute_unprepared(&self.insert(&name, attempt, 1)).await)?;
            transaction.rollback().await?;
            if refusal.is_some() {
                reason = refusal;
                continue;
            }
            reason = refused(connection.execute_unprepared(&self.insert(&name, attempt, self.rows)).await)?;
            if reason.is_none() {
                break;
            }
        }
        if reason.is_none() {
            let count = format!("SELECT COUNT(*) AS answer FROM {name}");
            let count = u64::try_from(query_scalar::<i64>(connection, &count, []).await?).unwrap_or(0);
            // A trigger or a rule may discard rows.
            return Ok((count != self.rows).then(|| format!("{count} of {} rows were inserted", self.rows)));
        }
        Ok(reason)
    }

    /// The first attempt has no regard to checks; the later ones are those of a single row.
    fn insert(&self, name: &str, attempt: usize, rows: u64) -> String {
        let literals = literals_of_checks(self.table, SqlDialect::of(self.backend));
        let mut columns = Vec::new();
        let mut values = Vec::new();
        for column in self.table.columns.iter().filter(|column| column.generated.is_none()) {
            let is_left_out = attempt > ATTEMPTS / 2 && (column.nullable || column.default.is_some());
            let of_checks = literals.get(&column.name).filter(|own| attempt > 0 && !own.is_empty());
            if is_left_out && column.auto_increment.is_none() {
                continue;
            }
            values.push(match of_checks {
                Some(own) => value(column, self.backend, Some(own), (attempt - 1) % (ATTEMPTS / 2)),
                None => self.expression(self.table, column, "s.i", 0, attempt),
            });
            columns.push(clause::quoted(self.backend, &column.name));
        }
        let always = |column: &Column| matches!(column.auto_increment, Some(AutoIncrement::Identity { .. }));
        let overriding = match self.table.columns.iter().any(always) {
            true if self.backend == DbBackend::Postgres => " OVERRIDING SYSTEM VALUE",
            _ => "",
        };
        let into = match (columns.is_empty(), self.backend) {
            (true, DbBackend::MySql) => " ()".to_owned(),
            (true, _) => return format!("INSERT INTO {name} DEFAULT VALUES"),
            (false, _) => format!(" ({})", columns.join(", ")),
        };
        format!(
            "INSERT INTO {name}{into}{overriding} SELECT {} FROM ({}) AS s ORDER BY s.i",
            values.join(", "),
            series(rows)
        )
    }

    /// The value of a column in the row of the number `row`, an expression. `depth` is how many foreign keys lead here.
    fn expression(&self, table: &Table, column: &Column, row: &str, depth: usize, attempt: usize) -> String {
        if let Some((key, referenced)) = reference(table, column).filter(|_| depth < 8) {
            if key.referenced_table == table.name {
                // A row refers to itself.
                let Some(target) = table.column(referenced).filter(|own| own.name != column.name) else {
                    return "NULL".to_owned();
                };
                return self.expression(table, target, row, depth + 8, attempt);
            }
            let Some(rows) = self.filled.get(&key.referenced_table) else { return "NULL".to_owned() };
            let target = self.schema.table(&key.referenced_table);
            let target = target.and_then(|table| Some((table, table.column(referenced)?)));
            let Some((other, target)) = target else { return "NULL".to_owned() };
            // Columns in two foreign keys need the same row of both.
            let row =
                if attempt.is_multiple_of(2) { shuffled(row, *rows) } else { format!("(({row} - 1) % {rows} + 1)") };
            return self.expression(other, target, &row, depth + 1, attempt);
        }
        let is_key = keys(table).any(|columns| columns.contains(&column.name)) || column.auto_increment.is_some();
        let row = if is_key { row.to_owned() } else { shuffled(row, self.rows) };
        self.of_type(table, column, &row).unwrap_or_else(|| value(column, self.backend, None, attempt % ATTEMPTS))
    }

    /// The value of a type for a number; `None` if the type is not known.
    fn of_type(&self, table: &Table, column: &Column, x: &str) -> Option<String> {
        let (kind, text) = (&column.column_type.kind, column.column_type.text.as_str());
        let backend = self.backend;
        let choose = |postgres, mysql, sqlite| self.choose(postgres, mysql, sqlite);
        let lower = text.to_ascii_lowercase();
        Some(match kind {
            ColumnType::Boolean => choose(format!("(({x}) % 2 = 0)"), format!("(({x}) % 2)"), format!("(({x}) % 2)")),
            ColumnType::TinyInteger | ColumnType::TinyUnsigned => format!("(({x}) % 100)"),
            ColumnType::SmallInteger | ColumnType::SmallUnsigned => format!("(({x}) % 30000)"),
            ColumnType::Year => format!("(2000 + ({x}) % 100)"),
            ColumnType::Decimal(Some((precision, scale))) => {
                format!("(({x}) % {})", 10_u64.saturating_pow(precision.saturating_sub(*scale).min(15)))
            }
            ColumnType::Uuid if backend == DbBackend::Postgres => {
                format!("CAST(lpad(to_hex({}), 8, '0') || '{}' AS uuid)", spread(x), "0".repeat(24))
            }
            ColumnType::Date => choose(
                format!("(DATE '2000-01-01' + CAST(({x}) % 20000 AS integer))"),
                format!("DATE_ADD('2000-01-01', INTERVAL ({x}) % 20000 DAY)"),
                format!("date('2000-01-01', (({x}) % 20000) || ' days')"),
            ),
            ColumnType::Time => choose(
                format!("(TIME '00:00' + ({x}) * INTERVAL '1 second')"),
                format!("SEC_TO_TIME(({x}) % 86400)"),
                format!("time('00:00', (({x}) % 86400) || ' seconds')"),
            ),
            ColumnType::DateTime | ColumnType::Timestamp | ColumnType::TimestampWithTimeZone => moment(backend, x),
            _ if ["datetime", "timestamp"].iter().any(|name| lower.starts_with(name)) => moment(backend, x),
            ColumnType::Json | ColumnType::JsonBinary => {
                let value = self.text(table, column, x);
                choose(
                    format!("CAST('{{\"a\": \"' || {value} || '\"}}' AS {text})"),
                    format!("CONCAT('{{\"a\": \"', {value}, '\"}}')"),
                    format!("('{{\"a\": \"' || {value} || '\"}}')"),
                )
            }
            ColumnType::Enum { variants, .. } if !variants.is_empty() && backend != DbBackend::Sqlite => {
                let literals = variants.iter().map(|variant| clause::literal(backend, &variant.to_string()));
                let (literals, count) = (literals.collect::<Vec<_>>().join(", "), variants.len());
                let place = format!("1 + CAST(({x}) % {count} AS {})", self.choose("integer", "SIGNED", ""));
                choose(
                    format!("CAST((ARRAY[{literals}])[{place}] AS {text})"),
                    format!("ELT({place}, {literals})"),
                    String::new(),
                )
            }
            _ if lower == "uuid" => {
                format!("CONCAT(LPAD(HEX({}), 8, '0'), '-0000-0000-0000-000000000000')", spread(x))
            }
            _ if is_number(kind, text) => format!("({x})"),
            ColumnType::Blob | ColumnType::Binary(_) | ColumnType::VarBinary(_) => {
                let value = self.text(table, column, x);
                choose(format!("convert_to({value}, 'UTF8')"), value.clone(), format!("CAST({value} AS BLOB)"))
            }
            _ if is_text(kind, text) || length(kind, text).is_some() || backend == DbBackend::Sqlite => {
                self.text(table, column, x)
            }
            _ => return None,
        })
    }

    fn choose<T>(&self, postgres: T, mysql: T, sqlite: T) -> T {
        match self.backend {
            DbBackend::Postgres => postgres,
            DbBackend::MySql => mysql,
            _ => sqlite,
        }
    }

    /// A text that is different for each number: its digits, and letters up to the width of such a column.
    fn text(&self, table: &Table, column: &Column, x: &str) -> String {
        let longest = length(&column.column_type.kind, &column.column_type.text).unwrap_or(u64::MAX);
        let (digits, number) = match longest {
            0..10 => (longest.max(1), format!("({x}) % {}", 10_u64.pow(u32::try_from(longest).unwrap_or(1)))),
            _ => (10, spread(x)),
        };
        let digits = match self.backend {
            DbBackend::Postgres => format!("lpad(CAST({number} AS text), {digits}, '0')"),
            DbBackend::MySql => format!("LPAD({number}, {digits}, '0')"),
            _ => format!("printf('%0{digits}d', {number})"),
        };
        let width = match &column.column_type.kind {
            // Of a fixed length.
            ColumnType::Char(_) | ColumnType::Binary(_) => longest,
            _ => self.text_width(table, column),
        };
        let letters = usize::try_from(width.min(longest).saturating_sub(10)).unwrap_or(0);
        match (letters, self.backend) {
            (0, _) => digits,
            (_, DbBackend::MySql) => format!("CONCAT({digits}, '{}')", "x".repeat(letters)),
            _ => format!("({digits} || '{}')", "x".repeat(letters)),
        }
    }

    /// The width of a text, so that values, or at least rows, have the average width of the real ones.
    fn text_width(&self, table: &Table, column: &Column) -> u64 {
        let Some(wanted) = self.wanted.get(&table.name) else { return TEXT };
        if let Some(width) = wanted.column_widths.get(&column.name) {
            return (*width).clamp(10, 4_000);
        }
        let is_wide = |column: &&Column| {
            let (kind, text) = (&column.column_type.kind, &column.column_type.text);
            column.generated.is_none()
                && (is_text(kind, text) || matches!(kind, ColumnType::Json | ColumnType::JsonBinary))
        };
        let wide = table.columns.iter().filter(is_wide).count() as u64;
        let others = table.columns.len() as u64 - wide;
        // The header of a row, and 6 bytes for a number or a time.
        let fixed = others * 6 + if self.backend == DbBackend::Sqlite { 8 } else { 28 };
        match wanted.width {
            Some(width) if wide > 0 => (width.saturating_sub(fixed) / wide).clamp(10, 4_000),
            _ => TEXT,
        }
    }
}

/// The foreign key that a column is in, and the column that it refers to.
fn reference<'a>(table: &'a Table, column: &Column) -> Option<(&'a ForeignKey, &'a str)> {
    table.foreign_keys.iter().find_map(|key| {
        let at = key.columns.iter().position(|name| *name == column.name)?;
        Some((key, key.referenced_columns.get(at)?.as_str()))
    })
}

/// A query for the numbers from 1 to `rows`, as `i`.
fn series(rows: u64) -> String {
    let digits: Vec<String> = (0..10).map(|digit| format!("SELECT {digit} AS d")).collect();
    let digits = digits.join(" UNION ALL ");
    let places = rows.saturating_sub(1).to_string().len();
    let name = |place: usize| format!("d{place}");
    let sum: Vec<String> = (0..places)
        .map(|place| format!("{}.d * {}", name(place), 10_u64.pow(u32::try_from(place).unwrap_or(0))))
        .collect();
    let from: Vec<String> = (0..places).map(|place| format!("({digits}) AS {}", name(place))).collect();
    let sum = sum.join(" + ");
    format!("SELECT {sum} + 1 AS i FROM {} WHERE {sum} < {rows}", from.join(" CROSS JOIN "))
}

/// Another order of the numbers from 1 to `count`, as an expression.
fn shuffled(x: &str, count: u64) -> String {
    let steps = [7_919_u64, 7_907, 7_901, 7_883];
    let step = steps.into_iter().find(|step| !count.is_multiple_of(*step)).unwrap_or(1);
    match count {
        0 | 1 => "1".to_owned(),
        _ => format!("(({x}) * {step} % {count} + 1)"),
    }
}

fn spread(x: &str) -> String {
    format!("(({x}) * {SPREAD} % {SPREAD_OVER})")
}

fn moment(backend: DbBackend, x: &str) -> String {
    match backend {
        DbBackend::Postgres => format!("(TIMESTAMP '2000-01-01 00:00:00' + ({x}) * INTERVAL '1 second')"),
        DbBackend::MySql => format!("DATE_ADD('2000-01-01 00:00:00', INTERVAL ({x}) SECOND)"),
        _ => format!("datetime('2000-01-01', ({x}) || ' seconds')"),
    }
}
