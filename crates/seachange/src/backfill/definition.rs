//! What a backfill does, as data that the database can keep.

use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ConnectionTrait, StatementBuilder};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::table::same_name;
use crate::backend::dialect::{self, with_values};
use crate::error::BackfillError;
use crate::schema::TableName;
use crate::sql::{SqlDialect, Token, quoted_name, significant, tokens};
use crate::store::hexadecimal;

/// What a backfill does. Expressions are SQL of one database system, with their values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Definition {
    schema: Option<String>,
    table: String,
    /// The columns that it sets, each with its expression; none for code.
    pub(super) values: Vec<(String, String)>,
    /// The condition for the rows that it changes.
    pub(super) filter: Option<String>,
    /// For code, the hash of the file that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<String>,
}

impl Definition {
    pub(super) fn new(table: &TableName) -> Self {
        Self { schema: table.schema.clone(), table: table.name.clone(), values: Vec::new(), filter: None, code: None }
    }

    pub(super) fn table(&self) -> TableName {
        TableName { schema: self.schema.clone(), name: self.table.clone() }
    }

    /// The columns that it sets.
    pub(super) fn columns(&self) -> Vec<String> {
        self.values.iter().map(|(column, _)| column.clone()).collect()
    }

    pub(super) fn json(&self) -> String {
        // Strings can always be written as JSON.
        serde_json::to_string(self).unwrap_or_default()
    }

    pub(super) fn hash(&self) -> String {
        hexadecimal(&Sha256::digest(self.json().as_bytes()))
    }

    /// The condition for the rows of a range that it changes.
    pub(super) fn condition(&self, range: &str) -> String {
        match &self.filter {
            Some(filter) => format!("{range} AND ({filter})"),
            None => range.to_owned(),
        }
    }

    /// The statement that changes the rows of a range.
    pub(super) fn update(&self, dialect: SqlDialect, range: &str) -> String {
        format!("{} WHERE {}", self.assignments(dialect), self.condition(range))
    }

    /// The statement that changes all rows.
    pub(super) fn whole(&self, dialect: SqlDialect) -> String {
        let filter = self.filter.as_ref().map(|filter| format!(" WHERE {filter}")).unwrap_or_default();
        self.assignments(dialect) + &filter
    }

    /// The statement without its condition.
    fn assignments(&self, dialect: SqlDialect) -> String {
        let values: Vec<String> =
            self.values.iter().map(|(column, value)| format!("{} = {value}", quoted_name(dialect, column))).collect();
        format!("UPDATE {} SET {}", self.table().quoted_for(dialect), values.join(", "))
    }
}

/// An expression as SQL of the database of a connection, with its values.
pub(crate) fn expression(connection: &impl ConnectionTrait, expression: Expr) -> Result<String, BackfillError> {
    let system = connection.get_database_backend();
    let statement = StatementBuilder::build(&Query::select().expr(expression).take(), &system);
    let unwritable = BackfillError::Unwritable;
    let dialect =
        dialect::of_grammar(SqlDialect::of(system)).ok_or(unwritable("the database system is not built in"))?;
    let text = with_values(dialect, &statement).map_err(unwritable)?;
    let text = text.strip_prefix("SELECT ").unwrap_or(&text);
    Ok(format!("({text})"))
}

/// Orders assignments of MySQL and MariaDB, which compute each one from the values that the ones before it have set: an
/// assignment comes after all that read its column. Where that is impossible, returns the columns.
pub(super) fn in_order(mut values: Vec<(String, String)>) -> Result<Vec<(String, String)>, Vec<String>> {
    let mut ordered = Vec::new();
    while !values.is_empty() {
        let is_read = |index: usize| {
            let others = values.iter().enumerate().filter(|(other, _)| *other != index);
            others.into_iter().any(|(_, (_, value))| reads(value, &values[index].0))
        };
        let Some(next) = (0..values.len()).find(|index| !is_read(*index)) else {
            return Err(values.into_iter().map(|(column, _)| column).collect());
        };
        ordered.push(values.remove(next));
    }
    Ok(ordered)
}

/// Whether an expression has the name of a column.
fn reads(expression: &str, column: &str) -> bool {
    let tokens = tokens(expression, SqlDialect::MySql);
    let tokens = significant(&tokens);
    let is_column = |(index, token): (usize, &Token<'_>)| {
        let is_call = tokens.get(index + 1).is_some_and(|next| next.text == "(");
        !is_call && token.name().is_some_and(|name| same_name(SqlDialect::MySql, &name, column))
    };
    tokens.iter().enumerate().any(is_column)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[(&str, &str)], expected: Result<&[&str], &[&str]>) {
        let values = values.iter().map(|(column, value)| ((*column).to_owned(), (*value).to_owned())).collect();
        let found = in_order(values).map(|values| values.into_iter().map(|(column, _)| column).collect());
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(found, expected.map(owned).map_err(owned));
    }

    #[test]
    fn an_assignment_comes_after_those_that_read_its_column() {
        check(&[("a", "1"), ("b", "a + 1"), ("c", "`B`")], Ok(&["c", "b", "a"]));
        check(&[("a", "a + 1"), ("b", "b")], Ok(&["a", "b"]));
        check(&[("left", "1"), ("b", "LEFT(c, 2)"), ("d", "'left'")], Ok(&["left", "b", "d"]));
        check(&[("a", "b"), ("x", "1"), ("b", "t.a")], Err(&["a", "b"]));
    }
}
