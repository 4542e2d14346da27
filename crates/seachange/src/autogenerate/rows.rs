//! Rows for the tables of a schema, made from nothing but the schema.

#[cfg(feature = "cli")]
mod many;

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::sea_query::ColumnType;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr};

#[cfg(feature = "cli")]
pub(crate) use self::many::{MOST, WantedRows, fill_many};
use crate::alter::clause;
use crate::backend::query_scalar;
use crate::database_error::full_reason;
#[cfg(feature = "cli")]
use crate::database_error::is_lost_connection;
use crate::schema::{Column, ForeignKey, Schema, Table, TableName};
use crate::sql::{SqlDialect, TokenKind, tokens};

/// How many rows are tried for a table, with other values each.
const ATTEMPTS: usize = 24;

/// The tables after [`fill`].
#[derive(Debug, Clone, Default)]
pub(crate) struct FilledTables {
    /// The tables that got a row, referenced ones first.
    #[cfg(feature = "cli")]
    pub(crate) made: Vec<TableName>,
    /// The tables that stay empty, each with the last reason that the database gave.
    pub(crate) empty: Vec<(TableName, String)>,
}

#[cfg(feature = "cli")]
impl FilledTables {
    /// Gives tables with made rows their new names.
    pub(crate) fn follow(&mut self, renamed: &[(TableName, TableName)]) {
        for (from, to) in renamed {
            self.made.iter_mut().filter(|table| *table == from).for_each(|table| table.clone_from(to));
        }
    }

    /// Deletes the rows again, as far as nothing that was added since refers to them.
    ///
    /// # Errors
    ///
    /// The connection fails. A deletion that the database refuses is no error.
    pub(crate) async fn empty_again(&mut self, connection: &DatabaseConnection) -> Result<(), DbErr> {
        for table in std::mem::take(&mut self.made).iter().rev() {
            let name = clause::quoted_name(connection.get_database_backend(), table);
            if let Err(error) = connection.execute_unprepared(&format!("DELETE FROM {name}")).await
                && is_lost_connection(&error)
            {
                return Err(error);
            }
        }
        Ok(())
    }
}

/// Inserts a row into each table that has none, referenced tables first.
pub(crate) async fn fill(connection: &DatabaseConnection, schema: &Schema) -> Result<FilledTables, DbErr> {
    let mut tables = FilledTables::default();
    for table in in_order(schema) {
        let name = clause::quoted_name(connection.get_database_backend(), &table.name);
        let filled = format!("SELECT CASE WHEN EXISTS (SELECT 1 FROM {name}) THEN 1 ELSE 0 END AS answer");
        if query_scalar::<i32>(connection, &filled, []).await? == 1 {
            continue;
        }
        match insert(connection, schema, table).await {
            Some(reason) => tables.empty.push((table.name.clone(), reason)),
            #[cfg(feature = "cli")]
            None => tables.made.push(table.name.clone()),
            #[cfg(not(feature = "cli"))]
            None => {}
        }
    }
    Ok(tables)
}

/// The tables, each after those that it refers to, as far as there is no circle.
fn in_order(schema: &Schema) -> Vec<&Table> {
    let mut ordered: Vec<&Table> = Vec::new();
    let mut done: BTreeSet<&TableName> = BTreeSet::new();
    let mut left: Vec<&Table> = schema.tables.values().collect();
    while !left.is_empty() {
        let is_ready = |table: &Table, done: &BTreeSet<&TableName>| {
            table
                .foreign_keys
                .iter()
                .all(|key| key.referenced_table == table.name || done.contains(&key.referenced_table))
        };
        let (mut ready, rest): (Vec<&Table>, Vec<&Table>) = left.iter().partition(|table| is_ready(table, &done));
        left = rest;
        if ready.is_empty() {
            ready.extend(left.drain(..1));
        }
        done.extend(ready.iter().map(|table| &table.name));
        ordered.extend(ready);
    }
    ordered
}

/// Inserts a row; returns the reason if no attempt succeeds.
async fn insert(connection: &DatabaseConnection, schema: &Schema, table: &Table) -> Option<String> {
    let backend = connection.get_database_backend();
    let dialect = SqlDialect::of(backend);
    let literals = literals_of_checks(table, dialect);
    let mut reason = String::new();
    for attempt in 0..ATTEMPTS {
        let mut columns = Vec::new();
        let mut values = Vec::new();
        for column in &table.columns {
            if column.generated.is_some() || column.auto_increment.is_some() {
                continue;
            }
            // The second half of the attempts leaves out what may be left out.
            if attempt >= ATTEMPTS / 2 && (column.nullable || column.default.is_some()) {
                continue;
            }
            let value = match reference(schema, table, column) {
                Some((key, referenced)) => format!(
                    "(SELECT {} FROM {} AS other LIMIT 1)",
                    clause::quoted(backend, referenced),
                    clause::quoted_name(backend, &key.referenced_table)
                ),
                None => value(column, backend, literals.get(&column.name).map(Vec::as_slice), attempt % (ATTEMPTS / 2)),
            };
            columns.push(column.name.clone());
            values.push(value);
        }
        let name = clause::quoted_name(backend, &table.name);
        let statement = match (columns.is_empty(), backend) {
            (true, DbBackend::MySql) => format!("INSERT INTO {name} () VALUES ()"),
            (true, _) => format!("INSERT INTO {name} DEFAULT VALUES"),
            (false, _) => {
                format!(
                    "INSERT INTO {name} ({}) VALUES ({})",
                    clause::quoted_list(backend, &columns),
                    values.join(", ")
                )
            }
        };
        match connection.execute_unprepared(&statement).await {
            Ok(_) => return None,
            Err(error) => reason = full_reason(&error),
        }
    }
    Some(reason)
}

/// The foreign key that a column is in, with the column that it refers to. A table that refers to itself has no row yet.
fn reference<'a>(schema: &Schema, table: &'a Table, column: &Column) -> Option<(&'a ForeignKey, &'a str)> {
    table.foreign_keys.iter().find_map(|key| {
        let at = key.columns.iter().position(|name| *name == column.name)?;
        let is_other = key.referenced_table != table.name && schema.tables.contains_key(&key.referenced_table);
        is_other.then(|| (key, key.referenced_columns.get(at).map_or("", String::as_str)))
    })
}

/// The literals of the checks that name a column: what a check compares the column with may be a value for it.
fn literals_of_checks(table: &Table, dialect: SqlDialect) -> BTreeMap<String, Vec<String>> {
    let mut literals: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for check in &table.checks {
        let tokens = tokens(&check.expression.text, dialect);
        let found: Vec<String> = tokens
            .iter()
            .filter(|token| matches!(token.kind, TokenKind::Text | TokenKind::Number))
            .map(|token| token.text.to_owned())
            .collect();
        for column in &table.columns {
            if tokens.iter().any(|token| token.name().is_some_and(|name| name == column.name)) {
                literals.entry(column.name.clone()).or_default().extend(found.iter().cloned());
            }
        }
    }
    literals
}

/// A value for a column, as SQL.
fn value(column: &Column, backend: DbBackend, of_checks: Option<&[String]>, attempt: usize) -> String {
    if let Some(literals) = of_checks.filter(|literals| !literals.is_empty()) {
        // A bound may be the first value that is allowed, or the last that is not.
        let literal = &literals[(attempt / 3) % literals.len()];
        return match (literal.parse::<i64>(), attempt % 3) {
            (Ok(number), 1) => (number + 1).to_string(),
            (Ok(number), 2) => (number - 1).to_string(),
            (Err(_), 1) => plain_value(&column.column_type.kind, &column.column_type.text, backend, attempt),
            _ => literal.clone(),
        };
    }
    plain_value(&column.column_type.kind, &column.column_type.text, backend, attempt)
}

fn plain_value(kind: &ColumnType, text: &str, backend: DbBackend, attempt: usize) -> String {
    let number = attempt + 1;
    match kind {
        ColumnType::Boolean => (if attempt.is_multiple_of(2) { "TRUE" } else { "FALSE" }).to_owned(),
        ColumnType::Json | ColumnType::JsonBinary => format!("'{{\"a\": {number}}}'"),
        ColumnType::Date => format!("'2026-01-{:02}'", attempt % 28 + 1),
        ColumnType::Time => format!("'{:02}:00:00'", attempt % 24),
        ColumnType::DateTime | ColumnType::Timestamp | ColumnType::TimestampWithTimeZone => {
            format!("'2026-01-{:02} 10:00:00'", attempt % 28 + 1)
        }
        ColumnType::Uuid => format!("'00000000-0000-0000-0000-0000000000{number:02}'"),
        ColumnType::Enum { variants, .. } => {
            let variant = variants.get(attempt % variants.len().max(1)).map(ToString::to_string).unwrap_or_default();
            clause::literal(backend, &variant)
        }
        ColumnType::Array(_) => "'{}'".to_owned(),
        _ => value_of_text(&text.to_ascii_lowercase(), attempt),
    }
}

/// A value for a type that is known by its text only.
fn value_of_text(text: &str, attempt: usize) -> String {
    let known = [
        ("inet", "'192.0.2.1'"),
        ("cidr", "'192.0.2.0/24'"),
        ("macaddr", "'08:00:2b:01:02:03'"),
        ("interval", "'1 day'"),
        ("tsvector", "'a'"),
        ("tsquery", "'a'"),
        ("point", "'(1,2)'"),
        ("daterange", "'[2026-01-01,2026-01-02)'"),
        ("tstzrange", "'[2026-01-01,2026-01-02)'"),
        ("tsrange", "'[2026-01-01,2026-01-02)'"),
        ("int4range", "'[1,2)'"),
        ("int8range", "'[1,2)'"),
        ("numrange", "'[1,2)'"),
        ("xml", "'<a/>'"),
        ("bit", "B'1'"),
        ("hstore", "'a=>1'"),
        ("ltree", "'a.b'"),
    ];
    if let Some((_, value)) = known.iter().find(|(name, _)| text.starts_with(name)) {
        return (*value).to_owned();
    }
    let numbers =
        ["int", "serial", "dec", "num", "real", "double", "float", "money", "year", "tinyint", "bigint", "smallint"];
    if numbers.iter().any(|name| text.starts_with(name) || text.contains("int")) {
        let candidates = ["1", "2", "18", "100", "0", "2000"];
        return candidates[attempt % candidates.len()].to_owned();
    }
    // A text that most types accept first, then some that domains and checks ask for.
    let candidates = [
        "'1'",
        "'a'",
        "'100'",
        "'user@example.com'",
        "'AB'",
        "'2026-01-01'",
        "'abcdefghij'",
        "'00000000-0000-4000-8000-000000000001'",
        "'https://example.com'",
        "'a-b'",
        "'ABC'",
        "'2000'",
    ];
    candidates[attempt % candidates.len()].to_owned()
}
