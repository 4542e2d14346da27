//! SQLite's enforcement of foreign keys, and the rows that violate them.

use std::fmt;

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement};
use seachange_graph::error::quoted;
use serde::de::DeserializeOwned;

/// Rows of a table that violate a foreign key, or a foreign key that cannot be checked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ForeignKeyViolation {
    /// The table that has the foreign key.
    pub table: String,
    /// The referenced table; empty when it is unknown.
    pub parent: String,
    /// The columns of the foreign key.
    pub columns: Vec<String>,
    /// The kind of the violation.
    pub problem: ViolationKind,
}

/// The kind of a violation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ViolationKind {
    /// Rows refer to rows that do not exist.
    Orphans {
        /// The number of such rows.
        count: i64,
        /// The `rowid` of the first such row, unless the table has no `rowid`.
        example: Option<i64>,
    },
    /// The referenced columns are missing or not unique. The text is SQLite's message.
    Mismatch(String),
}

impl fmt::Display for ForeignKeyViolation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, parent, columns, .. } = self;
        match &self.problem {
            ViolationKind::Mismatch(message) => formatter.write_str(message),
            ViolationKind::Orphans { count, example } => {
                let columns = quoted(columns);
                let rows = if *count == 1 {
                    format!("1 row of `{table}` refers")
                } else {
                    format!("{count} rows of `{table}` refer")
                };
                write!(formatter, "{rows} in {columns} to rows that `{parent}` does not have")?;
                match example {
                    Some(rowid) => write!(formatter, " (first: rowid {rowid})"),
                    None => Ok(()),
                }
            }
        }
    }
}

impl ForeignKeyViolation {
    fn count(&self) -> i64 {
        match self.problem {
            ViolationKind::Orphans { count, .. } => count,
            ViolationKind::Mismatch(_) => i64::MAX,
        }
    }

    fn is_same_key(&self, other: &Self) -> bool {
        self.table.eq_ignore_ascii_case(&other.table) && self.parent.eq_ignore_ascii_case(&other.parent)
    }
}

/// Returns whether SQLite enforces foreign keys on this connection.
pub(crate) async fn foreign_keys_on(connection: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let row = connection.query_one_raw(sqlite("PRAGMA foreign_keys")).await?;
    Ok(row.map(|row| row.try_get_by_index::<i32>(0)).transpose()? == Some(1))
}

/// Switches the enforcement of foreign keys on this connection on or off. Inside a transaction SQLite ignores this.
pub(crate) async fn set_foreign_keys(connection: &impl ConnectionTrait, on: bool) -> Result<(), DbErr> {
    let pragma = if on { "PRAGMA foreign_keys = ON" } else { "PRAGMA foreign_keys = OFF" };
    connection.execute_unprepared(pragma).await.map(|_| ())
}

/// Finds every row of the database that violates a foreign key, one value for each table and key.
pub(crate) async fn foreign_key_violations(
    connection: &impl ConnectionTrait,
) -> Result<Vec<ForeignKeyViolation>, DbErr> {
    let all = "SELECT name AS key, name AS value FROM main.sqlite_schema WHERE type = 'table'";
    match check(connection, sqlite(&format!("SELECT {}", violations_from(all)))).await {
        Err(error) if is_mismatch(&error) => {}
        checked => return checked,
    }
    let tables = "SELECT DISTINCT t.name FROM main.sqlite_schema t, pragma_foreign_key_list(t.name, 'main') \
                  WHERE t.type = 'table' ORDER BY t.name";
    let rows = connection.query_all_raw(sqlite(tables)).await?;
    let names: Result<Vec<String>, _> = rows.iter().map(|row| row.try_get_by_index(0)).collect();
    violations_of_each(connection, &names?).await
}

/// Finds the rows of some tables that violate a foreign key, table by table, because a foreign key of one of them cannot be
/// checked.
pub(super) async fn violations_of_each(
    connection: &impl ConnectionTrait,
    tables: &[String],
) -> Result<Vec<ForeignKeyViolation>, DbErr> {
    let mut found = Vec::new();
    for table in tables {
        match check(connection, violations_and(std::slice::from_ref(table), &[])?).await {
            Ok(violations) => found.extend(violations),
            // A broken key elsewhere must not block a migration, so it is reported as a violation and not as an error.
            Err(error) if is_mismatch(&error) => found.push(mismatch(table, &error)),
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// Whether SQLite says of a foreign key that its referenced columns are missing or not unique.
pub(super) fn is_mismatch(error: &DbErr) -> bool {
    error.to_string().contains("foreign key mismatch")
}

/// Returns the violations in `after` that `before` does not have, or has for fewer rows.
pub(crate) fn new_violations(
    before: &[ForeignKeyViolation],
    after: Vec<ForeignKeyViolation>,
) -> Vec<ForeignKeyViolation> {
    let count = |all: &[ForeignKeyViolation], key: &ForeignKeyViolation| {
        let same = all.iter().filter(|other| other.is_same_key(key));
        same.fold(0_i64, |sum, other| sum.saturating_add(other.count()))
    };
    let is_new: Vec<bool> = after.iter().map(|key| count(&after, key) > count(before, key)).collect();
    let all = after.into_iter().zip(is_new);
    all.filter_map(|(violation, is_new)| is_new.then_some(violation)).collect()
}

/// Checks foreign keys by a query that returns [`violations_from`] some tables.
async fn check(connection: &impl ConnectionTrait, statement: Statement) -> Result<Vec<ForeignKeyViolation>, DbErr> {
    connection.query_one_raw(statement).await?.map_or(Ok(Vec::new()), |row| violations_in(&row))
}

/// The query of one row that checks the foreign keys of some tables, and returns other values after the violations.
pub(super) fn violations_and(tables: &[String], others: &[String]) -> Result<Statement, DbErr> {
    let names = serde_json::to_string(tables).map_err(|error| DbErr::Json(error.to_string()))?;
    let violations = violations_from("SELECT key, value FROM json_each(?1)");
    let sql = format!("SELECT {}", [&[violations], others].concat().join(", "));
    Ok(Statement::from_sql_and_values(sea_orm::DbBackend::Sqlite, sql, [names.into()]))
}

/// The expression that checks the foreign keys of the tables whose order and names a query returns as `key` and `value`.
fn violations_from(tables: &str) -> String {
    format!(
        "(SELECT json_group_array(json_array(\"table\", parent, rows, example, json(columns))) FROM (\
         SELECT t.value AS \"table\", c.parent, count(*) AS rows, min(c.rowid) AS example, \
         (SELECT json_group_array(\"from\") FROM pragma_foreign_key_list(t.value, 'main') WHERE id = c.fkid) AS columns \
         FROM ({tables}) t, pragma_foreign_key_check(t.value, 'main') c \
         GROUP BY t.key, c.fkid, c.parent ORDER BY t.key, c.fkid))"
    )
}

/// The table, the parent, the number of rows, the first one, and the columns, in a value of [`violations_from`].
type ViolationRow = (String, String, i64, Option<i64>, Vec<String>);

/// The violations in the first column of a row.
pub(super) fn violations_in(row: &QueryResult) -> Result<Vec<ForeignKeyViolation>, DbErr> {
    let violations: Vec<ViolationRow> = json_value(row, 0)?;
    let orphans = |(table, parent, count, example, columns): ViolationRow| ForeignKeyViolation {
        table,
        parent,
        columns,
        problem: ViolationKind::Orphans { count, example },
    };
    Ok(violations.into_iter().map(orphans).collect())
}

/// Reads a value that a query returns as JSON.
pub(super) fn json_value<T: DeserializeOwned>(row: &QueryResult, column: usize) -> Result<T, DbErr> {
    let text: String = row.try_get_by_index(column)?;
    serde_json::from_str(&text).map_err(|error| DbErr::Json(error.to_string()))
}

fn mismatch(table: &str, error: &DbErr) -> ForeignKeyViolation {
    ForeignKeyViolation {
        table: table.to_owned(),
        parent: String::new(),
        columns: Vec::new(),
        problem: ViolationKind::Mismatch(crate::database_error::reason(error)),
    }
}

fn sqlite(sql: &str) -> Statement {
    Statement::from_string(sea_orm::DbBackend::Sqlite, sql)
}
