//! Decides which operations are left out.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::include::{ComparedObject, ObjectFilter, is_property};
use super::parts::MissingParts;
use super::properties;
use super::rule::IgnoreRule;
use super::unstated;
use crate::autogenerate::comparison::Comparison;
use crate::autogenerate::difference::{self, Difference, DifferenceKind};
use crate::autogenerate::operation::{SchemaOperation, TableChange};
use crate::autogenerate::unmatched_keys::ReferenceRule;
use crate::schema::{Schema, TableName};

/// Which differences are left out.
pub(super) enum Selection<'s> {
    /// Those that the entities leave out.
    Declared {
        /// The kinds of differences.
        rules: &'s [IgnoreRule],
        /// Which objects are compared.
        filter: &'s ObjectFilter,
    },
    /// Those that were accepted.
    Accepted(&'s HashSet<&'s Difference>),
}

/// A difference that may be left out.
#[derive(Clone, Copy)]
pub(super) struct Candidate<'d> {
    pub(super) difference: &'d Difference,
    /// Whether types differ only in what the entity does not state.
    pub(super) is_unstated: bool,
    pub(super) object: ObjectPresence,
    pub(super) table: ObjectPresence,
}

/// Which side has an object.
#[derive(Clone, Copy, Default)]
pub(super) struct ObjectPresence {
    pub(super) in_database: bool,
    pub(super) in_entities: bool,
}

impl Selection<'_> {
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Declared { rules, filter } => rules.is_empty() && filter.is_empty(),
            Self::Accepted(accepted) => accepted.is_empty(),
        }
    }

    pub(super) fn contains(&self, candidate: &Candidate<'_>) -> bool {
        match self {
            Self::Declared { rules, .. } => {
                rules.iter().any(|rule| rule.leaves_out(candidate.difference, candidate.is_unstated))
                    || self.excludes(candidate)
            }
            Self::Accepted(accepted) => accepted.contains(candidate.difference),
        }
    }

    /// Whether the object of a difference, or its table, is not compared.
    pub(super) fn excludes(&self, candidate: &Candidate<'_>) -> bool {
        let Self::Declared { filter, .. } = self else { return false };
        let Candidate { difference, object, table, .. } = candidate;
        let own = ComparedObject::of(difference, object.in_database, object.in_entities);
        let whole =
            difference.table.as_ref().filter(|_| own.kind != DifferenceKind::Table).map(|name| ComparedObject {
                kind: DifferenceKind::Table,
                table: Some(name),
                name: None,
                in_database: table.in_database,
                in_entities: table.in_entities,
            });
        !whole.as_ref().is_none_or(|whole| filter.includes(whole)) || !filter.includes(&own)
    }

    /// Whether what needs a part that is left out is left out too. Otherwise the part stays.
    pub(super) const fn hides_dependents(&self) -> bool {
        matches!(self, Self::Declared { .. })
    }
}

/// An operation, and which of its differences are left out.
pub(super) struct ChosenOperation<'o> {
    pub(super) operation: &'o SchemaOperation,
    pub(super) differences: Vec<(Difference, bool)>,
}

impl ChosenOperation<'_> {
    /// Whether all of the operation is left out.
    pub(super) fn is_left_out(&self) -> bool {
        !self.differences.is_empty() && self.differences.iter().all(|(_, is_left_out)| *is_left_out)
    }

    /// The tables of the differences that are left out.
    pub(super) fn tables_left_out(&self) -> impl Iterator<Item = &TableName> {
        self.differences.iter().filter(|(_, is_left_out)| *is_left_out).filter_map(|(own, _)| own.table.as_ref())
    }

    /// Whether a difference of some kind is left out.
    pub(super) fn leaves_out(&self, kind: DifferenceKind) -> bool {
        self.differences.iter().any(|(own, is_left_out)| own.kind == kind && *is_left_out)
    }

    /// Whether a column goes on numbering rows because that is left out.
    fn keeps_numbering(&self) -> bool {
        self.leaves_out(DifferenceKind::AutoIncrement)
    }

    /// Makes the operation. Of the properties of a column only the numbering of rows is in the way of others.
    fn keep(&mut self) {
        let is_column =
            matches!(self.operation, SchemaOperation::Change { change: TableChange::ModifyColumn { .. }, .. });
        for (own, is_left_out) in &mut self.differences {
            *is_left_out &= is_column && own.kind != DifferenceKind::AutoIncrement;
        }
    }
}

/// Decides for each operation which of its differences are left out.
pub(super) fn choose<'o>(
    comparison: &Comparison,
    database: &Schema,
    operations: &'o [SchemaOperation],
    selection: &Selection<'_>,
) -> Vec<ChosenOperation<'o>> {
    let found = difference::by_operation(operations);
    let presence = presence(&found);
    let table = |name: &TableName| ObjectPresence {
        in_database: database.tables.contains_key(name),
        in_entities: comparison.to.tables.contains_key(name),
    };
    let is_chosen = |operation: &SchemaOperation, difference: &Difference| {
        let table = difference.table.as_ref().map(table).unwrap_or_default();
        let is_table =
            difference.name.is_none() && matches!(difference.kind, DifferenceKind::Table | DifferenceKind::Comment);
        let object = match is_table {
            true => table,
            false => presence.get(&key(difference)).copied().unwrap_or_else(|| of_sides(difference)),
        };
        let is_unstated = is_unstated(operation);
        selection.contains(&Candidate { difference, is_unstated, object, table })
    };
    let choose = |(operation, found): (&'o SchemaOperation, &Vec<Difference>)| {
        let found = found.iter().map(|difference| {
            let is_left_out = !is_rename(operation) && is_chosen(operation, difference);
            (difference.clone(), is_left_out)
        });
        ChosenOperation { operation, differences: found.collect() }
    };
    let mut chosen: Vec<ChosenOperation<'_>> = operations.iter().zip(&found).map(choose).collect();
    follow_tables(&mut chosen);
    for own in &mut chosen {
        properties::require_possible(own, selection.hides_dependents(), comparison.backend);
    }
    while keep_groups(&mut chosen) || keep_needed(&mut chosen, comparison, database, selection) {}
    chosen
}

/// A rename that is left out was removed before.
fn is_rename(operation: &SchemaOperation) -> bool {
    crate::autogenerate::dependents::is_rename(operation)
}

fn is_unstated(operation: &SchemaOperation) -> bool {
    match operation {
        SchemaOperation::Change { change: TableChange::ModifyColumn { from, to }, .. } => {
            unstated::differs_in_unstated(&from.column_type, &to.column_type)
        }
        _ => false,
    }
}

type DifferenceKey<'d> = (DifferenceKind, Option<&'d TableName>, Option<&'d str>);

fn key(difference: &Difference) -> DifferenceKey<'_> {
    (difference.kind, difference.table.as_ref(), difference.name.as_deref())
}

fn of_sides(difference: &Difference) -> ObjectPresence {
    match is_property(difference.kind) {
        true => ObjectPresence { in_database: true, in_entities: true },
        false => {
            ObjectPresence { in_database: difference.database.is_some(), in_entities: difference.entities.is_some() }
        }
    }
}

/// Which sides have the objects with a name, of which one may be dropped and another one created. The primary key of a
/// table needs no name.
fn presence(found: &[Vec<Difference>]) -> BTreeMap<DifferenceKey<'_>, ObjectPresence> {
    let mut presence = BTreeMap::<_, ObjectPresence>::new();
    for difference in found.iter().flatten() {
        if difference.name.is_some() || difference.kind == DifferenceKind::PrimaryKey {
            let (sides, known) = (of_sides(difference), presence.entry(key(difference)).or_default());
            known.in_database |= sides.in_database;
            known.in_entities |= sides.in_entities;
        }
    }
    presence
}

/// Foreign keys of new and dropped tables may be operations of their own. They are left out with their table.
fn follow_tables(chosen: &mut [ChosenOperation<'_>]) {
    let whole: BTreeSet<TableName> = chosen
        .iter()
        .filter(|chosen| chosen.is_left_out())
        .filter_map(|chosen| match chosen.operation {
            SchemaOperation::CreateTable(table) | SchemaOperation::DropTable(table) => Some(table.name.clone()),
            _ => None,
        })
        .collect();
    for chosen in chosen {
        if let SchemaOperation::Change { table, .. } = chosen.operation
            && whole.contains(table)
        {
            chosen.differences.iter_mut().for_each(|(_, is_left_out)| *is_left_out = true);
        }
    }
}

/// Makes the operations that replace one object by another if not all of them are left out: both objects would exist.
fn keep_groups(chosen: &mut [ChosenOperation<'_>]) -> bool {
    let kept: BTreeSet<_> =
        chosen.iter().filter(|own| !own.is_left_out()).flat_map(|own| groups(own.operation)).collect();
    let mut has_changed = false;
    for own in chosen.iter_mut().filter(|own| own.is_left_out()) {
        if groups(own.operation).iter().any(|group| kept.contains(group)) {
            own.keep();
            has_changed = true;
        }
    }
    has_changed
}

/// Objects of which there can be only one.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum ObjectGroup {
    PrimaryKey(TableName),
    /// An index or a constraint of a table, by its name.
    Name(TableName, String),
    /// The foreign key of some columns.
    ForeignKey(TableName, Vec<String>),
    Enumeration(TableName),
}

fn groups(operation: &SchemaOperation) -> Vec<ObjectGroup> {
    let named =
        |table: &TableName, name: Option<&String>| name.map(|name| ObjectGroup::Name(table.clone(), name.clone()));
    let mut groups = Vec::new();
    match operation {
        SchemaOperation::AlterEnumeration { to, .. } => groups.push(ObjectGroup::Enumeration(to.name.clone())),
        SchemaOperation::CreateIndex { table, index } | SchemaOperation::DropIndex { table, index } => {
            groups.extend(named(table, Some(&index.name)));
        }
        SchemaOperation::Change { table, change } => match change {
            TableChange::AddPrimaryKey(_) | TableChange::DropPrimaryKey(_) => {
                groups.push(ObjectGroup::PrimaryKey(table.clone()));
            }
            TableChange::AddUnique(unique) | TableChange::DropUnique(unique) => {
                groups.extend(named(table, unique.name.as_ref()));
            }
            TableChange::AddForeignKey(key) | TableChange::DropForeignKey(key) => {
                groups.extend(named(table, key.name.as_ref()));
                let mut columns = key.columns.clone();
                columns.sort();
                groups.push(ObjectGroup::ForeignKey(table.clone(), columns));
            }
            TableChange::AddCheck(check) | TableChange::DropCheck(check) => {
                groups.extend(named(table, check.name.as_ref()));
            }
            TableChange::AddExclusion(own) | TableChange::DropExclusion(own) => {
                groups.extend(named(table, Some(&own.name)));
            }
            _ => {}
        },
        _ => {}
    }
    groups
}

/// The parts that are missing because they are left out, and those that are dropped.
pub(super) fn missing_parts<'s>(
    chosen: &[ChosenOperation<'_>],
    to: &'s Schema,
    database: &'s Schema,
    rule: ReferenceRule,
) -> (MissingParts<'s>, MissingParts<'s>) {
    let left_out = chosen.iter().filter(|own| own.is_left_out() || own.keeps_numbering()).map(|own| own.operation);
    let made = chosen.iter().filter(|own| !own.is_left_out()).map(|own| own.operation);
    let missing = MissingParts::of(left_out, database, rule);
    let dropped = MissingParts::dropped_by(made, to, rule).beside(&missing);
    (missing.beside(&dropped), dropped)
}

/// Makes operations that others need: the drop of what needs a dropped part, the creation of an enumerated type, the
/// creation of a key in the place of a dropped one to which a foreign key refers, and the creation of what a created
/// part needs, unless that part is left out too.
fn keep_needed(
    chosen: &mut [ChosenOperation<'_>],
    comparison: &Comparison,
    database: &Schema,
    selection: &Selection<'_>,
) -> bool {
    let rule = comparison.reference_rule;
    let made: Vec<&SchemaOperation> = chosen.iter().filter(|own| !own.is_left_out()).map(|own| own.operation).collect();
    let (_, dropped) = missing_parts(chosen, &comparison.to, database, rule);
    let is_needed = |own: &SchemaOperation| {
        let missing = MissingParts::of([own], database, rule).beside(&dropped);
        let is_candidate = !selection.hides_dependents() || matches!(own, SchemaOperation::CreateEnumeration(_));
        !missing.is_empty()
            && (is_candidate && made.iter().any(|made| missing.prevent(made))
                || missing.lack_key_with(&dropped, &comparison.to))
    };
    let keeps: Vec<bool> = chosen
        .iter()
        .map(|own| {
            own.is_left_out() && is_lost(own.operation, &dropped)
                || (own.is_left_out() || own.keeps_numbering()) && is_needed(own.operation)
        })
        .collect();
    let has_lost = chosen.iter_mut().filter_map(|own| lost_expression(own, &dropped)).map(|left_out| *left_out = false);
    let has_changed = has_lost.count() > 0 || keeps.contains(&true);
    chosen.iter_mut().zip(keeps).filter(|(_, keeps)| *keeps).for_each(|(own, _)| own.keep());
    has_changed
}

/// Whether the expression of a column is left out, if the database's expression cannot stay without the dropped parts.
fn lost_expression<'c>(own: &'c mut ChosenOperation<'_>, dropped: &MissingParts<'_>) -> Option<&'c mut bool> {
    let SchemaOperation::Change { table, change: TableChange::ModifyColumn { from, .. } } = own.operation else {
        return None;
    };
    let is_expression = |kind: DifferenceKind| kind == DifferenceKind::Generated && dropped.prevent_column(table, from);
    let lost = own.differences.iter_mut().find(|(own, is_left_out)| *is_left_out && is_expression(own.kind));
    lost.map(|(_, is_left_out)| is_left_out)
}

/// Whether an operation drops something that cannot stay without the dropped parts. A table and an object can stay.
fn is_lost(operation: &SchemaOperation, dropped: &MissingParts<'_>) -> bool {
    let is_part = matches!(
        operation,
        SchemaOperation::DropIndex { .. }
            | SchemaOperation::Change {
                change: TableChange::DropPrimaryKey(_)
                    | TableChange::DropUnique(_)
                    | TableChange::DropForeignKey(_)
                    | TableChange::DropCheck(_)
                    | TableChange::DropExclusion(_),
                ..
            }
    );
    match operation {
        // A column can stay without numbering rows.
        SchemaOperation::Change { table, change: TableChange::DropColumn(old) } => dropped.prevent_column(table, old),
        _ => is_part && dropped.prevent(&operation.reverse()),
    }
}
