//! Runs over a fleet, and what is said at their end.

use std::path::Path;
use std::sync::Arc;

use chrono::Utc;
use seachange_cli::{
    Diagnostic, Exit, describe,
    diagnostic::SPELLED_OUT,
    printable,
    terminal::{ID, styled},
};
use seachange_graph::Target;

use super::FleetRunArgs;
use super::document::{self, ReportDocument};
use super::progress::FleetProgress;
use super::standings::{NAMED, shortened};
use crate::Error;
use crate::cli::context::Context;
use crate::cli::hints::problem;
use crate::cli::interrupt;
use crate::fleet::{Fleet, FleetError, FleetReport, TargetOutcome, TargetReport};
use crate::migrator::{Migrator, RunOptions};

/// How many of the slowest targets are named, and of the reasons for which others did not succeed.
const SLOWEST: usize = 3;
const REASONS: usize = 10;

/// A run over a fleet.
pub(crate) struct FleetCommand<'a> {
    args: &'a FleetRunArgs,
    /// The name of the command, for the report.
    name: &'a str,
    /// The file for the report.
    output: Option<&'a Path>,
    /// The options of the run over each target.
    options: RunOptions,
    /// Whether the targets of the graph count from where each database stands, so that a second run goes further.
    is_relative: bool,
    /// Whether all databases are changed or none.
    all_or_none: bool,
}

impl<'a> FleetCommand<'a> {
    pub(crate) fn new(args: &'a FleetRunArgs, name: &'a str, output: Option<&'a Path>, options: RunOptions) -> Self {
        Self { args, name, output, options, is_relative: false, all_or_none: false }
    }

    /// The targets of the graph that each database is migrated to.
    pub(crate) fn to(self, targets: &[Target]) -> Self {
        Self { is_relative: targets.iter().any(Target::is_relative), ..self }
    }

    /// Whether all databases are changed or none.
    pub(crate) fn all_or_none(self, all_or_none: bool) -> Self {
        Self { all_or_none, ..self }
    }
}

/// Runs something over a fleet, prints the result, and writes the report.
pub(crate) async fn conclude(
    context: &Context,
    FleetCommand { args, name, output, options, is_relative, all_or_none }: FleetCommand<'_>,
    run: impl AsyncFnOnce(&Fleet) -> Result<FleetReport, FleetError>,
) -> Result<Exit, Diagnostic> {
    if let Some(path) = output {
        document::check(path)?;
    }
    let progress = Arc::new(FleetProgress::new(context.terminal));
    let (shown, at_work) = (Arc::clone(&progress), Arc::clone(&progress));
    let fleet = args.find(context).await?.with_options(options).on_event(Arc::new(move |event| shown.show(event)));
    let report = {
        let aborted = move || aborted(&at_work.at_work(), all_or_none);
        let _listener = interrupt::listen_with(fleet.stop_handle(), context.terminal, aborted);
        run(&fleet).await
    };
    progress.end();
    let report = report?;
    let program = context.project.migrations.program();
    let written = output.map_or(Ok(()), |path| document::write(path, &ReportDocument::of(&report, name, program)));
    if context.terminal.json {
        let line = document::last_line(&report, program, Utc::now()).map_err(Diagnostic::json)?;
        context.terminal.answer_raw(line);
    }
    if let Some(reason) = &report.second_look {
        let reason = printable::name(reason);
        context.terminal.warn(format!("targets that were added during the run may be left out: {reason}"));
    }
    let edited = progress.edited();
    if !edited.is_empty() {
        let names: Vec<&str> = edited.iter().map(String::as_str).collect();
        let count = describe::counted(edited.len(), "target has", "targets have");
        context
            .terminal
            .warn(format!("{count} applied revisions that were edited since, which `status` names: {}", named(&names)));
    }
    summarize(context, &report);
    match (verdict(&report, fleet.stop_handle().is_stopped(), is_relative), written) {
        (Ok(exit), written) => written.map(|()| exit),
        (Err(problem), Ok(())) => Err(problem),
        // What became of the targets matters more than the report.
        (Err(problem), Err(unwritten)) => {
            context.terminal.warn(&unwritten.message);
            Err(problem)
        }
    }
}

/// The message when the second signal ends the process in the middle of these targets.
fn aborted(targets: &[String], all_or_none: bool) -> Diagnostic {
    if targets.is_empty() {
        return Diagnostic::new(interrupt::exit(), "ended between two targets")
            .hint("`status` with the same fleet shows where each target stands");
    }
    let names: Vec<&str> = targets.iter().map(String::as_str).collect();
    let count = describe::counted(targets.len(), "target", "targets");
    let problem = Diagnostic::new(interrupt::exit(), format!("ended in the middle of {count}"))
        .detail(named(&names))
        .detail("each database rolls back what a transaction holds, and keeps the rest");
    match all_or_none {
        true => problem
            .detail("transactions that were prepared hold their locks until it is decided about them")
            .hint("the same command decides about them, and begins again"),
        false => problem.hint("`repair` with the same fleet shows which revisions were interrupted"),
    }
}

/// Prints how many targets there are for each outcome, and the slowest ones.
fn summarize(context: &Context, report: &FleetReport) {
    let counts = report.counts();
    let counts: Vec<String> =
        TargetOutcome::ALL.iter().filter_map(|own| counts.get(own).map(|count| format!("{count} {own}"))).collect();
    let targets = describe::counted(report.targets.len(), "target", "targets");
    let time = describe::time(report.elapsed);
    context.terminal.status(format!("{targets} in {time}: {}", counts.join(", ")));
    let mut slowest: Vec<&TargetReport> =
        report.targets.iter().filter(|own| own.outcome == TargetOutcome::Changed).collect();
    slowest.sort_by_key(|own| std::cmp::Reverse(own.elapsed));
    if slowest.len() > SLOWEST {
        let named = slowest
            .iter()
            .take(SLOWEST)
            .map(|own| format!("{} in {}", styled(ID, printable::name(&own.target.name)), describe::time(own.elapsed)));
        context.terminal.status(format!("slowest: {}", named.collect::<Vec<_>>().join(", ")));
    }
}

/// The end of the command: success, or the reasons for which targets did not succeed.
fn verdict(report: &FleetReport, was_stopped: bool, is_relative: bool) -> Result<Exit, Diagnostic> {
    let of = |outcome| report.targets.iter().filter(|own| own.outcome == outcome).count();
    let bad = report.targets.iter().filter(|own| !own.outcome.is_success()).count();
    if bad == 0 {
        return Ok(Exit::Success);
    }
    let all = describe::counted(report.targets.len(), "target", "targets");
    let reasons = reasons(report);
    let (exit, message) = match was_stopped {
        true => (interrupt::exit(), format!("stopped with {bad} of {all} left")),
        false => (Exit::Targets, format!("{bad} of {all} did not succeed")),
    };
    let mut problem = Diagnostic::new(exit, message);
    for reason in reasons.iter().take(REASONS) {
        problem = reason.details().into_iter().fold(problem, Diagnostic::detail);
    }
    if reasons.len() > REASONS {
        problem = problem.detail(format!("and {} other reasons, which `-o FILE` lists", reasons.len() - REASONS));
    }
    match of(TargetOutcome::NotBegun) {
        0 => {}
        count if report.was_halted_by_canaries => {
            let count = describe::counted(count, "target", "targets");
            problem = problem.detail(format!("{count} not begun: not all canaries succeeded"));
        }
        count if report.was_halted => {
            problem = problem
                .detail(format!(
                    "{} not begun: the failures before ended the run",
                    describe::counted(count, "target", "targets")
                ))
                .hint("`--max-failures N` lets it continue in spite of N failures");
        }
        count => problem = problem.detail(format!("{} not begun", describe::counted(count, "target", "targets"))),
    }
    let mut hints: Vec<&String> = Vec::new();
    for hint in reasons.iter().flat_map(|reason| reason.problem.hints.iter()) {
        if !hint.starts_with("the same command") && !hints.contains(&hint) {
            hints.push(hint);
        }
    }
    for hint in hints.into_iter().take(SPELLED_OUT) {
        problem = problem.hint(hint.clone());
    }
    Err(match report.targets.iter().any(|own| can_go_on(own.outcome)) {
        true if is_relative => problem.hint(
            "the same command would count from where each target is now: name a revision, or the targets that are left with \
             `--only`",
        ),
        true => problem.hint("the same command continues: it leaves out what is done"),
        false => problem,
    })
}

/// Whether another run can do what this one did not, when what is in its way is gone.
fn can_go_on(outcome: TargetOutcome) -> bool {
    use TargetOutcome::{Failed, Locked, NotBegun, RolledBack, Stopped, Unreachable};
    matches!(outcome, Failed | Locked | NotBegun | RolledBack | Stopped | Unreachable)
}

/// Why some targets did not succeed.
struct Reason<'a> {
    outcome: TargetOutcome,
    problem: Diagnostic,
    targets: Vec<&'a str>,
}

impl Reason<'_> {
    /// The targets with the reason, and the facts about it.
    fn details(&self) -> Vec<String> {
        let Self { outcome, problem, targets } = self;
        let mut lines = vec![format!("{outcome}: {}: {}", named(targets), problem.message)];
        lines.extend(problem.details.iter().map(|detail| format!("  {detail}")));
        lines
    }
}

/// The reasons for which targets did not succeed, the most frequent first.
fn reasons(report: &FleetReport) -> Vec<Reason<'_>> {
    let mut reasons: Vec<Reason<'_>> = Vec::new();
    for own in &report.targets {
        let Some(problem) = own.error.as_ref().map(problem) else { continue };
        let is_same = |reason: &&mut Reason<'_>| {
            reason.outcome == own.outcome
                && (&reason.problem.message, &reason.problem.details) == (&problem.message, &problem.details)
        };
        match reasons.iter_mut().find(is_same) {
            Some(reason) => reason.targets.push(&own.target.name),
            None => reasons.push(Reason { outcome: own.outcome, problem, targets: vec![&own.target.name] }),
        }
    }
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.targets.len()));
    reasons
}

/// The first ones of some names, and how many there are beside them.
fn named(names: &[&str]) -> String {
    shortened(names.iter().map(|name| format!("`{}`", printable::name(name))), NAMED)
}

/// The ids of the current revisions of a target.
///
/// # Errors
///
/// The record cannot be read.
pub(crate) async fn current_ids(migrator: &Migrator) -> Result<Vec<String>, Error> {
    let standing = migrator.standing().await?;
    let known = standing.known.iter().map(|script| script.revision.id.to_owned());
    Ok(known.chain(standing.of_newer.into_iter().map(|row| row.revision)).collect())
}

/// The outcome of a command for each target of a fleet, one after the other.
#[derive(Debug, Default)]
struct Totals {
    /// The targets, with how the command ended.
    exits: Vec<(String, Exit)>,
}

impl Totals {
    /// The exit code: that of all targets if it is the same, and [`Exit::Targets`] if the command failed for some.
    fn conclude(self) -> Result<Exit, Diagnostic> {
        let failed: Vec<&(String, Exit)> = self.exits.iter().filter(|(_, exit)| *exit != Exit::Success).collect();
        let Some((_, first)) = failed.first() else { return Ok(Exit::Success) };
        if matches!(first, Exit::Differs | Exit::Findings) && failed.iter().all(|(_, exit)| exit == first) {
            return Ok(*first);
        }
        let all = describe::counted(self.exits.len(), "target", "targets");
        let names: Vec<&str> = failed.iter().map(|(name, _)| name.as_str()).collect();
        Err(Diagnostic::new(Exit::Targets, format!("{} of {all} did not succeed", failed.len())).detail(named(&names)))
    }
}

/// Runs a command for each target of a fleet, one after the other, under a line with its name. An error of one target does
/// not keep the command from the others.
pub(crate) async fn for_each(
    context: &Context,
    fleet: &Fleet,
    command: impl AsyncFn(&Context) -> Result<Exit, Diagnostic>,
) -> Result<Exit, Diagnostic> {
    let mut totals = Totals::default();
    for target in fleet.targets() {
        context.terminal.status(format!("== {}", styled(ID, printable::name(&target.name))));
        let own = context.for_target(&target.settings);
        let exit = match Box::pin(command(&own)).await {
            Ok(exit) => exit,
            Err(problem) => context.terminal.print_error(&problem),
        };
        totals.exits.push((target.name.clone(), exit));
        if matches!(exit, Exit::Interrupted | Exit::Terminated) {
            return Ok(exit);
        }
    }
    totals.conclude()
}
