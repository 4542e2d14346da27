//! Results that come from no database.

use sea_orm::{DbBackend, DbErr, ExecResult, MockDatabase, MockDatabaseTrait, MockExecResult, Statement};

/// The result of a statement that ran before.
pub(crate) fn executed(rows_affected: u64, last_insert_id: u64) -> Result<ExecResult, DbErr> {
    let result = MockExecResult { last_insert_id, rows_affected };
    let mut answers = MockDatabase::new(DbBackend::Sqlite).append_exec_results([result]);
    answers.execute(0, nothing())
}

/// A statement for SeaORM's mock, which requires one to produce a result.
fn nothing() -> Statement {
    Statement::from_string(DbBackend::Sqlite, "")
}
