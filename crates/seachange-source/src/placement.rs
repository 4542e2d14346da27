//! The place of a new revision: its parents, its dependencies and its folder, from the user's request.
//!
//! This module only decides; [`write_new_in`](crate::write_new_in) writes the file.

mod error;
mod parents;

use std::path::{Component, Path, PathBuf};

use seachange_graph::{Anchor as Named, Revision, Target};

pub use error::PlacementError;
use parents::{ancestor, resolve};

use crate::sources::RevisionFiles;

/// The place that the user requests for a new revision.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlacementRequest {
    /// The parents. For a revision, a target that stands for one revision, or for none: then the new revision is a
    /// base. For a merge, targets that stand for several.
    pub parents: Vec<Target>,
    /// The dependencies.
    pub depends_on: Vec<Target>,
    /// Whether a parent may already have children: the new revision then starts a branch.
    pub splice: bool,
    /// The folder of the new file: as it was declared, or another path to it.
    pub folder: Option<PathBuf>,
}

/// The place of a new revision.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Placement {
    /// The ids of the parents.
    pub down_revision: Vec<String>,
    /// The ids, or labels, of the dependencies.
    pub depends_on: Vec<String>,
    /// The folder of the file, as a path that can be opened.
    pub folder: PathBuf,
}

impl RevisionFiles {
    /// Finds the place of a new revision: after the only head, unless the request names another parent.
    ///
    /// Without a folder, the file goes into the folder of the parent; if that is outside of the crate, into the crate's
    /// only folder.
    ///
    /// # Errors
    ///
    /// [`PlacementError`], for the first part of the request that cannot be met.
    pub fn place(&self, asked: &PlacementRequest) -> Result<Placement, PlacementError> {
        let parents = self.parents(asked, &Target::HEAD)?;
        match parents.as_slice() {
            [] | [_] => self.finish_placement(asked, &parents),
            _ => Err(PlacementError::SeveralParents { parents: ids(&parents) }),
        }
    }

    /// Finds the place of a merge revision: after all heads, unless the request names other parents.
    ///
    /// Without a folder, the file goes into the folder of the first parent.
    ///
    /// # Errors
    ///
    /// [`PlacementError`], for the first part of the request that cannot be met.
    pub fn place_merge(&self, asked: &PlacementRequest) -> Result<Placement, PlacementError> {
        let parents = self.parents(asked, &Target::HEADS)?;
        if let [] | [_] = parents.as_slice() {
            return Err(PlacementError::NothingToMerge { found: ids(&parents), heads: ids(&self.graph().heads()) });
        }
        if let Some((below, above)) = ancestor(self.graph(), &parents) {
            return Err(PlacementError::Ancestor { below, above });
        }
        self.finish_placement(asked, &parents)
    }

    /// Resolves the requested parents, each once.
    fn parents(&self, asked: &PlacementRequest, default: &Target) -> Result<Vec<&Revision>, PlacementError> {
        let default = std::slice::from_ref(default);
        let targets = if asked.parents.is_empty() { default } else { &asked.parents };
        let mut parents: Vec<&Revision> = Vec::new();
        for target in targets {
            for revision in resolve(self.graph(), target)? {
                if !parents.iter().any(|parent| parent.id == revision.id) {
                    parents.push(revision);
                }
            }
        }
        Ok(parents)
    }

    fn finish_placement(&self, asked: &PlacementRequest, parents: &[&Revision]) -> Result<Placement, PlacementError> {
        let folder = self.folder_for(asked, parents)?;
        for parent in parents.iter().filter(|_| !asked.splice) {
            let children: Vec<&Revision> = self.graph().children(&parent.id).collect();
            if !children.is_empty() {
                return Err(PlacementError::NotHead { revision: parent.id.clone(), children: ids(&children) });
            }
        }
        Ok(Placement { down_revision: ids(parents), depends_on: self.dependencies(asked)?, folder })
    }

    fn folder_for(&self, asked: &PlacementRequest, parents: &[&Revision]) -> Result<PathBuf, PlacementError> {
        let folder = match (&asked.folder, parents, self.folders()) {
            (Some(asked), ..) => self.folder(asked).ok_or_else(|| PlacementError::UnknownFolder {
                asked: asked.clone(),
                folders: self.folders().to_vec(),
            })?,
            (None, _, [only]) => only,
            (None, parents, folders) => parents
                .first()
                .and_then(|parent| self.folder_of(&parent.id))
                .filter(|folder| self.is_own(folder))
                .or_else(|| self.only_folder_inside())
                .ok_or_else(|| PlacementError::WhichFolder { folders: folders.to_vec() })?,
        };
        Ok(self.path(folder))
    }

    /// The folder inside the crate, if there is only one.
    fn only_folder_inside(&self) -> Option<&Path> {
        let mut inside = self.folders().iter().map(PathBuf::as_path).filter(|folder| self.is_own(folder));
        inside.next().filter(|_| inside.next().is_none())
    }

    /// Whether a declared folder is inside the crate, and not in another crate that is inside it.
    fn is_own(&self, folder: &Path) -> bool {
        let is_inside = folder.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        let path = self.path(folder);
        let mut above = path.ancestors().take_while(|above| *above != self.root());
        is_inside && !above.any(|above| above.join("Cargo.toml").is_file())
    }

    /// Resolves dependencies to full ids. A target that is only a label stays a label: it still stands for the branch
    /// if the first revision of the branch changes.
    fn dependencies(&self, asked: &PlacementRequest) -> Result<Vec<String>, PlacementError> {
        let mut dependencies = Vec::new();
        for target in &asked.depends_on {
            let found = resolve(self.graph(), target).map_err(|error| of_dependency(target, error))?;
            let label = label(target).filter(|label| found.iter().any(|one| one.branch_labels.contains(label)));
            match (label, found.as_slice()) {
                (_, []) => return Err(PlacementError::NoDependency { target: target.clone() }),
                (Some(label), _) => dependencies.push(label.clone()),
                (None, found) => dependencies.extend(ids(found)),
            }
        }
        let mut seen = std::collections::HashSet::new();
        dependencies.retain(|dependency| seen.insert(dependency.clone()));
        Ok(dependencies)
    }
}

/// Marks an error as one about a dependency instead of a parent.
fn of_dependency(target: &Target, error: PlacementError) -> PlacementError {
    match error {
        PlacementError::Resolve(error) => PlacementError::Dependency { target: target.clone(), error: Box::new(error) },
        error => error,
    }
}

/// The name, if the target consists only of a name.
fn label(target: &Target) -> Option<&String> {
    match target.place() {
        Some(Named::Named(name)) if target.branch().is_none() && target.steps() == 0 => Some(name),
        _ => None,
    }
}

fn ids(revisions: &[&Revision]) -> Vec<String> {
    revisions.iter().map(|revision| revision.id.clone()).collect()
}

#[cfg(test)]
mod tests;
