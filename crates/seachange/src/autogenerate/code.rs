//! What a person would write for some operations, as a tree.
//!
//! The tree is read twice: [`render`](super::render) writes it as Rust, and [`apply`](super::apply) makes the calls that are
//! written. So what is shown by applying it holds for the source.
//!
//! What works on every database is said without a look at the database. What does not stands under [`CodeNode::Only`], which
//! is an error elsewhere, or under [`CodeNode::Where`], if elsewhere nothing is to be done.

mod change;
mod column;
mod default;
mod enumeration;
mod expressions;
mod foreign_key;
mod identity;
mod index;
mod modify;
mod note;
mod portable;
mod sql;
mod table;
mod tree;

use sea_orm::DbBackend;

pub(crate) use self::tree::{
    AlterCall, CodeNode, ColumnDefinition, ColumnOption, CreateTable, DefaultValue, EnumValuePosition, NamedColumns,
    SchemaCall, TableKey,
};
use super::operation::SchemaOperation;

/// Decides what a person would write for the operations, which lead from one schema of the database to another.
pub(crate) fn code(operations: &[SchemaOperation], backend: DbBackend) -> Vec<CodeNode> {
    let mut code = Vec::new();
    for (at, operation) in operations.iter().enumerate() {
        for piece in pieces(operation, &operations[at + 1..], backend) {
            push(&mut code, piece);
        }
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
        SchemaOperation::Change { table, change } => change::change(table, change, backend),
        SchemaOperation::CreateIndex { table, index } => vec![index::create(table, index, backend)],
        SchemaOperation::DropIndex { table, index } => vec![index::drop(table, &index.name, backend)],
    }
}

/// Adds a piece; what goes on with a change of the same table, or on the same condition, goes in with it.
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
            // A table of SQLite is rebuilt once for a chain, so a comment does not break it.
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
