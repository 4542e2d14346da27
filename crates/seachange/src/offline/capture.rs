//! Writes the steps of a plan into a script, each with its row in the record.

use seachange_graph::{Direction, Step};

use super::ScriptWriter;
use super::recorder::RecordedStatement;
#[cfg(feature = "sqlite")]
use super::scratch::ScratchDatabase;
use super::script_session;
use super::writer::ScriptText;
use crate::alter::offline_scope::Recording;
use crate::error::{Error, ScriptError};
use crate::runner::{StepContext, is_transactional, runs_in_transaction};
use crate::session::{changes_role, switches_foreign_keys, touches_session};
use crate::sql::{self, SqlDialect, StatementFacts};

/// The statements that a revision sends, and whether it needs foreign keys off.
pub(super) struct CapturedRevision {
    pub(super) statements: Vec<RecordedStatement>,
    /// Whether the revision rebuilds tables with foreign keys off.
    pub(super) rebuilds: bool,
}

impl CapturedRevision {
    /// The facts about all statements.
    fn facts(&self, dialect: SqlDialect) -> Vec<StatementFacts> {
        let text = |statement: &RecordedStatement| match statement {
            RecordedStatement::Sql(text) => sql::read(text, dialect),
            _ => Vec::new(),
        };
        self.statements.iter().flat_map(text).collect()
    }
}

impl ScriptWriter<'_> {
    /// Writes the steps of a plan for a database on which `start` is applied.
    pub(super) async fn capture(&self, start: &[String], steps: &[Step], writer: &mut ScriptText) -> Result<(), Error> {
        #[cfg(feature = "sqlite")]
        if self.dialect.rebuild().is_some() {
            let scratch = self.scratch_after(start).await?;
            for (index, job) in steps.iter().filter_map(|step| self.job(step)).enumerate() {
                let written = scratch.write_down(job, self.is_transactional(job)).await?;
                self.put(writer, job, &written)?;
                self.put_reset(writer, &written, index + 1 == steps.len());
            }
            return scratch.close().await;
        }
        let _ = start;
        for (index, job) in steps.iter().filter_map(|step| self.job(step)).enumerate() {
            let statements = self.write_down(job, Recording::AnyDatabase).await?;
            let written = CapturedRevision { statements, rebuilds: false };
            self.put(writer, job, &written)?;
            self.put_reset(writer, &written, index + 1 == steps.len());
        }
        Ok(())
    }

    /// A scratch database on which some revisions are applied.
    #[cfg(feature = "sqlite")]
    pub(super) async fn scratch_after(&self, applied: &[impl AsRef<str>]) -> Result<ScratchDatabase, Error> {
        let scratch = ScratchDatabase::open(self.dialect, self.settings, self.backend, &self.store, &self.code).await?;
        for step in applied.iter().filter_map(|id| self.upgrade_of(id.as_ref())) {
            if let Some(job) = self.job(&step) {
                scratch.replay(job, self.is_transactional(job)).await?;
            }
        }
        Ok(scratch)
    }

    /// The statements of a revision, without a database.
    pub(super) async fn write_down(
        &self,
        job: StepContext<'_>,
        recording: Recording,
    ) -> Result<Vec<RecordedStatement>, Box<ScriptError>> {
        let in_transaction = runs_in_transaction(self.backend, job.script);
        script_session::write_down(self.dialect, job, in_transaction, &self.code, recording).await
    }

    pub(super) fn job<'s>(&'s self, step: &'s Step) -> Option<StepContext<'s>> {
        StepContext::of(step, self.graph, self.migrations)
    }

    #[cfg(any(feature = "sqlite", feature = "cli"))]
    pub(super) fn upgrade_of(&self, id: &str) -> Option<Step> {
        self.graph.get(id).map(|revision| Step::of(Direction::Upgrade, revision))
    }

    /// Whether a revision and its row commit together.
    pub(super) fn is_transactional(&self, job: StepContext<'_>) -> bool {
        is_transactional(self.backend, job.script)
    }

    /// Writes one revision into the script.
    fn put(&self, writer: &mut ScriptText, job: StepContext<'_>, written: &CapturedRevision) -> Result<(), Error> {
        let verb = job.step.direction;
        writer.comment(&format!("Running {verb} {}, {}", job.step.route(), job.script.message));
        if self.is_transactional(job) {
            self.put_transaction(writer, job, written)
        } else {
            self.put_journalled(writer, job, written)
        }
    }

    /// Resets the session after a revision that may have changed its settings, so that they do not affect the next
    /// revision.
    fn put_reset(&self, writer: &mut ScriptText, written: &CapturedRevision, is_last: bool) {
        let facts = written.facts(self.backend.sql_dialect());
        let resets = if is_last || !touches_session(&facts) { Vec::new() } else { self.dialect.reset(&facts) };
        if resets.is_empty() {
            return;
        }
        writer.comment("The revision changed its session: the next one starts without that");
        resets.iter().chain(&self.preamble()).for_each(|statement| writer.statement(statement));
    }

    /// Writes a revision and its row in one transaction.
    fn put_transaction(
        &self,
        writer: &mut ScriptText,
        job: StepContext<'_>,
        written: &CapturedRevision,
    ) -> Result<(), Error> {
        let facts = written.facts(self.backend.sql_dialect());
        // As the runner does it; inside of the transaction, the `PRAGMA` of the revision does nothing.
        let rebuild = self.dialect.rebuild().filter(|_| written.rebuilds || switches_foreign_keys(&facts));
        if let Some(rebuild) = rebuild {
            rebuild.before.iter().for_each(|statement| writer.statement(statement));
        }
        writer.statement(self.dialect.begin());
        if let Some(guard) = self.guard(job)? {
            writer.text(&guard);
        }
        self.put_statements(writer, written);
        if let Some(rebuild) = rebuild {
            rebuild.purpose.iter().for_each(|line| writer.comment(line));
            rebuild.check.iter().for_each(|statement| writer.statement(statement));
        }
        if changes_role(&facts) {
            self.backend.own_role().split("; ").filter(|role| !role.is_empty()).for_each(|role| writer.statement(role));
        }
        writer.text(&match job.step.direction {
            Direction::Upgrade => self.ledger().insert_applied(job.revision)?,
            Direction::Downgrade => self.ledger().delete(&job.step.revision)?,
        });
        writer.statement("COMMIT");
        if let Some(rebuild) = rebuild {
            rebuild.after.iter().for_each(|statement| writer.statement(statement));
        }
        Ok(())
    }

    fn put_statements(&self, writer: &mut ScriptText, written: &CapturedRevision) {
        written.statements.iter().for_each(|statement| writer.text(&statement.script_text(self.dialect)));
    }

    /// Writes a revision that cannot run in a transaction: before it runs, the record says that it was begun.
    fn put_journalled(
        &self,
        writer: &mut ScriptText,
        job: StepContext<'_>,
        written: &CapturedRevision,
    ) -> Result<(), Error> {
        let (ledger, revision) = (self.ledger(), &job.step.revision);
        let (first, last) = match job.step.direction {
            Direction::Upgrade => (ledger.insert_begun(job.revision)?, ledger.complete(revision)?),
            Direction::Downgrade => (ledger.begin_downgrade(revision)?, ledger.delete(revision)?),
        };
        writer.text(&first);
        if has_own_transaction(job) {
            writer.statement(self.dialect.begin());
        }
        self.put_statements(writer, written);
        if has_own_transaction(job) {
            writer.statement("COMMIT");
        }
        writer.text(&last);
        Ok(())
    }

    /// A statement that stops the script if the database is not where the step starts, for example after a failed
    /// step. For an upgrade everything below must be applied; for a downgrade nothing above.
    fn guard(&self, job: StepContext<'_>) -> Result<Option<String>, Error> {
        let revision = &job.step.revision;
        match job.step.direction {
            Direction::Upgrade => {
                let below = [job.revision.down_revision.as_slice(), &job.revision.depends_on].concat();
                let complaint = format!("what {revision} comes after is not applied");
                self.ledger().guard(&below, below.len(), &complaint)
            }
            Direction::Downgrade => {
                let above = self.graph.children(revision).chain(self.graph.dependants(revision));
                let above: Vec<String> = above.map(|above| above.id.clone()).collect();
                self.ledger().guard(&above, 0, &format!("what comes after {revision} is still applied"))
            }
        }
    }
}

/// Whether a revision requests a transaction although its row cannot be part of one.
fn has_own_transaction(job: StepContext<'_>) -> bool {
    job.script.migration.use_transaction() == Some(true)
}
