//! `revision --autogenerate`.

use clap::Args;
use seachange_source::{Placement, RevisionBody, RevisionFiles};

use crate::autogenerate::{Comparison, Renames, SchemaOperation, Verification, differences};
use crate::cli::compare_args::CompareArgs;
use crate::cli::context::Context;
use crate::cli::differences::{hints, lines, question, summary};
use crate::cli::exit::Exit;
use crate::cli::hints::autogenerate;
use crate::cli::new_revision::NewFileArgs;
use crate::cli::printable;
use crate::cli::problem::Diagnostic;
use crate::cli::prompt;
use crate::cli::terminal::Terminal;

/// Arguments of `revision --autogenerate`.
#[derive(Debug, Args)]
pub(crate) struct AutogenerateArgs {
    /// Write what leads from the database to the entities, and back; both are tried out on a copy of the schema first
    #[arg(long)]
    autogenerate: bool,
    /// Do not try the revision out before it is written
    #[arg(long, requires = "autogenerate")]
    no_verify: bool,
    #[command(flatten)]
    comparing: CompareArgs,
}

impl AutogenerateArgs {
    pub(super) fn is_asked_for(&self) -> bool {
        self.autogenerate
    }

    /// Writes the revision, unless nothing differs.
    pub(super) async fn run(
        &self,
        context: &Context,
        sources: &RevisionFiles,
        place: Placement,
        file: NewFileArgs,
        message: String,
    ) -> Result<Exit, Diagnostic> {
        check_compiled(context, sources)?;
        let comparison = self.comparing.compare(context).await?;
        let renames = renames(context.terminal, &comparison)?;
        let operations = comparison.operations(&renames);
        if operations.is_empty() {
            context.terminal.status("nothing to write: the database matches the entities");
            return Ok(Exit::Success);
        }
        let found = differences(&operations);
        lines(&found).iter().for_each(|line| context.terminal.status(line));
        context.terminal.status(summary(&found));
        let (bodies, exit) = rehearsed(context, &self.comparing, &comparison, &operations, !self.no_verify).await?;
        file.write(context, sources, place, message, Some(bodies))?;
        Ok(exit)
    }
}

/// The code for some steps, and how the command ends that writes it: steps that were tried out and lead somewhere else are
/// marked in the file, and told.
pub(in crate::cli::commands) async fn rehearsed(
    context: &Context,
    comparing: &CompareArgs,
    comparison: &Comparison,
    operations: &[SchemaOperation],
    is_asked_for: bool,
) -> Result<(RevisionBody, Exit), Diagnostic> {
    let bodies = comparison.bodies(operations);
    if !is_asked_for {
        return Ok((bodies, Exit::Success));
    }
    let rehearsal = comparison.rehearse(operations, &comparing.scratch(context)?).await;
    let rehearsal = rehearsal.map_err(|error| autogenerate::problem(&error))?;
    let remarks = remarks(&rehearsal);
    remarks.iter().for_each(|remark| context.terminal.warn(printable::name(remark)));
    let exit = match rehearsal {
        Verification::Proven | Verification::Unknown { .. } => Exit::Success,
        Verification::Differs { .. } | Verification::Refused { .. } => Exit::Differs,
    };
    Ok((RevisionBody { remarks, ..bodies }, exit))
}

/// A revision that was written and not compiled is not applied, and nobody knows yet what it does.
fn check_compiled(context: &Context, sources: &RevisionFiles) -> Result<(), Diagnostic> {
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

/// What got another name: as the entities say, or as a person does where one is at the terminal.
fn renames(terminal: Terminal, comparison: &Comparison) -> Result<Renames, Diagnostic> {
    let mut renames = comparison.renames();
    if !prompt::is_interactive() {
        hints(&comparison.candidates(&renames)).iter().for_each(|hint| terminal.hint(hint));
        return Ok(renames);
    }
    let mut declined = Vec::new();
    // A table that is renamed has columns to ask for.
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

/// What whoever reads the file has to know, where it is not proven.
fn remarks(rehearsal: &Verification) -> Vec<String> {
    match rehearsal {
        Verification::Proven => Vec::new(),
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
