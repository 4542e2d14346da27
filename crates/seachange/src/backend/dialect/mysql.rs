//! Scripts for the clients of MySQL and MariaDB.

use std::collections::BTreeSet;

use sea_orm::sea_query::{Expr, MysqlQueryBuilder};
use sea_orm::{DbBackend, Value};

use super::{Dialect, common};
use crate::sql::{SessionState, SqlDialect, StatementFacts};

pub(super) struct MySqlDialect;

/// The delimiters for a statement that contains semicolons; the first that does not occur in it is used.
const DELIMITERS: [&str; 4] = ["//", "$$", "||", ";;;;"];

/// Settings that the preamble of a script sets.
const IN_PREAMBLE: [&str; 6] = ["names", "character_set", "sql_mode", "time_zone", "database", "use"];

/// Those of them that are no variables with a default.
const WITHOUT_DEFAULT: [&str; 4] = ["names", "character_set", "database", "use"];

impl Dialect for MySqlDialect {
    fn backend(&self) -> DbBackend {
        DbBackend::MySql
    }

    fn instructions(&self) -> &'static [&'static str] {
        &[
            "Run it as `mariadb DATABASE < FILE` or `mysql DATABASE < FILE`, which stop at the first error. What a revision did",
            "before an error stays; the record says then that the revision was begun, and `status` names it.",
        ]
    }

    /// No statement resets a session: each setting that the text changes gets its default, its variables get none, and its
    /// temporary tables are dropped. The preamble follows, which builds on the defaults.
    fn reset(&self, facts: &[StatementFacts]) -> Vec<String> {
        let is_name = |name: &&String| name.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_');
        let is_plain = |name: &&String| !WITHOUT_DEFAULT.contains(&name.as_str());
        let (mut settings, mut others, mut is_in_preamble) = (BTreeSet::new(), BTreeSet::new(), false);
        for state in facts.iter().flat_map(|facts| &facts.session_writes) {
            match state {
                SessionState::Setting(name) => {
                    is_in_preamble |= IN_PREAMBLE.contains(&name.as_str());
                    settings.extend(Some(name).filter(is_name).filter(is_plain));
                }
                SessionState::Variable(name) | SessionState::Temporary(name) if super::is_own(name) => {}
                SessionState::Variable(name) if is_name(&name) => {
                    others.insert(format!("SET @{name} = NULL"));
                }
                SessionState::Temporary(name) => {
                    let quoted: Vec<String> =
                        name.split('.').map(|part| format!("`{}`", part.replace('`', "``"))).collect();
                    others.insert(format!("DROP TEMPORARY TABLE IF EXISTS {}", quoted.join(".")));
                }
                _ => {}
            }
        }
        let settings = settings.into_iter().map(|name| format!("SET SESSION {name} = DEFAULT"));
        let names = is_in_preamble.then(|| "SET NAMES DEFAULT".to_owned());
        others.into_iter().chain(settings).chain(names).collect()
    }

    /// The settings that SQLx makes for every connection. A backslash in a string has to escape, which a server may
    /// disable.
    /// The session has to use the database whose record the script writes.
    fn preamble(&self, schema: Option<&str>) -> Vec<String> {
        let mode = "REPLACE(CONCAT(@@sql_mode, ',PIPES_AS_CONCAT,NO_ENGINE_SUBSTITUTION'), 'NO_BACKSLASH_ESCAPES', '')";
        let place = schema.map(|schema| format!("USE `{}`", schema.replace('`', "``")));
        let session = [
            "SET NAMES utf8mb4".to_owned(),
            format!("SET sql_mode = (SELECT {mode})"),
            "SET time_zone = '+00:00'".to_owned(),
        ];
        place.into_iter().chain(session).collect()
    }

    fn begin(&self) -> &'static str {
        "START TRANSACTION"
    }

    fn now(&self) -> Expr {
        Expr::cust("UTC_TIMESTAMP(3)")
    }

    /// The client splits at every semicolon, also inside the body of a trigger.
    fn wrap(&self, statement: String, has_inner_end: bool) -> String {
        if !has_inner_end {
            return statement;
        }
        let is_free = |delimiter: &&str| !statement.contains(*delimiter);
        let delimiter = DELIMITERS.into_iter().find(is_free).unwrap_or(DELIMITERS[0]);
        let statement = statement.trim_end_matches(';');
        format!("DELIMITER {delimiter}\n{statement}\n{delimiter}\nDELIMITER ;")
    }

    fn grammar(&self) -> SqlDialect {
        SqlDialect::MySql
    }

    /// A timestamp is in UTC, without an offset; a UUID is 16 bytes.
    fn literal(&self, value: &Value) -> Result<String, &'static str> {
        let moment = match value {
            Value::ChronoDateTimeUtc(Some(moment)) => moment.naive_utc(),
            Value::ChronoDateTimeLocal(Some(moment)) => moment.naive_utc(),
            Value::ChronoDateTimeWithTimeZone(Some(moment)) => moment.naive_utc(),
            Value::Uuid(Some(uuid)) => return common(&MysqlQueryBuilder, &uuid.as_bytes().to_vec().into()),
            Value::TimeDateTimeWithTimeZone(Some(_)) => return Err("a moment of the crate `time` is not written yet"),
            value => return common(&MysqlQueryBuilder, value),
        };
        common(&MysqlQueryBuilder, &moment.into())
    }
}
