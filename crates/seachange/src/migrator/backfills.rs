//! Backfills that the database knows: listed, run, paused, resumed and cancelled.

use std::sync::Arc;

use super::Migrator;
use crate::backfill::{BackfillReport, BackfillState, BackfillStatus, StoredRun, plan_of_stored, run_stored};
use crate::error::{BackfillError, Error};

impl Migrator {
    /// The backfills that the database knows, in the order in which they began.
    ///
    /// # Errors
    ///
    /// [`Error::Database`].
    pub async fn backfills(&self) -> Result<Vec<BackfillStatus>, Error> {
        self.resolve_location().await?;
        let found = self.store().backfills(&self.connection, self.backend).await;
        found.map_err(Error::database("cannot read the backfills"))
    }

    /// Runs these backfills one after the other, or without names all that are active and that the database knows how to
    /// run, until each is complete or paused. The options are those of
    /// [`RunOptions::backfills`](crate::RunOptions::backfills), and [`stop_handle`](Self::stop_handle) stops between two
    /// batches. Several programs may run the same backfill: they take turns.
    ///
    /// ```no_run
    /// # async fn example(migrator: seachange::Migrator) -> Result<(), seachange::Error> {
    /// // In a service, after the revisions have run, while it serves.
    /// tokio::spawn(async move {
    ///     if let Err(error) = migrator.run_backfills(&[]).await {
    ///         eprintln!("{error}");
    ///     }
    /// });
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Backfill`] with the first reason why one is refused, stops or fails. Its place stays, and a later run goes
    /// on there.
    pub async fn run_backfills(&self, names: &[&str]) -> Result<Vec<BackfillReport>, Error> {
        let mut reports = Vec::new();
        for status in self.chosen_backfills(names).await? {
            reports.push(Box::pin(run_stored(self.stored_run(), &status)).await?);
        }
        Ok(reports)
    }

    /// How the database would find the end of the next batch of a backfill, and change its rows: the statements, each with
    /// the plan of the database. Nothing is changed.
    ///
    /// # Errors
    ///
    /// As [`run_backfills`](Self::run_backfills), before the first batch.
    pub async fn explain_backfill(&self, name: &str) -> Result<Vec<(String, String)>, Error> {
        let chosen = self.chosen_backfills(&[name]).await?;
        let status = chosen.first().ok_or_else(|| BackfillError::Unknown { name: name.to_owned() })?;
        Ok(plan_of_stored(self.stored_run(), status).await?)
    }

    /// Pauses a backfill after the batch that runs, wherever it runs. A revision that runs it waits.
    ///
    /// # Errors
    ///
    /// [`BackfillError::Unknown`]; [`BackfillError::NotIn`] when it is complete or cancelled.
    pub async fn pause_backfill(&self, name: &str) -> Result<(), Error> {
        self.set_backfill_state(name, &[BackfillState::Active, BackfillState::Paused], BackfillState::Paused).await
    }

    /// Lets a backfill go on that was paused or cancelled.
    ///
    /// # Errors
    ///
    /// [`BackfillError::Unknown`]; [`BackfillError::NotIn`] when it is complete.
    pub async fn resume_backfill(&self, name: &str) -> Result<(), Error> {
        let from = [BackfillState::Active, BackfillState::Paused, BackfillState::Cancelled];
        self.set_backfill_state(name, &from, BackfillState::Active).await
    }

    /// Gives a backfill up after the batch that runs. What it has changed stays.
    ///
    /// # Errors
    ///
    /// [`BackfillError::Unknown`]; [`BackfillError::NotIn`] when it is complete.
    pub async fn cancel_backfill(&self, name: &str) -> Result<(), Error> {
        let from = [BackfillState::Active, BackfillState::Paused, BackfillState::Cancelled];
        self.set_backfill_state(name, &from, BackfillState::Cancelled).await
    }

    fn stored_run(&self) -> StoredRun<'_> {
        StoredRun {
            connection: &self.connection,
            backend: self.backend,
            store: self.store().clone(),
            options: self.options.backfills.clone(),
            handler: Arc::clone(&self.handler),
            stop: Arc::clone(self.stop.flag()),
        }
    }

    async fn chosen_backfills(&self, names: &[&str]) -> Result<Vec<BackfillStatus>, Error> {
        let found = self.backfills().await?;
        if names.is_empty() {
            let is_runnable = |status: &BackfillStatus| status.state == BackfillState::Active && status.is_registered;
            return Ok(found.into_iter().filter(is_runnable).collect());
        }
        let named = |name: &&str| {
            let known = found.iter().find(|status| status.name == **name).cloned();
            known.ok_or_else(|| BackfillError::Unknown { name: (*name).to_owned() }.into())
        };
        names.iter().map(named).collect()
    }

    async fn set_backfill_state(&self, name: &str, from: &[BackfillState], to: BackfillState) -> Result<(), Error> {
        let found = self.chosen_backfills(&[name]).await?;
        let changed = self.store().set_backfill_state(&self.connection, name, from, to).await;
        if changed.map_err(Error::database("cannot change the state of the backfill"))? {
            return Ok(());
        }
        let state = found.first().map_or(BackfillState::Complete, |status| status.state);
        Err(BackfillError::NotIn { name: name.to_owned(), state: state.as_str() }.into())
    }
}
