//! Check constraints.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DbErr};

use super::expression;
use super::scope::{CatalogScope, ServerFlavor};
use super::tables::TablesByName;
use crate::inspect::cells::{RowReader, rows};
use crate::schema::{Check, KeptOptions};
use crate::sql::text::without_parentheses;
use crate::sql::{SqlDialect, significant, tokens};

/// The checks of one database by table.
#[derive(Default)]
pub(super) struct Checks(HashMap<String, Vec<CheckRow>>);

struct CheckRow {
    name: String,
    /// Whether the check belongs to the definition of the column of its name (MariaDB). Such a check has no name of its
    /// own.
    is_of_column: bool,
    clause: String,
    is_enforced: bool,
}

const MARIADB: &str = "SELECT CAST(TABLE_NAME AS CHAR), CAST(CONSTRAINT_NAME AS CHAR), LEVEL = 'Column',
    CAST(CHECK_CLAUSE AS CHAR), 1 = 1
    FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = ? ORDER BY TABLE_NAME, CONSTRAINT_NAME";

const MYSQL: &str =
    "SELECT CAST(t.TABLE_NAME AS CHAR), CAST(c.CONSTRAINT_NAME AS CHAR), 1 = 0, CAST(c.CHECK_CLAUSE AS CHAR),
        t.ENFORCED = 'YES'
    FROM information_schema.CHECK_CONSTRAINTS c JOIN information_schema.TABLE_CONSTRAINTS t
        ON t.CONSTRAINT_SCHEMA = c.CONSTRAINT_SCHEMA AND t.CONSTRAINT_NAME = c.CONSTRAINT_NAME
    WHERE c.CONSTRAINT_SCHEMA = ? AND t.CONSTRAINT_TYPE = 'CHECK' ORDER BY t.TABLE_NAME, c.CONSTRAINT_NAME";

/// Reads the checks.
pub(super) async fn read(
    connection: &impl ConnectionTrait,
    place: &CatalogScope,
    database: &str,
) -> Result<Checks, DbErr> {
    let sql = match place.server {
        ServerFlavor::MariaDb => MARIADB,
        ServerFlavor::MySql => MYSQL,
        ServerFlavor::OldMySql => return Ok(Checks::default()),
    };
    let mut checks = Checks::default();
    for row in rows(connection, sql, [database.into()]).await? {
        let mut cells = RowReader::of(&row);
        let table: String = cells.take()?;
        let found = CheckRow {
            name: cells.take()?,
            is_of_column: cells.take::<i64>()? == 1,
            clause: expression::unescaped(&cells.take::<String>()?),
            is_enforced: cells.take::<i64>()? == 1,
        };
        checks.0.entry(table).or_default().push(found);
    }
    Ok(checks)
}

impl Checks {
    /// The tables with a check as a period of time has it: one column is less than another.
    pub(super) fn of_periods(&self) -> impl Iterator<Item = &String> {
        let compares = |check: &CheckRow| {
            let tokens = tokens(&check.clause, SqlDialect::MySql);
            !check.is_of_column && matches!(significant(&tokens).as_slice(), [_, middle, _] if middle.text == "<")
        };
        self.0.iter().filter(move |(_, checks)| checks.iter().any(compares)).map(|(table, _)| table)
    }

    /// Whether the column has the check that MariaDB adds for `JSON`, which is an alias of `longtext` there.
    pub(super) fn is_json(&self, table: &str, column: &str) -> bool {
        self.0.get(table).is_some_and(|checks| checks.iter().any(|check| check.name == column && check.is_json()))
    }
}

impl CheckRow {
    fn is_json(&self) -> bool {
        let name = self.name.replace('`', "``");
        self.is_of_column && self.clause == format!("json_valid(`{name}`)")
    }
}

/// Adds the checks to the tables, without those that are part of a column's type.
pub(super) fn add(checks: Checks, tables: &mut TablesByName) {
    for (table, checks) in checks.0 {
        let Some(found) = tables.get_mut(&table) else { continue };
        for check in checks {
            let column = found.table.column(&check.name);
            if check.is_json() && column.is_some_and(|column| column.column_type.text == "json") {
                continue;
            }
            let expression = expression::of(without_parentheses(&check.clause, SqlDialect::MySql));
            let name = (!check.is_of_column).then_some(check.name);
            let options = KeptOptions(if check.is_enforced { String::new() } else { "NOT ENFORCED".to_owned() });
            found.table.checks.push(Check { name, expression, options });
        }
    }
}
