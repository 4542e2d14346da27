//! What `up` looks at before it runs revisions: the rules before all of them, the rows before each.

use std::collections::BTreeMap;
use std::slice;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use clap::{Args, ValueEnum};
use sea_orm::{DatabaseConnection, DbErr};
use seachange_cli::{Diagnostic, Exit, Terminal, printable};
use seachange_graph::Target;

use super::figures::Figures;
use super::levels::RuleArgs;
use super::report::{self, Report};
use super::revision_rules;
use super::running::{RunningArgs, Versions};
use super::selection::Selection;
use crate::cli::compare_args::scratch_settings;
use crate::cli::context::Context;
use crate::impact::{DeploymentOrder, Level, Levels, RevisionDeployment, RevisionImpact, deployment, row_failures};
use crate::migrator::RunOptions;
use crate::run_context::RevisionCheck;

/// When `up --lint` refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RefusedLevel {
    /// On any finding, and on what is not known
    Warn,
    /// On errors only
    Deny,
}

/// The arguments of `up` about its checks.
#[derive(Debug, Args)]
pub(in crate::cli::commands) struct GateArgs {
    /// Measure the revisions on a copy of the schema first, as `lint` does, and apply none of them if a rule says
    /// something: with `warn` on any finding and on what is not known, with `deny` on errors only
    #[arg(long, value_name = "LEVEL", conflicts_with = "sql", help_heading = "Checks")]
    lint: Option<RefusedLevel>,
    /// Before each revision, look for rows on which it would fail; if there are some, it is not run
    #[arg(long, conflicts_with_all = ["sql", "single_transaction", "dry_run"], help_heading = "Checks")]
    foresee: bool,
    /// Time limit for each query of `--foresee`, such as `30s`
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "10s",
        value_parser = humantime::parse_duration,
        requires = "foresee",
        help_heading = "Checks"
    )]
    foresee_timeout: Duration,
    /// Database system of the same kind on which `--lint` and `--foresee` try the revisions, in a new database that is
    /// dropped at the end, if not that of the database itself; on SQLite they run in memory
    #[arg(long, env = "SCRATCH_DATABASE_URL", value_name = "URL", hide_env_values = true, help_heading = "Checks")]
    scratch_url: Option<String>,
    #[command(flatten)]
    running: RunningArgs,
}

/// What the checks of `up` found.
#[derive(Default)]
pub(in crate::cli::commands) struct Passed {
    /// What is asked before each revision.
    pub(in crate::cli::commands) check: Option<Arc<dyn RevisionCheck>>,
    /// The revisions after which a running version would not work, and why.
    pub(in crate::cli::commands) held: BTreeMap<String, String>,
}

impl GateArgs {
    /// Whether a check is asked for.
    pub(in crate::cli::commands) fn is_asked_for(&self) -> bool {
        self.lint.is_some() || self.foresee || self.running.is_asked_for()
    }

    /// Measures the revisions that an upgrade would run, if a check is asked for, and returns the check before each of
    /// them.
    ///
    /// # Errors
    ///
    /// `--lint` refuses the revisions, or they cannot be measured.
    pub(in crate::cli::commands) async fn pass(
        &self,
        context: &Context,
        targets: &[Target],
        options: RunOptions,
    ) -> Result<Passed, Diagnostic> {
        let versions = self.running.read(context)?;
        if self.lint.is_none() && !self.foresee && versions.is_none() {
            return Ok(Passed::default());
        }
        let (levels, rule_options) = RuleArgs::default().settings(context)?;
        let migrator = context.connect_to_read().await?.with_options(options);
        let (plan, _) = migrator.plan_upgrade(targets).await?;
        let (pending, _) = migrator.plan_upgrade(&[Target::HEADS]).await?;
        migrator.close().await?;
        let scratch = scratch_settings(self.scratch_url.as_deref(), context.settings()?)?;
        let measured = Selection::of_plan(context, &plan, &pending)?.measure(context, &scratch).await?;
        if let Some(level) = self.lint {
            let of_files = revision_rules::findings(context, &measured)?;
            // Without a limit for small tables, no finding depends on the sizes.
            let figures = match rule_options.small_table_rows {
                Some(_) => Figures::sizes(context, &measured).await,
                None => Figures::unread(),
            };
            let reports = report::reports(&measured, &levels, &rule_options, of_files, None, None, &figures);
            refuse(context, &reports, &levels, level)?;
        }
        let held = versions.map(|versions| held(&measured, &versions)).unwrap_or_default();
        let check = RowCheck { measured, timeout: self.foresee_timeout, terminal: context.terminal };
        let check = self.foresee.then(|| Arc::new(check) as Arc<dyn RevisionCheck>);
        Ok(Passed { check, held })
    }
}

/// The revisions after which a running version does not work, or may not work.
fn held(measured: &[RevisionImpact], versions: &Versions) -> BTreeMap<String, String> {
    let found = deployment(measured, &versions.running, &versions.new);
    let breaks = |(impact, own): (&RevisionImpact, RevisionDeployment)| {
        let why = match (own.findings.first(), own.unknown.first(), own.order) {
            (Some(finding), ..) => format!("the running version: {}", finding.message),
            (None, Some(unknown), _) => format!("the running version, of which something is not known: {unknown}"),
            (None, None, DeploymentOrder::Unknown) => {
                format!("the running version: it is not known whether it works afterwards; {}", own.reasons.join("; "))
            }
            _ => return None,
        };
        Some((impact.script.revision.id.to_owned(), why))
    };
    measured.iter().zip(found).filter_map(breaks).collect()
}

/// An error if there is a finding of the level; the others are printed as warnings.
fn refuse(context: &Context, reports: &[Report<'_>], levels: &Levels, refused: RefusedLevel) -> Result<(), Diagnostic> {
    let (mut against, mut others) = (Vec::new(), Vec::new());
    for report in reports {
        for (level, line) in report.lines(context, levels) {
            let is_refused = refused == RefusedLevel::Warn || level == Some(Level::Deny);
            if is_refused { against.push(line) } else { others.push(line) }
        }
    }
    others.iter().for_each(|line| context.terminal.warn(line));
    if against.is_empty() {
        return Ok(());
    }
    let message = match against.len() {
        1 => "`--lint` refuses the upgrade: 1 finding; nothing was applied".to_owned(),
        count => format!("`--lint` refuses the upgrade: {count} findings; nothing was applied"),
    };
    let problem = against.into_iter().fold(Diagnostic::new(Exit::Findings, message), Diagnostic::detail);
    Err(problem.hint("`lint` shows what each statement locks; `allow` of a revision takes `rule: reason`"))
}

/// Asks the database for rows on which a revision would fail, right before it runs.
#[derive(Debug)]
struct RowCheck {
    measured: Vec<RevisionImpact>,
    timeout: Duration,
    terminal: Terminal,
}

impl RowCheck {
    fn warn(&self, revision: &str, reason: &str) {
        let text = format!("whether `{revision}` fails on a row is not known: {reason}");
        self.terminal.warn(printable::name(&text));
    }
}

#[async_trait]
impl RevisionCheck for RowCheck {
    async fn objections(&self, connection: &DatabaseConnection, revision: &str) -> Result<Vec<String>, DbErr> {
        let Some(impact) = self.measured.iter().find(|own| own.script.revision.id == revision) else {
            self.warn(revision, "it was not pending when the revisions were tried");
            return Ok(Vec::new());
        };
        if let Some(reason) = &impact.unknown {
            self.warn(revision, reason);
        }
        let mut objections = Vec::new();
        for own in row_failures(connection, slice::from_ref(impact), self.timeout).await? {
            match report::answer(&own) {
                Ok(finding) => objections.push(finding.message),
                Err(reason) => self.warn(revision, &reason),
            }
        }
        Ok(objections)
    }
}
