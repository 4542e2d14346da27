//! Captures the downgrade of a revision when it is applied, so that a program without its code can revert it.
//!
//! The code of `down` runs, and its statements are recorded instead of sent, as for an offline script. No database is
//! needed for that, but on SQLite, where an alteration starts from the text of the table: a revision that asks is run on
//! a scratch database in memory, which gets the schema that the connected database has at that moment. A revision that
//! reads rows cannot be captured.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{SubsecRound, Utc};
use sea_orm::DatabaseExecutor;
use seachange_graph::{Direction, Graph, Step};
use tokio::time::timeout;

use super::recorder::RecordedStatement;
#[cfg(feature = "sqlite")]
use super::scratch::ScratchDatabase;
use super::script_session;
#[cfg(feature = "sqlite")]
use super::sqlite_schema;
use crate::alter::offline_scope::Recording;
#[cfg(feature = "mysql")]
use crate::alter::{columns_with_checks, finds_checks};
use crate::backend::Backend;
use crate::backend::dialect::{self, Dialect};
use crate::error::ScriptError;
#[cfg(feature = "sqlite")]
use crate::error::{Error, ScriptErrorKind};
use crate::intercept::CodeOptions;
use crate::revision::Migrations;
use crate::run_context::DowngradeCapture;
#[cfg(feature = "sqlite")]
use crate::runner::is_transactional;
use crate::runner::{StepContext, runs_in_transaction};
use crate::sql::SqlDialect;
use crate::store::{DowngradeObstacle, DowngradeScript, DowngradeStatement, LARGEST, StoredDowngrade};

/// How long the code of one `down` may take. It only records, so more time means that it waits for something.
const PATIENCE: Duration = Duration::from_secs(5);

/// Captures the downgrades of the revisions of a program.
#[derive(Clone)]
pub(crate) struct DowngradeRecorder {
    pub(crate) migrations: &'static Migrations,
    pub(crate) graph: &'static Graph,
    pub(crate) backend: &'static dyn Backend,
    pub(crate) code: CodeOptions,
    /// Whether downgrades are captured at all.
    pub(crate) is_enabled: bool,
    /// What was captured in other databases of a fleet.
    pub(crate) known: Option<Arc<CapturedDowngrades>>,
}

/// Downgrades that were captured in one database, for others with the same schema.
#[derive(Debug, Default)]
pub(crate) struct CapturedDowngrades(Mutex<HashMap<(String, Option<String>), KnownDowngrade>>);

/// What is known of the downgrade of a revision.
#[derive(Debug, Clone)]
enum KnownDowngrade {
    Script(DowngradeScript),
    /// It depends on the schema, of which the key has a hash then.
    #[cfg(feature = "sqlite")]
    NeedsSchema,
}

impl CapturedDowngrades {
    fn get(&self, revision: &str, schema: Option<&str>) -> Option<KnownDowngrade> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&(revision.to_owned(), schema.map(str::to_owned))).cloned()
    }

    fn set(&self, revision: &str, schema: Option<String>, downgrade: KnownDowngrade) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert((revision.to_owned(), schema), downgrade);
    }
}

impl fmt::Debug for DowngradeRecorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DowngradeRecorder").field("is_enabled", &self.is_enabled).finish_non_exhaustive()
    }
}

#[async_trait]
impl DowngradeCapture for DowngradeRecorder {
    async fn capture(&self, session: &DatabaseExecutor<'_>, revision: &str) -> StoredDowngrade {
        let captured = match self.job_of(revision) {
            Ok((step, dialect)) => limited(self.script_of(session, &step, dialect)).await,
            Err(reason) => Err(reason),
        };
        self.stored(revision, captured)
    }
}

impl DowngradeRecorder {
    /// The downgrades of revisions that are recorded without running: they are all applied now, and `applied` lists all
    /// applied revisions, each after those that it needs.
    ///
    /// On SQLite the schema is that after the last revision. So where one of them depends on the schema, the revisions
    /// are reverted on a scratch copy, from the last one on.
    pub(crate) async fn capture_recorded(
        &self,
        session: &DatabaseExecutor<'_>,
        revisions: &[String],
        applied: &[String],
    ) -> Vec<StoredDowngrade> {
        let mut captured = Vec::with_capacity(revisions.len());
        for revision in revisions {
            let script = match self.job_of(revision) {
                Ok((step, dialect)) if self.backend.sql_dialect() == SqlDialect::Sqlite => {
                    let recording = Recording::WithoutColumnChecks;
                    limited(async { Ok(self.script_without_schema(self.job(&step)?, dialect, recording).await?) }).await
                }
                Ok((step, dialect)) => limited(self.script_of(session, &step, dialect)).await,
                Err(reason) => Err(reason),
            };
            captured.push(self.stored(revision, script));
        }
        #[cfg(feature = "sqlite")]
        if self.backend.sql_dialect() == SqlDialect::Sqlite {
            self.capture_from_last(session, &mut captured, applied).await;
        }
        let _ = applied;
        captured
    }

    /// Captures what depends on the schema, on a scratch copy on which the applied revisions are reverted one by one.
    #[cfg(feature = "sqlite")]
    async fn capture_from_last(
        &self,
        session: &DatabaseExecutor<'_>,
        captured: &mut [StoredDowngrade],
        applied: &[String],
    ) {
        let is_missing = |stored: &StoredDowngrade| stored.capture.is_err() && self.job_of(&stored.revision).is_ok();
        let mut missing = captured.iter().filter(|stored| is_missing(stored)).count();
        if missing == 0 {
            return;
        }
        let Ok(schema) = sqlite_schema::read(session).await else { return };
        let Ok(scratch) = ScratchDatabase::with_schema(&schema, &self.code).await else { return };
        for revision in applied.iter().rev() {
            let reverted = match self.job_of(revision) {
                Ok((step, _)) => limited(self.script_on(&scratch, &step)).await,
                Err(reason) => Err(reason),
            };
            let is_lost = reverted.is_err();
            if let Some(stored) = captured.iter_mut().find(|stored| stored.revision == *revision && is_missing(stored))
            {
                *stored = self.stored(revision, reverted);
                missing -= 1;
            }
            if is_lost || missing == 0 {
                break;
            }
        }
        // An error at the end concerns a database that is no longer needed.
        let _ = scratch.close().await;
    }

    /// The step that reverts a revision, or why it cannot be captured.
    fn job_of(&self, revision: &str) -> Result<(Step, &'static dyn Dialect), String> {
        if !self.is_enabled {
            return Err("the program that applied it was told not to store downgrades".to_owned());
        }
        let unknown = || "the program that recorded it did not contain it".to_owned();
        let revision = self.graph.find_step(revision).ok_or_else(unknown)?;
        if !revision.replaces.is_empty() {
            return Err("a squash revision is not reverted".to_owned());
        }
        let dialect = dialect::of_grammar(self.backend.sql_dialect()).ok_or_else(unknown)?;
        Ok((Step::of(Direction::Downgrade, revision), dialect))
    }

    fn job<'s>(&'s self, step: &'s Step) -> Result<StepContext<'s>, String> {
        let job = StepContext::of(step, self.graph, self.migrations);
        job.ok_or_else(|| "the program that recorded it did not contain it".to_owned())
    }

    fn stored(&self, revision: &str, captured: Result<DowngradeScript, String>) -> StoredDowngrade {
        let script = self.migrations.get(revision);
        StoredDowngrade {
            revision: revision.to_owned(),
            message: script.map_or("", |script| script.message).to_owned(),
            source_hash: script.map_or("", |script| script.source_hash).to_owned(),
            system: self.backend.name().to_owned(),
            captured_at: Utc::now().trunc_subsecs(3),
            capture: captured.and_then(short).map_err(DowngradeObstacle::NotCaptured),
        }
    }

    /// The statements, on SQLite for the schema of the connected database.
    async fn script_of(
        &self,
        session: &DatabaseExecutor<'_>,
        step: &Step,
        dialect: &'static dyn Dialect,
    ) -> Result<DowngradeScript, String> {
        let script = self.written_or_known(session, step, dialect).await?;
        #[cfg(feature = "mysql")]
        if self.backend.sql_dialect() == SqlDialect::MySql && lost_check(session, &script).await?.is_some() {
            return self.script_that_keeps_checks(session, step, dialect).await;
        }
        Ok(script)
    }

    /// The statements for a database of MariaDB with checks in the definitions of columns.
    #[cfg(feature = "mysql")]
    async fn script_that_keeps_checks(
        &self,
        session: &DatabaseExecutor<'_>,
        step: &Step,
        dialect: &'static dyn Dialect,
    ) -> Result<DowngradeScript, String> {
        let script = self.script_without_schema(self.job(step)?, dialect, Recording::AnyDatabase).await?;
        match lost_check(session, &script).await? {
            None => Ok(script),
            Some([table, column]) => Err(format!("it would lose the check in the definition of `{table}`.`{column}`")),
        }
    }

    async fn written_or_known(
        &self,
        session: &DatabaseExecutor<'_>,
        step: &Step,
        dialect: &'static dyn Dialect,
    ) -> Result<DowngradeScript, String> {
        match self.known(step, None) {
            Some(KnownDowngrade::Script(script)) => return Ok(script),
            #[cfg(feature = "sqlite")]
            Some(KnownDowngrade::NeedsSchema) => return self.script_with_schema(session, step).await,
            None => {}
        }
        let script = self.script_without_schema(self.job(step)?, dialect, Recording::WithoutColumnChecks).await;
        #[cfg(feature = "sqlite")]
        if script.as_ref().is_err_and(|error| self.may_need_schema(error)) {
            self.remember(step, None, KnownDowngrade::NeedsSchema);
            return self.script_with_schema(session, step).await;
        }
        let _ = session;
        let script = script?;
        self.remember(step, None, KnownDowngrade::Script(script.clone()));
        Ok(script)
    }

    /// The statements for the schema that the connected database has.
    #[cfg(feature = "sqlite")]
    async fn script_with_schema(&self, session: &DatabaseExecutor<'_>, step: &Step) -> Result<DowngradeScript, String> {
        let schema = sqlite_schema::read(session).await;
        let schema = schema.map_err(|error| format!("the schema cannot be read: {error}"))?;
        let hash = self.known.is_some().then(|| sqlite_schema::hash_of_texts(&schema));
        if let Some(KnownDowngrade::Script(script)) = hash.as_deref().and_then(|hash| self.known(step, Some(hash))) {
            return Ok(script);
        }
        let broken = |error: Error| error.to_string();
        let scratch = ScratchDatabase::with_schema(&schema, &self.code).await.map_err(broken)?;
        let script = self.script_on(&scratch, step).await;
        scratch.close().await.map_err(broken)?;
        let script = script?;
        if hash.is_some() {
            self.remember(step, hash, KnownDowngrade::Script(script.clone()));
        }
        Ok(script)
    }

    fn known(&self, step: &Step, schema: Option<&str>) -> Option<KnownDowngrade> {
        self.known.as_ref()?.get(&step.revision, schema)
    }

    fn remember(&self, step: &Step, schema: Option<String>, downgrade: KnownDowngrade) {
        if let Some(known) = &self.known {
            known.set(&step.revision, schema, downgrade);
        }
    }

    /// Whether the code failed because it got no answer to a query, which a scratch database may answer.
    #[cfg(feature = "sqlite")]
    fn may_need_schema(&self, error: &ScriptError) -> bool {
        self.backend.sql_dialect() == SqlDialect::Sqlite && matches!(error.obstacle, ScriptErrorKind::Reads(_))
    }

    /// The statements that the code sends without an answer from a database.
    async fn script_without_schema(
        &self,
        job: StepContext<'_>,
        dialect: &'static dyn Dialect,
        recording: Recording,
    ) -> Result<DowngradeScript, Box<ScriptError>> {
        let in_transaction = runs_in_transaction(self.backend, job.script);
        let statements = script_session::write_down(dialect, job, in_transaction, &self.code, recording).await?;
        Ok(script(job, statements, false, None))
    }

    /// The statements that the code sends to a scratch database, which has the schema that it needs. Afterwards the
    /// revision is reverted there.
    #[cfg(feature = "sqlite")]
    async fn script_on(&self, scratch: &ScratchDatabase, step: &Step) -> Result<DowngradeScript, String> {
        let job = self.job(step)?;
        let schema = sqlite_schema::read(scratch.connection()).await;
        let schema = schema.map_err(|error| format!("the schema cannot be read: {error}"))?;
        let captured = scratch.write_down(job, is_transactional(self.backend, job.script)).await;
        let captured = captured.map_err(|error| match error {
            Error::Uncaptured(error) => String::from(error),
            error => error.to_string(),
        })?;
        let texts = captured.statements.iter().filter_map(RecordedStatement::sql);
        let hash = sqlite_schema::hash_of(&schema, texts);
        Ok(script(job, captured.statements, captured.rebuilds, Some(hash)))
    }
}

/// A column, with its table, to which statements may give another definition without the check that it has now: the code
/// that runs asks the server for it, and the code that is recorded cannot. In doubt a check is lost.
#[cfg(feature = "mysql")]
async fn lost_check(session: &DatabaseExecutor<'_>, script: &DowngradeScript) -> Result<Option<[String; 2]>, String> {
    // As text, because a script prepares statements from texts.
    let texts = script.statements.iter().filter_map(|statement| match statement {
        DowngradeStatement::Sql(text) if !finds_checks(text) => Some(text.to_lowercase()),
        _ => None,
    });
    let redefining: Vec<String> = texts.filter(|text| text.contains("modify") || text.contains("change")).collect();
    if redefining.is_empty() {
        return Ok(None);
    }
    let checked = columns_with_checks(session).await.map_err(|error| format!("checks cannot be read: {error}"))?;
    let is_lost = |names: &&[String; 2]| {
        redefining.iter().any(|text| names.iter().all(|name| text.contains(&name.to_lowercase())))
    };
    Ok(checked.iter().find(is_lost).cloned())
}

/// Runs a capture for as long as code may take that only records.
async fn limited(capture: impl Future<Output = Result<DowngradeScript, String>>) -> Result<DowngradeScript, String> {
    match timeout(PATIENCE, Box::pin(capture)).await {
        Ok(captured) => captured,
        Err(_) => Err(format!("its code takes longer than {} s", PATIENCE.as_secs())),
    }
}

fn script(
    job: StepContext<'_>,
    statements: Vec<RecordedStatement>,
    foreign_keys_off: bool,
    schema_hash: Option<String>,
) -> DowngradeScript {
    DowngradeScript {
        statements: statements.into_iter().map(DowngradeStatement::from).collect(),
        use_transaction: job.script.migration.use_transaction(),
        foreign_keys_off,
        schema_hash,
    }
}

/// Refuses statements that are too long to be stored.
fn short(script: DowngradeScript) -> Result<DowngradeScript, String> {
    let length: usize = script.texts().map(str::len).sum();
    if length > LARGEST { Err(format!("its statements are {} MiB long", length >> 20)) } else { Ok(script) }
}

impl From<Box<ScriptError>> for String {
    /// The reason, with the statement.
    fn from(error: Box<ScriptError>) -> Self {
        let ScriptError { obstacle, statement, .. } = *error;
        statement.map_or_else(|| obstacle.to_string(), |statement| format!("{obstacle}: {statement}"))
    }
}

impl From<RecordedStatement> for DowngradeStatement {
    fn from(statement: RecordedStatement) -> Self {
        match statement {
            RecordedStatement::Sql(text) => Self::Sql(text),
            RecordedStatement::Begin { .. } => Self::Begin,
            RecordedStatement::Commit { .. } => Self::Commit,
            RecordedStatement::Rollback { .. } => Self::Rollback,
        }
    }
}
