//! Scripts for SQLite's command line.

use std::collections::BTreeSet;

use chrono::SecondsFormat;
use sea_orm::sea_query::{Expr, SqliteQueryBuilder};
use sea_orm::{DbBackend, Value};

use super::{Dialect, RebuildScript, common};
use crate::sql::{SessionState, SqlDialect, StatementFacts};

pub(super) struct SqliteDialect;

/// Settings that change what a later statement does, and that are off in a new session. A rebuild restores another one itself.
const OFF_BY_DEFAULT: [&str; 7] = [
    "case_sensitive_like",
    "foreign_keys",
    "ignore_check_constraints",
    "query_only",
    "recursive_triggers",
    "reverse_unordered_selects",
    "writable_schema",
];

/// A temporary table keeps the number of rows that violate foreign keys. Its check fails when there are more at the end
/// than at the beginning: the error stops the script before it commits.
const REBUILD: RebuildScript = RebuildScript {
    before: &[
        "PRAGMA foreign_keys = OFF",
        "CREATE TEMP TABLE \"seachange_orphans\" (\"before\" integer, \"now\" integer CHECK (\"now\" <= \"before\"))",
        "INSERT INTO \"seachange_orphans\" (\"before\") SELECT count(*) FROM pragma_foreign_key_check",
    ],
    purpose: &[
        "This prints rows that refer to nothing, and should print none; if there are more than before, the script stops",
        "at the statement after it.",
    ],
    check: &[
        "PRAGMA foreign_key_check",
        "UPDATE \"seachange_orphans\" SET \"now\" = (SELECT count(*) FROM pragma_foreign_key_check)",
    ],
    after: &["DROP TABLE \"temp\".\"seachange_orphans\"", "PRAGMA foreign_keys = ON"],
};

impl Dialect for SqliteDialect {
    fn backend(&self) -> DbBackend {
        DbBackend::Sqlite
    }

    fn instructions(&self) -> &'static [&'static str] {
        &[
            "Run it as `sqlite3 -bail DATABASE < FILE`: with `-bail` it stops at the first error, and rolls that revision back.",
        ]
    }

    /// The settings that change what statements do get their defaults, and temporary tables are dropped. The preamble
    /// switches foreign keys on again.
    fn reset(&self, facts: &[StatementFacts]) -> Vec<String> {
        let pragmas = facts.iter().filter_map(|facts| facts.pragma.as_ref()).filter(|pragma| pragma.value.is_some());
        let switched = pragmas.map(|pragma| pragma.name.as_str()).filter(|name| OFF_BY_DEFAULT.contains(name));
        let mut texts: BTreeSet<String> = switched.map(|name| format!("PRAGMA {name} = OFF")).collect();
        for state in facts.iter().flat_map(|facts| &facts.session_writes) {
            if let SessionState::Temporary(name) = state
                && !super::is_own(name)
            {
                let name = name.rsplit('.').next().unwrap_or(name).replace('"', "\"\"");
                texts.insert(format!("DROP TABLE IF EXISTS \"temp\".\"{name}\""));
            }
        }
        texts.into_iter().collect()
    }

    /// The command line enforces foreign keys only when a `PRAGMA` says so; the engine always does.
    fn preamble(&self, _schema: Option<&str>) -> Vec<String> {
        vec!["PRAGMA foreign_keys = ON".to_owned()]
    }

    fn begin(&self) -> &'static str {
        "BEGIN IMMEDIATE"
    }

    /// In the format of the engine, so that texts sort as times do.
    fn now(&self) -> Expr {
        Expr::cust("strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')")
    }

    /// Without the switch, SQLite first deletes the rows of a dropped table, and of the tables that refer to it. Inside
    /// of a transaction, the switch has no effect.
    fn rebuild(&self) -> Option<RebuildScript> {
        Some(REBUILD)
    }

    fn grammar(&self) -> SqlDialect {
        SqlDialect::Sqlite
    }

    /// Timestamps are texts, in the formats of SQLx; a UUID is 16 bytes.
    fn literal(&self, value: &Value) -> Result<String, &'static str> {
        let text = match value {
            Value::ChronoDateTimeUtc(Some(moment)) => moment.to_rfc3339_opts(SecondsFormat::AutoSi, false),
            Value::ChronoDateTimeLocal(Some(moment)) => moment.to_rfc3339_opts(SecondsFormat::AutoSi, false),
            Value::ChronoDateTimeWithTimeZone(Some(moment)) => moment.to_rfc3339_opts(SecondsFormat::AutoSi, false),
            Value::ChronoDateTime(Some(moment)) => moment.format("%F %T%.f").to_string(),
            Value::ChronoTime(Some(time)) => time.format("%T%.f").to_string(),
            Value::Uuid(Some(uuid)) => return common(&SqliteQueryBuilder, &uuid.as_bytes().to_vec().into()),
            Value::String(Some(text)) if text.contains('\0') => return Err("a text with a zero byte ends the script"),
            Value::TimeDate(Some(_))
            | Value::TimeTime(Some(_))
            | Value::TimeDateTime(Some(_))
            | Value::TimeDateTimeWithTimeZone(Some(_)) => return Err("a value of the crate `time` is not written yet"),
            value => return common(&SqliteQueryBuilder, value),
        };
        common(&SqliteQueryBuilder, &text.into())
    }
}
