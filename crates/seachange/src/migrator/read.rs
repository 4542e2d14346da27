//! Reads the record: which revisions the database has applied.

use std::collections::HashSet;

use sea_orm::ConnectionTrait;
use seachange_graph::{AppliedError, AppliedSet, Graph, Plan, StampPlan, Target};

use super::{Migrator, UpgradeOptions};
use crate::error::Error;
use crate::lock;
use crate::record::RevisionRecord;
use crate::revision::RegisteredRevision;
use crate::store::{RevisionRow, RevisionSummary};

/// Where a database stands.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DatabasePosition {
    /// The current revisions that the program knows.
    pub known: Vec<&'static RegisteredRevision>,
    /// The current revisions of a newer program.
    pub of_newer: Vec<RevisionRow>,
    /// All applied revisions that the program does not know, sorted. If there are any, the database is ahead of the
    /// program.
    pub unknown: Vec<String>,
}

impl Migrator {
    /// Reads the record, and finds where it is. Writes nothing: a missing table is not created.
    ///
    /// # Errors
    ///
    /// [`Error::ForeignTable`] when the table is not the engine's, [`Error::Database`] when it cannot be read.
    pub async fn read(&self) -> Result<RevisionRecord, Error> {
        let (place, record) = (self.resolve_location().await?, self.read_by(&self.connection).await?);
        match place.and_then(|place| place.elsewhere_than.map(|current| (place.schema, current))) {
            // The search path may lead to the record of another program. That record is not used.
            Some((schema, current)) if !record.rows.is_empty() && self.knows_none(&record) => {
                Err(Error::RecordElsewhere { schema, current })
            }
            _ => Ok(record),
        }
    }

    /// Whether an upgrade to all heads has nothing to do and nothing to report: every revision of the program is
    /// applied with the code that it has now, and no other revision is. One query of three columns. When the query
    /// fails, the result is `false`, and a run that reads the whole record reports why.
    pub(super) async fn is_complete(&self) -> bool {
        let Some(search_path) = self.backend.search_path() else { return false };
        let Ok(glance) = self.store().summary(&self.connection, search_path).await else { return false };
        if let Some(schema) = glance.search_path.and_then(|path| self.backend.only_schema(path)) {
            self.located.get_or_init(|| self.store.placed(&schema));
        }
        let is_as_here = |mark: &RevisionSummary| self.script(&mark.revision).is_some_and(|script| mark.is_of(script));
        glance.marks.len() == self.migrations.scripts().len() && glance.marks.iter().all(is_as_here)
    }

    fn knows_none(&self, record: &RevisionRecord) -> bool {
        record.rows.iter().all(|row| self.graph.get(&row.revision).is_none())
    }

    /// Reads the record over a connection.
    pub(super) async fn read_by(&self, connection: &impl ConnectionTrait) -> Result<RevisionRecord, Error> {
        match self.store().rows(connection).await {
            Ok(rows) => Ok(RevisionRecord { rows, has_table: true }),
            Err(error) if self.backend.is_missing_table(&error) => Ok(RevisionRecord::default()),
            Err(source) if self.backend.is_missing_column(&source) => {
                Err(Error::ForeignTable { table: self.store.name(), source })
            }
            Err(source) => Err(Error::Database { doing: "cannot read which revisions are applied", source }),
        }
    }

    /// The applied set that the database has now.
    async fn applied(&self) -> Result<AppliedSet, Error> {
        self.with_running_detected(self.read().await?.applied(self.graph)).await
    }

    /// Distinguishes a revision that another run is executing from one that an interrupted run left behind.
    pub(super) async fn with_running_detected<T>(&self, outcome: Result<T, Error>) -> Result<T, Error> {
        match outcome {
            Err(Error::Interrupted { revision, direction, started_at, .. })
                if lock::is_at_work(self.context(), &self.connection).await =>
            {
                Err(Error::Running { revision, direction, started_at })
            }
            outcome => outcome,
        }
    }

    /// The revisions that an upgrade to all heads would apply, in that order. Read only.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read) and [`RevisionRecord::applied`].
    pub async fn pending(&self) -> Result<Vec<&'static RegisteredRevision>, Error> {
        let applied = self.applied().await?;
        let plan = self.graph.upgrade(&applied, &[Target::HEADS])?;
        Ok(plan.steps.iter().filter_map(|step| self.script(&step.revision)).collect())
    }

    /// Makes sure that the database is at all heads, and not ahead of them. Read only.
    ///
    /// # Errors
    ///
    /// As [`check_with`](Self::check_with).
    pub async fn check(&self) -> Result<(), Error> {
        self.check_with(UpgradeOptions::default()).await.map(drop)
    }

    /// Where the database stands: the applied revisions that have no applied revision above them. Read only.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read) and [`RevisionRecord::applied_allowing_gaps`].
    pub async fn current(&self) -> Result<Vec<&'static RegisteredRevision>, Error> {
        let applied = self.with_running_detected(self.read().await?.applied_allowing_gaps(self.graph)).await?;
        Ok(self.graph.current(&applied).iter().filter_map(|revision| self.script(&revision.id)).collect())
    }

    /// Where the database stands, without the revisions of a newer program. Read only.
    ///
    /// # Errors
    ///
    /// As [`current`](Self::current), except that unknown revisions are not an error.
    pub async fn current_known(&self) -> Result<Vec<&'static RegisteredRevision>, Error> {
        let applied =
            self.with_running_detected(self.read().await?.known(self.graph).applied_allowing_gaps(self.graph)).await?;
        Ok(self.graph.current(&applied).iter().filter_map(|revision| self.script(&revision.id)).collect())
    }

    /// The applied set for reading where a database stands, in a graph that may be newer than the program's. The
    /// revisions of a newer program are not in the set; they are returned beside it. Read only.
    ///
    /// # Errors
    ///
    /// As [`current`](Self::current), except that a database may be ahead.
    pub async fn standing_in(&self, graph: &Graph) -> Result<(AppliedSet, Vec<String>), Error> {
        let record = self.read().await?;
        match self.with_running_detected(record.applied_allowing_gaps(graph)).await {
            Err(Error::Applied(AppliedError::Ahead { unknown })) => {
                Ok((record.known(graph).applied_allowing_gaps(graph)?, unknown))
            }
            applied => Ok((applied?, Vec::new())),
        }
    }

    /// Where the database stands, which may be at revisions of a newer program: only their rows are known. Read only.
    ///
    /// # Errors
    ///
    /// As [`current`](Self::current), except that a database may be ahead.
    pub async fn standing(&self) -> Result<DatabasePosition, Error> {
        let record = self.read().await?;
        let (applied, unknown) = match self.with_running_detected(record.applied_allowing_gaps(self.graph)).await {
            Err(Error::Applied(AppliedError::Ahead { unknown })) => {
                (record.known(self.graph).applied_allowing_gaps(self.graph)?, unknown)
            }
            applied => (applied?, Vec::new()),
        };
        let is_unknown = |row: &&RevisionRow| unknown.contains(&row.revision);
        let below: HashSet<&str> = record.rows.iter().filter(is_unknown).flat_map(RevisionRow::pointers).collect();
        let known = self.graph.current(&applied).into_iter().filter(|revision| !below.contains(revision.id.as_str()));
        let above = record.rows.iter().filter(is_unknown).filter(|row| !below.contains(row.revision.as_str()));
        Ok(DatabasePosition {
            known: known.filter_map(|revision| self.script(&revision.id)).collect(),
            of_newer: above.cloned().collect(),
            unknown,
        })
    }

    /// Plans a downgrade without running it. Read only. Revisions that are missing below applied ones do not prevent a
    /// downgrade.
    ///
    /// # Errors
    ///
    /// As [`plan_upgrade`](Self::plan_upgrade).
    pub async fn plan_downgrade(&self, targets: &[Target]) -> Result<Plan, Error> {
        self.with_running_detected(self.plan_downgrade_from(&self.read().await?, targets)).await
    }

    /// Plans a stamp without writing it. Read only.
    ///
    /// # Errors
    ///
    /// As [`plan_upgrade`](Self::plan_upgrade).
    pub async fn plan_stamp(&self, targets: &[Target]) -> Result<StampPlan, Error> {
        let applied = self.read().await?.applied_with_gaps(self.graph)?;
        Ok(self.graph.stamp(&applied, targets)?)
    }

    pub(super) fn plan_downgrade_from(&self, record: &RevisionRecord, targets: &[Target]) -> Result<Plan, Error> {
        Ok(self.graph.downgrade(&record.applied_allowing_gaps(self.graph)?, targets)?)
    }
}
