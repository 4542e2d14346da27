//! The ways to change what is applied.

use chrono::Utc;
use sea_orm::{DbErr, TransactionTrait};
use seachange_graph::{Plan, StampPlan, Target};

use super::{Migrator, Record};
use crate::error::Error;
use crate::report::Report;
use crate::runner::Runner;
use crate::store::{Row, State};

impl Migrator {
    /// Upgrades to a target: `heads`, `head`, `+N`, or a revision by its id or the beginning of it.
    ///
    /// # Errors
    ///
    /// [`Error::Target`] and [`Error::Plan`] for a target that cannot be reached; [`Error::Failed`] when a revision
    /// fails; otherwise as [`pending`](Self::pending).
    pub async fn upgrade(&self, target: &str) -> Result<Report, Error> {
        let target: Target = target.parse()?;
        let record = self.read().await?;
        let plan = self.graph.upgrade(&record.applied(&self.graph)?, &target)?;
        self.run(&record, &plan).await
    }

    /// Downgrades to a target: `base`, `-N`, or a revision by its id or the beginning of it, which stays applied.
    ///
    /// # Errors
    ///
    /// As [`upgrade`](Self::upgrade).
    pub async fn downgrade(&self, target: &str) -> Result<Report, Error> {
        let target: Target = target.parse()?;
        let record = self.read().await?;
        let plan = self.graph.downgrade(&record.applied(&self.graph)?, &target)?;
        self.run(&record, &plan).await
    }

    async fn run(&self, record: &Record, plan: &Plan) -> Result<Report, Error> {
        if !plan.is_empty() {
            self.prepare(record).await?;
        }
        let runner = Runner {
            connection: &self.connection,
            backend: self.backend,
            store: &self.store,
            recorder: &self.recorder,
            migrations: self.migrations,
            stop: &self.stop,
        };
        Ok(runner.run(plan).await?)
    }

    /// Makes sure that the database can be written, and makes the table of applied revisions where it is not there.
    async fn prepare(&self, record: &Record) -> Result<(), Error> {
        let writable = self.backend.check_writable(&self.connection).await;
        writable.map_err(Error::database("cannot write to the database"))?;
        if record.has_table {
            return Ok(());
        }
        let created = self.store.create(&self.connection, self.backend).await;
        created.map_err(Error::database("cannot create the table of applied revisions"))
    }

    /// Records that the database stands at a target, without running anything: what is below it counts as applied,
    /// what is above it as not, and other branches stay. That holds for a revision that an interrupted run left, too.
    /// Gaps below the target are filled.
    ///
    /// # Errors
    ///
    /// As [`upgrade`](Self::upgrade), but for failing revisions.
    pub async fn stamp(&self, target: &str) -> Result<StampPlan, Error> {
        let target: Target = target.parse()?;
        let record = self.read().await?;
        let plan = self.graph.stamp(&record.applied_with_gaps(&self.graph)?, &target)?;
        // What the target says of an interrupted revision: applied when it is below, nothing when it is elsewhere.
        let finished = record.without_interrupted().applied_with_gaps(&self.graph)?;
        let below = self.graph.stamp(&finished, &target)?.add;
        let settled: Vec<Row> = interrupted(&record).filter(|row| below.contains(&row.revision)).cloned().collect();
        self.prepare(&record).await?;
        let written = self.write_stamp(&plan, settled).await;
        written.map_err(Error::database("cannot write which revisions are applied"))?;
        Ok(plan)
    }

    async fn write_stamp(&self, plan: &StampPlan, settled: Vec<Row>) -> Result<(), DbErr> {
        let transaction = self.connection.begin_with_options(self.backend.transaction_options()).await?;
        for id in &plan.remove {
            self.store.delete(&transaction, id).await?;
        }
        for script in plan.add.iter().filter_map(|id| self.script(id)) {
            let program = self.migrations.program();
            let row = Row::started(&script.revision, script.source_hash, State::Applied, program);
            self.store.insert(&transaction, &Row { finished_at: Some(Utc::now()), ..row }).await?;
        }
        for row in settled {
            let row = Row { state: State::Applied, finished_at: Some(Utc::now()), ..row };
            self.store.update(&transaction, &row).await?;
        }
        transaction.commit().await
    }

    /// Drops every table, view and type in the current schema, whoever made it.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] with what the database said. On MySQL and MariaDB the tables before it are gone then.
    pub async fn drop_everything(&self) -> Result<(), Error> {
        let dropped = self.backend.drop_everything(&self.connection).await;
        dropped.map_err(Error::database("cannot drop everything"))
    }
}

fn interrupted(record: &Record) -> impl Iterator<Item = &Row> {
    record.rows.iter().filter(|row| row.state != State::Applied)
}
