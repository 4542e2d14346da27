//! What is written down of one revision.

use sea_orm::{DbErr, ExecResult, Statement};

use super::error::{Obstacle, Uncaptured};
use super::render::render;
use crate::backend::dialect::Dialect;
use crate::relay::{self, Ending};
use crate::runner::{Cause, Job};

/// The statements of one revision so far, or what stands in their way.
pub(super) struct Sheet {
    pub(super) dialect: &'static dyn Dialect,
    statements: Vec<String>,
    /// Transactions that are open, that of the revision included.
    depth: usize,
    /// The first obstacle, with the statement. Code may put up with the error that it gets; we do not.
    obstacle: Option<(Obstacle, String)>,
}

impl Sheet {
    pub(super) fn new(dialect: &'static dyn Dialect, is_in_transaction: bool) -> Self {
        Self { dialect, statements: Vec::new(), depth: usize::from(is_in_transaction), obstacle: None }
    }

    /// Writes a statement down.
    pub(super) fn write(&mut self, statement: &Statement) -> Result<(), DbErr> {
        match render(self.dialect, statement) {
            Ok(text) => {
                self.statements.push(text);
                Ok(())
            }
            Err(reason) => Err(self.refuse(Obstacle::Value(reason), statement)),
        }
    }

    /// Notes what stands in the way, and gives the error for the code.
    pub(super) fn refuse(&mut self, obstacle: Obstacle, statement: &Statement) -> DbErr {
        let error = DbErr::Custom(obstacle.to_string());
        self.obstacle.get_or_insert_with(|| (obstacle, statement.sql.clone()));
        error
    }

    pub(super) fn begin(&mut self) {
        let text = match self.depth {
            0 => self.dialect.begin().to_owned(),
            depth => format!("SAVEPOINT seachange_{depth}"),
        };
        self.depth += 1;
        self.statements.push(format!("{text};"));
    }

    pub(super) fn commit(&mut self) {
        self.end("COMMIT", "RELEASE SAVEPOINT");
    }

    pub(super) fn rollback(&mut self) {
        self.end("ROLLBACK", "ROLLBACK TO SAVEPOINT");
    }

    fn end(&mut self, outermost: &str, inner: &str) {
        self.depth = self.depth.saturating_sub(1);
        self.statements.push(match self.depth {
            0 => format!("{outermost};"),
            depth => format!("{inner} seachange_{depth};"),
        });
    }

    /// What came of the code: the statements, or why there are none.
    pub(super) fn conclude(self, job: Job<'_>, ending: Ending) -> Result<Vec<String>, Box<Uncaptured>> {
        let (obstacle, statement) = match (self.obstacle, ending) {
            (Some((obstacle, statement)), _) => (obstacle, Some(statement)),
            (None, Ending::Done) => return Ok(self.statements),
            (None, Ending::Failed(error)) => (Obstacle::failed(error), None),
            (None, Ending::Panicked(text)) => (Obstacle::Code(Cause::Panic(text)), None),
            (None, Ending::NeedsForeignKeysOff) => (Obstacle::Code(Cause::Database(relay::no_rebuild())), None),
        };
        Err(Box::new(Uncaptured {
            revision: job.step.revision.clone(),
            message: job.script.message.to_owned(),
            file: job.script.file.to_owned(),
            direction: job.step.direction,
            obstacle,
            statement,
        }))
    }
}

/// What code is told of a statement that is not run: one row, and a key that no column takes.
pub(super) fn pretended() -> Result<ExecResult, DbErr> {
    relay::executed(1, u64::MAX)
}
