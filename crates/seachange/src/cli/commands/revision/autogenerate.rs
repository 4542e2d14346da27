//! `revision --autogenerate`.

use clap::Args;
use seachange_cli::{Diagnostic, Exit, Terminal, commands::revision::NewRevisionArgs, printable, prompt};
use seachange_source::{RevisionBody, RevisionFiles};

use super::online::OnlineWriter;
use crate::autogenerate::{Comparison, Renames, SchemaOperation, Verification, differences};
use crate::cli::commands::lint::warn_of_findings;
use crate::cli::commands::new_files::fill;
use crate::cli::compare_args::{CompareArgs, IgnoreArgs};
use crate::cli::context::Context;
use crate::cli::differences::{hints, lines, question, summary};
use crate::cli::hints::autogenerate;

/// Arguments of `revision --autogenerate`.
#[derive(Debug, Args)]
pub(crate) struct AutogenerateArgs {
    /// Write the changes from the database to the entities, and their reverse; both are verified on a copy of the
    /// schema first
    #[arg(long, conflicts_with = "sql_files")]
    autogenerate: bool,
    /// Do not verify the revision before it is written
    #[arg(long, requires = "autogenerate")]
    no_verify: bool,
    /// Do not measure on a scratch database what the revision locks
    #[arg(long, requires = "autogenerate")]
    no_lint: bool,
    /// Do not drop and create again the views, triggers, policies … that depend on a change: name them instead
    #[arg(long, requires = "autogenerate")]
    keep_dependents: bool,
    /// Write the changes as several revisions that block neither readers nor writers, so that the old and the new
    /// version of a service can run at the same time: additive ones on the branch `expand`, destructive ones on the
    /// branch `contract`
    #[arg(
        long,
        requires = "autogenerate",
        conflicts_with_all = ["no_verify", "no_lint", "rev_id", "branch_label", "depends_on", "sql_files"]
    )]
    online: bool,
    /// The value of a new column for rows that the old version writes, or of a removed one for rows that the new version
    /// writes: an expression in SQL, which may name columns that only the other version has; may be repeated
    #[arg(long, value_name = "TABLE.COLUMN=EXPRESSION", value_parser = fill, requires = "online")]
    fill: Vec<(String, String)>,
    #[command(flatten)]
    comparing: CompareArgs,
    #[command(flatten)]
    ignoring: IgnoreArgs,
}

impl AutogenerateArgs {
    pub(super) fn is_asked_for(&self) -> bool {
        self.autogenerate
    }

    /// Writes the revision, unless there are no differences.
    pub(super) async fn run(
        &self,
        context: &Context,
        sources: &RevisionFiles,
        new: NewRevisionArgs,
    ) -> Result<Exit, Diagnostic> {
        // A place that is not valid is told before the database is asked.
        let place = (!self.online).then(|| new.place(sources, &["--autogenerate"])).transpose()?;
        check_compiled(context, sources)?;
        let reviewed = self.comparing.compare(context, &self.ignoring).await?;
        let verdict = reviewed.verdict();
        let comparison = reviewed.comparison;
        let renames = renames(context.terminal, &comparison)?;
        let comparison = comparison.rename(&renames, &self.comparing.scratch(context)?).await;
        let comparison = comparison.map_err(|error| autogenerate::problem(&error))?;
        let comparison = if self.keep_dependents { comparison.keep_dependents() } else { comparison };
        let operations = comparison.operations(&renames);
        if operations.is_empty() {
            context.terminal.status(format!("nothing to write: {verdict}"));
            return Ok(Exit::Success);
        }
        let found = differences(&operations);
        lines(&found).iter().for_each(|line| context.terminal.status(line));
        context.terminal.status(summary(&found));
        for loss in comparison.losses(&operations) {
            context.terminal.warn(printable::name(&loss.to_string()));
        }
        let Some(place) = place else {
            let (scratch, fills) = (self.comparing.scratch(context)?, self.fill.iter().cloned().collect());
            let (comparison, renames, operations) = (&comparison, &renames, operations.as_slice());
            let writer =
                OnlineWriter { context, sources, comparison, renames, operations, fills: &fills, scratch: &scratch };
            return writer.write(&new).await;
        };
        let proof = if self.no_verify { Proof::None } else { Proof::Change };
        let (bodies, exit) = verified(context, &self.comparing, &comparison, &operations, proof).await?;
        if !self.no_verify && !self.no_lint && exit == Exit::Success {
            let (copy, migration) = (comparison.copy(&operations), comparison.migration(&operations));
            Box::pin(warn_of_findings(context, copy, migration, &self.comparing.scratch(context)?)).await?;
        }
        new.write(context.terminal, sources, place, Some(bodies))?;
        Ok(exit)
    }
}

/// How operations are verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli::commands) enum Proof {
    /// They are not.
    None,
    /// As a change of the compared database.
    Change,
    /// As a change of an empty database.
    Creation,
}

/// The code for some operations, and the exit code of the command that writes it. If the verification fails or leaves
/// differences, the file contains remarks and the command prints warnings.
pub(in crate::cli::commands) async fn verified(
    context: &Context,
    comparing: &CompareArgs,
    comparison: &Comparison,
    operations: &[SchemaOperation],
    proof: Proof,
) -> Result<(RevisionBody, Exit), Diagnostic> {
    let bodies = comparison.bodies(operations);
    let obstacles = comparison.obstacles(operations);
    let verification = if !obstacles.is_empty() {
        Verification::Blocked { obstacles }
    } else {
        let verified = match proof {
            Proof::None => return Ok((bodies, Exit::Success)),
            Proof::Change => comparison.verify_plan(operations, &comparing.scratch(context)?).await,
            Proof::Creation => comparison.verify_creation(operations, &comparing.scratch(context)?).await,
        };
        verified.map_err(|error| autogenerate::problem(&error))?
    };
    let remarks = remarks(&verification);
    remarks.iter().for_each(|remark| context.terminal.warn(printable::name(remark)));
    let exit = match verification {
        Verification::Proven => Exit::Success,
        Verification::Unknown { .. } => Exit::Incomplete,
        Verification::Differs { .. } | Verification::Refused { .. } | Verification::Blocked { .. } => Exit::Differs,
    };
    Ok((RevisionBody { remarks, ..bodies }, exit))
}

/// An error if a revision file is not compiled into this program: it is not applied, and its effect is not yet known.
pub(in crate::cli::commands) fn check_compiled(context: &Context, sources: &RevisionFiles) -> Result<(), Diagnostic> {
    let unknown = sources.graph().iter().find(|revision| context.project.migrations.get(&revision.id).is_none());
    match unknown {
        None => Ok(()),
        Some(revision) => Err(Diagnostic::new(
            Exit::Mismatch,
            format!("this program was built before revision `{}` was written", revision.id),
        )
        .hint("build it again, and apply the revision with `up`")),
    }
}

/// The renames that the entities declare, and those that the user confirms if there is a terminal.
fn renames(terminal: Terminal, comparison: &Comparison) -> Result<Renames, Diagnostic> {
    let mut renames = comparison.renames();
    if !prompt::is_interactive() {
        hints(&comparison.candidates(&renames)).iter().for_each(|hint| terminal.hint(hint));
        return Ok(renames);
    }
    let mut declined = Vec::new();
    // After a table is renamed, its columns may be renamed as well.
    while let Some(candidate) = comparison
        .candidates(&renames)
        .into_iter()
        .find(|candidate| renames.is_unresolved(candidate) && !declined.contains(candidate))
    {
        match prompt::ask_yes_no(&question(&candidate))? {
            true => renames.accept(&candidate),
            false => declined.push(candidate),
        }
    }
    Ok(renames)
}

/// The remarks in the file if the verification did not succeed.
fn remarks(verification: &Verification) -> Vec<String> {
    match verification {
        Verification::Proven => Vec::new(),
        Verification::Blocked { obstacles } => {
            obstacles.iter().map(|obstacle| format!("{obstacle}: drop or change it first")).collect()
        }
        Verification::Refused { is_up, reason } => {
            vec![format!("the database refused `{}` on a copy of the schema: {reason}", direction(*is_up))]
        }
        Verification::Unknown { reason } => vec![format!("not verified: {reason}")],
        Verification::Differs { up, down } => [(true, up), (false, down)]
            .into_iter()
            .flat_map(|(is_up, left)| {
                left.iter().map(move |difference| {
                    let table =
                        difference.table.as_ref().map(|table| format!(" of table `{table}`")).unwrap_or_default();
                    let name = difference.name.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default();
                    format!("`{}` leaves a difference: the {}{name}{table}", direction(is_up), difference.kind)
                })
            })
            .collect(),
    }
}

fn direction(is_up: bool) -> &'static str {
    if is_up { "up" } else { "down" }
}
