//! The code that the commands which run revisions share.

use std::path::Path;

use chrono::Utc;
use clap::Args;
use seachange_cli::{
    Diagnostic, Exit, describe,
    format::EventsArgs,
    hints::graph::ahead,
    terminal::{ID, styled},
};
use seachange_graph::error::quoted;
use seachange_graph::{AppliedError, Direction, Graph, Plan, Target};

use super::backfill::BackfillPaceArgs;
use super::code_args::CodeArgs;
use super::lint::GateArgs;
use super::script::ScriptArgs;
use super::stored_downgrade;
use crate::Error;
use crate::args::LimitArgs;
use crate::cli::context::Context;
use crate::cli::fleet::{self, FleetCommand, FleetUpgradeArgs};
use crate::cli::interrupt;
use crate::cli::progress::Progress;
use crate::event::{Event, json};
use crate::fleet::Fleet;
use crate::migrator::{AheadPolicy, EditPolicy, GapPolicy, Migrator, OtherRecordPolicy, RunOptions};
use crate::report::Report;
use crate::revision::RegisteredRevision;

/// The flags of every command that upgrades.
#[derive(Debug, Args)]
pub(crate) struct UpgradeFlags {
    /// Print what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Also apply revisions that are missing below applied ones
    #[arg(long, conflicts_with = "sql")]
    include_missing: bool,
    /// What to do if a newer program has applied revisions that are unknown here, above all known ones
    #[arg(long, env = "MIGRATE_AHEAD", value_name = "POLICY", default_value = "refuse", hide_env_values = true)]
    ahead: AheadPolicy,
    /// Fail if applied revisions were edited
    #[arg(long)]
    strict: bool,
    /// Run everything in one transaction: all revisions are applied, or none [not on MySQL and MariaDB]
    #[arg(long)]
    single_transaction: bool,
    /// Start at the first revision even if sea-orm-migration or Alembic has migrated the database [`adopt` takes over
    /// their records]
    #[arg(long, conflicts_with = "sql")]
    ignore_other_records: bool,
    #[command(flatten)]
    pub(super) code: CodeArgs,
    // Before what has more arguments: the global `--wait` comes after it in both programs.
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    gate: GateArgs,
    /// Do not run `down` to store the downgrade of each revision in the database
    #[arg(long, conflicts_with = "sql")]
    no_stored_downgrades: bool,
    /// Do not wait for the backfills and the time that revisions name
    #[arg(long, conflicts_with = "sql")]
    ignore_gates: bool,
    /// Only register the backfills of revisions; `backfill run` or a service runs them [not those of code]
    #[arg(long, conflicts_with = "sql", help_heading = "Backfills")]
    register_backfills: bool,
    #[command(flatten)]
    backfills: BackfillPaceArgs,
    #[command(flatten)]
    pub(super) events: EventsArgs,
    #[command(flatten)]
    pub(super) script: ScriptArgs,
}

impl UpgradeFlags {
    fn options(&self) -> Result<RunOptions, Diagnostic> {
        let others = if self.ignore_other_records { OtherRecordPolicy::Ignore } else { OtherRecordPolicy::Refuse };
        let options = RunOptions::new()
            .gaps(if self.include_missing { GapPolicy::Fill } else { GapPolicy::Refuse })
            .ahead(self.ahead)
            .edits(if self.strict { EditPolicy::Refuse } else { EditPolicy::Warn })
            .other_records(others)
            .limits(self.limits.limits())
            .single_transaction(self.single_transaction)
            .count_losses(self.code.counts_losses())
            .arguments(self.code.arguments())
            .store_downgrades(!self.no_stored_downgrades)
            .ignore_gates(self.ignore_gates)
            .backfills(self.backfills.options()?.register(self.register_backfills));
        Ok(options)
    }
}

/// The flags of every command that downgrades.
#[derive(Debug, Default, Args)]
pub(crate) struct DowngradeFlags {
    /// Print what would be done, and do nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Run everything in one transaction: all revisions are reverted, or none [not on MySQL and MariaDB]
    #[arg(long)]
    pub(super) single_transaction: bool,
    /// Revert without asking: `base` asks on a terminal, and a stored downgrade always
    #[arg(short, long)]
    pub(super) yes: bool,
    #[command(flatten)]
    pub(super) code: CodeArgs,
    #[command(flatten)]
    pub(super) limits: LimitArgs,
    #[command(flatten)]
    pub(super) events: EventsArgs,
    #[command(flatten)]
    pub(super) script: ScriptArgs,
}

impl DowngradeFlags {
    pub(super) fn options(&self) -> RunOptions {
        RunOptions::new()
            .limits(self.limits.limits())
            .single_transaction(self.single_transaction)
            .count_losses(self.code.counts_losses())
            .arguments(self.code.arguments())
    }
}

/// Upgrades, and prints the result.
pub(crate) async fn upgrade(
    context: &Context,
    targets: &[Target],
    flags: &UpgradeFlags,
    fleet: &FleetUpgradeArgs,
) -> Result<Exit, Diagnostic> {
    if fleet.run.fleet.is_given() {
        return upgrade_fleet(context, targets, flags, fleet).await;
    }
    upgrade_one(context, targets, flags).await
}

/// Upgrades one database.
async fn upgrade_one(context: &Context, targets: &[Target], flags: &UpgradeFlags) -> Result<Exit, Diagnostic> {
    if flags.dry_run {
        let migrator = context.connect_to_read().await?.with_options(flags.options()?);
        let (plan, notices) = migrator.plan_upgrade(targets).await?;
        migrator.close().await?;
        let progress = Progress::new(context.terminal);
        notices.events().for_each(|event| progress.show(&event));
        let exit = preview(context, &plan)?;
        warn_of_heads(context)?;
        flags.gate.pass(context, targets, flags.options()?).await?;
        return Ok(exit);
    }
    let passed = flags.gate.pass(context, targets, flags.options()?).await?;
    let migrator = context.connect_for(|graph, applied| Ok(graph.upgrade(applied, targets)?.is_empty())).await?;
    let options = flags.options()?.hold(passed.held).wait_for_primary(context.wait_limit());
    let migrator = migrator.with_options(options).with_check(passed.check);
    let exit = upgrade_with(context, &migrator, targets).await?;
    migrator.close().await?;
    Ok(exit)
}

/// Upgrades each target of a fleet.
async fn upgrade_fleet(
    context: &Context,
    targets: &[Target],
    flags: &UpgradeFlags,
    FleetUpgradeArgs { run: args, all_or_none }: &FleetUpgradeArgs,
) -> Result<Exit, Diagnostic> {
    if flags.gate.is_asked_for() {
        return Err(Diagnostic::usage("`--lint`, `--foresee` and `--running` concern one database")
            .hint("`lint` with the same fleet looks at each target; `--only NAME` selects one"));
    }
    let output = flags.script.output.as_deref();
    if flags.dry_run {
        refuse_report(output)?;
        let fleet = args.find(context).await?;
        // The plan of an upgrade to all heads is known from the standings, which are read for many targets at once.
        if targets == [Target::HEADS] {
            return fleet::preview(context, &fleet).await;
        }
        return fleet::for_each(context, &fleet, async |context| upgrade_one(context, targets, flags).await).await;
    }
    warn_of_heads(context)?;
    let options = flags.options()?.wait_for_primary(context.wait_limit());
    let command = FleetCommand::new(args, "up", output, options).to(targets).all_or_none(*all_or_none);
    let upgrade = async |fleet: &Fleet| match all_or_none {
        true => fleet.upgrade_together(targets).await,
        false => fleet.upgrade_to(targets).await,
    };
    fleet::conclude(context, command, upgrade).await
}

/// Refuses a report of a run over a fleet that only shows what it would do.
pub(super) fn refuse_report(output: Option<&Path>) -> Result<(), Diagnostic> {
    match output {
        Some(_) => Err(Diagnostic::usage("`--dry-run` does nothing that a report could list")
            .hint("`status --format json` with the same fleet shows where each target stands")),
        None => Ok(()),
    }
}

/// Downgrades, and prints the result.
pub(crate) async fn downgrade(
    context: &Context,
    targets: &[Target],
    flags: &DowngradeFlags,
) -> Result<Exit, Diagnostic> {
    if flags.dry_run {
        let migrator = context.connect_to_read().await?;
        let extended = migrator.with_stored_downgrades().await?;
        let plan = extended.as_ref().unwrap_or(&migrator).plan_downgrade(targets).await.map_err(of_downgrade)?;
        if let Some(extended) = &extended {
            stored_downgrade::show(context, extended, &plan);
        }
        migrator.close().await?;
        return preview(context, &plan);
    }
    let migrator = context.connect_for(|graph, applied| Ok(graph.downgrade(applied, targets)?.is_empty())).await?;
    let migrator =
        stored_downgrade::agreed(context, migrator.with_options(flags.options()), targets, flags.yes).await?;
    let exit = downgrade_with(context, &migrator, targets).await?;
    migrator.close().await?;
    Ok(exit)
}

/// Upgrades over an existing connection.
pub(crate) async fn upgrade_with(
    context: &Context,
    migrator: &Migrator,
    targets: &[Target],
) -> Result<Exit, Diagnostic> {
    let _listener = interrupt::listen(migrator.stop_handle(), context.terminal);
    let report = migrator.upgrade_to(targets).await?;
    conclude(context, migrator, Direction::Upgrade, &report)
}

/// Downgrades over an existing connection.
pub(crate) async fn downgrade_with(
    context: &Context,
    migrator: &Migrator,
    targets: &[Target],
) -> Result<Exit, Diagnostic> {
    let _listener = interrupt::listen(migrator.stop_handle(), context.terminal);
    let report = migrator.downgrade_to(targets).await.map_err(of_downgrade)?;
    conclude(context, migrator, Direction::Downgrade, &report)
}

/// An error of a downgrade. If the database is ahead, `--ahead allow` does not help, so the hint names another way.
pub(super) fn of_downgrade(error: Error) -> Diagnostic {
    match error {
        Error::Applied(AppliedError::Ahead { unknown }) => {
            ahead(&unknown, "a newer program applied it: revert it with that one, then `down` continues from there")
        }
        error => error.into(),
    }
}

/// Warns of heads that labels do not distinguish. The build prints the same warning, but cargo hides it in quiet
/// mode, and does not repeat it.
pub(super) fn warn_of_heads(context: &Context) -> Result<(), Diagnostic> {
    let stray = context.graph()?.stray_heads();
    if stray.is_empty() {
        return Ok(());
    }
    let ids: Vec<&str> = stray.iter().map(|head| head.id.as_str()).collect();
    let count = ids.len();
    context.terminal.warn(format!("{count} heads: {}; `merge {}` joins them", quoted(&ids), ids.join(" ")));
    Ok(())
}

/// Prints the steps of a plan without running them.
fn preview(context: &Context, plan: &Plan) -> Result<Exit, Diagnostic> {
    if context.terminal.json {
        let planned = Event::Planned { steps: &plan.steps };
        context.terminal.answer_raw(json::line(&planned, Utc::now()).map_err(Diagnostic::json)?);
        return Ok(Exit::Success);
    }
    for step in &plan.steps {
        let message = context.project.migrations.get(&step.revision).map_or("", |script| script.message);
        context.terminal.print(format!("{} {}, {message}", step.direction, styled(ID, step.route())));
    }
    let settings = context.settings()?;
    context.terminal.status(match plan.len() {
        0 => format!("nothing to do in {settings}"),
        count => format!("{} to run in {settings}; nothing was changed", describe::revisions(count)),
    });
    Ok(Exit::Success)
}

fn conclude(context: &Context, migrator: &Migrator, direction: Direction, report: &Report) -> Result<Exit, Diagnostic> {
    if context.terminal.json {
        context.terminal.answer_raw(json::report(report, Utc::now()).map_err(Diagnostic::json)?);
    }
    let place = format!("{} is at {}", context.settings()?, place_of(migrator.graph(), &report.current));
    let verb = if direction == Direction::Upgrade { "applied" } else { "reverted" };
    let done = describe::revisions(report.done.len());
    if let Some(next) = report.left.first() {
        let left = describe::revisions(report.left.len());
        return Err(Diagnostic::new(interrupt::exit(), format!("stopped before `{}`", next.revision))
            .detail(format!("{verb} {done}, {left} left; {place}"))
            .hint("the same command continues from here"));
    }
    if !report.waiting.is_empty() {
        let waiting = describe::revisions(report.waiting.len());
        context
            .terminal
            .hint(format!("the same command applies the {waiting} that wait, once nothing holds them back"));
    }
    if report.done.is_empty() {
        context.terminal.status(format!("nothing to do: {place}"));
    } else {
        let time = describe::time(report.elapsed());
        context.terminal.status(format!("{verb} {done} in {time}; {place}"));
    }
    Ok(Exit::Success)
}

/// The current revisions of a database, in words.
pub(crate) fn place(migrator: &Migrator, current: &[&'static RegisteredRevision]) -> String {
    let ids: Vec<&str> = current.iter().map(|script| script.revision.id).collect();
    place_of(migrator.graph(), &ids)
}

/// The same, from ids.
pub(crate) fn place_of(graph: &Graph, current: &[impl AsRef<str>]) -> String {
    if current.is_empty() {
        return "base".to_owned();
    }
    let name = |id: &str| {
        let is_head = graph.children(id).next().is_none();
        format!("`{id}`{}", if is_head { " (head)" } else { "" })
    };
    let names: Vec<String> = current.iter().map(|id| name(id.as_ref())).collect();
    names.join(", ")
}
