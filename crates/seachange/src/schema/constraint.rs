//! Constraints of a table.

use super::column::Expression;
use super::name::TableName;
use super::options::KeptOptions;

/// A primary key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrimaryKey {
    /// The name, where the database keeps one.
    pub name: Option<String>,
    /// The columns, in the order of the key.
    pub columns: Vec<String>,
    /// Other properties: `WITHOUT OVERLAPS`, `INCLUDE (…)`, `DEFERRABLE` (PostgreSQL).
    pub options: KeptOptions,
}

/// A unique constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unique {
    /// The name, if there is one.
    pub name: Option<String>,
    /// The columns, in order.
    pub columns: Vec<String>,
    /// When it is checked, if it is deferrable (PostgreSQL).
    pub deferrable: Option<Deferrable>,
    /// Whether `NULL` values are equal (PostgreSQL 15).
    pub nulls_not_distinct: bool,
    /// Other properties: `WITHOUT OVERLAPS`, `INCLUDE (…)` (PostgreSQL).
    pub options: KeptOptions,
}

/// When a deferrable constraint is checked, unless the transaction sets another mode.
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
    /// The name, if there is one.
    pub name: Option<String>,
    /// The columns, in order.
    pub columns: Vec<String>,
    /// The referenced table.
    pub referenced_table: TableName,
    /// The referenced columns, in the order of `columns`.
    pub referenced_columns: Vec<String>,
    /// What happens to the row when the referenced row is deleted.
    pub on_delete: ReferentialAction,
    /// The columns that `ON DELETE SET NULL` or `SET DEFAULT` sets, if it does not set all of them (PostgreSQL 15).
    pub on_delete_columns: Vec<String>,
    /// What happens to the row when the referenced key changes.
    pub on_update: ReferentialAction,
    /// When it is checked, if it is deferrable.
    pub deferrable: Option<Deferrable>,
    /// Other properties: `MATCH FULL`, `NOT VALID`, `NOT ENFORCED` (PostgreSQL).
    pub options: KeptOptions,
}

/// What happens to the referring rows when the referenced row is deleted or its key changes. `RESTRICT` is `NoAction`
/// on MySQL and MariaDB, where they are the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum ReferentialAction {
    /// The change is refused, at the end of the statement or later.
    #[default]
    NoAction,
    /// The change is refused immediately.
    Restrict,
    /// The referring rows are deleted or changed too.
    Cascade,
    /// The referring columns become `NULL`.
    SetNull,
    /// The referring columns get their defaults.
    SetDefault,
}

/// A check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The name, if there is one.
    pub name: Option<String>,
    /// The condition, without the parentheses around it.
    pub expression: Expression,
    /// Other properties: `NO INHERIT`, `NOT VALID` (PostgreSQL), `NOT ENFORCED` (PostgreSQL and MySQL).
    pub options: KeptOptions,
}

/// An exclusion constraint of PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclusion {
    /// The name.
    pub name: String,
    /// The constraint as PostgreSQL writes it: `EXCLUDE USING gist (…)`.
    pub definition: String,
}
