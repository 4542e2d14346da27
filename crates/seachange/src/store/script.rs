//! The statements on the table for a script: the clock is that of the database which runs it.

use sea_orm::sea_query::{
    DeleteStatement, Expr, ExprTrait, InsertStatement, Query, SelectStatement, UpdateStatement, Value,
};

use super::table::RevisionColumn;
use super::{RevisionRow, RevisionRowState, RevisionStore};

impl RevisionStore {
    /// Inserts a row that starts now and, where it is applied, ends now.
    pub(crate) fn insertion(&self, row: &RevisionRow, now: &Expr) -> InsertStatement {
        let finished = if row.is_applied() { now.clone() } else { nothing() };
        self.insertion_at(row, [now.clone(), finished, nothing()])
    }

    /// Says that a revision which was begun is applied now.
    pub(crate) fn completion(&self, revision: &str, program: &str, now: &Expr) -> UpdateStatement {
        Query::update()
            .table(self.table())
            .value(RevisionColumn::State, RevisionRowState::Applied.as_str())
            .value(RevisionColumn::FinishedAt, now.clone())
            .value(RevisionColumn::Program, program)
            .and_where(Expr::col(RevisionColumn::Revision).eq(revision))
            .take()
    }

    /// Says that an applied revision is being taken back.
    pub(crate) fn withdrawal(&self, revision: &str, program: &str, now: &Expr) -> UpdateStatement {
        Query::update()
            .table(self.table())
            .value(RevisionColumn::State, RevisionRowState::Downgrading.as_str())
            .value(RevisionColumn::StartedAt, now.clone())
            .value(RevisionColumn::FinishedAt, nothing())
            .value(RevisionColumn::DurationMs, nothing())
            .value(RevisionColumn::Program, program)
            .and_where(Expr::col(RevisionColumn::Revision).eq(revision))
            .take()
    }

    /// Takes the row of a revision away.
    pub(crate) fn deletion(&self, revision: &str) -> DeleteStatement {
        Query::delete().from_table(self.table()).and_where(Expr::col(RevisionColumn::Revision).eq(revision)).take()
    }

    /// Asks whether `count` of some revisions are in the table, as a whole where there have to be any.
    pub(crate) fn counts(&self, revisions: &[String], count: usize) -> SelectStatement {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        Query::select()
            .expr(Expr::cust("COUNT(*)").eq(count))
            .from(self.table())
            .and_where(Expr::col(RevisionColumn::Revision).is_in(revisions))
            .and_where_option(
                (count > 0).then(|| Expr::col(RevisionColumn::State).eq(RevisionRowState::Applied.as_str())),
            )
            .take()
    }
}

fn nothing() -> Expr {
    Expr::val(Value::String(None))
}
