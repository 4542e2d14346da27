//! The record: the rows of the table of applied revisions, as they were read.

use std::collections::HashSet;

use seachange_graph::{AppliedSet, Direction, Graph, Step};

use crate::error::Error;
use crate::store::RevisionRow;

/// The rows of the table of applied revisions, as they were read.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct RevisionRecord {
    /// The rows in the order of their ids; empty when the table does not exist.
    pub rows: Vec<RevisionRow>,
    /// Whether the table exists.
    pub has_table: bool,
}

impl RevisionRecord {
    /// The record without revisions that the graph does not know.
    pub(crate) fn known(&self, graph: &Graph) -> Self {
        let rows = self.rows.iter().filter(|row| graph.knows(&row.revision)).cloned().collect();
        Self { rows, has_table: self.has_table }
    }

    /// The row of a revision.
    pub fn row(&self, revision: &str) -> Option<&RevisionRow> {
        let place = self.rows.binary_search_by(|row| row.revision.as_str().cmp(revision)).ok()?;
        Some(&self.rows[place])
    }

    /// The rows of revisions that were begun and are not finished.
    pub(crate) fn unfinished(&self) -> impl Iterator<Item = &RevisionRow> {
        self.rows.iter().filter(|row| !row.is_applied())
    }

    /// The applied set, checked against the graph.
    ///
    /// # Errors
    ///
    /// [`Error::Interrupted`] when a revision was begun and is not finished, [`Error::Applied`] when the rows do not
    /// match the graph.
    pub fn applied(&self, graph: &Graph) -> Result<AppliedSet, Error> {
        self.check_finished()?;
        Ok(graph.applied(self.pointers())?)
    }

    /// The applied set for reading where a database stands: revisions may be missing below applied ones.
    ///
    /// # Errors
    ///
    /// As [`applied`](Self::applied), except that missing revisions are not an error.
    pub fn applied_allowing_gaps(&self, graph: &Graph) -> Result<AppliedSet, Error> {
        self.check_finished()?;
        self.applied_with_gaps(graph)
    }

    /// Refuses a record in which an interrupted run left a revision unfinished.
    pub(crate) fn check_finished(&self) -> Result<(), Error> {
        match self.unfinished().next() {
            Some(row) => Err(Error::interrupted(row)),
            None => Ok(()),
        }
    }

    /// The applied set, whatever is missing below applied revisions. An interrupted revision counts as applied, so that
    /// a stamp above it keeps its row and a stamp below it removes the row.
    pub(crate) fn applied_with_gaps(&self, graph: &Graph) -> Result<AppliedSet, Error> {
        Ok(graph.applied_with_gaps(self.pointers())?)
    }

    /// Where the database stands after `steps` have been taken from here: ids, in the order of the graph.
    pub(crate) fn current_after(&self, graph: &Graph, steps: &[Step]) -> Result<Vec<String>, Error> {
        let undone = steps.iter().filter(|step| step.direction == Direction::Downgrade);
        let undone: HashSet<&str> = undone.map(|step| step.revision.as_str()).collect();
        let upgraded = steps.iter().filter(|step| step.direction == Direction::Upgrade);
        let added = upgraded.filter_map(|step| graph.find_step(&step.revision)).map(|revision| {
            let pointers = revision.down_revision.iter().chain(&revision.depends_on).map(String::as_str);
            (revision.id.as_str(), pointers.collect())
        });
        let left = self.pointers().filter(|(id, _)| !undone.contains(id)).chain(added);
        let applied = match graph.applied_with_gaps(left.clone()) {
            Err(_) => graph.applied_with_gaps(left.filter(|(id, _)| graph.knows(id)))?,
            applied => applied?,
        };
        Ok(graph.current(&applied).iter().map(|revision| revision.id.clone()).collect())
    }

    /// Each revision with all ids that it pointed at, in the form that the graph takes.
    fn pointers(&self) -> impl Iterator<Item = (&str, Vec<&str>)> + Clone {
        self.rows.iter().map(|row| (row.revision.as_str(), row.pointers()))
    }
}
