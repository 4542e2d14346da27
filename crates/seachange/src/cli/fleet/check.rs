//! The differences of the targets of a fleet, grouped.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt};
use seachange_cli::{Diagnostic, Exit, commands::list::answer_json, describe, format::Format, printable};
use serde::Serialize;

use super::standings::names;
use crate::autogenerate::Difference;
use crate::cli::commands::{DifferenceJson, difference_json};
use crate::cli::context::Context;
use crate::cli::differences;
use crate::fleet::{Fleet, FleetTarget};

/// What a comparison of a target gave: its differences, or why it could not be compared.
type Compared = Result<Vec<Difference>, Diagnostic>;

/// Targets that differ in the same way, as JSON.
#[derive(Debug, Serialize)]
struct GroupJson<'a> {
    targets: Vec<&'a str>,
    differences: Vec<DifferenceJson<'a>>,
    error: Option<&'a str>,
}

/// `check` of a fleet: compares `jobs` targets at once, and prints those together that differ in the same way.
pub(crate) async fn answer_check(
    context: &Context,
    fleet: &Fleet,
    jobs: usize,
    format: Format,
    compare: impl AsyncFn(&Context) -> Compared,
) -> Result<Exit, Diagnostic> {
    let compare = &compare;
    let compared = stream::iter(fleet.targets()).map(|target| async move {
        let own = context.for_target(&target.settings);
        (target, Box::pin(compare(&own)).await)
    });
    let compared: Vec<(&FleetTarget, Compared)> = compared.buffered(jobs).collect().await;
    let groups = grouped(&compared);
    match format {
        Format::Json => answer_json(context.terminal, &groups.iter().map(entry).collect::<Vec<_>>())?,
        Format::Text => groups.iter().for_each(|group| print(context, group)),
    }
    exit(&compared)
}

/// Targets with equal differences.
struct DifferenceGroup<'a> {
    targets: Vec<&'a FleetTarget>,
    compared: &'a Compared,
}

/// The groups, the largest first.
fn grouped<'a>(compared: &'a [(&'a FleetTarget, Compared)]) -> Vec<DifferenceGroup<'a>> {
    let mut groups: BTreeMap<(bool, String), DifferenceGroup<'a>> = BTreeMap::new();
    for (target, compared) in compared {
        let key = match compared {
            Ok(found) => (false, differences::lines(found).join("\n")),
            Err(problem) => (true, problem.message.clone()),
        };
        groups.entry(key).or_insert_with(|| DifferenceGroup { targets: Vec::new(), compared }).targets.push(target);
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.targets.len()));
    groups
}

fn print(context: &Context, DifferenceGroup { targets, compared }: &DifferenceGroup<'_>) {
    let (count, named) = (describe::counted(targets.len(), "target", "targets"), names(context, targets));
    match compared {
        Ok(found) if found.is_empty() => context.terminal.print(format!("{count} without a difference: {named}")),
        Ok(found) => {
            context.terminal.print(format!("{count} with {}: {named}", differences::summary(found)));
            differences::lines(found).iter().for_each(|line| context.terminal.print(format!("  {line}")));
        }
        Err(problem) => {
            context.terminal.print(format!("{count} not compared: {named}"));
            context.terminal.print(format!("  {}", printable::name(&problem.message)));
        }
    }
}

fn entry<'a>(group: &'a DifferenceGroup<'a>) -> GroupJson<'a> {
    GroupJson {
        targets: group.targets.iter().map(|target| target.name.as_str()).collect(),
        differences: group.compared.iter().flatten().map(difference_json).collect(),
        error: group.compared.as_ref().err().map(|problem| problem.message.as_str()),
    }
}

fn exit(compared: &[(&FleetTarget, Compared)]) -> Result<Exit, Diagnostic> {
    let failed = compared.iter().filter(|(_, own)| own.is_err()).count();
    if failed > 0 {
        let all = describe::counted(compared.len(), "target", "targets");
        return Err(Diagnostic::new(Exit::Targets, format!("{failed} of {all} could not be compared")));
    }
    let is_equal = compared.iter().all(|(_, own)| own.as_ref().is_ok_and(Vec::is_empty));
    Ok(if is_equal { Exit::Success } else { Exit::Differs })
}
