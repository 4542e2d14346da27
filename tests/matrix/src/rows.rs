//! Makes rows for a table, and reads rows.

use std::collections::BTreeMap;
use std::error::Error;

use sea_orm::sea_query::{Alias, ColumnType, Expr, ExprTrait, InsertStatement, Query};
use sea_orm::{ConnectionTrait, DbBackend};
use seachange::schema::{Column, Schema, Table, TableName};

use crate::database::Database;

/// The number of rows of a table.
const COUNT: i64 = 3;

/// Statements that insert some rows into each table. Row number 2 has a 2 in every possible column, so that rows can
/// refer to it.
pub(crate) fn insertions(schema: &Schema) -> Vec<InsertStatement> {
    let rows = schema.tables.values().flat_map(|table| (1..=COUNT).map(move |number| (table, number)));
    rows.map(|(table, number)| insertion(table, number)).collect()
}

fn insertion(table: &Table, number: i64) -> InsertStatement {
    let is_given = |column: &&Column| column.generated.is_none() && column.auto_increment.is_none();
    let given: Vec<_> = table.columns.iter().filter(is_given).collect();
    let mut insert = Query::insert();
    insert.into_table(Alias::new(table.name.name.clone()));
    if given.is_empty() {
        return insert.or_default_values().to_owned();
    }
    insert.columns(given.iter().map(|column| Alias::new(column.name.clone())));
    insert.values_panic(given.iter().map(|column| Expr::cust(value(&column.column_type.kind, number))));
    insert.to_owned()
}

pub(crate) fn value(kind: &ColumnType, number: i64) -> String {
    match kind {
        ColumnType::Boolean => (if number % 2 == 0 { "TRUE" } else { "FALSE" }).to_owned(),
        ColumnType::Decimal(_) | ColumnType::Double | ColumnType::Float => format!("{number}.5"),
        ColumnType::Json | ColumnType::JsonBinary => format!("'{{\"a\": {number}}}'"),
        ColumnType::Date => format!("'2026-01-0{number}'"),
        ColumnType::Time => format!("'0{number}:00:00'"),
        ColumnType::DateTime | ColumnType::Timestamp | ColumnType::TimestampWithTimeZone => {
            format!("'2026-01-0{number} 10:00:00'")
        }
        ColumnType::Uuid => format!("'00000000-0000-0000-0000-00000000000{number}'"),
        ColumnType::Enum { variants, .. } => {
            let at = usize::try_from(number).unwrap_or_default().min(variants.len()) - 1;
            format!("'{}'", variants[at])
        }
        ColumnType::Array(element) => format!("'{{{}}}'", value(element, number).replace('\'', "")),
        // A text that every text type and every number type accepts.
        _ => format!("'{number}'"),
    }
}

/// The rows of a table: the values as text, by column.
pub(crate) type Rows = Vec<BTreeMap<String, Option<String>>>;

/// The rows of all tables, in the order of their first columns.
///
/// The connection is new, because PostgreSQL does not run a prepared statement again whose result types have changed.
pub(crate) async fn read(url: &str, schema: &Schema) -> Result<BTreeMap<TableName, Rows>, Box<dyn Error>> {
    let database = &Database::connect(url).await?;
    let mut all = BTreeMap::new();
    for table in schema.tables.values() {
        all.insert(table.name.clone(), read_table(database, table).await?);
    }
    Ok(all)
}

async fn read_table(database: &Database, table: &Table) -> Result<Rows, Box<dyn Error>> {
    let text = if database.backend() == DbBackend::MySql { "CHAR" } else { "TEXT" };
    let mut select = Query::select();
    select.from(Alias::new(table.name.name.clone()));
    for column in &table.columns {
        select.expr(Expr::col(Alias::new(column.name.clone())).cast_as(Alias::new(text)));
    }
    let mut rows = Rows::new();
    for row in database.connection.query_all(&select).await? {
        let values = table.columns.iter().enumerate();
        let values: Result<_, _> = values
            .map(|(at, column)| Ok::<_, sea_orm::DbErr>((column.name.clone(), row.try_get_by_index(at)?)))
            .collect();
        rows.push(values?);
    }
    let first = table.columns.first().map(|column| column.name.clone()).unwrap_or_default();
    rows.sort_by_key(|row| row.get(&first).cloned());
    Ok(rows)
}
