//! Orders tables by their foreign keys.

use std::collections::{BTreeMap, BTreeSet};

use crate::schema::{Table, TableName};

/// Puts each table after the tables that it refers to, and otherwise orders the tables by name. A cycle is broken at
/// its first table by name.
pub(super) fn in_order_of_reference(tables: Vec<Table>) -> Vec<Table> {
    let mut tables: BTreeMap<TableName, Table> = tables.into_iter().map(|table| (table.name.clone(), table)).collect();
    let mut waiting = BlockedTables::of(&tables);
    let mut ordered = Vec::with_capacity(tables.len());
    while let Some(ready) = waiting.next_round() {
        for name in ready {
            ordered.extend(tables.remove(&name));
            waiting.done(&name);
        }
    }
    ordered
}

/// Tables that have to come after the tables that they refer to.
#[derive(Debug, Default)]
struct BlockedTables {
    /// How many tables each table has to come after.
    parents: BTreeMap<TableName, usize>,
    children: BTreeMap<TableName, Vec<TableName>>,
    /// The tables that can come next.
    ready: BTreeSet<TableName>,
}

impl BlockedTables {
    fn of(tables: &BTreeMap<TableName, Table>) -> Self {
        let mut waiting = Self::default();
        for table in tables.values() {
            let parents = table.foreign_keys.iter().map(|key| &key.referenced_table);
            let parents: BTreeSet<_> =
                parents.filter(|parent| **parent != table.name && tables.contains_key(*parent)).collect();
            waiting.parents.insert(table.name.clone(), parents.len());
            if parents.is_empty() {
                waiting.ready.insert(table.name.clone());
            }
            for parent in parents {
                waiting.children.entry(parent.clone()).or_default().push(table.name.clone());
            }
        }
        waiting
    }

    /// Removes and returns the tables that can come next. In a cycle, this is the first table by name.
    fn next_round(&mut self) -> Option<BTreeSet<TableName>> {
        if self.ready.is_empty() {
            self.ready.insert(self.parents.keys().next()?.clone());
        }
        let ready = std::mem::take(&mut self.ready);
        for name in &ready {
            self.parents.remove(name);
        }
        Some(ready)
    }

    fn done(&mut self, name: &TableName) {
        for child in self.children.remove(name).unwrap_or_default() {
            if let Some(left) = self.parents.get_mut(&child) {
                *left -= 1;
                if *left == 0 {
                    self.ready.insert(child);
                }
            }
        }
    }
}
