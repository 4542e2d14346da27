//! The command line of this program: that of the migration crates' programs, with options of its own.

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command};

use super::import::ImportArgs;
use super::init::InitArgs;
use super::options::BuildOptions;
use crate::arguments::{GlobalArgs, help};
use crate::commands::{branches, completions, edit, graph, heads, history, merge, revision, show};
use crate::diagnostic::Diagnostic;
use crate::spec::{COMMANDS, CommandSpec};

/// What `import` does.
const IMPORT: &str = "Convert the migrations of another tool into revisions";

/// The command line of the program called `name`.
///
/// # Errors
///
/// The data in the program cannot be read, which a test rules out.
pub(super) fn command(name: &'static str) -> Result<Command, Diagnostic> {
    let spec: CommandSpec = serde_json::from_str(COMMANDS).map_err(Diagnostic::json)?;
    let import = ImportArgs::augment_args(Command::new("import")).about(IMPORT);
    let command = spec.command(&typed).subcommand(import).name(name).bin_name(name).version(env!("CARGO_PKG_VERSION"));
    Ok(BuildOptions::augment(command)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .max_term_width(help::WIDTH))
}

/// Adds the arguments of the commands that this program answers itself.
fn typed(name: &str, command: Command) -> Command {
    match name {
        "migration" => GlobalArgs::augment_args(command),
        "heads" => heads::HeadsArgs::augment_args(command),
        "branches" => branches::BranchesArgs::augment_args(command),
        "history" => history::HistoryArgs::augment_args(command),
        "show" => show::ShowArgs::augment_args(command),
        "graph" => graph::GraphArgs::augment_args(command),
        "revision" => revision::NewRevisionArgs::augment_args(command),
        "merge" => merge::MergeArgs::augment_args(command),
        "edit" => edit::EditArgs::augment_args(command),
        "init" => InitArgs::augment_args(command),
        "completions" => completions::CompletionsArgs::augment_args(command),
        _ => command,
    }
}

/// Whether a command has an option that only the program of the migration crate knows. Options of every command, such as
/// those that name the database, do not count: a command that reads no database ignores them.
pub(super) fn has_option_of_program(root: &Command, name: &str, matches: &ArgMatches) -> bool {
    let own = typed(name, Command::new(""));
    let is_own = |id: &str| own.get_arguments().any(|arg| arg.get_id().as_str() == id);
    let is_global = |id: &str| root.get_arguments().any(|arg| arg.is_global_set() && arg.get_id().as_str() == id);
    let is_typed = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
    let of_command = root.find_subcommand(name).into_iter().flat_map(Command::get_arguments);
    of_command.map(|arg| arg.get_id().as_str()).any(|id| !is_own(id) && !is_global(id) && is_typed(id))
}
