//! Writes the code of a revision down, with nothing to ask.

use async_trait::async_trait;
use sea_orm::{DbErr, ExecResult, QueryResult, Statement};

use super::error::{Obstacle, Uncaptured};
use super::reading;
use super::sheet::{Sheet, pretended};
use crate::backend::dialect::Dialect;
use crate::relay::{self, Begin, Ending, Session};
use crate::runner::Job;

/// A session without a database.
struct Paper {
    sheet: Sheet,
}

/// Writes down what a revision sends.
pub(super) async fn write_down(
    dialect: &'static dyn Dialect,
    job: Job<'_>,
    in_transaction: bool,
) -> Result<Vec<String>, Box<Uncaptured>> {
    let paper = Paper { sheet: Sheet::new(dialect, in_transaction) };
    match relay::run(job.code(in_transaction), dialect.backend(), paper).await {
        Ok((ending, paper)) => paper.sheet.conclude(job, ending),
        Err(error) => Sheet::new(dialect, in_transaction).conclude(job, Ending::Failed(error)),
    }
}

#[async_trait]
impl Session for Paper {
    fn writes_down(&self) -> bool {
        true
    }

    async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.sheet.write(&statement)?;
        pretended()
    }

    async fn query(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let reading = reading::of(&statement.sql, self.sheet.dialect.grammar());
        Err(self.sheet.refuse(Obstacle::Reads(reading), &statement))
    }

    async fn begin(&mut self, _begin: Begin) -> Result<(), DbErr> {
        self.sheet.begin();
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), DbErr> {
        self.sheet.commit();
        Ok(())
    }

    async fn rollback(&mut self) -> Result<(), DbErr> {
        self.sheet.rollback();
        Ok(())
    }
}
