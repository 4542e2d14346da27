//! The changes of a table that is in both schemas.

use std::collections::HashSet;

use super::generated::ColumnSteps;
use super::{OrderingRules, equivalence, foreign_key_indexes};
use crate::autogenerate::hints::EntityHints;
use crate::autogenerate::operation::TableChange;
use crate::schema::{Check, Column, Exclusion, ForeignKey, Index, Schema, Table, TableName, Unique};

/// The tables that are created, dropped and changed.
#[derive(Debug, Default)]
pub(super) struct TableChanges {
    pub(super) created: Vec<Table>,
    pub(super) dropped: Vec<Table>,
    pub(super) changed: Vec<TableDiff>,
}

/// A table that is in both schemas, and its changes in an order in which they are possible.
#[derive(Debug)]
pub(super) struct TableDiff {
    pub(super) name: TableName,
    pub(super) dropped_indexes: Vec<Index>,
    pub(super) changes: Vec<TableChange>,
    pub(super) created_indexes: Vec<Index>,
}

pub(super) fn diff(from: &Schema, to: &Schema, hints: &EntityHints, rules: OrderingRules) -> TableChanges {
    let absent = |own: &Schema, other: &Schema| {
        let tables = own.tables.values().filter(|table| !other.tables.contains_key(&table.name));
        tables.cloned().collect()
    };
    let both = from.tables.values().filter_map(|old| Some((old, to.tables.get(&old.name)?)));
    let changed = both.map(|(old, new)| changed(old, new, hints, rules)).filter(|changed| !changed.is_empty());
    TableChanges { created: absent(to, from), dropped: absent(from, to), changed: changed.collect() }
}

pub(super) fn changed(old: &Table, new: &Table, hints: &EntityHints, rules: OrderingRules) -> TableDiff {
    let names = ConstraintNames::new(old, new, hints);
    let mut keys = UniquesAndIndexes::compare(old, new, &names);
    if rules.foreign_keys_hold {
        keys.dropped_indexes.retain(|index| !foreign_key_indexes::is_as_made_for_foreign_key(index, new));
    }
    let mut changes = Vec::new();
    let mut others = OtherConstraints::compare(old, new, &names);
    let columns = ColumnSteps::between(old, new, rules);
    columns.replace_parts(old, &mut keys, &mut others);
    let is_around_key = rules.counters_need_a_key && key_changes(old, new);
    let replaces_key = !is_around_key && key_changes(old, new);
    let is_key_replaced = !key_changes(old, new) && old.primary_key.iter().any(|key| columns.has_one_of(&key.columns));
    drop_constraints(&others, &keys, &mut changes);
    let dropped = old.primary_key.clone().filter(|_| replaces_key || is_key_replaced);
    changes.extend(dropped.map(TableChange::DropPrimaryKey));
    if is_around_key {
        change_columns_around_key(old, new, columns, &mut changes);
    } else {
        change_columns(columns, &mut changes);
    }
    let added = if is_key_replaced { &old.primary_key } else { &new.primary_key };
    let added = added.clone().filter(|_| replaces_key || is_key_replaced);
    changes.extend(added.map(TableChange::AddPrimaryKey));
    add_constraints(&others, &keys, &mut changes);
    if old.comment != new.comment {
        changes.push(TableChange::Comment { from: old.comment.clone(), to: new.comment.clone() });
    }
    TableDiff {
        name: new.name.clone(),
        dropped_indexes: keys.dropped_indexes,
        changes,
        created_indexes: keys.created_indexes,
    }
}

/// Which names of indexes and constraints may differ from those that the entities declare.
struct ConstraintNames<'n> {
    new: &'n Table,
    hints: &'n EntityHints,
    /// The names of the objects that are created, unless an equivalent object with another name stays.
    needed: HashSet<&'n str>,
}

impl<'n> ConstraintNames<'n> {
    fn new(old: &Table, new: &'n Table, hints: &'n EntityHints) -> Self {
        let uniques = new.uniques.iter().filter(|unique| {
            !old.uniques.iter().any(|own| same_unique(own, unique))
                && !old.indexes.iter().any(|index| replaces(hints, new, index, unique) && has_name_of(index, unique))
        });
        let indexes = new.indexes.iter().filter(|index| {
            !old.indexes.iter().any(|own| same_index(own, index))
                && !old
                    .uniques
                    .iter()
                    .any(|unique| has_name_of(index, unique) && equivalence::index_and_unique(index, unique))
        });
        let foreign_keys =
            new.foreign_keys.iter().filter(|key| !old.foreign_keys.iter().any(|own| same_foreign_key(own, key)));
        let checks = new.checks.iter().filter(|check| !old.checks.contains(check));
        let exclusions = new.exclusions.iter().filter(|exclusion| !old.exclusions.contains(exclusion));
        let optional = uniques.map(|unique| unique.name.as_deref());
        let optional = optional.chain(foreign_keys.map(|key| key.name.as_deref()));
        let optional = optional.chain(checks.map(|check| check.name.as_deref())).flatten();
        let always = indexes.map(|index| index.name.as_str()).chain(exclusions.map(|own| own.name.as_str()));
        Self { new, hints, needed: optional.chain(always).collect() }
    }

    /// Whether an object that has the name `old` can stay in place of an equivalent one with the name `new`. It cannot
    /// if the entities ask for the new name, or if a different object gets the old one.
    fn may_differ(&self, old: Option<&str>, new: Option<&str>) -> bool {
        !self.hints.asks_for_name(&self.new.name, new) && self.may_stay(old)
    }

    /// Whether no different object gets the name of an old one.
    fn may_stay(&self, old: Option<&str>) -> bool {
        !old.is_some_and(|name| self.needed.contains(name))
    }
}

fn same_unique(old: &Unique, new: &Unique) -> bool {
    old.name == new.name && equivalence::uniques(old, new)
}

fn same_index(old: &Index, new: &Index) -> bool {
    old.name == new.name && equivalence::indexes(old, new)
}

fn has_name_of(index: &Index, unique: &Unique) -> bool {
    unique.name.as_ref() == Some(&index.name)
}

/// Whether an index is accepted instead of a unique constraint.
fn replaces(hints: &EntityHints, table: &Table, index: &Index, unique: &Unique) -> bool {
    !hints.asks_for_unique(&table.name, unique.name.as_deref()) && equivalence::index_and_unique(index, unique)
}

fn same_foreign_key(old: &ForeignKey, new: &ForeignKey) -> bool {
    old.name == new.name && equivalence::foreign_keys(old, new)
}

/// The unique constraints and indexes that differ. A unique index may replace a unique constraint, and the reverse.
#[derive(Debug)]
pub(super) struct UniquesAndIndexes {
    pub(super) dropped_uniques: Vec<Unique>,
    pub(super) created_uniques: Vec<Unique>,
    pub(super) dropped_indexes: Vec<Index>,
    pub(super) created_indexes: Vec<Index>,
}

impl UniquesAndIndexes {
    fn compare(old: &Table, new: &Table, names: &ConstraintNames<'_>) -> Self {
        let uniques = pair(&old.uniques, &new.uniques, same_unique, |old, new| {
            names.may_differ(old.name.as_deref(), new.name.as_deref()) && equivalence::uniques(old, new)
        });
        let indexes = pair(&old.indexes, &new.indexes, same_index, |old, new| {
            names.may_differ(Some(&old.name), Some(&new.name)) && equivalence::indexes(old, new)
        });
        let index_for_unique = pair(
            indexes.old,
            uniques.new,
            |index, unique| has_name_of(index, unique) && replaces(names.hints, new, index, unique),
            |index, unique| names.may_stay(Some(&index.name)) && replaces(names.hints, new, index, unique),
        );
        let unique_for_index = pair(
            uniques.old,
            indexes.new,
            |unique, index| has_name_of(index, unique) && equivalence::index_and_unique(index, unique),
            |unique, index| {
                names.may_differ(unique.name.as_deref(), Some(&index.name))
                    && equivalence::index_and_unique(index, unique)
            },
        );
        Self {
            dropped_uniques: owned(unique_for_index.old),
            created_uniques: owned(index_for_unique.new),
            dropped_indexes: owned(index_for_unique.old),
            created_indexes: owned(unique_for_index.new),
        }
    }
}

fn owned<T: Clone>(items: Vec<&T>) -> Vec<T> {
    items.into_iter().cloned().collect()
}

fn drop_constraints(others: &OtherConstraints<'_>, keys: &UniquesAndIndexes, changes: &mut Vec<TableChange>) {
    changes.extend(others.foreign_keys.old.iter().copied().cloned().map(TableChange::DropForeignKey));
    changes.extend(others.checks.old.iter().copied().cloned().map(TableChange::DropCheck));
    changes.extend(others.exclusions.old.iter().copied().cloned().map(TableChange::DropExclusion));
    changes.extend(keys.dropped_uniques.iter().cloned().map(TableChange::DropUnique));
}

fn add_constraints(others: &OtherConstraints<'_>, keys: &UniquesAndIndexes, changes: &mut Vec<TableChange>) {
    changes.extend(keys.created_uniques.iter().cloned().map(TableChange::AddUnique));
    changes.extend(others.exclusions.new.iter().copied().cloned().map(TableChange::AddExclusion));
    changes.extend(others.checks.new.iter().copied().cloned().map(TableChange::AddCheck));
    changes.extend(others.foreign_keys.new.iter().copied().cloned().map(TableChange::AddForeignKey));
}

fn key_changes(old: &Table, new: &Table) -> bool {
    let columns = |table: &Table| table.primary_key.as_ref().map(|key| key.columns.clone());
    columns(old) != columns(new)
}

fn change_columns(columns: ColumnSteps<'_>, changes: &mut Vec<TableChange>) {
    changes.extend(columns.added.into_iter().map(add));
    changes.extend(columns.early);
    changes.extend(columns.modified.into_iter().map(modify));
    changes.extend(columns.late);
    changes.extend(columns.dropped.into_iter().map(drop));
}

fn add(column: &Column) -> TableChange {
    TableChange::AddColumn(Box::new(column.clone()))
}

fn drop(column: &Column) -> TableChange {
    TableChange::DropColumn(Box::new(column.clone()))
}

/// Puts the change of the primary key next to the `AUTO_INCREMENT` columns that are added or dropped, so that one
/// statement makes these changes: an `AUTO_INCREMENT` column has to be in a key at all times. A column that loses
/// `AUTO_INCREMENT` changes before that, and a column that gets it changes after that.
fn change_columns_around_key(old: &Table, new: &Table, columns: ColumnSteps<'_>, changes: &mut Vec<TableChange>) {
    let counts = |column: &&Column| column.auto_increment.is_some();
    let (counting, added): (Vec<_>, Vec<_>) = columns.added.into_iter().partition(counts);
    let (last, dropped): (Vec<_>, Vec<_>) = columns.dropped.into_iter().partition(counts);
    let (after, before): (Vec<_>, Vec<_>) = columns.modified.into_iter().partition(|(before, after)| {
        let leaves_key = equivalence::is_in_key(old, &before.name) && after.nullable && !before.nullable;
        leaves_key || before.auto_increment.is_none() && after.auto_increment.is_some()
    });
    changes.extend(added.into_iter().map(add));
    changes.extend(columns.early);
    changes.extend(before.into_iter().map(modify));
    changes.extend(counting.into_iter().map(add));
    changes.extend(old.primary_key.clone().map(TableChange::DropPrimaryKey));
    changes.extend(new.primary_key.clone().map(TableChange::AddPrimaryKey));
    changes.extend(last.into_iter().map(drop));
    changes.extend(after.into_iter().map(modify));
    changes.extend(columns.late);
    changes.extend(dropped.into_iter().map(drop));
}

/// The columns that are in both tables and differ.
pub(super) fn modified<'t>(old: &'t Table, new: &'t Table) -> impl Iterator<Item = (&'t Column, &'t Column)> {
    let both = new.columns.iter().filter_map(|column| Some((old.column(&column.name)?, column)));
    both.filter(|(before, after)| {
        let in_key = equivalence::is_in_key(old, &after.name) && equivalence::is_in_key(new, &after.name);
        !equivalence::columns(before, after, in_key)
    })
}

/// A change of a column. A sequence that numbers rows as well as the declared one stays.
pub(super) fn modify((from, to): (&Column, &Column)) -> TableChange {
    let mut to = to.clone();
    if equivalence::numbering(from.auto_increment.as_ref(), to.auto_increment.as_ref()) {
        to.auto_increment.clone_from(&from.auto_increment);
    }
    TableChange::ModifyColumn { from: Box::new(from.clone()), to: Box::new(to) }
}

/// The constraints that differ and that no other kind of object can replace.
pub(super) struct OtherConstraints<'t> {
    pub(super) foreign_keys: Unmatched<'t, 't, ForeignKey, ForeignKey>,
    pub(super) checks: Unmatched<'t, 't, Check, Check>,
    pub(super) exclusions: Unmatched<'t, 't, Exclusion, Exclusion>,
}

impl<'t> OtherConstraints<'t> {
    fn compare(old: &'t Table, new: &'t Table, names: &ConstraintNames<'_>) -> Self {
        Self {
            foreign_keys: pair(
                &old.foreign_keys,
                &new.foreign_keys,
                same_foreign_key,
                // sea-query writes no names of foreign keys on SQLite.
                |old, new| {
                    (old.name.is_none() || names.may_differ(old.name.as_deref(), new.name.as_deref()))
                        && equivalence::foreign_keys(old, new)
                },
            ),
            checks: pair(
                &old.checks,
                &new.checks,
                |old, new| old == new,
                |old, new| {
                    names.may_differ(old.name.as_deref(), new.name.as_deref()) && old.expression == new.expression
                },
            ),
            exclusions: pair(
                &old.exclusions,
                &new.exclusions,
                |old, new| old == new,
                |old, new| names.may_differ(Some(&old.name), Some(&new.name)) && old.definition == new.definition,
            ),
        }
    }
}

impl TableDiff {
    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.dropped_indexes.is_empty() && self.created_indexes.is_empty()
    }
}

/// The objects without a counterpart, in the order of the lists.
#[derive(Debug)]
pub(super) struct Unmatched<'o, 'n, O, N> {
    pub(super) old: Vec<&'o O>,
    pub(super) new: Vec<&'n N>,
}

/// Matches equal objects: first by `is_same`, which compares names too, and then by `is_equivalent`, which may ignore
/// names.
pub(super) fn pair<'o, 'n, O, N>(
    old: impl IntoIterator<Item = &'o O>,
    new: impl IntoIterator<Item = &'n N>,
    is_same: impl Fn(&O, &N) -> bool,
    is_equivalent: impl Fn(&O, &N) -> bool,
) -> Unmatched<'o, 'n, O, N> {
    let mut unpaired = Unmatched { old: old.into_iter().collect(), new: new.into_iter().collect() };
    unpaired.strike_out(is_same);
    unpaired.strike_out(is_equivalent);
    unpaired
}

impl<'t, T: PartialEq> Unmatched<'t, 't, T, T> {
    /// Adds old objects that have a counterpart, and that are dropped and created again.
    pub(super) fn replace(&mut self, all: &'t [T], is_replaced: impl Fn(&T) -> bool) {
        for object in all.iter().filter(|object| is_replaced(object)) {
            if !self.old.contains(&object) {
                self.old.push(object);
                self.new.push(object);
            }
        }
    }
}

impl<O, N> Unmatched<'_, '_, O, N> {
    /// Removes the objects that have a counterpart.
    pub(super) fn strike_out(&mut self, matches: impl Fn(&O, &N) -> bool) {
        let old = &mut self.old;
        self.new.retain(|new| match old.iter().position(|old| matches(old, new)) {
            Some(at) => {
                old.remove(at);
                false
            }
            None => true,
        });
    }
}
