//! Orders the operations so that each is possible.

use std::collections::{BTreeMap, BTreeSet};

use super::enumeration::EnumSteps;
use super::table::{TableChanges, TableDiff};
use super::{OrderingRules, foreign_key_indexes};
use crate::autogenerate::operation::{SchemaOperation, TableChange};
use crate::schema::{ForeignKey, Index, Schema, Table, TableName};

/// Orders the operations: renames; new types and values; foreign keys that have to be dropped early; dropped indexes;
/// new tables; changes of tables; removed values; new indexes; foreign keys that have to be added late; dropped tables;
/// dropped types.
pub(super) fn order(
    from: &Schema,
    to: &Schema,
    renamed: Vec<SchemaOperation>,
    enumerations: EnumSteps,
    tables: TableChanges,
    rules: OrderingRules,
) -> Vec<SchemaOperation> {
    let mut keys = DeferredForeignKeys::default();
    let TableChanges { created, dropped, mut changed } = tables;
    keys.unpin(from, to, &changed, rules);
    let touched = ReferencedChanges::of(&changed);
    keys.take_early(&touched, &dropped, &mut changed, rules);
    keys.take_late(&touched, &mut changed, rules);
    let created = keys.in_order_of_creation(created, &touched);
    let dropped = keys.in_order_of_dropping(dropped, &touched);

    let mut steps = renamed;
    steps.extend(enumerations.before);
    steps.extend(keys.early);
    steps.extend(changed.iter().flat_map(|table| {
        table
            .dropped_indexes
            .iter()
            .map(|index| SchemaOperation::DropIndex { table: table.name.clone(), index: index.clone() })
    }));
    steps.extend(created.into_iter().map(|table| SchemaOperation::CreateTable(Box::new(table))));
    steps.extend(changed.iter().flat_map(|table| {
        table.changes.iter().map(|change| SchemaOperation::Change { table: table.name.clone(), change: change.clone() })
    }));
    steps.extend(enumerations.after);
    steps.extend(changed.iter().flat_map(|table| {
        table
            .created_indexes
            .iter()
            .map(|index| SchemaOperation::CreateIndex { table: table.name.clone(), index: index.clone() })
    }));
    steps.extend(keys.late);
    steps.extend(dropped.into_iter().map(|table| SchemaOperation::DropTable(Box::new(table))));
    steps.extend(enumerations.last);
    steps
}

/// Foreign keys that cannot be dropped or added with the other changes of their table.
#[derive(Debug, Default)]
struct DeferredForeignKeys {
    early: Vec<SchemaOperation>,
    late: Vec<SchemaOperation>,
}

impl DeferredForeignKeys {
    fn drop_early(&mut self, table: &TableName, key: ForeignKey) {
        self.early.push(SchemaOperation::Change { table: table.clone(), change: TableChange::DropForeignKey(key) });
    }

    fn add_late(&mut self, table: &TableName, key: ForeignKey) {
        self.late.push(SchemaOperation::Change { table: table.clone(), change: TableChange::AddForeignKey(key) });
    }

    /// Drops unchanged foreign keys early and adds them again late, if the key that they refer to is replaced, or if
    /// they prevent a change of a column's type or of an index.
    fn unpin(&mut self, from: &Schema, to: &Schema, changed: &[TableDiff], rules: OrderingRules) {
        let lost: BTreeSet<_> = changed.iter().flat_map(lost_keys).collect();
        let retyped = changed.iter().filter(|_| rules.foreign_keys_hold).flat_map(retyped_columns);
        let retyped: BTreeSet<_> = retyped.collect();
        let is_retyped = |table: &TableName, columns: &[String]| {
            columns.iter().any(|column| retyped.contains(&(table.clone(), column.clone())))
        };
        let changed: BTreeMap<_, _> = changed.iter().map(|changed| (&changed.name, changed)).collect();
        for table in from.tables.values().filter(|table| to.tables.contains_key(&table.name)) {
            let changed = changed.get(&table.name).copied();
            let changes = changed.iter().flat_map(|changed| &changed.changes);
            let dropped: Vec<_> = changes.filter_map(dropped_key).collect();
            let loses_index = |key: &ForeignKey| {
                rules.foreign_keys_hold
                    && changed.is_some_and(|changed| foreign_key_indexes::is_unserved(key, table, changed))
            };
            let pinned = table.foreign_keys.iter().filter(|key| {
                !dropped.contains(key)
                    && (lost.contains(&(key.referenced_table.clone(), key.referenced_columns.clone()))
                        || is_retyped(&table.name, &key.columns)
                        || is_retyped(&key.referenced_table, &key.referenced_columns)
                        || loses_index(key))
            });
            for key in pinned {
                self.drop_early(&table.name, key.clone());
                self.add_late(&table.name, key.clone());
            }
        }
    }

    /// Moves drops of foreign keys from `changed` to the early operations: those that have to come before the change or
    /// the drop of what the key refers to, or before the drop of an index that the key needs.
    fn take_early(
        &mut self,
        touched: &ReferencedChanges,
        dropped: &[Table],
        changed: &mut [TableDiff],
        rules: OrderingRules,
    ) {
        let gone: BTreeSet<_> = dropped.iter().map(|table| &table.name).collect();
        for table in changed {
            let changes = std::mem::take(&mut table.changes);
            for change in changes {
                match change {
                    TableChange::DropForeignKey(key)
                        if key.referenced_table != table.name
                            && (gone.contains(&key.referenced_table) || touched.is_target_of(&key))
                            || rules.foreign_keys_hold
                                && foreign_key_indexes::begins_one_of(&key, &table.dropped_indexes) =>
                    {
                        self.drop_early(&table.name, key);
                    }
                    change => table.changes.push(change),
                }
            }
        }
    }

    /// Moves additions of foreign keys from `changed` to the late operations: those that have to come after the change
    /// of what the key refers to, or after the creation of an index that the key needs. The downgrade drops these keys
    /// first.
    fn take_late(&mut self, touched: &ReferencedChanges, changed: &mut [TableDiff], rules: OrderingRules) {
        for table in changed {
            let changes = std::mem::take(&mut table.changes);
            for change in changes {
                match change {
                    TableChange::AddForeignKey(key)
                        if key.referenced_table != table.name && touched.is_target_of(&key)
                            || rules.foreign_keys_hold
                                && foreign_key_indexes::begins_one_of(&key, &table.created_indexes) =>
                    {
                        self.add_late(&table.name, key);
                    }
                    change => table.changes.push(change),
                }
            }
        }
    }

    /// Orders new tables after the tables that they refer to. If this is not possible, the foreign key is added later.
    fn in_order_of_creation(&mut self, created: Vec<Table>, touched: &ReferencedChanges) -> Vec<Table> {
        let names: BTreeSet<_> = created.iter().map(|table| table.name.clone()).collect();
        let mut tables = in_order_of_reference(created);
        let mut made = BTreeSet::new();
        for table in &mut tables {
            made.insert(table.name.clone());
            let is_late = |key: &ForeignKey| {
                names.contains(&key.referenced_table) && !made.contains(&key.referenced_table)
                    || touched.is_target_of(key)
            };
            let (late, now): (Vec<_>, Vec<_>) = std::mem::take(&mut table.foreign_keys).into_iter().partition(is_late);
            table.foreign_keys = now;
            late.into_iter().for_each(|key| self.add_late(&table.name, key));
        }
        tables
    }

    /// Orders dropped tables before the tables that they refer to. If this is not possible, the foreign key is dropped
    /// earlier.
    fn in_order_of_dropping(&mut self, dropped: Vec<Table>, touched: &ReferencedChanges) -> Vec<Table> {
        let names: BTreeSet<_> = dropped.iter().map(|table| table.name.clone()).collect();
        let mut tables = in_order_of_reference(dropped);
        let mut below = BTreeSet::new();
        for table in &mut tables {
            below.insert(table.name.clone());
            let is_early = |key: &ForeignKey| {
                names.contains(&key.referenced_table) && !below.contains(&key.referenced_table)
                    || touched.is_target_of(key)
            };
            let (early, now): (Vec<_>, Vec<_>) =
                std::mem::take(&mut table.foreign_keys).into_iter().partition(is_early);
            table.foreign_keys = now;
            early.into_iter().for_each(|key| self.drop_early(&table.name, key));
        }
        tables.reverse();
        tables
    }
}

fn dropped_key(change: &TableChange) -> Option<&ForeignKey> {
    match change {
        TableChange::DropForeignKey(key) => Some(key),
        _ => None,
    }
}

/// The primary key, unique constraints and unique indexes that a table loses, by their columns.
fn lost_keys(changed: &TableDiff) -> impl Iterator<Item = (TableName, Vec<String>)> + '_ {
    let constraints = changed.changes.iter().filter_map(|change| match change {
        TableChange::DropPrimaryKey(key) => Some(key.columns.clone()),
        TableChange::DropUnique(unique) => Some(unique.columns.clone()),
        _ => None,
    });
    let indexes = changed.dropped_indexes.iter().filter(|index| index.unique);
    constraints.chain(indexes.map(Index::leading_columns)).map(|columns| (changed.name.clone(), columns))
}

fn retyped_columns(changed: &TableDiff) -> impl Iterator<Item = (TableName, String)> + '_ {
    changed.changes.iter().filter_map(|change| match change {
        TableChange::ModifyColumn { from, to } if from.is_retyped(to) => Some((changed.name.clone(), to.name.clone())),
        _ => None,
    })
}

/// Puts each table after the tables that it refers to, and otherwise orders the tables by name. A cycle is broken at
/// its first table by name.
pub(super) fn in_order_of_reference(tables: Vec<Table>) -> Vec<Table> {
    let mut tables: BTreeMap<TableName, Table> = tables.into_iter().map(|table| (table.name.clone(), table)).collect();
    let mut waiting = BlockedTables::of(&tables);
    let mut ordered = Vec::with_capacity(tables.len());
    while let Some(ready) = waiting.next_round(&tables) {
        for name in ready {
            ordered.extend(tables.remove(&name));
            waiting.done(&name);
        }
    }
    ordered
}

/// Tables that have to come after the tables that they refer to or use.
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
            let parents = table.foreign_keys.iter().map(|key| &key.referenced_table).chain(&table.prerequisites.0);
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

    /// Removes and returns those of the `remaining` tables that can come next. In a cycle, this is the first one by name that
    /// lacks no prerequisite: foreign keys can be added later.
    fn next_round(&mut self, remaining: &BTreeMap<TableName, Table>) -> Option<BTreeSet<TableName>> {
        if self.ready.is_empty() {
            let lacks_none =
                |table: &&Table| table.prerequisites.0.iter().all(|needed| !remaining.contains_key(needed));
            let next = remaining.values().find(lacks_none).or_else(|| remaining.values().next())?;
            self.ready.insert(next.name.clone());
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

/// The columns and keys that changes of tables affect, and to which foreign keys may refer.
#[derive(Debug, Default)]
pub(super) struct ReferencedChanges {
    columns: BTreeSet<(TableName, String)>,
    /// Tables with keys that are added or dropped.
    keys: BTreeSet<TableName>,
}

impl ReferencedChanges {
    pub(super) fn of(changed: &[TableDiff]) -> Self {
        let mut touched = Self::default();
        for (table, change) in changed.iter().flat_map(|table| table.changes.iter().map(|change| (&table.name, change)))
        {
            match change {
                TableChange::AddColumn(column) | TableChange::DropColumn(column) => touched.column(table, &column.name),
                TableChange::ModifyColumn { to, .. } => touched.column(table, &to.name),
                TableChange::AddPrimaryKey(_)
                | TableChange::DropPrimaryKey(_)
                | TableChange::AddUnique(_)
                | TableChange::DropUnique(_) => {
                    touched.keys.insert(table.clone());
                }
                _ => {}
            }
        }
        let indexed = changed
            .iter()
            .filter(|table| table.created_indexes.iter().chain(&table.dropped_indexes).any(|index| index.unique));
        touched.keys.extend(indexed.map(|table| table.name.clone()));
        touched
    }

    fn column(&mut self, table: &TableName, column: &str) {
        self.columns.insert((table.clone(), column.to_owned()));
    }

    /// Whether this revision changes the columns or keys that a foreign key refers to.
    pub(super) fn is_target_of(&self, key: &ForeignKey) -> bool {
        let table = &key.referenced_table;
        self.keys.contains(table)
            || key.referenced_columns.iter().any(|column| self.columns.contains(&(table.clone(), column.clone())))
    }
}
