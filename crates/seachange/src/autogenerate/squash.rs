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
use seachange_source::{RevisionBody, SquashBody};

pub(crate) use self::error::SquashError;
use self::error::unread;
use self::replay::Replay;
use self::snapshot::RowSnapshot;
use super::comparison::Comparison;
use super::database_state::DatabaseState;
use super::error::ScratchError;
use super::rows::fill;
use super::scratch::MARK_TABLE;
use super::{Entities, Renames, SchemaOperation, TableFilter, apply};
use crate::database_error::reason_with_detail;
#[cfg(feature = "mysql")]
use crate::inspect::InspectScope;
use crate::revision::RegisteredRevision;
use crate::schema::TableName;
use crate::settings::DatabaseSettings;

/// What a squash revision does on one database system.
#[derive(Debug)]
pub(crate) struct SquashedRange {
    /// The system.
    pub(crate) backend: DbBackend,
    /// The code that makes the schema.
    pub(crate) bodies: RevisionBody,
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
        let remark = |one: &DataStatement| format!("{}, {}", one.revision, one.message);
        let rows = self.data.iter().map(|one| (remark(one), one.text.clone())).collect();
        SquashBody { backend, system, schema: self.bodies.up.clone(), rows }
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
}

/// Finds out what a squash revision has to do on the database system of `scratch`, and proves it. Scratch databases are
/// created there, and dropped.
///
/// # Errors
///
/// See [`SquashError`].
pub(crate) async fn squash(range: SquashRange<'_>, scratch: &DatabaseSettings) -> Result<SquashedRange, SquashError> {
    let original = Replay::open(scratch).await?;
    let found = Box::pin(find(range, &original)).await;
    let outcome = match found {
        Ok(found) => Box::pin(prove(range, &original, found, scratch)).await,
        Err(error) => Err(error),
    };
    original.close().await?;
    outcome
}

/// What the revisions of a range do, before it is proven.
struct FoundChanges {
    comparison: Comparison,
    operations: Vec<SchemaOperation>,
    data: Vec<DataStatement>,
}

/// Runs the revisions, and compares the schema before and after them.
async fn find(range: SquashRange<'_>, original: &Replay) -> Result<FoundChanges, SquashError> {
    let before = begin(range, original).await?;
    let sent = original.run(range.replaced).await?;
    if !range.below.is_empty()
        && let Some((statement, _)) = sent.iter().find(|(_, reads)| *reads)
    {
        let (revision, file) = (statement.revision.clone(), statement.file.clone());
        return Err(SquashError::DependsOnRows { revision, file });
    }
    let data = sent.into_iter().map(|(statement, _)| statement).collect();
    let all = TableFilter::default();
    let mut comparison = Comparison::of_database(original.connection(), &Entities::new(), &all).await?;
    comparison.to.tables.remove(&TableName::new(MARK_TABLE));
    if !comparison.omitted().is_empty() {
        return Err(SquashError::Omitted { objects: comparison.omitted().to_vec() });
    }
    let comparison = comparison.since(before);
    let operations = comparison.operations(&Renames::default());
    Ok(FoundChanges { comparison, operations, data })
}

/// Brings a database to the beginning of a range, with a row in each table.
async fn begin(range: SquashRange<'_>, replay: &Replay) -> Result<DatabaseState, SquashError> {
    replay.run(range.below).await?;
    #[cfg_attr(not(feature = "mysql"), expect(unused_mut, reason = "only MySQL has another spelling"))]
    let mut state = state(replay.connection()).await?;
    #[cfg(feature = "mysql")]
    crate::inspect::add_spelling(replay.connection(), &InspectScope::default(), &mut state.schema)
        .await
        .map_err(unread)?;
    fill(replay.connection(), &state.schema).await.map_err(unread)?;
    Ok(state)
}

async fn state(connection: &DatabaseConnection) -> Result<DatabaseState, SquashError> {
    DatabaseState::read(connection, &TableFilter::default()).await.map_err(unread)
}

/// Makes the same changes on a second database, and compares it with the first.
async fn prove(
    range: SquashRange<'_>,
    original: &Replay,
    found: FoundChanges,
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
    let bodies = found.comparison.bodies(&found.operations);
    Ok(SquashedRange { backend: original.connection().get_database_backend(), bodies, data: found.data })
}

/// Does what the squash revision will do.
async fn make(found: &FoundChanges, connection: &DatabaseConnection) -> Result<(), SquashError> {
    let manager = SchemaManager::new(connection);
    apply(&found.operations, &manager).await.map_err(SquashError::Schema)?;
    for statement in &found.data {
        connection.execute_unprepared(&statement.text).await.map_err(|error| SquashError::Statement {
            statement: Box::new(statement.clone()),
            reason: reason_with_detail(&error),
        })?;
    }
    Ok(())
}

async fn compare(
    range: SquashRange<'_>,
    original: &Replay,
    copy: &Replay,
    found: &FoundChanges,
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
        again.run(range.replaced).await?;
        read(&again).await
    };
    let ran = Box::pin(ran).await;
    again.close().await?;
    let places = rows.differences(&copied, &rows.volatile(&ran?));
    if places.is_empty() { Ok(()) } else { Err(SquashError::RowsDiffer { places, data: found.data.clone() }) }
}
