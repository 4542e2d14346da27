//! What leads from the schema of a database to that of the entities. Values in, values out.
//!
//! Each step is possible where it stands: what others refer to comes before what refers to it, and goes after. So the
//! steps, each taken back in the opposite order, lead back.

mod candidates;
mod column_refs;
mod dependents;
mod enumeration;
mod equivalence;
mod foreign_key_impact;
mod foreign_key_indexes;
mod matching;
mod order;
mod rename;
mod table;
mod table_order;

pub(super) use self::candidates::candidates;
pub use self::rename::{RenameCandidate, Renames};

use super::hints::EntityHints;
use super::operation::SchemaOperation;
use crate::schema::{Schema, Table};

/// What differs between database systems in what can be done in which order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct OrderingRules {
    /// Whether a column keeps its type, and a table its last index for a foreign key, while the foreign key is there (MySQL
    /// and MariaDB, which make an index for a foreign key that has none).
    pub(super) foreign_keys_hold: bool,
    /// Whether a column that counts is in a key all the time (MySQL and MariaDB).
    pub(super) counters_need_a_key: bool,
}

/// The steps from `from` to `to`. Both came from the same inspector.
pub(super) fn diff(
    from: &Schema,
    to: &Schema,
    wishes: &EntityHints,
    renames: &Renames,
    rules: OrderingRules,
) -> Vec<SchemaOperation> {
    let (from, renamed) = rename::apply(from, renames);
    let tables = table::diff(&from, to, wishes, rules);
    let enumerations = enumeration::diff(&from, to, &tables);
    order::order(&from, to, renamed, enumerations, tables, rules)
}

/// Whether a table is as it should be.
pub(super) fn is_alike(old: &Table, new: &Table, wishes: &EntityHints) -> bool {
    table::changed(old, new, wishes, OrderingRules::default()).is_empty()
}

#[cfg(test)]
mod tests;
