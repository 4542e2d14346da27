//! A function that decides for each object whether it is compared.

use std::fmt;
use std::sync::Arc;

use crate::autogenerate::difference::{Difference, DifferenceKind};
use crate::schema::TableName;

/// An object about which a function decides whether it is compared: see
/// [`Entities::include_object`](crate::autogenerate::Entities::include_object).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ComparedObject<'o> {
    /// What the object is: a table, a column, a primary key, a unique constraint, an index, a foreign key, a check, an
    /// exclusion constraint, an enumerated type, or an object such as a view.
    pub kind: DifferenceKind,
    /// The table, or the table that the object belongs to.
    pub table: Option<&'o TableName>,
    /// The name of the object, if it has a name and is not a table.
    pub name: Option<&'o str>,
    /// Whether the database has the object.
    pub in_database: bool,
    /// Whether the entities have the object.
    pub in_entities: bool,
}

impl<'o> ComparedObject<'o> {
    /// The object that has a difference.
    pub(super) fn of(difference: &'o Difference, in_database: bool, in_entities: bool) -> Self {
        let kind = match (difference.kind, &difference.name) {
            (DifferenceKind::Comment, None) => DifferenceKind::Table,
            (kind, _) if is_property(kind) => DifferenceKind::Column,
            (kind, _) => kind,
        };
        Self { kind, table: difference.table.as_ref(), name: difference.name.as_deref(), in_database, in_entities }
    }
}

/// Whether a kind of differences is a property of a column.
pub(super) const fn is_property(kind: DifferenceKind) -> bool {
    matches!(
        kind,
        DifferenceKind::Type
            | DifferenceKind::Nullability
            | DifferenceKind::Default
            | DifferenceKind::Generated
            | DifferenceKind::AutoIncrement
            | DifferenceKind::OnUpdate
            | DifferenceKind::Collation
            | DifferenceKind::Comment
    )
}

/// The functions that decide whether an object is compared: all of them have to agree.
#[derive(Clone, Default)]
pub(in crate::autogenerate) struct ObjectFilter(Vec<Arc<Decide>>);

type Decide = dyn Fn(&ComparedObject<'_>) -> bool + Send + Sync;

impl ObjectFilter {
    pub(in crate::autogenerate) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(in crate::autogenerate) fn add(
        &mut self,
        decide: impl Fn(&ComparedObject<'_>) -> bool + Send + Sync + 'static,
    ) {
        self.0.push(Arc::new(decide));
    }

    pub(in crate::autogenerate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn includes(&self, object: &ComparedObject<'_>) -> bool {
        self.0.iter().all(|decide| decide(object))
    }
}

impl fmt::Debug for ObjectFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectFilter").field("functions", &self.0.len()).finish()
    }
}
