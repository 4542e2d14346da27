//! Views, which are not compared.

use std::collections::{BTreeMap, BTreeSet};

use super::name::TableName;

/// A view that blocks changes of the tables that it reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct View {
    /// The name.
    pub(crate) name: TableName,
    /// The tables that the view reads, with the columns that it reads of each. The set is empty for a table whose rows
    /// the view only counts.
    pub(crate) reads: BTreeMap<TableName, BTreeSet<String>>,
}
