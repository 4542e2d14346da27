//! The differences between two schemas that an entity may notice.

use std::collections::BTreeMap;

use crate::autogenerate::{DatabaseState, SchemaOperation, TableChange};
use crate::impact::measured::RevisionImpact;
use crate::schema::{AutoIncrement, Column, ForeignKey, Index, ObjectKind, ObjectName, Table, TableName};
use crate::synchronise::is_synchronising;

/// A difference between a table before a change and after it.
#[derive(Debug)]
pub(super) enum Difference<'a> {
    /// The table does not exist any more; it may have another name.
    TableGone { renamed: Option<String> },
    /// The column does not exist any more; it may have another name.
    ColumnGone { column: &'a Column, renamed: Option<String> },
    /// The column has another type or another collation.
    Retyped { from: &'a Column, to: &'a Column },
    /// An insertion has to name the column, and had not to before.
    Required {
        column: &'a Column,
        /// The column before, if it existed.
        was: Option<&'a Column>,
        /// Whether a trigger of the table may set the value.
        may_be_set: bool,
    },
    /// The column refuses NULL, which it did not before, and has a default.
    RefusesNull { column: &'a Column },
    /// The column may be NULL, which it could not be before.
    Nullable { column: &'a Column },
    /// The database computes the column, and refuses a value for it.
    Computed { column: &'a Column },
    /// The type of the column has other values.
    EnumValues { column: &'a Column, removed: Vec<String>, added: Vec<String> },
    /// Something new may refuse or change rows: a constraint, a trigger, a policy.
    Restricted { by: String },
}

impl Difference<'_> {
    /// The column that differs.
    pub(super) fn column(&self) -> Option<&str> {
        match self {
            Self::TableGone { .. } | Self::Restricted { .. } => None,
            Self::ColumnGone { column, .. }
            | Self::Required { column, .. }
            | Self::RefusesNull { column }
            | Self::Nullable { column }
            | Self::Computed { column }
            | Self::EnumValues { column, .. }
            | Self::Retyped { to: column, .. } => Some(&column.name),
        }
    }
}

/// The differences of each table that has some. `impact` says what was renamed; the states may be in either order.
pub(super) fn differences<'a>(
    impact: &'a RevisionImpact,
    before: &'a DatabaseState,
    after: &'a DatabaseState,
) -> BTreeMap<&'a TableName, Vec<Difference<'a>>> {
    let mut found = BTreeMap::new();
    for (name, old) in &before.schema.tables {
        let own = match after.schema.tables.get(name) {
            Some(new) => of_table(impact, before, after, old, new),
            None => vec![Difference::TableGone { renamed: renamed_table(impact, name) }],
        };
        if !own.is_empty() {
            found.insert(name, own);
        }
    }
    found
}

fn of_table<'a>(
    impact: &RevisionImpact,
    before: &'a DatabaseState,
    after: &'a DatabaseState,
    old: &'a Table,
    new: &'a Table,
) -> Vec<Difference<'a>> {
    let mut found = Vec::new();
    let has_trigger = after
        .objects()
        .any(|(name, _)| matches!(name.kind, ObjectKind::Trigger | ObjectKind::Rule) && is_of(name, &new.name));
    for column in &old.columns {
        match new.column(&column.name) {
            Some(to) => found.extend(of_column(before, after, column, to, has_trigger)),
            None => {
                let renamed = renamed_column(impact, &old.name, &column.name);
                found.push(Difference::ColumnGone { column, renamed });
            }
        }
    }
    let added = new.columns.iter().filter(|column| old.column(&column.name).is_none() && column.is_required());
    found.extend(added.map(|column| Difference::Required { column, was: None, may_be_set: has_trigger }));
    found.extend(restrictions(before, after, old, new).into_iter().map(|by| Difference::Restricted { by }));
    found
}

fn of_column<'a>(
    before: &DatabaseState,
    after: &DatabaseState,
    from: &'a Column,
    to: &'a Column,
    has_trigger: bool,
) -> Vec<Difference<'a>> {
    let mut found = Vec::new();
    if from.is_retyped(to) {
        found.push(Difference::Retyped { from, to });
    }
    let is_always =
        |column: &Column| matches!(column.auto_increment, Some(AutoIncrement::Identity { always: true, .. }));
    if (to.generated.is_some() && from.generated.is_none()) || (is_always(to) && !is_always(from)) {
        found.push(Difference::Computed { column: to });
    } else if to.is_required() && !from.is_required() {
        found.push(Difference::Required { column: to, was: Some(from), may_be_set: has_trigger });
    } else if from.nullable && !to.nullable {
        found.push(Difference::RefusesNull { column: to });
    }
    if !from.nullable && to.nullable {
        found.push(Difference::Nullable { column: to });
    }
    for (name, old) in &before.schema.enumerations {
        let Some(new) = after.schema.enumerations.get(name).filter(|_| from.column_type.is_of(name)) else { continue };
        let without = |own: &[String], other: &[String]| -> Vec<String> {
            own.iter().filter(|value| !other.contains(value)).cloned().collect()
        };
        let (removed, added) = (without(&old.values, &new.values), without(&new.values, &old.values));
        if !removed.is_empty() || !added.is_empty() {
            found.push(Difference::EnumValues { column: to, removed, added });
        }
    }
    found
}

/// What may refuse or change rows after a change, and did not before.
fn restrictions(before: &DatabaseState, after: &DatabaseState, old: &Table, new: &Table) -> Vec<String> {
    let mut found = Vec::new();
    let columns = |columns: &[String]| columns.join(", ");
    let old_keys: Vec<&[String]> = unique_keys(old);
    if let Some(key) = new.primary_key.as_ref().filter(|key| !old_keys.contains(&key.columns.as_slice())) {
        found.push(format!("the primary key ({})", columns(&key.columns)));
    }
    for unique in new.uniques.iter().filter(|unique| !old_keys.contains(&unique.columns.as_slice())) {
        found.push(format!("the unique constraint ({})", columns(&unique.columns)));
    }
    let is_unique_before = |index: &Index| {
        old.indexes.iter().any(|own| own.unique && own.parts == index.parts && own.predicate == index.predicate)
            || (index.predicate.is_none() && old_keys.contains(&index.leading_columns().as_slice()))
    };
    for index in new.indexes.iter().filter(|index| index.unique && !is_unique_before(index)) {
        found.push(format!("the unique index `{}`", index.name));
    }
    for check in new.checks.iter().filter(|check| !old.checks.iter().any(|own| own.expression == check.expression)) {
        found.push(format!("the check {}", check.expression.text));
    }
    let is_key_before = |key: &ForeignKey| {
        old.foreign_keys.iter().any(|own| {
            let references =
                |key: &ForeignKey| (key.columns.clone(), key.referenced_table.clone(), key.referenced_columns.clone());
            references(own) == references(key) && (own.on_delete, own.on_update) == (key.on_delete, key.on_update)
        })
    };
    for key in new.foreign_keys.iter().filter(|key| !is_key_before(key)) {
        found.push(format!("the foreign key ({}) to `{}`", columns(&key.columns), key.referenced_table));
    }
    for exclusion in &new.exclusions {
        if !old.exclusions.iter().any(|own| own.definition == exclusion.definition) {
            found.push(format!("the exclusion constraint `{}`", exclusion.name));
        }
    }
    let restricts = |kind: ObjectKind| {
        matches!(kind, ObjectKind::Trigger | ObjectKind::Rule | ObjectKind::Policy | ObjectKind::RowLevelSecurity)
    };
    // The triggers of synchronised columns complete the rows of either version.
    let is_foreign = |name: &ObjectName| name.kind != ObjectKind::Trigger || !is_synchronising(&name.name.name);
    let objects =
        after.objects().filter(|(name, _)| restricts(name.kind) && is_of(name, &new.name) && is_foreign(name));
    for (name, object) in objects {
        let is_same = before.objects().any(|(own, other)| own == name && other.has_definition_of(object));
        if !is_same {
            found.push(format!("the {name}"));
        }
    }
    // A policy that permits rows, a privilege: without it less is allowed.
    let permits = |kind: ObjectKind| matches!(kind, ObjectKind::Policy | ObjectKind::Grant);
    for (name, _) in before.objects().filter(|(name, _)| permits(name.kind) && is_of(name, &old.name)) {
        if !after.objects().any(|(own, _)| own == name) {
            found.push(format!("that the {name} is gone"));
        }
    }
    found
}

/// The columns of each key of a table.
fn unique_keys(table: &Table) -> Vec<&[String]> {
    let primary = table.primary_key.iter().map(|key| key.columns.as_slice());
    primary.chain(table.uniques.iter().map(|unique| unique.columns.as_slice())).collect()
}

/// Whether an object belongs to a table.
fn is_of(name: &ObjectName, table: &TableName) -> bool {
    name.owner.as_ref() == Some(table) || (name.kind == ObjectKind::RowLevelSecurity && name.name == *table)
}

fn operations(impact: &RevisionImpact) -> impl Iterator<Item = &SchemaOperation> {
    impact.changes.iter().flat_map(|change| &change.operations)
}

/// The other name of a table that a revision renames, in either direction.
fn renamed_table(impact: &RevisionImpact, name: &TableName) -> Option<String> {
    operations(impact).find_map(|operation| match operation {
        SchemaOperation::RenameTable { from, to } if from == name => Some(to.to_string()),
        SchemaOperation::RenameTable { from, to } if to == name => Some(from.to_string()),
        _ => None,
    })
}

/// The other name of a column that a revision renames, in either direction.
fn renamed_column(impact: &RevisionImpact, table: &TableName, name: &str) -> Option<String> {
    operations(impact).find_map(|operation| match operation {
        SchemaOperation::Change { table: own, change: TableChange::RenameColumn { from, to } } if own == table => {
            if from == name {
                Some(to.clone())
            } else {
                (to == name).then(|| from.clone())
            }
        }
        _ => None,
    })
}
