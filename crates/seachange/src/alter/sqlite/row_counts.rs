//! Counts rows and violations, to verify that a rebuild lost nothing.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};

use super::snapshot::statement;
use crate::alter::clause::quoted;
use crate::alter::error::AlterError;
use crate::alter::foreign_keys::{ForeignKeyViolation, new_violations, violations_of};

/// The rows and violations of some tables.
#[derive(Debug)]
pub(super) struct RowCounts {
    tables: Vec<String>,
    rows: Vec<i64>,
    violations: Vec<ForeignKeyViolation>,
}

impl RowCounts {
    /// Counts the rows of the tables, and the violations of their foreign keys.
    pub(super) async fn take(connection: &impl ConnectionTrait, tables: &[String]) -> Result<Self, DbErr> {
        let mut rows = Vec::new();
        for some in tables.chunks(MOST_COUNTS) {
            rows.extend(counts(connection, some).await?);
        }
        Ok(Self { tables: tables.to_vec(), rows, violations: violations_of(connection, tables).await? })
    }

    /// Returns the number of rows in the first table.
    pub(super) fn rows(&self) -> i64 {
        self.rows.first().copied().unwrap_or_default()
    }

    /// Counts again, and fails when rows are missing or violations are new. `altered` is the table that was rebuilt.
    pub(super) async fn require_same(
        &self,
        connection: &impl ConnectionTrait,
        altered: &str,
    ) -> Result<(), AlterError> {
        let now = Self::take(connection, &self.tables).await?;
        let counts = self.rows.iter().zip(&now.rows);
        for (table, (&before, &after)) in self.tables.iter().zip(counts) {
            if before != after {
                return Err(AlterError::RowsChanged { table: table.clone(), before, after });
            }
        }
        let violations = new_violations(&self.violations, now.violations);
        if violations.is_empty() {
            return Ok(());
        }
        Err(AlterError::Violations { table: altered.to_owned(), violations })
    }
}

/// How many tables one statement counts at most. SQLite has a limit for the columns of a result, 2,000 by default.
const MOST_COUNTS: usize = 500;

/// Counts the rows of some tables, in one statement.
async fn counts(connection: &impl ConnectionTrait, tables: &[String]) -> Result<Vec<i64>, DbErr> {
    let count = |table: &String| format!("(SELECT count(*) FROM \"main\".{})", quoted(DbBackend::Sqlite, table));
    let sql = format!("SELECT {}", tables.iter().map(count).collect::<Vec<_>>().join(", "));
    let row = connection.query_one_raw(statement(&sql, [])).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound("the numbers of rows".to_owned()))?;
    (0..tables.len()).map(|place| row.try_get_by_index(place)).collect()
}
