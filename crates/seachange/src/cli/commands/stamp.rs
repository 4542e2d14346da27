//! `stamp`.

use clap::Args;

use super::run;
use crate::cli::context::Context;
use crate::cli::describe;
use crate::cli::exit::Exit;
use crate::cli::problem::Problem;

/// Arguments of `stamp`.
#[derive(Debug, Args)]
pub(crate) struct StampArgs {
    /// Where the database stands: `head`, `heads`, `base`, a revision id or the beginning of one
    #[arg(value_name = "REVISION")]
    target: String,
}

impl StampArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Problem> {
        run::check_target(context, &self.target)?;
        let migrator = context.connect().await?;
        let plan = migrator.stamp(&self.target).await?;
        let place = match migrator.current().await {
            Ok(current) => format!("the database is at {}", run::place(&migrator, &current)),
            // An interrupted revision elsewhere: the stamp says nothing of it, and stands all the same.
            Err(error) => error.to_string(),
        };
        migrator.close().await?;
        context.terminal.say(format!(
            "recorded {} as applied and {} as not applied; {place}",
            describe::revisions(plan.add.len()),
            describe::revisions(plan.remove.len()),
        ));
        Ok(Exit::Success)
    }
}
