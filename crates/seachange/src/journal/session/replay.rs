//! Answers the statements of an interrupted revision from its journal.

use sea_orm::{DbErr, QueryResult, Statement};

use super::JournalledSession;
use crate::backend::TableFacts;
use crate::journal::JournalEntry;
use crate::journal::reads::{self, Replay};
use crate::sql::{StatementFacts, StatementKind};

impl JournalledSession {
    /// The entry of the next statement, if it is finished.
    pub(super) async fn next_replayed(
        &mut self,
        statement: &Statement,
        facts: &[StatementFacts],
    ) -> Result<Option<JournalEntry>, DbErr> {
        self.number += 1;
        let Some(entry) = self.past.remove(&self.number) else {
            self.check_ignored_failure(statement)?;
            self.check_session(statement, facts)?;
            return Ok(None);
        };
        if !entry.is_same(statement) {
            return Err(self.diverge(&format!(
                "statement {} differs from the one that ran before: `{}` then, `{}` now",
                entry.number, entry.sql, statement.sql
            )));
        }
        self.check_gap()?;
        self.check_answerable(&entry, facts).await?;
        self.finished += 1;
        Ok(Some(entry))
    }

    /// Refuses a statement that has no entry while later ones have: it failed, and the code went on. It might succeed now.
    /// Inside of a transaction it may also have been rolled back together with the transaction, which the code does again
    /// then: it is refused at the next statement of the transaction that has an entry, or at its commit.
    fn check_ignored_failure(&mut self, statement: &Statement) -> Result<(), DbErr> {
        if !self.past.keys().any(|later| *later > self.number) {
            return Ok(());
        }
        let (number, sql) = self.gap.get_or_insert_with(|| (self.number, statement.sql.clone())).clone();
        if self.is_in_transaction() && !self.is_committed {
            return Ok(());
        }
        self.gap = None;
        Err(self.diverge(&format!(
            "statement {number} failed before, which the code ignored, and it cannot be known whether it would fail now: `{sql}`"
        )))
    }

    /// Refuses to go on in a transaction of which one statement has no entry and a later one has.
    pub(super) fn check_gap(&mut self) -> Result<(), DbErr> {
        let Some((number, sql)) = self.gap.take() else { return Ok(()) };
        Err(self.diverge(&format!(
            "statement {number} failed before, or was rolled back without later ones, and it cannot be known whether it \
             would fail or do the same now: `{sql}`"
        )))
    }

    /// Refuses to answer a statement from the journal if it may have left state in its session that is needed later.
    async fn check_answerable(&mut self, entry: &JournalEntry, facts: &[StatementFacts]) -> Result<(), DbErr> {
        let is_certain = |facts: &StatementFacts| facts.is_understood || facts.kind == StatementKind::Schema;
        if facts.len() == 1 && facts.iter().all(is_certain) {
            return self.check_triggers(entry, facts).await;
        }
        Err(self.diverge(&format!(
            "statement {} may have left state in its session, which has ended: `{}`",
            entry.number, entry.sql
        )))
    }

    /// Triggers may leave state in the session as well.
    async fn check_triggers(&mut self, entry: &JournalEntry, facts: &[StatementFacts]) -> Result<(), DbErr> {
        let rows = facts.iter().filter(|facts| facts.kind == StatementKind::Rows);
        for table in rows.flat_map(|facts| facts.writes.clone()) {
            if !self.table(&table).await?.has_known_triggers {
                return Err(self.diverge(&format!(
                    "statement {} may have left state in its session, which has ended, by a trigger of `{table}`: `{}`",
                    entry.number, entry.sql
                )));
            }
        }
        Ok(())
    }

    pub(super) async fn table(&mut self, name: &str) -> Result<TableFacts, DbErr> {
        if let Some(known) = self.tables.get(name) {
            return Ok(*known);
        }
        let facts = self.backend.table_facts(&self.live.executor(), name).await?;
        self.tables.insert(name.to_owned(), facts);
        Ok(facts)
    }

    pub(super) fn diverge(&mut self, text: &str) -> DbErr {
        self.divergence.insert(DbErr::Custom(text.to_owned())).clone()
    }

    /// Sets the reads that are expected before the next finished statement.
    pub(super) fn expect_reads(&mut self) {
        let next = self.past.values().filter(|entry| entry.number > self.number).min_by_key(|entry| entry.number);
        let recorded = next.map(|entry| reads::parse(entry.reads.as_deref()).unwrap_or_default());
        self.reads.expect(recorded);
    }

    /// Answers a finished statement from the journal, after checking that the code has sent all queries before it.
    pub(super) fn answered(&mut self, entry: &JournalEntry) -> Result<(), DbErr> {
        if self.reads.has_more() {
            return Err(self.diverge(&format!(
                "the code does not send a query that it sent before statement {}: `{}`",
                entry.number, entry.sql
            )));
        }
        self.expect_reads();
        Ok(())
    }

    /// The rows that a statement with changes returned.
    pub(super) async fn recalled_rows(
        &mut self,
        entry: &JournalEntry,
        statement: Statement,
    ) -> Result<Vec<QueryResult>, DbErr> {
        let own = self.reads.last().filter(|read| read.is_same(&statement));
        let Some(own) = own else {
            return Err(self.diverge(&format!("the rows that statement {} gave are not in the journal", entry.number)));
        };
        let replayed = own.replay(self.backend.sql_dialect(), &self.side, &self.live.executor()).await?;
        let Replay::Rows(rows) = replayed else {
            return Err(self.diverge(&format!("the rows that statement {} gave are not in the journal", entry.number)));
        };
        self.answered(entry)?;
        Ok(rows)
    }
}
