//! The revisions of a program: the constants in the files, and the registry that the build script makes of them.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use sea_orm_migration::MigrationTrait;
use seachange_graph::{Graph, GraphErrors};

/// The constant that a revision file holds: its place in the graph.
///
/// Its fields are literals, so that a program can read them without compiling the file.
///
/// ```
/// use seachange::Revision;
///
/// pub const REVISION: Revision = Revision {
///     id: "ae1027a6acf4",
///     down_revision: &["1975ea83b712"],
///     created: "2026-11-21T09:03:11Z",
///     ..Revision::ROOT
/// };
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revision {
    /// The unique id; the rules are those of [`seachange_graph::check_id`].
    pub id: &'static str,
    /// The parents: none for a root, several for a merge point.
    pub down_revision: &'static [&'static str],
    /// Revisions of other branches that must be applied before this one.
    pub depends_on: &'static [&'static str],
    /// Names for the branch that starts here.
    pub branch_labels: &'static [&'static str],
    /// The revisions in whose place this one stands, in the order in which they ran; `squash` writes such a revision.
    pub replaces: &'static [&'static str],
    /// What `lint` does not report of this revision: texts `rule: reason`, such as `drop-table: nothing reads it`.
    pub allow: &'static [&'static str],
    /// Names of backfills that have to be complete before an upgrade runs this revision. By default a backfill has the id
    /// of its revision as its name.
    pub after_backfills: &'static [&'static str],
    /// When an upgrade may run this revision at the earliest, in UTC as `2026-11-21T09:03:11Z`; empty for no such time.
    pub not_before: &'static str,
    /// How long a statement of this revision may wait for a lock, such as `20ms` or `1s`; empty for the limit of the run.
    /// Other sessions that use a table wait behind a statement that waits for its lock. So the revision is rolled back
    /// then, and tried again after a pause, until the run has waited for as long as it waits for another run. On
    /// PostgreSQL, for a revision in a transaction of its own.
    pub lock_timeout: &'static str,
    /// When the file was created, in UTC in the format of RFC 3339. For the reader of the file; it does not affect the
    /// order.
    pub created: &'static str,
}

impl Revision {
    /// A root without an id, for the remaining fields of a constant.
    pub const ROOT: Self = Self {
        id: "",
        down_revision: &[],
        depends_on: &[],
        branch_labels: &[],
        replaces: &[],
        allow: &[],
        after_backfills: &[],
        not_before: "",
        lock_timeout: "",
        created: "",
    };
}

/// One revision of a program: its constant, the facts about its file, and its code.
pub struct RegisteredRevision {
    /// The constant of the file.
    pub revision: Revision,
    /// The first doc line of the file.
    pub message: &'static str,
    /// The folder of the file, relative to the crate, such as `src/versions`.
    pub folder: &'static str,
    /// The name of the file, without its folder.
    pub file: &'static str,
    /// A hash of the tokens of the file, without comments and formatting.
    pub source_hash: &'static str,
    /// The code.
    pub migration: &'static dyn MigrationTrait,
}

impl RegisteredRevision {
    /// The path of the file, relative to the crate.
    pub fn path(&self) -> PathBuf {
        Path::new(self.folder).join(self.file)
    }

    /// The revision as the commands show it.
    #[cfg(feature = "cli")]
    pub(crate) fn listed(&self) -> seachange_cli::ListedRevision<'_> {
        let Revision { id, down_revision, depends_on, branch_labels, created, .. } = self.revision;
        seachange_cli::ListedRevision {
            id,
            message: self.message,
            created,
            path: self.path().into(),
            down_revision: down_revision.to_vec(),
            depends_on: depends_on.to_vec(),
            branch_labels: branch_labels.to_vec(),
        }
    }
}

impl fmt::Debug for RegisteredRevision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegisteredRevision")
            .field("revision", &self.revision)
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}

/// The registry of a program's revisions, which the build script writes.
#[derive(Debug)]
pub struct Migrations {
    program: &'static str,
    scripts: &'static [RegisteredRevision],
    folders: &'static [&'static str],
    manifest_dir: Option<&'static str>,
    /// The index in `scripts` by id, built on first use.
    index: OnceLock<HashMap<&'static str, usize>>,
    /// Built on first use.
    graph: OnceLock<Result<Graph, GraphErrors>>,
}

impl Migrations {
    /// Lists the revisions of `program`, a name and a version such as `migration 0.1.0`, in any order.
    pub const fn new(program: &'static str, scripts: &'static [RegisteredRevision]) -> Self {
        Self {
            program,
            scripts,
            folders: &["src/versions"],
            manifest_dir: None,
            index: OnceLock::new(),
            graph: OnceLock::new(),
        }
    }

    /// Sets the folders of the files, relative to the crate; the default is `src/versions` alone.
    #[must_use]
    pub const fn in_folders(mut self, folders: &'static [&'static str]) -> Self {
        self.folders = folders;
        self
    }

    /// Sets the folder of the crate that holds the revisions, `env!("CARGO_MANIFEST_DIR")`.
    #[must_use]
    pub const fn in_crate(mut self, manifest_dir: &'static str) -> Self {
        self.manifest_dir = Some(manifest_dir);
        self
    }

    /// The folder of the crate that holds the revisions, when it was compiled.
    pub fn manifest_dir(&self) -> Option<&'static str> {
        self.manifest_dir
    }

    /// The name and version of the program that holds the revisions.
    pub fn program(&self) -> &'static str {
        self.program
    }

    /// The revisions, in no particular order.
    pub fn scripts(&self) -> &'static [RegisteredRevision] {
        self.scripts
    }

    /// The folders of the files, relative to the crate. New files are written into one of them.
    pub fn folders(&self) -> &'static [&'static str] {
        self.folders
    }

    /// The revision with this id.
    pub fn get(&self, id: &str) -> Option<&'static RegisteredRevision> {
        let ids = || self.scripts.iter().map(|script| script.revision.id);
        let index = self.index.get_or_init(|| ids().zip(0..).collect());
        index.get(id).map(|&place| &self.scripts[place])
    }

    /// The graph of the revisions, built once.
    ///
    /// # Errors
    ///
    /// All [`GraphErrors`] of the revisions. The build of the program refuses such revisions as well.
    pub fn graph(&self) -> Result<&Graph, GraphErrors> {
        self.graph.get_or_init(|| Graph::new(self.nodes())).as_ref().map_err(Clone::clone)
    }

    /// The nodes of the graph.
    pub fn nodes(&self) -> impl Iterator<Item = seachange_graph::Revision> {
        self.scripts.iter().map(|script| script.revision.into())
    }
}

impl From<Revision> for seachange_graph::Revision {
    fn from(revision: Revision) -> Self {
        let owned = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect();
        Self {
            id: revision.id.to_owned(),
            down_revision: owned(revision.down_revision),
            depends_on: owned(revision.depends_on),
            branch_labels: owned(revision.branch_labels),
            replaces: owned(revision.replaces),
        }
    }
}

/// Includes the registry that the build script of [`seachange_source`](https://docs.rs/seachange-source) wrote: a
/// module for each revision file, and `pub static MIGRATIONS: Migrations`.
#[macro_export]
macro_rules! include_revisions {
    () => {
        include!(concat!(env!("OUT_DIR"), "/seachange.rs"));
    };
}
