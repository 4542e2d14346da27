//! The journal: the statements of revisions that no transaction holds.

use sea_orm::sea_query::{
    Asterisk, ColumnDef, DeleteStatement, Expr, ExprTrait, Index, Order, Query, Table, TableAlterStatement,
    TableCreateStatement, UpdateStatement,
};
use sea_orm::{ConnectionTrait, DbErr, DeriveIden, QueryResult};
use seachange_graph::MAX_ID_LENGTH;

use super::{JournalEntry, RevisionStore, StatementState};
use crate::backend::Backend;
use crate::sql::SqlDialect;

#[derive(DeriveIden, Clone, Copy)]
enum JournalColumn {
    Revision,
    Number,
    Sql,
    Fingerprint,
    State,
    RowsAffected,
    LastInsertId,
    Answer,
    StartedAt,
    Reads,
}

const COLUMNS: [JournalColumn; 10] = [
    JournalColumn::Revision,
    JournalColumn::Number,
    JournalColumn::Sql,
    JournalColumn::Fingerprint,
    JournalColumn::State,
    JournalColumn::RowsAffected,
    JournalColumn::LastInsertId,
    JournalColumn::Answer,
    JournalColumn::StartedAt,
    JournalColumn::Reads,
];

impl RevisionStore {
    /// The table of the journal: the name of the record's table with `_statement` appended.
    pub(super) fn journal(&self) -> Self {
        self.beside("statement")
    }

    /// Reads the statements of a revision in order; empty when the table does not exist.
    pub(crate) async fn entries(
        &self,
        connection: &impl ConnectionTrait,
        backend: &dyn Backend,
        revision: &str,
    ) -> Result<Vec<JournalEntry>, DbErr> {
        let journal = self.journal();
        // All columns, because a table of an earlier version has fewer.
        let select = Query::select()
            .column(Asterisk)
            .from(journal.table())
            .and_where(Expr::col((journal.table.name.clone(), JournalColumn::Revision)).eq(revision))
            .order_by((journal.table.name.clone(), JournalColumn::Number), Order::Asc)
            .take();
        match connection.query_all(&select).await {
            Ok(rows) => rows.iter().map(read).collect(),
            Err(error) if backend.is_missing_table(&error) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Deletes the statements of all revisions: the journal holds one revision at a time. The condition names the key,
    /// because `sql_safe_updates` refuses a deletion without it.
    fn clearing(&self) -> DeleteStatement {
        Query::delete().from_table(self.journal().table()).and_where(Expr::col(JournalColumn::Revision).gte("")).take()
    }

    /// Deletes the statements of all revisions.
    pub(crate) async fn clear_journal(&self, connection: &impl ConnectionTrait) -> Result<(), DbErr> {
        let dialect = SqlDialect::of(connection.get_database_backend());
        connection.execute_unprepared(&self.clearing_text(dialect)).await.map(drop)
    }

    /// The same statement as plain SQL.
    pub(crate) fn clearing_text(&self, dialect: SqlDialect) -> String {
        super::text(&self.clearing(), dialect)
    }

    /// The insertion of a statement's entry as plain SQL that does not depend on how the session treats a backslash.
    pub(crate) fn entry_text(&self, backend: &dyn Backend, dialect: SqlDialect, entry: &JournalEntry) -> String {
        let text = |text: &str| Expr::cust(backend.text_literal(text));
        let reads = entry.reads.as_deref().map_or_else(|| Expr::cust("NULL"), text);
        let insert = Query::insert()
            .into_table(self.journal().table())
            .columns(COLUMNS)
            .values_panic([
                entry.revision.clone().into(),
                entry.number.into(),
                text(&entry.sql),
                entry.fingerprint.clone().into(),
                entry.state.as_str().into(),
                entry.rows_affected.into(),
                entry.last_insert_id.into(),
                entry.answer.into(),
                super::moment(dialect, entry.started_at).into(),
                reads,
            ])
            .take();
        super::text(&insert, dialect)
    }

    /// The update that records how a statement ended, as plain SQL.
    pub(crate) fn entry_end_text(&self, backend: &dyn Backend, dialect: SqlDialect, entry: &JournalEntry) -> String {
        let mut ending = self.ending(entry);
        if let Some(reads) = &entry.reads {
            ending.value(JournalColumn::Reads, Expr::cust(backend.text_literal(reads)));
        }
        super::text(&ending, dialect)
    }

    fn ending(&self, entry: &JournalEntry) -> UpdateStatement {
        Query::update()
            .table(self.journal().table())
            .value(JournalColumn::State, entry.state.as_str())
            .value(JournalColumn::RowsAffected, entry.rows_affected)
            .value(JournalColumn::LastInsertId, entry.last_insert_id)
            .and_where(Expr::col(JournalColumn::Revision).eq(entry.revision.as_str()))
            .and_where(Expr::col(JournalColumn::Number).eq(entry.number))
            .take()
    }

    /// Records how a statement ended.
    pub(crate) async fn end_entry(&self, connection: &impl ConnectionTrait, entry: &JournalEntry) -> Result<(), DbErr> {
        connection.execute(&self.ending(entry)).await.map(drop)
    }

    /// Deletes the entry of a statement that took no effect: the statement is to run again.
    pub(crate) async fn drop_entry(
        &self,
        connection: &impl ConnectionTrait,
        entry: &JournalEntry,
    ) -> Result<(), DbErr> {
        let delete = Query::delete()
            .from_table(self.journal().table())
            .and_where(Expr::col(JournalColumn::Revision).eq(entry.revision.as_str()))
            .and_where(Expr::col(JournalColumn::Number).eq(entry.number))
            .take();
        connection.execute(&delete).await.map(drop)
    }

    pub(super) fn journal_definition(&self, backend: &dyn Backend) -> TableCreateStatement {
        let id_length = u32::try_from(MAX_ID_LENGTH).unwrap_or(u32::MAX);
        self.new_table(backend)
            .col(ColumnDef::new(JournalColumn::Revision).string_len(id_length).not_null())
            .col(ColumnDef::new(JournalColumn::Number).big_integer().not_null())
            .col(backend.long_text(&mut ColumnDef::new(JournalColumn::Sql)).not_null())
            .col(ColumnDef::new(JournalColumn::Fingerprint).string_len(64).not_null())
            .col(ColumnDef::new(JournalColumn::State).string_len(16).not_null())
            .col(ColumnDef::new(JournalColumn::RowsAffected).big_integer().not_null())
            .col(ColumnDef::new(JournalColumn::LastInsertId).big_integer().not_null())
            .col(ColumnDef::new(JournalColumn::Answer).big_integer())
            .col(backend.timestamp_column(&mut ColumnDef::new(JournalColumn::StartedAt)).not_null())
            .col(backend.long_text(&mut ColumnDef::new(JournalColumn::Reads)))
            .primary_key(Index::create().col(JournalColumn::Revision).col(JournalColumn::Number))
            .take()
    }

    /// Adds the column that a journal of an earlier version lacks.
    pub(super) fn addition_of_reads(&self, backend: &dyn Backend) -> TableAlterStatement {
        let mut reads = ColumnDef::new(JournalColumn::Reads);
        Table::alter().table(self.table()).add_column(backend.long_text(&mut reads)).take()
    }
}

fn read(result: &QueryResult) -> Result<JournalEntry, DbErr> {
    let state: String = result.try_get("", "state")?;
    Ok(JournalEntry {
        revision: result.try_get("", "revision")?,
        number: result.try_get("", "number")?,
        sql: result.try_get("", "sql")?,
        fingerprint: result.try_get("", "fingerprint")?,
        state: StatementState::parse(&state)
            .ok_or_else(|| DbErr::Type(format!("`{state}` is not a state of a statement")))?,
        rows_affected: result.try_get("", "rows_affected")?,
        last_insert_id: result.try_get("", "last_insert_id")?,
        answer: result.try_get("", "answer")?,
        started_at: result.try_get("", "started_at")?,
        reads: result.try_get("", "reads").unwrap_or_default(),
    })
}
