//! The revision files of a crate from all its folders, and their graph.

use std::path::{Path, PathBuf};

use seachange_graph::Graph;
use thiserror::Error;

use crate::check::{SourceDiagnostic, check};
use crate::error::FileError;
use crate::parse::{ParseScope, RevisionFile};
use crate::scan::{ScannedFolders, distinct, is_same_place, scan_all_scope};

/// Revision files that were read without an error, and their graph.
#[derive(Debug, Clone)]
pub struct RevisionFiles {
    root: PathBuf,
    folders: Vec<PathBuf>,
    files: Vec<RevisionFile>,
    graph: Graph,
}

/// Files that cannot be read, or that do not form a valid graph.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the revision files do not form a valid graph")]
#[non_exhaustive]
pub struct RevisionFilesError {
    /// The errors in single files.
    pub errors: Vec<FileError>,
    /// The errors in the graph of the other files.
    pub problems: Vec<SourceDiagnostic>,
}

impl RevisionFiles {
    /// Reads the files in `folders`, which are relative to the crate's folder `root`.
    ///
    /// # Errors
    ///
    /// All errors in the files and all problems of their graph.
    pub fn read<P: AsRef<Path>>(root: &Path, folders: impl IntoIterator<Item = P>) -> Result<Self, RevisionFilesError> {
        let folders: Vec<PathBuf> = folders.into_iter().map(|folder| folder.as_ref().to_owned()).collect();
        let ScannedFolders { files, errors } =
            scan_all_scope(folders.iter().map(|folder| root.join(folder)), ParseScope::WithoutHash);
        let whole = ScannedFolders { files, errors };
        match check(&whole) {
            Ok(graph) if whole.errors.is_empty() => {
                Ok(Self { root: root.to_owned(), folders, files: whole.files, graph })
            }
            checked => Err(RevisionFilesError { errors: whole.errors, problems: checked.err().unwrap_or_default() }),
        }
    }

    /// The graph of all files.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The files, folder by folder.
    pub fn files(&self) -> &[RevisionFile] {
        &self.files
    }

    /// The folder of the crate.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The file of the revision with exactly this id.
    pub fn file(&self, id: &str) -> Option<&RevisionFile> {
        self.files.iter().find(|file| file.revision.id == id)
    }

    /// The folders, relative to the crate as they were declared.
    pub fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// The folders as paths that can be opened.
    pub fn paths(&self) -> Vec<PathBuf> {
        distinct(self.folders.iter().map(|folder| self.root.join(folder)))
    }

    /// The declared folder that `path` stands for: as it is declared, or as a path from the working directory.
    pub(crate) fn folder(&self, path: &Path) -> Option<&Path> {
        let is_meant = |folder: &&PathBuf| {
            let folder = self.root.join(folder);
            is_same_place(&folder, &self.root.join(path)) || is_same_place(&folder, path)
        };
        self.folders.iter().find(is_meant).map(PathBuf::as_path)
    }

    /// The declared folder that holds the file of a revision.
    pub(crate) fn folder_of(&self, id: &str) -> Option<&Path> {
        let parent = self.file(id)?.path.parent()?;
        self.folders.iter().find(|folder| self.root.join(folder) == parent).map(PathBuf::as_path)
    }

    /// The path of a declared folder.
    pub(crate) fn path(&self, folder: &Path) -> PathBuf {
        self.root.join(folder)
    }
}
