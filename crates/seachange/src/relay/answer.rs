//! Answers that come from no database.

use std::collections::BTreeMap;

use sea_orm::{DbBackend, DbErr, ExecResult, MockDatabase, MockDatabaseTrait, MockExecResult, QueryResult};
use sea_orm::{Statement, Value};

/// What a statement that ran before came to.
pub(crate) fn executed(rows_affected: u64, last_insert_id: u64) -> Result<ExecResult, DbErr> {
    let result = MockExecResult { last_insert_id, rows_affected };
    let mut answers = MockDatabase::new(DbBackend::Sqlite).append_exec_results([result]);
    answers.execute(0, nothing())
}

/// A row of one column.
pub(crate) fn row(column: &str, value: Value) -> Result<Vec<QueryResult>, DbErr> {
    let row = BTreeMap::from([(column.to_owned(), value)]);
    let mut answers = MockDatabase::new(DbBackend::Sqlite).append_query_results([[row]]);
    answers.query(0, nothing())
}

/// SeaORM wants to see a statement before it answers.
fn nothing() -> Statement {
    Statement::from_string(DbBackend::Sqlite, "")
}
