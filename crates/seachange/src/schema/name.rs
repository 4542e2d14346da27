//! The name of a table or a type.

use std::fmt;

use sea_orm::sea_query;

use crate::sql::{SqlDialect, quoted_name};

/// A name, and its schema; on MySQL and MariaDB its database.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableName {
    /// The schema, unless it is the one that the connection works in.
    pub schema: Option<String>,
    /// The name within the schema, as the database stores it, without quotes.
    pub name: String,
}

impl TableName {
    /// Creates a name in the schema that the connection works in.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { schema: None, name: name.into() }
    }

    /// The name in the quotes of a system.
    pub(crate) fn quoted_for(&self, dialect: SqlDialect) -> String {
        self.beside(dialect, &self.name)
    }

    /// The name of another object in the same schema, in the quotes of a system.
    pub(crate) fn beside(&self, dialect: SqlDialect, name: &str) -> String {
        let parts = self.schema.iter().map(String::as_str).chain([name]);
        parts.map(|part| quoted_name(dialect, part)).collect::<Vec<_>>().join(".")
    }

    /// Removes the schema if it is the one that the connection works in.
    pub(crate) fn unqualify(&mut self, home: Option<&str>) {
        if self.schema.is_some() && self.schema.as_deref() == home {
            self.schema = None;
        }
    }

    /// Creates a name in a schema.
    #[must_use]
    pub fn within(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self { schema: Some(schema.into()), name: name.into() }
    }
}

impl From<&sea_query::TableName> for TableName {
    fn from(sea_query::TableName(schema, name): &sea_query::TableName) -> Self {
        let schema = schema.as_ref().map(|sea_query::SchemaName(_, schema)| schema.to_string());
        Self { schema, name: name.to_string() }
    }
}

impl From<&str> for TableName {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<String> for TableName {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}

/// Writes the name for messages: `posts`, `billing.invoices`.
impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}
