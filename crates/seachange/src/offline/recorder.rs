//! Records the statements of one revision.

use sea_orm::{DbErr, ExecResult, Statement};

use super::render::render;
use crate::backend::dialect::Dialect;
use crate::error::{ScriptError, ScriptErrorKind};
use crate::intercept::{self, RunOutcome};
use crate::runner::{FailureCause, StepContext};

/// The statements of one revision so far, or the reason why they cannot be written.
pub(super) struct StatementRecorder {
    pub(super) dialect: &'static dyn Dialect,
    statements: Vec<String>,
    /// The number of open transactions, including that of the revision.
    depth: usize,
    /// The first obstacle, with its statement. The code of the revision may ignore the error that it gets; the engine
    /// does not.
    obstacle: Option<(ScriptErrorKind, String)>,
}

impl StatementRecorder {
    pub(super) fn new(dialect: &'static dyn Dialect, is_in_transaction: bool) -> Self {
        Self { dialect, statements: Vec::new(), depth: usize::from(is_in_transaction), obstacle: None }
    }

    /// Records a statement.
    pub(super) fn write(&mut self, statement: &Statement) -> Result<(), DbErr> {
        match render(self.dialect, statement) {
            Ok(text) => {
                self.statements.push(text);
                Ok(())
            }
            Err(reason) => Err(self.refuse(ScriptErrorKind::Value(reason), statement)),
        }
    }

    /// Records the obstacle, and returns the error for the code of the revision.
    pub(super) fn refuse(&mut self, obstacle: ScriptErrorKind, statement: &Statement) -> DbErr {
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

    /// The result: the statements, or why they cannot be written.
    pub(super) fn into_statements(
        self,
        job: StepContext<'_>,
        ending: RunOutcome,
    ) -> Result<Vec<String>, Box<ScriptError>> {
        let (obstacle, statement) = match (self.obstacle, ending) {
            (Some((obstacle, statement)), _) => (obstacle, Some(statement)),
            (None, RunOutcome::Done) => return Ok(self.statements),
            (None, RunOutcome::Failed(error)) => (ScriptErrorKind::failed(error), None),
            (None, RunOutcome::Panicked(text)) => (ScriptErrorKind::Code(FailureCause::Panic(text)), None),
            (None, RunOutcome::NeedsForeignKeysOff) => {
                (ScriptErrorKind::Code(FailureCause::Database(intercept::rebuild_impossible())), None)
            }
        };
        Err(Box::new(ScriptError {
            revision: job.step.revision.clone(),
            message: job.script.message.to_owned(),
            file: job.script.file.to_owned(),
            direction: job.step.direction,
            obstacle,
            statement,
        }))
    }
}

/// The result that code gets for a statement that does not run: one affected row, and a key that no column accepts.
pub(super) fn fake_exec_result() -> Result<ExecResult, DbErr> {
    intercept::executed(1, u64::MAX)
}
