//! The statements on the record for a script. Their clock is that of the database that runs the script.

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

    /// Records that a revision that was begun is applied now.
    pub(crate) fn completion(&self, revision: &str, program: &str, now: &Expr) -> UpdateStatement {
        Query::update()
            .table(self.table())
            .value(RevisionColumn::State, RevisionRowState::Applied.as_str())
            .value(RevisionColumn::FinishedAt, now.clone())
            .value(RevisionColumn::Program, program)
            .and_where(Expr::col(RevisionColumn::Revision).eq(revision))
            .take()
    }

    /// Records that the downgrade of an applied revision has begun.
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

    /// Deletes the row of a revision.
    pub(crate) fn deletion(&self, revision: &str) -> DeleteStatement {
        Query::delete().from_table(self.table()).and_where(Expr::col(RevisionColumn::Revision).eq(revision)).take()
    }

    /// Checks that exactly `count` of some revisions are recorded, and, unless `count` is zero, that they are applied
    /// completely.
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
