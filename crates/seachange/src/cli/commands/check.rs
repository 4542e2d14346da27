//! `check`.

use clap::Args;
use seachange_cli::{
    Exit,
    commands::list::answer_json,
    describe,
    diagnostic::{Diagnostic, SPELLED_OUT},
    format::{Format, FormatArgs},
    printable,
};
use serde::Serialize;

use crate::autogenerate::{Difference, differences};
use crate::cli::baseline::{AcceptedDifference, Baseline, BaselineView};
use crate::cli::compare_args::{CompareArgs, IgnoreArgs, ReviewedComparison};
use crate::cli::context::Context;
use crate::cli::differences::{self, hints};
use crate::cli::fleet::{self, FleetArgs};

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Compare the result of all revisions on an empty database, instead of the database, which need not exist. On a
    /// server, a temporary database is created and dropped
    #[arg(long)]
    replay: bool,
    /// Compare the database with the result of all revisions on an empty database, instead of the entities. On a
    /// server, a temporary database is created and dropped
    #[arg(long, conflicts_with_all = ["replay", "accept", "ignore", "baseline"])]
    revisions: bool,
    /// Write all differences to the file of accepted ones, from which those that have disappeared are removed. `check`,
    /// `diff` and `revision --autogenerate` leave accepted differences out
    #[arg(long)]
    accept: bool,
    #[command(flatten)]
    comparing: CompareArgs,
    #[command(flatten)]
    ignoring: IgnoreArgs,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    fleet: FleetArgs,
}

/// A difference as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct DifferenceJson<'a> {
    kind: &'static str,
    table: Option<String>,
    name: Option<&'a str>,
    database: Option<&'a str>,
    entities: Option<&'a str>,
}

impl CheckArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        if self.fleet.is_given() {
            return self.check_fleet(context).await;
        }
        if self.revisions {
            return self.against_revisions(context).await;
        }
        let mut baseline = self.ignoring.baseline(context, self.accept)?;
        let comparison = match self.replay {
            true => self.comparing.replay(context, &self.ignoring).await?,
            false => self.comparing.compare_or_ahead(context, &self.ignoring).await?,
        };
        let found = differences(&comparison.operations(&comparison.renames()));
        let filter = self.comparing.filter();
        let view = BaselineView { driver: context.settings()?.driver(), filter: &filter, rules: self.ignoring.rules() };
        if self.accept {
            return self.accept(context, &mut baseline, &found, &view);
        }
        let accepted = baseline.accepted(&found, view.driver);
        let reviewed = self.comparing.accept(context, comparison, &accepted).await?;
        let renames = reviewed.comparison.renames();
        let left = differences(&reviewed.comparison.operations(&renames));
        self.answer(context, &left, &reviewed)?;
        warn_of_disappeared(context, &baseline, &baseline.disappeared(&found, &view));
        Ok(if left.is_empty() { Exit::Success } else { Exit::Differs })
    }

    /// Compares each target of a fleet, and shows those together that differ in the same way.
    async fn check_fleet(&self, context: &Context) -> Result<Exit, Diagnostic> {
        if self.replay || self.accept {
            return Err(Diagnostic::usage("`--replay` and `--accept` concern no database of a fleet")
                .hint("`check --accept` with the settings of one target accepts its differences"));
        }
        let fleet = self.fleet.find(context).await?;
        let compare = async |context: &Context| self.left(context).await;
        fleet::answer_check(context, &fleet, self.fleet.jobs(), self.format.format, compare).await
    }

    /// The differences of a database that are not accepted.
    async fn left(&self, context: &Context) -> Result<Vec<Difference>, Diagnostic> {
        if self.revisions {
            return self.comparing.drift(context).await;
        }
        let baseline = self.ignoring.baseline(context, false)?;
        let comparison = self.comparing.compare_or_ahead(context, &self.ignoring).await?;
        let found = differences(&comparison.operations(&comparison.renames()));
        let accepted = baseline.accepted(&found, context.settings()?.driver());
        let reviewed = self.comparing.accept(context, comparison, &accepted).await?;
        Ok(differences(&reviewed.comparison.operations(&reviewed.comparison.renames())))
    }

    /// Compares the database with what all revisions make.
    async fn against_revisions(&self, context: &Context) -> Result<Exit, Diagnostic> {
        let left = self.comparing.drift(context).await?;
        match self.format.format {
            Format::Json => answer_json(context.terminal, &left.iter().map(entry).collect::<Vec<_>>())?,
            Format::Text if left.is_empty() => context.terminal.status("the database matches the revisions"),
            Format::Text => {
                differences::lines(&left).iter().for_each(|line| context.terminal.print(line));
                context.terminal.status(differences::summary(&left));
            }
        }
        Ok(if left.is_empty() { Exit::Success } else { Exit::Differs })
    }

    /// Writes the differences to the file of accepted ones. The answer contains those that were not accepted before.
    fn accept(
        &self,
        context: &Context,
        baseline: &mut Baseline,
        found: &[Difference],
        view: &BaselineView<'_>,
    ) -> Result<Exit, Diagnostic> {
        let known = baseline.accepted(found, view.driver);
        let new: Vec<_> = found.iter().filter(|own| !known.contains(own)).cloned().collect();
        let disappeared = baseline.disappeared(found, view).len();
        let has_changed = baseline.accept(found, view)?;
        match self.format.format {
            Format::Json => answer_json(context.terminal, &new.iter().map(entry).collect::<Vec<_>>())?,
            Format::Text => differences::lines(&new).iter().for_each(|line| context.terminal.print(line)),
        }
        let file = baseline.shown();
        context.terminal.status(printable::name(&match has_changed {
            true => format!("accepted {} new and removed {disappeared}: `{file}`", new.len()),
            false => format!("nothing to accept: `{file}` is unchanged"),
        }));
        Ok(Exit::Success)
    }

    fn answer(&self, context: &Context, left: &[Difference], reviewed: &ReviewedComparison) -> Result<(), Diagnostic> {
        match self.format.format {
            Format::Json => answer_json(context.terminal, &left.iter().map(entry).collect::<Vec<_>>()),
            Format::Text if left.is_empty() => {
                context.terminal.status(reviewed.verdict());
                Ok(())
            }
            Format::Text => {
                differences::lines(left).iter().for_each(|line| context.terminal.print(line));
                let accepted = match reviewed.accepted {
                    0 => String::new(),
                    accepted => format!(", beside {}", describe::accepted_differences(accepted)),
                };
                context.terminal.status(format!("{}{accepted}", differences::summary(left)));
                let candidates = reviewed.comparison.candidates(&reviewed.comparison.renames());
                hints(&candidates).iter().for_each(|hint| context.terminal.hint(hint));
                context.terminal.hint("`revision --autogenerate -m MESSAGE` writes the revision");
                Ok(())
            }
        }
    }
}

/// Warns of accepted differences that are not found any more: if they came back, `check` would accept them.
fn warn_of_disappeared(context: &Context, baseline: &Baseline, disappeared: &[&AcceptedDifference]) {
    for own in disappeared.iter().take(SPELLED_OUT) {
        let warning = format!("an accepted difference has disappeared: {}", own.title());
        context.terminal.warn(printable::name(&warning));
    }
    if let Some(more) = disappeared.len().checked_sub(SPELLED_OUT).filter(|more| *more > 0) {
        context.terminal.warn(format!("{more} more accepted differences have disappeared"));
    }
    if !disappeared.is_empty() {
        let hint = format!("`check --accept` removes them from `{}`", baseline.shown());
        context.terminal.hint(printable::name(&hint));
    }
}

pub(crate) fn entry(difference: &Difference) -> DifferenceJson<'_> {
    DifferenceJson {
        kind: difference.kind.word(),
        table: difference.table.as_ref().map(ToString::to_string),
        name: difference.name.as_deref(),
        database: difference.database.as_deref(),
        entities: difference.entities.as_deref(),
    }
}
