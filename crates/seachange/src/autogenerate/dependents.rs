//! Objects that depend on changed tables: they are dropped before the change and created again after it, or they prevent
//! the change.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::declared_objects::ObjectChanges;
use super::object_renames::is_ambiguous;
use super::operation::{SchemaOperation, TableChange};
use crate::schema::{Column, DatabaseObject, Dependency, ObjectKind, ObjectName, TableName};

/// An object that makes an operation impossible, or that the operation breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Obstacle {
    /// The object.
    pub object: ObjectName,
    /// What it depends on and an operation drops or changes.
    pub needs: Dependency,
    /// Whether this is dropped; otherwise it changes.
    pub is_dropped: bool,
}

/// Writes the obstacle for messages: ``view `adults` needs `people.age`, which is dropped``.
impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fate = if self.is_dropped { "is dropped" } else { "changes" };
        match &self.needs {
            Dependency::Table(table) => write!(f, "{} needs table `{table}`, which {fate}", self.object),
            Dependency::Column(table, column) => write!(f, "{} needs `{table}.{column}`, which {fate}", self.object),
            Dependency::Constraint(table, name) => {
                write!(f, "{} needs constraint `{name}` of `{table}`, which {fate}", self.object)
            }
            Dependency::Object(object) => write!(f, "{} needs {object}, which {fate}", self.object),
        }
    }
}

/// What the operations do to the objects beside the tables.
#[derive(Debug, Clone, Default)]
pub(super) struct DependentObjects {
    /// The objects that are dropped before the changes, in an order in which they can be created, each as it is before
    /// and after the renames.
    removed: Vec<(DatabaseObject, DatabaseObject)>,
    /// The removed objects that are to be dropped, or that are created in another form: their removal is a difference.
    dropped: BTreeSet<ObjectName>,
    /// The removed objects that are created again as they are: those that do not belong to a dropped table.
    restored: BTreeSet<ObjectName>,
    /// The objects that prevent the changes.
    pub(super) obstacles: Vec<Obstacle>,
    /// Whether the objects are dropped before the renames, because the database does not apply renames to them.
    is_before_renames: bool,
}

/// The objects of a database before and after renames.
pub(super) struct ObjectsOfRename<'o> {
    /// Before, in any order.
    pub(super) before: &'o [DatabaseObject],
    /// After, in the same order.
    pub(super) after: &'o [DatabaseObject],
    /// Whether the database applies renames to the objects.
    pub(super) follow: bool,
    /// Whether the database refuses to change the type of a column that an object reads.
    pub(super) hold_types: bool,
}

/// Finds the objects that depend on what the operations change. With `is_kept`, none of them is dropped and created
/// again.
pub(super) fn find(
    operations: &[SchemaOperation],
    objects: &ObjectsOfRename<'_>,
    object_changes: &ObjectChanges,
    is_kept: bool,
) -> DependentObjects {
    let changes = ChangedParts::of(operations, objects.hold_types);
    let mut found = DependentObjects { is_before_renames: !objects.follow, ..DependentObjects::default() };
    let gone: BTreeMap<&ObjectName, Fate> = object_changes.removed().collect();
    let owners = owners(objects.after);
    if changes.is_empty() && gone.is_empty() && (objects.follow || !operations.iter().any(is_rename)) {
        return found;
    }
    let mut concerned: BTreeMap<&ObjectName, Fate> = BTreeMap::new();
    for at in order_of_creation(objects.after) {
        let (before, object) = (&objects.before[at], &objects.after[at]);
        if let Some(fate) = gone.get(&object.name) {
            concerned.insert(&object.name, *fate);
            found.removed.push((before.clone(), object.clone()));
            found.dropped.insert(object.name.clone());
            continue;
        }
        let owner = object.name.owner.as_ref().and_then(|owner| {
            let relation = &objects.after[*owners.get(owner)?].name;
            concerned.get(relation).map(|fate| (Dependency::Object(relation.clone()), *fate))
        });
        let goes_with_owner = owner.as_ref().is_some_and(|(_, fate)| *fate == Fate::Dropped);
        let by_objects = object.objects().filter_map(|needed| {
            let fate = concerned.get(needed)?;
            Some((Dependency::Object(needed.clone()), *fate))
        });
        let by_tables =
            object.depends_on.iter().filter_map(|part| Some((part.clone(), changes.fate_for(object, part)?)));
        let is_rewritten = !objects.follow && before.create != object.create;
        let by_rename = renamed_part(before, object).filter(|_| is_rewritten).map(|part| (part, Fate::Changed));
        let needs = by_objects.chain(owner).chain(by_tables).chain(by_rename).max_by_key(|(_, fate)| *fate);
        let is_dropped = needs.as_ref().is_some_and(|(_, fate)| *fate == Fate::Dropped);
        let goes_with_table = object.name.owner.as_ref().is_some_and(|owner| changes.is_dropped(owner));
        if goes_with_table || goes_with_owner || is_dropped && goes_with_part(object.name.kind) {
            found.removed.push((before.clone(), object.clone()));
            concerned.insert(&object.name, Fate::Dropped);
            continue;
        }
        let Some((needs, fate)) = needs else { continue };
        concerned.insert(&object.name, fate);
        let is_unclear = is_rewritten && is_ambiguous(operations, before);
        let stays_in_the_way = is_kept && !object.name.kind.is_attached();
        let is_unreadable = object.create.is_empty();
        if is_dropped || stays_in_the_way || is_unclear || is_unreadable {
            found.obstacles.push(Obstacle { object: object.name.clone(), needs, is_dropped });
        } else {
            found.removed.push((before.clone(), object.clone()));
            found.restored.insert(object.name.clone());
        }
    }
    found
}

/// A part that is renamed and that an object depends on.
fn renamed_part(before: &DatabaseObject, after: &DatabaseObject) -> Option<Dependency> {
    before.depends_on.difference(&after.depends_on).max().cloned()
}

/// Whether such an object ends with the table, column or constraint that it is about.
const fn goes_with_part(kind: ObjectKind) -> bool {
    kind.is_attached() || matches!(kind, ObjectKind::Inheritance)
}

/// The positions of the objects that can own others, by their names: views and partitions.
fn owners(objects: &[DatabaseObject]) -> BTreeMap<&TableName, usize> {
    let is_owner = |name: &ObjectName| name.owner.is_none() || name.kind == ObjectKind::Partition;
    let owners = objects.iter().enumerate().filter(|(_, object)| is_owner(&object.name));
    owners.map(|(at, object)| (&object.name.name, at)).collect()
}

impl DependentObjects {
    /// Adds the operations that drop objects before the changes, and that create them after the changes. Renames come
    /// first where the database applies them to its objects. What tables use is created before them, and dropped after
    /// them.
    pub(super) fn around(&self, operations: Vec<SchemaOperation>, changes: ObjectChanges) -> Vec<SchemaOperation> {
        if self.removed.is_empty() && changes.is_empty() {
            return operations;
        }
        let renames = match self.is_before_renames {
            true => 0,
            false => operations.iter().take_while(|operation| is_rename(operation)).count(),
        };
        let mut all = operations;
        let mut tables = all.split_off(renames);
        let (last, first): (Vec<_>, Vec<_>) = self.removed.iter().rev().partition(|(_, new)| {
            new.name.kind.is_before_tables() && !changes.replaced.iter().any(|(old, _)| old.name == new.name)
        });
        all.extend(first.into_iter().map(|(old, new)| self.removal(old, new)));
        let is_enumeration = |operation: &&SchemaOperation| {
            matches!(operation, SchemaOperation::CreateEnumeration(_) | SchemaOperation::AlterEnumeration { .. })
        };
        let enumerations = tables.iter().take_while(is_enumeration).count();
        let after = tables.split_off(enumerations);
        let (early, late): (Vec<_>, Vec<_>) = self.creations(changes).into_iter().partition(|(is_early, _)| *is_early);
        all.extend(tables);
        all.extend(early.into_iter().map(|(_, operation)| operation));
        all.extend(after);
        all.extend(late.into_iter().map(|(_, operation)| operation));
        all.extend(last.into_iter().map(|(old, new)| self.removal(old, new)));
        all
    }

    /// The operation that drops a removed object.
    fn removal(&self, old: &DatabaseObject, new: &DatabaseObject) -> SchemaOperation {
        let object = Box::new(if self.is_before_renames { old } else { new }.clone());
        match self.dropped.contains(&new.name) {
            true => SchemaOperation::DropObject(object),
            false => SchemaOperation::SuspendObject(object),
        }
    }

    /// The operations that create objects, each after those that it depends on, and whether it has to come before the
    /// tables.
    fn creations(&self, changes: ObjectChanges) -> Vec<(bool, SchemaOperation)> {
        let restored = self.removed.iter().map(|(_, object)| object);
        let restored = restored.filter(|object| self.restored.contains(&object.name)).cloned();
        let mut replaced = BTreeMap::new();
        let (mut objects, mut created) = (restored.collect::<Vec<_>>(), BTreeSet::new());
        for (old, new) in changes.replaced {
            if !self.dropped.contains(&old.name) {
                replaced.insert(old.name.clone(), old);
            }
            created.insert(new.name.clone());
            objects.push(new);
        }
        created.extend(changes.created.iter().map(|object| object.name.clone()));
        objects.extend(changes.created);
        let early = before_tables(&objects);
        let ordered = order_of_creation(&objects).into_iter().map(|at| (early[at], Box::new(objects[at].clone())));
        let mut operation = |object: Box<DatabaseObject>| match replaced.remove(&object.name) {
            Some(from) => SchemaOperation::ReplaceObject { from: Box::new(from), to: object },
            None if created.contains(&object.name) => SchemaOperation::CreateObject(object),
            None => SchemaOperation::RestoreObject(object),
        };
        ordered.map(|(is_early, object)| (is_early, operation(object))).collect()
    }
}

/// Which of the objects have to be created before the tables: types, what tables use, and what those objects need; functions
/// of PostgreSQL that need no table, because the bodies of others may call them.
pub(super) fn before_tables(objects: &[DatabaseObject]) -> Vec<bool> {
    let places: BTreeMap<&ObjectName, usize> = objects.iter().enumerate().map(|(at, own)| (&own.name, at)).collect();
    let is_free = |object: &DatabaseObject| {
        let needs_types_only = object.depends_on.iter().all(|needed| match needed {
            Dependency::Object(name) => name.kind.is_before_tables(),
            _ => false,
        });
        object.name.kind == ObjectKind::Function
            && needs_types_only
            && object.create.first().is_some_and(|text| text.starts_with("CREATE OR REPLACE FUNCTION"))
    };
    let is_needed =
        |object: &DatabaseObject| object.name.kind.is_before_tables() || !object.used_by.is_empty() || is_free(object);
    let mut early: Vec<bool> = objects.iter().map(is_needed).collect();
    let mut open: Vec<usize> = (0..objects.len()).filter(|at| early[*at]).collect();
    while let Some(at) = open.pop() {
        for needed in objects[at].objects().filter_map(|name| places.get(name)) {
            if !std::mem::replace(&mut early[*needed], true) {
                open.push(*needed);
            }
        }
    }
    early
}

pub(super) fn is_rename(operation: &SchemaOperation) -> bool {
    matches!(
        operation,
        SchemaOperation::RenameTable { .. } | SchemaOperation::Change { change: TableChange::RenameColumn { .. }, .. }
    )
}

/// What happens to a part of a table. The greater one prevails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fate {
    /// It changes in a way that the database refuses while an object depends on it.
    Changed,
    /// It is dropped.
    Dropped,
}

/// The parts of tables that operations change, by their names after the renames.
#[derive(Debug, Default)]
struct ChangedParts {
    tables: BTreeSet<TableName>,
    /// The names are in lower case: some databases ignore the case of columns.
    columns: BTreeMap<(TableName, String), Fate>,
    /// Constraints and indexes that are dropped, and whether they are created again.
    constraints: BTreeMap<(TableName, String), Fate>,
    /// The tables whose columns change.
    with_columns: BTreeSet<TableName>,
}

impl ChangedParts {
    fn of(operations: &[SchemaOperation], with_types: bool) -> Self {
        let mut changes = Self::default();
        operations.iter().for_each(|operation| changes.add(operation));
        operations.iter().for_each(|operation| changes.add_created_again(operation));
        changes.columns.retain(|_, fate| with_types || *fate == Fate::Dropped);
        changes
    }

    fn add(&mut self, operation: &SchemaOperation) {
        match operation {
            SchemaOperation::DropTable(table) => drop(self.tables.insert(table.name.clone())),
            SchemaOperation::AlterEnumeration { users, .. } => {
                users.iter().for_each(|user| self.column(&user.table, &user.column.name, Fate::Changed));
            }
            SchemaOperation::Change { table, change } => self.change(table, change),
            SchemaOperation::DropIndex { table, index } => self.constraint(table, Some(&index.name)),
            _ => {}
        }
    }

    fn change(&mut self, table: &TableName, change: &TableChange) {
        if let TableChange::AddColumn(_) | TableChange::DropColumn(_) | TableChange::ModifyColumn { .. } = change {
            self.with_columns.insert(table.clone());
        }
        match change {
            TableChange::DropColumn(column) => self.column(table, &column.name, Fate::Dropped),
            TableChange::AddColumn(column) => {
                let known = self.columns.get_mut(&(table.clone(), column.name.to_lowercase()));
                known.into_iter().for_each(|fate| *fate = Fate::Changed);
            }
            TableChange::ModifyColumn { from, to } if is_rebuilt(from, to) => {
                self.column(table, &to.name, Fate::Changed);
            }
            TableChange::DropPrimaryKey(key) => self.constraint(table, key.name.as_ref()),
            TableChange::DropUnique(unique) => self.constraint(table, unique.name.as_ref()),
            TableChange::DropForeignKey(key) => self.constraint(table, key.name.as_ref()),
            TableChange::DropCheck(check) => self.constraint(table, check.name.as_ref()),
            TableChange::DropExclusion(exclusion) => self.constraint(table, Some(&exclusion.name)),
            _ => {}
        }
    }

    /// Takes into account that a constraint or an index is created under the name of a dropped one.
    fn add_created_again(&mut self, operation: &SchemaOperation) {
        let created = match operation {
            SchemaOperation::CreateIndex { table, index } => Some((table, &index.name)),
            SchemaOperation::Change { table, change } => match change {
                TableChange::AddPrimaryKey(key) => key.name.as_ref(),
                TableChange::AddUnique(unique) => unique.name.as_ref(),
                TableChange::AddForeignKey(key) => key.name.as_ref(),
                TableChange::AddCheck(check) => check.name.as_ref(),
                TableChange::AddExclusion(exclusion) => Some(&exclusion.name),
                _ => None,
            }
            .map(|name| (table, name)),
            _ => None,
        };
        if let Some((table, name)) = created {
            self.constraints.entry((table.clone(), name.clone())).and_modify(|fate| *fate = Fate::Changed);
        }
    }

    fn column(&mut self, table: &TableName, column: &str, fate: Fate) {
        let known = self.columns.entry((table.clone(), column.to_lowercase())).or_insert(fate);
        *known = fate.max(*known);
    }

    fn constraint(&mut self, table: &TableName, name: Option<&String>) {
        self.constraints.extend(name.map(|name| ((table.clone(), name.clone()), Fate::Dropped)));
    }

    fn is_empty(&self) -> bool {
        self.tables.is_empty() && self.columns.is_empty() && self.constraints.is_empty() && self.with_columns.is_empty()
    }

    fn is_dropped(&self, table: &TableName) -> bool {
        self.tables.contains(table)
    }

    /// What happens to a part that an object depends on, as far as it concerns this object.
    fn fate_for(&self, object: &DatabaseObject, part: &Dependency) -> Option<Fate> {
        let fate = self.fate(part);
        match object.name.kind {
            // A privilege and the storage of a column stay when the column changes.
            ObjectKind::Storage | ObjectKind::Grant => fate.filter(|fate| *fate == Fate::Dropped),
            // PostgreSQL applies a change of the parent to its children, but refuses it for an inherited column.
            ObjectKind::Inheritance
                if object.name.owner.as_ref().is_some_and(|own| self.with_columns.contains(own)) =>
            {
                Some(fate.unwrap_or(Fate::Changed))
            }
            _ => fate,
        }
    }

    fn fate(&self, part: &Dependency) -> Option<Fate> {
        match part {
            Dependency::Table(table) | Dependency::Column(table, _) | Dependency::Constraint(table, _)
                if self.is_dropped(table) =>
            {
                Some(Fate::Dropped)
            }
            Dependency::Column(table, column) => self.columns.get(&(table.clone(), column.to_lowercase())).copied(),
            Dependency::Constraint(table, name) => self.constraints.get(&(table.clone(), name.clone())).copied(),
            Dependency::Table(_) | Dependency::Object(_) => None,
        }
    }
}

/// Whether a change of a column replaces the values that objects read: another type, collation or expression.
fn is_rebuilt(from: &Column, to: &Column) -> bool {
    from.is_retyped(to) || from.generated != to.generated
}

/// Puts each object after the objects that it depends on, and otherwise orders them by kind and name.
pub(super) fn in_order_of_creation(objects: &[DatabaseObject]) -> Vec<&DatabaseObject> {
    order_of_creation(objects).into_iter().map(|at| &objects[at]).collect()
}

/// The positions of objects, each after the objects that it depends on.
fn order_of_creation(objects: &[DatabaseObject]) -> Vec<usize> {
    let places: BTreeMap<&ObjectName, usize> = objects.iter().enumerate().map(|(at, own)| (&own.name, at)).collect();
    let owners = owners(objects);
    let needed = |object: &DatabaseObject| -> Vec<usize> {
        let named = object.objects().filter_map(|name| places.get(name).copied());
        named.chain(object.name.owner.as_ref().and_then(|owner| owners.get(owner).copied())).collect()
    };
    let mut ordered = Vec::with_capacity(objects.len());
    let mut is_visited = vec![false; objects.len()];
    for start in 0..objects.len() {
        // A stack of its own: views on views can be nested more deeply than the stack of the thread is high.
        let mut open = vec![(start, false)];
        while let Some((at, is_ready)) = open.pop() {
            if is_ready {
                ordered.push(at);
            } else if !std::mem::replace(&mut is_visited[at], true) {
                open.push((at, true));
                open.extend(needed(&objects[at]).into_iter().map(|needed| (needed, false)));
            }
        }
    }
    ordered
}
