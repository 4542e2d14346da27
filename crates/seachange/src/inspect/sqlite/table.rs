//! Tables with their columns, constraints and indexes.

use std::collections::HashMap;

use super::column_type::column_type;
use super::read::{StoredIndex, StoredTable, TableOptions};
use crate::schema::{
    AutoIncrement, Check, Column, DefinitionText, Expression, ForeignKey, Generated, Index, IndexKey, IndexPart,
    KeptOptions, PrimaryKey, Table, TableName, Unique,
};
use crate::sqlite_ddl::column_text::{ColumnConstraintKind, ColumnText};
use crate::sqlite_ddl::constraint_text::{ConstraintKind, ConstraintText};
use crate::sqlite_ddl::expression::{default_value, expression};
use crate::sqlite_ddl::index_text::IndexText;
use crate::sqlite_ddl::key_part::KeyPart;
use crate::sqlite_ddl::same;
use crate::sqlite_ddl::table_text::TableText;

/// Builds a table. The names that its foreign keys refer to are [resolved](resolve) later.
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
    table.definition = Some(DefinitionText { text: stored.sql, is_verbatim: false });
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

/// Builds a column from its text. `names` are the columns of the table.
pub(super) fn column(text: &ColumnText, names: &[String]) -> Column {
    let default = text.last(ColumnConstraintKind::Default).and_then(|part| default_value(&part.default_text()));
    Column {
        nullable: !text.has(ColumnConstraintKind::NotNull),
        default: default.map(|(text, normal)| Expression { text, normal }),
        generated: generated(text, names),
        collation: collation(text).filter(|collation| collation != "BINARY"),
        ..Column::new(text.name.clone(), column_type(&text.type_text))
    }
}

/// Returns the collation in SQLite's own spelling. SQLite accepts it in any case.
fn collation(text: &ColumnText) -> Option<String> {
    Some(text.last(ColumnConstraintKind::Collate)?.tokens().last()?.name()?.to_ascii_uppercase())
}

fn generated(text: &ColumnText, names: &[String]) -> Option<Generated> {
    let part = text.part(ColumnConstraintKind::Generated)?;
    let (text, normal) = expression(&part.body(), names);
    let stored = part.tokens().last().is_some_and(|token| token.is_word("STORED"));
    Some(Generated { expression: Expression { text, normal }, stored })
}

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
            table.uniques.push(Unique {
                name: text.name,
                columns,
                deferrable: None,
                nulls_not_distinct: false,
                options: KeptOptions::default(),
            });
        }
        (ConstraintKind::Check, _) => {
            let (source, normal) = expression(&text.body, names);
            table.checks.push(Check {
                name: text.name,
                expression: Expression { text: source, normal },
                options: KeptOptions::default(),
            });
        }
        (ConstraintKind::ForeignKey, Some(reference)) => table.foreign_keys.push(ForeignKey {
            name: text.name,
            columns,
            referenced_table: TableName { schema: table.name.schema.clone(), name: reference.table },
            referenced_columns: reference.columns,
            on_delete: reference.on_delete,
            on_delete_columns: Vec::new(),
            on_update: reference.on_update,
            deferrable: reference.deferrable,
            options: KeptOptions::default(),
        }),
        (ConstraintKind::PrimaryKey, _) => {
            table.primary_key = Some(PrimaryKey { name: text.name, columns, options: KeptOptions::default() })
        }
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

/// Builds an index from its text.
pub(super) fn index(stored: StoredIndex, columns: &[Column], names: &[String]) -> Option<Index> {
    let text = IndexText::parse(&stored.sql)?;
    let predicate = text.predicate.map(|predicate| expression(&predicate, names));
    Some(Index {
        name: stored.name,
        unique: text.unique,
        method: None,
        parts: text.parts.into_iter().map(|part| index_part(part, columns, names)).collect(),
        include: Vec::new(),
        predicate: predicate.map(|(text, normal)| Expression { text, normal }),
        nulls_not_distinct: false,
        invalid: false,
        options: KeptOptions::default(),
    })
}

fn index_part(part: KeyPart, columns: &[Column], names: &[String]) -> IndexPart {
    let name = part.name.as_deref();
    let column = name.and_then(|name| columns.iter().find(|column| same(&column.name, name)));
    let own = column.map(|column| column.collation.as_deref().unwrap_or("BINARY"));
    let collation = part.collation.map(|collation| collation.to_ascii_uppercase());
    let key = match column {
        Some(column) => IndexKey::Column(column.name.clone()),
        None => {
            let (text, normal) = expression(&part.text, names);
            IndexKey::Expression(Expression { text, normal })
        }
    };
    IndexPart {
        key,
        descending: part.descending,
        collation: collation.filter(|collation| own != Some(collation)),
        ..IndexPart::column("")
    }
}
