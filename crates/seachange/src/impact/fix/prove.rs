//! Proves the steps in the place of a revision: on scratch databases, they make the same schema, each `down` leads back
//! to the schema before its `up`, and `lint` does not find in them what it has found in the original.

use std::collections::VecDeque;

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DbErr, ExecResult, QueryResult, Statement};
use seachange_graph::Direction;
use seachange_source::{RevisionStep, StepCode};

use super::migration::registered;
use super::{FixError, FixRequest, FixedStep, PlannedDown, PlannedStep, is_about_blocking};
use crate::autogenerate::replay::{Replay, ReplayTransaction};
use crate::autogenerate::{AutogenerateError, DatabaseState, TableFilter};
use crate::backend::dialect::Dialect;
use crate::backend::dialect::with_values;
use crate::database_error::reason_with_detail;
use crate::impact::measure;
use crate::impact::rules::{Finding, findings, level};
use crate::impact::{Level, RevisionImpact};
use crate::intercept::{BeginOptions, StatementHandler};
use crate::revision::RegisteredRevision;
use crate::session::DirectSession;

/// The original on a scratch database.
struct Original {
    after: DatabaseState,
    down: OriginalDown,
}

/// The original downgrade.
#[derive(Debug, Default)]
struct OriginalDown {
    statements: VecDeque<String>,
    /// Why it failed, after these statements.
    failure: Option<String>,
}

/// Finds the downgrade of each step, and proves the steps. `found` is what `lint` has found in the original.
pub(super) async fn prove(
    request: FixRequest<'_>,
    planned: Vec<PlannedStep>,
    found: &[Finding],
) -> Result<Vec<FixedStep>, FixError> {
    let replay = Replay::open(request.scratch).await?;
    let original = Box::pin(run_original(request, &replay)).await;
    replay.close().await?;
    let original = original?;
    let replay = Replay::open(request.scratch).await?;
    let steps = Box::pin(run_steps(request, &replay, &planned, original)).await;
    replay.close().await?;
    let steps = steps?;
    Box::pin(without_findings(request, planned, steps, found)).await
}

async fn run_original(request: FixRequest<'_>, replay: &Replay) -> Result<Original, FixError> {
    run_before(request, replay).await?;
    let script = request.original().script;
    let before = state(replay).await?;
    run(replay, script).await?;
    let after = state(replay).await?;
    let dialect = replay.dialect();
    let session = |live| RecordingSession { live, dialect, statements: VecDeque::new(), obstacle: None };
    let ended = replay.run_in(Direction::Downgrade, script, ReplayTransaction::AsInARun, session).await;
    let ended = ended.map_err(AutogenerateError::Inspect)?;
    if let Some(reason) = ended.session.obstacle {
        return Err(FixError::Undivided(reason.to_owned()));
    }
    if ended.failure.is_none() {
        let left = differences(&before, &state(replay).await?);
        if !left.is_empty() {
            return Err(FixError::NotReverted(left));
        }
    }
    let down = OriginalDown { statements: ended.session.statements, failure: ended.failure };
    Ok(Original { after, down })
}

/// Runs the steps, and then reverts one after the other.
async fn run_steps(
    request: FixRequest<'_>,
    replay: &Replay,
    planned: &[PlannedStep],
    mut original: Original,
) -> Result<Vec<RevisionStep>, FixError> {
    run_before(request, replay).await?;
    let script = request.original().script;
    let mut steps: Vec<RevisionStep> = Vec::new();
    let mut states = Vec::new();
    for own in planned {
        states.push(state(replay).await?);
        let step = RevisionStep {
            up: own.up.clone(),
            down: StepCode::Statements(Vec::new()),
            outside_transaction: own.outside_transaction,
        };
        run(replay, registered(script, &step)).await.map_err(|error| match error {
            FixError::Unknown(reason) => FixError::Refused(reason),
            error => error,
        })?;
        steps.push(step);
    }
    let others = differences(&original.after, &state(replay).await?);
    if !others.is_empty() {
        return Err(FixError::Differs(others));
    }
    for number in (0..steps.len()).rev() {
        let down = revert(replay, &planned[number], number == 0, &states[number], &mut original.down).await?;
        let is_final = matches!(down, StepCode::Fails(_));
        steps[number].down = down;
        if is_final {
            // No downgrade gets below it.
            let failing = steps[number].down.clone();
            steps[..number].iter_mut().for_each(|step| step.down = failing.clone());
            break;
        }
    }
    Ok(steps)
}

/// Reverts a step on the scratch database, and says how.
async fn revert(
    replay: &Replay,
    step: &PlannedStep,
    is_first: bool,
    before: &DatabaseState,
    original: &mut OriginalDown,
) -> Result<StepCode, FixError> {
    let connection = replay.connection();
    let mut taken = Vec::new();
    if let PlannedDown::Statements(statements) = &step.down {
        for statement in statements {
            let ran = connection.execute_unprepared(statement).await;
            ran.map_err(|error| FixError::Refused(format!("{statement}: {}", reason_with_detail(&error))))?;
        }
        taken.clone_from(statements);
    }
    loop {
        let left = differences(before, &state(replay).await?);
        let is_reverted = left.is_empty();
        if is_reverted && !is_first {
            break;
        }
        let Some(statement) = original.statements.pop_front() else {
            match (is_reverted, &original.failure) {
                (true, _) => break,
                (false, Some(reason)) => return Ok(StepCode::Fails(reason.clone())),
                (false, None) => return Err(FixError::Undivided(format!("{} is left", left.join(", ")))),
            }
        };
        // One that fails reverts something that a step has reverted already; the comparison shows whether that is so.
        if connection.execute_unprepared(&statement).await.is_ok() {
            taken.push(statement);
        }
    }
    Ok(StepCode::Statements(taken))
}

/// Measures the steps. A finding about blocking that the original did not have in this form, or one that a step should
/// answer, is an error.
async fn without_findings(
    request: FixRequest<'_>,
    planned: Vec<PlannedStep>,
    steps: Vec<RevisionStep>,
    found: &[Finding],
) -> Result<Vec<FixedStep>, FixError> {
    let script = request.original().script;
    let scripts: Vec<_> = steps.iter().map(|step| registered(script, step)).collect();
    let measured = measure(&request.before(), &scripts, request.scratch).await?;
    let mut new = request.new_tables();
    let mut fixed = Vec::new();
    for ((planned, code), impact) in planned.into_iter().zip(steps).zip(&measured) {
        if let Some(reason) = &impact.unknown {
            return Err(FixError::Refused(reason.clone()));
        }
        let mut allow: Vec<String> = Vec::new();
        for finding in findings(impact, &mut new, request.options) {
            if level(finding.rule, request.levels) == Level::Allow {
                continue;
            }
            let is_of_rule = |text: &&&str| text.split([':', ' ']).next() == Some(finding.rule.id);
            let of_original = script.revision.allow.iter().find(is_of_rule);
            let harmless = planned.harmless.iter().find(|(rule, _)| *rule == finding.rule.id);
            match (of_original, harmless) {
                (Some(text), _) => allow.push((*text).to_owned()),
                (None, Some((rule, reason))) => allow.push(format!("{rule}: {reason}")),
                (None, None) => check(impact, &finding, found, &planned)?,
            }
        }
        fixed.push(FixedStep { message: planned.message, code, allow });
    }
    Ok(fixed)
}

/// A statement that is kept has the findings that it had; others must have none about blocking.
fn check(impact: &RevisionImpact, finding: &Finding, found: &[Finding], step: &PlannedStep) -> Result<(), FixError> {
    let is_known = found.iter().any(|own| own.rule.id == finding.rule.id && own.message == finding.message);
    let is_kept = step.down == PlannedDown::OfTheOriginal;
    let is_bad = is_about_blocking(finding.rule.id) || super::DIVIDED.contains(&finding.rule.id);
    if !is_bad || is_kept && is_known {
        return Ok(());
    }
    let statement = finding.statement.and_then(|number| impact.statements.get(number));
    let of = statement.map_or_else(String::new, |own| format!(", in `{}`", own.text));
    Err(FixError::Found { rule: finding.rule.id, message: format!("{}{of}", finding.message) })
}

async fn run_before(request: FixRequest<'_>, replay: &Replay) -> Result<(), FixError> {
    for script in request.before() {
        run(replay, script).await?;
    }
    Ok(())
}

async fn run(replay: &Replay, script: &'static RegisteredRevision) -> Result<(), FixError> {
    let ended =
        replay.run(script, ReplayTransaction::AsInARun, |live| live).await.map_err(AutogenerateError::Inspect)?;
    match ended.failure {
        Some(reason) => Err(FixError::Unknown(format!("it failed on the copy: {reason}"))),
        None => Ok(()),
    }
}

async fn state(replay: &Replay) -> Result<DatabaseState, FixError> {
    let state = DatabaseState::read(&**replay.catalogue(), &TableFilter::default()).await;
    Ok(state.map_err(AutogenerateError::Inspect)?)
}

fn differences(wanted: &DatabaseState, found: &DatabaseState) -> Vec<String> {
    wanted.differences(found).iter().map(ToString::to_string).collect()
}

/// A session on the scratch database, with the statements that were sent.
struct RecordingSession {
    live: DirectSession,
    dialect: &'static dyn Dialect,
    statements: VecDeque<String>,
    /// Why the statements are not those that the code will send.
    obstacle: Option<&'static str>,
}

#[async_trait]
impl StatementHandler for RecordingSession {
    async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        let text = with_values(self.dialect, &statement);
        let outcome = self.live.execute(statement).await?;
        match text {
            Ok(text) => self.statements.push_back(text),
            Err(reason) => self.obstacle = Some(reason),
        }
        Ok(outcome)
    }

    async fn query(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let facts = crate::sql::read(&statement.sql, self.dialect.grammar());
        if facts.iter().any(|facts| !facts.is_probe && (facts.may_write || !facts.reads.is_empty())) {
            self.obstacle = Some("it reads rows");
        }
        self.live.query(statement).await
    }

    async fn begin(&mut self, begin: BeginOptions) -> Result<(), DbErr> {
        self.live.begin(begin).await
    }

    async fn commit(&mut self) -> Result<(), DbErr> {
        self.live.commit().await
    }

    async fn rollback(&mut self) -> Result<(), DbErr> {
        self.obstacle = Some("it rolls back statements");
        self.live.rollback().await
    }

    async fn execute_check(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.live.execute(statement).await
    }

    async fn query_check(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.live.query(statement).await
    }
}
