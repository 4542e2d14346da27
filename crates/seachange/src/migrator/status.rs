//! Lists every revision with its state in the database.

use super::Migrator;
use crate::error::Error;
use crate::lock;
use crate::revision::RegisteredRevision;
use crate::store::RevisionRow;

/// A revision with its state in the database.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RevisionStatus {
    /// The id.
    pub id: String,
    /// The revision in the program; `None` when only the database knows it.
    pub script: Option<&'static RegisteredRevision>,
    /// Its state in the database.
    pub state: RevisionState,
}

/// The state of a revision in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RevisionState {
    /// It is not applied.
    Pending,
    /// It is applied, as the row says.
    Applied(RevisionRow),
    /// It is applied, and its file has other code now.
    Edited(RevisionRow),
    /// It was begun and not finished, and no run is running.
    Interrupted(RevisionRow),
    /// It was begun, and another run is running.
    Running(RevisionRow),
}

impl Migrator {
    /// Lists every revision: those of the program in the order in which they would run, then those that only the
    /// database knows. Read only.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read), except that the record need not match the graph.
    pub async fn status(&self) -> Result<Vec<RevisionStatus>, Error> {
        let record = self.read().await?;
        let is_begun = record.unfinished().next().is_some();
        let is_running = is_begun && lock::is_at_work(self.context(), &self.connection).await;
        let state = |script, row| state(script, row, is_running);
        let known = self.graph.iter().map(|revision| {
            let script = self.script(&revision.id);
            let state = record.row(&revision.id).map_or(RevisionState::Pending, |row| state(script, row));
            RevisionStatus { id: revision.id.clone(), script, state }
        });
        let unknown = record
            .rows
            .iter()
            .filter(|row| self.graph.get(&row.revision).is_none())
            .map(|row| RevisionStatus { id: row.revision.clone(), script: None, state: state(None, row) });
        Ok(known.chain(unknown).collect())
    }
}

fn state(script: Option<&RegisteredRevision>, row: &RevisionRow, is_running: bool) -> RevisionState {
    let row = row.clone();
    if !row.is_applied() && is_running {
        RevisionState::Running(row)
    } else if !row.is_applied() {
        RevisionState::Interrupted(row)
    } else if script.is_some_and(|script| row.is_edited(script)) {
        RevisionState::Edited(row)
    } else {
        RevisionState::Applied(row)
    }
}
