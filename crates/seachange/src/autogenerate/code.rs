//! What a person would write for some operations, as a tree.
//!
//! The tree is read twice: [`render`](super::render) writes it as Rust, and [`apply`](super::apply) makes the calls that are
//! written. So what is shown by applying it holds for the source.
//!
//! What works on every database is said without a look at the database. What does not stands under [`Code::Only`], which
//! is an error elsewhere, or under [`Code::Where`], if elsewhere nothing is to be done.

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
    Alteration, Call, Code, DefaultValue, Key, NamedColumns, NewColumn, NewTable, Setting, ValuePlace,
};
use super::operation::Operation;

/// Decides what a person would write for the operations, which lead from one schema of the database to another.
pub(crate) fn code(operations: &[Operation], backend: DbBackend) -> Vec<Code> {
    let mut code = Vec::new();
    for (at, operation) in operations.iter().enumerate() {
        for piece in pieces(operation, &operations[at + 1..], backend) {
            push(&mut code, piece);
        }
    }
    code
}

fn pieces(operation: &Operation, later: &[Operation], backend: DbBackend) -> Vec<Code> {
    match operation {
        Operation::CreateEnumeration(new) => enumeration::create(new),
        Operation::DropEnumeration(old) => enumeration::drop(old),
        Operation::AlterEnumeration { from, to, users, dependents } => {
            enumeration::alter(from, to, users, dependents, later)
        }
        Operation::CreateTable(new) => table::create(new, backend),
        Operation::DropTable(old) => {
            vec![note::rows_are_lost(&old.name), Code::Call(Call::DropTable(old.name.clone()))]
        }
        Operation::RenameTable { from, to } => table::rename(from, to, backend),
        Operation::Change { table, change } => change::change(table, change, backend),
        Operation::CreateIndex { table, index } => vec![index::create(table, index, backend)],
        Operation::DropIndex { table, index } => vec![index::drop(table, &index.name, backend)],
    }
}

/// Adds a piece; what goes on with a change of the same table, or on the same condition, goes in with it.
fn push(code: &mut Vec<Code>, piece: Code) {
    if is_empty(&piece) {
        return;
    }
    let notes = code.iter().rev().take_while(|piece| matches!(piece, Code::Note(_))).count();
    let notes = code.split_off(code.len() - notes);
    match (code.pop(), piece) {
        (
            Some(Code::Call(Call::Alter { table, mut changes })),
            Code::Call(Call::Alter { table: same, changes: more }),
        ) if table == same => {
            // A table of SQLite is rebuilt once for a chain, so a comment does not break it.
            code.extend(notes);
            changes.extend(more);
            code.push(Code::Call(Call::Alter { table, changes }));
        }
        (
            Some(Code::Only { databases, lacking, code: mut inner }),
            Code::Only { databases: same, lacking: other, code: more },
        ) if databases == same => {
            let lacking = portable::both(databases, lacking, other);
            inner.extend(notes);
            more.into_iter().for_each(|piece| push(&mut inner, piece));
            code.push(Code::Only { databases, lacking, code: inner });
        }
        (Some(Code::Where { database, code: mut inner }), Code::Where { database: same, code: more })
            if database == same =>
        {
            inner.extend(notes);
            more.into_iter().for_each(|piece| push(&mut inner, piece));
            code.push(Code::Where { database, code: inner });
        }
        (last, piece) => {
            code.extend(last);
            code.extend(notes);
            code.push(piece);
        }
    }
}

fn is_empty(piece: &Code) -> bool {
    match piece {
        Code::Call(Call::Alter { changes, .. }) => changes.is_empty(),
        Code::Only { code, .. } | Code::Where { code, .. } => code.iter().all(is_empty),
        Code::Note(_) | Code::Call(_) => false,
    }
}
