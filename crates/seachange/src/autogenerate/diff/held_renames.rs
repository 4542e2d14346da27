//! Renames of columns that a database refuses while expressions read them: generated columns, checks and keys of indexes
//! (MySQL, where MariaDB renames). What reads a column is dropped before the renames, and created again after them.

use std::collections::BTreeSet;

use super::generated::{key, names, readers_last, with_readers};
use super::rename::{self, Renames};
use crate::autogenerate::operation::{SchemaOperation, TableChange};
use crate::schema::{Column, Expression, Index, IndexKey, Schema, Table};

/// The renames, with the operations that drop what reads a renamed column between the renames of tables and those of
/// columns, and with the operations that create it again after them.
pub(super) fn operations(from: &Schema, renames: &Renames) -> Vec<SchemaOperation> {
    let tables = Renames { columns: Default::default(), ..renames.clone() };
    let (before, after) = (rename::apply(from, &tables), rename::apply(from, renames));
    let (mut dropped, mut created) = (Vec::new(), Vec::new());
    let concerned: BTreeSet<_> = renames.columns.keys().map(|(table, _)| table).collect();
    for (old, new) in concerned.into_iter().filter_map(|name| Some((before.table(name)?, after.table(name)?))) {
        let columns = renames.columns.keys().filter(|(table, _)| *table == old.name);
        let held = HeldParts::of(old, columns.map(|(_, column)| key(column)).collect());
        dropped.extend(held.operations(old, old).iter().rev().map(SchemaOperation::reverse));
        created.extend(held.operations(old, new));
    }
    let mut all = rename::operations(&tables);
    let columns = rename::operations(renames).split_off(all.len());
    all.extend(dropped);
    all.extend(columns);
    all.extend(created);
    all
}

/// What reads renamed columns of a table.
struct HeldParts<'t> {
    /// The renamed columns and the generated columns that read them.
    names: BTreeSet<String>,
    /// The generated columns, each after those that it reads.
    readers: Vec<&'t Column>,
}

impl<'t> HeldParts<'t> {
    fn of(table: &'t Table, renamed: BTreeSet<String>) -> Self {
        let mut readers = readers_last(&table.columns);
        let names = with_readers(&readers, &renamed);
        readers.retain(|column| column.generated.is_some() && names.contains(&key(&column.name)));
        readers.retain(|column| !renamed.contains(&key(&column.name)) || reads_one_of(column, &names));
        Self { names, readers }
    }

    /// The operations that create the parts of `old`, as they are in `new`, which has the same parts in the same order.
    fn operations(&self, old: &Table, new: &Table) -> Vec<SchemaOperation> {
        let change = |change| SchemaOperation::Change { table: new.name.clone(), change };
        let mut all: Vec<SchemaOperation> = Vec::new();
        for reader in &self.readers {
            let at = old.columns.iter().position(|column| column.name == reader.name);
            let column = at.and_then(|at| new.columns.get(at));
            all.extend(column.map(|column| change(TableChange::AddColumn(Box::new(column.clone())))));
        }
        let uniques = old.uniques.iter().zip(&new.uniques).filter(|(own, _)| self.is_over(&own.columns));
        all.extend(uniques.map(|(_, unique)| change(TableChange::AddUnique(unique.clone()))));
        let checks = old.checks.iter().zip(&new.checks).filter(|(own, _)| self.is_read_by(&own.expression));
        all.extend(checks.map(|(_, check)| change(TableChange::AddCheck(check.clone()))));
        let indexes = old.indexes.iter().zip(&new.indexes).filter(|(own, _)| self.is_held_by(own));
        let index = |index: &Index| SchemaOperation::CreateIndex { table: new.name.clone(), index: index.clone() };
        all.extend(indexes.map(|(_, own)| index(own)));
        let keys = old.foreign_keys.iter().zip(&new.foreign_keys).filter(|(own, _)| self.is_over(&own.columns));
        all.extend(keys.map(|(_, key)| change(TableChange::AddForeignKey(key.clone()))));
        all
    }

    /// Whether one of the columns is dropped and added.
    fn is_over(&self, columns: &[String]) -> bool {
        self.readers.iter().any(|reader| columns.contains(&reader.name))
    }

    fn is_held_by(&self, index: &Index) -> bool {
        index.parts.iter().any(|part| match &part.key {
            IndexKey::Column(name) => self.is_over(std::slice::from_ref(name)),
            IndexKey::Expression(expression) => self.is_read_by(expression),
        })
    }

    fn is_read_by(&self, expression: &Expression) -> bool {
        !names(expression).is_disjoint(&self.names)
    }
}

fn reads_one_of(column: &Column, columns: &BTreeSet<String>) -> bool {
    let expression = column.generated.as_ref().map(|generated| names(&generated.expression));
    expression.is_some_and(|names| !names.is_disjoint(columns))
}
