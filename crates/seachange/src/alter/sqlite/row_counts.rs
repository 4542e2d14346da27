//! Counts rows and violations, to verify that a rebuild lost nothing.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};

use super::snapshot::statement;
use crate::alter::clause::quoted;
use crate::alter::error::AlterError;
use crate::alter::foreign_keys::{
    ForeignKeyViolation, is_mismatch, new_violations, violations_and, violations_in, violations_of_each,
};

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
        let mut taken = Self { tables: tables.to_vec(), rows: Vec::new(), violations: Vec::new() };
        for some in tables.chunks(MOST_COUNTS) {
            taken.add(connection, some).await?;
        }
        Ok(taken)
    }

    /// Counts for some tables, in one statement if their foreign keys can be checked.
    async fn add(&mut self, connection: &impl ConnectionTrait, tables: &[String]) -> Result<(), DbErr> {
        let count = |table: &String| format!("(SELECT count(*) FROM \"main\".{})", quoted(DbBackend::Sqlite, table));
        let counts: Vec<_> = tables.iter().map(count).collect();
        let row = match connection.query_one_raw(violations_and(tables, &counts)?).await {
            Err(error) if is_mismatch(&error) => {
                self.violations.extend(violations_of_each(connection, tables).await?);
                // The first value holds violations, which are known already.
                let sql = format!("SELECT '[]', {}", counts.join(", "));
                connection.query_one_raw(statement(&sql, [])).await?
            }
            row => row?,
        };
        let row = row.ok_or_else(|| DbErr::RecordNotFound("the numbers of rows".to_owned()))?;
        self.violations.extend(violations_in(&row)?);
        for place in 1..=tables.len() {
            self.rows.push(row.try_get_by_index(place)?);
        }
        Ok(())
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
