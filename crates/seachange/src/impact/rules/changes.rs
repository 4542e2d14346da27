//! Rules about changes of the schema: what is lost, what running programs miss, what fails on rows.

use sea_orm::DbBackend;

use super::{Finding, NewTables, rule};
use crate::autogenerate::{DataLoss, SchemaOperation, TableChange, losses};
use crate::impact::measured::SchemaChange;
use crate::schema::{Column, Table, TableName};

/// How many columns an index that is not unique may have before `wide-index` says something.
const WIDE: usize = 3;

pub(super) fn findings(change: &SchemaChange, backend: DbBackend, new: &NewTables) -> Vec<Finding> {
    let finding = |id: &str, message: String, help: Option<&str>| Finding {
        rule: rule(id),
        statement: change.statement,
        message,
        help: help.map(str::to_owned),
    };
    let mut found = Vec::new();
    for operation in &change.operations {
        let is_new = match operation {
            SchemaOperation::RenameTable { from, .. } => new.contains(from),
            _ => operation.tables().iter().any(|table| new.contains(table)),
        };
        if !is_new {
            found.extend(of_operation(operation).map(|(id, message, help)| finding(id, message, help)));
        }
        found.extend(of_style(operation, backend).into_iter().map(|(id, message)| finding(id, message, None)));
    }
    for loss in losses(&change.operations, backend) {
        match &loss {
            DataLoss::Conversion { table, .. } if !new.contains(table) => {
                found.push(finding(
                    "lossy-type",
                    loss.to_string(),
                    Some("convert into a new column, and keep the old one until it is checked"),
                ));
            }
            DataLoss::Enumeration { .. } => found.push(finding("drop-enum-value", loss.to_string(), None)),
            // `drop-table` and `drop-column` say so.
            DataLoss::Conversion { .. } | DataLoss::Rows(_) | DataLoss::Column { .. } => {}
        }
    }
    found
}

type Said = (&'static str, String, Option<&'static str>);

fn of_operation(operation: &SchemaOperation) -> Option<Said> {
    let both = "make it in two revisions: the service that runs has to work before and after each";
    Some(match operation {
        SchemaOperation::DropTable(table) => {
            let message = format!("the rows of `{}` are lost, and a program that still reads it fails", table.name);
            ("drop-table", message, Some("drop it when no version of the service that uses it runs"))
        }
        SchemaOperation::RenameTable { from, to } => {
            let message = format!("a program that still uses `{from}` fails: it becomes `{to}`");
            ("rename-table", message, Some(both))
        }
        SchemaOperation::CreateIndex { table, index } if index.unique => {
            let message = format!("it fails if rows of `{table}` have the same key; `{}` is unique", index.name);
            ("add-unique-on-rows", message, Some("`lint --data` looks for such rows"))
        }
        SchemaOperation::Change { table, change } => return of_change(table, change, both),
        _ => return None,
    })
}

fn of_change(table: &TableName, change: &TableChange, both: &'static str) -> Option<Said> {
    let data = Some("`lint --data` looks for such rows");
    Some(match change {
        TableChange::DropColumn(column) => {
            let lost = if column.generated.is_some() { "is dropped" } else { "and its values are dropped" };
            let message = format!("`{table}.{}` {lost}: a program that still names it fails", column.name);
            ("drop-column", message, Some("drop it when no version of the service that uses it runs"))
        }
        TableChange::RenameColumn { from, to } => {
            let message = format!("a program that still uses `{table}.{from}` fails: it becomes `{to}`");
            ("rename-column", message, Some(both))
        }
        TableChange::AddColumn(column) if column.is_required() => {
            let message = format!(
                "`{table}.{}` is NOT NULL and has no default: it fails if the table has a row, and a program that does \
                 not know the column cannot insert",
                column.name
            );
            (
                "add-required-column",
                message,
                Some("give it a default, or add it nullable, fill it, and set NOT NULL later"),
            )
        }
        TableChange::ModifyColumn { from, to } if from.nullable && !to.nullable => {
            let message = format!("it fails if `{table}.{}` is NULL in a row", to.name);
            ("set-not-null-on-rows", message, data)
        }
        TableChange::ModifyColumn { from, to } if !from.nullable && to.nullable => {
            let message = format!("a program that does not expect NULL in `{table}.{}` may meet one", to.name);
            ("drop-not-null", message, None)
        }
        TableChange::ModifyColumn { from, to } if from.default != to.default => {
            let message = format!("a program that omits `{table}.{}` inserts another value than before", to.name);
            ("change-default", message, None)
        }
        TableChange::AddUnique(unique) => {
            let message = format!("it fails if rows of `{table}` have the same {}", unique.columns.join(", "));
            ("add-unique-on-rows", message, data)
        }
        TableChange::DropForeignKey(_)
        | TableChange::DropUnique(_)
        | TableChange::DropCheck(_)
        | TableChange::DropExclusion(_)
        | TableChange::DropPrimaryKey(_) => {
            let message =
                format!("a constraint of `{table}` is dropped: rows that break it can be written from then on");
            ("drop-constraint", message, None)
        }
        _ => return None,
    })
}

/// Rules that are off unless the project sets a level.
fn of_style(operation: &SchemaOperation, backend: DbBackend) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    let mut columns = |table: &TableName, columns: &[&Column]| {
        let fixed = columns.iter().filter(|column| {
            let text = column.column_type.text.to_lowercase();
            text.starts_with("char(") || text.starts_with("character(") || text == "bpchar" || text == "char"
        });
        found.extend(fixed.map(|column| {
            let message = format!("`{table}.{}` has a fixed length, and is padded with spaces", column.name);
            ("fixed-length-text", message)
        }));
    };
    match operation {
        SchemaOperation::CreateTable(table) => {
            columns(&table.name, &table.columns.iter().collect::<Vec<_>>());
            // MySQL and MariaDB make the index of a foreign key themselves.
            found.extend(without_index(table).into_iter().filter(|_| backend != DbBackend::MySql));
        }
        SchemaOperation::Change { table, change: TableChange::AddColumn(column) } => columns(table, &[column]),
        SchemaOperation::CreateIndex { table, index } if !index.unique && index.parts.len() > WIDE => {
            let message = format!("the index `{}` of `{table}` has more than {WIDE} columns", index.name);
            found.push(("wide-index", message));
        }
        _ => {}
    }
    found
}

/// The foreign keys of a new table whose columns do not begin an index.
fn without_index(table: &Table) -> Vec<(&'static str, String)> {
    let has_index = |columns: &[String]| table.keys().any(|key| key.starts_with(columns));
    let keys = table.foreign_keys.iter().filter(|key| !has_index(&key.columns));
    keys.map(|key| {
        let message = format!(
            "the foreign key of `{}` over {} has no index: each deletion of a referenced row reads all rows",
            table.name,
            key.columns.join(", ")
        );
        ("foreign-key-without-index", message)
    })
    .collect()
}
