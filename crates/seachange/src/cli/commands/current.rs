//! `current`.

use clap::Args;
use seachange_cli::{
    Diagnostic, Exit, ListedRevision, Terminal,
    commands::list::{RevisionJson, answer, answer_json},
    format::{Format, FormatArgs},
    hints::graph::ahead,
    printable,
    terminal::{ID, styled},
};
use seachange_graph::Graph;

use crate::cli::context::Context;
use crate::cli::fleet::{self, FleetArgs};
use crate::cli::problem::behind;
use crate::migrator::{DatabasePosition, Migrator};
use crate::store::RevisionRow;

/// Arguments of `current`.
#[derive(Debug, Args)]
pub(crate) struct CurrentArgs {
    /// Fail, with exit code 6, unless the database is at all heads
    #[arg(short, long)]
    check_heads: bool,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    fleet: FleetArgs,
}

impl CurrentArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        if self.fleet.is_given() {
            let fleet = self.fleet.find(context).await?;
            return fleet::answer_current(context, &fleet, self.format.format, self.check_heads).await;
        }
        let migrator = context.connect_to_read().await?;
        let standing = migrator.standing().await?;
        self.answer(context, &migrator, &standing)?;
        let checked = if self.check_heads { check_heads(&migrator, &standing).await } else { Ok(()) };
        migrator.close().await?;
        checked.map(|()| Exit::Success)
    }

    fn answer(&self, context: &Context, migrator: &Migrator, standing: &DatabasePosition) -> Result<(), Diagnostic> {
        let graph = migrator.graph();
        let settings = context.settings()?;
        match self.format.format {
            Format::Json => answer_standing(context.terminal, graph, standing)?,
            Format::Text if standing.known.is_empty() && standing.of_newer.is_empty() => {
                context.terminal.status(format!("no revision is applied in {settings}"));
            }
            Format::Text => {
                context.terminal.status(format!("current revisions of {settings}"));
                let project = context.revisions()?;
                let known = standing.known.iter().filter_map(|script| project.get(script.revision.id));
                known.for_each(|revision| answer(context.terminal, &project, revision));
                standing.of_newer.iter().for_each(|row| answer_row(context, row));
            }
        }
        // With `--check-heads`, the error reports the pending revisions.
        if !self.check_heads {
            context.warn_of_unknown(&standing.unknown);
        }
        Ok(())
    }
}

async fn check_heads(migrator: &Migrator, standing: &DatabasePosition) -> Result<(), Diagnostic> {
    if !standing.unknown.is_empty() {
        return Err(ahead(&standing.unknown, "a newer program migrated it: use that one, or rebuild this one"));
    }
    let pending = migrator.pending().await?;
    if pending.is_empty() { Ok(()) } else { Err(behind(&pending).hint("`up` applies them")) }
}

/// Prints a revision that only a newer program knows, with the little that is known of it.
fn answer_row(context: &Context, row: &RevisionRow) {
    let id = styled(ID, printable::name(&row.revision));
    context.terminal.print(format!("{id}, not a revision of this program"));
}

/// Prints the current revisions as JSON.
fn answer_standing(terminal: Terminal, graph: &Graph, standing: &DatabasePosition) -> Result<(), Diagnostic> {
    let current: Vec<&str> = standing.known.iter().map(|script| script.revision.id).collect();
    let known: Vec<ListedRevision<'_>> = standing.known.iter().map(|script| script.listed()).collect();
    let known = known.iter().map(|revision| RevisionJson::new(graph, revision, Some(&current)));
    let entries: Vec<RevisionJson<'_>> = known.chain(standing.of_newer.iter().map(of_row)).collect();
    answer_json(terminal, &entries)
}

/// The JSON of a current revision that only a newer program knows.
fn of_row(row: &RevisionRow) -> RevisionJson<'_> {
    RevisionJson {
        id: &row.revision,
        message: None,
        file: None,
        created: None,
        down_revision: row.down_revision.iter().map(String::as_str).collect(),
        depends_on: row.depends_on.iter().map(String::as_str).collect(),
        branch_labels: Vec::new(),
        is_head: false,
        is_current: Some(true),
    }
}
