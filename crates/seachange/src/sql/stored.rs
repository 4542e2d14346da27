//! Statements that store a program: triggers, functions, procedures, events and rules. The body of the program does not
//! run yet.

use super::cursor::Cursor;
use super::facts::{SessionState, StatementFacts, StatementKind};
use super::{SqlDialect, TokenKind, leading};

/// Reads a statement that creates a program. `is_complete` says whether every block of its body is closed.
pub(super) fn read(cursor: Cursor<'_, '_>, is_complete: bool) -> Option<StatementFacts> {
    let dialect = cursor.dialect;
    let (name, is_temporary) = head(cursor)?;
    let schema = StatementFacts {
        is_understood: is_complete,
        is_atomic: is_complete,
        commits_implicitly: dialect == SqlDialect::MySql,
        may_end_transaction: !is_complete || leading::ends_transaction(cursor),
        writes: vec![name.clone()],
        ..StatementFacts::understood(StatementKind::Schema)
    };
    Some(match is_temporary {
        true => StatementFacts {
            kind: StatementKind::Session,
            session_writes: vec![SessionState::Temporary(name)],
            writes: Vec::new(),
            ..schema
        },
        false => schema,
    })
}

/// The name of the program that is created, and whether it is temporary.
fn head(mut cursor: Cursor<'_, '_>) -> Option<(String, bool)> {
    if !cursor.eats(&["CREATE"]) {
        return None;
    }
    cursor.eats(&["OR", "REPLACE"]);
    let is_temporary = cursor.dialect == SqlDialect::Sqlite && cursor.eats_any(&["TEMP", "TEMPORARY"]);
    if cursor.dialect == SqlDialect::MySql && cursor.eats(&["DEFINER", "="]) {
        account(&mut cursor);
        cursor.eats(&["AGGREGATE"]);
    }
    let is_program = match cursor.dialect {
        SqlDialect::Sqlite => cursor.eats(&["TRIGGER"]),
        SqlDialect::Postgres => {
            cursor.eats(&["CONSTRAINT"]);
            cursor.eats_any(&["FUNCTION", "PROCEDURE", "TRIGGER", "RULE"])
        }
        SqlDialect::MySql => cursor.eats_any(&["TRIGGER", "FUNCTION", "PROCEDURE", "EVENT"]),
    };
    if !is_program {
        return None;
    }
    cursor.eats(&["IF", "NOT", "EXISTS"]);
    Some((cursor.qualified()?, is_temporary))
}

/// Skips an account: `user@host`, `'user'@'host'`, `CURRENT_USER()`.
fn account(cursor: &mut Cursor<'_, '_>) {
    cursor.skip(1);
    if cursor.is_at(TokenKind::Variable) {
        cursor.skip(1);
    } else {
        cursor.eats(&["(", ")"]);
    }
}
