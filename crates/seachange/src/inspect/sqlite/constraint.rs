//! Constraints, which SQLite describes only in the text of the table.

use std::collections::HashMap;

use crate::schema::{Check, Expression, ForeignKey, PrimaryKey, Table, TableName, Unique};
use crate::sqlite_ddl::constraint_text::{ConstraintKind, ConstraintText};
use crate::sqlite_ddl::expression::expression;
use crate::sqlite_ddl::same;

/// The columns that a foreign key can refer to.
#[derive(Debug)]
pub(super) struct ImpliedKey {
    table: String,
    columns: Vec<String>,
    primary_key: Vec<String>,
}

impl ImpliedKey {
    /// The columns that foreign keys to `table` can refer to.
    pub(super) fn of(table: &Table) -> Self {
        Self {
            table: table.name.name.clone(),
            columns: table.columns.iter().map(|column| column.name.clone()).collect(),
            primary_key: table.primary_key.as_ref().map(|key| key.columns.clone()).unwrap_or_default(),
        }
    }
}

/// Adds a constraint to the table. The names that a foreign key refers to are spelled as in the text.
pub(super) fn add(table: &mut Table, text: ConstraintText, names: &[String]) {
    let columns = text.columns.iter().map(|column| spelled(column, names)).collect();
    match (text.kind, text.references) {
        (ConstraintKind::Unique, _) => {
            table.uniques.push(Unique { name: text.name, columns, deferrable: None, nulls_not_distinct: false });
        }
        (ConstraintKind::Check, _) => {
            let (source, normal) = expression(&text.body, names);
            table.checks.push(Check { name: text.name, expression: Expression { text: source, normal } });
        }
        (ConstraintKind::ForeignKey, Some(reference)) => table.foreign_keys.push(ForeignKey {
            name: text.name,
            columns,
            referenced_table: TableName { schema: table.name.schema.clone(), name: reference.table },
            referenced_columns: reference.columns,
            on_delete: reference.on_delete,
            on_update: reference.on_update,
            deferrable: reference.deferrable,
        }),
        (ConstraintKind::PrimaryKey, _) => table.primary_key = Some(PrimaryKey { name: text.name, columns }),
        (ConstraintKind::ForeignKey, None) => {}
    }
}

/// Gives the names that the foreign keys of a table refer to their original spelling. A foreign key that names no
/// columns refers to the primary key.
pub(super) fn resolve(table: &mut Table, keys: &HashMap<String, ImpliedKey>) {
    for foreign_key in &mut table.foreign_keys {
        let Some(key) = keys.get(&foreign_key.referenced_table.name.to_ascii_lowercase()) else {
            continue;
        };
        foreign_key.referenced_table.name.clone_from(&key.table);
        if foreign_key.referenced_columns.is_empty() {
            foreign_key.referenced_columns.clone_from(&key.primary_key);
        }
        for column in &mut foreign_key.referenced_columns {
            *column = spelled(column, &key.columns);
        }
    }
}

/// Returns a name in the table's own spelling.
fn spelled(name: &str, names: &[String]) -> String {
    names.iter().find(|own| same(own, name)).map_or_else(|| name.to_owned(), Clone::clone)
}
