//! Branches: what belongs to a label, or to the line of a revision.

use std::collections::BTreeSet;

use crate::find::FindError;
use crate::graph::Graph;
use crate::reach::Set;

/// The line of a revision: everything below it and above it, by parents. Dependencies do not count.
#[derive(Debug, Clone)]
pub(crate) struct Branch {
    /// As it was typed: a label, or the beginning of an id.
    pub(crate) name: String,
    members: Set,
}

impl Branch {
    pub(crate) fn contains(&self, position: usize) -> bool {
        self.members.contains(position)
    }

    /// Keeps what belongs to the branch; everything where there is no branch.
    pub(crate) fn keep(branch: Option<&Self>, positions: impl IntoIterator<Item = usize>) -> Vec<usize> {
        positions.into_iter().filter(|&position| branch.is_none_or(|branch| branch.contains(position))).collect()
    }
}

impl Graph {
    /// The branch that a label or a revision names.
    pub(crate) fn branch(&self, name: &str) -> Result<Branch, FindError> {
        let start = self.find_position(name, None)?;
        let mut members = Set::reached(self, [start], |position| self.parent_positions(position));
        let children = self.child_positions(start).iter().copied();
        members.extend(children, |position| self.child_positions(position), |_| true);
        Ok(Branch { name: name.to_owned(), members })
    }

    /// The labels of the branches that a revision is part of, sorted: those that it or a revision below it carries,
    /// and those carried above it where the way up to the head neither forks nor joins another.
    pub fn labels(&self, id: &str) -> Vec<&str> {
        let Some(position) = self.position(id).filter(|_| self.carriers().next().is_some()) else {
            return Vec::new();
        };
        let below = Set::reached(self, [position], |position| self.parent_positions(position));
        let carried = self.carriers().filter(|&(_, carrier)| below.contains(carrier)).map(|(label, _)| label);
        carried.chain(self.labels_above(position)).collect::<BTreeSet<&str>>().into_iter().collect()
    }

    /// The labels on the way up to the head; none where it forks or joins another.
    fn labels_above(&self, start: usize) -> Vec<&str> {
        let mut labels = Vec::new();
        let mut top = Some(start);
        while let Some(position) = top {
            if self.above(position).len() > 1 || self.parent_positions(position).len() > 1 {
                return Vec::new();
            }
            labels.extend(self.revision(position).branch_labels.iter().map(String::as_str));
            top = self.child_positions(position).first().copied();
        }
        labels
    }
}
