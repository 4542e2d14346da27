//! Statements that change the session, and other statements that change neither rows nor the schema.

use super::cursor::Cursor;
use super::facts::{SessionState, StatementFacts, StatementKind};
use super::lexer::unquoted;
use super::{SqlDialect, Token, TokenKind, tree};

/// Reads a statement of the session.
pub(super) fn read(mut cursor: Cursor<'_, '_>) -> Option<StatementFacts> {
    let dialect = cursor.dialect;
    let first = cursor.word(0);
    cursor.skip(1);
    match dialect {
        SqlDialect::Sqlite => sqlite(&first, cursor),
        SqlDialect::Postgres => postgres(&first, cursor),
        SqlDialect::MySql => mysql(&first, cursor),
    }
}

/// A statement that changes the session.
fn session(writes: Vec<SessionState>) -> StatementFacts {
    StatementFacts { session_writes: writes, ..StatementFacts::understood(StatementKind::Session) }
}

/// A statement whose first word shows that it changes the session. The rest is not read.
fn session_other() -> StatementFacts {
    StatementFacts { is_understood: false, may_write: true, is_atomic: false, ..session(vec![SessionState::Other]) }
}

/// A statement with another effect that leaves the transaction unchanged.
fn other(dialect: SqlDialect) -> StatementFacts {
    StatementFacts { may_end_transaction: false, commits_implicitly: false, ..StatementFacts::unknown(dialect) }
}

/// A statement with another effect that leaves the transaction and the session unchanged.
fn maintenance(dialect: SqlDialect) -> StatementFacts {
    StatementFacts { session_writes: Vec::new(), ..other(dialect) }
}

/// A setting by its name.
fn setting(name: &str) -> Vec<SessionState> {
    vec![SessionState::Setting(name.to_lowercase())]
}

/// Statements of SQLite.
fn sqlite(first: &str, cursor: Cursor<'_, '_>) -> Option<StatementFacts> {
    match first {
        "ATTACH" | "DETACH" => Some(session_other()),
        "VACUUM" => Some(maintenance(cursor.dialect)),
        _ => None,
    }
}

/// Statements of PostgreSQL.
fn postgres(first: &str, mut cursor: Cursor<'_, '_>) -> Option<StatementFacts> {
    let dialect = cursor.dialect;
    Some(match first {
        "SET" => postgres_set(cursor),
        "RESET" => match cursor.word(0).as_str() {
            "ALL" => session(vec![SessionState::Other]),
            "SESSION" => session(setting("session_authorization")),
            "TIME" => session(setting("timezone")),
            _ => cursor.last_name().map_or_else(session_other, |name| session(setting(&name))),
        },
        "SHOW" => {
            let reads =
                cursor.last_name().map_or(SessionState::Other, |name| SessionState::Setting(name.to_lowercase()));
            StatementFacts { session_reads: vec![reads], ..StatementFacts::understood(StatementKind::Query) }
        }
        "PREPARE" => match cursor.take().and_then(Token::name) {
            Some(name) => session(vec![SessionState::Prepared(name.to_lowercase())]),
            None => session_other(),
        },
        "EXECUTE" => StatementFacts { session_reads: vec![prepared(cursor)], ..other(dialect) },
        "DEALLOCATE" => {
            cursor.eats(&["PREPARE"]);
            match cursor.word(0).as_str() {
                "ALL" => session(vec![SessionState::Other]),
                _ => session(vec![prepared(cursor)]),
            }
        }
        "DECLARE" | "FETCH" | "MOVE" | "CLOSE" => {
            let reads = if first == "DECLARE" { Vec::new() } else { vec![SessionState::Other] };
            StatementFacts { session_reads: reads, ..session_other() }
        }
        "LISTEN" | "UNLISTEN" => {
            StatementFacts { is_understood: true, may_write: false, is_atomic: true, ..session_other() }
        }
        "LOAD" | "DISCARD" => session_other(),
        "NOTIFY" | "CHECKPOINT" | "VACUUM" => maintenance(dialect),
        "LOCK" => {
            cursor.eats(&["TABLE"]);
            StatementFacts {
                locks: true,
                is_understood: true,
                may_write: false,
                is_atomic: true,
                reads: cursor.items().into_iter().filter_map(only).collect(),
                ..maintenance(dialect)
            }
        }
        _ => return None,
    })
}

/// The name of a table, with or without `ONLY` before it.
fn only(mut cursor: Cursor<'_, '_>) -> Option<String> {
    cursor.eats(&["ONLY"]);
    cursor.qualified()
}

/// The prepared statement, whose name comes next.
fn prepared(mut cursor: Cursor<'_, '_>) -> SessionState {
    cursor.take().and_then(Token::name).map_or(SessionState::Other, |name| SessionState::Prepared(name.to_lowercase()))
}

/// `SET` of PostgreSQL, which takes no expressions.
fn postgres_set(mut cursor: Cursor<'_, '_>) -> StatementFacts {
    let _ = (cursor.word(1) != "AUTHORIZATION" && cursor.eats(&["SESSION"])) || cursor.eats(&["LOCAL"]);
    if cursor.eats(&["TIME", "ZONE"]) {
        return session(setting("timezone"));
    }
    let names = [
        ("SESSION", "session_authorization"),
        ("ROLE", "role"),
        ("SCHEMA", "search_path"),
        ("NAMES", "client_encoding"),
        ("CONSTRAINTS", "constraints"),
        ("CATALOG", "catalog"),
        ("SEED", "seed"),
        ("XML", "xmloption"),
    ];
    if let Some((_, name)) =
        names.iter().find(|(word, _)| cursor.word(0) == *word && !["=", "TO"].contains(&cursor.word(1).as_str()))
    {
        return session(setting(name));
    }
    match cursor.qualified() {
        Some(name) if cursor.eats_any(&["TO", "="]) && !cursor.is_end() => session(setting(&name)),
        _ => session_other(),
    }
}

/// Statements of MySQL and MariaDB.
fn mysql(first: &str, mut cursor: Cursor<'_, '_>) -> Option<StatementFacts> {
    let dialect = cursor.dialect;
    let commits =
        |facts: StatementFacts| StatementFacts { commits_implicitly: true, may_end_transaction: true, ..facts };
    Some(match first {
        "SET" => mysql_set(cursor),
        "USE" => session(setting("database")),
        "SHOW" => show(cursor),
        "LOCK" if cursor.eats_any(&["TABLES", "TABLE"]) => {
            let tables = cursor.items().into_iter().filter_map(|mut item| item.qualified()).collect();
            commits(StatementFacts {
                reads: tables,
                locks: true,
                ..StatementFacts::understood(StatementKind::LockTables)
            })
        }
        "UNLOCK" if cursor.eats_any(&["TABLES", "TABLE"]) => {
            commits(StatementFacts::understood(StatementKind::UnlockTables))
        }
        "LOCK" | "UNLOCK" => commits(other(dialect)),
        "PREPARE" => match cursor.take().and_then(Token::name) {
            Some(name) => session(vec![SessionState::Prepared(name.to_lowercase())]),
            None => session_other(),
        },
        "EXECUTE" => {
            commits(StatementFacts { session_reads: vec![prepared(cursor)], ..StatementFacts::unknown(dialect) })
        }
        "DEALLOCATE" | "DROP" if cursor.eats(&["PREPARE"]) => session(vec![prepared(cursor)]),
        "GET" => StatementFacts { session_reads: vec![SessionState::Diagnostics], ..session_other() },
        "HANDLER" => StatementFacts { session_reads: vec![SessionState::Other], ..session_other() },
        "FLUSH" | "RESET" | "CACHE" | "INSTALL" | "UNINSTALL" | "CHANGE" | "START" | "STOP" | "PURGE" | "BACKUP" => {
            commits(maintenance(dialect))
        }
        "LOAD" if cursor.word(0) == "INDEX" => commits(maintenance(dialect)),
        "KILL" | "BINLOG" | "CHECKSUM" | "HELP" => maintenance(dialect),
        "DO" => tree::expression(cursor, StatementKind::Other),
        _ => return None,
    })
}

/// `SHOW`. Some of its forms read the result of the last statement.
fn show(cursor: Cursor<'_, '_>) -> StatementFacts {
    let reads = match cursor.word(0).as_str() {
        "WARNINGS" | "ERRORS" | "COUNT" => vec![SessionState::Diagnostics],
        "VARIABLES" | "SESSION" | "LOCAL" => vec![SessionState::Other],
        _ => Vec::new(),
    };
    StatementFacts { session_reads: reads, ..StatementFacts::understood(StatementKind::Query) }
}

/// `SET` of MySQL and MariaDB: a list of assignments.
fn mysql_set(cursor: Cursor<'_, '_>) -> StatementFacts {
    let mut all = session(Vec::new());
    for item in cursor.items() {
        let facts = assignment(item);
        all.is_understood &= facts.is_understood;
        all.may_write |= facts.may_write;
        all.is_atomic &= facts.is_atomic && facts.is_understood;
        all.commits_implicitly |= facts.commits_implicitly;
        all.may_end_transaction |= facts.may_end_transaction;
        all.reads.extend(facts.reads);
        all.session_reads.extend(facts.session_reads);
        all.session_writes.extend(facts.session_writes);
        if facts.kind == StatementKind::Other {
            all.kind = StatementKind::Other;
        }
    }
    all
}

/// One assignment.
fn assignment(mut cursor: Cursor<'_, '_>) -> StatementFacts {
    let dialect = cursor.dialect;
    if cursor.eats(&["NAMES"]) {
        return session(setting("names"));
    }
    if cursor.eats(&["CHARACTER", "SET"]) || cursor.eats(&["CHARSET"]) {
        return session(setting("character set"));
    }
    if cursor.eats(&["ROLE"]) {
        return session(setting("role"));
    }
    let words = [cursor.word(0), cursor.word(1)];
    match [words[0].as_str(), words[1].as_str()] {
        ["GLOBAL" | "PERSIST" | "PERSIST_ONLY" | "@@GLOBAL" | "@@PERSIST" | "@@PERSIST_ONLY", _] => {
            return maintenance(dialect);
        }
        ["PASSWORD" | "DEFAULT", "FOR" | "=" | "ROLE"] => {
            return StatementFacts { commits_implicitly: true, may_end_transaction: true, ..maintenance(dialect) };
        }
        _ => {}
    }
    let _ = cursor.eats_any(&["SESSION", "LOCAL"]) || cursor.eats_any(&["@@SESSION", "@@LOCAL"]) && cursor.eats(&["."]);
    let Some(target) = target(&mut cursor) else { return session_other() };
    if !cursor.eats(&["="]) && !cursor.eats(&[":="]) {
        return session_other();
    }
    let mut facts = tree::expression(cursor, StatementKind::Session);
    facts.session_writes.push(target);
    facts
}

/// What an assignment sets.
fn target(cursor: &mut Cursor<'_, '_>) -> Option<SessionState> {
    let token = cursor.take()?;
    match token.kind {
        TokenKind::Variable => match token.text.strip_prefix("@@") {
            Some(name) => Some(SessionState::Setting(unquoted_name(name))),
            None => Some(SessionState::Variable(unquoted_name(&token.text[1..]))),
        },
        TokenKind::Word | TokenKind::QuotedName => {
            let mut name = token.name()?.to_lowercase();
            while cursor.eats(&["."]) {
                name = format!("{name}.{}", cursor.take()?.name()?.to_lowercase());
            }
            Some(SessionState::Setting(name))
        }
        _ => None,
    }
}

/// The name of a variable without quotes, in lower case.
pub(super) fn unquoted_name(name: &str) -> String {
    if name.starts_with(['`', '\'', '"']) { unquoted(name).to_lowercase() } else { name.to_lowercase() }
}
