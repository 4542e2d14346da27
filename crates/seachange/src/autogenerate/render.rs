//! Writes code as Rust source.
//!
//! The code becomes a tree of Rust code, in which every text is a literal, so a name from a database cannot become
//! code. `layout` formats the tree as rustfmt does.

mod call;
mod column;
mod layout;
mod rust;
mod statement;
mod variable;

use seachange_source::{MethodBody, RevisionBody};

use super::code::CodeNode;

/// Writes the bodies of `up` and `down`.
pub(crate) fn render(up: &[CodeNode], down: &[CodeNode]) -> RevisionBody {
    RevisionBody { up: body(up), down: body(down), ..RevisionBody::default() }
}

fn body(code: &[CodeNode]) -> MethodBody {
    let statements = statement::statements(code);
    MethodBody { uses_manager: code.iter().any(uses_manager), text: statement::text(&statements) }
}

fn uses_manager(code: &CodeNode) -> bool {
    !matches!(code, CodeNode::Note(_))
}
