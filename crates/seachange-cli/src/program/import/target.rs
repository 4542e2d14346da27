//! Where imported revisions go: into the migration crate of the workspace, found or made as `init` does it.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use seachange_source::{RevisionFile, RevisionFiles, ScannedFolders, check, declared_folders, parse};

use super::super::init::{PlannedProject, check_clean, is_dirty, plan_crate};
use super::super::manifest::Manifest;
use super::ImportArgs;
use super::copies::{BuiltProgram, Copies};
use super::layout::Tool;
use super::revision::ImportedRevision;
use crate::describe;
use crate::diagnostic::{Diagnostic, SPELLED_OUT};
use crate::file_plan::FilePlan;
use crate::new_revision::read_files;
use crate::project::shown;
use crate::prompt;
use crate::scaffold::VERSIONS;
use crate::terminal::Terminal;

/// The migration crate, as it will be.
pub(super) struct Target {
    /// The changes of files: those of the crate, if it is new, and those that the import adds.
    pub(super) files: FilePlan,
    /// The name of the package.
    pub(super) package: String,
    /// The folder of the crate.
    pub(super) root: PathBuf,
    /// The folder in which cargo is called: that of the workspace, or of a crate of its own.
    pub(super) workspace: PathBuf,
    /// The folder of the revision files.
    pub(super) versions: PathBuf,
    /// The revisions that the crate has already; `None` for a new crate.
    pub(super) existing: Option<RevisionFiles>,
    /// The databases that are compiled in, of [`DATABASES`](crate::scaffold::DATABASES).
    pub(super) databases: Vec<&'static str>,
}

impl Target {
    /// Plans the migration crate for the folder `here`.
    ///
    /// # Errors
    ///
    /// Those of `init`: a folder or a name that another crate has, an unknown source of the engine. A crate whose build
    /// script does not name the folder of its revisions, and revisions that cannot be read.
    pub(super) fn plan(args: &ImportArgs, here: &Path, terminal: Terminal) -> Result<Self, Diagnostic> {
        let PlannedProject { files, folder, package, root, databases, remarks, .. } =
            plan_crate(&args.of_crate(), here)?;
        remarks.iter().for_each(|remark| terminal.warn(remark));
        let (versions, existing) = match Manifest::read(&root)? {
            Some(manifest) => {
                let (folders, versions) = existing_folders(&manifest)?;
                (versions, Some(read_files(&root, folders, 0)?))
            }
            None => (root.join(VERSIONS), None),
        };
        Ok(Self { files, package, root, workspace: folder, versions, existing, databases })
    }

    /// Plans the files of these revisions, and returns how many are new. If the crate has some of them already, the user
    /// is asked on a terminal whether the others are to be added; elsewhere that is refused.
    ///
    /// # Errors
    ///
    /// Revisions that exist, and a graph that the build would reject.
    pub(super) fn add(&mut self, revisions: &[ImportedRevision]) -> Result<usize, Diagnostic> {
        let known: HashMap<&str, &Path> = self.existing.iter().flat_map(RevisionFiles::files).map(known).collect();
        let is_known = |revision: &&ImportedRevision| known.contains_key(revision.id.as_str());
        let (present, new): (Vec<_>, Vec<_>) = revisions.iter().partition(is_known);
        if !present.is_empty() {
            let files: Vec<&Path> =
                present.iter().filter_map(|revision| known.get(revision.id.as_str()).copied()).collect();
            check_present(&files, new.len())?;
        }
        self.check_graph(&new)?;
        for (name, text) in new.iter().flat_map(|revision| revision.files()) {
            self.files.create(self.versions.join(name), text)?;
        }
        Ok(new.len())
    }

    /// Rejects revisions that the build would reject.
    fn check_graph(&self, new: &[&ImportedRevision]) -> Result<(), Diagnostic> {
        let mut folders = ScannedFolders::default();
        folders.files.extend(self.existing.iter().flat_map(RevisionFiles::files).cloned());
        for (name, text) in new.iter().flat_map(|revision| revision.files().into_iter().take(1)) {
            match parse(&self.versions.join(name), &text) {
                Ok(file) => folders.files.push(file),
                Err(errors) => folders.errors.extend(errors),
            }
        }
        let problems = check(&folders).err().unwrap_or_default();
        if problems.is_empty() {
            return Ok(());
        }
        let problem = Diagnostic::usage("the revisions do not make a graph; nothing was written");
        Err(problems.iter().fold(problem, |problem, found| problem.detail(found.to_string())))
    }

    /// Says what was written, and what to do next.
    pub(super) fn conclude(&self, args: &ImportArgs, count: usize, tool: Tool, terminal: Terminal) {
        let count = describe::revisions(count);
        if args.dry_run {
            return terminal.status(format!("{count} of {tool} would be written into `{}`", self.package));
        }
        terminal.status(format!("{count} of {tool} in `{}`", self.package));
        terminal.status("next:");
        let adopt = format!("seachange adopt --from {}", tool.word());
        terminal.status(format!("  {adopt}   # in each database that {tool} has migrated: continue from there"));
        let up = format!("{:width$}", "seachange up", width = adopt.len());
        terminal.status(format!("  {up}   # apply what is pending"));
    }

    /// Writes the files, after the crate was built and tried out on a copy. With `--dry-run` the changes are printed, with
    /// `--no-build` they are made only.
    ///
    /// # Errors
    ///
    /// Files that are in the way, changes that git does not have, files that cannot be written, a crate that does not
    /// build, and those of `try_out`. Nothing is written then.
    pub(super) fn write(
        &self,
        args: &ImportArgs,
        terminal: Terminal,
        try_out: impl FnOnce(&BuiltProgram) -> Result<(), Diagnostic>,
    ) -> Result<(), Diagnostic> {
        self.files.check()?;
        if args.dry_run {
            self.files.print(terminal);
            return Ok(());
        }
        self.check_clean(args.allow_dirty)?;
        if !args.no_build {
            let tried = Copies::of(&self.workspace).and_then(|copies| {
                terminal.status(format!("compiling `{}`, on a copy", self.package));
                try_out(&copies.build(&self.files, &self.root, &self.package)?)
            });
            tried.map_err(|problem| {
                problem
                    .detail("nothing was written")
                    .hint("`--no-build` writes the files without building and trying them out")
            })?;
        }
        self.files.apply(terminal)
    }

    /// Asks on a terminal, and refuses elsewhere, if the workspace has changes that git does not have yet.
    pub(super) fn check_clean(&self, is_allowed: bool) -> Result<(), Diagnostic> {
        if is_allowed || !is_dirty(&self.workspace, OsStr::new(".")) {
            return check_clean(&self.files, is_allowed);
        }
        let message = format!("git does not have all changes in `{}` yet", self.workspace.display());
        if prompt::is_interactive() && prompt::ask_yes_no(&format!("{message}. Import nevertheless?"))? {
            return Ok(());
        }
        Err(Diagnostic::usage(message)
            .detail("nothing was written")
            .hint("commit or stash them, so that the import is a change of its own, or say `--allow-dirty`"))
    }
}

/// A revision of the crate, and its file.
fn known(file: &RevisionFile) -> (&str, &Path) {
    (&file.revision.id, &file.path)
}

/// Asks on a terminal, and refuses elsewhere, if the crate has some of the revisions already.
fn check_present(files: &[&Path], new: usize) -> Result<(), Diagnostic> {
    let present = describe::revisions(files.len());
    if new == 0 {
        return Err(
            Diagnostic::usage("the migration crate has all of these revisions already").detail("nothing was written")
        );
    }
    let message = format!("the migration crate has {present} of the source already");
    if prompt::is_interactive() && prompt::ask_yes_no(&format!("{message}. Add the other {new}?"))? {
        return Ok(());
    }
    let problem = Diagnostic::usage(message);
    let shown = files.iter().take(SPELLED_OUT).fold(problem, |problem, file| problem.detail(shown(file)));
    Err(shown
        .detail("nothing was written")
        .hint(format!("on a terminal the command asks whether to add the other {new}"))
        .hint("or remove these files to import all again"))
}

/// The folders of the revisions of a crate, and the first of them as a path.
fn existing_folders(manifest: &Manifest) -> Result<(Vec<PathBuf>, PathBuf), Diagnostic> {
    let script = manifest.root.join(manifest.build_script());
    let folders = fs::read_to_string(&script).ok().and_then(|text| declared_folders(&text));
    match folders.as_deref() {
        Some([first, ..]) => {
            let versions = manifest.root.join(first);
            Ok((folders.unwrap_or_default(), versions))
        }
        _ => Err(Diagnostic::usage(format!("`{}` does not name the folder of the revisions", shown(&script)))
            .detail("expected a call such as `seachange_source::build::revisions(\"src/versions\")`")),
    }
}
