//! `repair` where a revision was interrupted.

use seachange_graph::Direction;

use super::run;
use crate::cli::advice::interrupted;
use crate::cli::context::Context;
use crate::cli::describe;
use crate::cli::exit::Exit;
use crate::cli::interrupt;
use crate::cli::problem::Problem;
use crate::cli::terminal::{ID, styled};
use crate::migrator::{Doubt, Interruption};

/// Runs the rest of the revision.
pub(super) async fn resume(context: &Context, doubt: Doubt) -> Result<Exit, Problem> {
    let migrator = context.connect_for(|_, _| Ok(true)).await?;
    let _listener = interrupt::listen(migrator.stop_switch(), context.terminal);
    let report = migrator.resume(doubt).await?;
    let place = run::place(&migrator, &migrator.current().await?);
    migrator.close().await?;
    let time = describe::time(report.elapsed());
    context.terminal.say(format!("finished what was interrupted in {time}; the database is at {place}"));
    Ok(Exit::Success)
}

/// Records the revision as applied, or as not applied.
pub(super) async fn settle(context: &Context, is_applied: bool) -> Result<Exit, Problem> {
    let migrator = context.connect_for(|_, _| Ok(true)).await?;
    let settled = migrator.settle(is_applied).await?;
    let place = run::place(&migrator, &migrator.current().await?);
    migrator.close().await?;
    let word = if is_applied { "applied" } else { "not applied" };
    context.terminal.say(format!("recorded `{}` as {word}; the database is at {place}", settled.revision));
    Ok(Exit::Success)
}

/// Prints what was interrupted, what it has done, and the ways on.
pub(super) fn explain(context: &Context, known: &Interruption) {
    let message = context.project.migrations.get(&known.revision).map_or("", |script| script.message);
    let way = if known.direction == Direction::Upgrade { "upgrade" } else { "downgrade" };
    context
        .terminal
        .answer(format!("interrupted  {}, {message}: its {way} did not finish", styled(ID, &known.revision)));
    for line in interrupted::lines(known) {
        context.terminal.answer(format!("  {line}"));
    }
    for hint in interrupted::hints(known) {
        context.terminal.hint(hint);
    }
}
