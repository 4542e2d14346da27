//! `init`: a migration crate in a workspace, or a whole new project.

mod container;
mod entities;
mod new_project;
mod orm;
mod recipes;
mod stand_alone;
mod workspace;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::forward::cargo;
use super::manifest::Manifest;
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::file_plan::FilePlan;
use crate::project::shown;
use crate::prompt;
use crate::scaffold::{DATABASES, EngineArgs, EngineSource, checked, no_engine};
use crate::terminal::Terminal;
pub(super) use orm::SeaOrm;

/// Which crate is made, and from what.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct CrateArgs {
    /// In a workspace, the folder of the new migration crate [default: migration]; elsewhere the folder of a new
    /// project, with entities, revisions, a service and tests
    #[arg(value_name = "DIR")]
    pub(super) dir: Option<PathBuf>,
    /// The name of the migration crate, if it is not that of the folder
    #[arg(long)]
    pub(super) name: Option<String>,
    #[command(flatten)]
    pub(super) engine: EngineArgs,
    /// A database to compile in; may be repeated [default: those that SeaORM has in the workspace, or sqlite]
    #[arg(long, value_name = "DATABASE", value_parser = PossibleValuesParser::new(DATABASES))]
    pub(super) database: Vec<String>,
}

/// Arguments of `init`.
#[derive(Debug, Args)]
pub(super) struct InitArgs {
    #[command(flatten)]
    krate: CrateArgs,
    /// Print what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not build the crate afterwards
    #[arg(long)]
    no_build: bool,
    /// Change files that have changes which git does not have yet
    #[arg(long)]
    allow_dirty: bool,
}

/// A project, as it will be.
pub(super) struct PlannedProject {
    pub(super) files: FilePlan,
    /// The folder in which the commands after this one are called.
    pub(super) folder: PathBuf,
    /// The migration crate.
    pub(super) package: String,
    /// The folder of the migration crate.
    pub(super) root: PathBuf,
    /// The databases that are compiled in, of [`DATABASES`].
    pub(super) databases: Vec<&'static str>,
    /// What to do next, one command each, with what it does.
    next: Vec<(String, &'static str)>,
    /// What was found and left as it is.
    pub(super) remarks: Vec<String>,
}

/// The databases that a migration crate compiles in; all if its manifest does not name them.
fn databases_of(manifest: &Manifest) -> Vec<&'static str> {
    let features: Vec<String> =
        manifest.dependencies("seachange").into_iter().flat_map(|dependency| dependency.features).collect();
    let named: Vec<&str> =
        DATABASES.into_iter().filter(|database| features.iter().any(|feature| feature == database)).collect();
    if named.is_empty() { DATABASES.to_vec() } else { named }
}

/// Plans a migration crate without revisions: the existing one of the workspace that the folder `here` is in, a new
/// member of it, or a crate of its own outside of a workspace.
pub(super) fn plan_crate(args: &CrateArgs, here: &Path) -> Result<PlannedProject, Diagnostic> {
    match Manifest::nearest(here)? {
        Some(nearest) => workspace::plan(args, here, nearest),
        None => stand_alone::plan(args, here),
    }
}

impl InitArgs {
    /// Writes the crate or the project.
    ///
    /// # Errors
    ///
    /// Files that are in the way, a workspace that cannot be read or cannot have the engine, and a crate that does not
    /// build.
    pub(super) fn run(self, here: &Path, terminal: Terminal) -> Result<Exit, Diagnostic> {
        let project = match Manifest::nearest(here)? {
            Some(nearest) => workspace::plan(&self.krate, here, nearest)?,
            None => new_project::plan(&self.krate, here)?,
        };
        let PlannedProject { files, folder, package, next, remarks, .. } = &project;
        files.check()?;
        remarks.iter().for_each(|remark| terminal.warn(remark));
        if files.is_empty() {
            terminal.status(format!("nothing to do: `{package}` is a migration crate of this project"));
            return Ok(Exit::Success);
        }
        if self.dry_run {
            files.print(terminal);
            return Ok(Exit::Success);
        }
        check_clean(files, self.allow_dirty)?;
        files.apply(terminal)?;
        if !self.no_build {
            build(folder, package)
                .map_err(|problem| problem.detail("it was written: the files stay, and can be corrected"))?;
        }
        terminal.status("next:");
        let width = next.iter().map(|(command, _)| command.chars().count()).max().unwrap_or_default();
        next.iter().for_each(|(command, purpose)| terminal.status(format!("  {command:width$}   # {purpose}")));
        Ok(Exit::Success)
    }
}

impl CrateArgs {
    /// The source of the engine for a manifest in a folder: from the arguments, or else what the user answers on a terminal.
    pub(super) fn engine(&self, manifest: &Path) -> Result<EngineSource, Diagnostic> {
        if let Some(source) = self.engine.source(manifest)? {
            return Ok(source);
        }
        let question = "The folder with the engine's crates (`crates` in a clone of its repository)";
        match prompt::ask_text(question) {
            Some(folder) => checked(Path::new(&folder), manifest),
            None => Err(no_engine()),
        }
    }

    /// The databases that the arguments name, or else `found`, or else SQLite.
    pub(super) fn databases(&self, found: &[&'static str]) -> Vec<&'static str> {
        let named: Vec<&str> =
            DATABASES.into_iter().filter(|database| self.database.iter().any(|named| named == database)).collect();
        match (named.is_empty(), found.is_empty()) {
            (false, _) => named,
            (true, false) => found.to_vec(),
            (true, true) => vec!["sqlite"],
        }
    }
}

/// Asks on a terminal, and refuses elsewhere, if git does not have the present text of a file that will change.
pub(super) fn check_clean(files: &FilePlan, is_allowed: bool) -> Result<(), Diagnostic> {
    let dirty: Vec<String> = files.edited().filter(|file| is_file_dirty(file)).map(shown).collect();
    if dirty.is_empty() || is_allowed {
        return Ok(());
    }
    let message = format!("git does not have the present text of {}", dirty.join(", "));
    if prompt::is_interactive() && prompt::ask_yes_no(&format!("{message}. Change it nevertheless?"))? {
        return Ok(());
    }
    Err(Diagnostic::usage(message)
        .detail("nothing was written")
        .hint("commit or stash it, or say `--allow-dirty` to change it nevertheless"))
}

fn is_file_dirty(file: &Path) -> bool {
    file.parent().zip(file.file_name()).is_some_and(|(folder, name)| is_dirty(folder, name))
}

/// Whether git knows of changes of a path in a folder since its last commit, new files among them. Without git, or outside
/// of a repository, no.
pub(super) fn is_dirty(folder: &Path, path: &OsStr) -> bool {
    let mut git = Command::new("git");
    git.args(["status", "--porcelain", "--"]).arg(path).current_dir(folder);
    git.output().is_ok_and(|output| output.status.success() && !output.stdout.is_empty())
}

/// Builds the migration crate; cargo prints what it does.
pub(super) fn build(folder: &Path, package: &str) -> Result<(), Diagnostic> {
    let status = Command::new(cargo()).args(["build", "-p", package]).current_dir(folder).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(Diagnostic::new(Exit::Failure, format!("`{package}` does not build"))
            .hint("cargo's messages above say why")),
        Err(error) => Err(Diagnostic::new(Exit::Failure, format!("`{package}` cannot be built: {error}"))),
    }
}
