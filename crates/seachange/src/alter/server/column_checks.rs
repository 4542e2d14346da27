//! The checks that MariaDB stores in the definition of a column. `MODIFY COLUMN` replaces the definition, and so would
//! lose them.

use std::collections::BTreeMap;

use sea_orm::sea_query::TableName;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, Value};

use super::deferred_names;
use crate::alter::clause::{quoted, quoted_table};
use crate::alter::default_name;
use crate::alter::offline_scope::Recording;
use crate::alter::operation::{AlterOperation, text};
use crate::sql::{SqlDialect, TokenKind, joined, tokens};

/// What happens to the checks of columns.
#[derive(Debug, Default)]
pub(super) struct ColumnChecks {
    /// The conditions of checks that stay, by the column in lower case.
    kept: BTreeMap<String, String>,
    /// The definitions of columns without their checks, by the names of the checks to drop; empty if the column is dropped
    /// too.
    dropped: BTreeMap<String, String>,
    /// Whether the server finds them when the statement runs.
    is_left_to_server: bool,
}

impl ColumnChecks {
    /// Queries the server, if one of the changes replaces the definition of a column or drops a check.
    pub(super) async fn read(
        connection: &impl ConnectionTrait,
        table: &TableName,
        operations: &[AlterOperation],
    ) -> Result<Self, DbErr> {
        let is_concerned = |operation: &AlterOperation| {
            matches!(operation, AlterOperation::ModifyColumn { .. } | AlterOperation::DropCheck(_))
        };
        if !operations.iter().any(is_concerned) || !is_mariadb(connection).await? {
            return Ok(Self::default());
        }
        let conditions = conditions(connection, table).await?;
        let definition = if conditions.is_empty() { String::new() } else { definition(connection, table).await? };
        let mut checks = Self::default();
        for (column, condition) in conditions {
            let dropped = operations.iter().find_map(|operation| match operation {
                AlterOperation::DropCheck(name) if is_named(name, table, &condition) => Some(name),
                _ => None,
            });
            let ends_with_column = operations.iter().any(
                |operation| matches!(operation, AlterOperation::DropColumn(name) if name.eq_ignore_ascii_case(&column)),
            );
            let without_check = match ends_with_column {
                true => Some(String::new()),
                false => without_check(&definition, &column),
            };
            match (dropped, without_check) {
                (Some(name), Some(definition)) => drop(checks.dropped.insert(name.clone(), definition)),
                _ => drop(checks.kept.insert(column.to_lowercase(), condition)),
            }
        }
        Ok(checks)
    }

    /// Leaves it to the server to find the checks, where a database may have some.
    pub(super) fn left_to_server(recording: Recording) -> Self {
        Self { is_left_to_server: recording == Recording::AnyDatabase, ..Self::default() }
    }

    /// The clause with the check of a column that a new definition has to repeat; empty without one.
    pub(super) fn clause(&self, column: &str) -> String {
        if self.is_left_to_server {
            return deferred_names::place_of_check(column);
        }
        let kept = self.kept.get(&column.to_lowercase());
        kept.map_or_else(String::new, |condition| format!(" CHECK ({condition})"))
    }

    /// The definition of a column without the check of this name; empty if the column is dropped too.
    pub(super) fn dropped(&self, check: &str) -> Option<&str> {
        self.dropped.get(check).map(String::as_str)
    }
}

/// The columns of the current database that have checks in their definitions, as table and column; empty on MySQL, which
/// has no such checks.
///
/// # Errors
///
/// The error of a query.
#[cfg(feature = "mysql")]
pub(crate) async fn columns_with_checks(connection: &impl ConnectionTrait) -> Result<Vec<[String; 2]>, DbErr> {
    if !is_mariadb(connection).await? {
        return Ok(Vec::new());
    }
    let found = column_checks(connection, None, None).await?;
    Ok(found.into_iter().map(|ColumnCheck { table, column, .. }| [table, column]).collect())
}

/// Whether a server is MariaDB, which SeaORM does not distinguish from MySQL.
///
/// # Errors
///
/// The error of the query.
pub(crate) async fn is_mariadb(connection: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let version = Statement::from_string(DbBackend::MySql, "SELECT VERSION()");
    let row = connection.query_one_raw(version).await?;
    let version: Option<String> = row.map(|row| row.try_get_by_index(0)).transpose()?;
    Ok(version.is_some_and(|version| version.contains("MariaDB")))
}

/// The conditions of the checks of a table, with their columns.
async fn conditions(connection: &impl ConnectionTrait, table: &TableName) -> Result<Vec<(String, String)>, DbErr> {
    let schema = table.0.as_ref().map(|schema| text(&schema.1));
    let found = column_checks(connection, schema, Some(text(&table.1))).await?;
    Ok(found.into_iter().map(|ColumnCheck { column, condition, .. }| (column, condition)).collect())
}

/// A check in the definition of a column.
struct ColumnCheck {
    #[cfg_attr(not(feature = "mysql"), expect(dead_code, reason = "only a downgrade of MariaDB asks for it"))]
    table: String,
    column: String,
    condition: String,
}

/// The checks in the definitions of columns, of a schema or of the current one, and of a table or of all, except those that
/// MariaDB adds for `JSON`.
async fn column_checks(
    connection: &impl ConnectionTrait,
    schema: Option<String>,
    table: Option<String>,
) -> Result<Vec<ColumnCheck>, DbErr> {
    const CHECKS: &str = "SELECT CAST(TABLE_NAME AS CHAR), CAST(CONSTRAINT_NAME AS CHAR), CAST(CHECK_CLAUSE AS CHAR) \
                          FROM information_schema.CHECK_CONSTRAINTS WHERE LEVEL = 'Column' \
                          AND CONSTRAINT_SCHEMA = COALESCE(?, DATABASE())";
    let of_table = if table.is_some() { " AND TABLE_NAME = ?" } else { "" };
    let values = [Value::from(schema)].into_iter().chain(table.map(Value::from));
    let checks = Statement::from_sql_and_values(DbBackend::MySql, format!("{CHECKS}{of_table}"), values);
    let mut found = Vec::new();
    for row in connection.query_all_raw(checks).await? {
        let [table, column, condition]: [String; 3] =
            [row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?];
        if condition != format!("json_valid({})", quoted(DbBackend::MySql, &column)) {
            found.push(ColumnCheck { table, column, condition });
        }
    }
    Ok(found)
}

async fn definition(connection: &impl ConnectionTrait, table: &TableName) -> Result<String, DbErr> {
    let sql = format!("SHOW CREATE TABLE {}", quoted_table(DbBackend::MySql, table));
    let row = connection.query_one_raw(Statement::from_string(DbBackend::MySql, sql)).await?;
    row.map_or_else(|| Ok(String::new()), |row| row.try_get_by_index(1))
}

/// Whether an unnamed check with this condition is called so: by the name that PostgreSQL would give it.
fn is_named(name: &str, table: &TableName, condition: &str) -> bool {
    let mut columns: Vec<String> = Vec::new();
    for token in tokens(condition, SqlDialect::MySql) {
        let column = token.name().filter(|_| token.kind == TokenKind::QuotedName).map(|name| name.into_owned());
        columns.extend(column.filter(|column| !columns.contains(column)));
    }
    default_name::check(&text(&table.1), &columns).eq_ignore_ascii_case(name)
}

/// The definition of a column in the text of its table, without its check.
fn without_check(table: &str, column: &str) -> Option<String> {
    let name = format!("{} ", quoted(DbBackend::MySql, column));
    let line = table.lines().map(str::trim_start).find(|line| line.starts_with(&name))?;
    let line = line.trim_end().trim_end_matches(',');
    let tokens = tokens(line, SqlDialect::MySql);
    let (mut depth, mut start) = (0_usize, None);
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::Open => depth += 1,
            TokenKind::Close => depth = depth.saturating_sub(1),
            _ if depth == 0 && start.is_none() && token.is_word("check") => start = Some(at),
            _ => {}
        }
        if let (0, TokenKind::Close, Some(start)) = (depth, token.kind, start) {
            let rest = joined(&tokens[at + 1..]);
            return Some(format!("{}{rest}", joined(&tokens[..start]).trim_end()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::without_check;

    #[test]
    fn the_check_of_a_column_is_removed() {
        let table = "CREATE TABLE `t` (
  `a` varchar(9) NOT NULL DEFAULT ' CHECK (1)' CHECK (`a` <> ')' and (`a` > '')),
  `b``c` int(11) DEFAULT (1 + (2)) COMMENT ' CHECK (3)',
  `d` int(11) CHECK (`d` > 0) COMMENT 'x',
  CONSTRAINT `e` CHECK (`a` > 0)
) ENGINE=InnoDB";
        assert_eq!(without_check(table, "a").as_deref(), Some("`a` varchar(9) NOT NULL DEFAULT ' CHECK (1)'"));
        assert_eq!(without_check(table, "b`c"), None);
        assert_eq!(without_check(table, "d").as_deref(), Some("`d` int(11) COMMENT 'x'"));
        assert_eq!(without_check(table, "e"), None);
    }
}
