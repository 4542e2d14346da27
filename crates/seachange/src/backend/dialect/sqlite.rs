//! Scripts for SQLite's command line.

use chrono::SecondsFormat;
use sea_orm::sea_query::{Expr, SqliteQueryBuilder};
use sea_orm::{DbBackend, Value};

use super::{Dialect, Quoting, Rebuild, common};

pub(super) struct Sqlite;

impl Dialect for Sqlite {
    fn backend(&self) -> DbBackend {
        DbBackend::Sqlite
    }

    fn instructions(&self) -> &'static [&'static str] {
        &[
            "Run it as `sqlite3 -bail DATABASE < FILE`: with `-bail` it stops at the first error, and rolls that revision back.",
        ]
    }

    /// The command line does not enforce foreign keys unless it is told to; the engine does.
    fn preamble(&self, _schema: Option<&str>) -> Vec<String> {
        vec!["PRAGMA foreign_keys = ON".to_owned()]
    }

    fn begin(&self) -> &'static str {
        "BEGIN IMMEDIATE"
    }

    /// As the engine writes moments, so that texts compare as times do.
    fn now(&self) -> Expr {
        Expr::cust("strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')")
    }

    /// A table that falls would first delete its rows, and those of its children with them; inside a transaction the switch
    /// does nothing.
    fn rebuild(&self) -> Option<Rebuild> {
        Some(Rebuild {
            off: "PRAGMA foreign_keys = OFF",
            check: "PRAGMA foreign_key_check",
            expected: &[
                "This lists rows that refer to nothing. It should print nothing but what it printed before this script; if it",
                "prints more, roll back instead of going on.",
            ],
            on: "PRAGMA foreign_keys = ON",
        })
    }

    fn quoting(&self) -> Quoting {
        Quoting { backticks: true, brackets: true, ..Quoting::default() }
    }

    /// Moments are texts here, in the formats of SQLx; an UUID is 16 bytes.
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
