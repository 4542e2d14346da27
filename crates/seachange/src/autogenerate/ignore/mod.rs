//! Leaves differences out of a comparison: those that rules ignore, those of objects that are not compared, and those
//! that were accepted.
//!
//! The target takes what is left out from the database. So operations, rebuilds and the verification know nothing of it.
//! The operations of a comparison say what differs: [`selection`] decides which of them are left out, and [`adopt`]
//! changes the target so that they are not needed. Both are repeated, because a changed target may lead to other
//! operations.

mod adopt;
mod in_place;
mod include;
mod parts;
mod properties;
mod renames;
mod rule;
mod selection;
#[cfg(test)]
mod tests;
mod unstated;

use std::collections::HashSet;

use super::comparison::Comparison;
use super::diff;
use super::difference::Difference;
use super::entities::Entities;
use super::error::AutogenerateError;
use crate::settings::DatabaseSettings;

pub use self::include::ComparedObject;
pub(super) use self::include::ObjectFilter;
pub use self::rule::{IgnoreRule, IgnoreRuleError, IgnoredKind};
use self::selection::{Candidate, ObjectPresence, Selection};

impl Comparison {
    /// Leaves accepted differences out: the target keeps what the database has. A difference that an operation needs
    /// which is not accepted stays, such as a new column under a new index.
    ///
    /// # Errors
    ///
    /// The scratch schema cannot be opened or read. It is needed where a declared rename is accepted.
    pub async fn accept(self, accepted: &[Difference], scratch: &DatabaseSettings) -> Result<Self, AutogenerateError> {
        let accepted: HashSet<&Difference> = accepted.iter().collect();
        self.without(&Selection::Accepted(&accepted), scratch).await
    }

    /// Leaves out what the rules of the entities ignore, and the objects that are not compared.
    pub(super) async fn ignore(
        mut self,
        entities: &Entities,
        scratch: &DatabaseSettings,
    ) -> Result<Self, AutogenerateError> {
        let (rules, filter) = (entities.rules(), entities.object_filter());
        self.hints.names.retain(|(table, name)| !rules.iter().any(|rule| rule.leaves_out_name(table, name)));
        self.without(&Selection::Declared { rules, filter }, scratch).await
    }

    async fn without(
        mut self,
        selection: &Selection<'_>,
        scratch: &DatabaseSettings,
    ) -> Result<Self, AutogenerateError> {
        if selection.is_empty() {
            return Ok(self);
        }
        if renames::leave_out(&mut self, selection) {
            let renames = self.renames();
            self = self.rename(&renames, scratch).await?;
        }
        self.leave_out(selection);
        Ok(self)
    }

    /// Changes the target until no operation is left out any more. Each round takes something from the database, so few
    /// are needed: a part, and then what depends on it.
    fn leave_out(&mut self, selection: &Selection<'_>) {
        const ROUNDS: usize = 20;
        let renames = self.renames();
        let database = match &self.renamed {
            Some(renamed) if renamed.renames == renames => renamed.schema.clone(),
            _ => diff::apply_renames(&self.from, &renames),
        };
        for _ in 0..ROUNDS {
            let operations = in_place::changes(self.operations(&renames));
            let chosen = selection::choose(self, &database, &operations, selection);
            if !adopt::adopt(self, &database, &chosen, selection) {
                break;
            }
        }
    }
}
