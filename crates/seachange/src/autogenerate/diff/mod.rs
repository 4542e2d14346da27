//! Computes the operations that change the schema of a database into that of the entities. Values in, values out.
//!
//! Each operation is possible at its position: an object is created before the objects that refer to it, and dropped
//! after them. So the reverses of the operations, in the opposite order, restore the first schema.

mod declared_renames;
mod enumeration;
mod equivalence;
mod foreign_key_indexes;
mod generated;
mod held_renames;
mod order;
mod rename;
mod table;

pub use self::rename::{RenameCandidate, Renames};
pub(super) use self::rename::{apply as apply_renames, candidates, mentions, operations as rename_operations, renamed};

use super::hints::EntityHints;
use super::operation::SchemaOperation;
use crate::schema::{Schema, Table};

/// The differences between database systems in the possible order of operations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct OrderingRules {
    /// Whether a foreign key prevents changes to the types of its columns and of the columns that it refers to, and the
    /// drop of the last index that it can use (MySQL and MariaDB, which create an index for a foreign key without one).
    pub(super) foreign_keys_hold: bool,
    /// Whether an `AUTO_INCREMENT` column has to be in a key at all times (MySQL and MariaDB).
    pub(super) counters_need_a_key: bool,
    /// Whether a generated column prevents changes to the types of the columns that it reads, and to its own
    /// (PostgreSQL).
    pub(super) generated_columns_hold: bool,
    /// Whether expressions prevent renames of the columns that they read (MySQL).
    pub(super) expressions_hold_names: bool,
}

/// The operations that change `from` into `to`. Both schemas come from the same inspector.
pub(super) fn diff(
    from: &Schema,
    to: &Schema,
    hints: &EntityHints,
    renames: &Renames,
    rules: OrderingRules,
) -> Vec<SchemaOperation> {
    let operations = match rules.expressions_hold_names {
        true => held_renames::operations(from, renames),
        false => rename::operations(renames),
    };
    diff_after(&rename::apply(from, renames), to, hints, operations, rules)
}

/// The operations as [`diff`] returns them. `renamed` is the first schema as it is after the renames.
pub(super) fn diff_renamed(
    renamed: &Schema,
    to: &Schema,
    hints: &EntityHints,
    renames: &Renames,
    rules: OrderingRules,
) -> Vec<SchemaOperation> {
    diff_after(renamed, to, hints, rename::operations(renames), rules)
}

/// The operations after those that make the renames.
fn diff_after(
    renamed: &Schema,
    to: &Schema,
    hints: &EntityHints,
    renames: Vec<SchemaOperation>,
    rules: OrderingRules,
) -> Vec<SchemaOperation> {
    let tables = table::diff(renamed, to, hints, rules);
    let enumerations = enumeration::diff(renamed, to, &tables);
    order::order(renamed, to, renames, enumerations, tables, rules)
}

/// Whether a table of the database equals that of the entities.
pub(super) fn is_equivalent(old: &Table, new: &Table, hints: &EntityHints) -> bool {
    table::changed(old, new, hints, OrderingRules::default()).is_empty()
}

#[cfg(test)]
pub(super) mod tests;
