//! What an upgrade makes of a record that is not quite as its program left it.

/// The choices of an upgrade. By default it refuses whatever might be a mistake, and tells of edits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UpgradeOptions {
    /// What is made of revisions that are missing below applied ones.
    pub gaps: GapPolicy,
    /// What is made of a database that is ahead of the program.
    pub ahead: AheadPolicy,
    /// What is made of revisions that were edited after they were applied.
    pub edits: EditPolicy,
    /// What is made of the record of another tool, where nothing is recorded here.
    pub other_records: OtherRecordPolicy,
}

/// What an upgrade makes of revisions that are missing below applied ones: they were added to the graph later.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum GapPolicy {
    /// Refuse to upgrade, with [`AppliedError::Missing`](seachange_graph::AppliedError::Missing).
    #[default]
    Refuse,
    /// Apply them with the rest.
    Fill,
}

/// What an upgrade makes of a database that is ahead of its program: a newer one applied revisions that lie above all
/// that this one knows, or on new roots. A database that has diverged is refused in any case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AheadPolicy {
    /// Refuse to upgrade, with [`AppliedError::Ahead`](seachange_graph::AppliedError::Ahead).
    #[default]
    Refuse,
    /// Leave what is unknown alone, and upgrade the rest. An older service lives on so while a newer one is rolled out.
    Allow,
}

/// What an upgrade makes of applied revisions whose files have other code now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EditPolicy {
    /// Tell of them, with [`Event::Edited`](crate::event::Event::Edited), and go on.
    #[default]
    Warn,
    /// Refuse to upgrade, with [`Error::Edited`](crate::Error::Edited).
    Refuse,
}

/// What an upgrade makes of the record of another tool (`seaql_migrations`, `alembic_version`) in a database of which nothing
/// is recorded here: it would apply again what that tool has applied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OtherRecordPolicy {
    /// Refuse to upgrade, with [`Error::Unadopted`](crate::Error::Unadopted): [`Migrator::adopt`](crate::Migrator::adopt)
    /// goes on from that record.
    #[default]
    Refuse,
    /// Apply everything.
    Ignore,
}
