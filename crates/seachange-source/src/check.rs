//! The graph of a folder, or its problems: by file, by revision, and with a solution.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

use seachange_graph::{Graph, GraphError, Revision};
use thiserror::Error;

use crate::parse::RevisionFile;
use crate::scan::ScannedFolders;

/// One error in a folder's graph, and the files that it is about.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub struct SourceDiagnostic {
    /// What is wrong.
    pub error: GraphError,
    /// The places of the error: each file with the line of its constant.
    pub places: Vec<(PathBuf, usize)>,
}

impl SourceDiagnostic {
    /// Returns how the user can solve the problem, as an imperative sentence without a full stop.
    pub fn way_out(&self) -> String {
        match &self.error {
            GraphError::IllegalId { .. } => "choose another `id`, such as twelve hexadecimal digits".to_owned(),
            GraphError::DuplicateId { .. } => {
                "give one of the files another `id`, and correct the `down_revision` that means it".to_owned()
            }
            GraphError::IllegalLabel { label, .. } => format!("rename `{label}` in `branch_labels`"),
            GraphError::CaseClash { .. } => "choose another `id` for one of them".to_owned(),
            GraphError::LabelIsId { label, .. } => format!("rename the branch label `{label}`"),
            GraphError::LabelClash { label, .. } => {
                format!("keep `{label}` in one `branch_labels`, and rename the others")
            }
            GraphError::MissingParent { parent, .. } => {
                format!("correct `down_revision`, or restore the file that defines `{parent}`")
            }
            GraphError::MissingDependency { dependency, .. } => {
                format!("correct `depends_on`, or restore the file that defines `{dependency}`")
            }
            GraphError::SelfReference { .. } => {
                "remove the revision's own id from `down_revision` or `depends_on`".to_owned()
            }
            GraphError::ReplacedTwice { revision, .. } => format!("remove `{revision}` from all but one `replaces`"),
            GraphError::NestedSquash { revision, .. } => {
                format!("remove `replaces` of `{revision}` after every database has applied it, or do not replace it")
            }
            GraphError::ReplacedPointer { squash, pointer, is_replaced: false, .. } => {
                format!("add `{pointer}` to `depends_on` of `{squash}`")
            }
            GraphError::ReplacedPointer { .. } => "put `replaces` into the order in which the revisions ran".to_owned(),
            GraphError::Cycle { .. } => "correct the `down_revision` or `depends_on` of one of them".to_owned(),
            _ => "correct the revision".to_owned(),
        }
    }
}

impl fmt::Display for SourceDiagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut places = self.places.iter();
        if let Some((file, line)) = places.next() {
            write!(f, "{}:{line}: ", file.display())?;
        }
        write!(f, "{}", self.error)?;
        for (index, (file, line)) in places.enumerate() {
            let separator = if index == 0 { "; see also" } else { "," };
            write!(f, "{separator} {}:{line}", file.display())?;
        }
        Ok(())
    }
}

/// Builds the graph of a folder.
///
/// # Errors
///
/// All problems of the graph. If some files in the folder could not be read, pointers without a target are not
/// reported, because the target may be in one of those files. `Ok` does not mean that [`ScannedFolders::errors`] is
/// empty.
pub fn check(folder: &ScannedFolders) -> Result<Graph, Vec<SourceDiagnostic>> {
    let faults = match Graph::new(revisions(&folder.files)) {
        Ok(graph) => return Ok(graph),
        Err(faults) => faults,
    };
    let certain = faults.iter().filter(|fault| folder.errors.is_empty() || !leads_nowhere(fault));
    let mut problems = Vec::new();
    for fault in certain {
        let problem = SourceDiagnostic { error: fault.clone(), places: places(fault, &folder.files) };
        // If three files share an id, there are two errors, but they are one problem.
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    Err(problems)
}

fn revisions(files: &[RevisionFile]) -> impl Iterator<Item = Revision> {
    files.iter().map(|file| file.revision.clone())
}

fn leads_nowhere(fault: &GraphError) -> bool {
    matches!(fault, GraphError::MissingParent { .. } | GraphError::MissingDependency { .. })
}

/// Finds the files that an error is about, in the order in which the error names them.
fn places(fault: &GraphError, files: &[RevisionFile]) -> Vec<(PathBuf, usize)> {
    let ids: Vec<&str> = match fault {
        GraphError::IllegalId { id, .. } | GraphError::DuplicateId { id } => vec![id],
        GraphError::IllegalLabel { revision, .. }
        | GraphError::MissingParent { revision, .. }
        | GraphError::MissingDependency { revision, .. }
        | GraphError::SelfReference { revision } => vec![revision],
        GraphError::ReplacedTwice { squashes, .. } => squashes.iter().map(String::as_str).collect(),
        GraphError::NestedSquash { squash, revision } | GraphError::ReplacedPointer { squash, revision, .. } => {
            vec![squash, revision]
        }
        GraphError::CaseClash { id, other } => vec![id, other],
        GraphError::LabelIsId { label, revision } => vec![revision, label],
        GraphError::LabelClash { revisions, .. } | GraphError::Cycle { revisions } => {
            revisions.iter().map(String::as_str).collect()
        }
        _ => Vec::new(),
    };
    let found = ids.iter().flat_map(|id| files.iter().filter(move |file| file.revision.id == *id));
    let mut places: Vec<(PathBuf, usize)> = found.map(|file| (file.path.clone(), file.line)).collect();
    let mut seen = BTreeSet::new();
    places.retain(|place| seen.insert(place.clone()));
    places
}

#[cfg(test)]
mod tests;
