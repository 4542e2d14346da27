//! `merge`.

use clap::Args;
use seachange_source::normalise;

use crate::cli::command_line::CommandLine;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::hints::place;
use crate::cli::new_revision::{NewFileArgs, sources};
use crate::cli::problem::Diagnostic;

/// Arguments of `merge`.
#[derive(Debug, Args)]
pub(crate) struct MergeArgs {
    /// The revisions to join, as any targets; by default all heads
    #[arg(value_name = "TARGET")]
    revisions: Vec<String>,
    /// The first line of the file, and its name; by default `merge` and the ids
    #[arg(short, long)]
    message: Option<String>,
    #[command(flatten)]
    file: NewFileArgs,
}

impl MergeArgs {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        let sources = sources(context)?;
        let asked = self.file.asked(&self.revisions)?;
        let place = sources.place_merge(&asked).map_err(|error| place(&error, &sources, &self.typed()))?;
        let message = self.message().map_or_else(|| default_message(&place.down_revision), str::to_owned);
        self.file.write(context, &sources, place, message, None)
    }

    /// The message, unless it is blank.
    fn message(&self) -> Option<&str> {
        self.message.as_deref().filter(|message| !message.trim().is_empty())
    }

    fn typed(&self) -> CommandLine {
        let message = self.message().into_iter().flat_map(|message| ["-m".to_owned(), normalise(message)]);
        CommandLine {
            command: "merge",
            option: None,
            parents: self.revisions.clone(),
            rest: self.file.words().into_iter().chain(message).collect(),
        }
    }
}

/// `merge a, b and c`.
fn default_message(ids: &[String]) -> String {
    match ids {
        [others @ .., last] if !others.is_empty() => format!("merge {} and {last}", others.join(", ")),
        ids => format!("merge {}", ids.join(", ")),
    }
}
