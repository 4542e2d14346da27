//! The built-in functions of the database systems, and the effects of a call beyond its result.

mod mysql;
mod postgres;

use super::SqlDialect;
use mysql::MYSQL;
use postgres::POSTGRES;

/// The effect of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FunctionEffect {
    /// It computes a value from its arguments, the catalogue, the clock or a random source.
    Pure,
    /// It writes to the database: `nextval`.
    Writes,
    /// It reads the id that the last insert generated.
    ReadsLastInsertId,
    /// It reads the result of the last statement.
    ReadsDiagnostics,
    /// It reads a setting.
    ReadsSetting,
    /// It changes a setting.
    WritesSetting,
    /// It changes another part of the session's state: a lock of the session, a loaded extension.
    WritesSession,
    /// Its effect is unknown.
    Unknown,
}

/// The effect of a call of a function. `name` is without quotes, in lower case, and without its schema.
pub(super) fn effect(name: &str, dialect: SqlDialect) -> FunctionEffect {
    let (special, pure) = match dialect {
        SqlDialect::Sqlite => (sqlite(name), SQLITE),
        SqlDialect::Postgres => (postgres(name), POSTGRES),
        SqlDialect::MySql => (mysql(name), MYSQL),
    };
    let is_pure = || COMMON.contains(&name) || pure.contains(&name);
    special.unwrap_or_else(|| if is_pure() { FunctionEffect::Pure } else { FunctionEffect::Unknown })
}

/// The effects of SQLite's functions that do more than compute a value.
fn sqlite(name: &str) -> Option<FunctionEffect> {
    Some(match name {
        "last_insert_rowid" => FunctionEffect::ReadsLastInsertId,
        "changes" | "total_changes" => FunctionEffect::ReadsDiagnostics,
        "load_extension" | "fts3_tokenizer" => FunctionEffect::WritesSession,
        _ => return None,
    })
}

/// The effects of PostgreSQL's functions that do more than compute a value.
fn postgres(name: &str) -> Option<FunctionEffect> {
    Some(match name {
        "nextval" | "setval" => FunctionEffect::Writes,
        "currval" | "lastval" => FunctionEffect::ReadsLastInsertId,
        "current_setting" => FunctionEffect::ReadsSetting,
        "set_config" => FunctionEffect::WritesSetting,
        name if name.starts_with("pg_advisory_") || name.starts_with("pg_try_advisory_") => {
            FunctionEffect::WritesSession
        }
        "setseed" => FunctionEffect::WritesSession,
        _ => return None,
    })
}

/// The effects of MySQL's and MariaDB's functions that do more than compute a value.
fn mysql(name: &str) -> Option<FunctionEffect> {
    Some(match name {
        "nextval" | "setval" => FunctionEffect::Writes,
        "last_insert_id" | "lastval" => FunctionEffect::ReadsLastInsertId,
        "row_count" | "found_rows" => FunctionEffect::ReadsDiagnostics,
        "get_lock" | "release_lock" | "release_all_locks" => FunctionEffect::WritesSession,
        _ => return None,
    })
}

/// Functions that all systems have, and words of the grammar that are written like calls.
const COMMON: &[&str] = &[
    "abs",
    "avg",
    "ceil",
    "ceiling",
    "char_length",
    "coalesce",
    "concat",
    "concat_ws",
    "count",
    "cume_dist",
    "current_date",
    "current_time",
    "current_timestamp",
    "dense_rank",
    "exp",
    "first_value",
    "floor",
    "greatest",
    "instr",
    "lag",
    "last_value",
    "lead",
    "least",
    "length",
    "ln",
    "log",
    "log10",
    "lower",
    "ltrim",
    "max",
    "min",
    "mod",
    "nth_value",
    "ntile",
    "nullif",
    "octet_length",
    "percent_rank",
    "pi",
    "pow",
    "power",
    "radians",
    "rank",
    "replace",
    "round",
    "row_number",
    "rtrim",
    "sign",
    "sqrt",
    "substr",
    "substring",
    "sum",
    "trim",
    "upper",
    "acos",
    "asin",
    "atan",
    "atan2",
    "cos",
    "degrees",
    "sin",
    "tan",
    "hex",
    "exists",
    "cast",
    "values",
    "position",
    "extract",
    "overlay",
];

/// Functions of SQLite.
const SQLITE: &[&str] = &[
    "acosh",
    "asinh",
    "atanh",
    "bm25",
    "char",
    "cosh",
    "date",
    "datetime",
    "format",
    "glob",
    "group_concat",
    "highlight",
    "if",
    "ifnull",
    "iif",
    "json",
    "json_array",
    "json_array_insert",
    "json_array_length",
    "json_each",
    "json_error_position",
    "json_extract",
    "json_group_array",
    "json_group_object",
    "json_insert",
    "json_object",
    "json_patch",
    "json_pretty",
    "json_quote",
    "json_remove",
    "json_replace",
    "json_set",
    "json_tree",
    "json_type",
    "json_valid",
    "jsonb",
    "jsonb_array",
    "jsonb_array_insert",
    "jsonb_each",
    "jsonb_extract",
    "jsonb_group_array",
    "jsonb_group_object",
    "jsonb_insert",
    "jsonb_object",
    "jsonb_patch",
    "jsonb_remove",
    "jsonb_replace",
    "jsonb_set",
    "jsonb_tree",
    "julianday",
    "like",
    "likelihood",
    "likely",
    "log2",
    "median",
    "percentile",
    "percentile_cont",
    "percentile_disc",
    "pragma_collation_list",
    "pragma_compile_options",
    "pragma_database_list",
    "pragma_foreign_key_check",
    "pragma_foreign_key_list",
    "pragma_foreign_keys",
    "pragma_function_list",
    "pragma_index_info",
    "pragma_index_list",
    "pragma_index_xinfo",
    "pragma_integrity_check",
    "pragma_legacy_alter_table",
    "pragma_module_list",
    "pragma_pragma_list",
    "pragma_quick_check",
    "pragma_table_info",
    "pragma_table_list",
    "pragma_table_xinfo",
    "printf",
    "quote",
    "raise",
    "random",
    "randomblob",
    "sinh",
    "snippet",
    "soundex",
    "sqlite_compileoption_get",
    "sqlite_compileoption_used",
    "sqlite_offset",
    "sqlite_source_id",
    "sqlite_version",
    "strftime",
    "string_agg",
    "subtype",
    "tanh",
    "time",
    "timediff",
    "total",
    "trunc",
    "typeof",
    "unhex",
    "unicode",
    "unistr",
    "unistr_quote",
    "unixepoch",
    "unlikely",
    "zeroblob",
    "concat",
];
