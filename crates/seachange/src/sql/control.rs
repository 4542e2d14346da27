//! Transaction control sent as text.

use super::cursor::Cursor;
use super::facts::{SessionState, StatementFacts, StatementKind, TransactionControl};
use super::{SqlDialect, TokenKind};

/// Words that may follow the words that begin, end or set a transaction.
const MODES: &[&str] = &[
    "WORK",
    "TRANSACTION",
    "ISOLATION",
    "LEVEL",
    "SERIALIZABLE",
    "REPEATABLE",
    "READ",
    "COMMITTED",
    "UNCOMMITTED",
    "WRITE",
    "ONLY",
    "NOT",
    "DEFERRABLE",
    "DEFERRED",
    "IMMEDIATE",
    "EXCLUSIVE",
    "CONSISTENT",
    "SNAPSHOT",
    "WITH",
    "AND",
    "NO",
    "CHAIN",
    "RELEASE",
    ",",
];

/// Reads a statement of transaction control.
pub(super) fn read(mut cursor: Cursor<'_, '_>) -> Option<StatementFacts> {
    let dialect = cursor.dialect;
    let is_mysql = dialect == SqlDialect::MySql;
    let first = cursor.word(0);
    cursor.skip(1);
    match first.as_str() {
        "BEGIN" if is_mysql && cursor.word(0) == "NOT" => None,
        "BEGIN" => Some(facts(TransactionControl::Begin, cursor)),
        "START" if cursor.eats(&["TRANSACTION"]) => Some(facts(TransactionControl::Begin, cursor)),
        "COMMIT" if cursor.eats(&["PREPARED"]) => Some(other()),
        "COMMIT" => Some(facts(TransactionControl::Commit, cursor)),
        "END" if !is_mysql => Some(facts(TransactionControl::Commit, cursor)),
        "ABORT" if dialect == SqlDialect::Postgres => Some(facts(TransactionControl::Rollback, cursor)),
        "ROLLBACK" if cursor.eats(&["PREPARED"]) => Some(other()),
        "ROLLBACK" => Some(rollback(cursor)),
        "SAVEPOINT" => Some(savepoint(cursor, TransactionControl::Savepoint)),
        "RELEASE" => {
            cursor.eats(&["SAVEPOINT"]);
            Some(savepoint(cursor, TransactionControl::Release))
        }
        "PREPARE" if dialect == SqlDialect::Postgres && cursor.eats(&["TRANSACTION"]) => Some(other()),
        "XA" if is_mysql => Some(StatementFacts { commits_implicitly: true, ..other() }),
        "SET" => set(cursor),
        _ => None,
    }
}

/// The facts of transaction control, which is understood if only known words follow. `AND CHAIN` begins another transaction.
fn facts(control: TransactionControl, cursor: Cursor<'_, '_>) -> StatementFacts {
    if cursor.rest().windows(2).any(|pair| pair[0].is_word("AND") && pair[1].is_word("CHAIN")) {
        return other();
    }
    let is_known = cursor.rest().iter().all(|token| MODES.contains(&token.text.to_ascii_uppercase().as_str()));
    let is_begin = control == TransactionControl::Begin;
    // The server closes the connection after `COMMIT RELEASE`.
    let releases = cursor.rest().windows(2).any(|pair| pair[1].is_word("RELEASE") && !pair[0].is_word("NO"))
        || cursor.word(0) == "RELEASE";
    StatementFacts {
        is_understood: is_known || is_named(cursor),
        control: Some(control),
        commits_implicitly: is_begin && cursor.dialect == SqlDialect::MySql,
        may_end_transaction: !is_begin,
        session_writes: if releases { vec![SessionState::Other] } else { Vec::new() },
        ..StatementFacts::understood(StatementKind::Control)
    }
}

/// Whether a name follows. SQLite accepts a name after `TRANSACTION`, and ignores it.
fn is_named(mut cursor: Cursor<'_, '_>) -> bool {
    cursor.eats_any(&["DEFERRED", "IMMEDIATE", "EXCLUSIVE"]);
    cursor.dialect == SqlDialect::Sqlite && cursor.eats(&["TRANSACTION"]) && cursor.last_name().is_some()
}

/// Transaction control other than a plain begin, end or savepoint.
fn other() -> StatementFacts {
    StatementFacts {
        is_understood: false,
        may_write: true,
        control: Some(TransactionControl::Other),
        may_end_transaction: true,
        is_atomic: false,
        ..StatementFacts::understood(StatementKind::Control)
    }
}

/// `ROLLBACK`, or `ROLLBACK TO`.
fn rollback(cursor: Cursor<'_, '_>) -> StatementFacts {
    let mut target = cursor;
    let _ = target.eats(&["WORK"]) || target.eats(&["TRANSACTION"]);
    if cursor.dialect == SqlDialect::Sqlite && target.word(0) != "TO" && target.word(1) == "TO" {
        target.skip(1);
    }
    if !target.eats(&["TO"]) {
        return facts(TransactionControl::Rollback, cursor);
    }
    target.eats(&["SAVEPOINT"]);
    savepoint(target, TransactionControl::RollbackTo)
}

/// A statement about a savepoint, whose name comes next.
fn savepoint(cursor: Cursor<'_, '_>, control: fn(String) -> TransactionControl) -> StatementFacts {
    match cursor.last_name() {
        Some(name) => {
            // Outside of a transaction, a savepoint of SQLite begins one, and its release commits it.
            let is_sqlite = cursor.dialect == SqlDialect::Sqlite;
            let control = control(name);
            StatementFacts {
                may_end_transaction: is_sqlite && matches!(control, TransactionControl::Release(_)),
                control: Some(control),
                ..StatementFacts::understood(StatementKind::Control)
            }
        }
        None => other(),
    }
}

/// `SET TRANSACTION`, `SET SESSION CHARACTERISTICS`, `SET autocommit`.
fn set(mut cursor: Cursor<'_, '_>) -> Option<StatementFacts> {
    let setting = |name: &str| vec![SessionState::Setting(name.to_owned())];
    let set = |session_writes, is_understood| StatementFacts {
        session_writes,
        is_understood,
        control: Some(TransactionControl::Other),
        ..StatementFacts::understood(StatementKind::Control)
    };
    let are_modes = |cursor: Cursor<'_, '_>| {
        cursor.rest().iter().all(|token| MODES.contains(&token.text.to_ascii_uppercase().as_str()))
    };
    match cursor.dialect {
        SqlDialect::Sqlite => None,
        SqlDialect::Postgres => {
            if cursor.eats(&["SESSION", "CHARACTERISTICS", "AS", "TRANSACTION"]) {
                return Some(set(setting("session characteristics"), are_modes(cursor)));
            }
            cursor.eats(&["LOCAL"]);
            cursor.eats(&["TRANSACTION"]).then(|| set(Vec::new(), are_modes(cursor)))
        }
        SqlDialect::MySql => {
            if cursor.items().iter().any(|item| is_autocommit(*item)) {
                return Some(StatementFacts {
                    commits_implicitly: true,
                    may_end_transaction: true,
                    ..set(setting("autocommit"), cursor.items().len() == 1)
                });
            }
            if cursor.eats(&["TRANSACTION"]) {
                return Some(set(Vec::new(), are_modes(cursor)));
            }
            if cursor.eats(&["GLOBAL", "TRANSACTION"]) {
                return Some(StatementFacts { may_write: true, ..set(vec![SessionState::Other], false) });
            }
            let is_session = cursor.eats(&["SESSION", "TRANSACTION"]) || cursor.eats(&["LOCAL", "TRANSACTION"]);
            is_session.then(|| set(setting("transaction_isolation"), are_modes(cursor)))
        }
    }
}

/// Whether an assignment sets `autocommit`.
fn is_autocommit(mut cursor: Cursor<'_, '_>) -> bool {
    let _ = cursor.eats_any(&["SESSION", "LOCAL"]) || cursor.eats_any(&["@@SESSION", "@@LOCAL"]) && cursor.eats(&["."]);
    let Some(name) = cursor.take() else { return false };
    let is_system = match name.kind {
        TokenKind::Word | TokenKind::QuotedName => true,
        TokenKind::Variable => name.text.starts_with("@@"),
        _ => false,
    };
    let is_name = name.text.trim_start_matches('@').trim_matches('`').eq_ignore_ascii_case("autocommit");
    is_system && is_name && cursor.eats_any(&["=", ":="])
}
