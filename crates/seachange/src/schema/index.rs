//! Indexes.

use super::column::Expression;
use super::options::KeptOptions;

/// An index that does not implement a constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// The name.
    pub name: String,
    /// Whether no two rows may have the same key.
    pub unique: bool,
    /// The method (`hash`, `gin`, `fulltext` …), if it is not a B-tree.
    pub method: Option<String>,
    /// The key, in order.
    pub parts: Vec<IndexPart>,
    /// Columns that are stored beside the key (PostgreSQL).
    pub include: Vec<String>,
    /// The condition for a row to be in the index, if the index does not contain all rows.
    pub predicate: Option<Expression>,
    /// Whether `NULL` values are equal (PostgreSQL 15).
    pub nulls_not_distinct: bool,
    /// Whether a concurrent build of the index has failed (PostgreSQL). Such an index costs writes and serves no query.
    pub invalid: bool,
    /// Other properties: storage (PostgreSQL), a comment, `INVISIBLE`, `IGNORED` (MySQL and MariaDB).
    pub options: KeptOptions,
}

impl Index {
    /// The columns of the key up to its first expression, in order.
    pub(crate) fn leading_columns(&self) -> Vec<String> {
        self.parts.iter().map_while(IndexPart::column_name).map(str::to_owned).collect()
    }
}

/// One part of the key of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexPart {
    /// A column or an expression.
    pub key: IndexKey,
    /// Whether the order is descending.
    pub descending: bool,
    /// Whether `NULL` comes first (`true`) or last, if this differs from the default of the order.
    pub nulls_first: Option<bool>,
    /// The collation, if it is not that of the column.
    pub collation: Option<String>,
    /// The operator class, if it is not the default of the type.
    pub operator_class: Option<String>,
    /// How many characters of a column are in the key (MySQL and MariaDB).
    pub length: Option<u32>,
}

/// The content of a part of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexKey {
    /// A column.
    Column(String),
    /// An expression, without the parentheses around it.
    Expression(Expression),
}

impl IndexPart {
    /// Creates a part from a column, in ascending order.
    #[must_use]
    pub fn column(name: impl Into<String>) -> Self {
        Self {
            key: IndexKey::Column(name.into()),
            descending: false,
            nulls_first: None,
            collation: None,
            operator_class: None,
            length: None,
        }
    }

    /// The name of the column, unless the part is an expression.
    #[must_use]
    pub fn column_name(&self) -> Option<&str> {
        match &self.key {
            IndexKey::Column(name) => Some(name),
            IndexKey::Expression(_) => None,
        }
    }
}
