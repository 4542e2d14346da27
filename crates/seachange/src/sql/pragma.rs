//! `PRAGMA` of SQLite.

use super::cursor::Cursor;
use super::facts::{Pragma, SessionState, StatementFacts, StatementKind};
use super::lexer::unquoted;
use super::{SqlDialect, TokenKind};

/// The effect of a pragma.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PragmaUse {
    /// It reads; a value is the argument of the query.
    Asks,
    /// It changes the connection.
    Sets,
    /// It writes to the file, as part of the transaction.
    Writes,
    /// It performs an action, with a value or without.
    Acts,
}

/// The effect of a known pragma.
fn use_of(name: &str) -> Option<PragmaUse> {
    Some(match name {
        "table_info" | "table_xinfo" | "table_list" | "index_list" | "index_info" | "index_xinfo"
        | "foreign_key_list" | "foreign_key_check" | "database_list" | "collation_list" | "function_list"
        | "module_list" | "pragma_list" | "compile_options" | "integrity_check" | "quick_check" | "data_version"
        | "freelist_count" | "page_count" => PragmaUse::Asks,
        "user_version" | "application_id" => PragmaUse::Writes,
        "optimize" | "incremental_vacuum" | "wal_checkpoint" | "shrink_memory" | "schema_version"
        | "writable_schema" => PragmaUse::Acts,
        "analysis_limit"
        | "auto_vacuum"
        | "automatic_index"
        | "busy_timeout"
        | "cache_size"
        | "cache_spill"
        | "case_sensitive_like"
        | "cell_size_check"
        | "checkpoint_fullfsync"
        | "count_changes"
        | "defer_foreign_keys"
        | "empty_result_callbacks"
        | "encoding"
        | "foreign_keys"
        | "full_column_names"
        | "fullfsync"
        | "hard_heap_limit"
        | "ignore_check_constraints"
        | "journal_mode"
        | "journal_size_limit"
        | "legacy_alter_table"
        | "legacy_file_format"
        | "locking_mode"
        | "max_page_count"
        | "mmap_size"
        | "page_size"
        | "query_only"
        | "read_uncommitted"
        | "recursive_triggers"
        | "reverse_unordered_selects"
        | "secure_delete"
        | "short_column_names"
        | "soft_heap_limit"
        | "synchronous"
        | "temp_store"
        | "temp_store_directory"
        | "threads"
        | "trusted_schema"
        | "wal_autocheckpoint" => PragmaUse::Sets,
        _ => return None,
    })
}

/// Reads a `PRAGMA`.
pub(super) fn read(mut cursor: Cursor<'_, '_>) -> Option<StatementFacts> {
    if cursor.dialect != SqlDialect::Sqlite || !cursor.eats(&["PRAGMA"]) {
        return None;
    }
    let unknown = StatementFacts { may_end_transaction: false, ..StatementFacts::unknown(cursor.dialect) };
    let Some(qualified) = cursor.qualified() else { return Some(unknown) };
    let name = qualified.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let Some(value) = value(cursor) else {
        return Some(StatementFacts {
            kind: StatementKind::Session,
            pragma: Some(Pragma { name, value: None }),
            ..unknown
        });
    };
    let setting = || vec![SessionState::Setting(name.clone())];
    let facts = match (use_of(&name), &value) {
        (Some(PragmaUse::Asks), _) | (Some(PragmaUse::Sets | PragmaUse::Writes), None) => {
            StatementFacts::understood(StatementKind::Query)
        }
        (Some(PragmaUse::Sets), Some(_)) => {
            StatementFacts { session_writes: setting(), ..StatementFacts::understood(StatementKind::Session) }
        }
        (Some(PragmaUse::Writes), Some(_)) => {
            StatementFacts { writes: vec![name.clone()], ..StatementFacts::understood(StatementKind::Schema) }
        }
        (Some(PragmaUse::Acts) | None, _) => StatementFacts { kind: StatementKind::Session, ..unknown },
    };
    Some(StatementFacts { pragma: Some(Pragma { name, value }), ..facts })
}

/// The value after `=` or in parentheses. The outer option is `None` if something else follows.
fn value(mut cursor: Cursor<'_, '_>) -> Option<Option<String>> {
    if cursor.is_end() {
        return Some(None);
    }
    let is_call = cursor.eats(&["("]);
    if !is_call && !cursor.eats(&["="]) {
        return None;
    }
    let sign = if cursor.eats(&["-"]) { "-" } else { "" };
    cursor.eats(&["+"]);
    let token = cursor.take()?;
    let text = match token.kind {
        TokenKind::Word | TokenKind::Number => token.text.into(),
        TokenKind::QuotedName | TokenKind::Text => unquoted(token.text),
        _ => return None,
    };
    if is_call && !cursor.eats(&[")"]) {
        return None;
    }
    cursor.is_end().then(|| Some(format!("{sign}{}", text.to_ascii_lowercase())))
}
