//! The start of a script: the applied revisions, as the caller names them.

use seachange_graph::{Anchor, AppliedSet, Target};

use super::ScriptWriter;
use crate::error::Error;

impl ScriptWriter<'_> {
    /// Everything that is applied if the current revisions are `from`, each after those it points at.
    pub(super) fn start(&self, from: &Target) -> Result<Vec<String>, Error> {
        if from.place().is_none_or(|place| *place == Anchor::Current) {
            return Err(Error::UnknownStart { target: from.clone() });
        }
        Ok(self.graph.stamp(&self.graph.none_applied(), std::slice::from_ref(from))?.add)
    }

    /// The applied set of a database on which some revisions are applied.
    pub(super) fn applied(&self, start: &[String]) -> Result<AppliedSet, Error> {
        let revisions = start.iter().filter_map(|id| self.graph.get(id));
        let rows = revisions.map(|revision| {
            let pointers = revision.down_revision.iter().chain(&revision.depends_on);
            (revision.id.as_str(), pointers.map(String::as_str).collect())
        });
        Ok(self.graph.applied(rows)?)
    }

    /// The names of the current revisions if `start` is applied.
    pub(super) fn standing(&self, start: &[String]) -> Result<String, Error> {
        let applied = self.applied(start)?;
        let current = self.graph.current(&applied);
        Ok(current.iter().map(|revision| revision.id.as_str()).collect::<Vec<_>>().join(", "))
    }
}
