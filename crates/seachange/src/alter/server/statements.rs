//! Writes `ALTER TABLE` statements.

use sea_orm::DbBackend;
use sea_orm::sea_query::{ColumnDef, PostgresQueryBuilder, Table, TableName, TableRef};

use super::implicit_index::{Fate, Fates};
use super::left_to_server;
use crate::alter::clause::{check, column, foreign_key, quoted, quoted_table, unique};
use crate::alter::error::AlterError;
use crate::alter::operation::{Operation, text};

/// Changes that can share a statement; those of different kinds may depend on each other's outcome.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Add,
    Drop,
    Alone,
}

/// Writes the statements for some changes. `indexes` are those that came with the foreign keys to drop.
///
/// On MySQL and MariaDB changes share a statement where they can, because a statement is all or nothing there and a
/// sequence of them is not.
pub(super) fn statements(
    backend: DbBackend,
    table: &TableName,
    operations: &[Operation],
    indexes: &Fates,
) -> Result<Vec<String>, AlterError> {
    let shares = |left: &Operation, right: &Operation| {
        backend == DbBackend::MySql && group(left) == group(right) && group(left) != Group::Alone
    };
    operations
        .chunk_by(shares)
        .map(|chunk| match chunk {
            [Operation::ModifyColumn(new)] if backend == DbBackend::Postgres => modify_column(table, new),
            chunk => {
                let clauses = chunk.iter().map(|operation| clause(backend, table, operation, indexes));
                let clauses: Vec<_> = clauses.collect::<Result<_, _>>()?;
                let table = quoted_table(backend, table);
                Ok(format!("ALTER TABLE {table} {}", clauses.join(", ")))
            }
        })
        .collect()
}

fn group(operation: &Operation) -> Group {
    match operation {
        Operation::AddColumn(_)
        | Operation::AddForeignKey(_)
        | Operation::AddUnique { .. }
        | Operation::AddCheck { .. } => Group::Add,
        Operation::DropColumn(_)
        | Operation::DropForeignKey(_)
        | Operation::DropUnique(_)
        | Operation::DropCheck(_) => Group::Drop,
        Operation::ModifyColumn(_) | Operation::RenameColumn { .. } => Group::Alone,
    }
}

fn clause(backend: DbBackend, table: &TableName, operation: &Operation, indexes: &Fates) -> Result<String, AlterError> {
    let name_of = text(&table.1);
    let quoted = |name: &str| quoted(backend, name);
    let is_mysql = backend == DbBackend::MySql;
    Ok(match operation {
        Operation::AddColumn(new) => format!("ADD COLUMN {}", column(backend, &name_of, new)?),
        Operation::ModifyColumn(new) => {
            format!("MODIFY COLUMN {}", column(backend, &name_of, new)?)
        }
        Operation::RenameColumn { from, to } => {
            format!("RENAME COLUMN {} TO {}", quoted(from), quoted(to))
        }
        Operation::DropColumn(name) => format!("DROP COLUMN {}", quoted(name)),
        Operation::AddForeignKey(key) => format!("ADD {}", foreign_key(backend, table, key)?),
        Operation::DropForeignKey(key) if is_mysql => drop_foreign_key(&key.name, indexes),
        Operation::DropForeignKey(key) => format!("DROP CONSTRAINT {}", quoted(&key.name)),
        Operation::AddUnique { name, columns } => format!("ADD {}", unique(backend, name, columns)),
        Operation::DropUnique(name) if is_mysql => format!("DROP INDEX {}", quoted(name)),
        Operation::AddCheck { name, expression } => {
            format!("ADD {}", check(backend, name, expression))
        }
        Operation::DropUnique(name) | Operation::DropCheck(name) => {
            format!("DROP CONSTRAINT {}", quoted(name))
        }
    })
}

fn drop_foreign_key(name: &str, indexes: &Fates) -> String {
    let quoted_name = quoted(DbBackend::MySql, name);
    let drop = format!("DROP FOREIGN KEY {quoted_name}");
    match indexes.get(name) {
        Some(Fate::Drop) => format!("{drop}, DROP INDEX {quoted_name}"),
        Some(Fate::RenameTo(heir)) => {
            format!("{drop}, RENAME INDEX {quoted_name} TO {}", quoted(DbBackend::MySql, heir))
        }
        Some(Fate::LeftToServer) => format!("{drop}{}", left_to_server::place(name)),
        None => drop,
    }
}

/// PostgreSQL changes each property of a column by a clause of its own, which sea-query writes.
fn modify_column(table: &TableName, new: &ColumnDef) -> Result<String, AlterError> {
    // Asked for its complaint about a type that the database does not have.
    column(DbBackend::Postgres, &text(&table.1), new)?;
    let spec = new.get_column_spec();
    let reason = match spec {
        _ if spec.check.is_some() => "a check is added with `add_check`",
        _ if spec.generated.is_some() => "it cannot be turned into a generated one; drop it and add it again",
        _ => {
            let mut statement = Table::alter();
            statement.table(TableRef::Table(table.clone(), None)).modify_column(new.clone());
            return Ok(statement.to_string(PostgresQueryBuilder));
        }
    };
    Err(AlterError::UnsupportedChange { table: text(&table.1), column: new.get_column_name(), reason })
}
