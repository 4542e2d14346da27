//! One revision, as it is written.

/// A node of the graph: an id and the ids it points at.
///
/// The values are not checked here; [`Graph::new`](crate::Graph::new) checks a whole set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Revision {
    /// The unique id, typically twelve hexadecimal digits.
    pub id: String,
    /// The parents: none for a base, several for a merge point.
    pub down_revision: Vec<String>,
    /// Revisions of other branches that must be applied before this one.
    pub depends_on: Vec<String>,
    /// Names for the branch that starts here.
    pub branch_labels: Vec<String>,
    /// The revisions in whose place this one stands, in the order in which they ran; see
    /// [`squash`](crate::squash). Empty for a revision that is no squash revision.
    pub replaces: Vec<String>,
}

impl Revision {
    /// Makes a base: a revision that points at no other.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), ..Self::default() }
    }

    /// Adds a parent.
    #[must_use]
    pub fn after(mut self, parent: impl Into<String>) -> Self {
        self.down_revision.push(parent.into());
        self
    }

    /// Adds a dependency.
    #[must_use]
    pub fn depending_on(mut self, dependency: impl Into<String>) -> Self {
        self.depends_on.push(dependency.into());
        self
    }

    /// Adds a revision that this one replaces.
    #[must_use]
    pub fn replacing(mut self, replaced: impl Into<String>) -> Self {
        self.replaces.push(replaced.into());
        self
    }

    /// Adds a branch label.
    #[must_use]
    pub fn labelled(mut self, label: impl Into<String>) -> Self {
        self.branch_labels.push(label.into());
        self
    }
}
