//! Takes from the database what is left out of a comparison.

use sea_orm::DbBackend;

use super::parts::{self, MissingParts};
use super::properties;
use super::selection::{self, ChosenOperation, Selection};
use crate::autogenerate::comparison::Comparison;
use crate::autogenerate::operation::{SchemaOperation, TableChange};
use crate::schema::{AutoIncrement, Column, DatabaseObject, ObjectName, Schema, Table, TableName};

/// Changes the target so that the operations that are left out are not needed. `database` is the schema of the database
/// after the renames. Returns whether the target has changed.
pub(super) fn adopt(
    comparison: &mut Comparison,
    database: &Schema,
    chosen: &[ChosenOperation<'_>],
    selection: &Selection<'_>,
) -> bool {
    let before = comparison.clone();
    let backend = comparison.backend;
    let (missing, dropped) = selection::missing_parts(chosen, &before.to, database, comparison.reference_rule);
    for own in chosen {
        match own.operation {
            SchemaOperation::Change { table, change: TableChange::ModifyColumn { from, .. } } => {
                let kinds = own.differences.iter().filter(|(_, is_left_out)| *is_left_out).map(|(own, _)| own.kind);
                let table = comparison.to.tables.get_mut(table);
                if let Some(column) = table.and_then(|table| table.columns.iter_mut().find(|own| own.name == from.name))
                {
                    properties::take(column, from, kinds);
                }
            }
            // An object that is dropped and created again stays.
            SchemaOperation::CreateObject(new) if drops(chosen, &new.name) => {}
            operation if own.is_left_out() => undo(comparison, database, operation, &dropped),
            _ => {}
        }
    }
    if selection.hides_dependents() && !missing.is_empty() {
        hide_dependents(comparison, database, &missing, &dropped);
    }
    keep_enumerations(&mut comparison.to, database);
    for name in chosen.iter().flat_map(ChosenOperation::tables_left_out) {
        if let Some(table) = comparison.to.tables.get_mut(name) {
            finish_key(table, database.table(name), backend);
        }
    }
    comparison.to != before.to || comparison.declared != before.declared
}

fn drops(chosen: &[ChosenOperation<'_>], object: &ObjectName) -> bool {
    chosen.iter().any(|own| matches!(own.operation, SchemaOperation::DropObject(old) if old.name == *object))
}

/// Changes the target so that an operation is not needed.
fn undo(comparison: &mut Comparison, database: &Schema, operation: &SchemaOperation, dropped: &MissingParts<'_>) {
    let (to, declared) = (&mut comparison.to, &mut comparison.declared);
    match operation {
        SchemaOperation::CreateEnumeration(new) => drop(to.enumerations.remove(&new.name)),
        SchemaOperation::DropEnumeration(old) | SchemaOperation::AlterEnumeration { from: old, .. } => {
            let old = database.enumerations.get(&old.name).unwrap_or(old);
            to.enumerations.insert(old.name.clone(), old.clone());
        }
        SchemaOperation::CreateTable(table) => drop(to.tables.remove(&table.name)),
        SchemaOperation::DropTable(table) => {
            if let Some(table) = database.table(&table.name) {
                to.tables.insert(table.name.clone(), without_lost_keys(table, dropped));
            }
        }
        SchemaOperation::CreateIndex { table, index } => {
            if let Some(table) = to.tables.get_mut(table) {
                table.indexes.retain(|own| own != index);
            }
        }
        SchemaOperation::DropIndex { table, index } => {
            if let Some(table) = to.tables.get_mut(table) {
                table.indexes.push(index.clone());
            }
        }
        SchemaOperation::CreateObject(new) => declared.retain(|own| own.name != new.name),
        SchemaOperation::DropObject(old) | SchemaOperation::ReplaceObject { from: old, .. } => {
            replace_object(declared, old);
        }
        SchemaOperation::Change { table, change } => {
            if let Some(own) = to.tables.get_mut(table) {
                undo_change(own, database.table(table), change);
            }
        }
        SchemaOperation::RenameTable { .. } | SchemaOperation::SuspendObject(_) | SchemaOperation::RestoreObject(_) => {
        }
    }
}

fn replace_object(declared: &mut Vec<DatabaseObject>, object: &DatabaseObject) {
    declared.retain(|own| own.name != object.name);
    declared.push(object.clone());
}

/// The table without foreign keys to what is dropped.
fn without_lost_keys(table: &Table, dropped: &MissingParts<'_>) -> Table {
    let mut table = table.clone();
    let name = &table.name;
    table.foreign_keys.retain(|key| !dropped.prevent_foreign_key(name, key));
    table
}

fn undo_change(own: &mut Table, old: Option<&Table>, change: &TableChange) {
    match change {
        TableChange::AddColumn(column) => own.columns.retain(|own| own.name != column.name),
        TableChange::DropColumn(column) => restore_column(own, old, column),
        TableChange::AddPrimaryKey(_) | TableChange::DropPrimaryKey(_) => {
            own.primary_key = old.and_then(|old| old.primary_key.clone());
        }
        TableChange::AddUnique(new) => own.uniques.retain(|own| own != new),
        TableChange::DropUnique(old) => own.uniques.push(old.clone()),
        TableChange::AddForeignKey(new) => own.foreign_keys.retain(|own| own != new),
        TableChange::DropForeignKey(old) => own.foreign_keys.push(old.clone()),
        TableChange::AddCheck(new) => own.checks.retain(|own| own != new),
        TableChange::DropCheck(old) => own.checks.push(old.clone()),
        TableChange::AddExclusion(new) => own.exclusions.retain(|own| own != new),
        TableChange::DropExclusion(old) => own.exclusions.push(old.clone()),
        TableChange::Comment { from, .. } => own.comment.clone_from(from),
        TableChange::RenameColumn { .. } | TableChange::ModifyColumn { .. } => {}
    }
}

/// Puts a column after the one that it follows in the database.
fn restore_column(own: &mut Table, old: Option<&Table>, column: &Column) {
    let columns = old.map(|old| old.columns.as_slice()).unwrap_or_default();
    let at = columns.iter().position(|own| own.name == column.name).unwrap_or(columns.len());
    let before = columns.get(..at).unwrap_or_default().iter().rev();
    let mut places = before.filter_map(|before| own.columns.iter().position(|own| own.name == before.name));
    let place = places.next().map_or(0, |place| place + 1);
    own.columns.insert(place, column.clone());
}

/// Removes from the target what needs parts that are left out. An object of the database with the same name stays.
fn hide_dependents(
    comparison: &mut Comparison,
    database: &Schema,
    missing: &MissingParts<'_>,
    dropped: &MissingParts<'_>,
) {
    for table in comparison.to.tables.values_mut() {
        hide_in_table(table, database.tables.get(&table.name), missing, dropped);
    }
    let (hidden, kept): (Vec<_>, Vec<_>) =
        std::mem::take(&mut comparison.declared).into_iter().partition(|object| missing.prevent_object(object));
    comparison.declared = kept;
    let objects = comparison.renamed.as_ref().map_or(&comparison.objects, |renamed| &renamed.objects);
    let old = objects.iter().filter(|object| hidden.iter().any(|hidden| hidden.name == object.name));
    comparison.declared.extend(old.cloned());
}

fn hide_in_table(table: &mut Table, old: Option<&Table>, missing: &MissingParts<'_>, dropped: &MissingParts<'_>) {
    let name = table.name.clone();
    table.columns.retain(|column| {
        !missing.prevent_column(&name, column) || old.is_some_and(|old| old.column(&column.name).is_some())
    });
    for column in &mut table.columns {
        if let Some(old) =
            old.and_then(|old| old.column(&column.name)).filter(|_| missing.prevent_column(&name, column))
        {
            column.generated.clone_from(&old.generated);
        }
    }
    if table.primary_key.as_ref().is_some_and(|key| missing.lack_one_of(&name, &key.columns)) {
        table.primary_key = old.and_then(|old| old.primary_key.clone());
    }
    hide(
        &mut table.uniques,
        old.map(|old| old.uniques.as_slice()),
        |own| missing.lack_one_of(&name, &own.columns),
        |own| dropped.lack_one_of(&name, &own.columns),
        |own| own.name.as_deref(),
    );
    hide(
        &mut table.indexes,
        old.map(|old| old.indexes.as_slice()),
        |own| missing.prevent_index(&name, own),
        |own| dropped.prevent_index(&name, own),
        |own| Some(&own.name),
    );
    hide(
        &mut table.foreign_keys,
        old.map(|old| old.foreign_keys.as_slice()),
        |own| missing.prevent_foreign_key(&name, own),
        |own| dropped.prevent_foreign_key(&name, own),
        |own| own.name.as_deref(),
    );
    hide(
        &mut table.checks,
        old.map(|old| old.checks.as_slice()),
        |own| missing.prevent_check(&name, own),
        |own| dropped.prevent_check(&name, own),
        |own| own.name.as_deref(),
    );
    hide(
        &mut table.exclusions,
        old.map(|old| old.exclusions.as_slice()),
        |own| missing.are_in(&name, &own.definition),
        |own| dropped.are_in(&name, &own.definition),
        |own| Some(&own.name),
    );
}

/// Removes the objects that need a missing part, and puts those of the database with the same names in their place.
fn hide<T: Clone>(
    own: &mut Vec<T>,
    old: Option<&[T]>,
    is_prevented: impl Fn(&T) -> bool,
    is_lost: impl Fn(&T) -> bool,
    name: impl Fn(&T) -> Option<&str>,
) {
    let (hidden, kept): (Vec<T>, Vec<T>) = std::mem::take(own).into_iter().partition(is_prevented);
    *own = kept;
    for old in old.into_iter().flatten().filter(|old| !is_lost(old)) {
        let is_same = |other: &T| name(old).is_some() && name(other) == name(old);
        if hidden.iter().any(is_same) && !own.iter().any(is_same) {
            own.push(old.clone());
        }
    }
}

/// Gives the columns of a table the properties that follow from its key: only with a key does a column number rows, and
/// no column of a key is `NULL`. SQLite numbers rows by the key alone, and lets a key be `NULL`: `old` has such a key.
fn finish_key(table: &mut Table, old: Option<&Table>, backend: DbBackend) {
    let without: Vec<bool> = table.columns.iter().map(|column| !parts::can_number(table, column)).collect();
    let columns = table.columns.iter_mut().zip(without).filter(|(_, is_without)| *is_without);
    columns.for_each(|(column, _)| column.auto_increment = None);
    let is_sqlite = backend == DbBackend::Sqlite;
    let Some(key) = &table.primary_key else { return };
    let is_old = is_sqlite && old.and_then(|old| old.primary_key.as_ref()) == Some(key);
    for column in table.columns.iter_mut().filter(|column| key.columns.contains(&column.name)) {
        if is_sqlite && key.columns.len() == 1 && column.column_type.text == "integer" {
            column.auto_increment.get_or_insert(AutoIncrement::Rowid { autoincrement: false });
        }
        column.nullable &= is_old && column.auto_increment.is_none();
    }
}

/// Keeps the enumerated types of the columns that are taken from the database.
fn keep_enumerations(to: &mut Schema, database: &Schema) {
    let lost = database.enumerations.values().filter(|old| !to.enumerations.contains_key(&old.name));
    let is_used = |name: &TableName| {
        let mut columns = to.tables.values().flat_map(|table| &table.columns);
        columns.any(|column| column.column_type.is_of(name))
    };
    let used: Vec<_> = lost.filter(|old| is_used(&old.name)).cloned().collect();
    to.enumerations.extend(used.into_iter().map(|old| (old.name.clone(), old)));
}
