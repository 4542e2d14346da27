//! Revisions looked up by id, label, or the beginning of an id.

use thiserror::Error;

use crate::branch::Branch;
use crate::error::quoted;
use crate::graph::Graph;
use crate::revision::Revision;

/// How many suggestions an error carries at most.
const SUGGESTIONS: usize = 3;

/// From this likeness on (Jaro-Winkler, 0 to 1) a name is suggested for an unknown one.
const LIKENESS: f64 = 0.8;

/// A text that does not lead to exactly one revision.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LookupError {
    /// No id begins like this, and no label is called like this.
    #[error("no revision or label `{text}`{}", on_branch(branch.as_ref()))]
    Unknown {
        /// What was asked for.
        text: String,
        /// The branch it was looked for on.
        branch: Option<String>,
        /// Ids and labels that look like it, the likest first; at most three.
        similar: Vec<String>,
    },
    /// Several ids begin like this.
    #[error("`{text}` may be any of {}", quoted(candidates))]
    Ambiguous {
        /// What was asked for.
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

/// Where something was looked for, as the end of a message.
pub(crate) fn on_branch(branch: Option<&String>) -> String {
    branch.map(|branch| format!(" on branch `{branch}`")).unwrap_or_default()
}

impl Graph {
    /// Looks a revision up by its id, by a label that it carries, or by a beginning that no other id has. A full id or
    /// label wins over a beginning.
    ///
    /// Takes time logarithmic in the number of revisions, and linear only to suggest names for an unknown one.
    ///
    /// # Errors
    ///
    /// [`LookupError`], with the candidates or with names that look alike.
    pub fn find(&self, text: &str) -> Result<&Revision, LookupError> {
        self.find_position(text, None).map(|position| self.revision(position))
    }

    /// The branch that a label or a revision names.
    pub(crate) fn branch(&self, name: &str) -> Result<Branch, LookupError> {
        Ok(Branch::through(self, self.find_position(name, None)?, name))
    }

    /// Looks up among the revisions of a branch.
    pub(crate) fn find_position(&self, text: &str, branch: Option<&Branch>) -> Result<usize, LookupError> {
        if let Some(position) = self.position(text).or_else(|| self.carrier(text)) {
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
