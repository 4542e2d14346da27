//! Crates of sea-orm-migration, which become migration crates in their place.
//!
//! In reading order:
//!
//! - `project`: the old crate;
//! - `conversion`: the plan of its conversion;
//! - `list`, `modules`: what the old crate lists, and where its code is;
//! - `rewrite`: the revision files;
//! - `port`: code for SeaORM 1 as code for SeaORM 2;
//! - `cargo_toml`: the manifest;
//! - `callers`: the code of other crates that calls the old `Migrator`;
//! - `edits`: changes of texts.

mod callers;
mod cargo_toml;
mod conversion;
mod edits;
mod list;
mod port;
mod project;
mod rewrite;

use std::path::{Path, PathBuf};

use toml_edit::DocumentMut;

use super::super::init::{SeaOrm, check_clean};
use super::super::locate::members;
use super::super::manifest::Manifest;
use super::ImportArgs;
use super::trial::{OldMigrations, ScratchUrl, Trial};
use crate::diagnostic::{Diagnostic, SPELLED_OUT};
use crate::exit::Exit;
use crate::project::shown;
use crate::scaffold::EngineSource;
use crate::terminal::Terminal;
use conversion::{ConversionTarget, convert};
use project::OldCrate;

/// The table in which sea-orm-migration records what it has applied.
const RECORD: &str = "seaql_migrations";

/// Converts the crate that `--source` names, in its place.
///
/// # Errors
///
/// A crate that cannot be read, a workspace in which the engine cannot be, code that does not compile, and revisions that
/// make another schema than the old migrations. The project is unchanged then.
pub(super) fn run(args: &ImportArgs, here: &Path, terminal: Terminal) -> Result<Exit, Diagnostic> {
    let root = find_crate(&here.join(&args.source))?;
    let manifest = Manifest::read(&root)?.ok_or_else(|| no_crate(&root))?;
    if manifest.is_migration_crate() {
        return Err(Diagnostic::usage(format!("`{}` has revisions of seachange already", shown(&root))));
    }
    let workspace = manifest.workspace()?;
    let outer = workspace.as_ref().unwrap_or(&manifest);
    let members = members(outer)?;
    let others = SeaOrm::of(members.iter().filter(|member| member.root != root).chain(&workspace));
    others.check()?;
    let own = SeaOrm::of([&manifest].into_iter().chain(&workspace));
    let old = OldCrate::read(&root)?;
    let found = SeaOrm::of(members.iter().chain(&workspace)).databases;
    let databases = args.of_crate().databases(&found);
    let engine = match outer.has_workspace_dependency("seachange") {
        true => EngineSource::Workspace,
        false => args.of_crate().engine(&root)?,
    };
    let declarations = workspace.as_ref().map(|workspace| document(&workspace.root)).transpose()?;
    let is_ported = own.major.is_some_and(|major| major < 2);
    let target =
        ConversionTarget { engine: &engine, databases: &databases, is_ported, workspace: declarations.as_ref() };
    let plan = convert(&old, &target)?;
    plan.files.check()?;
    if args.dry_run {
        plan.files.print(terminal);
        return Ok(Exit::Success);
    }
    check_clean(&plan.files, args.allow_dirty)?;
    plan.remarks.iter().take(SPELLED_OUT).for_each(|remark| terminal.warn(remark));
    if let Some(more) = plan.remarks.len().checked_sub(SPELLED_OUT).filter(|more| *more > 0) {
        terminal.warn(format!("{more} more remarks of these kinds"));
    }
    for (change, count) in &plan.ported {
        terminal.status(format!("for SeaORM 2: {change} ({count})"));
    }
    if !args.no_build {
        let trial = Trial { workspace: &outer.root, krate: &root, package: old.package() };
        let migrations = OldMigrations {
            migrator: &old.migrator(),
            record: old.list.table.as_deref().unwrap_or(RECORD),
            url: scratch_url(args, &databases)?,
        };
        trial.run(&plan.files, &migrations, terminal)?;
    }
    plan.files.apply(terminal)?;
    tell_callers(&old, &outer.root, terminal);
    terminal.status(format!("{} revisions; next:", plan.revisions));
    let table = old.list.table.as_ref().map_or_else(String::new, |table| format!(" --table {table}"));
    terminal.status("  seachange status                  # all of them");
    terminal.status(format!(
        "  seachange adopt --from seaql{table}      # on each database that the old migrations have run on"
    ));
    Ok(Exit::Success)
}

/// The folder of the crate: the named one, or the only member of its workspace with migrations of sea-orm-migration.
fn find_crate(source: &Path) -> Result<PathBuf, Diagnostic> {
    let source = source.canonicalize().unwrap_or_else(|_| source.to_owned());
    let Some(manifest) = Manifest::read(&source)? else { return Err(no_crate(&source)) };
    let has_migrations = |own: &Manifest| own.package().is_some() && !own.dependencies("sea-orm-migration").is_empty();
    // A root package may depend on it beside its migration crate: the library with the list decides.
    let candidates = members(&manifest)?.into_iter().filter(|own| has_migrations(own) && lists(&own.root));
    let found: Vec<PathBuf> = candidates.map(|own| own.root).collect();
    match found.as_slice() {
        [] if has_migrations(&manifest) => Ok(source),
        [] => Err(no_crate(&source)),
        [one] => Ok(one.clone()),
        several => {
            let problem = Diagnostic::usage(format!("`{}` has several crates with migrations", shown(&source)));
            let listed = several.iter().fold(problem, |problem, root| problem.detail(shown(root)));
            Err(listed.hint("name one: `--source DIR`"))
        }
    }
}

/// Whether a crate has a list of migrations, readable or not.
fn lists(root: &Path) -> bool {
    let files = callers::rust_files(&root.join("src"), &[]);
    files.iter().filter_map(|file| std::fs::read_to_string(file).ok()).any(|text| text.contains("MigratorTrait for"))
}

fn no_crate(folder: &Path) -> Diagnostic {
    Diagnostic::usage(format!("`{}` is no crate with migrations of sea-orm-migration", shown(folder)))
        .hint("`--source` names the folder of the migration crate, or of its workspace")
}

/// The manifest in a folder, as a document.
fn document(folder: &Path) -> Result<DocumentMut, Diagnostic> {
    let text = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    text.parse::<DocumentMut>().map_err(|error| Diagnostic::new(Exit::Failure, error.message().to_owned()))
}

/// The database on which the old migrations run.
fn scratch_url(args: &ImportArgs, databases: &[&str]) -> Result<ScratchUrl, Diagnostic> {
    match &args.scratch_url {
        Some(url) if !url.starts_with("sqlite:") => Ok(ScratchUrl::Server(url.clone())),
        Some(_) => Ok(ScratchUrl::Sqlite),
        None if databases.contains(&"sqlite") => Ok(ScratchUrl::Sqlite),
        None => Err(Diagnostic::usage("nothing says on which database server the revisions are tried out")
            .hint("`--scratch-url URL` names one: two databases are made there, and dropped")
            .hint("`--no-build` writes the files without building and trying them out")),
    }
}

/// Lists the calls of the old type, each with the code that replaces it.
fn tell_callers(old: &OldCrate, workspace: &Path, terminal: Terminal) {
    let target = workspace.join("target");
    let callers = callers::find(workspace, &[&old.root, &target], &old.list.migrator);
    if callers.is_empty() {
        return;
    }
    terminal.warn(format!("`{}` is gone; its callers need other code:", old.migrator()));
    for caller in &callers {
        terminal.status(format!(
            "  {}:{}: {}",
            shown(&caller.file),
            caller.line,
            caller.replacement(&old.library_name())
        ));
    }
    terminal.hint(format!(
        "their crates need the dependency `seachange`; `default-features = false` for `{}` omits its command line",
        old.package()
    ));
}
