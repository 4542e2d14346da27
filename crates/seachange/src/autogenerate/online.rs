//! A change in two halves: operations that expand the schema, so that the old and the new version of a service can use it
//! at the same time, and operations that contract it when no old version runs any more.
//!
//! Between both halves the database has the schema that `expanded` returns: what either version needs, and nothing that
//! refuses what either writes. The differences to it and from it are found as for every other pair of schemas.

mod computed;
mod expanded;
mod keys;

use std::collections::{BTreeMap, BTreeSet};

use super::comparison::Comparison;
use super::diff::Renames;
use super::operation::SchemaOperation;
use crate::schema::{Column, DatabaseObject, ObjectName, Schema, TableName};

pub(crate) use computed::FillError;
use expanded::{Expanded, Swapped};

/// A column of a table.
pub(crate) type ColumnPlace = (TableName, String);

/// A change in two halves.
#[derive(Debug, Clone)]
pub(crate) struct OnlineChange {
    /// The operations that expand the schema.
    pub(crate) expansion: Vec<SchemaOperation>,
    /// The columns that are synchronised in between.
    pub(crate) synchronised: Vec<SynchronisedColumns>,
    /// The operations that give the new columns of keys their own keys, foreign keys and indexes.
    pub(crate) preparation: Vec<SchemaOperation>,
    /// What drops the old columns whose names new ones take, and renames these, in order.
    pub(crate) swaps: Vec<SwapStep>,
    /// The operations that contract the schema after that.
    pub(crate) contraction: Vec<SchemaOperation>,
    /// What has no online way, and why.
    pub(crate) remarks: Vec<OnlineRemark>,
}

/// Old columns of a table, and the new ones that take their place: one each, or more where a column is split or several
/// are merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SynchronisedColumns {
    pub(crate) table: TableName,
    pub(crate) old: Vec<SideColumn>,
    pub(crate) new: Vec<SideColumn>,
    /// Whether the new one takes the name of the old one in the end, so that both versions know the column by the same
    /// name.
    pub(crate) takes_name: bool,
    /// Whether only the old one is written, and the new one follows it.
    pub(crate) follows: bool,
}

impl SynchronisedColumns {
    /// The columns of both sides, old ones first, for a message.
    pub(crate) fn names(&self) -> String {
        let name = |own: &SideColumn| format!("`{}.{}`", self.table, own.column.name);
        self.old.iter().chain(&self.new).map(name).collect::<Vec<_>>().join(", ")
    }

    /// The place of the first old column.
    pub(crate) fn place(&self) -> Option<ColumnPlace> {
        self.old.first().map(|own| (self.table.clone(), own.column.name.clone()))
    }
}

/// A column of one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SideColumn {
    /// As it is in between; the name of a new one may be for this time only.
    pub(crate) column: Column,
    /// Its value from the other side.
    pub(crate) value: SideValue,
}

/// The value of a column from the columns of the other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SideValue {
    /// That of a column, which the database converts if it has to.
    Column(String),
    /// That of a column, cast to a type.
    Cast {
        /// The column.
        column: String,
        /// The type.
        to: String,
    },
    /// An expression in SQL.
    Expression(String),
}

/// The step in whose course the new columns of some tables take the names of old ones: those of one table, because
/// other sessions cannot write it meanwhile, or those of all tables whose keys change together.
#[derive(Debug, Clone)]
pub(crate) struct SwapStep {
    pub(crate) tables: BTreeSet<TableName>,
    pub(crate) up: Vec<SwapPart>,
    /// What leads back.
    pub(crate) down: Vec<SwapPart>,
}

/// A part of the change in whose course new columns take the names of old ones.
#[derive(Debug, Clone)]
pub(crate) enum SwapPart {
    /// Changes the schema.
    Operations(Vec<SchemaOperation>),
    /// Runs statements that read no rows.
    Statements(Vec<String>),
    /// Gives the old columns their values.
    Fill,
}

/// A part of a change that is made when the schema is contracted, as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OnlineRemark {
    /// What changes: a table or a column.
    pub(crate) object: String,
    /// What happens to it, and why there is no other way.
    pub(crate) reason: String,
}

impl std::fmt::Display for OnlineRemark {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "`{}` has no online way: {}", self.object, self.reason)
    }
}

/// What is known and wanted of a change.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OnlineRequest<'a> {
    pub(crate) renames: &'a Renames,
    /// The values of new columns for the rows that the old version writes, and those of removed columns for the rows that
    /// the new version writes, by `table.column`.
    pub(crate) fills: &'a BTreeMap<String, String>,
    /// The columns that get their new type by a new column, which replaces them.
    pub(crate) replaced: &'a BTreeSet<ColumnPlace>,
    /// Columns that cannot be synchronised, with the reason. Those that are renamed or change their type do so when the
    /// schema is contracted; a change of others is an error.
    pub(crate) unsynchronised: &'a BTreeMap<ColumnPlace, String>,
}

impl Comparison {
    /// Divides the change into two halves.
    ///
    /// # Errors
    ///
    /// See [`FillError`].
    pub(crate) fn online(&self, request: OnlineRequest<'_>) -> Result<OnlineChange, FillError> {
        let expanded = expanded::expanded(self, request)?;
        let half =
            |from: &Schema, to: &Schema| Self { from: from.clone(), to: to.clone(), renamed: None, ..self.clone() };
        // What is only in the database stays for the old version.
        let expanding = Self { complete: BTreeSet::new(), ..half(&self.from, &expanded.schema) };
        let expansion = expanding.operations(&Renames::default());
        let objects = self.objects_after(&expansion);
        let between = Self { objects: objects.clone(), ..self.clone() };
        let Swapped { schema, preparation, steps } = expanded.swap(&between, &self.to);
        let contracting = Self { objects, ..half(&schema, &self.to) };
        let contraction = contracting.operations(&expanded.renames);
        let Expanded { synchronised, remarks, .. } = expanded;
        Ok(OnlineChange { expansion, synchronised, preparation, swaps: steps, contraction, remarks })
    }

    /// The operations on tables from one schema to another, which declare and drop no objects.
    fn table_operations(&self, from: &Schema, to: &Schema, renames: &Renames) -> Vec<SchemaOperation> {
        let (from, to) = (from.clone(), to.clone());
        let (declared, complete) = (Vec::new(), BTreeSet::new());
        Self { from, to, renamed: None, declared, complete, ..self.clone() }.operations(renames)
    }

    /// The objects of the database after operations that drop none.
    fn objects_after(&self, operations: &[SchemaOperation]) -> Vec<DatabaseObject> {
        let mut objects: BTreeMap<ObjectName, _> =
            self.objects.iter().map(|object| (object.name.clone(), object.clone())).collect();
        for operation in operations {
            match operation {
                SchemaOperation::CreateObject(new) | SchemaOperation::ReplaceObject { to: new, .. } => {
                    objects.insert(new.name.clone(), (**new).clone());
                }
                _ => {}
            }
        }
        objects.into_values().collect()
    }
}

#[cfg(test)]
mod tests;
