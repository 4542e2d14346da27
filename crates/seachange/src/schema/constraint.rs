//! Constraints of a table.

use super::column::Expression;
use super::name::TableName;

/// A primary key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrimaryKey {
    /// The name, where the database keeps one.
    pub name: Option<String>,
    /// The columns, in the order of the key.
    pub columns: Vec<String>,
}

/// A unique constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unique {
    /// The name, where there is one.
    pub name: Option<String>,
    /// The columns, in order.
    pub columns: Vec<String>,
    /// Whether it may be checked late (PostgreSQL).
    pub deferrable: Option<Deferrable>,
    /// Whether one `NULL` is the same as another (PostgreSQL 15).
    pub nulls_not_distinct: bool,
}

/// When a constraint that may be checked late is checked, unless the transaction says something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deferrable {
    /// After each statement: `DEFERRABLE INITIALLY IMMEDIATE`.
    Immediate,
    /// At the end of the transaction: `DEFERRABLE INITIALLY DEFERRED`.
    Deferred,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// The name, where there is one.
    pub name: Option<String>,
    /// The columns, in order.
    pub columns: Vec<String>,
    /// The table that they refer to.
    pub referenced_table: TableName,
    /// The columns that they refer to, in the order of `columns`.
    pub referenced_columns: Vec<String>,
    /// What happens to the row when the one that it refers to is deleted.
    pub on_delete: ReferentialAction,
    /// What happens to the row when the key that it refers to changes.
    pub on_update: ReferentialAction,
    /// Whether it may be checked late.
    pub deferrable: Option<Deferrable>,
}

/// What happens to rows that refer to one that goes. `RESTRICT` is `NoAction` on MySQL and MariaDB, where they are the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum ReferentialAction {
    /// The change is refused, at the end of the statement or later.
    #[default]
    NoAction,
    /// The change is refused at once.
    Restrict,
    /// They go as well.
    Cascade,
    /// They refer to nothing from then on.
    SetNull,
    /// They get the default.
    SetDefault,
}

/// A check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The name, where there is one.
    pub name: Option<String>,
    /// What has to hold, without the parentheses round it.
    pub expression: Expression,
}

/// An exclusion constraint of PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclusion {
    /// The name.
    pub name: String,
    /// The constraint as PostgreSQL writes it: `EXCLUDE USING gist (…)`.
    pub definition: String,
}
