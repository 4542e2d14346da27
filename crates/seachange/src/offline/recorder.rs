//! Records the statements of one revision.

use sea_orm::{DbErr, ExecResult, Statement};

use super::render::rendered;
use crate::backend::dialect::Dialect;
use crate::backend::dialect::with_values;
use crate::error::{ScriptError, ScriptErrorKind};
use crate::intercept::{self, RunOutcome};
use crate::runner::{FailureCause, StepContext};

/// What the code of a revision sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RecordedStatement {
    /// A statement with its values.
    Sql(String),
    /// The beginning of a transaction inside of `depth` others.
    Begin { depth: usize },
    /// The end of a transaction inside of `depth` others, by a commit.
    Commit { depth: usize },
    /// The end of a transaction inside of `depth` others, by a rollback.
    Rollback { depth: usize },
}

impl RecordedStatement {
    /// The statement, unless it begins or ends a transaction.
    #[cfg(feature = "sqlite")]
    pub(super) fn sql(&self) -> Option<&str> {
        match self {
            Self::Sql(text) => Some(text),
            _ => None,
        }
    }

    /// The text in a script.
    pub(super) fn script_text(&self, dialect: &dyn Dialect) -> String {
        match self {
            Self::Sql(text) => rendered(dialect, text),
            Self::Begin { depth: 0 } => format!("{};", dialect.begin()),
            Self::Begin { depth } => format!("SAVEPOINT seachange_{depth};"),
            Self::Commit { depth: 0 } => "COMMIT;".to_owned(),
            Self::Commit { depth } => format!("RELEASE SAVEPOINT seachange_{depth};"),
            Self::Rollback { depth: 0 } => "ROLLBACK;".to_owned(),
            Self::Rollback { depth } => format!("ROLLBACK TO SAVEPOINT seachange_{depth};"),
        }
    }
}

/// The statements of one revision so far, or the reason why they cannot be written.
pub(super) struct StatementRecorder {
    pub(super) dialect: &'static dyn Dialect,
    statements: Vec<RecordedStatement>,
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
        match with_values(self.dialect, statement) {
            Ok(text) => {
                self.statements.push(RecordedStatement::Sql(text));
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
        self.statements.push(RecordedStatement::Begin { depth: self.depth });
        self.depth += 1;
    }

    pub(super) fn commit(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.statements.push(RecordedStatement::Commit { depth: self.depth });
    }

    pub(super) fn rollback(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.statements.push(RecordedStatement::Rollback { depth: self.depth });
    }

    /// The result: the statements, or why they cannot be written.
    pub(super) fn into_statements(
        self,
        job: StepContext<'_>,
        ending: RunOutcome,
    ) -> Result<Vec<RecordedStatement>, Box<ScriptError>> {
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
