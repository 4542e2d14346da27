//! Columns whose values are converted when rows are copied, and the rows whose values would not survive the conversion.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};

use super::content::{ColumnContent, normal};
use super::copy_columns::CopyColumns;
use super::script_guard::stop_if_any;
use super::snapshot::statement;
use crate::alter::clause::{database_name, literal, quoted};
use crate::alter::error::AlterError;
use crate::alter::offline_scope::{LostValues, counting};
use crate::alter::values_not_kept::{NAMED, ValuesNotKept, shortened};
use crate::sqlite_ddl::column_text::ColumnConstraintKind;
use crate::sqlite_ddl::same;
use crate::sqlite_ddl::table_text::TableText;

const SQLITE: DbBackend = DbBackend::Sqlite;

/// The conversion that `using` states for the values of a column.
#[derive(Debug, Clone)]
pub(super) struct UsingClause {
    pub(super) column: String,
    pub(super) expression: String,
}

/// A column whose content changes in the rebuild.
#[derive(Debug)]
pub(super) struct Conversion {
    column: String,
    /// The declared types.
    from: String,
    to: String,
    /// The contents that the column may have. A value has to match one of them.
    contents: Vec<ColumnContent>,
    /// The expression that is stored instead of the old value.
    using: Option<String>,
}

impl Conversion {
    /// Finds the columns of both tables whose values SQLite may change or that may not match the new type. SQLite
    /// computes the values of a generated column again.
    pub(super) fn between(old: &TableText, new: &TableText, using: &[UsingClause]) -> Vec<Self> {
        let columns = old.columns().filter(|column| !column.has(ColumnConstraintKind::Generated));
        let pairs = columns.filter_map(|from| new.column(&from.name).map(|(_, to)| (from, to)));
        pairs
            .filter_map(|(from, to)| {
                let said = using.iter().rfind(|using| same(&using.column, &from.name));
                let [from_type, to_type] = [&from.type_text, &to.type_text].map(|text| normal(text));
                let [from_content, content] = [(old, &from_type), (new, &to_type)]
                    .map(|(table, text)| ColumnContent::of(text, table.says("STRICT")));
                let contents = match said {
                    None if from_content == content => return None,
                    None => vec![content],
                    // The result of an expression need not have SeaORM's format, for example that of a date.
                    Some(_) => vec![content, ColumnContent::of_affinity(&to_type, new.says("STRICT"))],
                };
                let using = said.map(|using| using.expression.clone());
                Some(Self { column: from.name, from: from_type, to: to_type, contents, using })
            })
            .collect()
    }

    /// Returns whether this converts the values of a column.
    pub(super) fn is_of(&self, column: &str) -> bool {
        same(&self.column, column)
    }

    /// Returns the expression that replaces a column when its rows are copied.
    pub(super) fn expression<'c>(conversions: &'c [Self], column: &str) -> Option<&'c str> {
        conversions.iter().find(|conversion| conversion.is_of(column))?.using.as_deref()
    }

    /// Fails when rows of `table` have a value that would change or would not be of the new type.
    pub(super) async fn require_kept(
        &self,
        connection: &impl ConnectionTrait,
        table: &str,
        contents: &CopyColumns,
    ) -> Result<(), AlterError> {
        if self.contents.contains(&ColumnContent::Anything) {
            return Ok(());
        }
        let sql = format!("SELECT count(*) {}", self.lost(table, &[]));
        let column = quoted(SQLITE, &self.column);
        let value = format!("(+({}))", self.using.as_deref().unwrap_or(&column));
        let values = LostValues {
            table: (None, table.to_owned()),
            column: self.column.clone(),
            condition: format!("({}) IS NOT 1", self.kept(&value)),
        };
        let row = counting(values, connection.query_one_raw(statement(&sql, []))).await?;
        let rows: i64 = row.map_or(Ok(0), |row| row.try_get_by_index(0))?;
        if rows == 0 {
            return Ok(());
        }
        Err(AlterError::ValuesNotKept(Box::new(ValuesNotKept {
            table: table.to_owned(),
            column: self.column.clone(),
            from: self.from.clone(),
            to: self.to.clone(),
            rows,
            key: contents.key().to_vec(),
            keys: self.keys(connection, table, contents).await?,
            is_converted: self.using.is_some(),
            database: database_name(SQLITE),
        })))
    }

    /// Writes the statements that stop an offline script where [`require_kept`](Self::require_kept) would fail.
    pub(super) fn guard(&self, table: &str) -> Vec<String> {
        if self.contents.contains(&ColumnContent::Anything) {
            return Vec::new();
        }
        let reason = format!("values of column {} do not all convert to {}", self.column, self.to);
        stop_if_any(&reason, &self.lost(table, &[]))
    }

    /// Writes the `FROM` and `WHERE` clauses of a query for the rows whose values are not kept. The query may select
    /// `key`.
    fn lost(&self, table: &str, key: &[String]) -> String {
        let column = quoted(SQLITE, &self.column);
        let value = self.using.as_deref().unwrap_or(&column);
        let mut selected: Vec<String> =
            key.iter().enumerate().map(|(at, name)| format!("{} AS \"key {at}\"", quoted(SQLITE, name))).collect();
        // The unary plus removes the affinity, which would convert the value before the comparison.
        selected.push(format!("+({value}) AS \"value\""));
        let (kept, table) = (self.kept("\"value\""), quoted(SQLITE, table));
        format!("FROM (SELECT {} FROM \"main\".{table}) WHERE ({kept}) IS NOT 1", selected.join(", "))
    }

    /// Writes the condition under which a value is kept. It holds for `NULL`.
    fn kept(&self, value: &str) -> String {
        let kept: Vec<_> = self.contents.iter().map(|content| content.keeps(value)).collect();
        kept.join(" OR ")
    }

    /// Returns the keys of the first rows whose values are not kept.
    async fn keys(
        &self,
        connection: &impl ConnectionTrait,
        table: &str,
        contents: &CopyColumns,
    ) -> Result<Vec<String>, DbErr> {
        let key = contents.key();
        if key.is_empty() {
            return Ok(Vec::new());
        }
        let separator = literal(SQLITE, ", ");
        let shown = (0..key.len()).map(|at| format!("quote(\"key {at}\")")).collect::<Vec<_>>();
        let shown = shown.join(&format!(" || {separator} || "));
        let sql = format!("SELECT {shown} {} LIMIT {NAMED}", self.lost(table, key));
        let rows = connection.query_all_raw(statement(&sql, [])).await?;
        rows.iter().map(|row| row.try_get_by_index::<String>(0).map(|key| shortened(&key))).collect()
    }
}
