//! The reasons why a new revision cannot be placed.

use std::path::PathBuf;

use seachange_graph::error::quoted;
use seachange_graph::{ResolveError, Target};
use thiserror::Error;

/// A requested place that does not exist, or is ambiguous.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PlacementError {
    /// A parent stands for no revision in the files, or is ambiguous.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// A target depends on the current revision of a database, which files do not know.
    #[error("`{target}` depends on the current revision of a database, which revision files do not know")]
    Relative {
        /// The target.
        target: Target,
    },
    /// The request names several parents for a revision that is not a merge.
    #[error("a new revision has one parent, but {} were named: {}", parents.len(), quoted(parents))]
    SeveralParents {
        /// The revisions.
        parents: Vec<String>,
    },
    /// A parent has children, and the request does not allow a new branch.
    #[error("`{revision}` is not a head: {} {} after it", quoted(children), if children.len() == 1 { "comes" } else { "come" })]
    NotHead {
        /// The parent.
        revision: String,
        /// The revisions after it.
        children: Vec<String>,
    },
    /// There are fewer than two revisions to merge.
    #[error("nothing to merge: {}", match (found.as_slice(), heads.as_slice()) {
        ([], _) => "there is no revision".to_owned(),
        ([only], [head]) if only == head => format!("`{only}` is the only head"),
        ([only, ..], _) => format!("only `{only}` was named"),
    })]
    NothingToMerge {
        /// What was found: one revision, or none.
        found: Vec<String>,
        /// The heads.
        heads: Vec<String>,
    },
    /// One of the revisions to merge is below another.
    #[error("`{below}` and `{above}` cannot be merged: `{above}` comes after `{below}` already")]
    Ancestor {
        /// The lower revision.
        below: String,
        /// The revision above it.
        above: String,
    },
    /// A dependency stands for no revision in the files, or is ambiguous.
    #[error("cannot depend on `{target}`: {error}")]
    Dependency {
        /// The target.
        target: Target,
        /// The error.
        error: Box<ResolveError>,
    },
    /// A dependency that stands for no revision.
    #[error("`{target}` stands for no revision to depend on")]
    NoDependency {
        /// The target.
        target: Target,
    },
    /// A folder that the build script does not declare.
    #[error("`{}` is not a folder of revisions; the folders are {}", asked.display(), shown(folders))]
    UnknownFolder {
        /// The folder.
        asked: PathBuf,
        /// The folders, relative to the crate.
        folders: Vec<PathBuf>,
    },
    /// A new base in a crate with several folders, and the request names no folder.
    #[error("the new file can be in any of the folders {}", shown(folders))]
    WhichFolder {
        /// The folders, relative to the crate.
        folders: Vec<PathBuf>,
    },
}

fn shown(folders: &[PathBuf]) -> String {
    quoted(&folders.iter().map(|folder| folder.to_string_lossy()).collect::<Vec<_>>())
}
