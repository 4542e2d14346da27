//! The installed program `seachange`, also called as `cargo seachange`.
//!
//! Commands that only need the revision files are answered here, without a compile. Every other command is run by the
//! program of the project's migration crate, which has the revisions compiled in. In reading order:
//!
//! - `manifest`, `locate`: the migration crate of the working directory;
//! - `modules`: the modules that a crate declares;
//! - `command_line`: the command line of this program, which is that one with options of its own;
//! - `options`: these options, which say which program is built, and how;
//! - `init`: new projects and new migration crates;
//! - `import`: the migrations of another tool, as revisions;
//! - `used_variables`, `cargo_env`: variables of the environment that a build reads, and that cargo sets;
//! - `freshness`, `forward`: starts the program of the migration crate, compiled before if it has to be.

mod cargo_env;
mod command_line;
mod forward;
mod freshness;
mod import;
mod init;
mod locate;
mod manifest;
mod modules;
mod options;
mod used_variables;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{ArgMatches, FromArgMatches};

use crate::arguments::{GlobalArgs, apply_color_choice};
use crate::commands::{branches, completions, edit, graph, heads, history, merge, revision, show};
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::new_revision::read_files;
use crate::project::Project;
use crate::terminal::{self, Terminal};
use crate::usage;
use locate::MigrationPackage;
use options::BuildOptions;

/// Runs the program with the arguments of the process.
///
/// `cargo seachange` passes the name of the subcommand as the first argument, which is removed.
pub fn run(is_subcommand_of_cargo: bool) -> ExitCode {
    let mut raw: Vec<OsString> = std::env::args_os().collect();
    if is_subcommand_of_cargo && raw.get(1).is_some_and(|word| word == "seachange") {
        raw.remove(1);
    }
    let name = if is_subcommand_of_cargo { "cargo seachange" } else { "seachange" };
    let exit = run_with(name, &raw);
    match terminal::finish() {
        Err(problem) if exit == Exit::Success => Terminal::default().print_error(&problem),
        _ => exit,
    }
    .into()
}

fn run_with(name: &'static str, raw: &[OsString]) -> Exit {
    apply_color_choice(raw);
    let parsed = command_line::command(name).map(|mut command| {
        let is_command = |word: &str| command.find_subcommand(word).is_some();
        let (options, rest) = BuildOptions::take(raw, is_command);
        let matches = command.try_get_matches_from_mut(&rest);
        (command, options, rest, matches)
    });
    let (mut command, options, rest, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(problem) => return Terminal::default().print_error(&problem),
    };
    let matches = match matches {
        Ok(matches) => matches,
        Err(error) => match forward::to_another_version(&options, &rest, &error) {
            Some(outcome) => return outcome.unwrap_or_else(|problem| Terminal::default().print_error(&problem)),
            None => return usage::explain(error, &mut command, &rest),
        },
    };
    let terminal = GlobalArgs::from_arg_matches(&matches).map(|global| global.terminal()).unwrap_or_default();
    let invocation = Invocation { options: &options, words: &rest, terminal };
    invocation.run(name, command, &matches).unwrap_or_else(|problem| terminal.print_error(&problem))
}

/// A call of the program.
struct Invocation<'a> {
    options: &'a BuildOptions,
    /// The words of the call, without the options of this program.
    words: &'a [OsString],
    terminal: Terminal,
}

impl Invocation<'_> {
    /// Answers the command, or starts the program of the migration crate.
    fn run(&self, name: &str, command: clap::Command, matches: &ArgMatches) -> Result<Exit, Diagnostic> {
        let Some((word, of_command)) = matches.subcommand() else { return Ok(Exit::Usage) };
        if word == "completions" {
            return typed::<completions::CompletionsArgs>(of_command)?.run(self.terminal, command, name);
        }
        if word == "init" && !command_line::has_option_of_program(&command, word, of_command) {
            return typed::<init::InitArgs>(of_command)?.run(&here()?, self.terminal);
        }
        if word == "import" {
            return typed::<import::ImportArgs>(of_command)?.run(&here()?, self.terminal);
        }
        let package = MigrationPackage::find(&here()?, self.options.package.as_deref())?;
        match self.answer(&command, word, of_command, &package)? {
            Some(exit) => Ok(exit),
            None => forward::forward(&package, self.options, &self.words[1..], self.terminal),
        }
    }

    /// Answers a command from the revision files; `None` if it needs the program of the migration crate: for the
    /// database, for an option that only that program has, or because only the build knows where the files are.
    fn answer(
        &self,
        command: &clap::Command,
        word: &str,
        args: &ArgMatches,
        package: &MigrationPackage,
    ) -> Result<Option<Exit>, Diagnostic> {
        if !ANSWERED.contains(&word) || command_line::has_option_of_program(command, word, args) {
            return Ok(None);
        }
        let Some(folders) = package.folders() else { return Ok(None) };
        let files = read_files(&package.root, folders, 0)?;
        let project = Project::of_files(&files);
        let terminal = self.terminal;
        Ok(Some(match word {
            "heads" => typed::<heads::HeadsArgs>(args)?.run(terminal, &project)?,
            "branches" => typed::<branches::BranchesArgs>(args)?.run(terminal, &project)?,
            "history" => {
                let args = typed::<history::HistoryArgs>(args)?;
                if args.reads_database()? {
                    return Ok(None);
                }
                args.run(terminal, &project, None, None)?
            }
            "show" => {
                let args = typed::<show::ShowArgs>(args)?;
                if args.reads_database(&project)? {
                    return Ok(None);
                }
                args.run(terminal, &project, None)?
            }
            "graph" => {
                let args = typed::<graph::GraphArgs>(args)?;
                if args.reads_database() {
                    return Ok(None);
                }
                args.run(terminal, &project, None)?
            }
            "revision" => {
                let args = typed::<revision::NewRevisionArgs>(args)?;
                let place = args.place(&files, &[])?;
                args.write(terminal, &files, place, None)?
            }
            "merge" => typed::<merge::MergeArgs>(args)?.run(terminal, &files)?,
            "edit" => {
                let args = typed::<edit::EditArgs>(args)?;
                if args.reads_database()? {
                    return Ok(None);
                }
                let paths = args.files(&files, None)?;
                let editor = edit::Editor::of_environment()?;
                forward::leave_signals_to_child()?;
                editor.open(&paths)?;
                Exit::Success
            }
            _ => return Ok(None),
        }))
    }
}

/// The commands that need nothing but the revision files, unless an option says otherwise.
const ANSWERED: [&str; 8] = ["branches", "edit", "graph", "heads", "history", "merge", "revision", "show"];

fn typed<T: FromArgMatches>(matches: &ArgMatches) -> Result<T, Diagnostic> {
    T::from_arg_matches(matches).map_err(|error| Diagnostic::usage(error.to_string()))
}

/// The working directory.
fn here() -> Result<std::path::PathBuf, Diagnostic> {
    std::env::current_dir().map_err(|error| {
        Diagnostic::new(Exit::Failure, format!("there is no working directory: {}", crate::diagnostic::reason(&error)))
    })
}
