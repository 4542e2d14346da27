//! Tables, and the schema that they are in.

use std::collections::{BTreeMap, BTreeSet};

use super::column::Column;
use super::constraint::{Check, Exclusion, ForeignKey, PrimaryKey, Unique};
use super::index::Index;
use super::name::TableName;
use super::options::KeptOptions;

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
    /// The statement that created the table, if the database stores it (SQLite), or if the catalogue does not report all of
    /// it (periods of time of MariaDB). It is not compared.
    pub definition: Option<DefinitionText>,
    /// What follows the columns in the definition: the engine, the character set, partitions, the storage.
    pub options: KeptOptions,
    /// The tables that have to be created before this one, beside those that its foreign keys name (PostgreSQL).
    pub prerequisites: Prerequisites,
}

/// Tables that another one needs: a default takes its numbers from the sequence of one of them, or a column has its row
/// type. They matter where the table is created, and are not compared: any two are equal.
#[derive(Debug, Clone, Default)]
pub struct Prerequisites(pub BTreeSet<TableName>);

impl PartialEq for Prerequisites {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Prerequisites {}

/// A text that adds nothing to the other fields. Any two of these texts are equal.
#[derive(Debug, Clone, Default)]
pub struct DefinitionText {
    /// The statement that creates the table.
    pub text: String,
    /// Whether the table has to be created by this text, because its other fields do not have all of it.
    pub is_verbatim: bool,
}

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
    /// The columns at the beginning of each index: those of the primary key and of unique constraints, too.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Vec<String>> + '_ {
        let key = self.primary_key.iter().map(|key| key.columns.clone());
        let uniques = self.uniques.iter().map(|unique| unique.columns.clone());
        key.chain(uniques).chain(self.indexes.iter().map(Index::leading_columns))
    }

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
            options: KeptOptions::default(),
            prerequisites: Prerequisites::default(),
        }
    }

    /// Takes the options of the parts that another definition of the table has under the same names.
    pub(crate) fn take_options_of(&mut self, other: &Self) {
        self.options.clone_from(&other.options);
        for column in &mut self.columns {
            if let Some(other) = other.column(&column.name) {
                column.options.clone_from(&other.options);
            }
        }
        for index in &mut self.indexes {
            let is_same = |other: &&Index| other.name == index.name && other.method == index.method;
            if let Some(other) = other.indexes.iter().find(is_same) {
                index.options.clone_from(&other.options);
            }
        }
        for check in self.checks.iter_mut().filter(|check| check.name.is_some()) {
            if let Some(other) = other.checks.iter().find(|other| other.name == check.name) {
                check.options.clone_from(&other.options);
            }
        }
        for key in &mut self.foreign_keys {
            if let Some(other) = other.foreign_keys.iter().find(|other| other.columns == key.columns) {
                key.options.clone_from(&other.options);
            }
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
