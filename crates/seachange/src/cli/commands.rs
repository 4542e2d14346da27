//! The commands, one per file.

mod adopt;
mod branches;
mod check;
mod completions;
mod current;
mod diff;
mod down;
mod edit;
mod graph;
mod heads;
mod history;
mod init;
mod interruption;
mod list;
mod merge;
mod repair;
mod reset;
mod revision;
mod run;
mod script;
mod show;
mod stamp;
mod status;
mod up;

use clap::Subcommand;

use super::context::Context;
use super::exit::Exit;
use super::problem::Diagnostic;

/// The command to run.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Apply pending revisions: all, a number of them, or up to a target
    Up(up::UpArgs),
    /// Apply revisions up to a target, as in Alembic
    Upgrade(up::UpgradeArgs),
    /// Revert revisions: the last one, a number of them, or down to a target
    Down(down::DownArgs),
    /// Revert revisions down to a target, as in Alembic
    Downgrade(down::DowngradeArgs),
    /// List every revision, applied or pending
    Status(status::StatusArgs),
    /// Show the current revisions of the database
    Current(current::CurrentArgs),
    /// Show the heads: the revisions without children
    Heads(heads::HeadsArgs),
    /// Show the branch points: the revisions with several children
    Branches(branches::BranchesArgs),
    /// List the revisions, newest first
    History(history::HistoryArgs),
    /// Write the graph of the revisions for documents: Mermaid, Graphviz, SVG or JSON
    Graph(graph::GraphArgs),
    /// Show one revision
    Show(show::ShowArgs),
    /// Write a new revision file, after the head or after a given revision
    #[command(visible_alias = "generate")]
    Revision(revision::RevisionArgs),
    /// Compare the database with the entities, and fail if they differ
    Check(check::CheckArgs),
    /// Print the SQL that changes the database to match the entities
    Diff(diff::DiffArgs),
    /// Write a revision file that joins several heads
    Merge(merge::MergeArgs),
    /// Open a revision file in `$VISUAL` or `$EDITOR`
    Edit(edit::EditArgs),
    /// Set the current revisions in the record, without running any
    Stamp(stamp::StampArgs),
    /// Take over the record of sea-orm-migration or Alembic
    Adopt(adopt::AdoptArgs),
    /// Show what is wrong with the record, or correct it
    Repair(repair::RepairArgs),
    /// Revert every revision
    Reset(reset::ResetArgs),
    /// Revert every revision, and apply all again
    Refresh(reset::RefreshArgs),
    /// Drop every table, and apply all revisions
    Fresh(reset::FreshArgs),
    /// Write a new migration crate
    Init(init::InitArgs),
    /// Print a script that completes these commands in a shell
    Completions(completions::CompletionsArgs),
}

impl Command {
    /// Whether the run is reported as lines of JSON, including errors.
    pub(crate) fn is_json(&self) -> bool {
        match self {
            Self::Up(args) => args.flags.events.is_json(),
            Self::Upgrade(args) => args.flags.events.is_json(),
            Self::Down(args) => args.flags.events.is_json(),
            Self::Downgrade(args) => args.flags.events.is_json(),
            Self::Reset(args) => args.events.is_json(),
            Self::Refresh(args) => args.events.is_json(),
            Self::Fresh(args) => args.events.is_json(),
            _ => false,
        }
    }

    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        match self {
            Self::Up(args) => args.run(context).await,
            Self::Upgrade(args) => args.run(context).await,
            Self::Down(args) => args.run(context).await,
            Self::Downgrade(args) => args.run(context).await,
            Self::Status(args) => args.run(context).await,
            Self::Current(args) => args.run(context).await,
            Self::Heads(args) => args.run(context),
            Self::Branches(args) => args.run(context),
            Self::History(args) => args.run(context).await,
            Self::Graph(args) => args.run(context).await,
            Self::Show(args) => args.run(context).await,
            Self::Revision(args) => args.run(context).await,
            Self::Check(args) => args.run(context).await,
            Self::Diff(args) => args.run(context).await,
            Self::Merge(args) => args.run(context),
            Self::Edit(args) => args.run(context).await,
            Self::Stamp(args) => args.run(context).await,
            Self::Adopt(args) => args.run(context).await,
            Self::Repair(args) => args.run(context).await,
            Self::Reset(args) => args.run(context).await,
            Self::Refresh(args) => args.run(context).await,
            Self::Fresh(args) => args.run(context).await,
            Self::Init(args) => args.run(context).await,
            Self::Completions(args) => args.run(context),
        }
    }
}
