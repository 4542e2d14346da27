//! Runs the revisions of a change on a scratch database: they make the same schema as the change at once, and each `down`
//! leads back. The tables are empty there, so that nothing is filled.

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use seachange_graph::Direction;
use seachange_source::StepCode;

use super::{OnlineCode, OnlinePlanRequest, OnlineRevision, UNLOCK_TABLES, lock_tables, synchronised};
use crate::autogenerate::online::{ColumnPlace, SynchronisedColumns};
use crate::autogenerate::replay::{Replay, ReplayTransaction};
use crate::autogenerate::{
    AutogenerateError, Comparison, DatabaseState, GeneratedMigration, SchemaOperation, TableFilter, registered,
    reversed,
};
use crate::impact::fix::{FixError, run_step};
use crate::intercept::Migrate;
use crate::revision::RegisteredRevision;
use crate::synchronise::is_synchronising;

/// Code for both directions.
struct OnlineMigration {
    outside_transaction: bool,
    up: MethodCode,
    down: MethodCode,
}

/// The code of a method.
enum MethodCode {
    Nothing,
    Generated(GeneratedMigration),
    Statements(StepCode),
    /// Begins or ends to synchronise columns.
    Synchronising(Vec<SynchronisedColumns>, bool),
    /// Several, in this order.
    All(Vec<Self>),
}

impl MethodCode {
    /// The code that a revision would run, without what depends on rows.
    fn of(code: &OnlineCode, comparison: &Comparison) -> Self {
        match code {
            OnlineCode::Nothing | OnlineCode::Fill(_) => Self::Nothing,
            OnlineCode::Operations(operations) => Self::Generated(comparison.migration(operations)),
            OnlineCode::Statements(code) => Self::Statements(code.clone()),
            OnlineCode::Synchronise(columns) | OnlineCode::Revive(columns) => {
                Self::Synchronising(columns.clone(), true)
            }
            OnlineCode::EndSynchronising(columns) => Self::Synchronising(columns.clone(), false),
            OnlineCode::Swap(swap) => {
                let statements = |texts: Vec<String>| Self::Statements(StepCode::Statements(texts));
                let has_locks = !swap.locked.is_empty();
                let mut all = Vec::new();
                all.extend(has_locks.then(|| statements(vec![lock_tables(&swap.locked)])));
                all.extend(swap.parts.iter().map(|part| Self::of(part, comparison)));
                all.push(Self::Synchronising(swap.columns.clone(), swap.begins));
                all.extend(has_locks.then(|| statements(vec![UNLOCK_TABLES.to_owned()])));
                Self::All(all)
            }
        }
    }

    fn run<'a>(&'a self, manager: &'a SchemaManager<'_>) -> BoxFuture<'a, Result<(), DbErr>> {
        Box::pin(async move {
            match self {
                Self::Nothing => Ok(()),
                Self::Generated(code) => code.run(manager).await,
                Self::Statements(code) => run_step(code, manager).await,
                Self::Synchronising(columns, begins) => {
                    for own in columns.iter().map(|own| synchronised(manager, own)) {
                        if *begins { own.create().await? } else { own.drop().await? }
                    }
                    Ok(())
                }
                Self::All(all) => {
                    for code in all {
                        code.run(manager).await?;
                    }
                    Ok(())
                }
            }
        })
    }
}

impl MigrationName for OnlineMigration {
    fn name(&self) -> &'static str {
        "generated"
    }
}

#[async_trait]
impl MigrationTrait for OnlineMigration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        self.up.run(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        self.down.run(manager).await
    }

    fn use_transaction(&self) -> Option<bool> {
        self.outside_transaction.then_some(false)
    }
}

/// The revision of generated code without a downgrade.
pub(super) fn of_code(code: GeneratedMigration) -> &'static RegisteredRevision {
    registered(code)
}

/// The revision of operations and their reverses.
pub(super) fn of_operations(comparison: &Comparison, operations: &[SchemaOperation]) -> &'static RegisteredRevision {
    let [up, down] = [operations.to_vec(), reversed(operations)].map(|own| comparison.migration(&own));
    let [up, down] = [up, down].map(MethodCode::Generated);
    registered(OnlineMigration { outside_transaction: false, up, down })
}

/// The revision of an operation of a change.
pub(super) fn of_operation(
    comparison: &Comparison,
    operation: &SchemaOperation,
    message: &str,
) -> &'static RegisteredRevision {
    let script = of_operations(comparison, std::slice::from_ref(operation));
    Box::leak(Box::new(RegisteredRevision { message: message.to_owned().leak(), ..*script }))
}

/// The revision that runs statements, and is not reverted.
pub(super) fn of_statements(statements: Vec<String>) -> &'static RegisteredRevision {
    let up = MethodCode::Statements(StepCode::Statements(statements));
    registered(OnlineMigration { outside_transaction: false, up, down: MethodCode::Nothing })
}

/// A revision that runs, and, if it synchronises a column, which one.
struct ProvenRevision {
    script: &'static RegisteredRevision,
    column: Option<ColumnPlace>,
}

/// What a revision runs on the scratch database: a column at a time, so that one that cannot be synchronised is known.
fn scripts(comparison: &Comparison, revision: &OnlineRevision) -> Vec<ProvenRevision> {
    let script = |up: &OnlineCode, down: &OnlineCode, only: Option<&SynchronisedColumns>| ProvenRevision {
        script: registered(OnlineMigration {
            outside_transaction: revision.outside_transaction,
            up: MethodCode::of(up, comparison),
            down: MethodCode::of(down, comparison),
        }),
        column: only.and_then(SynchronisedColumns::place),
    };
    let alone = |own: &SynchronisedColumns, [up, down]: [fn(Vec<SynchronisedColumns>) -> OnlineCode; 2]| {
        script(&up(vec![own.clone()]), &down(vec![own.clone()]), Some(own))
    };
    match &revision.up {
        OnlineCode::Synchronise(columns) => {
            columns.iter().map(|own| alone(own, [OnlineCode::Synchronise, OnlineCode::EndSynchronising])).collect()
        }
        OnlineCode::EndSynchronising(columns) => {
            columns.iter().map(|own| alone(own, [OnlineCode::EndSynchronising, OnlineCode::Revive])).collect()
        }
        _ => vec![script(&revision.up, &revision.down, None)],
    }
}

/// Runs the revisions up and down. Returns the column that cannot be synchronised, with the reason, if there is one.
///
/// # Errors
///
/// The database refuses a revision, or the revisions make another schema than the change at once.
pub(super) async fn prove(
    request: OnlinePlanRequest<'_>,
    copy: &'static RegisteredRevision,
    revisions: &[OnlineRevision],
) -> Result<Option<(ColumnPlace, String)>, FixError> {
    let replay = Replay::open(request.scratch).await?;
    let whole = of_operations(request.comparison, request.operations);
    let wanted = Box::pin(async {
        run(&replay, Direction::Upgrade, copy).await?;
        run(&replay, Direction::Upgrade, whole).await?;
        state(&replay).await
    });
    let wanted = wanted.await;
    replay.close().await?;
    let wanted = wanted?;
    let scripts: Vec<_> = revisions.iter().flat_map(|own| scripts(request.comparison, own)).collect();
    let replay = Replay::open(request.scratch).await?;
    let proven = Box::pin(prove_on(&replay, copy, &scripts, &wanted)).await;
    replay.close().await?;
    proven
}

async fn prove_on(
    replay: &Replay,
    copy: &'static RegisteredRevision,
    scripts: &[ProvenRevision],
    wanted: &DatabaseState,
) -> Result<Option<(ColumnPlace, String)>, FixError> {
    run(replay, Direction::Upgrade, copy).await?;
    let mut states = Vec::new();
    for own in scripts {
        states.push(state(replay).await?);
        let ended = run(replay, Direction::Upgrade, own.script).await;
        match (ended, &own.column) {
            (Err(FixError::Refused(reason)), Some(place)) => return Ok(Some((place.clone(), reason))),
            (ended, _) => ended?,
        }
    }
    expect(wanted, &state(replay).await?)?;
    for (own, before) in scripts.iter().zip(&states).rev() {
        run(replay, Direction::Downgrade, own.script).await?;
        expect(before, &state(replay).await?)?;
    }
    Ok(None)
}

async fn run(replay: &Replay, direction: Direction, script: &'static RegisteredRevision) -> Result<(), FixError> {
    let ended = replay.run_in(direction, script, ReplayTransaction::AsInARun, |live| live).await;
    match ended.map_err(AutogenerateError::Inspect)?.failure {
        Some(reason) => Err(FixError::Refused(reason)),
        None => Ok(()),
    }
}

/// The schema, without the triggers that synchronise columns: their text names the columns in the order of the table.
async fn state(replay: &Replay) -> Result<DatabaseState, FixError> {
    let state = DatabaseState::read(replay.connection(), &TableFilter::default()).await;
    Ok(state.map_err(AutogenerateError::Inspect)?.without(|name| is_synchronising(&name.name.name)))
}

fn expect(wanted: &DatabaseState, found: &DatabaseState) -> Result<(), FixError> {
    let others: Vec<String> = wanted.differences(found).iter().map(ToString::to_string).collect();
    if others.is_empty() { Ok(()) } else { Err(FixError::Differs(others)) }
}
