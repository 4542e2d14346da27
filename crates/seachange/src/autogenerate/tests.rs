//! Snapshots of the code for operations.

mod columns;
mod constraints;
mod enumerations;
mod formatted;
mod indexes;
mod properties;
mod tables;

use sea_orm::sea_query::{Alias, ColumnType, IntoIden, StringLen};
use sea_orm::{DatabaseBackend, DbBackend};

use super::code::code;
use super::operation::{SchemaOperation, TableChange, reversed};
use super::render::render;
use crate::schema::{AutoIncrement, Column, Expression, PrimaryKey, SequenceOptions, SqlType, Table, TableName};

const POSTGRES: DbBackend = DatabaseBackend::Postgres;
const MYSQL: DbBackend = DatabaseBackend::MySql;
const SQLITE: DbBackend = DatabaseBackend::Sqlite;

/// Returns the code for some operations, up and down.
fn written(backend: DbBackend, operations: &[SchemaOperation]) -> String {
    let down = reversed(operations);
    let bodies = render(&code(operations, backend), &code(&down, backend));
    formatted::check(std::slice::from_ref(&bodies));
    let shown =
        |text: &str| text.lines().map(|line| format!("{}\n", line.get(4..).unwrap_or(line))).collect::<String>();
    format!("up\n{}down\n{}", shown(&bodies.up.text), shown(&bodies.down.text))
}

/// A change of `posts`.
fn posts(change: TableChange) -> Vec<SchemaOperation> {
    vec![SchemaOperation::Change { table: "posts".into(), change }]
}

/// A column that may be `NULL`.
fn column(name: &str, kind: ColumnType, text: &str) -> Column {
    Column::new(name, SqlType { text: text.to_owned(), kind })
}

fn required(column: Column) -> Column {
    Column { nullable: false, ..column }
}

fn with_default(column: Column, default: &str) -> Column {
    Column { default: Some(Expression::new(default)), ..column }
}

fn string(name: &str, length: u32) -> Column {
    column(name, ColumnType::String(StringLen::N(length)), &format!("character varying({length})"))
}

fn integer(name: &str) -> Column {
    column(name, ColumnType::Integer, "integer")
}

fn text(name: &str) -> Column {
    column(name, ColumnType::Text, "text")
}

fn status(name: &str, of: &str, values: &[&str]) -> Column {
    let variants = values.iter().map(|value| Alias::new(*value).into_iden()).collect();
    column(name, ColumnType::Enum { name: Alias::new(of).into_iden(), variants }, of)
}

/// The key that `pk_auto` makes on the database.
fn id(backend: DbBackend) -> Column {
    let numbered = match backend {
        DatabaseBackend::Postgres => AutoIncrement::Identity { always: false, options: SequenceOptions::default() },
        DatabaseBackend::MySql => AutoIncrement::Counter,
        _ => AutoIncrement::Rowid { autoincrement: true },
    };
    required(Column { auto_increment: Some(numbered), ..integer("id") })
}

/// A table with a key that numbers rows, and more columns.
fn table(name: impl Into<TableName>, backend: DbBackend, columns: impl IntoIterator<Item = Column>) -> Table {
    let mut table = Table::new(name);
    table.columns = [id(backend)].into_iter().chain(columns).collect();
    table.primary_key =
        Some(PrimaryKey { name: None, columns: vec!["id".to_owned()], options: crate::schema::KeptOptions::default() });
    table
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}
