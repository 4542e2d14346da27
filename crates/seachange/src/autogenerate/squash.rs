//! One revision in the place of several: the schema that they make, and their statements that change rows.
//!
//! The revisions run on a scratch database, which is then inspected. What would be written runs on a second one, and
//! both are compared: schema, objects, rows and counters.

mod error;
mod replay;
mod snapshot;
mod statements;

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};
use sea_orm_migration::SchemaManager;
use seachange_source::{SquashBody, SquashStage};

pub(crate) use self::error::SquashError;
use self::error::unread;
use self::snapshot::RowSnapshot;
use super::comparison::Comparison;
use super::database_state::DatabaseState;
use super::replay::Replay;
use super::rows::fill;
use super::scratch::MARK_TABLE;
use super::{Entities, Renames, SchemaOperation, TableFilter, apply};
use crate::database_error::reason_with_detail;
use crate::inspect::InspectScope;
use crate::revision::RegisteredRevision;
use crate::schema::TableName;
use crate::settings::DatabaseSettings;

/// What a squash revision does on one database system.
#[derive(Debug)]
pub(crate) struct SquashedRange {
    /// The system.
    pub(crate) backend: DbBackend,
    /// What it does, in order.
    stages: Vec<SquashStage>,
    /// The statements that change rows, in order.
    pub(crate) data: Vec<DataStatement>,
}

impl SquashedRange {
    /// The code for the file.
    pub(crate) fn body(&self) -> SquashBody {
        let (backend, system) = match self.backend {
            DbBackend::Postgres => ("sea_orm::DbBackend::Postgres", "postgres"),
            DbBackend::MySql => ("sea_orm::DbBackend::MySql", "mysql"),
            _ => ("sea_orm::DbBackend::Sqlite", "sqlite"),
        };
        SquashBody { backend, system, stages: self.stages.clone() }
    }
}

/// A statement that changes rows, and its revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DataStatement {
    pub(crate) revision: String,
    pub(crate) message: String,
    pub(crate) file: String,
    pub(crate) text: String,
}

impl DataStatement {
    fn of(script: &RegisteredRevision, text: String) -> Self {
        Self {
            revision: script.revision.id.to_owned(),
            message: script.message.to_owned(),
            file: script.file.to_owned(),
            text,
        }
    }
}

/// Revisions to squash.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SquashRange<'a> {
    /// The revisions below, in the order in which they run.
    pub(crate) below: &'a [&'static RegisteredRevision],
    /// The revisions to replace, in the order in which they run.
    pub(crate) replaced: &'a [&'static RegisteredRevision],
    /// Whether each table below gets a row first. Some revisions work on empty tables only.
    pub(crate) has_rows: bool,
}

/// Where the statements that change rows run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Placement {
    /// After the schema of the end of the range: so the schema is made at once.
    AtTheEnd,
    /// Each after the schema that its own revision has left.
    InTheirPlace,
}

/// Finds out what a squash revision has to do on the database system of `scratch`, and proves it. Scratch databases are
/// created there, and dropped.
///
/// # Errors
///
/// See [`SquashError`].
pub(crate) async fn squash(range: SquashRange<'_>, scratch: &DatabaseSettings) -> Result<SquashedRange, SquashError> {
    match attempt(range, scratch, Placement::AtTheEnd).await {
        // The statements may need a schema that is not there any more.
        Err(first @ (SquashError::Statement { .. } | SquashError::RowsDiffer { .. })) => {
            match attempt(range, scratch, Placement::InTheirPlace).await {
                // The changes of the schema depend on the rows, and the first attempt says why they cannot be left out.
                Err(SquashError::Schema(_)) => Err(first),
                outcome => outcome,
            }
        }
        outcome => outcome,
    }
}

async fn attempt(
    range: SquashRange<'_>,
    scratch: &DatabaseSettings,
    placement: Placement,
) -> Result<SquashedRange, SquashError> {
    let original = Replay::open(scratch).await?;
    let found = Box::pin(find(range, &original, placement)).await;
    let outcome = match found {
        Ok(found) => Box::pin(prove(range, &original, found, scratch)).await,
        Err(error) => Err(error),
    };
    original.close().await?;
    outcome
}

/// A change of the schema, and the statements that change rows after it.
struct FoundStage {
    comparison: Comparison,
    operations: Vec<SchemaOperation>,
    data: Vec<DataStatement>,
}

impl FoundStage {
    fn rendered(&self) -> SquashStage {
        let schema = (!self.operations.is_empty()).then(|| self.comparison.bodies(&self.operations).up);
        let remark = |one: &DataStatement| format!("{}, {}", one.revision, one.message);
        SquashStage { schema, rows: self.data.iter().map(|one| (remark(one), one.text.clone())).collect() }
    }
}

/// Runs the revisions, and compares the schema before and after them.
async fn find(range: SquashRange<'_>, original: &Replay, placement: Placement) -> Result<Vec<FoundStage>, SquashError> {
    let mut before = begin(range, original).await?;
    let (mut stages, mut data) = (Vec::new(), Vec::new());
    for script in range.replaced {
        let sent = replay::run(original, script).await?;
        if sent.reads && !sent.data.is_empty() && !range.below.is_empty() {
            let (revision, file) = (script.revision.id.to_owned(), script.file.to_owned());
            return Err(SquashError::DependsOnRows { revision, file });
        }
        let is_stage = placement == Placement::InTheirPlace && !sent.data.is_empty();
        data.extend(sent.data.into_iter().map(|text| DataStatement::of(script, text)));
        if is_stage {
            stages.push(stage(original, before, std::mem::take(&mut data)).await?);
            before = spelled_state(original.connection()).await?;
        }
    }
    let last = stage(original, before, data).await?;
    if !last.operations.is_empty() || !last.data.is_empty() || stages.is_empty() {
        stages.push(last);
    }
    Ok(stages)
}

/// The change of the schema since `before`.
async fn stage(original: &Replay, before: DatabaseState, data: Vec<DataStatement>) -> Result<FoundStage, SquashError> {
    let all = TableFilter::default();
    let mut comparison = Comparison::of_database(original.connection(), &Entities::new(), &all).await?;
    comparison.to.tables.remove(&TableName::new(MARK_TABLE));
    if !comparison.omitted().is_empty() {
        return Err(SquashError::Omitted { objects: comparison.omitted().to_vec() });
    }
    let comparison = comparison.since(before);
    let operations = comparison.operations(&Renames::default());
    Ok(FoundStage { comparison, operations, data })
}

/// Brings a database to the beginning of a range, with a row in each table.
async fn begin(range: SquashRange<'_>, replay: &Replay) -> Result<DatabaseState, SquashError> {
    for script in range.below {
        replay::run(replay, script).await?;
    }
    let state = spelled_state(replay.connection()).await?;
    if range.has_rows {
        fill(replay.connection(), &state.schema).await.map_err(unread)?;
    }
    Ok(state)
}

/// The state of a database as it is spelled in the texts of its tables.
async fn spelled_state(connection: &DatabaseConnection) -> Result<DatabaseState, SquashError> {
    let mut state = state(connection).await?;
    crate::inspect::add_for_creation(connection, &InspectScope::default(), &mut state.schema).await.map_err(unread)?;
    Ok(state)
}

async fn state(connection: &DatabaseConnection) -> Result<DatabaseState, SquashError> {
    DatabaseState::read(connection, &TableFilter::default()).await.map_err(unread)
}

/// Makes the same changes on a second database, and compares it with the first.
async fn prove(
    range: SquashRange<'_>,
    original: &Replay,
    found: Vec<FoundStage>,
    scratch: &DatabaseSettings,
) -> Result<SquashedRange, SquashError> {
    let copy = Replay::open(scratch).await?;
    let proven = async {
        begin(range, &copy).await?;
        make(&found, copy.connection()).await?;
        compare(range, original, &copy, &found, scratch).await
    };
    let proven = Box::pin(proven).await;
    copy.close().await?;
    proven?;
    let stages = found.iter().map(FoundStage::rendered).collect();
    let data = found.into_iter().flat_map(|stage| stage.data).collect();
    Ok(SquashedRange { backend: original.connection().get_database_backend(), stages, data })
}

/// Does what the squash revision will do.
async fn make(found: &[FoundStage], connection: &DatabaseConnection) -> Result<(), SquashError> {
    let manager = SchemaManager::new(connection);
    for stage in found {
        apply(&stage.operations, &manager).await.map_err(SquashError::Schema)?;
        for statement in &stage.data {
            connection.execute_unprepared(&statement.text).await.map_err(|error| SquashError::Statement {
                statement: Box::new(statement.clone()),
                reason: reason_with_detail(&error),
            })?;
        }
    }
    Ok(())
}

async fn compare(
    range: SquashRange<'_>,
    original: &Replay,
    copy: &Replay,
    found: &[FoundStage],
    scratch: &DatabaseSettings,
) -> Result<(), SquashError> {
    let (wanted, made) = (state(original.connection()).await?, state(copy.connection()).await?);
    let differences = wanted.differences(&made);
    if !differences.is_empty() {
        let differences = differences.iter().map(ToString::to_string).collect();
        return Err(SquashError::SchemaDiffers { differences });
    }
    let read = async |replay: &Replay| RowSnapshot::read(replay.connection(), &wanted.schema).await.map_err(unread);
    let (rows, copied) = (read(original).await?, read(copy).await?);
    if rows.differences(&copied, &BTreeSet::new()).is_empty() {
        return Ok(());
    }
    // Some values are those of the moment. The revisions themselves show which, when they run once more.
    let again = Replay::open(scratch).await?;
    let ran = async {
        begin(range, &again).await?;
        for script in range.replaced {
            replay::run(&again, script).await?;
        }
        read(&again).await
    };
    let ran = Box::pin(ran).await;
    again.close().await?;
    let places = rows.differences(&copied, &rows.volatile(&ran?));
    let data = found.iter().flat_map(|stage| stage.data.iter().cloned()).collect();
    if places.is_empty() { Ok(()) } else { Err(SquashError::RowsDiffer { places, data }) }
}
