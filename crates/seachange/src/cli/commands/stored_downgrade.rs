//! Stored downgrades on the command line: the question before they run, and `show --downgrade`.

use seachange_cli::format::Format;
use seachange_cli::{Diagnostic, Exit, commands::show::ShowArgs, printable, prompt, terminal::ID, terminal::styled};
use seachange_graph::{Plan, Target};
use serde_json::json;

use super::run::of_downgrade;
use crate::cli::context::Context;
use crate::migrator::Migrator;
use crate::store::{DowngradeObstacle, StoredDowngrade};

/// The migrator for a downgrade: where a newer program has migrated the database, one that runs stored downgrades, after
/// it has shown them and the user has agreed.
pub(super) async fn agreed(
    context: &Context,
    migrator: Migrator,
    targets: &[Target],
    is_confirmed: bool,
) -> Result<Migrator, Diagnostic> {
    let Some(extended) = migrator.with_stored_downgrades().await? else { return Ok(migrator) };
    let plan = extended.plan_downgrade(targets).await.map_err(of_downgrade)?;
    let count = show(context, &extended, &plan);
    if count > 0 {
        let what = match count {
            1 => "run this stored downgrade".to_owned(),
            count => format!("run these {count} stored downgrades"),
        };
        prompt::agree(&format!("{what} in `{}`", context.settings()?), is_confirmed)?;
    }
    Ok(extended)
}

/// Prints the stored downgrades of a plan, and returns their number.
pub(super) fn show(context: &Context, migrator: &Migrator, plan: &Plan) -> usize {
    let mut count = 0;
    for downgrade in migrator.stored_downgrades_in(plan) {
        count += 1;
        context.terminal.status(text(downgrade));
    }
    count
}

/// `show --downgrade`.
pub(super) async fn show_stored(context: &Context, args: &ShowArgs) -> Result<Exit, Diagnostic> {
    let migrator = context.connect_to_read().await?;
    let mut found = migrator.stored_downgrades().await?;
    let unknown = |downgrade: &StoredDowngrade| !migrator.graph().knows(&downgrade.revision);
    let named: Vec<&StoredDowngrade> =
        found.iter().filter(|downgrade| unknown(downgrade) && downgrade.revision.starts_with(args.target())).collect();
    let ids: Vec<String> = match named.as_slice() {
        [only] => vec![only.revision.clone()],
        _ => {
            let project = context.revisions()?;
            let target = seachange_cli::targets::read_one(&project, "show", args.target())?;
            let (applied, _) = migrator.standing_in(project.graph()).await?;
            let revisions = project.graph().resolve(&applied, &target).map_err(crate::Error::from)?;
            revisions.iter().map(|revision| revision.id.clone()).collect()
        }
    };
    migrator.close().await?;
    found.retain(|downgrade| ids.contains(&downgrade.revision));
    match args.format() {
        Format::Json => {
            let documents: Vec<_> = found.iter().map(document).collect();
            context.terminal.answer_raw(serde_json::Value::Array(documents));
        }
        Format::Text => found.iter().for_each(|downgrade| context.terminal.print(text(downgrade))),
    }
    for id in ids.iter().filter(|id| !found.iter().any(|downgrade| downgrade.revision == **id)) {
        context.terminal.status(format!("no downgrade of `{}` is stored", printable::name(id)));
    }
    Ok(Exit::Success)
}

/// The statements of a stored downgrade, or why they are missing, below a line that names it.
fn text(downgrade: &StoredDowngrade) -> String {
    let head = format!(
        "{}, {} [{}, captured {}]",
        styled(ID, printable::name(&downgrade.revision)),
        printable::name(&downgrade.message),
        printable::name(&downgrade.system),
        downgrade.captured_at.format("%Y-%m-%d %H:%M:%S UTC")
    );
    let lines: Vec<String> = match &downgrade.capture {
        Ok(script) if script.statements.is_empty() => vec!["no statements".to_owned()],
        Ok(script) => script.texts().map(|text| format!("{};", text.trim_end().trim_end_matches(';'))).collect(),
        Err(DowngradeObstacle::NotCaptured(reason)) => vec![format!("not captured: {reason}")],
        Err(obstacle) => vec![obstacle.to_string()],
    };
    let indented = |line: &String| format!("  {}", printable::lines(line).replace('\n', "\n  "));
    [head].into_iter().chain(lines.iter().map(indented)).collect::<Vec<_>>().join("\n")
}

fn document(downgrade: &StoredDowngrade) -> serde_json::Value {
    let script = downgrade.capture.as_ref().ok();
    json!({
        "revision": downgrade.revision,
        "message": downgrade.message,
        "system": downgrade.system,
        "captured_at": downgrade.captured_at,
        "use_transaction": script.and_then(|script| script.use_transaction),
        "statements": script.map(|script| script.texts().collect::<Vec<_>>()),
        "obstacle": downgrade.capture.as_ref().err().map(ToString::to_string),
    })
}
