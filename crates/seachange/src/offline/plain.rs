//! The statements of revisions without those of the record, for people who read them.

use super::ScriptWriter;
use super::recorder::RecordedStatement;
use crate::alter::offline_scope::Recording;
#[cfg(feature = "sqlite")]
use crate::error::Error;

/// The statements that a revision sends, or why they cannot be written.
pub(crate) type PlainStatements = Result<Vec<String>, String>;

impl ScriptWriter<'_> {
    /// The statements as they stand in a script.
    fn texts(&self, statements: &[RecordedStatement]) -> Vec<String> {
        statements.iter().map(|statement| statement.script_text(self.dialect)).collect()
    }

    /// The statements that each of some revisions sends when it is applied. The revisions `below` are applied before;
    /// both lists are in the order in which revisions run, by their ids.
    pub(crate) async fn statements(&self, below: &[&str], revisions: &[&str]) -> Vec<PlainStatements> {
        #[cfg(feature = "sqlite")]
        if self.dialect.rebuild().is_some() {
            return match self.statements_on_scratch(below, revisions).await {
                Ok(statements) => statements,
                Err(error) => revisions.iter().map(|_| Err(error.to_string())).collect(),
            };
        }
        let _ = below;
        let mut statements = Vec::new();
        for step in revisions.iter().filter_map(|id| self.upgrade_of(id)) {
            let Some(job) = self.job(&step) else { continue };
            let written = self.write_down(job, Recording::WithoutColumnChecks).await;
            statements.push(written.map(|all| self.texts(&all)).map_err(|error| error.obstacle.to_string()));
        }
        statements
    }

    /// As [`statements`](Self::statements), where the statements depend on the schema. After a revision that cannot be
    /// written, the schema is not known.
    #[cfg(feature = "sqlite")]
    async fn statements_on_scratch(&self, below: &[&str], revisions: &[&str]) -> Result<Vec<PlainStatements>, Error> {
        let scratch = self.scratch_after(below).await?;
        let mut statements: Vec<PlainStatements> = Vec::new();
        let mut failed: Option<String> = None;
        for step in revisions.iter().filter_map(|id| self.upgrade_of(id)) {
            let Some(job) = self.job(&step) else { continue };
            statements.push(match &failed {
                Some(revision) => Err(format!("`{revision}` before it cannot be written")),
                None => match scratch.write_down(job, self.is_transactional(job)).await {
                    Ok(written) => Ok(self.texts(&written.statements)),
                    Err(error) => {
                        failed = Some(step.revision.clone());
                        Err(match error {
                            Error::Uncaptured(script) => script.obstacle.to_string(),
                            error => error.to_string(),
                        })
                    }
                },
            });
        }
        scratch.close().await?;
        Ok(statements)
    }
}
