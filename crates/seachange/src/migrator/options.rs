//! How an upgrade handles a record that differs from what its program wrote.

/// The choices of an upgrade. By default it refuses everything that may be a mistake, and reports edited revisions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UpgradeOptions {
    /// How to handle revisions that are missing below applied ones.
    pub gaps: GapPolicy,
    /// How to handle a database that is ahead of the program.
    pub ahead: AheadPolicy,
    /// How to handle revisions that were edited after they were applied.
    pub edits: EditPolicy,
    /// How to handle the record of another tool, when no revision is recorded by the engine.
    pub other_records: OtherRecordPolicy,
}

/// How an upgrade handles revisions that are missing below applied ones because they were added to the graph later.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum GapPolicy {
    /// Refuse to upgrade, with [`AppliedError::Missing`](seachange_graph::AppliedError::Missing).
    #[default]
    Refuse,
    /// Apply the missing revisions with the others.
    Fill,
}

/// How an upgrade handles a database that is ahead of its program: a newer program applied revisions that are above all
/// revisions of this one, or on new roots. A database that has diverged is refused in any case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AheadPolicy {
    /// Refuse to upgrade, with [`AppliedError::Ahead`](seachange_graph::AppliedError::Ahead).
    #[default]
    Refuse,
    /// Ignore the unknown revisions, and apply the others. With this, an older service continues to work while a newer
    /// one is rolled out.
    Allow,
}

/// How an upgrade handles applied revisions whose files have other code now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EditPolicy {
    /// Report them with [`Event::Edited`](crate::event::Event::Edited), and continue.
    #[default]
    Warn,
    /// Refuse to upgrade, with [`Error::Edited`](crate::Error::Edited).
    Refuse,
}

/// How an upgrade handles the record of another tool (`seaql_migrations`, `alembic_version`) in a database without a
/// recorded revision. The upgrade would apply again what that tool has applied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OtherRecordPolicy {
    /// Refuse to upgrade, with [`Error::Unadopted`](crate::Error::Unadopted).
    /// [`Migrator::adopt`](crate::Migrator::adopt) takes that record over.
    #[default]
    Refuse,
    /// Apply everything.
    Ignore,
}
