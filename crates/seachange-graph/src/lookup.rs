//! Lookup of revisions by id, by label, or by the beginning of an id.

use thiserror::Error;

use crate::branch::Branch;
use crate::error::quoted;
use crate::graph::Graph;
use crate::revision::Revision;

/// The maximum number of suggestions in an error.
const SUGGESTIONS: usize = 3;

/// The minimum similarity (Jaro-Winkler, 0 to 1) of a name that is suggested for an unknown one.
const LIKENESS: f64 = 0.8;

/// A text that does not identify exactly one revision.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LookupError {
    /// No id begins with the text, and no label is equal to it.
    #[error("no revision or label `{text}`{}", on_branch(branch.as_ref()))]
    Unknown {
        /// The text that was looked up.
        text: String,
        /// The branch that was searched.
        branch: Option<String>,
        /// Similar ids and labels, the most similar first; at most three.
        similar: Vec<String>,
    },
    /// Several ids begin with the text.
    #[error("`{text}` matches several revisions: {}", quoted(candidates))]
    Ambiguous {
        /// The text that was looked up.
        text: String,
        /// The ids that begin with it, sorted.
        candidates: Vec<String>,
    },
    /// The revision exists, and is neither below nor above the revision that names the branch.
    #[error("revision `{revision}` is not on branch `{branch}`")]
    NotOnBranch {
        /// The revision.
        revision: String,
        /// The branch.
        branch: String,
    },
}

/// The branch that was searched, as the end of a message.
pub(crate) fn on_branch(branch: Option<&String>) -> String {
    branch.map(|branch| format!(" on branch `{branch}`")).unwrap_or_default()
}

impl Graph {
    /// Looks up a revision by its id, by a label that it carries, or by the beginning of its id if no other id has
    /// the same beginning. The id of a replaced revision finds the squash revision. A full id or label takes precedence over a beginning.
    ///
    /// Takes time logarithmic in the number of revisions. Suggestions for an unknown name take linear time.
    ///
    /// # Errors
    ///
    /// [`LookupError`], with the candidates or with similar names.
    pub fn find(&self, text: &str) -> Result<&Revision, LookupError> {
        self.find_position(text, None).map(|position| self.revision(position))
    }

    /// The branch that a label or a revision names.
    pub(crate) fn branch(&self, name: &str) -> Result<Branch, LookupError> {
        Ok(Branch::through(self, self.find_position(name, None)?, name))
    }

    /// Looks up among the revisions of a branch.
    pub(crate) fn find_position(&self, text: &str, branch: Option<&Branch>) -> Result<usize, LookupError> {
        if let Some(position) = self.position_or_squash(text).or_else(|| self.carrier(text)) {
            return match branch.filter(|branch| !branch.contains(position)) {
                None => Ok(position),
                Some(branch) => Err(LookupError::NotOnBranch {
                    revision: self.revision(position).id.clone(),
                    branch: branch.name.clone(),
                }),
            };
        }
        let candidates = Branch::keep(branch, self.starting_with(text));
        match candidates.as_slice() {
            [only] => Ok(*only),
            [] => Err(self.unknown(text, branch)),
            _ => Err(LookupError::Ambiguous { text: text.to_owned(), candidates: self.names(candidates) }),
        }
    }

    fn starting_with(&self, text: &str) -> impl Iterator<Item = usize> {
        let id = |position: usize| self.revision(position).id.as_str();
        let sorted = self.sorted_ids();
        let first = if text.is_empty() { sorted.len() } else { sorted.partition_point(|&at| id(at) < text) };
        sorted[first..].iter().copied().take_while(move |&position| id(position).starts_with(text))
    }

    fn unknown(&self, text: &str, branch: Option<&Branch>) -> LookupError {
        let text = text.to_owned();
        match branch {
            Some(branch) => LookupError::Unknown { text, branch: Some(branch.name.clone()), similar: Vec::new() },
            None => LookupError::Unknown { similar: self.similar_names(&text), branch: None, text },
        }
    }

    fn similar_names(&self, text: &str) -> Vec<String> {
        let ids = self.iter().map(|revision| revision.id.as_str());
        let likeness = |name: &str| strsim::jaro_winkler(text, &name[..name.len().min(text.len().max(4))]);
        let mut similar: Vec<(f64, &str)> = ids
            .chain(self.carriers().map(|(label, _)| label))
            .map(|name| (likeness(name), name))
            .filter(|(likeness, _)| *likeness >= LIKENESS)
            .collect();
        similar.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        similar.into_iter().take(SUGGESTIONS).map(|(_, name)| name.to_owned()).collect()
    }
}
