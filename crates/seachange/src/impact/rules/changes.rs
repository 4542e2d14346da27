//! Rules about changes of the schema: what is lost, what running programs miss, what fails on rows.

use sea_orm::DbBackend;

use super::{Finding, NewTables};
use crate::alter::loss::UnfitValues;
use crate::autogenerate::{DataLoss, SchemaOperation, TableChange, losses};
use crate::impact::measured::{RevisionImpact, SchemaChange};
use crate::schema::TableName;

pub(super) fn findings(change: &SchemaChange, backend: DbBackend, new: &NewTables) -> Vec<Finding> {
    let finding = |(id, object, message, help): Said| Finding {
        help: help.map(str::to_owned),
        ..Finding::new(id, change.statement, object, message)
    };
    let mut found = Vec::new();
    for operation in &change.operations {
        let is_new = match operation {
            SchemaOperation::RenameTable { from, .. } => new.contains(from),
            _ => operation.tables().iter().any(|table| new.contains(table)),
        };
        if !is_new {
            found.extend(of_operation(operation).map(finding));
        }
    }
    for loss in losses(&change.operations, backend) {
        let said = loss.to_string();
        match loss {
            DataLoss::Conversion { table, column, loss } if !new.contains(&table) => {
                let is_removal = matches!(loss.unfit, Some(UnfitValues::Removed(_))) && loss.changed.is_none();
                let (id, help) = match is_removal {
                    true => ("drop-enum-value", "change the rows that have the value in a revision before it"),
                    false => ("lossy-type", "convert into a new column, and keep the old one until it is checked"),
                };
                found.push(finding((id, format!("{table}.{column}"), said, Some(help))));
            }
            // `drop-table` and `drop-column` say so, and `lost_enum_values`.
            _ => {}
        }
    }
    found
}

/// The values that enumerated types of PostgreSQL no longer have after a revision: several statements may make a type of
/// another one.
pub(super) fn lost_enum_values(impact: &RevisionImpact) -> Vec<Finding> {
    let Some(before) = &impact.before else { return Vec::new() };
    let mut now = before.enumerations.clone();
    let mut place = None;
    for change in &impact.changes {
        for operation in &change.operations {
            match operation {
                SchemaOperation::CreateEnumeration(own) => drop(now.insert(own.name.clone(), own.clone())),
                SchemaOperation::DropEnumeration(own) => drop(now.remove(&own.name)),
                SchemaOperation::AlterEnumeration { to, .. } => drop(now.insert(to.name.clone(), to.clone())),
                _ => continue,
            }
            place = change.statement;
        }
    }
    let mut found = Vec::new();
    for (name, own) in &before.enumerations {
        let Some(now) = now.get(name) else { continue };
        let lost: Vec<String> =
            own.values.iter().filter(|value| !now.values.contains(value)).map(|value| format!("`{value}`")).collect();
        if !lost.is_empty() {
            let message = format!("the type `{name}` loses {}", lost.join(", "));
            let finding = Finding::new("drop-enum-value", place, name.to_string(), message);
            found.push(finding.with_help("change the rows that have the value in a revision before it"));
        }
    }
    found
}

/// A rule, the object, the message and the help.
type Said = (&'static str, String, String, Option<&'static str>);

fn of_operation(operation: &SchemaOperation) -> Option<Said> {
    let both = "make it in two revisions: the service that runs has to work before and after each";
    Some(match operation {
        SchemaOperation::DropTable(table) => {
            let message = format!("the rows of `{}` are lost, and a program that still reads it fails", table.name);
            (
                "drop-table",
                table.name.to_string(),
                message,
                Some("drop it when no version of the service that uses it runs"),
            )
        }
        SchemaOperation::RenameTable { from, to } => {
            let message = format!("a program that still uses `{from}` fails: it becomes `{to}`");
            ("rename-table", from.to_string(), message, Some(both))
        }
        SchemaOperation::CreateIndex { table, index } if index.unique => {
            let message = format!("it fails if rows of `{table}` have the same key; `{}` is unique", index.name);
            ("add-unique-on-rows", index.name.clone(), message, Some("`lint --data` looks for such rows"))
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
            (
                "drop-column",
                format!("{table}.{}", column.name),
                message,
                Some("drop it when no version of the service that uses it runs"),
            )
        }
        TableChange::RenameColumn { from, to } => {
            let message = format!("a program that still uses `{table}.{from}` fails: it becomes `{to}`");
            ("rename-column", format!("{table}.{from}"), message, Some(both))
        }
        TableChange::AddColumn(column) if column.is_required() => {
            let message = format!(
                "`{table}.{}` is NOT NULL and has no default: it fails if the table has a row, and a program that does \
                 not know the column cannot insert",
                column.name
            );
            (
                "add-required-column",
                format!("{table}.{}", column.name),
                message,
                Some("give it a default, or add it nullable, fill it, and set NOT NULL later"),
            )
        }
        TableChange::ModifyColumn { from, to } if from.nullable && !to.nullable => {
            let message = format!("it fails if `{table}.{}` is NULL in a row", to.name);
            ("set-not-null-on-rows", format!("{table}.{}", to.name), message, data)
        }
        TableChange::ModifyColumn { from, to } if !from.nullable && to.nullable => {
            let message = format!("a program that does not expect NULL in `{table}.{}` may meet one", to.name);
            ("drop-not-null", format!("{table}.{}", to.name), message, None)
        }
        TableChange::ModifyColumn { from, to } if from.default != to.default => {
            let message = format!("a program that omits `{table}.{}` inserts another value than before", to.name);
            ("change-default", format!("{table}.{}", to.name), message, None)
        }
        TableChange::AddUnique(unique) => {
            let message = format!("it fails if rows of `{table}` have the same {}", unique.columns.join(", "));
            ("add-unique-on-rows", named(table, unique.name.as_deref(), &unique.columns), message, data)
        }
        TableChange::DropForeignKey(key) => dropped(table, key.name.as_deref(), &key.columns),
        TableChange::DropUnique(unique) => dropped(table, unique.name.as_deref(), &unique.columns),
        TableChange::DropCheck(check) => dropped(table, check.name.as_deref(), &[]),
        TableChange::DropExclusion(exclusion) => dropped(table, Some(&exclusion.name), &[]),
        TableChange::DropPrimaryKey(key) => dropped(table, key.name.as_deref(), &key.columns),
        _ => return None,
    })
}

fn dropped(table: &TableName, name: Option<&str>, columns: &[String]) -> Said {
    let name = named(table, name, columns);
    let message = format!("the constraint `{name}` is dropped: rows that break it can be written from then on");
    ("drop-constraint", name, message, None)
}

/// A constraint as `table.name`; without a name, by its columns.
fn named(table: &TableName, name: Option<&str>, columns: &[String]) -> String {
    match (name, columns) {
        (Some(name), _) => format!("{table}.{name}"),
        (None, []) => table.to_string(),
        (None, columns) => format!("{table}.{}", columns.join("+")),
    }
}
