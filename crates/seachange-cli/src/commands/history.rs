//! `history`.

mod drawing;

use std::collections::HashSet;

use clap::Args;
use seachange_graph::{AppliedSet, Range};

use super::list::answer_entries;
use crate::describe;
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::format::{Format, FormatArgs};
use crate::project::{ListedRevision, Project};
use crate::terminal::Terminal;
use drawing::DrawingArgs;

/// Arguments of `history`.
#[derive(Debug, Args)]
pub struct HistoryArgs {
    /// Only these revisions: `A:B`, `A:`, `:B`, with any targets as ends; `-3:` for the heads and the three below
    /// them
    #[arg(short, long, value_name = "RANGE", allow_hyphen_values = true)]
    rev_range: Option<String>,
    /// Mark the current revisions of the database
    #[arg(short, long)]
    indicate_current: bool,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    drawing: DrawingArgs,
}

impl HistoryArgs {
    /// Whether the answer depends on the database.
    ///
    /// # Errors
    ///
    /// A range that cannot be read.
    pub fn reads_database(&self) -> Result<bool, Diagnostic> {
        Ok(self.range()?.is_relative() || self.indicate_current)
    }

    /// Whether the revisions are drawn: a drawing marks the applied ones, if the database can be read.
    pub fn is_drawing(&self) -> bool {
        self.drawing.is_asked_for()
    }

    /// Prints the revisions in the range. If the database was read, `applied` are the applied revisions, and `marked`
    /// the ids that a drawing marks as applied.
    pub fn run(
        self,
        terminal: Terminal,
        project: &Project<'_>,
        applied: Option<&AppliedSet>,
        marked: Option<&HashSet<String>>,
    ) -> Result<Exit, Diagnostic> {
        let graph = project.graph();
        let all = graph.all_applied();
        let from = applied.unwrap_or(&all);
        let found = graph.history(from, &self.range()?)?;
        if found.is_empty() && matches!(self.format.format, Format::Text) {
            terminal.status(match &self.rev_range {
                Some(range) => format!("no revision in `{range}`"),
                None => "there are no revisions".to_owned(),
            });
            return Ok(Exit::Success);
        }
        let newest_first = project.select(found.into_iter().rev());
        if self.drawing.is_asked_for() {
            self.drawing.run(terminal, project, &newest_first, marked);
            return Ok(Exit::Success);
        }
        let current = || graph.current(from).iter().map(|revision| revision.id.as_str()).collect::<Vec<_>>();
        let current = applied.is_some().then(current);
        match self.format.format {
            Format::Json => answer_entries(terminal, graph, newest_first, current.as_deref())?,
            Format::Text => {
                let current = current.unwrap_or_default();
                newest_first.into_iter().for_each(|revision| print(terminal, project, revision, &current));
            }
        }
        Ok(Exit::Success)
    }

    fn range(&self) -> Result<Range, Diagnostic> {
        Ok(self.rev_range.as_deref().unwrap_or(":").parse::<Range>()?)
    }
}

fn print(terminal: Terminal, project: &Project<'_>, revision: &ListedRevision<'_>, current: &[&str]) {
    let graph = project.graph();
    terminal.print(match terminal.verbose {
        true => describe::block(graph, revision, current, &project.file(revision)),
        false => describe::line(graph, revision, current),
    });
}
