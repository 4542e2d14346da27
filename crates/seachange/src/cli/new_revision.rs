//! The arguments and code of the commands that write a revision file.

use std::path::{Path, PathBuf};

use chrono::{SecondsFormat, Utc};
use clap::Args;
use seachange_graph::Target;
use seachange_graph::error::quoted;
use seachange_source::{NewRevision, Placement, PlacementRequest, RevisionBody, RevisionFiles, new_id, write_new_in};

use super::context::Context;
use super::describe;
use super::exit::Exit;
use super::problem::Diagnostic;
use crate::Error;

/// Arguments of every command that writes a revision file.
#[derive(Debug, Args)]
pub(crate) struct NewFileArgs {
    /// Allow a parent that has children already: the new revision starts a branch
    #[arg(long)]
    splice: bool,
    /// Name the branch that starts with the new revision; may be repeated
    #[arg(long, value_name = "LABEL")]
    branch_label: Vec<String>,
    /// A revision of another branch that must be applied before the new one; a label stays a label; may be repeated
    #[arg(long, value_name = "TARGET")]
    depends_on: Vec<String>,
    /// The id, instead of a random one of 12 hexadecimal digits
    #[arg(long, value_name = "ID")]
    rev_id: Option<String>,
    /// The folder of the file, one of those in `build.rs`; by default that of the parent
    #[arg(long, value_name = "DIR")]
    version_path: Option<PathBuf>,
}

impl NewFileArgs {
    /// The requested place of the revision, after `parents`.
    pub(crate) fn asked(&self, parents: &[String]) -> Result<PlacementRequest, Diagnostic> {
        Ok(PlacementRequest {
            parents: targets(parents)?,
            depends_on: targets(&self.depends_on)?,
            splice: self.splice,
            folder: self.version_path.clone(),
        })
    }

    /// Writes the file, and prints its path.
    pub(crate) fn write(
        self,
        context: &Context,
        sources: &RevisionFiles,
        place: Placement,
        message: String,
        bodies: Option<RevisionBody>,
    ) -> Result<Exit, Diagnostic> {
        let new = NewRevision {
            id: self.rev_id.unwrap_or_else(new_id),
            message,
            down_revision: place.down_revision,
            depends_on: place.depends_on,
            branch_labels: self.branch_label,
            bodies,
            created: Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
        };
        let path = write_new_in(&sources.paths(), &place.folder, &new)?;
        context.terminal.print(context.project.shown(&path));
        Ok(Exit::Success)
    }

    /// The arguments as the user would type them.
    pub(crate) fn words(&self) -> Vec<String> {
        let mut words: Vec<String> = self.splice.then(|| "--splice".to_owned()).into_iter().collect();
        let folder = self.version_path.as_ref().map(|path| path.to_string_lossy().into_owned());
        let named = [
            ("--branch-label", self.branch_label.iter()),
            ("--depends-on", self.depends_on.iter()),
            ("--rev-id", self.rev_id.as_slice().iter()),
            ("--version-path", folder.as_slice().iter()),
        ];
        for (name, values) in named {
            words.extend(values.flat_map(|value| [name.to_owned(), value.clone()]));
        }
        words
    }
}

fn targets(texts: &[String]) -> Result<Vec<Target>, Diagnostic> {
    texts.iter().map(|text| text.parse().map_err(|error| Error::Target(error).into())).collect()
}

/// Reads the files instead of the registry, which may be older than the last written file. If the program has
/// revisions but there are no files, that is an error: the files are missing, and a new revision would not be
/// consistent with them.
pub(crate) fn sources(context: &Context) -> Result<RevisionFiles, Diagnostic> {
    let project = &context.project;
    if !project.manifest_dir.is_dir() {
        let folder = project.manifest_dir.display();
        return Err(Diagnostic::usage(format!("the folder of the migration crate does not exist: `{folder}`"))
            .hint("the command works on source files: run it where they are"));
    }
    // Paths are relative to the working directory, so that errors name files as the user would type them.
    let root = project.shown(&project.manifest_dir);
    let sources = RevisionFiles::read(Path::new(&root), project.migrations.folders())?;
    match project.migrations.scripts() {
        known @ [_, ..] if sources.graph().is_empty() => Err(no_files(&sources.paths(), known.len())),
        _ => Ok(sources),
    }
}

fn no_files(folders: &[PathBuf], known: usize) -> Diagnostic {
    let folders: Vec<_> = folders.iter().map(|folder| folder.to_string_lossy()).collect();
    let count = describe::revisions(known);
    Diagnostic::usage(format!("no revision files in {}, though this program has {count}", quoted(&folders)))
        .hint("restore the files, for example with `git restore`")
        .hint("if they were removed on purpose, build the program again: then `revision` writes the first")
}
