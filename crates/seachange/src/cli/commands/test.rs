//! `test`.

use std::path::PathBuf;

use clap::Args;
use seachange_cli::{Diagnostic, Exit, describe, printable};
use serde::Deserialize;

use crate::cli::context::Context;
use crate::cli::hints;
use crate::settings::DatabaseSettings;
use crate::testing::{
    MigrationScript, Stairway, TestError, entities_match_on, scripts_match_on, single_head, sources_unchanged,
};

/// Arguments of `test`.
#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Another database on the server where the test databases are made, instead of the one of the settings; both stay
    /// as they are
    #[arg(long, env = "TEST_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    test_url: Option<String>,
    /// A revision that cannot be reverted on purpose; may be repeated
    #[arg(long, value_name = "ID")]
    irreversible: Vec<String>,
    /// Also fail if the code of a revision is another than in this file, which the variable `SEACHANGE_UPDATE=1` has
    /// written
    #[arg(long, value_name = "FILE")]
    hashes: Option<PathBuf>,
    /// Fail for a revision that works on empty tables only, instead of a warning
    #[arg(long)]
    requires_rows: bool,
    /// Do not compare with the entities; `check --replay` does, and knows accepted differences
    #[arg(long)]
    no_entities: bool,
    /// Allow several heads
    #[arg(long)]
    several_heads: bool,
    /// Only compare the schema with the one that scripts make, which are read as JSON from the standard input:
    /// `seachange import` does this
    #[arg(long, hide = true)]
    scripts: bool,
}

/// Scripts of another tool, and the revisions that were made from them.
#[derive(Debug, Deserialize)]
struct ReplayedScripts {
    /// The last ones.
    revisions: Vec<String>,
    scripts: Vec<MigrationScript>,
}

/// A test: what it shows, and its outcome.
type Outcome = (&'static str, Result<String, TestError>);

impl TestArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        let server = self.server(context)?;
        let scripts = self.scripts()?;
        let outcomes = self.outcomes(context, &server, scripts.as_ref()).await;
        let mut failed = 0;
        for (name, outcome) in outcomes {
            match outcome {
                Ok(done) => context.terminal.print(format!("ok      {name}{done}")),
                Err(error) => {
                    failed += 1;
                    context.terminal.print(format!("FAILED  {name}"));
                    lines(error)?
                        .iter()
                        .for_each(|line| context.terminal.print(format!("        {}", printable::name(line))));
                }
            }
        }
        match failed {
            0 => Ok(Exit::Success),
            1 => Err(Diagnostic::new(Exit::Differs, "1 test failed")),
            failed => Err(Diagnostic::new(Exit::Differs, format!("{failed} tests failed"))),
        }
    }

    /// The database on whose server the test databases are made.
    fn server(&self, context: &Context) -> Result<DatabaseSettings, Diagnostic> {
        match &self.test_url {
            Some(url) => Ok(url.parse::<DatabaseSettings>()?),
            None => Ok(context.settings()?.clone()),
        }
    }

    /// The scripts on the standard input, if they are asked for.
    fn scripts(&self) -> Result<Option<ReplayedScripts>, Diagnostic> {
        if !self.scripts {
            return Ok(None);
        }
        let scripts = serde_json::from_reader(std::io::stdin().lock());
        scripts.map(Some).map_err(|error| Diagnostic::usage(format!("the scripts cannot be read: {error}")))
    }

    async fn outcomes(
        &self,
        context: &Context,
        server: &DatabaseSettings,
        scripts: Option<&ReplayedScripts>,
    ) -> Vec<Outcome> {
        let migrations = context.project.migrations;
        let none = |outcome: Result<(), TestError>| outcome.map(|()| String::new());
        if let Some(ReplayedScripts { revisions, scripts }) = scripts {
            let matched = scripts_match_on(migrations, revisions, scripts, server).await;
            return vec![("schema of the scripts", none(matched))];
        }
        let mut outcomes: Vec<Outcome> = Vec::new();
        if !self.several_heads {
            outcomes.push(("single head", none(single_head(migrations))));
        }
        if let Some(file) = &self.hashes {
            outcomes.push(("sources unchanged", none(sources_unchanged(migrations, file))));
        }
        let stairway = Stairway::new(migrations).on(server.clone());
        let stairway = if self.requires_rows { stairway.requires_rows() } else { stairway };
        let stairway = self.irreversible.iter().fold(stairway, |stairway, id| stairway.irreversible(id));
        let climbed = stairway.run().await.map(|report| {
            for (revision, table, reason) in &report.empty {
                let line = format!("no row could be made for table `{table}` after `{revision}`: {reason}");
                context.terminal.warn(printable::name(&line));
            }
            for fault in &report.refused_rows {
                context.terminal.warn(format!("on tables with rows, {}", printable::lines(&fault.to_string())));
            }
            format!(": {} up, down and up again", describe::revisions(report.revisions))
        });
        outcomes.push(("stairway", climbed));
        if !self.no_entities && !context.project.entities.is_empty() {
            let matched = entities_match_on(migrations, &context.project.entities, server).await;
            outcomes.push(("entities match", none(matched)));
        }
        outcomes
    }
}

/// The lines below a failed test. A server that cannot be reached ends the command.
fn lines(error: TestError) -> Result<Vec<String>, Diagnostic> {
    match error {
        TestError::Connect(error) => Err(hints::database::connect(&error)),
        error => Ok(error.to_string().lines().map(str::to_owned).collect()),
    }
}
