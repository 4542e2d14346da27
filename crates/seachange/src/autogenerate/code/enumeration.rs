//! Enumerated types of PostgreSQL.

use sea_orm::DbBackend;
use sea_orm::sea_query::ColumnType;

use super::expressions::{ExprToken, parts};
use super::portable::POSTGRES;
use super::sql::{self, name, statement, text};
use super::{CodeNode, EnumValuePosition, SchemaCall, note, table};
use crate::autogenerate::operation::{EnumUsage, SchemaOperation, TableChange, reversed};
use crate::schema::{Column, EnumType, Expression, Table, TableName};

/// Creates a type on PostgreSQL. On other databases an enumerated column needs no type.
pub(super) fn create(new: &EnumType) -> Vec<CodeNode> {
    let made = if new.values.is_empty() {
        statement(create_statement(&new.name, &new.values))
    } else {
        CodeNode::Call(SchemaCall::CreateType { name: new.name.clone(), values: new.values.clone() })
    };
    let comment = new.comment.as_deref().map(|comment| set_comment(&new.name, Some(comment)));
    vec![where_postgres([made].into_iter().chain(comment).collect())]
}

/// Drops a type on PostgreSQL.
pub(super) fn drop(old: &EnumType) -> Vec<CodeNode> {
    vec![where_postgres(vec![CodeNode::Call(SchemaCall::DropType(old.name.clone()))])]
}

fn where_postgres(code: Vec<CodeNode>) -> CodeNode {
    CodeNode::Where { database: DbBackend::Postgres, code }
}

/// Changes the values of a type.
///
/// New values are added to the type. If a value is removed or moved, a new type replaces the old one. A new type is
/// also needed if the same revision uses a new value, because PostgreSQL refuses to use a value in the transaction that
/// adds it.
pub(super) fn alter(
    from: &EnumType,
    to: &EnumType,
    users: &[EnumUsage],
    dependents: &[SchemaOperation],
    later: &[SchemaOperation],
) -> Vec<CodeNode> {
    let added: Vec<&String> = to.values.iter().filter(|value| !from.values.contains(value)).collect();
    let is_kept = to.values.iter().filter(|value| from.values.contains(value)).eq(&from.values);
    let is_used = added.iter().any(|value| later.iter().any(|operation| uses(operation, value)));
    let mut code = Vec::new();
    if from.values == to.values {
    } else if is_kept && !is_used {
        code.extend(added.iter().map(|value| add_value(from, to, value)));
    } else {
        code.extend(table::flat(super::code(&reversed(dependents), DbBackend::Postgres), &[DbBackend::Postgres]));
        code.extend(replace(from, to, users));
        code.extend(table::flat(super::code(dependents, DbBackend::Postgres), &[DbBackend::Postgres]));
    }
    if from.comment != to.comment || (!is_kept && to.comment.is_some()) {
        code.push(set_comment(&to.name, to.comment.as_deref()));
    }
    let removed: Vec<&str> =
        from.values.iter().filter(|value| !to.values.contains(value)).map(String::as_str).collect();
    let note = (!removed.is_empty()).then(|| note::removed_values_stop(&from.name, &removed));
    note.into_iter().chain([CodeNode::Only { databases: POSTGRES, lacking: "enumerated types", code }]).collect()
}

/// Adds a value after its predecessor. The values before it exist by then.
fn add_value(from: &EnumType, to: &EnumType, value: &str) -> CodeNode {
    let at = to.values.iter().position(|other| other == value).unwrap_or_default();
    let is_behind_all = to.values[at..].iter().all(|other| !from.values.contains(other));
    let place = match at.checked_sub(1).and_then(|before| to.values.get(before)) {
        _ if is_behind_all => EnumValuePosition::Last,
        Some(before) => EnumValuePosition::After(before.clone()),
        None => from.values.first().cloned().map_or(EnumValuePosition::Last, EnumValuePosition::Before),
    };
    CodeNode::Call(SchemaCall::AddValue { name: to.name.clone(), value: value.to_owned(), place })
}

/// Creates a new type, moves the columns to it, drops the old type, and gives the new type its name.
fn replace(from: &EnumType, to: &EnumType, users: &[EnumUsage]) -> Vec<CodeNode> {
    let new = TableName { schema: to.name.schema.clone(), name: format!("{}_new", to.name.name) };
    let mut statements = vec![create_statement(&new, &to.values)];
    for EnumUsage { table, column } in users {
        statements.push(format!("ALTER TABLE {} {}", sql::table(table), move_over(column, &new)));
    }
    statements.push(format!("DROP TYPE {}", sql::table(&from.name)));
    statements.push(format!("ALTER TYPE {} RENAME TO {}", sql::table(&new), name(&to.name.name)));
    for EnumUsage { table, column } in users {
        if let Some(default) = &column.default {
            let (table, column) = (sql::table(table), name(&column.name));
            statements.push(format!("ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT {}", default.text));
        }
    }
    statements.into_iter().map(statement).collect()
}

fn create_statement(name: &TableName, values: &[String]) -> String {
    let values: Vec<_> = values.iter().map(|value| text(value)).collect();
    format!("CREATE TYPE {} AS ENUM ({})", sql::table(name), values.join(", "))
}

/// Moves a column to the new type. Its default is dropped first, because the default has the old type.
fn move_over(column: &Column, new: &TableName) -> String {
    let array = if matches!(column.column_type.kind, ColumnType::Array(_)) { "[]" } else { "" };
    let (column_name, new) = (name(&column.name), sql::table(new));
    let default = column.default.as_ref().map(|_| format!("ALTER COLUMN {column_name} DROP DEFAULT, "));
    format!(
        "{}ALTER COLUMN {column_name} TYPE {new}{array} USING {column_name}::text{array}::{new}{array}",
        default.unwrap_or_default()
    )
}

fn set_comment(type_name: &TableName, comment: Option<&str>) -> CodeNode {
    let comment = comment.map_or_else(|| "NULL".to_owned(), text);
    statement(format!("COMMENT ON TYPE {} IS {comment}", sql::table(type_name)))
}

/// Says whether an expression of an operation contains a value as a string. The type of the string is not known.
fn uses(operation: &SchemaOperation, value: &str) -> bool {
    let value = value.replace('\'', "''");
    expressions(operation).iter().any(|expression| parts(&expression.text).contains(&ExprToken::Text(&value)))
}

fn expressions(operation: &SchemaOperation) -> Vec<&Expression> {
    match operation {
        SchemaOperation::CreateTable(table) => of_table(table),
        SchemaOperation::Change {
            change: TableChange::AddColumn(column) | TableChange::ModifyColumn { to: column, .. },
            ..
        } => of_column(column),
        SchemaOperation::Change { change: TableChange::AddCheck(check), .. } => vec![&check.expression],
        SchemaOperation::CreateIndex { index, .. } => index.predicate.iter().collect(),
        _ => Vec::new(),
    }
}

fn of_table(table: &Table) -> Vec<&Expression> {
    let columns = table.columns.iter().flat_map(of_column);
    let checks = table.checks.iter().map(|check| &check.expression);
    columns.chain(checks).chain(table.indexes.iter().filter_map(|index| index.predicate.as_ref())).collect()
}

fn of_column(column: &Column) -> Vec<&Expression> {
    let generated = column.generated.as_ref().map(|generated| &generated.expression);
    column.default.iter().chain(generated).collect()
}
