//! Tables, and the schema that they are in.

use std::collections::BTreeMap;

use super::column::Column;
use super::constraint::{Check, Exclusion, ForeignKey, PrimaryKey, Unique};
use super::index::Index;
use super::name::TableName;

/// The parts of a schema that are compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schema {
    /// The tables, by name.
    pub tables: BTreeMap<TableName, Table>,
    /// The enumerated types of PostgreSQL, by name.
    pub enumerations: BTreeMap<TableName, EnumType>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The name.
    pub name: TableName,
    /// The columns, in their order.
    pub columns: Vec<Column>,
    /// The primary key.
    pub primary_key: Option<PrimaryKey>,
    /// The unique constraints. A unique index that is not a constraint is in `indexes`.
    pub uniques: Vec<Unique>,
    /// The indexes, without those that implement a constraint.
    pub indexes: Vec<Index>,
    /// The foreign keys from this table to others or to itself.
    pub foreign_keys: Vec<ForeignKey>,
    /// The checks.
    pub checks: Vec<Check>,
    /// The exclusion constraints of PostgreSQL.
    pub exclusions: Vec<Exclusion>,
    /// The comment, on databases that support comments.
    pub comment: Option<String>,
    /// The statement that created the table, if the database stores it (SQLite). It is not compared.
    pub definition: Option<DefinitionText>,
}

/// A text that adds nothing to the other fields. Any two of these texts are equal.
#[derive(Debug, Clone)]
pub struct DefinitionText(pub String);

impl PartialEq for DefinitionText {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for DefinitionText {}

/// An enumerated type of PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumType {
    /// The name.
    pub name: TableName,
    /// The values, in their order.
    pub values: Vec<String>,
    /// The comment.
    pub comment: Option<String>,
}

impl Table {
    /// Creates a table without columns.
    #[must_use]
    pub fn new(name: impl Into<TableName>) -> Self {
        Self {
            name: name.into(),
            columns: Vec::new(),
            primary_key: None,
            uniques: Vec::new(),
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            exclusions: Vec::new(),
            comment: None,
            definition: None,
        }
    }

    /// Finds a column by its name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl Schema {
    /// Finds a table by its name.
    #[must_use]
    pub fn table(&self, name: &TableName) -> Option<&Table> {
        self.tables.get(name)
    }
}
