//! The command line of a migration binary.
//!
//! Only this module uses the terminal, the environment and exit codes. Only here do errors get hints, because a
//! library cannot know the command line.

mod arguments;
mod baseline;
mod commands;
mod compare_args;
mod context;
mod differences;
mod fleet;
mod hints;
mod interrupt;
mod picture;
mod problem;
mod progress;
mod revision_scope;
mod targets;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};
pub use seachange_cli::Exit;
use seachange_cli::{Diagnostic, Terminal, arguments::apply_color_choice, terminal, usage};

use crate::args::{env_file, named};
use crate::autogenerate::Entities;
use crate::revision::Migrations;
use arguments::Arguments;
use context::{Context, MigrationCrate};

/// The command line of a migration binary.
///
/// ```no_run
/// # static MIGRATIONS: seachange::Migrations = seachange::Migrations::new("migration 0.1.0", &[]);
/// use std::process::ExitCode;
///
/// fn main() -> ExitCode {
///     seachange::cli::Cli::new(&MIGRATIONS).run()
/// }
/// ```
#[must_use = "`run` runs the command line"]
pub struct Cli {
    project: MigrationCrate,
}

impl Cli {
    /// The command line of these revisions. New revisions are written into one of the folders that the build script of
    /// their crate names.
    pub fn new(migrations: &'static Migrations) -> Self {
        let manifest_dir = PathBuf::from(migrations.manifest_dir().unwrap_or("."));
        Self { project: MigrationCrate { migrations, manifest_dir, entities: Entities::new() } }
    }

    /// Sets the entities of the program, which `check` and `revision --autogenerate` compare with a database.
    pub fn entities(mut self, entities: Entities) -> Self {
        self.project.entities = entities;
        self
    }

    /// Sets the folder of the migration crate, for a registry that no build script wrote.
    pub fn manifest_dir(mut self, manifest_dir: impl Into<PathBuf>) -> Self {
        self.project.manifest_dir = manifest_dir.into();
        self
    }

    /// Runs the command line of the process, and returns its exit code, one of [`Exit`].
    pub fn run(self) -> ExitCode {
        let exit = run(self.project, std::env::args_os().collect());
        match terminal::finish() {
            Err(problem) if exit == Exit::Success => Terminal::default().print_error(&problem),
            _ => exit,
        }
        .into()
    }
}

/// Runs the command line of the process without entities. `manifest_dir` is the folder of the migration crate.
#[deprecated(since = "0.1.0", note = "use `Cli::new(&MIGRATIONS).run()`")]
pub fn main(migrations: &'static Migrations, manifest_dir: &str) -> ExitCode {
    Cli::new(migrations).manifest_dir(manifest_dir).run()
}

/// Runs the command line of the process with entities. `manifest_dir` is the folder of the migration crate.
#[deprecated(since = "0.1.0", note = "use `Cli::new(&MIGRATIONS).entities(entities()).run()`")]
pub fn main_with_entities(migrations: &'static Migrations, manifest_dir: &str, entities: Entities) -> ExitCode {
    Cli::new(migrations).manifest_dir(manifest_dir).entities(entities).run()
}

fn run(project: MigrationCrate, raw: Vec<OsString>) -> Exit {
    if let Err(error) = env_file::load(raw.clone()) {
        return Terminal::default().print_error(&Diagnostic::from(error));
    }
    apply_color_choice(&raw);
    let selected = match named::select(raw.clone()) {
        Ok(selected) => selected,
        Err(error) => return Terminal::default().print_error(&Diagnostic::from(error)),
    };
    let (name, version) = project.migrations.program().split_once(' ').unwrap_or_default();
    let mut command = Arguments::command().name(name).version(version);
    let parsed = command.try_get_matches_from_mut(&raw).and_then(|matches| Arguments::from_arg_matches(&matches));
    let arguments = match parsed {
        Ok(arguments) => arguments,
        Err(error) => return usage::explain(error, &mut command, &raw),
    };
    let terminal = Terminal { json: arguments.command.is_json(), ..arguments.global.terminal() };
    if let Err(problem) =
        check_crate(&project).and_then(|()| check_name(arguments.global.settings(), selected.as_deref()))
    {
        return terminal.print_error(&problem);
    }
    match execute(project, arguments, terminal) {
        Ok(exit) => exit,
        Err(problem) => terminal.print_error(&problem),
    }
}

/// An error if cargo runs the program for another crate of the same name than the one that it was built from. Two
/// projects that share a target directory can replace each other's programs there.
fn check_crate(project: &MigrationCrate) -> Result<(), Diagnostic> {
    let (name, _) = project.migrations.program().split_once(' ').unwrap_or_default();
    let (Some(root), true) = (project.migrations.manifest_dir(), env_is("CARGO_PKG_NAME", name)) else { return Ok(()) };
    let Some(called) = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from) else { return Ok(()) };
    let place = |folder: &Path| folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    if place(&called) == place(Path::new(root)) {
        return Ok(());
    }
    let message = format!("this program was built from `{root}`, and cargo runs it for `{}`", called.display());
    Err(Diagnostic::new(Exit::Mismatch, message)
        .detail("two projects with a crate of this name share a target directory; nothing was run")
        .hint(format!(
            "`cargo clean -p {name}` makes cargo build it again; a target directory of its own helps for good"
        )))
}

/// An error if clap finds another name of settings than was used. It also finds one in a cluster such as `-vn NAME`.
fn check_name(typed: Option<&str>, selected: Option<&str>) -> Result<(), Diagnostic> {
    match typed {
        Some(name) if selected != typed => {
            Err(Diagnostic::usage(format!("`-n {name}` has to stand by itself")).hint("or write `--settings NAME`"))
        }
        _ => Ok(()),
    }
}

fn env_is(variable: &str, value: &str) -> bool {
    std::env::var_os(variable).is_some_and(|found| found == value)
}

fn execute(project: MigrationCrate, arguments: Arguments, terminal: Terminal) -> Result<Exit, Diagnostic> {
    revision_scope::install_panic_hook();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(problem::no_runtime)?;
    let context = Context::new(project, terminal, arguments.database, arguments.wait);
    runtime.block_on(arguments.command.run(&context))
}

#[cfg(test)]
mod tests;
