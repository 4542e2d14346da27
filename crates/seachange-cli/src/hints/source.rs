//! Revision files that cannot be read, or written.

use seachange_source::{RevisionFilesError, WriteError};

use crate::diagnostic::Diagnostic;
use crate::diagnostic::reason;
use crate::exit::Exit;

impl From<RevisionFilesError> for Diagnostic {
    fn from(broken: RevisionFilesError) -> Self {
        let start = broken
            .errors
            .iter()
            .fold(Self::new(Exit::Failure, broken.to_string()), |problem, error| problem.detail(error.to_string()));
        broken.problems.iter().fold(start, |problem, source| problem.detail(source.to_string()).hint(source.way_out()))
    }
}

impl From<WriteError> for Diagnostic {
    fn from(error: WriteError) -> Self {
        match &error {
            WriteError::Conflict { problems } => {
                let start = Self::usage("the revision conflicts with existing revisions; nothing was written");
                problems.iter().fold(start, |problem, source| problem.detail(source.to_string()).hint(source.way_out()))
            }
            WriteError::IdExists { .. } | WriteError::IdIsLabel { .. } | WriteError::IllegalId { .. } => {
                Self::usage(error.to_string()).hint("omit `--rev-id` to get a random id")
            }
            WriteError::LabelExists { .. } | WriteError::LabelIsId { .. } | WriteError::IllegalLabel { .. } => {
                Self::usage(error.to_string()).hint("choose another `--branch-label`")
            }
            WriteError::Io { source, .. } => Self::new(Exit::Failure, format!("{error}: {}", reason(source))),
            _ => Self::usage(error.to_string()),
        }
    }
}
