//! `show`.

use clap::Args;
use seachange_graph::AppliedSet;

use super::list::answer_entries;
use crate::describe;
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::format::{Format, FormatArgs};
use crate::project::Project;
use crate::targets;
use crate::terminal::Terminal;

/// Arguments of `show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Any target: a revision id or the beginning of one, `head`, `heads`, `LABEL@head`, `current`, `-1`
    #[arg(value_name = "TARGET", allow_negative_numbers = true)]
    target: String,
    /// Print the downgrade that is stored in the database, also of a revision that only the database knows
    #[arg(long)]
    downgrade: bool,
    #[command(flatten)]
    format: FormatArgs,
}

impl ShowArgs {
    /// Whether the target depends on the database.
    ///
    /// # Errors
    ///
    /// A target that is invalid on any database.
    pub fn reads_database(&self, project: &Project<'_>) -> Result<bool, Diagnostic> {
        Ok(self.downgrade || targets::read_one(project, "show", &self.target)?.is_relative())
    }

    /// Whether the stored downgrade is asked for. Only a program that reads the database has it.
    pub fn is_downgrade(&self) -> bool {
        self.downgrade
    }

    /// The target as it was typed.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The format of the output.
    pub fn format(&self) -> Format {
        self.format.format
    }

    /// Prints the revisions that the target stands for; without `applied`, the heads count as current.
    pub fn run(
        self,
        terminal: Terminal,
        project: &Project<'_>,
        applied: Option<&AppliedSet>,
    ) -> Result<Exit, Diagnostic> {
        let graph = project.graph();
        let target = targets::read_one(project, "show", &self.target)?;
        let all = graph.all_applied();
        let found = project.select(graph.resolve(applied.unwrap_or(&all), &target)?);
        match self.format.format {
            Format::Json => answer_entries(terminal, graph, found, None)?,
            Format::Text if found.is_empty() => terminal.status(format!("no revision at `{}`", self.target)),
            Format::Text => {
                for revision in found {
                    terminal.print(describe::block(graph, revision, &[], &project.file(revision)));
                }
            }
        }
        Ok(Exit::Success)
    }
}
