//! A change in two halves: operations that expand the schema, so that the old and the new version of a service can use it
//! at the same time, and operations that contract it when no old version runs any more.
//!
//! Between both halves the database has the schema that `expanded` returns: what either version needs, and nothing that
//! refuses what either writes. The differences to it and from it are found as for every other pair of schemas.

mod expanded;

use std::collections::{BTreeMap, BTreeSet};

use super::comparison::Comparison;
use super::diff::{Renames, apply_renames};
use super::operation::SchemaOperation;
use crate::schema::{Column, DatabaseObject, ObjectName, Schema, TableName};

use expanded::Expanded;
pub(crate) use expanded::MissingFill;

/// A column of a table.
pub(crate) type ColumnPlace = (TableName, String);

/// A change in two halves.
#[derive(Debug, Clone)]
pub(crate) struct OnlineChange {
    /// The operations that expand the schema.
    pub(crate) expansion: Vec<SchemaOperation>,
    /// The columns that are synchronised in between.
    pub(crate) synchronised: Vec<SynchronisedColumn>,
    /// The operations that drop the old columns whose names new ones take, and rename these.
    pub(crate) swap: Vec<SchemaOperation>,
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
        let emptied = expanded.without_replaced();
        let removing = Self {
            objects: objects.clone(),
            declared: Vec::new(),
            complete: BTreeSet::new(),
            ..half(&expanded.schema, &emptied)
        };
        let mut swap = removing.operations(&Renames::default());
        let swapped = apply_renames(&emptied, &expanded.swapped);
        let naming = Self { complete: BTreeSet::new(), declared: Vec::new(), objects, ..half(&emptied, &swapped) };
        swap.extend(naming.operations(&expanded.swapped));
        let contracting = Self { objects: naming.objects, ..half(&swapped, &self.to) };
        let contraction = contracting.operations(&expanded.renames);
        let Expanded { synchronised, remarks, .. } = expanded;
        Ok(OnlineChange { expansion, synchronised, swap, contraction, remarks })
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
