//! The steps between two schemas whose tables and columns keep their names, found by a simple algorithm.

use sea_orm::sea_query::ColumnType;
use seachange::autogenerate::operation::EnumUsage;
use seachange::autogenerate::{SchemaOperation, TableChange};
use seachange::schema::{Column, EnumType, Schema, Table, TableName};

/// Lists what leads from one schema to another.
pub(super) fn steps(from: &Schema, to: &Schema) -> Vec<SchemaOperation> {
    let mut steps = enumerations(from, to);
    let kept: Vec<(&Table, &Table)> =
        from.tables.values().filter_map(|old| Some((old, to.table(&old.name)?))).collect();
    for (old, new) in &kept {
        steps.extend(removed(old, new));
    }
    for (old, new) in &kept {
        steps.extend(columns(old, new));
    }
    let created = to.tables.values().filter(|table| from.table(&table.name).is_none());
    steps.extend(created.map(|table| SchemaOperation::CreateTable(Box::new(table.clone()))));
    for (old, new) in &kept {
        steps.extend(removed(new, old).iter().rev().map(SchemaOperation::reverse));
        let comment = TableChange::Comment { from: old.comment.clone(), to: new.comment.clone() };
        steps.extend((old.comment != new.comment).then(|| changed(&old.name, comment)));
    }
    let dropped = from.tables.values().filter(|table| to.table(&table.name).is_none());
    steps.extend(dropped.map(|table| SchemaOperation::DropTable(Box::new(table.clone()))));
    let dropped = from.enumerations.values().filter(|old| !to.enumerations.contains_key(&old.name));
    steps.extend(dropped.map(|old| SchemaOperation::DropEnumeration(old.clone())));
    steps
}

fn changed(table: &TableName, change: TableChange) -> SchemaOperation {
    SchemaOperation::Change { table: table.clone(), change }
}

fn enumerations(from: &Schema, to: &Schema) -> Vec<SchemaOperation> {
    let step = |new: &EnumType| match from.enumerations.get(&new.name) {
        None => Some(SchemaOperation::CreateEnumeration(new.clone())),
        Some(old) if old == new => None,
        Some(old) => Some(SchemaOperation::AlterEnumeration {
            from: old.clone(),
            to: new.clone(),
            users: users(from, old),
            dependents: Vec::new(),
        }),
    };
    to.enumerations.values().filter_map(step).collect()
}

fn users(schema: &Schema, of: &EnumType) -> Vec<EnumUsage> {
    let is_of = |column: &&Column| match &column.column_type.kind {
        ColumnType::Enum { name, .. } => name.to_string() == of.name.name,
        _ => false,
    };
    let columns = |table: &Table| {
        let user = |column: &Column| EnumUsage { table: table.name.clone(), column: column.clone() };
        table.columns.iter().filter(is_of).map(user).collect::<Vec<_>>()
    };
    schema.tables.values().flat_map(columns).collect()
}

/// Objects that only one of two tables has, which are dropped before the columns change.
fn removed(old: &Table, new: &Table) -> Vec<SchemaOperation> {
    let mut steps: Vec<SchemaOperation> = Vec::new();
    let table = &old.name;
    for index in old.indexes.iter().filter(|index| !new.indexes.contains(index)) {
        steps.push(SchemaOperation::DropIndex { table: table.clone(), index: index.clone() });
    }
    let mut drop = |change| steps.push(changed(table, change));
    let keys = old.foreign_keys.iter().filter(|key| !new.foreign_keys.contains(key));
    keys.for_each(|key| drop(TableChange::DropForeignKey(key.clone())));
    let uniques = old.uniques.iter().filter(|unique| !new.uniques.contains(unique));
    uniques.for_each(|unique| drop(TableChange::DropUnique(unique.clone())));
    let checks = old.checks.iter().filter(|check| !new.checks.contains(check));
    checks.for_each(|check| drop(TableChange::DropCheck(check.clone())));
    let exclusions = old.exclusions.iter().filter(|exclusion| !new.exclusions.contains(exclusion));
    exclusions.for_each(|exclusion| drop(TableChange::DropExclusion(exclusion.clone())));
    if let Some(key) = old.primary_key.as_ref().filter(|_| old.primary_key != new.primary_key) {
        drop(TableChange::DropPrimaryKey(key.clone()));
    }
    steps
}

fn columns(old: &Table, new: &Table) -> Vec<SchemaOperation> {
    let mut steps = Vec::new();
    for column in &new.columns {
        let change = match old.column(&column.name) {
            None => TableChange::AddColumn(Box::new(column.clone())),
            Some(before) if before == column => continue,
            Some(before) => TableChange::ModifyColumn { from: Box::new(before.clone()), to: Box::new(column.clone()) },
        };
        steps.push(changed(&old.name, change));
    }
    let gone = old.columns.iter().filter(|column| new.column(&column.name).is_none());
    steps.extend(gone.map(|column| changed(&old.name, TableChange::DropColumn(Box::new(column.clone())))));
    steps
}
