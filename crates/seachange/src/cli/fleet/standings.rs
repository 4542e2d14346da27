//! Where the targets of a fleet stand, grouped.

use std::collections::BTreeMap;
use std::sync::Arc;

use seachange_cli::{Diagnostic, Exit, commands::list::answer_json, describe, format::Format, printable};
use serde::Serialize;

use crate::Error;
use crate::cli::commands::place_of;
use crate::cli::context::Context;
use crate::fleet::{Fleet, FleetTarget, TargetStanding};

/// How many targets of a group, or with one reason, are named.
pub(super) const NAMED: usize = 5;

/// A target as JSON.
#[derive(Debug, Serialize)]
struct StandingJson<'a> {
    target: &'a str,
    database: String,
    tags: &'a [String],
    current: Option<&'a [String]>,
    pending: &'a [String],
    unknown: &'a [String],
    edited: &'a [String],
    unfinished: &'a [String],
    error: Option<String>,
}

/// `status` of a fleet: the targets that stand at the same place together.
pub(crate) async fn answer_status(context: &Context, fleet: &Fleet, format: Format) -> Result<Exit, Diagnostic> {
    let standings = fleet.standings().await;
    answer(context, fleet, &standings, format)?;
    exit(&standings)
}

/// `current` of a fleet; with `checks_heads`, an error unless all targets are at the heads.
pub(crate) async fn answer_current(
    context: &Context,
    fleet: &Fleet,
    format: Format,
    checks_heads: bool,
) -> Result<Exit, Diagnostic> {
    let standings = fleet.standings().await;
    answer(context, fleet, &standings, format)?;
    let behind = standings.iter().filter(|own| own.as_ref().is_ok_and(|own| !own.pending.is_empty())).count();
    let exit = exit(&standings)?;
    match behind {
        count if checks_heads && count > 0 => {
            let all = describe::counted(standings.len(), "target", "targets");
            Err(Diagnostic::new(Exit::Behind, format!("{count} of {all} are not at the heads"))
                .hint("`up` applies what is pending"))
        }
        _ => Ok(exit),
    }
}

/// What an upgrade would do, without doing it: how many targets have which revisions pending.
pub(crate) async fn preview(context: &Context, fleet: &Fleet) -> Result<Exit, Diagnostic> {
    let standings = fleet.standings().await;
    let format = if context.terminal.json { Format::Json } else { Format::Text };
    answer(context, fleet, &standings, format)?;
    let open = standings.iter().filter(|own| own.as_ref().is_ok_and(|own| !own.pending.is_empty())).count();
    let targets = describe::counted(open, "target", "targets");
    context.terminal.status(format!("{targets} with pending revisions; nothing was changed"));
    exit(&standings)
}

type Standing = Result<Arc<TargetStanding>, Error>;

fn answer(context: &Context, fleet: &Fleet, standings: &[Standing], format: Format) -> Result<(), Diagnostic> {
    let pairs = fleet.targets().iter().zip(standings);
    if matches!(format, Format::Json) {
        let entries: Vec<StandingJson<'_>> = pairs.map(|(target, standing)| entry(target, standing)).collect();
        return answer_json(context.terminal, &entries);
    }
    let mut groups: BTreeMap<String, Vec<&FleetTarget>> = BTreeMap::new();
    for (target, standing) in pairs {
        groups.entry(describe_standing(context, standing)?).or_default().push(target);
    }
    let mut groups: Vec<(String, Vec<&FleetTarget>)> = groups.into_iter().collect();
    groups.sort_by_key(|(_, targets)| std::cmp::Reverse(targets.len()));
    for (place, targets) in &groups {
        let count = describe::counted(targets.len(), "target", "targets");
        context.terminal.print(format!("{count}: {place}"));
        context.terminal.print(format!("  {}", names(context, targets)));
    }
    Ok(())
}

/// The names of some targets, or of all of them with `--verbose`.
pub(super) fn names(context: &Context, targets: &[&FleetTarget]) -> String {
    let shown = if context.terminal.verbose { targets.len() } else { NAMED };
    shortened(targets.iter().map(|own| printable::name(&own.name).into_owned()), shown)
}

/// The first ones of some names, and how many there are beside them.
pub(super) fn shortened(names: impl ExactSizeIterator<Item = String>, shown: usize) -> String {
    let more = names.len().saturating_sub(shown);
    let named = names.take(shown).collect::<Vec<_>>().join(", ");
    if more == 0 { named } else { format!("{named} and {more} more") }
}

/// Where a target stands, in words that are equal for targets that stand at the same place.
fn describe_standing(context: &Context, standing: &Standing) -> Result<String, Diagnostic> {
    let standing = match standing {
        Ok(standing) => standing,
        Err(error) => return Ok(printable::name(&error.to_string()).into_owned()),
    };
    let TargetStanding { current, pending, unknown, edited, unfinished, .. } = &**standing;
    let mut text = format!("at {}", place_of(context.graph()?, current));
    let counts = [(pending, "pending"), (unknown, "unknown here"), (edited, "edited"), (unfinished, "unfinished")];
    for (revisions, word) in counts.into_iter().filter(|(revisions, _)| !revisions.is_empty()) {
        let named: Vec<String> = revisions.iter().take(3).map(|id| format!("`{}`", printable::name(id))).collect();
        let more = if revisions.len() > 3 { ", …" } else { "" };
        text.push_str(&format!(", {} {word} ({}{more})", revisions.len(), named.join(", ")));
    }
    Ok(text)
}

fn entry<'a>(target: &'a FleetTarget, standing: &'a Standing) -> StandingJson<'a> {
    let known = standing.as_ref().ok();
    let of = |field: fn(&TargetStanding) -> &[String]| known.map(|own| field(own)).unwrap_or_default();
    StandingJson {
        target: &target.name,
        database: target.database(),
        tags: &target.tags,
        current: known.map(|own| own.current.as_slice()),
        pending: of(|own| &own.pending),
        unknown: of(|own| &own.unknown),
        edited: of(|own| &own.edited),
        unfinished: of(|own| &own.unfinished),
        error: standing.as_ref().err().map(ToString::to_string),
    }
}

/// An error if targets could not be read.
fn exit(standings: &[Standing]) -> Result<Exit, Diagnostic> {
    match standings.iter().filter(|own| own.is_err()).count() {
        0 => Ok(Exit::Success),
        count => {
            let all = describe::counted(standings.len(), "target", "targets");
            Err(Diagnostic::new(Exit::Targets, format!("{count} of {all} could not be read")))
        }
    }
}
