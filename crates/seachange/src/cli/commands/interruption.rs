//! `repair` for an interrupted revision.

use seachange_cli::{Diagnostic, Exit, describe};

use super::run;
use crate::cli::context::Context;
use crate::cli::interrupt;
use crate::limits::Limits;
use crate::migrator::{Resolution, RunOptions};

/// Runs the rest of the revision.
pub(super) async fn resume(context: &Context, doubt: Resolution, options: RunOptions) -> Result<Exit, Diagnostic> {
    let migrator = context.connect_to_record().await?.with_options(options);
    let _listener = interrupt::listen(migrator.stop_handle(), context.terminal);
    let report = migrator.resume(doubt).await?;
    let place = run::place_of(migrator.graph(), &report.current);
    migrator.close().await?;
    let time = describe::time(report.elapsed());
    context.terminal.status(format!("finished what was interrupted in {time}; the database is at {place}"));
    Ok(Exit::Success)
}

/// Records the revision as applied, or as not applied.
pub(super) async fn settle(context: &Context, is_applied: bool, limits: Limits) -> Result<Exit, Diagnostic> {
    let migrator = context.connect_to_record().await?.with_options(RunOptions::new().limits(limits));
    let settled = if is_applied { migrator.mark_applied().await? } else { migrator.mark_rolled_back().await? };
    let place = run::place(&migrator, &migrator.current().await?);
    migrator.close().await?;
    let word = if is_applied { "applied" } else { "not applied" };
    context.terminal.status(format!("recorded `{}` as {word}; the database is at {place}", settled.revision));
    Ok(Exit::Success)
}
