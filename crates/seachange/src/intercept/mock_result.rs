//! Answers that come from no database.

use sea_orm::{DbBackend, DbErr, ExecResult, MockDatabase, MockDatabaseTrait, MockExecResult, Statement};

/// What a statement that ran before came to.
pub(crate) fn executed(rows_affected: u64, last_insert_id: u64) -> Result<ExecResult, DbErr> {
    let result = MockExecResult { last_insert_id, rows_affected };
    let mut answers = MockDatabase::new(DbBackend::Sqlite).append_exec_results([result]);
    answers.execute(0, nothing())
}

/// SeaORM wants to see a statement before it answers.
fn nothing() -> Statement {
    Statement::from_string(DbBackend::Sqlite, "")
}
