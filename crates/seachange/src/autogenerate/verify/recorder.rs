//! Runs statements and records them.

use std::collections::BTreeMap;

use async_trait::async_trait;
use sea_orm::{DbErr, ExecResult, QueryResult, Statement};

use super::schema_names::rewrite_schema_names;
use crate::intercept::{BeginOptions, StatementHandler};
use crate::session::DirectSession;
use crate::sql::{SqlDialect, TokenKind, joined, tokens};

/// A session on the scratch schema, and the statements that were sent to it.
pub(super) struct Recorder {
    pub(super) live: DirectSession,
    pub(super) statements: Vec<String>,
    /// The scratch schemas, by the names of the schemas that they replace.
    pub(super) places: BTreeMap<String, String>,
    /// Whether an alteration omits the statements that only check it, as an offline script does.
    pub(super) is_script: bool,
}

impl Recorder {
    /// Returns the statement with the schemas of the copy, so that it touches no rows outside of the copy.
    fn placed(&self, statement: Statement) -> Statement {
        let statement = Statement { sql: inert(statement.sql), ..statement };
        if self.places.is_empty() {
            return statement;
        }
        Statement { sql: rewrite_schema_names(&statement.sql, &self.places), ..statement }
    }
}

/// The end of a statement that creates an empty materialized view.
pub(super) const WITH_NO_DATA: &str = " WITH NO DATA";

/// Returns a statement of an object that would act by itself, so that it does not: a view that stores rows stays empty,
/// and an event is disabled.
fn inert(sql: String) -> String {
    if sql.starts_with("CREATE MATERIALIZED VIEW") && !sql.ends_with(WITH_NO_DATA) {
        return format!("{sql}{WITH_NO_DATA}");
    }
    let tokens = tokens(&sql, SqlDialect::MySql);
    let mut words = tokens.iter().filter(|token| token.kind == TokenKind::Word);
    let is_event = words.next().is_some_and(|first| first.is_word("create")) && words.any(|word| word.is_word("event"));
    // The state comes before the body.
    let state = tokens.iter().position(|token| token.is_word("enable") || token.is_word("do"));
    match state.filter(|at| is_event && tokens[*at].is_word("enable")) {
        Some(at) => format!("{}DISABLE{}", joined(&tokens[..at]), joined(&tokens[at + 1..])),
        None => sql,
    }
}

#[async_trait]
impl StatementHandler for Recorder {
    fn writes_down(&self) -> bool {
        self.is_script
    }

    async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.statements.push(statement.to_string());
        self.live.execute(self.placed(statement)).await
    }

    async fn query(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.live.query(self.placed(statement)).await
    }

    async fn begin(&mut self, begin: BeginOptions) -> Result<(), DbErr> {
        self.statements.push("BEGIN".to_owned());
        self.live.begin(begin).await
    }

    async fn commit(&mut self) -> Result<(), DbErr> {
        self.statements.push("COMMIT".to_owned());
        self.live.commit().await
    }

    async fn rollback(&mut self) -> Result<(), DbErr> {
        self.statements.push("ROLLBACK".to_owned());
        self.live.rollback().await
    }

    async fn execute_check(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.live.execute(self.placed(statement)).await
    }

    async fn query_check(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.live.query(self.placed(statement)).await
    }
}

#[cfg(test)]
mod tests {
    use super::inert;

    #[test]
    fn nothing_acts_by_itself_in_a_copy() {
        let check = |sql: &str, expected: &str| assert_eq!(inert(sql.to_owned()), expected);
        check("CREATE MATERIALIZED VIEW v AS SELECT 1", "CREATE MATERIALIZED VIEW v AS SELECT 1 WITH NO DATA");
        check(
            "CREATE MATERIALIZED VIEW v AS SELECT 1 WITH NO DATA",
            "CREATE MATERIALIZED VIEW v AS SELECT 1 WITH NO DATA",
        );
        check(
            "CREATE DEFINER=`a`@`%` EVENT `enable` ON SCHEDULE EVERY 1 DAY ENABLE DO SET @enable = 1",
            "CREATE DEFINER=`a`@`%` EVENT `enable` ON SCHEDULE EVERY 1 DAY DISABLE DO SET @enable = 1",
        );
        check("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO enable", "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO enable");
        check("ALTER TABLE t ENABLE TRIGGER x", "ALTER TABLE t ENABLE TRIGGER x");
    }
}
