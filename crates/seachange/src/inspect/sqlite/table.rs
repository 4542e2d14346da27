//! Tables.

use super::column::column;
use super::constraint::add;
use super::index::index;
use super::read::{StoredColumn, StoredTable};
use crate::schema::{AutoIncrement, Column, Definition, PrimaryKey, Table, TableName};
use crate::sqlite_text::column_text::ColumnText;
use crate::sqlite_text::constraint_text::{ConstraintKind, ConstraintText};
use crate::sqlite_text::same;
use crate::sqlite_text::table_text::TableText;

/// Builds a table. What its foreign keys refer to is [resolved](super::constraint::resolve) later.
pub(super) fn table(stored: StoredTable, named: &impl Fn(String) -> TableName) -> Table {
    let text = TableText::parse(&stored.sql);
    let texts: Vec<ColumnText> = text.iter().flat_map(TableText::columns).collect();
    let names: Vec<String> = stored.columns.iter().map(|column| column.name.clone()).collect();
    let mut table = Table::new(named(stored.name));
    table.primary_key = primary_key(&stored.columns);
    table.columns = columns(stored.columns, &texts, &names);
    for (_, constraint) in text.iter().flat_map(TableText::all_constraints) {
        if constraint.kind == ConstraintKind::PrimaryKey && !stored.without_rowid {
            number_rows(&mut table, &constraint);
        }
        add(&mut table, constraint, &names);
    }
    table.indexes = stored.indexes.into_iter().filter_map(|stored| index(stored, &table.columns, &names)).collect();
    table.definition = Some(Definition(stored.sql));
    table
}

fn primary_key(columns: &[StoredColumn]) -> Option<PrimaryKey> {
    let mut key: Vec<&StoredColumn> = columns.iter().filter(|column| column.key > 0).collect();
    key.sort_by_key(|column| column.key);
    let columns: Vec<String> = key.into_iter().map(|column| column.name.clone()).collect();
    (!columns.is_empty()).then_some(PrimaryKey { name: None, columns })
}

fn columns(stored: Vec<StoredColumn>, texts: &[ColumnText], names: &[String]) -> Vec<Column> {
    let text_of = |name: &str| texts.iter().find(|text| same(&text.name, name));
    stored.into_iter().map(|stored| column(text_of(&stored.name), names, stored)).collect()
}

/// Says that the only column of the primary key is the row number, if it is: SQLite gives it a value, and it is never
/// `NULL`.
fn number_rows(table: &mut Table, key: &ConstraintText) {
    let columns = table.primary_key.as_ref().map(|key| key.columns.as_slice()).unwrap_or_default();
    let [name] = columns else { return };
    let column = table.columns.iter_mut().find(|column| column.name == *name && column.column_type.text == "integer");
    if let Some(column) = column.filter(|_| key.numbers_rows) {
        column.nullable = false;
        column.auto_increment = Some(AutoIncrement::Rowid { autoincrement: key.autoincrement });
    }
}
