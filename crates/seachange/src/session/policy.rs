//! Decides which statements of a revision are sent. Pure: it takes the facts of SQL text and returns a decision.

use crate::backend::SAVEPOINT;
use crate::error::Refusal;
use crate::intercept::BeginOptions;
use crate::sql::{
    Pragma, SessionState, SqlDialect, StatementFacts, StatementKind, TransactionControl, statements, words,
};

/// The prefix of the savepoints that the engine sets for transactions that the code begins inside of another one.
const INNER_SAVEPOINTS: &str = "seachange_savepoint_";

/// The `PRAGMA`s that SQLite ignores inside of a transaction when they have a value.
const VOID_IN_TRANSACTION: [&str; 2] = ["journal_mode", "wal_checkpoint"];

/// The `PRAGMA`s whose value SQLite does not return, so that it cannot be restored.
const LASTING_PRAGMAS: [&str; 3] = ["case_sensitive_like", "soft_heap_limit", "hard_heap_limit"];

/// What the engine does with SQL text inside of its transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Send it.
    Send,
    /// Refuse it.
    Refuse(Refusal),
    /// Run the revision again with foreign keys off, because it switches them off itself.
    NeedsForeignKeysOff,
}

/// Decides about SQL text inside of the transaction that holds the revision and its row.
pub(crate) fn in_transaction(statements: &[StatementFacts], are_foreign_keys_off: bool) -> Decision {
    for facts in statements {
        let refusal = match (&facts.control, facts.kind, &facts.pragma) {
            (Some(_), ..) if sets_session(facts) => continue,
            (Some(control), ..) if ends_engine_transaction(control) => Refusal::TransactionControl,
            (_, StatementKind::Copy, _) => Refusal::Copy,
            (_, _, Some(pragma)) if switches_foreign_keys_off(pragma) && !are_foreign_keys_off => {
                return Decision::NeedsForeignKeysOff;
            }
            (_, _, Some(pragma)) if is_void_in_transaction(pragma) => Refusal::Pragma { name: pragma.name.clone() },
            _ => continue,
        };
        return Decision::Refuse(refusal);
    }
    Decision::Send
}

/// The refusal of a statement inside of the transaction that holds the revision and its row, if there is one.
#[cfg(feature = "cli")]
pub(crate) fn refused_in_transaction(statement: &StatementFacts) -> Option<Refusal> {
    match in_transaction(std::slice::from_ref(statement), false) {
        Decision::Refuse(refusal) => Some(refusal),
        Decision::Send | Decision::NeedsForeignKeysOff => None,
    }
}

/// Decides about SQL text outside of a transaction, where each statement is journalled.
pub(crate) fn outside(statements: &[StatementFacts], dialect: SqlDialect) -> Option<Refusal> {
    statements.iter().find_map(|facts| match (&facts.control, facts.kind) {
        (Some(TransactionControl::Other), _) if !sets_session(facts) => Some(Refusal::TransactionMode),
        (_, StatementKind::Copy) => Some(Refusal::Copy),
        _ if dialect == SqlDialect::MySql && sets(facts, "completion_type") => Some(Refusal::TransactionMode),
        _ if dialect == SqlDialect::MySql && locks_all_out(&facts.text) => Some(Refusal::LocksOut),
        _ if dialect != SqlDialect::Postgres && facts.session_reads.contains(&SessionState::Diagnostics) => {
            Some(Refusal::Diagnostics)
        }
        _ => None,
    })
}

/// Whether a statement sets this setting.
fn sets(facts: &StatementFacts, name: &str) -> bool {
    facts.session_writes.iter().any(|state| matches!(state, SessionState::Setting(own) if own == name))
}

/// Whether a statement of MySQL or MariaDB takes a lock that other sessions wait for, those of the engine too.
fn locks_all_out(text: &str) -> bool {
    let words = words(text, SqlDialect::MySql);
    let has = |pair: [&str; 2]| words.windows(2).any(|own| own == pair);
    match words.first().map(String::as_str) {
        Some("FLUSH") => has(["READ", "LOCK"]) || has(["FOR", "EXPORT"]),
        Some("BACKUP") => true,
        _ => false,
    }
}

/// Whether SQL text may change in which schemas new sessions of PostgreSQL look for tables, itself or by a text that it
/// executes.
pub(super) fn may_set_search_path(sql: &str) -> bool {
    let has = |word: &str| sql.as_bytes().windows(word.len()).any(|bytes| bytes.eq_ignore_ascii_case(word.as_bytes()));
    let alters = || has("alter") && ["database", "role", "user"].into_iter().any(has);
    has("pg_db_role_setting") || alters() && ["search_path", "schema", "reset"].into_iter().any(has)
}

/// Whether SQL text is one statement that alters a database or a role of PostgreSQL.
pub(super) fn is_alteration(sql: &str) -> bool {
    let words = words(sql, SqlDialect::Postgres);
    let begins =
        ["DATABASE", "ROLE", "USER"].iter().any(|kind| words.starts_with(&["ALTER".to_owned(), (*kind).to_owned()]));
    begins && statements(sql, SqlDialect::Postgres).len() == 1
}

/// Decides about a transaction that the code begins through SeaORM.
pub(crate) fn begin(begin: BeginOptions, dialect: SqlDialect) -> Option<Refusal> {
    match dialect {
        SqlDialect::Sqlite if begin.is_read_only() => Some(Refusal::ReadOnlyTransaction),
        SqlDialect::Sqlite if begin.is_weaker() => Some(Refusal::IsolationLevel),
        _ => None,
    }
}

/// Whether SQL text may leave state in the session that the next revision must not see.
pub(crate) fn touches_session(statements: &[StatementFacts]) -> bool {
    let is_kept_by_each_statement =
        |state: &SessionState| matches!(state, SessionState::LastInsertId | SessionState::Diagnostics);
    statements
        .iter()
        .any(|facts| !facts.is_understood || facts.session_writes.iter().any(|state| !is_kept_by_each_statement(state)))
}

/// Whether SQL text changes the role under which the session writes.
pub(crate) fn changes_role(statements: &[StatementFacts]) -> bool {
    let names = statements.iter().flat_map(|facts| &facts.session_writes);
    names.into_iter().any(|state| match state {
        SessionState::Setting(name) => name == "role" || name == "session_authorization",
        SessionState::Other => true,
        _ => false,
    })
}

/// Whether SQL text switches foreign keys off on SQLite.
pub(crate) fn switches_foreign_keys(statements: &[StatementFacts]) -> bool {
    statements.iter().filter_map(|facts| facts.pragma.as_ref()).any(switches_foreign_keys_off)
}

/// Whether SQL text changes a setting that the engine cannot restore in a session that it cannot replace.
pub(crate) fn lasts(statements: &[StatementFacts]) -> bool {
    let pragmas = statements.iter().filter_map(|facts| facts.pragma.as_ref());
    pragmas.into_iter().any(|pragma| pragma.value.is_some() && LASTING_PRAGMAS.contains(&&*pragma.name))
}

/// Whether SQL text may end the transaction without a statement that says so. The release of a savepoint cannot: a `BEGIN`
/// has begun the transaction, and not a savepoint.
pub(crate) fn may_end_transaction(statements: &[StatementFacts]) -> bool {
    let is_release = |facts: &StatementFacts| matches!(facts.control, Some(TransactionControl::Release(_)));
    statements.iter().any(|facts| facts.may_end_transaction && !is_release(facts))
}

/// Whether a statement sets how later transactions of the session begin, and not whether statements commit by
/// themselves.
fn sets_session(facts: &StatementFacts) -> bool {
    let is_harmless = |state: &SessionState| matches!(state, SessionState::Setting(name) if name != "autocommit");
    facts.control == Some(TransactionControl::Other)
        && !facts.session_writes.is_empty()
        && facts.session_writes.iter().all(is_harmless)
}

fn ends_engine_transaction(control: &TransactionControl) -> bool {
    let is_engine_name =
        |name: &String| name.eq_ignore_ascii_case(SAVEPOINT) || name.to_ascii_lowercase().starts_with(INNER_SAVEPOINTS);
    match control {
        TransactionControl::Begin
        | TransactionControl::Commit
        | TransactionControl::Rollback
        | TransactionControl::Other => true,
        TransactionControl::Savepoint(name)
        | TransactionControl::Release(name)
        | TransactionControl::RollbackTo(name) => is_engine_name(name),
    }
}

fn switches_foreign_keys_off(pragma: &Pragma) -> bool {
    pragma.name == "foreign_keys" && pragma.value.as_deref().is_some_and(|value| !is_true(value))
}

/// Whether SQLite takes the value of a `PRAGMA` for true: `on`, `yes`, `true`, or digits whose number has a bit among the
/// lowest eight (`sqlite3GetBoolean`). Every other text is false, a negative number too.
fn is_true(value: &str) -> bool {
    let number = match value.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => value.split(|letter: char| !letter.is_ascii_digit()).next().and_then(|digits| digits.parse().ok()),
    };
    matches!(value, "on" | "yes" | "true") || number.is_some_and(|number| number & 0xff != 0)
}

fn is_void_in_transaction(pragma: &Pragma) -> bool {
    VOID_IN_TRANSACTION.contains(&&*pragma.name) && pragma.value.is_some() || pragma.name == "wal_checkpoint"
}
