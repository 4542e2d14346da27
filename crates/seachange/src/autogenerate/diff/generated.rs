//! Generated columns. A database refuses to drop what one of them reads, and some refuse to change its type. No database
//! changes an expression in place. So such a column is dropped before the other changes and added again after them,
//! with the indexes and constraints over it.

use std::collections::{BTreeMap, BTreeSet};

use super::OrderingRules;
use super::table::{OtherConstraints, UniquesAndIndexes, modified, modify};
use crate::autogenerate::expression::tokens;
use crate::autogenerate::operation::TableChange;
use crate::schema::{Column, Expression, Index, IndexKey, Table};

/// The changes of columns, in an order in which they are possible.
pub(super) struct ColumnSteps<'t> {
    /// New columns that read no changed column, each after those that it reads.
    pub(super) added: Vec<&'t Column>,
    /// Generated columns that are dropped, or become plain, before what they read changes.
    pub(super) early: Vec<TableChange>,
    /// The columns that change in place.
    pub(super) modified: Vec<(&'t Column, &'t Column)>,
    /// Generated columns that are added, and columns that become generated, after what they read has changed.
    pub(super) late: Vec<TableChange>,
    /// The columns that are dropped last. Their reverses add them in the order of the table.
    pub(super) dropped: Vec<&'t Column>,
    /// The kept columns that are dropped and added again.
    replaced: BTreeSet<&'t str>,
}

impl<'t> ColumnSteps<'t> {
    pub(super) fn between(old: &'t Table, new: &'t Table, rules: OrderingRules) -> Self {
        let held: BTreeSet<String> = match rules.generated_columns_hold {
            true => kept(old, new).filter(|(from, to)| from.is_retyped(to)).map(|(_, to)| key(&to.name)).collect(),
            false => BTreeSet::new(),
        };
        let is_redefined = |from: &Column, to: &Column| {
            from.generated != to.generated || from.generated.is_some() && held.contains(&key(&to.name))
        };
        let redefined = kept(old, new).filter(|(from, to)| is_redefined(from, to)).map(|(_, to)| key(&to.name));
        let disturbed: BTreeSet<String> = redefined.chain(held.iter().cloned()).collect();
        let (before, after) = (readers_last(&old.columns), readers_last(&new.columns));
        let (in_old, in_new) = (with_readers(&before, &disturbed), with_readers(&after, &disturbed));
        let mut steps = Self {
            added: Vec::new(),
            early: Vec::new(),
            modified: Vec::new(),
            late: Vec::new(),
            dropped: Vec::new(),
            replaced: BTreeSet::new(),
        };
        for &column in before.iter().rev() {
            match new.column(&column.name) {
                None if column.generated.is_some() && in_old.contains(&key(&column.name)) => {
                    steps.early.push(TableChange::DropColumn(Box::new(column.clone())));
                }
                None => steps.dropped.push(column),
                Some(to) if column.generated.is_some() && to.generated.is_none() => {
                    steps.early.push(modify((column, to)));
                    steps.replaced.insert(&column.name);
                }
                Some(_) if column.generated.is_some() && in_old.contains(&key(&column.name)) => {
                    steps.early.push(TableChange::DropColumn(Box::new(column.clone())));
                    steps.replaced.insert(&column.name);
                }
                Some(_) => {}
            }
        }
        for &column in &after {
            match old.column(&column.name) {
                None if column.generated.is_some() && in_new.contains(&key(&column.name)) => {
                    steps.late.push(TableChange::AddColumn(Box::new(column.clone())));
                }
                None => steps.added.push(column),
                Some(_) if steps.replaced.contains(column.name.as_str()) && column.generated.is_some() => {
                    steps.late.push(TableChange::AddColumn(Box::new(column.clone())));
                }
                Some(from) if from.generated.is_none() && column.generated.is_some() => {
                    steps.late.push(modify((from, column)));
                    steps.replaced.insert(&column.name);
                }
                Some(_) => {}
            }
        }
        let replaced = &steps.replaced;
        steps.modified = modified(old, new).filter(|(_, to)| !replaced.contains(to.name.as_str())).collect();
        steps
    }

    /// Drops the indexes and constraints over replaced columns, and creates them again.
    pub(super) fn replace_parts(
        &self,
        old: &'t Table,
        keys: &mut UniquesAndIndexes,
        others: &mut OtherConstraints<'t>,
    ) {
        if self.replaced.is_empty() {
            return;
        }
        for index in old.indexes.iter().filter(|index| self.is_over(index)) {
            if !keys.dropped_indexes.contains(index) {
                keys.dropped_indexes.push(index.clone());
                keys.created_indexes.push(index.clone());
            }
        }
        for unique in old.uniques.iter().filter(|own| self.has_one_of(&own.columns)) {
            if !keys.dropped_uniques.contains(unique) {
                keys.dropped_uniques.push(unique.clone());
                keys.created_uniques.push(unique.clone());
            }
        }
        others.foreign_keys.replace(&old.foreign_keys, |key| self.has_one_of(&key.columns));
        others.checks.replace(&old.checks, |check| self.is_mentioned(&check.expression));
        others.exclusions.replace(&old.exclusions, |own| self.is_mentioned(&Expression::new(own.definition.clone())));
    }

    /// Whether a column of a list is replaced.
    pub(super) fn has_one_of(&self, columns: &[String]) -> bool {
        columns.iter().any(|column| self.replaced.contains(column.as_str()))
    }

    fn is_over(&self, index: &Index) -> bool {
        let by_part = index.parts.iter().any(|part| match &part.key {
            IndexKey::Column(name) => self.replaced.contains(name.as_str()),
            IndexKey::Expression(expression) => self.is_mentioned(expression),
        });
        by_part
            || self.has_one_of(&index.include)
            || index.predicate.as_ref().is_some_and(|predicate| self.is_mentioned(predicate))
    }

    fn is_mentioned(&self, expression: &Expression) -> bool {
        let names = names(expression);
        self.replaced.iter().any(|column| names.contains(&key(column)))
    }
}

/// The columns that are in both tables.
fn kept<'t>(old: &'t Table, new: &'t Table) -> impl Iterator<Item = (&'t Column, &'t Column)> {
    new.columns.iter().filter_map(|column| Some((old.column(&column.name)?, column)))
}

/// These columns and the generated columns that read one of them. Each column comes after those that it reads.
pub(super) fn with_readers(ordered: &[&Column], disturbed: &BTreeSet<String>) -> BTreeSet<String> {
    let mut found = disturbed.clone();
    for column in ordered {
        if reads(column).iter().any(|name| found.contains(name)) {
            found.insert(key(&column.name));
        }
    }
    found
}

/// Puts each generated column after the columns that it reads, and otherwise keeps the order.
pub(super) fn readers_last(columns: &[Column]) -> Vec<&Column> {
    if columns.iter().all(|column| column.generated.is_none()) {
        return columns.iter().collect();
    }
    let places: BTreeMap<String, usize> = columns.iter().enumerate().map(|(at, own)| (key(&own.name), at)).collect();
    let mut ordered = Vec::with_capacity(columns.len());
    let mut is_visited = vec![false; columns.len()];
    for start in 0..columns.len() {
        // A stack of its own: a chain of generated columns can be long.
        let mut open = vec![(start, false)];
        while let Some((at, is_ready)) = open.pop() {
            if is_ready {
                ordered.push(&columns[at]);
            } else if !std::mem::replace(&mut is_visited[at], true) {
                open.push((at, true));
                open.extend(reads(&columns[at]).iter().filter_map(|name| Some((*places.get(name)?, false))));
            }
        }
    }
    ordered
}

/// The names in the expression of a generated column.
fn reads(column: &Column) -> BTreeSet<String> {
    column.generated.as_ref().map(|generated| names(&generated.expression)).unwrap_or_default()
}

pub(super) fn names(expression: &Expression) -> BTreeSet<String> {
    tokens(&expression.text).iter().filter_map(|token| token.name()).map(|name| key(&name)).collect()
}

/// Names without their case, which some databases ignore.
pub(super) fn key(name: &str) -> String {
    name.to_lowercase()
}
