//! The differences between declared objects and those of a database.

use std::collections::{BTreeMap, BTreeSet};

use super::dependents::Fate;
use super::object_alterations::alterations;
use crate::schema::{DatabaseObject, ObjectKind, ObjectName};

/// What has to happen to the objects of a database, so that it has those that are declared.
#[derive(Debug, Default)]
pub(super) struct ObjectChanges {
    /// The objects to create.
    pub(super) created: Vec<DatabaseObject>,
    /// The objects to replace: before and after.
    pub(super) replaced: Vec<(DatabaseObject, DatabaseObject)>,
    /// The objects to drop.
    pub(super) dropped: Vec<DatabaseObject>,
}

impl ObjectChanges {
    /// Compares the objects of a database with those that are declared. An object that is not declared stays, unless its
    /// kind is in `complete`.
    pub(super) fn between(
        found: &[DatabaseObject],
        declared: &[DatabaseObject],
        complete: &BTreeSet<ObjectKind>,
    ) -> Self {
        let mut changes = Self::default();
        let by_name: BTreeMap<&ObjectName, &DatabaseObject> = found.iter().map(|old| (&old.name, old)).collect();
        for new in declared {
            match by_name.get(&new.name).copied() {
                None => changes.created.push(new.clone()),
                Some(old) if fits(old, new) => {}
                Some(old) => changes.replaced.push((old.clone(), with_properties_of(old, new))),
            }
        }
        let names: BTreeSet<&ObjectName> = declared.iter().map(|new| &new.name).collect();
        let is_declared = |old: &DatabaseObject| names.contains(&old.name);
        let undeclared = found.iter().filter(|old| complete.contains(&old.name.kind) && !is_declared(old));
        changes.dropped = undeclared.cloned().collect();
        changes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.created.is_empty() && self.replaced.is_empty() && self.dropped.is_empty()
    }

    /// The objects of the database that are removed: those to drop, and those that have to be dropped before they are
    /// created in another form.
    pub(super) fn removed(&self) -> impl Iterator<Item = (&ObjectName, Fate)> {
        let replaced = self.replaced.iter().filter(|(old, new)| !can_be_replaced(old, new));
        let replaced = replaced.map(|(old, _)| (&old.name, Fate::Changed));
        replaced.chain(self.dropped.iter().map(|old| (&old.name, Fate::Dropped)))
    }
}

/// Whether a statement turns one object into the other and keeps what depends on it: `CREATE OR REPLACE` for a function or
/// a procedure of PostgreSQL that returns the same type, `ALTER` for a domain or a sequence.
fn can_be_replaced(old: &DatabaseObject, new: &DatabaseObject) -> bool {
    let result = |object: &DatabaseObject| {
        let lines = object.create.first().map(|text| text.lines().map(str::trim_start));
        lines.and_then(|mut lines| lines.find(|line| line.starts_with("RETURNS ")).map(str::to_owned))
    };
    let is_replacement = new.create.first().is_some_and(|text| text.starts_with("CREATE OR REPLACE "));
    is_replacement && result(old) == result(new) || alterations(old, new).is_some()
}

/// Whether an object has the declared definition, and the declared properties beside others.
fn fits(old: &DatabaseObject, new: &DatabaseObject) -> bool {
    let start = (new.name.kind == ObjectKind::Event && starts(new).is_none()).then(|| starts(old)).flatten();
    let old_definition = start.map_or_else(|| old.clone(), |clause| without(old, &clause));
    old_definition.definition().has_definition_of(&new.definition())
        && properties(new).iter().all(|property| properties(old).contains(property))
}

/// The clause that says when an event begins. The server adds it where it is not declared, with the present time.
pub(super) fn starts(event: &DatabaseObject) -> Option<String> {
    let text = event.create.iter().find(|text| text.contains(" EVENT "))?;
    let start = text.find(" STARTS '")?;
    let value = start + " STARTS '".len();
    let end = value + text[value..].find('\'')?;
    Some(text[start..=end].to_owned())
}

/// The event without a clause.
pub(super) fn without(event: &DatabaseObject, clause: &str) -> DatabaseObject {
    let create = event.create.iter().map(|text| text.replacen(clause, "", 1)).collect();
    DatabaseObject { create, ..event.clone() }
}

/// The declared object, with the properties of the old one that the declaration does not mention: grants, comments, a
/// state.
fn with_properties_of(old: &DatabaseObject, new: &DatabaseObject) -> DatabaseObject {
    let is_stated = |property: &String| {
        let subject = property.split(" IS ").next();
        properties(new).iter().any(|own| own == property || own.split(" IS ").next() == subject)
    };
    let kept = properties(old).iter().filter(|property| !is_stated(property)).cloned();
    let create = new.create.iter().cloned().chain(kept).collect();
    DatabaseObject { create, ..new.clone() }
}

/// The statements after the definition.
fn properties(object: &DatabaseObject) -> &[String] {
    match object.name.kind.is_defined_by_all() {
        true => &[],
        false => object.create.get(1..).unwrap_or_default(),
    }
}
