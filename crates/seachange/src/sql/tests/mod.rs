//! Tables of texts, and the facts that are read from them.

use std::fmt::Write;

use super::{SessionState, SqlDialect, StatementFacts, StatementKind, read};

mod clients;
mod facts;
mod lexer;
mod split;

/// The facts of a statement on one line, without those that have their usual value.
fn shown(facts: &StatementFacts) -> String {
    let mut line = format!("{:?}", facts.kind);
    let mut say = |words: &str| {
        // Writing to a String does not fail.
        let _ = write!(line, ", {words}");
    };
    let is_query = matches!(facts.kind, StatementKind::Query | StatementKind::Session | StatementKind::Control);
    if !facts.is_understood {
        say("not understood");
    } else if facts.may_write && is_query {
        say("writes");
    }
    for (words, is_said) in [
        ("locks", facts.locks),
        ("commits before", facts.commits_implicitly),
        ("may end the transaction", facts.may_end_transaction),
        ("in part", !facts.is_atomic && facts.is_understood),
        ("probe", facts.is_probe),
    ] {
        if is_said {
            say(words);
        }
    }
    if let Some(control) = &facts.control {
        say(&format!("{control:?}"));
    }
    if let Some(pragma) = &facts.pragma {
        say(&format!("pragma {}={}", pragma.name, pragma.value.as_deref().unwrap_or("?")));
    }
    for (verb, names) in [("reads", &facts.reads), ("changes", &facts.writes)] {
        if !names.is_empty() {
            say(&format!("{verb} {}", names.join(" ")));
        }
    }
    for (verb, states) in [("needs", &facts.session_reads), ("leaves", &facts.session_writes)] {
        if !states.is_empty() {
            let states: Vec<String> = states.iter().map(state).collect();
            say(&format!("{verb} {}", states.join(" ")));
        }
    }
    line
}

/// A part of the session's state, in one word.
fn state(state: &SessionState) -> String {
    match state {
        SessionState::LastInsertId => "last-id".to_owned(),
        SessionState::Diagnostics => "diagnostics".to_owned(),
        SessionState::Variable(name) => format!("@{name}"),
        SessionState::Prepared(name) => format!("prepared:{name}"),
        SessionState::Temporary(name) => format!("temporary:{name}"),
        SessionState::Setting(name) => format!("setting:{name}"),
        SessionState::Other => "something".to_owned(),
    }
}

/// Reads each text, and compares its facts; several statements are joined by ` | `.
#[track_caller]
fn check(dialect: SqlDialect, table: &[(&str, &str)]) {
    let mut wrong = String::new();
    for (sql, expected) in table {
        let found = read(sql, dialect).iter().map(shown).collect::<Vec<_>>().join(" | ");
        if found != *expected {
            let _ = writeln!(wrong, "        ({sql:?}, {found:?}),");
        }
    }
    assert!(wrong.is_empty(), "{dialect:?} reads otherwise:\n{wrong}");
}
