//! Where a database stands that nobody asks.

use seachange_graph::{Applied, Place, Target};

use super::Offline;
use crate::error::Error;

impl Offline<'_> {
    /// Everything that is applied where a database stands at `from`, each after those it points at.
    pub(super) fn start(&self, from: &Target) -> Result<Vec<String>, Error> {
        if from.place().is_none_or(|place| *place == Place::Current) {
            return Err(Error::UnknownStart { target: from.clone() });
        }
        Ok(self.graph.stamp(&self.graph.nothing(), std::slice::from_ref(from))?.add)
    }

    /// The applied set of a database on which some revisions are applied.
    pub(super) fn applied(&self, start: &[String]) -> Result<Applied, Error> {
        let revisions = start.iter().filter_map(|id| self.graph.get(id));
        let rows = revisions.map(|revision| {
            let pointers = revision.down_revision.iter().chain(&revision.depends_on);
            (revision.id.as_str(), pointers.map(String::as_str).collect())
        });
        Ok(self.graph.applied(rows)?)
    }

    /// The names of where it stands then.
    pub(super) fn standing(&self, start: &[String]) -> Result<String, Error> {
        let applied = self.applied(start)?;
        let current = self.graph.current(&applied);
        Ok(current.iter().map(|revision| revision.id.as_str()).collect::<Vec<_>>().join(", "))
    }
}
