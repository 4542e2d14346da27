//! Views, which are not compared.

use std::collections::{BTreeMap, BTreeSet};

use super::name::TableName;

/// A view, as far as it stands in the way of a change of the tables below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct View {
    /// The name.
    pub(crate) name: TableName,
    /// The tables that it reads, and which columns of them; none of a table whose rows it only counts.
    pub(crate) reads: BTreeMap<TableName, BTreeSet<String>>,
}
