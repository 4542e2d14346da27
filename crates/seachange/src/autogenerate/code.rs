//! The calls for a list of operations, as a tree.
//!
//! The tree is written as a person would write a revision. [`render`](super::render) writes it as Rust source, and
//! [`apply`](super::apply) makes the same calls on a database. So a test that applies the tree also tests the source.
//!
//! Code that works on every database has no condition. Other code is in a [`CodeNode::Only`], which returns an error on
//! other databases, or in a [`CodeNode::Where`], which does nothing on other databases.

mod change;
mod column;
mod default;
mod enumeration;
mod expressions;
mod identity;
mod index;
mod modify;
mod note;
mod object;
mod portable;
mod sql;
mod table;
mod tree;

use sea_orm::DbBackend;

#[cfg(feature = "cli")]
pub(crate) use self::identity::sequence_options;
pub(crate) use self::tree::{
    AlterCall, CodeNode, ColumnDefinition, ColumnOption, CreateTable, DefaultValue, EnumValuePosition, NamedColumns,
    SchemaCall, TableKey,
};
use super::operation::{SchemaOperation, TableChange};
use crate::schema::{Column, TableName};

/// Returns the code for operations that change one schema of the database into another.
pub(crate) fn code(operations: &[SchemaOperation], backend: DbBackend) -> Vec<CodeNode> {
    let mut code = Vec::new();
    for (at, operation) in operations.iter().enumerate() {
        for piece in pieces(operation, &operations[at + 1..], backend) {
            push(&mut code, piece);
        }
    }
    if backend == DbBackend::MySql {
        code.iter_mut().for_each(object::merge_modes);
    }
    code
}

fn pieces(operation: &SchemaOperation, later: &[SchemaOperation], backend: DbBackend) -> Vec<CodeNode> {
    match operation {
        SchemaOperation::CreateEnumeration(new) => enumeration::create(new),
        SchemaOperation::DropEnumeration(old) => enumeration::drop(old),
        SchemaOperation::AlterEnumeration { from, to, users, dependents } => {
            enumeration::alter(from, to, users, dependents, later)
        }
        SchemaOperation::CreateTable(new) => table::create(new, backend),
        SchemaOperation::DropTable(old) => {
            vec![note::rows_are_lost(&old.name), CodeNode::Call(SchemaCall::DropTable(old.name.clone()))]
        }
        SchemaOperation::RenameTable { from, to } => table::rename(from, to, backend),
        SchemaOperation::Change { table, change: TableChange::DropColumn(old) } => {
            change::drop_column(table, old, added_again(table, old, later))
        }
        SchemaOperation::Change { table, change } => change::change(table, change, backend),
        SchemaOperation::CreateIndex { table, index } => vec![index::create(table, index, backend)],
        SchemaOperation::DropIndex { table, index } => vec![index::drop(table, &index.name, backend)],
        SchemaOperation::CreateObject(object) | SchemaOperation::RestoreObject(object) => {
            vec![object::create(object, backend)]
        }
        SchemaOperation::ReplaceObject { from, to } => vec![object::replace(from, to, backend)],
        SchemaOperation::DropObject(object) | SchemaOperation::SuspendObject(object) => {
            object::drop(object, later, backend).into_iter().collect()
        }
    }
}

/// The column that is added later under the name of a dropped one.
fn added_again<'o>(table: &TableName, old: &Column, later: &'o [SchemaOperation]) -> Option<&'o Column> {
    let of_table = later.iter().map_while(|operation| match operation {
        SchemaOperation::Change { table: own, change } if own == table => Some(change),
        _ => None,
    });
    let mut added = of_table.filter_map(|change| match change {
        TableChange::AddColumn(new) => Some(&**new),
        _ => None,
    });
    added.find(|new| new.name == old.name)
}

/// Adds a piece of code. A change of the table that the last piece changes joins its chain. Code under the condition of
/// the last piece joins its block.
fn push(code: &mut Vec<CodeNode>, piece: CodeNode) {
    if is_empty(&piece) {
        return;
    }
    let notes = code.iter().rev().take_while(|piece| matches!(piece, CodeNode::Note(_))).count();
    let notes = code.split_off(code.len() - notes);
    match (code.pop(), piece) {
        (
            Some(CodeNode::Call(SchemaCall::Alter { table, mut changes })),
            CodeNode::Call(SchemaCall::Alter { table: same, changes: more }),
        ) if table == same => {
            // SQLite rebuilds a table once per chain, so a comment does not split the chain.
            code.extend(notes);
            changes.extend(more);
            code.push(CodeNode::Call(SchemaCall::Alter { table, changes }));
        }
        (
            Some(CodeNode::Only { databases, lacking, code: mut inner }),
            CodeNode::Only { databases: same, lacking: other, code: more },
        ) if databases == same => {
            let lacking = portable::both(databases, lacking, other);
            inner.extend(notes);
            more.into_iter().for_each(|piece| push(&mut inner, piece));
            code.push(CodeNode::Only { databases, lacking, code: inner });
        }
        (Some(CodeNode::Where { database, code: mut inner }), CodeNode::Where { database: same, code: more })
            if database == same =>
        {
            inner.extend(notes);
            more.into_iter().for_each(|piece| push(&mut inner, piece));
            code.push(CodeNode::Where { database, code: inner });
        }
        (last, piece) => {
            code.extend(last);
            code.extend(notes);
            code.push(piece);
        }
    }
}

fn is_empty(piece: &CodeNode) -> bool {
    match piece {
        CodeNode::Call(SchemaCall::Alter { changes, .. }) => changes.is_empty(),
        CodeNode::Only { code, .. } | CodeNode::Where { code, .. } => code.iter().all(is_empty),
        CodeNode::Note(_) | CodeNode::Call(_) => false,
    }
}
