//! The statements of a script that keep the record.

use sea_orm::{Statement, StatementBuilder};
use seachange_graph::Revision;

use super::render::render;
use crate::backend::Backend;
use crate::backend::dialect::Dialect;
use crate::error::Error;
use crate::revision::Migrations;
use crate::store::{RevisionRow, RevisionRowState, RevisionStore};

/// Writes the record of one program in one table.
#[derive(Clone, Copy)]
pub(super) struct RevisionTableSql<'a> {
    pub(super) dialect: &'static dyn Dialect,
    pub(super) store: &'a RevisionStore,
    pub(super) migrations: &'static Migrations,
}

impl RevisionTableSql<'_> {
    pub(super) fn create_table(&self, backend: &dyn Backend) -> Result<String, Error> {
        self.write(&self.store.definition(backend))
    }

    pub(super) fn insert_applied(&self, revision: &Revision) -> Result<String, Error> {
        self.insert(revision, RevisionRowState::Applied, self.migrations.program())
    }

    pub(super) fn insert_begun(&self, revision: &Revision) -> Result<String, Error> {
        self.insert(revision, RevisionRowState::Upgrading, &RevisionRow::script_of(self.migrations.program()))
    }

    pub(super) fn complete(&self, revision: &str) -> Result<String, Error> {
        self.write(&self.store.completion(revision, self.migrations.program(), &self.dialect.now()))
    }

    pub(super) fn begin_downgrade(&self, revision: &str) -> Result<String, Error> {
        let program = RevisionRow::script_of(self.migrations.program());
        self.write(&self.store.withdrawal(revision, &program, &self.dialect.now()))
    }

    pub(super) fn delete(&self, revision: &str) -> Result<String, Error> {
        self.write(&self.store.deletion(revision))
    }

    /// A statement that stops a script unless the database has exactly `count` of some revisions; `None` if the
    /// database has no such statement.
    pub(super) fn guard(&self, revisions: &[String], count: usize, complaint: &str) -> Result<Option<String>, Error> {
        if revisions.is_empty() {
            return Ok(None);
        }
        let query = self.write(&self.store.counts(revisions, count))?;
        let guard = self.dialect.guard(query.trim_end_matches(';'), complaint);
        Ok(guard.map(|guard| format!("{guard};")))
    }

    fn insert(&self, revision: &Revision, state: RevisionRowState, program: &str) -> Result<String, Error> {
        let source_hash = self.migrations.get(&revision.id).map_or("", |script| script.source_hash);
        let row = RevisionRow::started(revision, source_hash, state, program);
        self.write(&self.store.insertion(&row, &self.dialect.now()))
    }

    fn write(&self, statement: &impl StatementBuilder) -> Result<String, Error> {
        let statement: Statement = StatementBuilder::build(statement, &self.dialect.backend());
        let refused = |reason: &str| sea_orm::DbErr::Custom(reason.to_owned());
        render(self.dialect, &statement).map_err(refused).map_err(Error::database("cannot write the record"))
    }
}
