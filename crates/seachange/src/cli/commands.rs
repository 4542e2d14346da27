//! The commands, one per file.

mod adopt;
mod backfill;
mod check;
mod code_args;
mod current;
mod diff;
mod down;
mod ensure_version;
mod init;
mod interruption;
mod lint;
mod new_files;
mod repair;
mod reset;
mod revision;
mod run;
mod script;
mod squash;
mod stamp;
mod status;
mod stored_downgrade;
mod test;
mod up;

use clap::{CommandFactory, Subcommand};
use seachange_cli::{
    Diagnostic, Exit,
    commands::{branches, completions, edit, graph, heads, history, merge, show},
};

pub(crate) use self::check::{DifferenceJson, entry as difference_json};
pub(crate) use self::run::place_of;
use super::arguments::Arguments;
use super::context::Context;
use super::{interrupt, picture};

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
    /// Measure what pending revisions lock and rewrite, on a copy of the schema
    Lint(lint::LintArgs),
    /// Print the SQL that changes the database to match the entities
    Diff(diff::DiffArgs),
    /// Write a revision file that joins several heads
    Merge(merge::MergeArgs),
    /// Write one revision in the place of several, which makes their schema and rows; or delete the rows of those from the
    /// record
    Squash(squash::SquashArgs),
    /// Open a revision file in `$VISUAL` or `$EDITOR`
    Edit(edit::EditArgs),
    /// Set the current revisions in the record, without running any
    Stamp(stamp::StampArgs),
    /// Create the tables of the record if they are missing, as in Alembic
    #[command(alias = "ensure_version")]
    EnsureVersion(ensure_version::EnsureVersionArgs),
    /// Take over the record of sea-orm-migration, Alembic, sqlx or another tool
    Adopt(adopt::AdoptArgs),
    /// Test every revision up, down and up again, and all of them against the entities
    Test(test::TestArgs),
    /// Show what is wrong with the record, or correct it
    Repair(repair::RepairArgs),
    /// List, run, pause, resume or cancel backfills: changes of all rows of a table in batches
    Backfill(backfill::BackfillArgs),
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
            Self::Heads(args) => args.run(context.terminal, &context.revisions()?),
            Self::Branches(args) => args.run(context.terminal, &context.revisions()?),
            Self::History(args) => history(args, context).await,
            Self::Graph(args) => graph(args, context).await,
            Self::Show(args) => show(args, context).await,
            Self::Revision(args) => args.run(context).await,
            Self::Check(args) => args.run(context).await,
            Self::Lint(args) => args.run(context).await,
            Self::Diff(args) => args.run(context).await,
            Self::Merge(args) => args.run(context.terminal, &context.files()?),
            Self::Squash(args) => args.run(context).await,
            Self::Edit(args) => edit(args, context).await,
            Self::Stamp(args) => args.run(context).await,
            Self::EnsureVersion(args) => args.run(context).await,
            Self::Adopt(args) => args.run(context).await,
            Self::Test(args) => args.run(context).await,
            Self::Repair(args) => args.run(context).await,
            Self::Backfill(args) => args.run(context).await,
            Self::Reset(args) => args.run(context).await,
            Self::Refresh(args) => args.run(context).await,
            Self::Fresh(args) => args.run(context).await,
            Self::Init(args) => args.run(context).await,
            Self::Completions(args) => args.run(context.terminal, Arguments::command(), "migration"),
        }
    }
}

/// `history`. If the database cannot be read for the marks of a drawing, that is a warning, because the drawing is
/// useful without them.
async fn history(args: history::HistoryArgs, context: &Context) -> Result<Exit, Diagnostic> {
    let project = context.revisions()?;
    let applied = context.standing(project.graph(), args.reads_database()?).await?;
    let marked = match args.is_drawing() {
        true => picture::applied(context).await.map(Some).unwrap_or_else(|problem| {
            context.terminal.warn(format!("the current revisions are not marked: {}", problem.message));
            None
        }),
        false => None,
    };
    args.run(context.terminal, &project, applied.as_ref(), marked.as_ref())
}

/// `graph`.
async fn graph(args: graph::GraphArgs, context: &Context) -> Result<Exit, Diagnostic> {
    let applied = if args.reads_database() { Some(picture::applied(context).await?) } else { None };
    args.run(context.terminal, &context.revisions()?, applied.as_ref())
}

/// `show`.
async fn show(args: show::ShowArgs, context: &Context) -> Result<Exit, Diagnostic> {
    if args.is_downgrade() {
        return stored_downgrade::show_stored(context, &args).await;
    }
    let project = context.revisions()?;
    let applied = context.standing(project.graph(), args.reads_database(&project)?).await?;
    args.run(context.terminal, &project, applied.as_ref())
}

/// `edit`.
async fn edit(args: edit::EditArgs, context: &Context) -> Result<Exit, Diagnostic> {
    let files = context.files()?;
    let applied = context.standing(files.graph(), args.reads_database()?).await?;
    let paths = args.files(&files, applied.as_ref())?;
    let editor = edit::Editor::of_environment()?;
    let _listener = interrupt::leave_to_child();
    editor.open(&paths)?;
    Ok(Exit::Success)
}
