//! Revisions looked up by their id or the beginning of it.

use thiserror::Error;

use crate::fault::quoted;
use crate::graph::Graph;
use crate::revision::Revision;

/// How many suggestions an error carries at most.
const SUGGESTIONS: usize = 3;

/// From this likeness on (Jaro-Winkler, 0 to 1) an id is suggested for an unknown one.
const LIKENESS: f64 = 0.8;

/// A text that does not lead to exactly one revision.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FindError {
    /// No id begins like this.
    #[error("no revision `{text}`")]
    Unknown {
        /// What was asked for.
        text: String,
        /// Ids that look like it, the likest first; at most three.
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
}

impl Graph {
    /// Looks a revision up by its id, or by a beginning that no other id has. A full id wins over a beginning.
    ///
    /// Takes time logarithmic in the number of revisions, and linear only to suggest ids for an unknown one.
    ///
    /// # Errors
    ///
    /// [`FindError`], with the candidates or with ids that look alike.
    pub fn find(&self, text: &str) -> Result<&Revision, FindError> {
        if let Some(revision) = self.get(text) {
            return Ok(revision);
        }
        let candidates = self.starting_with(text);
        match candidates.as_slice() {
            [only] if !text.is_empty() => Ok(only),
            [_, _, ..] if !text.is_empty() => Err(FindError::Ambiguous {
                text: text.to_owned(),
                candidates: candidates.iter().map(|revision| revision.id.clone()).collect(),
            }),
            _ => Err(FindError::Unknown { text: text.to_owned(), similar: self.similar_ids(text) }),
        }
    }

    fn starting_with(&self, text: &str) -> Vec<&Revision> {
        let sorted = self.sorted_ids();
        let first = sorted.partition_point(|&position| self.revision(position).id.as_str() < text);
        sorted[first..]
            .iter()
            .map(|&position| self.revision(position))
            .take_while(|revision| revision.id.starts_with(text))
            .collect()
    }

    fn similar_ids(&self, text: &str) -> Vec<String> {
        let likeness = |id: &str| strsim::jaro_winkler(text, &id[..id.len().min(text.len().max(4))]);
        let mut similar: Vec<(f64, &str)> = self
            .iter()
            .map(|revision| (likeness(&revision.id), revision.id.as_str()))
            .filter(|(likeness, _)| *likeness >= LIKENESS)
            .collect();
        similar.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        similar.into_iter().take(SUGGESTIONS).map(|(_, id)| id.to_owned()).collect()
    }
}
