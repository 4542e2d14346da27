//! What the commands that run revisions share.

use seachange_graph::{Direction, Graph, Target};

use crate::Error;
use crate::cli::context::Context;
use crate::cli::describe;
use crate::cli::exit::Exit;
use crate::cli::interrupt;
use crate::cli::problem::Problem;
use crate::migrator::Migrator;
use crate::report::Report;
use crate::revision::Script;

/// Upgrades, and says what came of it.
pub(crate) async fn upgrade(context: &Context, target: &str) -> Result<Exit, Problem> {
    check_target(context, target)?;
    let migrator = context.connect().await?;
    let exit = upgrade_with(context, &migrator, target).await?;
    migrator.close().await?;
    Ok(exit)
}

/// Downgrades, and says what came of it.
pub(crate) async fn downgrade(context: &Context, target: &str) -> Result<Exit, Problem> {
    check_target(context, target)?;
    let migrator = context.connect().await?;
    let exit = downgrade_with(context, &migrator, target).await?;
    migrator.close().await?;
    Ok(exit)
}

/// Refuses a target that leads nowhere on any database, before one is reached or made for it.
pub(crate) fn check_target(context: &Context, target: &str) -> Result<(), Error> {
    if let Target::Revision(text) = target.parse()? {
        Graph::new(context.project.migrations.nodes())?.find(&text)?;
    }
    Ok(())
}

/// Upgrades over a connection that is there.
pub(crate) async fn upgrade_with(context: &Context, migrator: &Migrator, target: &str) -> Result<Exit, Problem> {
    let _listener = interrupt::listen(migrator.stop_switch(), context.terminal);
    let report = migrator.upgrade(target).await?;
    conclude(context, migrator, Direction::Upgrade, &report).await
}

/// Downgrades over a connection that is there.
pub(crate) async fn downgrade_with(context: &Context, migrator: &Migrator, target: &str) -> Result<Exit, Problem> {
    let _listener = interrupt::listen(migrator.stop_switch(), context.terminal);
    let report = migrator.downgrade(target).await?;
    conclude(context, migrator, Direction::Downgrade, &report).await
}

async fn conclude(
    context: &Context,
    migrator: &Migrator,
    direction: Direction,
    report: &Report,
) -> Result<Exit, Problem> {
    let place = place(migrator, &migrator.current().await?);
    let verb = if direction == Direction::Upgrade { "applied" } else { "took back" };
    let done = describe::revisions(report.done.len());
    if let Some(next) = report.left.first() {
        let left = describe::revisions(report.left.len());
        return Err(Problem::new(Exit::Interrupted, format!("stopped before `{}`", next.revision))
            .detail(format!("{verb} {done}, {left} left; the database is at {place}"))
            .hint("the same command goes on from here"));
    }
    if report.done.is_empty() {
        context.terminal.say(format!("nothing to do: the database is at {place}"));
    } else {
        let time = describe::time(report.elapsed());
        context.terminal.say(format!("{verb} {done} in {time}; the database is at {place}"));
    }
    Ok(Exit::Success)
}

/// Where a database stands, in words.
pub(crate) fn place(migrator: &Migrator, current: &[&'static Script]) -> String {
    if current.is_empty() {
        return "base".to_owned();
    }
    let graph = migrator.graph();
    let names: Vec<String> = current
        .iter()
        .map(|script| {
            let is_head = graph.children(script.revision.id).next().is_none();
            format!("`{}`{}", script.revision.id, if is_head { " (head)" } else { "" })
        })
        .collect();
    names.join(", ")
}

/// Reads `3` as three steps, unless an id begins like that as well.
pub(crate) fn steps_or_target(context: &Context, sign: char, text: String) -> Result<String, Problem> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number {
        return Ok(text);
    }
    let scripts = context.project.migrations.scripts();
    match scripts.iter().map(|script| script.revision.id).find(|id| id.len() > 1 && id.starts_with(&text)) {
        Some(id) if text.len() >= 3 => {
            Err(Problem::usage(format!("`{text}` may be a number of revisions, or the revision `{id}`"))
                .hint(format!("write `{sign}{text}` for the number, or more of the id")))
        }
        _ => Ok(format!("{sign}{text}")),
    }
}
