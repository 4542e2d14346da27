//! The commands, one a file.

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

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Apply pending revisions: all of them, so many, or up to a target
    Up(up::UpArgs),
    /// Apply revisions up to a target, as Alembic spells it
    Upgrade(up::UpgradeArgs),
    /// Take revisions back: the last one, so many, or down to a target
    Down(down::DownArgs),
    /// Take revisions back down to a target, as Alembic spells it
    Downgrade(down::DowngradeArgs),
    /// List every revision, applied or pending
    Status(status::StatusArgs),
    /// Show where the database stands
    Current(current::CurrentArgs),
    /// Show the revisions that no other comes after
    Heads(heads::HeadsArgs),
    /// Show the revisions that several others come after
    Branches(branches::BranchesArgs),
    /// List the revisions, newest first
    History(history::HistoryArgs),
    /// Write the graph of the revisions for documents: Mermaid, Graphviz, SVG or JSON
    Graph(graph::GraphArgs),
    /// Show one revision
    Show(show::ShowArgs),
    /// Write a new revision file, on top of the head or where it is told
    #[command(visible_alias = "generate")]
    Revision(revision::RevisionArgs),
    /// Compare the database with the entities, and fail where they differ
    Check(check::CheckArgs),
    /// Print the SQL that leads from the database to the entities
    Diff(diff::DiffArgs),
    /// Write a revision file that joins several heads
    Merge(merge::MergeArgs),
    /// Open a revision file in `$VISUAL` or `$EDITOR`
    Edit(edit::EditArgs),
    /// Record where the database stands, without running anything
    Stamp(stamp::StampArgs),
    /// Go on from the record of sea-orm-migration or Alembic
    Adopt(adopt::AdoptArgs),
    /// Say what is wrong with the record, or set it right
    Repair(repair::RepairArgs),
    /// Take every revision back
    Reset(reset::ResetArgs),
    /// Take every revision back, and apply all again
    Refresh(reset::RefreshArgs),
    /// Drop every table, and apply all revisions
    Fresh(reset::FreshArgs),
    /// Write a new migration crate
    Init(init::InitArgs),
    /// Print a script that completes these commands in a shell
    Completions(completions::CompletionsArgs),
}

impl Command {
    /// Whether a run is told as lines of JSON, errors included.
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
