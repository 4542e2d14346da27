//! The journal: the statements of revisions that no transaction holds.

use sea_orm::sea_query::{ColumnDef, Expr, ExprTrait, Index, Order, Query, Table, TableCreateStatement};
use sea_orm::{ConnectionTrait, DbErr, DeriveIden, QueryResult};
use seachange_graph::MAX_ID_LENGTH;

use super::Store;
use crate::backend::Backend;
use crate::journal::{Entry, EntryState};

#[derive(DeriveIden, Clone, Copy)]
enum Column {
    Revision,
    Number,
    Sql,
    Fingerprint,
    State,
    RowsAffected,
    LastInsertId,
    Answer,
    StartedAt,
}

const COLUMNS: [Column; 9] = [
    Column::Revision,
    Column::Number,
    Column::Sql,
    Column::Fingerprint,
    Column::State,
    Column::RowsAffected,
    Column::LastInsertId,
    Column::Answer,
    Column::StartedAt,
];

impl Store {
    /// The table of the journal: that of the record, with `_statement` behind its name.
    pub(super) fn journal(&self) -> Self {
        self.beside("statement")
    }

    /// Reads the statements of a revision in their order; none where the table is not there.
    pub(crate) async fn entries(
        &self,
        connection: &impl ConnectionTrait,
        backend: &dyn Backend,
        revision: &str,
    ) -> Result<Vec<Entry>, DbErr> {
        let journal = self.journal();
        let select = Query::select()
            .columns(COLUMNS.map(|column| (journal.table.clone(), column)))
            .from(journal.table())
            .and_where(Expr::col((journal.table.clone(), Column::Revision)).eq(revision))
            .order_by((journal.table.clone(), Column::Number), Order::Asc)
            .take();
        match connection.query_all(&select).await {
            Ok(rows) => rows.iter().map(read).collect(),
            Err(error) if backend.is_missing_table(&error) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Makes the journal anew: a journal is kept of one revision at a time.
    pub(crate) async fn open_journal(
        &self,
        connection: &impl ConnectionTrait,
        backend: &dyn Backend,
    ) -> Result<(), DbErr> {
        let journal = self.journal();
        journal.empty(connection, backend, &journal.journal_definition(backend)).await
    }

    /// Forgets the statements of all revisions.
    pub(crate) async fn clear_journal(&self, connection: &impl ConnectionTrait) -> Result<(), DbErr> {
        connection.execute(&Query::delete().from_table(self.journal().table()).take()).await.map(drop)
    }

    /// Writes the entry of a statement.
    pub(crate) async fn put_entry(&self, connection: &impl ConnectionTrait, entry: &Entry) -> Result<(), DbErr> {
        let insert = Query::insert()
            .into_table(self.journal().table())
            .columns(COLUMNS)
            .values_panic([
                entry.revision.clone().into(),
                entry.number.into(),
                entry.sql.clone().into(),
                entry.fingerprint.clone().into(),
                entry.state.as_str().into(),
                entry.rows_affected.into(),
                entry.last_insert_id.into(),
                entry.answer.into(),
                entry.started_at.into(),
            ])
            .take();
        connection.execute(&insert).await.map(drop)
    }

    /// Says how a statement ended whose entry is there.
    pub(crate) async fn end_entry(&self, connection: &impl ConnectionTrait, entry: &Entry) -> Result<(), DbErr> {
        let update = Query::update()
            .table(self.journal().table())
            .value(Column::State, entry.state.as_str())
            .value(Column::RowsAffected, entry.rows_affected)
            .value(Column::LastInsertId, entry.last_insert_id)
            .and_where(Expr::col(Column::Revision).eq(entry.revision.as_str()))
            .and_where(Expr::col(Column::Number).eq(entry.number))
            .take();
        connection.execute(&update).await.map(drop)
    }

    /// Takes the entry of a statement away that took no effect: it is to run again.
    pub(crate) async fn drop_entry(&self, connection: &impl ConnectionTrait, entry: &Entry) -> Result<(), DbErr> {
        let delete = Query::delete()
            .from_table(self.journal().table())
            .and_where(Expr::col(Column::Revision).eq(entry.revision.as_str()))
            .and_where(Expr::col(Column::Number).eq(entry.number))
            .take();
        connection.execute(&delete).await.map(drop)
    }

    fn journal_definition(&self, backend: &dyn Backend) -> TableCreateStatement {
        let id_length = u32::try_from(MAX_ID_LENGTH).unwrap_or(u32::MAX);
        Table::create()
            .if_not_exists()
            .table(self.table())
            .col(ColumnDef::new(Column::Revision).string_len(id_length).not_null())
            .col(ColumnDef::new(Column::Number).big_integer().not_null())
            .col(backend.long_text(&mut ColumnDef::new(Column::Sql)).not_null())
            .col(ColumnDef::new(Column::Fingerprint).string_len(64).not_null())
            .col(ColumnDef::new(Column::State).string_len(16).not_null())
            .col(ColumnDef::new(Column::RowsAffected).big_integer().not_null())
            .col(ColumnDef::new(Column::LastInsertId).big_integer().not_null())
            .col(ColumnDef::new(Column::Answer).big_integer())
            .col(backend.moment(&mut ColumnDef::new(Column::StartedAt)).not_null())
            .primary_key(Index::create().col(Column::Revision).col(Column::Number))
            .take()
    }
}

fn read(result: &QueryResult) -> Result<Entry, DbErr> {
    let state: String = result.try_get("", "state")?;
    Ok(Entry {
        revision: result.try_get("", "revision")?,
        number: result.try_get("", "number")?,
        sql: result.try_get("", "sql")?,
        fingerprint: result.try_get("", "fingerprint")?,
        state: EntryState::parse(&state).ok_or_else(|| DbErr::Type(format!("`{state}` is no state of a statement")))?,
        rows_affected: result.try_get("", "rows_affected")?,
        last_insert_id: result.try_get("", "last_insert_id")?,
        answer: result.try_get("", "answer")?,
        started_at: result.try_get("", "started_at")?,
    })
}
