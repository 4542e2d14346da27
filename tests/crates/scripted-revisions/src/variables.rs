//! What reads have stored, and its place in statements.

use std::collections::BTreeMap;

use seachange::prelude::sea_orm::{self, DbBackend, Statement};
use serde_json::Value;

/// The variables of one revision.
#[derive(Debug, Clone, Default)]
pub(crate) struct Variables(BTreeMap<String, Value>);

impl Variables {
    pub(crate) fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// The value of a variable; null for a variable that does not exist.
    pub(crate) fn get(&self, name: &str) -> Value {
        self.0.get(name).cloned().unwrap_or_default()
    }

    /// A value of the file: itself, or that of the variable that it names.
    pub(crate) fn resolve(&self, value: &Value) -> Value {
        match value.as_str().and_then(|text| text.strip_prefix('$')) {
            Some(name) => self.get(name),
            None => value.clone(),
        }
    }

    /// Whether a variable is neither null, 0, empty nor false.
    pub(crate) fn is_true(&self, name: &str) -> bool {
        !["NULL", "", "0", "false"].contains(&text(&self.get(name)).as_str())
    }

    /// Replaces `{name}` by the value of the variable, for each variable that there is.
    pub(crate) fn fill(&self, template: &str) -> String {
        let replace = |filled: String, (name, value): (&String, &Value)| {
            filled.replace(&format!("{{{name}}}"), &text(value))
        };
        self.0.iter().fold(template.to_owned(), replace)
    }

    /// A statement with its bound values.
    pub(crate) fn statement(&self, backend: DbBackend, sql: &str, values: &[Value]) -> Statement {
        let sql = placeholders(backend, &self.fill(sql));
        let values = values.iter().map(|value| bound(&self.resolve(value)));
        Statement::from_sql_and_values(backend, sql, values)
    }
}

/// How a value stands in a text.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn bound(value: &Value) -> sea_orm::Value {
    match value {
        Value::Bool(value) => (*value).into(),
        Value::Number(number) => match number.as_i64() {
            Some(integer) => integer.into(),
            None => number.as_f64().into(),
        },
        Value::Null => sea_orm::Value::String(None),
        other => text(other).into(),
    }
}

/// Writes `?` as PostgreSQL does, except inside of single quotes.
fn placeholders(backend: DbBackend, sql: &str) -> String {
    if backend != DbBackend::Postgres {
        return sql.to_owned();
    }
    let (mut count, mut is_quoted, mut written) = (0, false, String::new());
    for character in sql.chars() {
        is_quoted ^= character == '\'';
        if character == '?' && !is_quoted {
            count += 1;
            written.push_str(&format!("${count}"));
        } else {
            written.push(character);
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_stand_in_texts() {
        let mut variables = Variables::default();
        variables.set("id", 7);
        variables.set("name", Value::Null);
        assert_eq!(
            variables.fill("SET a = {name} WHERE id = {id} -- {other}"),
            "SET a = NULL WHERE id = 7 -- {other}"
        );
        assert_eq!(variables.resolve(&Value::from("$id")), Value::from(7));
        assert!(
            variables.is_true("id") && !variables.is_true("name") && !variables.is_true("other")
        );
    }

    #[test]
    fn placeholders_of_postgres_are_numbered() {
        assert_eq!(
            placeholders(DbBackend::Postgres, "VALUES (?, 'why?', ?)"),
            "VALUES ($1, 'why?', $2)"
        );
        assert_eq!(placeholders(DbBackend::MySql, "VALUES (?)"), "VALUES (?)");
    }
}
