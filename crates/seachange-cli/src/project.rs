//! The revisions of a project, as the commands show them.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use seachange_graph::Graph;
use seachange_graph::draw::{GraphLayout, NodeLabel};
use seachange_source::{RevisionFile, RevisionFiles};

/// A revision as the commands show it, from its file or from the registry of a program.
#[derive(Debug, Clone)]
pub struct ListedRevision<'a> {
    /// The id.
    pub id: &'a str,
    /// The first doc line of the file.
    pub message: &'a str,
    /// When the file was created; empty if the file does not say.
    pub created: &'a str,
    /// The path of the file, relative to the crate.
    pub path: Cow<'a, Path>,
    /// The parents, as the file names them.
    pub down_revision: Vec<&'a str>,
    /// The dependencies, as the file names them.
    pub depends_on: Vec<&'a str>,
    /// The labels that the file gives.
    pub branch_labels: Vec<&'a str>,
}

impl<'a> ListedRevision<'a> {
    /// The revision of a file of the crate in the folder `root`.
    pub fn of_file(file: &'a RevisionFile, root: &Path) -> Self {
        let words = |words: &'a [String]| words.iter().map(String::as_str).collect();
        Self {
            id: &file.revision.id,
            message: &file.message,
            created: file.created.as_deref().unwrap_or_default(),
            path: Cow::Borrowed(file.path.strip_prefix(root).unwrap_or(&file.path)),
            down_revision: words(&file.revision.down_revision),
            depends_on: words(&file.revision.depends_on),
            branch_labels: words(&file.revision.branch_labels),
        }
    }
}

/// The revisions of a migration crate, with their graph.
#[derive(Debug)]
pub struct Project<'a> {
    graph: &'a Graph,
    root: PathBuf,
    revisions: HashMap<&'a str, ListedRevision<'a>>,
}

impl<'a> Project<'a> {
    /// The revisions of the crate in the folder `root`; `graph` has all of them.
    pub fn new(root: &Path, graph: &'a Graph, revisions: impl IntoIterator<Item = ListedRevision<'a>>) -> Self {
        let revisions = revisions.into_iter().map(|revision| (revision.id, revision)).collect();
        Self { graph, root: root.to_owned(), revisions }
    }

    /// The revisions in files.
    pub fn of_files(files: &'a RevisionFiles) -> Self {
        let revisions = files.files().iter().map(|file| ListedRevision::of_file(file, files.root()));
        Self::new(files.root(), files.graph(), revisions)
    }

    /// The graph of the revisions.
    pub fn graph(&self) -> &'a Graph {
        self.graph
    }

    /// The revision with this id.
    pub fn get(&self, id: &str) -> Option<&ListedRevision<'a>> {
        self.revisions.get(id)
    }

    /// The revisions with these ids, without unknown ones.
    pub fn select<'s>(
        &self,
        found: impl IntoIterator<Item = &'s seachange_graph::Revision>,
    ) -> Vec<&ListedRevision<'a>> {
        found.into_iter().filter_map(|revision| self.get(&revision.id)).collect()
    }

    /// The file of a revision, as the user would type it in the working directory.
    pub fn file(&self, revision: &ListedRevision<'_>) -> String {
        shown(&self.root.join(&revision.path))
    }

    /// The layout of the graph; `applied` are the ids of the applied revisions, if the database was read.
    pub fn layout(&self, applied: Option<&HashSet<String>>) -> GraphLayout<'a> {
        GraphLayout::new(self.graph, |revision| {
            let label = NodeLabel::new(self.get(&revision.id).map_or("", |listed| listed.message));
            match applied {
                Some(applied) => label.applied(applied.contains(&revision.id)),
                None => label,
            }
        })
    }
}

/// A path as the user would type it in the working directory.
pub fn shown(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let shown = here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_path_buf));
    shown.unwrap_or_else(|| path.to_path_buf()).display().to_string()
}
