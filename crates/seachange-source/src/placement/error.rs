//! Why there is no place for a new revision.

use std::path::PathBuf;

use seachange_graph::error::quoted;
use seachange_graph::{ResolveError, Target};
use thiserror::Error;

/// A place that was asked for and does not exist, or is not one place.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PlacementError {
    /// A parent means nothing among the files, or too much.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// A target depends on where a database stands, and files know no database.
    #[error("`{target}` depends on where a database stands, and a revision file does not")]
    Relative {
        /// The target.
        target: Target,
    },
    /// A revision that is no merge was to come after several.
    #[error("a new revision comes after one, and {} were named: {}", parents.len(), quoted(parents))]
    SeveralParents {
        /// The revisions.
        parents: Vec<String>,
    },
    /// A parent has children, and nobody said that this is meant.
    #[error("`{revision}` is not a head: {} {} after it", quoted(children), if children.len() == 1 { "comes" } else { "come" })]
    NotHead {
        /// The parent.
        revision: String,
        /// The revisions after it.
        children: Vec<String>,
    },
    /// There are not two revisions to merge.
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
    /// A dependency means nothing among the files, or too much.
    #[error("cannot depend on `{target}`: {error}")]
    Dependency {
        /// The target.
        target: Target,
        /// What is wrong with it.
        error: Box<ResolveError>,
    },
    /// A dependency that stands for no revision.
    #[error("`{target}` stands for no revision to depend on")]
    NoDependency {
        /// The target.
        target: Target,
    },
    /// A folder that the build script does not declare.
    #[error("`{}` is no folder of revisions; those are {}", asked.display(), shown(folders))]
    UnknownFolder {
        /// The folder.
        asked: PathBuf,
        /// The folders, relative to the crate.
        folders: Vec<PathBuf>,
    },
    /// A new root in a crate of several folders, none of which was named.
    #[error("a new root may go into any of the folders {}", shown(folders))]
    WhichFolder {
        /// The folders, relative to the crate.
        folders: Vec<PathBuf>,
    },
}

fn shown(folders: &[PathBuf]) -> String {
    quoted(&folders.iter().map(|folder| folder.to_string_lossy()).collect::<Vec<_>>())
}
