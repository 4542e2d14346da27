//! The options of a run: how it handles a record that differs from what its program wrote, and how it runs.

#[cfg(feature = "cli")]
use std::collections::BTreeMap;
use std::time::Duration;

use crate::intercept::CodeOptions;
use crate::limits::BackfillOptions;
use crate::limits::Limits;
use crate::run_arguments::RunArguments;
use crate::run_context::Gates;

/// The options of a [`Migrator`](crate::Migrator). By default an upgrade refuses everything that may be a mistake,
/// reports edited revisions, and runs each revision in a transaction of its own.
///
/// ```
/// use std::time::Duration;
///
/// use seachange::{AheadPolicy, Limits, RunOptions};
///
/// let limits = Limits { lock_timeout: Some(Duration::from_secs(30)), ..Limits::default() };
/// let options = RunOptions::new().ahead(AheadPolicy::Allow).limits(limits);
/// assert_ne!(options, RunOptions::default());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct RunOptions {
    pub(super) gaps: GapPolicy,
    pub(super) ahead: AheadPolicy,
    pub(super) edits: EditPolicy,
    pub(super) other_records: OtherRecordPolicy,
    pub(super) limits: Limits,
    pub(super) single_transaction: bool,
    pub(super) code: CodeOptions,
    pub(super) stores_downgrades: bool,
    pub(super) backfills: BackfillOptions,
    pub(super) gates_of_revisions: Gates,
    pub(super) primary_wait: Duration,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl RunOptions {
    /// The default options.
    pub fn new() -> Self {
        Self {
            gaps: GapPolicy::default(),
            ahead: AheadPolicy::default(),
            edits: EditPolicy::default(),
            other_records: OtherRecordPolicy::default(),
            limits: Limits::default(),
            single_transaction: false,
            code: CodeOptions::new(),
            stores_downgrades: true,
            backfills: BackfillOptions::new(),
            gates_of_revisions: Gates::default(),
            primary_wait: Duration::ZERO,
        }
    }

    /// How to handle revisions that are missing below applied ones.
    pub fn gaps(self, gaps: GapPolicy) -> Self {
        Self { gaps, ..self }
    }

    /// How to handle a database that is ahead of the program.
    pub fn ahead(self, ahead: AheadPolicy) -> Self {
        Self { ahead, ..self }
    }

    /// How to handle revisions that were edited after they were applied.
    pub fn edits(self, edits: EditPolicy) -> Self {
        Self { edits, ..self }
    }

    /// How to handle the record of another tool, when no revision is recorded by the engine.
    pub fn other_records(self, other_records: OtherRecordPolicy) -> Self {
        Self { other_records, ..self }
    }

    /// How long runs wait for locks, and how long statements may take.
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// How long an upgrade waits on a standby of PostgreSQL until it has received the revisions, or takes writes. By default
    /// it does not wait, and returns [`Error::Standby`](crate::Error::Standby).
    pub fn wait_for_primary(self, primary_wait: Duration) -> Self {
        Self { primary_wait, ..self }
    }

    /// Whether all revisions of an upgrade or a downgrade run in one transaction: the revisions and their rows commit
    /// together, or not at all. Such a run is refused on MySQL and MariaDB, and when one of the revisions runs outside
    /// of transactions.
    pub fn single_transaction(self, single_transaction: bool) -> Self {
        Self { single_transaction, ..self }
    }

    /// Whether a change of a column's type by [`alter`](crate::alter::alter) counts the values that it would not keep,
    /// and is refused if there are such values; by default it does. Without the count the database converts or cuts the
    /// values as it does by itself. The count reads the whole table.
    pub fn count_losses(self, count_losses: bool) -> Self {
        Self { code: CodeOptions { counts_losses: count_losses, ..self.code }, ..self }
    }

    /// What the options say of a database that is ahead.
    pub(crate) fn ahead_policy(&self) -> AheadPolicy {
        self.ahead
    }

    /// How long to wait for another run.
    pub(crate) fn run_lock_timeout(&self) -> Duration {
        self.limits.run_lock_timeout()
    }

    /// Refuses statements that change something outside of the database, if `stays_inside`.
    pub(crate) fn staying_inside(self, stays_inside: bool) -> Self {
        Self { code: CodeOptions { stays_inside, ..self.code }, ..self }
    }

    /// Whether the downgrade of each applied revision is captured and stored in the database; by default it is. For that
    /// its `down` runs, and its statements are recorded instead of sent.
    pub fn store_downgrades(self, stores_downgrades: bool) -> Self {
        Self { stores_downgrades, ..self }
    }

    /// How the backfills of revisions run.
    pub fn backfills(self, backfills: BackfillOptions) -> Self {
        Self { backfills, ..self }
    }

    /// Whether an upgrade runs revisions without waiting for the backfills and the time that their constants name; by
    /// default it leaves them, and those above them, for a later run.
    pub fn ignore_gates(self, ignores: bool) -> Self {
        Self { gates_of_revisions: Gates { are_respected: !ignores, ..self.gates_of_revisions }, ..self }
    }

    /// Leaves these revisions for a later run, each for a reason.
    #[cfg(feature = "cli")]
    pub(crate) fn hold(self, held: BTreeMap<String, String>) -> Self {
        Self { gates_of_revisions: Gates { held, ..self.gates_of_revisions }, ..self }
    }

    /// The arguments that the code of revisions can read.
    pub fn arguments(self, arguments: RunArguments) -> Self {
        Self { code: CodeOptions { arguments: arguments.into(), ..self.code }, ..self }
    }
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
    /// Revert the unknown revisions by their stored downgrades, last first, and then upgrade. With this, an older service
    /// that is deployed again takes the database back to where it was. Services of the newer version must not run any
    /// more.
    Rollback,
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
