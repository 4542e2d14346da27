//! `check`.

use clap::Args;
use serde::Serialize;

use super::list::answer_json;
use crate::autogenerate::{Difference, RenameCandidate, differences};
use crate::cli::compare_args::CompareArgs;
use crate::cli::context::Context;
use crate::cli::differences::{self, hints};
use crate::cli::exit::Exit;
use crate::cli::format::{Format, FormatArgs};
use crate::cli::problem::Diagnostic;

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Compare the result of all revisions on an empty database, instead of the database, which need not exist. On a
    /// server, a temporary database is created and dropped
    #[arg(long)]
    replay: bool,
    #[command(flatten)]
    comparing: CompareArgs,
    #[command(flatten)]
    format: FormatArgs,
}

/// A difference as JSON.
#[derive(Debug, Serialize)]
struct DifferenceJson<'a> {
    kind: &'static str,
    table: Option<String>,
    name: Option<&'a str>,
    database: Option<&'a str>,
    entities: Option<&'a str>,
}

impl CheckArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        let comparison = match self.replay {
            true => self.comparing.replay(context).await?,
            false => self.comparing.compare_or_ahead(context).await?,
        };
        let renames = comparison.renames();
        let found = differences(&comparison.operations(&renames));
        self.answer(context, &found, &comparison.candidates(&renames))?;
        Ok(if found.is_empty() { Exit::Success } else { Exit::Differs })
    }

    fn answer(
        &self,
        context: &Context,
        found: &[Difference],
        candidates: &[RenameCandidate],
    ) -> Result<(), Diagnostic> {
        match self.format.format {
            Format::Json => answer_json(context.terminal, &found.iter().map(entry).collect::<Vec<_>>()),
            Format::Text if found.is_empty() => {
                context.terminal.status("the database matches the entities");
                Ok(())
            }
            Format::Text => {
                differences::lines(found).iter().for_each(|line| context.terminal.print(line));
                context.terminal.status(differences::summary(found));
                hints(candidates).iter().for_each(|hint| context.terminal.hint(hint));
                context.terminal.hint("`revision --autogenerate -m MESSAGE` writes the revision");
                Ok(())
            }
        }
    }
}

fn entry(difference: &Difference) -> DifferenceJson<'_> {
    DifferenceJson {
        kind: difference.kind.word(),
        table: difference.table.as_ref().map(ToString::to_string),
        name: difference.name.as_deref(),
        database: difference.database.as_deref(),
        entities: difference.entities.as_deref(),
    }
}
