//! Inspections of real databases in memory.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod constraints;
mod expressions;
mod pragmas;
mod speed;
mod tables;
mod types;

use std::fmt::Write;

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};

use super::inspect;
use crate::inspect::InspectScope;
use crate::schema::{Schema, Table};

/// Opens an empty database and runs `script` in it.
async fn database(script: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.max_connections(1).sqlx_logging(false);
    let connection = Database::connect(options).await.unwrap();
    connection.execute_unprepared(script).await.unwrap();
    connection
}

async fn inspected(script: &str) -> Schema {
    inspect(&database(script).await, &InspectScope::default()).await.unwrap()
}

/// A short description of the schema that a script creates.
async fn described(script: &str) -> String {
    inspected(script).await.tables.values().map(description).collect()
}

fn description(table: &Table) -> String {
    let mut text = format!("{}\n", table.name);
    for column in &table.columns {
        let declared = Some(column.column_type.text.as_str()).filter(|text| !text.is_empty());
        write!(text, "  {} {}", column.name, declared.unwrap_or("(no type)")).unwrap();
        text += if column.nullable { "" } else { " not null" };
        let or_nothing =
            |word: &str, value: Option<String>| value.map_or_else(String::new, |value| format!(" {word} {value}"));
        text += &or_nothing("default", column.default.as_ref().map(|default| default.text.clone()));
        text += &or_nothing("collate", column.collation.clone());
        text += &or_nothing(
            "generated",
            column.generated.as_ref().map(|of| format!("{} stored={}", of.expression.text, of.stored)),
        );
        text += &or_nothing("numbered", column.auto_increment.as_ref().map(|how| format!("{how:?}")));
        text.push('\n');
    }
    let name = |name: &Option<String>| name.clone().unwrap_or_else(|| "unnamed".to_owned());
    if let Some(key) = &table.primary_key {
        writeln!(text, "  primary key {}: {}", name(&key.name), key.columns.join(", ")).unwrap();
    }
    for unique in &table.uniques {
        writeln!(text, "  unique {}: {}", name(&unique.name), unique.columns.join(", ")).unwrap();
    }
    for check in &table.checks {
        writeln!(text, "  check {}: {}", name(&check.name), check.expression.text).unwrap();
    }
    for key in &table.foreign_keys {
        let (own, referred) = (key.columns.join(", "), key.referenced_columns.join(", "));
        write!(text, "  foreign key {}: {own} -> {}({referred})", name(&key.name), key.referenced_table).unwrap();
        writeln!(text, " delete {:?} update {:?} {:?}", key.on_delete, key.on_update, key.deferrable).unwrap();
    }
    for index in &table.indexes {
        writeln!(text, "  index {} unique={} {}", index.name, index.unique, index_description(index)).unwrap();
    }
    text
}

fn index_description(index: &crate::schema::Index) -> String {
    let parts = index.parts.iter().map(|part| {
        let key = match &part.key {
            crate::schema::IndexKey::Column(name) => name.clone(),
            crate::schema::IndexKey::Expression(expression) => format!("({})", expression.text),
        };
        let collation = part.collation.as_ref().map_or_else(String::new, |collation| format!(" {collation}"));
        format!("{key}{collation}{}", if part.descending { " desc" } else { "" })
    });
    let parts: Vec<_> = parts.collect();
    let predicate = index.predicate.as_ref().map_or_else(String::new, |predicate| format!(" where {}", predicate.text));
    format!("{}{predicate}", parts.join(", "))
}
