//! The test of a change: upgrade, and downgrade.

use std::error::Error;
use std::sync::Arc;

use seachange::autogenerate::{Comparison, SchemaOperation, differences};
use seachange::schema::DatabaseObject;
use seachange::{Migrations, Migrator, RegisteredRevision};

use crate::database::Database;
use crate::foresee::false_alarms;
use crate::found::long;
use crate::kept::Fate;
use crate::options::options;
use crate::rows::read;
use crate::steps::Steps;
use crate::{Case, Job, Outcome};

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
    let expected = objects.len() + restored - suspended;
    let found = database.objects().await?.len();
    if found != expected {
        faults.push(format!("after up: {found} objects beside the tables instead of {expected}"));
    }
    let rows = read(&job.url, &up.from).await?;
    faults.extend(fate.after_up(&before, &rows).into_iter().map(|fault| format!("after up: {fault}")));

    migrator.downgrade("base").await.map_err(|error| explained("down", &error))?;
    let down = database.compare(&case.before).await?;
    let rows = read(&job.url, &down.from).await?;
    faults.extend(fate.after_down(&before, &rows).into_iter().map(|fault| format!("after down: {fault}")));
    faults.extend(left("after down", &between(&down, &start)));
    let kept = database.objects().await?;
    faults.extend(changed(&objects, &kept));
    let (before, after) = (options(&start.from), options(&down.from));
    if before != after {
        faults.push(format!("after down: options {after:?} instead of {before:?}"));
    }

    migrator.upgrade("heads").await.map_err(|error| explained("up again", &error))?;
    faults.extend(left("after up again", &database.compare(&case.after).await?));
    migrator.close().await?;
    database.connection.close().await?;
    let differences = differences(&operations).iter().map(crate::found::short).collect();
    Ok(Outcome { case: case.name.to_owned(), differences, faults })
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
    let scripts: &'static [RegisteredRevision] = Box::leak(Box::new([script]));
    let alone = Box::leak(Box::new(Migrations::new("matrix 0.1.0", scripts)));
    Ok(Migrator::connect_with(alone, &database.settings, Arc::new(|_| {})).await?)
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
fn changed(before: &[DatabaseObject], after: &[DatabaseObject]) -> Vec<String> {
    let lost = |from: &[DatabaseObject], to: &[DatabaseObject], fate: &str| -> Vec<String> {
        let is_there = |object: &DatabaseObject| {
            to.iter().any(|other| other.name == object.name && other.has_definition_of(object))
        };
        let lost = from.iter().filter(|object| !is_there(object));
        lost.map(|object| format!("after down: {fate}: {}: {}", object.name, object.create.join("; "))).collect()
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
