//! A simulated database: a schema that refuses what a database would refuse.

use crate::autogenerate::operation::{SchemaOperation, TableChange};
use crate::schema::{Column, ForeignKey, IndexKey, IndexPart, Schema, Table, TableName};

/// Applies an operation, or says why a database would refuse it.
pub(super) fn take(schema: &mut Schema, operation: &SchemaOperation) -> Result<(), String> {
    match operation {
        SchemaOperation::CreateEnumeration(new) => {
            let old = schema.enumerations.insert(new.name.clone(), new.clone());
            require(old.is_none(), "the type is there")
        }
        SchemaOperation::DropEnumeration(old) => {
            let mut columns = schema.tables.values().flat_map(|table| &table.columns);
            require(!columns.any(|column| column.column_type.is_of(&old.name)), "a column has the type")?;
            require(schema.enumerations.remove(&old.name).is_some(), "no such type")
        }
        SchemaOperation::AlterEnumeration { from, to, .. } => {
            let old = schema.enumerations.insert(to.name.clone(), to.clone());
            require(old.as_ref() == Some(from), "the type is not as expected")
        }
        SchemaOperation::CreateTable(new) => create(schema, new),
        SchemaOperation::DropTable(old) => drop_table(schema, old),
        SchemaOperation::RenameTable { .. } => Err("nothing is renamed here".to_owned()),
        SchemaOperation::CreateObject(_)
        | SchemaOperation::DropObject(_)
        | SchemaOperation::ReplaceObject { .. }
        | SchemaOperation::SuspendObject(_)
        | SchemaOperation::RestoreObject(_) => Err("there are only tables and types here".to_owned()),
        SchemaOperation::CreateIndex { table, index } => {
            let table = table_mut(schema, table)?;
            index
                .parts
                .iter()
                .filter_map(IndexPart::column_name)
                .try_for_each(|name| require(table.column(name).is_some(), "an index on no column"))?;
            table.indexes.push(index.clone());
            Ok(())
        }
        SchemaOperation::DropIndex { table, index } => remove(&mut table_mut(schema, table)?.indexes, index),
        SchemaOperation::Change { table, change } => change_table(schema, table, change),
    }
}

fn create(schema: &mut Schema, new: &Table) -> Result<(), String> {
    for column in &new.columns {
        require_type(schema, column)?;
    }
    require(schema.tables.insert(new.name.clone(), new.clone()).is_none(), "the table is there")?;
    new.foreign_keys.iter().try_for_each(|key| require_target(schema, key))
}

fn drop_table(schema: &mut Schema, old: &Table) -> Result<(), String> {
    let others = schema.tables.values().filter(|table| table.name != old.name);
    let mut keys = others.flat_map(|table| &table.foreign_keys);
    require(!keys.any(|key| key.referenced_table == old.name), "another table refers to it")?;
    require(schema.tables.remove(&old.name).as_ref() == Some(old), "the table is not as expected")
}

fn change_table(schema: &mut Schema, name: &TableName, change: &TableChange) -> Result<(), String> {
    if let TableChange::DropColumn(column) = change {
        require_unused(schema, name, &column.name)?;
    }
    if let TableChange::DropPrimaryKey(_) | TableChange::DropUnique(_) = change {
        let mut without = schema.clone();
        apply(table_mut(&mut without, name)?, change)?;
        let keys = without.tables.values().flat_map(|table| &table.foreign_keys);
        keys.filter(|key| key.referenced_table == *name).try_for_each(|key| require_target(&without, key))?;
    }
    if let TableChange::AddColumn(column) | TableChange::ModifyColumn { to: column, .. } = change {
        require_type(schema, column)?;
        let table = schema.table(name).ok_or("no such table")?;
        read_by(column).try_for_each(|read| require(table.column(read).is_some(), "it reads no column"))?;
    }
    if let TableChange::ModifyColumn { from, to } = change {
        let is_read = readers(schema.table(name).ok_or("no such table")?, &to.name);
        require(!is_read || !from.is_retyped(to), "a generated column reads it")?;
        // The column is dropped and added.
        if from.generated != to.generated {
            require_unused(schema, name, &to.name)?;
        }
    }
    apply(table_mut(schema, name)?, change)?;
    match change {
        TableChange::AddForeignKey(key) => require_target(schema, key),
        _ => Ok(()),
    }
}

fn apply(table: &mut Table, change: &TableChange) -> Result<(), String> {
    match change {
        TableChange::AddColumn(new) => {
            require(table.column(&new.name).is_none(), "the column is there")?;
            table.columns.push((**new).clone());
            Ok(())
        }
        TableChange::DropColumn(old) => remove(&mut table.columns, old),
        TableChange::ModifyColumn { from, to } => {
            let column = table.columns.iter_mut().find(|column| *column == &**from).ok_or("not as expected")?;
            *column = (**to).clone();
            Ok(())
        }
        TableChange::AddPrimaryKey(new) => {
            require(table.primary_key.replace(new.clone()).is_none(), "there is a key")?;
            require_columns(table, &new.columns)
        }
        TableChange::DropPrimaryKey(old) => require(table.primary_key.take().as_ref() == Some(old), "another key"),
        TableChange::AddUnique(new) => {
            table.uniques.push(new.clone());
            require_columns(table, &new.columns)
        }
        TableChange::DropUnique(old) => remove(&mut table.uniques, old),
        TableChange::AddForeignKey(new) => {
            table.foreign_keys.push(new.clone());
            require_columns(table, &new.columns)
        }
        TableChange::DropForeignKey(old) => remove(&mut table.foreign_keys, old),
        TableChange::AddCheck(new) => {
            table.checks.push(new.clone());
            Ok(())
        }
        TableChange::DropCheck(old) => remove(&mut table.checks, old),
        other => Err(format!("not here: {other:?}")),
    }
}

/// A foreign key refers to a key of the other table.
fn require_target(schema: &Schema, key: &ForeignKey) -> Result<(), String> {
    let target = schema.table(&key.referenced_table).ok_or("a foreign key to no table")?;
    let uniques = target.uniques.iter().map(|unique| &unique.columns);
    let keys = target.primary_key.iter().map(|key| &key.columns).chain(uniques).collect::<Vec<_>>();
    let indexes = target
        .indexes
        .iter()
        .filter(|index| index.unique)
        .map(|index| index.parts.iter().filter_map(IndexPart::column_name).map(str::to_owned).collect::<Vec<_>>());
    let is_key =
        keys.contains(&&key.referenced_columns) || indexes.into_iter().any(|own| own == key.referenced_columns);
    require(is_key, "a foreign key to no key")
}

fn require_unused(schema: &Schema, name: &TableName, column: &str) -> Result<(), String> {
    let table = schema.table(name).ok_or("no such table")?;
    let has = |columns: &[String]| columns.iter().any(|own| own == column);
    let used = table.primary_key.iter().any(|key| has(&key.columns))
        || table.uniques.iter().any(|unique| has(&unique.columns))
        || table.foreign_keys.iter().any(|key| has(&key.columns))
        || table
            .indexes
            .iter()
            .flat_map(|index| &index.parts)
            .any(|part| part.key == IndexKey::Column(column.to_owned()))
        || readers(table, column);
    require(!used, "the column is in use")
}

/// Whether a generated column reads a column.
fn readers(table: &Table, column: &str) -> bool {
    table.columns.iter().any(|own| read_by(own).any(|read| read == column))
}

/// The columns that a generated column reads.
fn read_by(column: &Column) -> impl Iterator<Item = &str> {
    let texts = column.generated.iter().map(|generated| generated.expression.text.as_str());
    texts.flat_map(|text| text.split('+')).filter(|word| !word.starts_with(|first: char| first.is_ascii_digit()))
}

fn require_type(schema: &Schema, column: &Column) -> Result<(), String> {
    let is_enumeration = column.column_type.text.starts_with("mood");
    let exists = schema.enumerations.contains_key(&column.column_type.text.as_str().into());
    require(!is_enumeration || exists, "no such type")
}

fn require_columns(table: &Table, columns: &[String]) -> Result<(), String> {
    columns.iter().try_for_each(|column| require(table.column(column).is_some(), "a constraint on no column"))
}

fn table_mut<'s>(schema: &'s mut Schema, name: &TableName) -> Result<&'s mut Table, String> {
    schema.tables.get_mut(name).ok_or_else(|| format!("no table {name}"))
}

fn remove<T: PartialEq>(items: &mut Vec<T>, item: &T) -> Result<(), String> {
    let at = items.iter().position(|own| own == item).ok_or("no such thing to drop")?;
    items.remove(at);
    Ok(())
}

fn require(holds: bool, complaint: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(complaint.to_owned()) }
}
