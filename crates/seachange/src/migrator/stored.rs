//! Downgrades that are stored in the database: the way back from revisions of a newer program.
//!
//! A program that does not have the code of an applied revision gets it from the table of stored downgrades: a second
//! `Migrator` is made whose revisions are those of the program and the unknown ones. Their code sends the stored
//! statements. Everything else, from the plan to the journal, is as for any revision.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DbErr, Statement, TransactionTrait};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use seachange_graph::{AppliedError, Direction, Plan, Step};

use super::{Migrator, run};
use crate::alter::rebuild_scope;
use crate::error::{DowngradeRefusal, Error};
use crate::lease::LeaseSlot;
use crate::limits::Deadline;
use crate::offline::downgrade::DowngradeRecorder;
#[cfg(feature = "sqlite")]
use crate::offline::sqlite_schema;
use crate::record::RevisionRecord;
use crate::report::Report;
use crate::revision::{Migrations, RegisteredRevision, Revision};
use crate::run_context::WaitClock;
use crate::sql::SqlDialect;
use crate::store::{DowngradeScript, DowngradeStatement, RevisionRow, StoredDowngrade};

const READING: &str = "cannot read the stored downgrades";

/// An applied revision that only the database knows.
pub(super) struct UnknownRevision {
    /// Its row when the downgrade was read.
    row: RevisionRow,
    /// The downgrade, or why it cannot run.
    downgrade: Result<StoredDowngrade, DowngradeRefusal>,
}

impl Migrator {
    /// The stored downgrade of an applied revision, known to the program or not; `None` when none is stored. Read only.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub async fn stored_downgrade(&self, revision: &str) -> Result<Option<StoredDowngrade>, Error> {
        let stored = self.stored_downgrades().await?;
        Ok(stored.into_iter().find(|downgrade| downgrade.revision == revision))
    }

    /// The stored downgrades of all applied revisions, in no particular order. Read only.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub async fn stored_downgrades(&self) -> Result<Vec<StoredDowngrade>, Error> {
        let record = self.read().await?;
        let stored = self.store().stored_downgrades(&self.connection, self.backend).await;
        let mut stored = stored.map_err(Error::database(READING))?;
        stored.retain(|downgrade| record.row(&downgrade.revision).is_some());
        Ok(stored)
    }

    /// A migrator for the same database that also has the applied revisions of a newer program, with their stored
    /// downgrades as code; `None` when the database is not ahead of the program. Read only.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub async fn with_stored_downgrades(&self) -> Result<Option<Self>, Error> {
        let record = self.read().await?;
        match self.graph.applied_with_gaps(record.rows.iter().map(|row| (row.revision.as_str(), row.pointers()))) {
            Err(AppliedError::Ahead { unknown }) => self.extended(&record, &unknown).await.map(Some),
            _ => Ok(None),
        }
    }

    /// The stored downgrades that the steps of a plan would run, in their order. Empty for a migrator without
    /// [stored downgrades](Self::with_stored_downgrades).
    pub fn stored_downgrades_in<'a>(&'a self, plan: &'a Plan) -> impl Iterator<Item = &'a StoredDowngrade> {
        let of = |step: &Step| self.unknown.iter().find(|unknown| unknown.row.revision == step.revision);
        plan.steps.iter().filter_map(of).filter_map(|unknown| unknown.downgrade.as_ref().ok())
    }

    /// The revisions of a newer program that a downgrade to those of this program would revert, last first.
    pub(super) fn plan_of_unknown(&self, record: &RevisionRecord) -> Result<Plan, Error> {
        let is_unknown = |id: &str| self.unknown.iter().any(|unknown| unknown.row.revision == id);
        let steps: Vec<Step> = self
            .graph
            .iter()
            .filter(|revision| is_unknown(&revision.id) && record.row(&revision.id).is_some())
            .map(|revision| Step::of(Direction::Downgrade, revision))
            .collect();
        record.applied_allowing_gaps(self.graph)?;
        self.check_stored(record, Plan { steps: steps.into_iter().rev().collect() })
    }

    /// Reverts the revisions of a newer program by their stored downgrades; nothing when none is unknown.
    pub(super) async fn revert_unknown(&self) -> Result<Report, Error> {
        let Some(extended) = self.with_stored_downgrades().await? else { return Ok(Report::default()) };
        let others = super::OtherRecordPolicy::Ignore;
        let plan =
            |record: &RevisionRecord| Ok((extended.plan_of_unknown(record)?, crate::report::Warnings::default()));
        run::run(&extended, others, plan).await
    }

    /// Refuses a plan that reverts a revision whose downgrade is not stored or cannot run, or that was applied anew
    /// since the downgrade was read.
    pub(super) fn check_stored(&self, record: &RevisionRecord, plan: Plan) -> Result<Plan, Error> {
        for step in &plan.steps {
            let Some(unknown) = self.unknown.iter().find(|unknown| unknown.row.revision == step.revision) else {
                continue;
            };
            let refused =
                |reason| Error::NoStoredDowngrade { revision: step.revision.clone(), reason: Box::new(reason) };
            if let Err(reason) = &unknown.downgrade {
                return Err(refused(reason.clone()));
            }
            let is_same =
                |row: &RevisionRow| row.program == unknown.row.program && row.started_at == unknown.row.started_at;
            if record.row(&step.revision).is_some_and(|row| row.is_applied() && !is_same(row)) {
                return Err(refused(DowngradeRefusal::AppliedAnew));
            }
        }
        Ok(plan)
    }

    /// Stores the downgrades of revisions that are recorded as applied without running, in the transaction that records
    /// them.
    pub(super) async fn store_downgrades<'r>(
        &self,
        transaction: &sea_orm::DatabaseTransaction,
        revisions: impl Iterator<Item = &'r str>,
    ) -> Result<(), DbErr> {
        let revisions: Vec<String> = revisions.map(str::to_owned).collect();
        if revisions.is_empty() {
            return Ok(());
        }
        let rows = self.store().rows(transaction).await?;
        let is_applied = |id: &str| rows.iter().any(|row| row.revision == id);
        let applied: Vec<String> =
            self.graph.iter().map(|revision| revision.id.clone()).filter(|id| is_applied(id)).collect();
        for downgrade in self.capture.capture_recorded(&transaction.into(), &revisions, &applied).await {
            transaction.execute_unprepared(&self.store().downgrade_text(self.backend, &downgrade)).await?;
        }
        Ok(())
    }

    async fn extended(&self, record: &RevisionRecord, unknown: &[String]) -> Result<Self, Error> {
        let stored = self.store().stored_downgrades(&self.connection, self.backend).await;
        let stored = stored.map_err(Error::database(READING))?;
        let rows = record.rows.iter().filter(|row| unknown.contains(&row.revision));
        let unknown: Vec<UnknownRevision> = rows
            .map(|row| {
                let downgrade = stored.iter().find(|stored| stored.revision == row.revision);
                UnknownRevision { row: row.clone(), downgrade: usable(self.backend.name(), row, downgrade) }
            })
            .collect();
        let known = self.migrations.scripts().iter().map(|script| RegisteredRevision {
            revision: script.revision,
            message: script.message,
            folder: script.folder,
            file: script.file,
            source_hash: script.source_hash,
            migration: script.migration,
        });
        let scripts: Vec<RegisteredRevision> = known.chain(unknown.iter().map(registered)).collect();
        // The code of a revision lives as long as the program, and so does what stands in its place. A program reverts
        // the revisions of a newer one rarely, and each a few kilobytes long.
        let migrations: &'static Migrations =
            Box::leak(Box::new(Migrations::new(self.migrations.program(), Box::leak(scripts.into_boxed_slice()))));
        let graph = migrations.graph()?;
        let (options, handler) = (self.options.clone(), Arc::clone(&self.handler));
        Ok(Self {
            migrations,
            graph,
            connection: self.connection.clone(),
            backend: self.backend,
            store: self.store.clone(),
            located: self.located.get().map_or_else(OnceLock::new, |located| OnceLock::from(located.clone())),
            source: self.source.clone(),
            lock_connection: tokio::sync::OnceCell::new(),
            handler,
            deadline: Arc::new(Deadline::new(options.limits.statement_limit())),
            capture: DowngradeRecorder { migrations, graph, known: None, ..self.capture.clone() },
            options,
            participant: None,
            known: None,
            first_turn: self.first_turn.clone(),
            waited: WaitClock::default(),
            check: None,
            rebuilds: Arc::default(),
            stop: self.stop.clone(),
            _pinned: None,
            lease: LeaseSlot::default(),
            is_locked: std::sync::atomic::AtomicBool::new(false),
            unknown,
        })
    }
}

/// The stored downgrade of a row, or why it cannot run on a database of this system.
fn usable(
    system: &'static str,
    row: &RevisionRow,
    stored: Option<&StoredDowngrade>,
) -> Result<StoredDowngrade, DowngradeRefusal> {
    let Some(stored) = stored else { return Err(DowngradeRefusal::NotStored) };
    if stored.system != system {
        return Err(DowngradeRefusal::OtherSystem { stored: stored.system.clone(), system });
    }
    if stored.source_hash != row.source_hash {
        return Err(DowngradeRefusal::OtherCode);
    }
    match &stored.capture {
        Ok(_) => Ok(stored.clone()),
        Err(obstacle) => Err(DowngradeRefusal::Obstacle(obstacle.clone())),
    }
}

/// The revision of a row as one of a program.
fn registered(unknown: &UnknownRevision) -> RegisteredRevision {
    let row = &unknown.row;
    let text = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
    let list = |ids: &[String]| -> &'static [&'static str] { Box::leak(ids.iter().map(|id| text(id)).collect()) };
    let stored = unknown.downgrade.as_ref().ok();
    let script = stored.and_then(|stored| stored.capture.as_ref().ok()).cloned();
    RegisteredRevision {
        revision: Revision {
            id: text(&row.revision),
            down_revision: list(&row.down_revision),
            depends_on: list(&row.depends_on),
            ..Revision::ROOT
        },
        message: text(stored.map_or("", |stored| &stored.message)),
        folder: "",
        file: "the stored downgrade",
        source_hash: text(&row.source_hash),
        migration: Box::leak(Box::new(StoredCode { name: row.revision.clone(), script })),
    }
}

/// The code of a revision that only the database knows: its downgrade sends the stored statements.
struct StoredCode {
    name: String,
    script: Option<DowngradeScript>,
}

impl MigrationName for StoredCode {
    fn name(&self) -> &str {
        &self.name
    }
}

#[async_trait]
impl MigrationTrait for StoredCode {
    fn use_transaction(&self) -> Option<bool> {
        self.script.as_ref().and_then(|script| script.use_transaction)
    }

    async fn up(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("only its downgrade is stored".to_owned()))
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let Some(script) = &self.script else {
            return Err(DbErr::Migration("its downgrade is not stored".to_owned()));
        };
        if SqlDialect::of(manager.get_database_backend()) == SqlDialect::Sqlite {
            check_sqlite(manager, script).await?;
        }
        send(manager, &script.statements).await
    }
}

/// Checks that the tables are as they were when the statements were captured, and asks the runner to switch foreign keys
/// off where the statements need that.
async fn check_sqlite(manager: &SchemaManager<'_>, script: &DowngradeScript) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    #[cfg(feature = "sqlite")]
    if let Some(expected) = &script.schema_hash {
        let schema = sqlite_schema::read(connection).await?;
        if sqlite_schema::hash_of(&schema, script.texts()) != *expected {
            let text = "the tables are not as they were when this downgrade was captured; it would undo other changes";
            return Err(DbErr::Custom(text.to_owned()));
        }
    }
    if script.foreign_keys_off {
        let pragma = Statement::from_string(manager.get_database_backend(), "PRAGMA foreign_keys");
        let row = connection.query_one_raw(pragma).await?;
        if row.map(|row| row.try_get_by_index::<i64>(0)).transpose()? == Some(1) {
            rebuild_scope::report();
            return Err(DbErr::Custom("a table is rebuilt with foreign keys off".to_owned()));
        }
    }
    Ok(())
}

/// Sends the statements in order.
async fn send(manager: &SchemaManager<'_>, statements: &[DowngradeStatement]) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let mut open = Vec::new();
    for statement in statements {
        match statement {
            DowngradeStatement::Sql(text) => match open.last() {
                Some(transaction) => sent(transaction, text).await?,
                None => sent(connection, text).await?,
            },
            DowngradeStatement::Begin => {
                let begun = match open.last() {
                    Some(transaction) => begin_in(transaction).await?,
                    None => connection.begin().await?,
                };
                open.push(begun);
            }
            DowngradeStatement::Commit => {
                if let Some(transaction) = open.pop() {
                    transaction.commit().await?;
                }
            }
            DowngradeStatement::Rollback => {
                if let Some(transaction) = open.pop() {
                    transaction.rollback().await?;
                }
            }
        }
    }
    Ok(())
}

async fn begin_in(transaction: &sea_orm::DatabaseTransaction) -> Result<sea_orm::DatabaseTransaction, DbErr> {
    transaction.begin().await
}

async fn sent(connection: &impl ConnectionTrait, text: &str) -> Result<(), DbErr> {
    connection.execute_unprepared(text).await.map(drop)
}
