//! Tables.

use super::column::column;
use super::constraint::add;
use super::index::index;
use super::read::{StoredTable, TableOptions};
use crate::schema::{AutoIncrement, DefinitionText, PrimaryKey, Table, TableName};
use crate::sqlite_ddl::column_text::ColumnText;
use crate::sqlite_ddl::constraint_text::{ConstraintKind, ConstraintText};
use crate::sqlite_ddl::table_text::TableText;

/// Builds a table. The names that its foreign keys refer to are [resolved](super::constraint::resolve) later.
pub(super) fn table(stored: StoredTable, named: &impl Fn(String) -> TableName) -> Table {
    let mut table = Table::new(named(stored.name));
    if let Some(text) = TableText::parse(&stored.sql) {
        let texts: Vec<ColumnText> = text.columns().collect();
        let names: Vec<String> = texts.iter().map(|text| text.name.clone()).collect();
        table.columns = texts.iter().map(|text| column(text, &names)).collect();
        for (_, constraint) in text.constraints_with(&texts) {
            let key = (constraint.kind == ConstraintKind::PrimaryKey).then(|| constraint.clone());
            add(&mut table, constraint, &names);
            if let Some(key) = key {
                fill_key(&mut table, &key, stored.options);
            }
        }
        table.indexes = stored.indexes.into_iter().filter_map(|stored| index(stored, &table.columns, &names)).collect();
    }
    table.definition = Some(DefinitionText(stored.sql));
    table
}

/// Applies the primary key to its columns. In the oldest kind of table, SQLite lets them be `NULL`, unless the key is
/// the row number, which SQLite generates.
fn fill_key(table: &mut Table, text: &ConstraintText, options: TableOptions) {
    let Some(PrimaryKey { columns, .. }) = &table.primary_key else { return };
    for column in table.columns.iter_mut().filter(|column| columns.contains(&column.name)) {
        let is_integer = column.column_type.text == "integer" && columns.len() == 1;
        let is_number = is_integer && text.numbers_rows && !options.without_rowid;
        column.nullable &= !(is_number || options.without_rowid || options.strict);
        if is_number {
            column.auto_increment = Some(AutoIncrement::Rowid { autoincrement: text.autoincrement });
        }
    }
}
