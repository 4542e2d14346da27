//! `merge`.

use clap::Args;
use seachange_source::{RevisionFiles, normalise};

use crate::command_line::CommandLine;
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::hints::place::place;
use crate::new_revision::NewFileArgs;
use crate::terminal::Terminal;

/// Arguments of `merge`.
#[derive(Debug, Args)]
pub struct MergeArgs {
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
    /// Writes the file.
    pub fn run(self, terminal: Terminal, sources: &RevisionFiles) -> Result<Exit, Diagnostic> {
        let asked = self.file.asked(&self.revisions)?;
        let place = sources.place_merge(&asked).map_err(|error| place(&error, sources, &self.typed()))?;
        let message = self.message().map_or_else(|| default_message(&place.down_revision), str::to_owned);
        self.file.write(terminal, sources, place, message, None)
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
