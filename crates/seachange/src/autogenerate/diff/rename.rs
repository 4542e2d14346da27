//! Tables and columns that are renamed. A rename keeps the rows and values; a drop and an addition would lose them.

use std::collections::BTreeMap;

use super::column_refs::renamed;
use crate::autogenerate::hints::EntityHints;
use crate::autogenerate::operation::{SchemaOperation, TableChange};
use crate::schema::{Expression, IndexKey, Schema, Table, TableName};

/// The tables and columns to rename.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Renames {
    /// Tables: the new names, by the old names.
    pub tables: BTreeMap<TableName, TableName>,
    /// Columns: the new names, by the new name of the table and the old name of the column.
    pub columns: BTreeMap<(TableName, String), String>,
}

/// A dropped and an added object. The second may be the first under a new name, although no entity declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RenameCandidate {
    /// A dropped table and an added table.
    Table {
        /// The dropped table.
        from: TableName,
        /// The added table.
        to: TableName,
    },
    /// A dropped column and an added column.
    Column {
        /// The table, by its new name.
        table: TableName,
        /// The dropped column.
        from: String,
        /// The added column.
        to: String,
    },
}

impl Renames {
    /// The renames that the entities declare and that are not made yet.
    pub(in crate::autogenerate) fn asked_for(from: &Schema, to: &Schema, hints: &EntityHints) -> Self {
        let mut renames = Self::default();
        for (new, old) in &hints.renamed_tables {
            if is_open(old, new, &from.tables, &to.tables) {
                renames.tables.insert(old.clone(), new.clone());
            }
        }
        for ((table, new), old) in &hints.renamed_columns {
            let is_open = renames.before(from, table).zip(to.table(table)).is_some_and(|(before, after)| {
                let has = |table: &Table, name: &str| table.column(name).is_some();
                has(before, old) && !has(before, new) && has(after, new) && !has(after, old)
            });
            if is_open {
                renames.columns.insert((table.clone(), old.clone()), new.clone());
            }
        }
        renames
    }

    /// Accepts a candidate as a rename.
    pub fn accept(&mut self, candidate: &RenameCandidate) {
        match candidate.clone() {
            RenameCandidate::Table { from, to } => {
                self.tables.insert(from, to);
            }
            RenameCandidate::Column { table, from, to } => {
                self.columns.insert((table, from), to);
            }
        }
    }

    /// Whether a candidate is still possible with the accepted renames.
    #[must_use]
    pub fn is_unresolved(&self, candidate: &RenameCandidate) -> bool {
        match candidate {
            RenameCandidate::Table { from, to } => {
                !self.tables.contains_key(from) && self.tables.values().all(|taken| taken != to)
            }
            RenameCandidate::Column { table, from, to } => {
                let of_table = || self.columns.iter().filter(|((own, _), _)| own == table);
                of_table().all(|((_, old), new)| old != from && new != to)
            }
        }
    }

    /// The table that has `name` after the renames.
    fn before<'s>(&self, from: &'s Schema, name: &TableName) -> Option<&'s Table> {
        let old = self.tables.iter().find(|(_, new)| *new == name).map_or(name, |(old, _)| old);
        from.table(old)
    }
}

fn is_open<K: Ord, V>(old: &K, new: &K, from: &BTreeMap<K, V>, to: &BTreeMap<K, V>) -> bool {
    from.contains_key(old) && !from.contains_key(new) && to.contains_key(new) && !to.contains_key(old)
}

/// The schema after the renames, and the operations that make them.
pub(super) fn apply(from: &Schema, renames: &Renames) -> (Schema, Vec<SchemaOperation>) {
    let mut schema = from.clone();
    let mut steps = Vec::new();
    for (old, new) in &renames.tables {
        rename_table(&mut schema, old, new);
        steps.push(SchemaOperation::RenameTable { from: old.clone(), to: new.clone() });
    }
    for ((table, old), new) in &renames.columns {
        rename_column(&mut schema, table, old, new);
        let change = TableChange::RenameColumn { from: old.clone(), to: new.clone() };
        steps.push(SchemaOperation::Change { table: table.clone(), change });
    }
    (schema, steps)
}

fn rename_table(schema: &mut Schema, old: &TableName, new: &TableName) {
    if let Some(table) = schema.tables.remove(old) {
        schema.tables.insert(new.clone(), Table { name: new.clone(), ..table });
    }
    let keys = schema.tables.values_mut().flat_map(|table| &mut table.foreign_keys);
    for key in keys.filter(|key| key.referenced_table == *old) {
        key.referenced_table = new.clone();
    }
}

fn rename_column(schema: &mut Schema, table: &TableName, old: &str, new: &str) {
    if let Some(table) = schema.tables.get_mut(table) {
        rename_in_table(table, old, new);
    }
    let keys = schema.tables.values_mut().flat_map(|table| &mut table.foreign_keys);
    for key in keys.filter(|key| key.referenced_table == *table) {
        replace(&mut key.referenced_columns, old, new);
    }
}

fn rename_in_table(table: &mut Table, old: &str, new: &str) {
    for column in table.columns.iter_mut().filter(|column| column.name == old) {
        column.name = new.to_owned();
    }
    table.primary_key.iter_mut().for_each(|key| replace(&mut key.columns, old, new));
    table.uniques.iter_mut().for_each(|unique| replace(&mut unique.columns, old, new));
    table.foreign_keys.iter_mut().for_each(|key| replace(&mut key.columns, old, new));
    for index in &mut table.indexes {
        replace(&mut index.include, old, new);
        index.parts.iter_mut().for_each(|part| match &mut part.key {
            IndexKey::Column(name) if name == old => *name = new.to_owned(),
            IndexKey::Column(_) => {}
            IndexKey::Expression(expression) => rename_in(expression, old, new),
        });
    }
    expressions(table).for_each(|expression| rename_in(expression, old, new));
}

/// The expressions of a table that may name its columns, except those in the keys of indexes.
fn expressions(table: &mut Table) -> impl Iterator<Item = &mut Expression> {
    let generated = table.columns.iter_mut().filter_map(|column| column.generated.as_mut());
    let checks = table.checks.iter_mut().map(|check| &mut check.expression);
    let predicates = table.indexes.iter_mut().filter_map(|index| index.predicate.as_mut());
    generated.map(|generated| &mut generated.expression).chain(checks).chain(predicates)
}

fn rename_in(expression: &mut Expression, old: &str, new: &str) {
    expression.text = renamed(&expression.text, old, new);
    expression.normal = renamed(&expression.normal, old, new);
}

fn replace(names: &mut [String], old: &str, new: &str) {
    for name in names.iter_mut().filter(|name| *name == old) {
        *name = new.to_owned();
    }
}
