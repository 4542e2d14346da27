//! `diff`.

use clap::Args;
use seachange_cli::{Diagnostic, Exit, printable};

use crate::cli::compare_args::{CompareArgs, IgnoreArgs};
use crate::cli::context::Context;
use crate::cli::differences::hints;
use crate::cli::hints::autogenerate;

/// Arguments of `diff`.
#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// Do not drop and create again the views, triggers, policies … that depend on a change
    #[arg(long)]
    keep_dependents: bool,
    #[command(flatten)]
    comparing: CompareArgs,
    #[command(flatten)]
    ignoring: IgnoreArgs,
}

impl DiffArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        let reviewed = self.comparing.compare(context, &self.ignoring).await?;
        let verdict = reviewed.verdict();
        let comparison = reviewed.comparison;
        let comparison = if self.keep_dependents { comparison.keep_dependents() } else { comparison };
        let renames = comparison.renames();
        hints(&comparison.candidates(&renames)).iter().for_each(|hint| context.terminal.hint(hint));
        let operations = comparison.operations(&renames);
        if operations.is_empty() {
            context.terminal.status(verdict);
            return Ok(Exit::Success);
        }
        for loss in comparison.losses(&operations) {
            context.terminal.warn(printable::name(&loss.to_string()));
        }
        for obstacle in comparison.obstacles(&operations) {
            context.terminal.warn(printable::name(&obstacle.to_string()));
        }
        let scratch = self.comparing.scratch(context)?;
        let statements = comparison.statements(&operations, &scratch).await;
        for statement in statements.map_err(|error| autogenerate::problem(&error))? {
            context.terminal.answer_raw(format!("{};", statement.trim_end().trim_end_matches(';')));
        }
        Ok(Exit::Success)
    }
}
