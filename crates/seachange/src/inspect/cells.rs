//! Rows of catalogue queries, read from left to right.

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement, TryGetable, Value};

/// The unread values of a row.
pub(super) struct RowReader<'r> {
    row: &'r QueryResult,
    position: usize,
}

impl<'r> RowReader<'r> {
    pub(super) fn of(row: &'r QueryResult) -> Self {
        Self { row, position: 0 }
    }

    /// Reads the next value.
    pub(super) fn take<T: TryGetable>(&mut self) -> Result<T, DbErr> {
        let value = self.row.try_get_by_index(self.position);
        self.position += 1;
        value
    }
}

/// Runs a catalogue query.
pub(super) async fn rows(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<QueryResult>, DbErr> {
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
    connection.query_all_raw(statement).await
}
