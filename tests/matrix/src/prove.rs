//! The test of a change: upgrade, downgrade, upgrade, and the downgrade by a program that does not know the revision.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use seachange::autogenerate::{Comparison, SchemaOperation, differences};
use seachange::schema::{DatabaseObject, ObjectKind, TableName};
use seachange::{Migrations, Migrator, RegisteredRevision, Revision};

use crate::database::Database;
use crate::foresee::false_alarms;
use crate::found::long;
use crate::kept::Fate;
use crate::options::options;
use crate::rows::{Rows, read};
use crate::steps::Steps;
use crate::{Case, Job, Outcome, StoredOutcome};

/// Applies and reverts the revision of a job, or the same calls where it was not compiled. Reports the differences and
/// the lost rows.
///
/// # Errors
///
/// The error of the database or of the engine.
pub async fn prove(case: Case, job: Job, migrations: &'static Migrations) -> Result<Outcome, Box<dyn Error>> {
    let database = Database::connect(&job.url).await?;
    let start = database.compare(&case.after).await?;
    let operations = start.operations(&start.renames());
    let fate = Fate::of(&operations);
    let before = read(&job.url, &start.from).await?;
    let objects = database.objects().await?;
    let steps = Steps::of(&operations);
    let migrator = migrator(&job, &database, migrations, steps).await?;
    let mut faults = Vec::new();

    faults.extend(false_alarms(&database, &operations, &start.from).await?);
    migrator.upgrade("heads").await.map_err(|error| explained("up", &error))?;
    let up = database.compare(&case.after).await?;
    faults.extend(left("after up", &up));
    let count = |is: fn(&SchemaOperation) -> bool| operations.iter().filter(|one| is(one)).count();
    let suspended = count(|one| matches!(one, SchemaOperation::SuspendObject(_) | SchemaOperation::DropObject(_)));
    let restored = count(|one| matches!(one, SchemaOperation::RestoreObject(_) | SchemaOperation::CreateObject(_)));
    let expected = count_objects(&objects) + restored - suspended;
    let found = count_objects(&database.objects().await?);
    if found != expected {
        faults.push(format!("after up: {found} objects beside the tables instead of {expected}"));
    }
    let rows = read(&job.url, &up.from).await?;
    faults.extend(fate.after_up(&before, &rows).into_iter().map(|fault| format!("after up: {fault}")));

    let reverted =
        Reverted { database: &database, job: &job, case: &case, start: &start, fate: &fate, objects: &objects };
    migrator.downgrade("base").await.map_err(|error| explained("down", &error))?;
    let before = reverted.check("after down", &before, &mut faults).await?;

    migrator.upgrade("heads").await.map_err(|error| explained("up again", &error))?;
    faults.extend(left("after up again", &database.compare(&case.after).await?));
    migrator.close().await?;
    let stored = revert_by_older_program(&database).await?;
    if stored == StoredOutcome::Reverted {
        reverted.check("after a stored down", &before, &mut faults).await?;
    }
    database.connection.close().await?;
    let differences = differences(&operations).iter().map(crate::found::short).collect();
    Ok(Outcome { stored, ..Outcome::new(case.name, differences, faults) })
}

/// The number of objects beside the tables. The sequence of a `serial` column is not counted: it keeps its name when the
/// table or the column gets another one, and is listed only while it is not as that of a new column would be.
fn count_objects(objects: &[DatabaseObject]) -> usize {
    let is_sequence = |object: &DatabaseObject| {
        object.name.kind == ObjectKind::Storage && object.create.iter().any(|text| text.contains("ALTER SEQUENCE"))
    };
    objects.iter().filter(|object| !is_sequence(object)).count()
}

/// Reverts the revision by the stored downgrade, with a program that does not know it.
async fn revert_by_older_program(database: &Database) -> Result<StoredOutcome, Box<dyn Error>> {
    let older = connect(database, "matrix 0.0.1", vec![first()]).await?;
    let stored = older.stored_downgrades().await?.into_iter().find(|stored| stored.revision != FIRST);
    let stored = stored.ok_or("no stored downgrade")?;
    let outcome = match stored.capture {
        Err(obstacle) => StoredOutcome::NotCaptured(obstacle.to_string()),
        Ok(_) => {
            let extended = older.with_stored_downgrades().await?.ok_or("the database is not ahead")?;
            extended.downgrade(FIRST).await.map_err(|error| explained("stored down", &error))?;
            StoredOutcome::Reverted
        }
    };
    older.close().await?;
    Ok(outcome)
}

/// What has to be there after a downgrade.
struct Reverted<'a> {
    database: &'a Database,
    job: &'a Job,
    case: &'a Case,
    start: &'a Comparison,
    fate: &'a Fate,
    objects: &'a [DatabaseObject],
}

impl Reverted<'_> {
    /// Adds what differs to the faults. Returns the rows, as they are now.
    async fn check(
        &self,
        when: &str,
        before: &BTreeMap<TableName, Rows>,
        faults: &mut Vec<String>,
    ) -> Result<BTreeMap<TableName, Rows>, Box<dyn Error>> {
        let down = self.database.compare(&self.case.before).await?;
        let rows = read(&self.job.url, &down.from).await?;
        faults.extend(self.fate.after_down(before, &rows).into_iter().map(|fault| format!("{when}: {fault}")));
        faults.extend(left(when, &between(&down, self.start)));
        faults.extend(changed(when, self.objects, &self.database.objects().await?));
        let (first, now) = (options(&self.start.from), options(&down.from));
        if first != now {
            faults.push(format!("{when}: options {now:?} instead of {first:?}"));
        }
        Ok(rows)
    }
}

pub(crate) async fn migrator(
    job: &Job,
    database: &Database,
    migrations: &'static Migrations,
    steps: Steps,
) -> Result<Migrator, Box<dyn Error>> {
    let script = match &job.file {
        Some(file) => {
            let script = migrations.scripts().iter().find(|script| script.file == file);
            RegisteredRevision { ..*script.ok_or("no such revision")? }
        }
        None => steps.leaked(),
    };
    let script = RegisteredRevision { revision: Revision { down_revision: &[FIRST], ..script.revision }, ..script };
    connect(database, "matrix 0.1.0", vec![first(), script]).await
}

/// The revision that both programs have.
const FIRST: &str = "a0";

fn first() -> RegisteredRevision {
    let first = Steps::of(&[]).leaked();
    RegisteredRevision { revision: Revision { id: FIRST, ..Revision::ROOT }, ..first }
}

async fn connect(
    database: &Database,
    program: &'static str,
    scripts: Vec<RegisteredRevision>,
) -> Result<Migrator, Box<dyn Error>> {
    let migrations = Box::leak(Box::new(Migrations::new(program, scripts.leak())));
    Ok(Migrator::connect_with(migrations, &database.settings, Arc::new(|_| {})).await?)
}

pub(crate) fn explained(way: &str, error: &seachange::Error) -> String {
    let mut text = format!("{way}: {error}");
    let mut source = Error::source(error);
    while let Some(error) = source {
        text += &format!(": {error}");
        source = error.source();
    }
    text
}

fn left(when: &str, comparison: &Comparison) -> Vec<String> {
    let left = differences(&comparison.operations(&comparison.renames()));
    left.iter().map(|left| format!("{when}: {}", long(left))).collect()
}

/// The views, functions, triggers … that are not as they were, with their statements.
fn changed(when: &str, before: &[DatabaseObject], after: &[DatabaseObject]) -> Vec<String> {
    let lost = |from: &[DatabaseObject], to: &[DatabaseObject], fate: &str| -> Vec<String> {
        let is_there = |object: &DatabaseObject| {
            to.iter().any(|other| other.name == object.name && other.has_definition_of(object))
        };
        let lost = from.iter().filter(|object| !is_there(object));
        lost.map(|object| format!("{when}: {fate}: {}: {}", object.name, object.create.join("; "))).collect()
    };
    [lost(before, after, "gone"), lost(after, before, "new")].concat()
}

/// Compares the present schema of the database with that at the start.
fn between(now: &Comparison, start: &Comparison) -> Comparison {
    let mut between = now.clone();
    between.to = start.from.clone();
    between.hints = seachange::autogenerate::EntityHints::default();
    between
}
