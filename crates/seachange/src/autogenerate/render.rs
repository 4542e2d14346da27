//! Writes code as Rust.
//!
//! The tree of the code becomes one of Rust, in which every text is a literal, so that a name cannot be anything else than a
//! name. `layout` writes that as rustfmt does.

mod call;
mod column;
mod layout;
mod rust;
mod statement;
mod variable;

use seachange_source::{Bodies, Body};

use super::code::Code;

/// Writes the bodies of `up` and `down`.
pub(crate) fn render(up: &[Code], down: &[Code]) -> Bodies {
    Bodies { up: body(up), down: body(down) }
}

fn body(code: &[Code]) -> Body {
    let statements = statement::statements(code);
    Body { uses_manager: code.iter().any(uses_manager), text: statement::text(&statements) }
}

fn uses_manager(code: &Code) -> bool {
    !matches!(code, Code::Note(_))
}
