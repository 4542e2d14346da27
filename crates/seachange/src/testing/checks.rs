//! Tests of the revisions, of one line each.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use futures_util::future::BoxFuture;

use super::clones::settings;
use super::error::TestError;
use crate::autogenerate::{AutogenerateError, Comparison, Entities, Renames, TableFilter, differences};
use crate::error::Error;
use crate::revision::Migrations;
use crate::settings::DatabaseSettings;

/// The variable that makes [`sources_unchanged`] write the file.
const UPDATE: &str = "SEACHANGE_UPDATE";

/// Fails unless the revisions have exactly one head. A project with permanent branches does not use it.
///
/// # Errors
///
/// [`TestError::Heads`], and [`TestError::Graph`] for revisions that do not form a valid graph.
pub fn single_head(migrations: &Migrations) -> Result<(), TestError> {
    let graph = migrations.graph().map_err(|error| TestError::Graph(Box::new(Error::from(error))))?;
    let heads: Vec<String> = graph.heads().iter().map(|head| head.id.clone()).collect();
    if heads.len() == 1 { Ok(()) } else { Err(TestError::Heads { heads }) }
}

/// Fails unless the revisions make the schema of the entities, on the server that `TEST_DATABASE_URL` names, or else on
/// SQLite.
///
/// # Errors
///
/// [`TestError::Entities`] with the differences; otherwise see [`TestError`].
pub async fn entities_match(migrations: &'static Migrations, entities: &Entities) -> Result<(), TestError> {
    entities_match_on(migrations, entities, &settings()?).await
}

/// Fails unless the revisions make the schema of the entities, on the server of a database, which stays as it is.
///
/// # Errors
///
/// See [`entities_match`].
pub async fn entities_match_on(
    migrations: &'static Migrations,
    entities: &Entities,
    server: &DatabaseSettings,
) -> Result<(), TestError> {
    let comparison = replay(migrations, entities, server).await?;
    let operations = comparison.operations(&Renames::default());
    let differences: Vec<String> = differences(&operations).iter().map(ToString::to_string).collect();
    if differences.is_empty() { Ok(()) } else { Err(TestError::Entities { differences }) }
}

/// Boxed for the same reason as the futures in `clones`.
fn replay<'a>(
    migrations: &'static Migrations,
    entities: &'a Entities,
    server: &'a DatabaseSettings,
) -> BoxFuture<'a, Result<Comparison, AutogenerateError>> {
    Box::pin(async move { Comparison::of_replay(migrations, server, entities, &TableFilter::default()).await })
}

/// Fails if the code of a revision is another than in `file`, which has the id and the hash of each revision, one a
/// line, and is committed. Comments and formatting do not count. With the variable `SEACHANGE_UPDATE=1` the file is
/// written instead.
///
/// # Errors
///
/// [`TestError::Sources`] with the revisions that were edited, are missing in the file, or are gone.
pub fn sources_unchanged(migrations: &Migrations, file: &Path) -> Result<(), TestError> {
    let failed = |doing| move |source| TestError::File { doing, source };
    let present: BTreeMap<&str, &str> =
        migrations.scripts().iter().map(|script| (script.revision.id, script.source_hash)).collect();
    if std::env::var_os(UPDATE).is_some_and(|value| !value.is_empty()) {
        let lines: String = present.iter().map(|(id, hash)| format!("{id} {hash}\n")).collect();
        return fs::write(file, lines).map_err(failed("cannot write the file of hashes"));
    }
    let text = match fs::read_to_string(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        text => text.map_err(failed("cannot read the file of hashes"))?,
    };
    let known: BTreeMap<&str, &str> = text.lines().filter_map(|line| line.split_once(' ')).collect();
    let edited = present.iter().filter_map(|(id, hash)| match known.get(id) {
        None => Some(format!("  {id} is new")),
        Some(old) if old != hash => Some(format!("  {id} was edited")),
        Some(_) => None,
    });
    let gone = known.keys().filter(|id| !present.contains_key(*id)).map(|id| format!("  {id} is gone"));
    let mut changes: Vec<String> = edited.chain(gone).collect();
    if changes.is_empty() {
        return Ok(());
    }
    changes.push(format!("if that is meant, run the test with `{UPDATE}=1`"));
    Err(TestError::Sources { file: file.to_owned(), changes })
}
