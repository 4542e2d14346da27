//! A change in two halves: operations that expand the schema, so that the old and the new version of a service can use it
//! at the same time, and operations that contract it when no old version runs any more.
//!
//! Between both halves the database has the schema that `expanded` returns: what either version needs, and nothing that
//! refuses what either writes. The differences to it and from it are found as for every other pair of schemas.

mod expanded;
mod keys;

use std::collections::{BTreeMap, BTreeSet};

use super::comparison::Comparison;
use super::diff::Renames;
use super::operation::SchemaOperation;
use crate::schema::{Column, DatabaseObject, ObjectName, Schema, TableName};

pub(crate) use expanded::MissingFill;
use expanded::{Expanded, Swapped};

/// A column of a table.
pub(crate) type ColumnPlace = (TableName, String);

/// A change in two halves.
#[derive(Debug, Clone)]
pub(crate) struct OnlineChange {
    /// The operations that expand the schema.
    pub(crate) expansion: Vec<SchemaOperation>,
    /// The columns that are synchronised in between.
    pub(crate) synchronised: Vec<SynchronisedColumn>,
    /// The operations that give the new columns of keys their own keys, foreign keys and indexes.
    pub(crate) preparation: Vec<SchemaOperation>,
    /// What drops the old columns whose names new ones take, and renames these.
    pub(crate) swap: Vec<SwapPart>,
    /// What leads back from there.
    pub(crate) swap_back: Vec<SwapPart>,
    /// The operations that contract the schema after that.
    pub(crate) contraction: Vec<SchemaOperation>,
    /// What has no online way, and why.
    pub(crate) remarks: Vec<OnlineRemark>,
}

/// An old column, and the new one that takes its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SynchronisedColumn {
    pub(crate) table: TableName,
    /// As it is in between.
    pub(crate) old: Column,
    /// As it is in between; its name may be for this time only.
    pub(crate) new: Column,
    /// Whether it takes the name of the old one in the end, so that both versions know the column by the same name.
    pub(crate) takes_name: bool,
    /// Whether only the old one is written, and the new one follows it.
    pub(crate) follows: bool,
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

impl SynchronisedColumn {
    /// Whether the values stay as they are.
    pub(crate) fn has_same_type(&self) -> bool {
        !self.old.is_retyped(&self.new)
    }
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
    /// The values of new required columns for the rows that are there, by `table.column`.
    pub(crate) fills: &'a BTreeMap<String, String>,
    /// The columns that get their new type by a new column, which replaces them.
    pub(crate) replaced: &'a BTreeSet<ColumnPlace>,
    /// Columns that cannot be synchronised, with the reason; they are renamed or changed when the schema is contracted.
    pub(crate) unsynchronised: &'a BTreeMap<ColumnPlace, String>,
}

impl Comparison {
    /// Divides the change into two halves.
    ///
    /// # Errors
    ///
    /// A column becomes required, and its value for the rows that are there is not known.
    pub(crate) fn online(&self, request: OnlineRequest<'_>) -> Result<OnlineChange, MissingFill> {
        let expanded = expanded::expanded(self, request)?;
        let half =
            |from: &Schema, to: &Schema| Self { from: from.clone(), to: to.clone(), renamed: None, ..self.clone() };
        // What is only in the database stays for the old version.
        let expanding = Self { complete: BTreeSet::new(), ..half(&self.from, &expanded.schema) };
        let expansion = expanding.operations(&Renames::default());
        let objects = self.objects_after(&expansion);
        let between = Self { objects: objects.clone(), ..self.clone() };
        let Swapped { schema, preparation, up, down } = expanded.swap(&between, &self.to);
        let contracting = Self { objects, ..half(&schema, &self.to) };
        let contraction = contracting.operations(&expanded.renames);
        let Expanded { synchronised, remarks, .. } = expanded;
        Ok(OnlineChange { expansion, synchronised, preparation, swap: up, swap_back: down, contraction, remarks })
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
