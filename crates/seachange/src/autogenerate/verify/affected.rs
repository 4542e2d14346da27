//! The tables that a scratch copy needs.

use std::collections::{BTreeMap, BTreeSet};

use crate::autogenerate::comparison::Comparison;
use crate::autogenerate::dependents::in_order_of_creation;
use crate::autogenerate::operation::SchemaOperation;
use crate::schema::{Column, DatabaseObject, ForeignKey, KeptOptions, ObjectName, Schema, Table, TableName, Unique};

/// The tables that the operations concern and the tables that foreign keys connect with them, by their names before and
/// after the operations.
#[derive(Debug, Default)]
pub(super) struct AffectedTables {
    /// Before.
    pub(super) from: BTreeSet<TableName>,
    /// After.
    pub(super) to: BTreeSet<TableName>,
}

impl AffectedTables {
    pub(super) fn of(comparison: &Comparison, operations: &[SchemaOperation]) -> Self {
        let renames = operations.iter().filter_map(|operation| match operation {
            SchemaOperation::RenameTable { from, to } => Some((from, to)),
            _ => None,
        });
        let new_names: BTreeMap<_, _> = renames.clone().collect();
        let old_names: BTreeMap<_, _> = renames.map(|(from, to)| (to, from)).collect();
        let old = |table: &TableName| (*old_names.get(table).unwrap_or(&table)).clone();
        let new = |table: &TableName| (*new_names.get(table).unwrap_or(&table)).clone();
        let mut affected = Self::default();
        affected.to.extend(operations.iter().flat_map(SchemaOperation::tables).cloned());
        affected.from.extend(affected.to.iter().map(old));
        // A type that is replaced has to be that of the copy, in all tables that use it.
        let removed = operations.iter().filter_map(removed_object).flat_map(|object| &object.used_by);
        affected.from.extend(removed.filter(|table| comparison.from.tables.contains_key(table)).cloned());
        add_children(&comparison.from, &mut affected.from);
        add_children(&comparison.to, &mut affected.to);
        // An unchanged table to which a new foreign key refers is needed on both sides.
        // An operation may concern no table, but a function that a trigger of a table calls.
        let mut size = usize::MAX;
        while size != affected.from.len() + affected.to.len() {
            size = affected.from.len() + affected.to.len();
            affected.from.extend(affected.to.iter().map(old));
            add_parents(&comparison.from, &mut affected.from);
            let dependents = copied_objects(&comparison.objects, &affected.from, operations);
            let read = dependents.iter().flat_map(DatabaseObject::tables).cloned();
            affected.from.extend(read.filter(|table| comparison.from.tables.contains_key(table)));
            affected.to.extend(affected.from.iter().map(new));
            add_parents(&comparison.to, &mut affected.to);
        }
        affected
    }

    /// The schemas of these tables, other than the current schema of the connection.
    pub(super) fn schemas(&self) -> BTreeSet<String> {
        self.from.iter().chain(&self.to).filter_map(|table| table.schema.clone()).collect()
    }
}

/// Adds the tables that refer to the named ones.
fn add_children(schema: &Schema, names: &mut BTreeSet<TableName>) {
    let refers = |name: &&TableName| {
        let keys = schema.table(name).into_iter().flat_map(|table| &table.foreign_keys);
        keys.map(|key| &key.referenced_table).any(|parent| names.contains(parent))
    };
    let children: Vec<_> = schema.tables.keys().filter(refers).cloned().collect();
    names.extend(children);
}

/// Adds all tables that the named ones refer to, directly or through other tables.
fn add_parents(schema: &Schema, names: &mut BTreeSet<TableName>) {
    let mut open: Vec<_> = names.iter().cloned().collect();
    while let Some(name) = open.pop() {
        for key in schema.table(&name).into_iter().flat_map(|table| &table.foreign_keys) {
            if names.insert(key.referenced_table.clone()) {
                open.push(key.referenced_table.clone());
            }
        }
    }
}

/// Some tables of a schema, as they can be built: the build of an index does not fail in a copy.
pub(super) fn subset(schema: &Schema, names: &BTreeSet<TableName>) -> Schema {
    let mut part = schema.clone();
    part.tables.retain(|name, _| names.contains(name));
    part.tables.values_mut().flat_map(|table| &mut table.indexes).for_each(|index| index.invalid = false);
    part
}

/// Placeholders for referenced tables that are not compared. A placeholder has the referenced columns, as keys. Without
/// it, a foreign key would refer to the table of that name in the compared database.
pub(super) fn placeholder_tables(schemas: [&Schema; 2]) -> BTreeMap<TableName, Table> {
    let mut placeholders = BTreeMap::<TableName, Table>::new();
    let known = |name: &TableName| schemas.iter().any(|schema| schema.tables.contains_key(name));
    for table in schemas.iter().flat_map(|schema| schema.tables.values()) {
        for key in table.foreign_keys.iter().filter(|key| !known(&key.referenced_table)) {
            let name = &key.referenced_table;
            let placeholder = placeholders.entry(name.clone()).or_insert_with(|| Table::new(name.clone()));
            add_placeholder_key(placeholder, table, key);
        }
    }
    placeholders
}

fn add_placeholder_key(placeholder: &mut Table, table: &Table, key: &ForeignKey) {
    for (own, referenced) in key.columns.iter().zip(&key.referenced_columns) {
        if let Some(column) = table.column(own).filter(|_| placeholder.column(referenced).is_none()) {
            let column = Column::new(referenced, column.column_type.clone());
            placeholder.columns.push(Column { nullable: false, ..column });
        }
    }
    // A unique constraint, not a primary key: SQLite would number rows by a primary key.
    let columns = key.referenced_columns.clone();
    if placeholder.uniques.iter().all(|own| own.columns != columns) {
        let name = format!("seachange_key_{}", placeholder.uniques.len());
        let options = KeptOptions::default();
        placeholder.uniques.push(Unique {
            name: Some(name),
            columns,
            deferrable: None,
            nulls_not_distinct: false,
            options,
        });
    }
}

/// The objects that the operations remove, those that depend on tables of a copy, directly or through other objects, and the objects that these need, in
/// an order in which they can be created.
pub(super) fn copied_objects(
    objects: &[DatabaseObject],
    tables: &BTreeSet<TableName>,
    operations: &[SchemaOperation],
) -> Vec<DatabaseObject> {
    let ordered = in_order_of_creation(objects);
    let mut copied: BTreeSet<&ObjectName> =
        operations.iter().filter_map(removed_object).map(|object| &object.name).collect();
    let readable = ordered.iter().filter(|object| !object.create.is_empty());
    for object in readable {
        if object.tables().any(|table| tables.contains(table)) || object.objects().any(|name| copied.contains(name)) {
            copied.insert(&object.name);
        }
    }
    for object in ordered.iter().rev() {
        if copied.contains(&object.name) {
            copied.extend(object.objects());
        }
    }
    ordered.into_iter().filter(|object| copied.contains(&object.name)).cloned().collect()
}

/// The object that an operation removes or replaces.
fn removed_object(operation: &SchemaOperation) -> Option<&DatabaseObject> {
    match operation {
        SchemaOperation::SuspendObject(object)
        | SchemaOperation::DropObject(object)
        | SchemaOperation::ReplaceObject { from: object, .. } => Some(object),
        _ => None,
    }
}

/// The objects that need nothing but tables of a copy and objects before them.
pub(super) fn that_can_be_copied(objects: Vec<DatabaseObject>, copy: &Schema) -> Vec<DatabaseObject> {
    let mut copied: Vec<DatabaseObject> = Vec::new();
    for object in objects {
        let is_there = |name: &TableName| {
            copy.tables.contains_key(name)
                || copied.iter().any(|own| own.name.owner.is_none() && own.name.name == *name)
        };
        let has_object = |name: &ObjectName| copied.iter().any(|own| own.name == *name);
        if object.tables().all(is_there) && object.objects().all(has_object) {
            copied.push(object);
        }
    }
    copied
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sea_orm::DbBackend;

    use super::{AffectedTables, Comparison, SchemaOperation};
    use crate::autogenerate::EntityHints;
    use crate::autogenerate::operation::TableChange;
    use crate::schema::{ForeignKey, KeptOptions, ReferentialAction, Schema, Table, TableName};

    fn schema(tables: &[&Table]) -> Schema {
        let tables = tables.iter().map(|table| (table.name.clone(), (*table).clone())).collect();
        Schema { tables, ..Schema::default() }
    }

    #[test]
    fn a_table_that_something_begins_to_refer_to_takes_part_on_both_sides() {
        let (people, before) = (Table::new("people"), Table::new("pets"));
        let key = ForeignKey {
            name: None,
            columns: vec!["owner_id".to_owned()],
            referenced_table: "people".into(),
            referenced_columns: vec!["id".to_owned()],
            on_delete: ReferentialAction::NoAction,
            on_delete_columns: Vec::new(),
            on_update: ReferentialAction::NoAction,
            deferrable: None,
            options: KeptOptions::default(),
        };
        let after = Table { foreign_keys: vec![key.clone()], ..before.clone() };
        let comparison = Comparison::new(
            schema(&[&people, &before]),
            schema(&[&people, &after]),
            EntityHints::default(),
            DbBackend::Sqlite,
        );
        let add = SchemaOperation::Change { table: "pets".into(), change: TableChange::AddForeignKey(key) };
        let affected = AffectedTables::of(&comparison, &[add]);
        let both = BTreeSet::from(["people", "pets"].map(TableName::from));
        assert_eq!((affected.from, affected.to), (both.clone(), both));
    }
}
