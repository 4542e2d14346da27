//! Writes `ALTER TABLE` statements.

use sea_orm::DbBackend;
use sea_orm::sea_query::{ColumnDef, TableName};

use super::deferred_names;
use super::generated_names::GeneratedNames;
use super::implicit_index::IndexDisposition;
use super::modify_column::{column_comment, modify_column};
use crate::alter::clause::{check, column, foreign_key, literal, primary_key, quoted, quoted_table, unique};
use crate::alter::error::AlterError;
use crate::alter::operation::{AlterOperation, text};

/// Changes of one group can share a statement. Changes of different groups may depend on each other's result.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ClauseGroup {
    Add,
    Drop,
    /// An `AUTO_INCREMENT` column must always be in a key, so one statement drops the old key and adds the new one.
    PrimaryKey,
    Default,
    Alone,
}

/// Writes the statements for some changes. `names` are the names that MySQL generated.
///
/// On MySQL and MariaDB changes share a statement where they can, because there one statement is all or nothing, and a
/// sequence of statements is not.
pub(super) fn statements(
    backend: DbBackend,
    table: &TableName,
    operations: &[AlterOperation],
    names: &GeneratedNames,
) -> Result<Vec<String>, AlterError> {
    let share = |left: &AlterOperation, right: &AlterOperation| backend == DbBackend::MySql && share(left, right);
    let chunks = operations.chunk_by(share).map(|chunk| match chunk {
        [only] if backend == DbBackend::Postgres => postgres(table, only, names),
        chunk => Ok(vec![statement(backend, table, chunk, names)?]),
    });
    Ok(chunks.collect::<Result<Vec<_>, _>>()?.concat())
}

/// Writes the statements for one change on PostgreSQL, where a comment needs its own statement.
fn postgres(table: &TableName, operation: &AlterOperation, names: &GeneratedNames) -> Result<Vec<String>, AlterError> {
    let backend = DbBackend::Postgres;
    Ok(match operation {
        AlterOperation::ModifyColumn { new, keeps_type } => modify_column(table, new, *keeps_type)?,
        AlterOperation::ColumnComment { column, text } => vec![column_comment(table, column, text)],
        AlterOperation::Comment(text) => {
            let text = if text.is_empty() { "NULL".to_owned() } else { literal(backend, text) };
            vec![format!("COMMENT ON TABLE {} IS {text}", quoted_table(backend, table))]
        }
        AlterOperation::AddColumn(new) => {
            let add = statement(backend, table, std::slice::from_ref(operation), names)?;
            [add].into_iter().chain(comment_of(table, new)).collect()
        }
        operation => vec![statement(backend, table, std::slice::from_ref(operation), names)?],
    })
}

/// Writes the statement for the comment of a column, which sea-query does not write on PostgreSQL.
pub(super) fn comment_of(table: &TableName, column: &ColumnDef) -> Option<String> {
    let comment = column.get_column_spec().comment.as_ref()?;
    Some(column_comment(table, &column.get_column_name(), comment))
}

fn statement(
    backend: DbBackend,
    table: &TableName,
    operations: &[AlterOperation],
    names: &GeneratedNames,
) -> Result<String, AlterError> {
    let clauses = operations.iter().map(|operation| clause(backend, table, operation, names));
    let mut clauses: Vec<String> = clauses.collect::<Result<_, _>>()?;
    // A check that ends with its column needs no clause.
    clauses.retain(|clause| !clause.is_empty());
    Ok(format!("ALTER TABLE {} {}", quoted_table(backend, table), clauses.join(", ")))
}

/// Whether a change shares the statement of the previous one. An `AUTO_INCREMENT` column is added or dropped together
/// with its key.
fn share(left: &AlterOperation, right: &AlterOperation) -> bool {
    match (group(left), group(right)) {
        (ClauseGroup::Alone, ClauseGroup::Alone) => false,
        (_, ClauseGroup::PrimaryKey) if matches!(left, AlterOperation::AddColumn(_)) => true,
        (ClauseGroup::PrimaryKey, _) if matches!(right, AlterOperation::DropColumn(_)) => true,
        (left, right) => left == right,
    }
}

fn group(operation: &AlterOperation) -> ClauseGroup {
    match operation {
        AlterOperation::AddColumn(_)
        | AlterOperation::AddForeignKey(_)
        | AlterOperation::AddUnique { .. }
        | AlterOperation::AddCheck { .. } => ClauseGroup::Add,
        AlterOperation::DropColumn(_)
        | AlterOperation::DropForeignKey(_)
        | AlterOperation::DropUnique(_)
        | AlterOperation::DropCheck(_) => ClauseGroup::Drop,
        AlterOperation::AddPrimaryKey { .. } | AlterOperation::DropPrimaryKey(_) => ClauseGroup::PrimaryKey,
        AlterOperation::DropDefault(_) => ClauseGroup::Default,
        AlterOperation::ModifyColumn { .. }
        | AlterOperation::RenameColumn { .. }
        | AlterOperation::Comment(_)
        | AlterOperation::ColumnComment { .. } => ClauseGroup::Alone,
    }
}

fn clause(
    backend: DbBackend,
    table: &TableName,
    operation: &AlterOperation,
    names: &GeneratedNames,
) -> Result<String, AlterError> {
    let name_of = text(&table.1);
    let quoted = |name: &str| quoted(backend, name);
    let is_mysql = backend == DbBackend::MySql;
    Ok(match operation {
        AlterOperation::AddColumn(new) => format!("ADD COLUMN {}", column(backend, &name_of, new)?),
        AlterOperation::ModifyColumn { new, .. } => {
            let definition = column(backend, &name_of, new)?;
            let states_check = !is_mysql || new.get_column_spec().check.is_some();
            let check = if states_check { String::new() } else { names.checks.clause(&new.get_column_name()) };
            format!("MODIFY COLUMN {definition}{check}")
        }
        AlterOperation::RenameColumn { from, to } => {
            format!("RENAME COLUMN {} TO {}", quoted(from), quoted(to))
        }
        AlterOperation::DropColumn(name) => format!("DROP COLUMN {}", quoted(name)),
        AlterOperation::DropDefault(name) => format!("ALTER COLUMN {} DROP DEFAULT", quoted(name)),
        AlterOperation::AddPrimaryKey { name, columns } => format!("ADD {}", primary_key(backend, name, columns)),
        AlterOperation::DropPrimaryKey(_) if is_mysql => "DROP PRIMARY KEY".to_owned(),
        AlterOperation::AddForeignKey(key) => format!("ADD {}", foreign_key(backend, table, key)?),
        AlterOperation::DropForeignKey(key) if is_mysql => drop_foreign_key(&key.name, names),
        AlterOperation::DropForeignKey(key) => format!("DROP CONSTRAINT {}", quoted(&key.name)),
        AlterOperation::AddUnique { name, columns } => format!("ADD {}", unique(backend, name, columns)),
        AlterOperation::DropUnique(name) if is_mysql => format!("DROP INDEX {}", names.unique(name)),
        AlterOperation::AddCheck { name, expression } => {
            format!("ADD {}", check(backend, name, expression))
        }
        AlterOperation::DropUnique(name) | AlterOperation::DropCheck(name) | AlterOperation::DropPrimaryKey(name) => {
            match names.checks.dropped(name) {
                Some("") => String::new(),
                Some(definition) => format!("MODIFY COLUMN {definition}"),
                None => format!("DROP CONSTRAINT {}", quoted(name)),
            }
        }
        AlterOperation::Comment(text) => format!("COMMENT = {}", literal(backend, text)),
        AlterOperation::ColumnComment { column, .. } => {
            let reason = "a comment is part of the column definition on MySQL and MariaDB; set it with `modify_column`";
            return Err(AlterError::UnsupportedChange { table: name_of, column: column.clone(), reason });
        }
    })
}

fn drop_foreign_key(name: &str, names: &GeneratedNames) -> String {
    let quoted_name = quoted(DbBackend::MySql, name);
    let drop = format!("DROP FOREIGN KEY {quoted_name}");
    match names.indexes.get(name) {
        Some(IndexDisposition::Drop) => format!("{drop}, DROP INDEX {quoted_name}"),
        Some(IndexDisposition::RenameTo(heir)) => {
            format!("{drop}, RENAME INDEX {quoted_name} TO {}", quoted(DbBackend::MySql, heir))
        }
        Some(IndexDisposition::LeftToServer) => format!("{drop}{}", deferred_names::place_of_index(name)),
        None => drop,
    }
}
