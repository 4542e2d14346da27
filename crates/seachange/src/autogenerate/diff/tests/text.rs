//! Schemas as short texts: a table a line, `posts: id int!, title text =x, pk(id), unique u(title), index i(title),
//! uindex i(title), fk f(owner -> users.id), check c(id > 0)`; `!` is NOT NULL, `=x` a default, `@x+y` the expression of
//! a generated column. `enum mood: a b` is a type.

use sea_orm::sea_query::{Alias, ColumnType};

use crate::autogenerate::operation::{SchemaOperation, TableChange};
use crate::schema::{
    Check, Column, EnumType, Expression, ForeignKey, Generated, Index, IndexPart, KeptOptions, PrimaryKey,
    ReferentialAction, Schema, SqlType, Table, Unique,
};

pub(in crate::autogenerate) fn schema(text: &str) -> Schema {
    let mut schema = Schema::default();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (name, items) = line.split_once(':').unwrap();
        if let Some(name) = name.strip_prefix("enum ") {
            let values = items.split_whitespace().map(str::to_owned).collect();
            let enumeration = EnumType { name: name.into(), values, comment: None };
            schema.enumerations.insert(name.into(), enumeration);
            continue;
        }
        let mut table = Table::new(name);
        items.split(',').map(str::trim).for_each(|item| add(&mut table, item));
        schema.tables.insert(name.into(), table);
    }
    for table in schema.tables.values_mut() {
        for column in &mut table.columns {
            if schema.enumerations.contains_key(&column.column_type.text.as_str().into()) {
                let name = Alias::new(column.column_type.text.clone()).into();
                column.column_type.kind = ColumnType::Enum { name, variants: Vec::new() };
            }
        }
    }
    schema
}

fn add(table: &mut Table, item: &str) {
    let Some((head, inner)) = item.strip_suffix(')').and_then(|item| item.split_once('(')) else {
        return table.columns.push(column(item));
    };
    let name = || Some(head.split_once(' ').unwrap().1.to_owned());
    let columns = || inner.split(' ').map(str::to_owned).collect::<Vec<_>>();
    match head.split(' ').next().unwrap() {
        "pk" => {
            table.primary_key = Some(PrimaryKey { name: None, columns: columns(), options: KeptOptions::default() })
        }
        "unique" => table.uniques.push(Unique {
            name: name(),
            columns: columns(),
            deferrable: None,
            nulls_not_distinct: false,
            options: KeptOptions::default(),
        }),
        kind @ ("index" | "uindex") => table.indexes.push(Index {
            name: name().unwrap(),
            unique: kind == "uindex",
            method: None,
            parts: columns().into_iter().map(IndexPart::column).collect(),
            include: Vec::new(),
            predicate: None,
            nulls_not_distinct: false,
            invalid: false,
            options: KeptOptions::default(),
        }),
        "fk" => table.foreign_keys.push(foreign_key(name(), inner)),
        "check" => table.checks.push(Check {
            name: name(),
            expression: Expression::new(inner),
            options: KeptOptions::default(),
        }),
        other => panic!("no such thing: {other}"),
    }
}

fn foreign_key(name: Option<String>, text: &str) -> ForeignKey {
    let (column, parent) = text.split_once(" -> ").unwrap();
    let (table, referenced) = parent.split_once('.').unwrap();
    ForeignKey {
        name,
        columns: vec![column.to_owned()],
        referenced_table: table.into(),
        referenced_columns: vec![referenced.to_owned()],
        on_delete: ReferentialAction::NoAction,
        on_delete_columns: Vec::new(),
        on_update: ReferentialAction::NoAction,
        deferrable: None,
        options: KeptOptions::default(),
    }
}

fn column(text: &str) -> Column {
    let mut words = text.split(' ');
    let (name, column_type) = (words.next().unwrap(), words.next().unwrap());
    let text = column_type.trim_end_matches('!').to_owned();
    let column_type_text = SqlType { kind: ColumnType::custom(Alias::new(text.clone())), text };
    let more = words.next();
    let generated = more.and_then(|more| more.strip_prefix('@'));
    Column {
        nullable: !column_type.ends_with('!'),
        default: more.and_then(|more| more.strip_prefix('=')).map(Expression::new),
        generated: generated.map(|text| Generated { expression: Expression::new(text), stored: true }),
        ..Column::new(name, column_type_text)
    }
}

pub(in crate::autogenerate) fn describe(operation: &SchemaOperation) -> String {
    match operation {
        SchemaOperation::CreateEnumeration(new) => format!("create enum {}", new.name),
        SchemaOperation::DropEnumeration(old) => format!("drop enum {}", old.name),
        SchemaOperation::AlterEnumeration { to, .. } => format!("alter enum {} to {}", to.name, to.values.join(" ")),
        SchemaOperation::CreateTable(new) => format!("create table {}", new.name),
        SchemaOperation::DropTable(old) => format!("drop table {}", old.name),
        SchemaOperation::RenameTable { from, to } => format!("rename table {from} to {to}"),
        SchemaOperation::CreateIndex { index, .. } => format!("create index {}", index.name),
        SchemaOperation::DropIndex { index, .. } => format!("drop index {}", index.name),
        SchemaOperation::CreateObject(object) => format!("create {}", object.name),
        SchemaOperation::ReplaceObject { to, .. } => format!("replace {}", to.name),
        SchemaOperation::DropObject(object) => format!("drop {}", object.name),
        SchemaOperation::SuspendObject(object) => format!("suspend {}", object.name),
        SchemaOperation::RestoreObject(object) => format!("restore {}", object.name),
        SchemaOperation::Change { table, change } => format!("alter {table} {}", describe_change(change)),
    }
}

fn describe_change(change: &TableChange) -> String {
    let name = |name: &Option<String>| name.clone().unwrap_or_default();
    match change {
        TableChange::RenameColumn { from, to } => format!("rename column {from} to {to}"),
        TableChange::AddColumn(new) => format!("add column {}", new.name),
        TableChange::DropColumn(old) => format!("drop column {}", old.name),
        TableChange::ModifyColumn { to, .. } => format!("modify column {}", to.name),
        TableChange::AddPrimaryKey(key) => format!("add pk {}", key.columns.join(" ")),
        TableChange::DropPrimaryKey(key) => format!("drop pk {}", key.columns.join(" ")),
        TableChange::AddUnique(new) => format!("add unique {}", name(&new.name)),
        TableChange::DropUnique(old) => format!("drop unique {}", name(&old.name)),
        TableChange::AddForeignKey(new) => format!("add fk {}", name(&new.name)),
        TableChange::DropForeignKey(old) => format!("drop fk {}", name(&old.name)),
        TableChange::AddCheck(new) => format!("add check {}", name(&new.name)),
        TableChange::DropCheck(old) => format!("drop check {}", name(&old.name)),
        TableChange::AddExclusion(new) => format!("add exclusion {}", new.name),
        TableChange::DropExclusion(old) => format!("drop exclusion {}", old.name),
        TableChange::Comment { .. } => "comment".to_owned(),
    }
}
