//! Measures a statement on MySQL and MariaDB: the best algorithm and lock that the server accepts.
//!
//! The server refuses an algorithm or a lock that it cannot use (errors 1845 and 1846) before it changes anything. So the
//! first clause that it accepts is what it uses without a clause.

use std::borrow::Cow;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, Statement};

use super::measured::{StatementImpact, TableCost, TableImpact};
use crate::database_error::mysql_number;
use crate::intercept::StatementHandler;
use crate::session::DirectSession;
use crate::sql::{SqlDialect, StatementFacts, Token, significant, tokens, words};

/// A clause of `ALTER TABLE`, and what it means.
struct Clause {
    algorithm: &'static str,
    lock: Option<&'static str>,
    cost: Option<TableCost>,
}

const fn clause(algorithm: &'static str, lock: Option<&'static str>, cost: Option<TableCost>) -> Clause {
    Clause { algorithm, lock, cost }
}

/// The clauses of MySQL, best first. `INPLACE` may write the table anew or not.
const MYSQL: [Clause; 4] = [
    clause("INSTANT", None, Some(TableCost::Catalogue)),
    clause("INPLACE", Some("NONE"), None),
    clause("INPLACE", Some("SHARED"), None),
    clause("COPY", Some("SHARED"), Some(TableCost::Rewrite)),
];

/// The clauses of MariaDB, best first. `NOCOPY` reads each row at most, for an index.
const MARIADB: [Clause; 7] = [
    clause("INSTANT", None, Some(TableCost::Catalogue)),
    clause("NOCOPY", Some("NONE"), Some(TableCost::Scan)),
    clause("NOCOPY", Some("SHARED"), Some(TableCost::Scan)),
    clause("INPLACE", Some("NONE"), Some(TableCost::Rewrite)),
    clause("INPLACE", Some("SHARED"), Some(TableCost::Rewrite)),
    clause("COPY", Some("NONE"), Some(TableCost::Rewrite)),
    clause("COPY", Some("SHARED"), Some(TableCost::Rewrite)),
];

/// Unknown algorithm or lock; an algorithm or lock that is not supported, without and with a reason.
const REFUSALS: [u16; 4] = [1800, 1801, 1845, 1846];

/// Executes a statement, and records the algorithm and the lock.
pub(super) async fn execute(
    live: &mut DirectSession,
    is_mariadb: bool,
    statement: Statement,
    facts: &[StatementFacts],
    known: &[String],
    impact: &mut StatementImpact,
) -> Result<ExecResult, DbErr> {
    let [facts] = facts else {
        impact.unknown = Some("a text of several statements is not measured".to_owned());
        return live.execute(statement).await;
    };
    let words = words(&facts.text, SqlDialect::MySql);
    let word = |index: usize| words.get(index).map_or("", String::as_str);
    let tables = tables(facts, known);
    let is_alteration = word(0) == "ALTER" && (word(1) == "TABLE" || word(2) == "TABLE");
    let is_index = matches!(word(0), "CREATE" | "DROP") && words.iter().take(4).any(|word| word == "INDEX");
    let says_how = words.iter().any(|word| word == "ALGORITHM" || word == "LOCK");
    if tables.is_empty() || impact.changes_rows || !facts.may_write {
        return live.execute(statement).await;
    }
    if says_how || statement.values.is_some() || !(is_alteration || is_index) {
        let outcome = live.execute(statement).await?;
        match (word(0), says_how) {
            // Each changes the catalogue under an exclusive lock on the table's metadata.
            ("DROP" | "RENAME" | "TRUNCATE" | "CREATE", false) => {
                record(impact, &tables, "exclusive metadata lock", true, Some(TableCost::Catalogue))
            }
            _ => impact.unknown = Some("the algorithm of this statement is not measured".to_owned()),
        }
        return Ok(outcome);
    }
    let clauses: &[Clause] = if is_mariadb { &MARIADB } else { &MYSQL };
    let text = statement.sql.trim_end().trim_end_matches(';');
    for clause in clauses {
        let separator = if is_alteration { ", " } else { " " };
        let with_lock = clause.lock.map_or_else(String::new, |lock| format!("{separator}LOCK={lock}"));
        let text = format!("{text}{separator}ALGORITHM={}{with_lock}", clause.algorithm);
        match live.execute(Statement::from_string(DbBackend::MySql, text)).await {
            Ok(outcome) => {
                let lock = clause.lock.map_or_else(String::new, |lock| format!(", LOCK={lock}"));
                let blocks_writes = clause.lock == Some("SHARED");
                let lock = format!("ALGORITHM={}{lock}", clause.algorithm);
                record(impact, &tables, &lock, blocks_writes, clause.cost);
                return Ok(outcome);
            }
            Err(error) if mysql_number(&error).is_some_and(|number| REFUSALS.contains(&number)) => {}
            Err(_) => break,
        }
    }
    let outcome = live.execute(statement).await?;
    impact.unknown = Some("the server accepts no algorithm for this statement by name".to_owned());
    Ok(outcome)
}

fn record(impact: &mut StatementImpact, tables: &[String], lock: &str, blocks_writes: bool, cost: Option<TableCost>) {
    impact.tables.extend(tables.iter().map(|table| TableImpact {
        table: table.clone(),
        lock: lock.to_owned(),
        blocks_reads: lock.starts_with("exclusive"),
        blocks_writes,
        cost,
    }));
}

/// The known tables that a statement names.
fn tables(facts: &StatementFacts, known: &[String]) -> Vec<String> {
    let tokens = tokens(&facts.text, SqlDialect::MySql);
    let named: Vec<_> = tokens.iter().filter_map(Token::name).collect();
    known.iter().filter(|table| named.iter().any(|name| name == *table)).cloned().collect()
}

/// Why statements may reach another database than that of the connection: they name one before a point, or change to it.
pub(super) async fn other_database(
    connection: &DatabaseConnection,
    facts: &[StatementFacts],
) -> Result<Option<String>, DbErr> {
    const OTHERS: &str = "SELECT CAST(SCHEMA_NAME AS CHAR) AS name FROM information_schema.SCHEMATA
        WHERE SCHEMA_NAME <> DATABASE() AND SCHEMA_NAME NOT IN ('information_schema', 'performance_schema')";
    let suspects: Vec<String> = facts.iter().flat_map(qualifiers).collect();
    if suspects.is_empty() {
        return Ok(None);
    }
    for row in connection.query_all_raw(Statement::from_string(DbBackend::MySql, OTHERS)).await? {
        let name: String = row.try_get("", "name")?;
        if suspects.iter().any(|suspect| suspect.eq_ignore_ascii_case(&name)) {
            return Ok(Some(format!("a statement names the database `{name}`, which the copy does not stand for")));
        }
    }
    Ok(None)
}

/// The names before a point, and the name after `USE`.
fn qualifiers(facts: &StatementFacts) -> Vec<String> {
    let tokens = significant(&tokens(&facts.text, SqlDialect::MySql));
    let is_qualifier = |index: usize| {
        tokens.get(index + 1).is_some_and(|token| token.text == ".") || index == 1 && tokens[0].is_word("USE")
    };
    let found = tokens.iter().enumerate().filter(|(index, _)| is_qualifier(*index));
    found.filter_map(|(_, token)| token.name().map(Cow::into_owned)).collect()
}
