//! The rows on which a change of the schema fails are foreseen, and no others: each change is made on rows that break it
//! and on rows that do not, after the checks were run on them.
//!
//! The cases are in the files beside this one. A case has the tables before, the change, and rows: `good`, on which the
//! change succeeds; `bad` with the keys of the rows on which it fails; `unknown`, where the checks cannot decide.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::time::Duration;

use seachange::autogenerate::{Comparison, Entities, Renames, TableFilter};
use seachange::impact::foresee::{DatabaseVersion, Foreseen, PendingChange, data_checks, foresee};
use seachange::schema::Schema;
use seachange_tests::harness::{Case, TestResult, each_backend};
use seachange_tests::servers::PostgresMajor;
use seachange_tests::{Backend, TestDatabase, block_on, workspace};

pub(crate) fn trials() -> Vec<Case> {
    let mut cases = each_backend("foresee::failures_are_foreseen", all_cases);
    for (name, major) in [("oldest", PostgresMajor::Oldest), ("newest", PostgresMajor::Newest)] {
        cases.push(Case::owning(
            Backend::Postgres,
            &format!("foresee::failures_are_foreseen_on_the_{name}"),
            move || {
                let server = major.start()?;
                all_cases(&TestDatabase::at(Backend::Postgres, Some(server.address().clone()))?)
            },
        ));
    }
    cases
}

/// A change with rows.
struct Trial<'t> {
    name: String,
    tables: &'t str,
    change: &'t str,
    rows: &'t str,
    expected: Expected,
}

#[derive(Debug, PartialEq)]
enum Expected {
    Success,
    Failure(BTreeSet<String>),
    Unknown,
}

fn trials_of(text: &str) -> Vec<Trial<'_>> {
    let mut trials = Vec::new();
    for case in text.split("-- case ").skip(1) {
        let (name, rest) = case.split_once('\n').unwrap_or((case, ""));
        let (tables, rest) = rest.split_once("-- change\n").unwrap_or((rest, ""));
        let mut sections = rest.split("-- rows ");
        let change = sections.next().unwrap_or_default();
        for section in sections {
            let (head, rows) = section.split_once('\n').unwrap_or((section, ""));
            let mut words = head.split_whitespace();
            let expected = match words.next() {
                Some("good") => Expected::Success,
                Some("bad") => Expected::Failure(words.map(str::to_owned).collect()),
                _ => Expected::Unknown,
            };
            trials.push(Trial { name: format!("{name} ({head})"), tables, change, rows, expected });
        }
    }
    trials
}

fn all_cases(database: &TestDatabase) -> TestResult {
    let files: &[&str] = match database.backend() {
        Backend::Sqlite => &["sqlite"],
        Backend::Postgres => &["postgres"],
        Backend::MariaDb | Backend::MySql => &["mysql"],
    };
    let mut faults = Vec::new();
    let mut count = 0;
    for file in files {
        let text = fs::read_to_string(workspace().join(format!("tests/e2e/foresee/{file}.sql")))?;
        for trial in trials_of(&text) {
            count += 1;
            match check(database, &trial) {
                Ok(None) => {}
                Ok(Some(fault)) => faults.push(format!("{}: {fault}", trial.name)),
                Err(error) => faults.push(format!("{}: cannot be tried: {error}", trial.name)),
            }
        }
    }
    assert!(faults.is_empty(), "{} of {count}:\n{}", faults.len(), faults.join("\n"));
    assert!(count >= 30, "{count} trials");
    Ok(())
}

fn schema_of(database: &TestDatabase) -> Result<Comparison, Box<dyn Error>> {
    block_on(async {
        let connection = database.connect().await?;
        let read = Comparison::of_database(&connection, &Entities::new(), &TableFilter::default()).await;
        connection.close().await?;
        read.map_err(Box::<dyn Error>::from)
    })
}

/// Compares what is foreseen with what happens. Returns what differs.
fn check(database: &TestDatabase, trial: &Trial<'_>) -> Result<Option<String>, Box<dyn Error>> {
    let another = || TestDatabase::at(database.backend(), database.address().cloned());
    let (copy, real) = (another()?, another()?);
    copy.execute(trial.tables)?;
    let before: Schema = schema_of(&copy)?.to;
    copy.execute(trial.change)?;
    let mut comparison = schema_of(&copy)?;
    comparison.from.clone_from(&before);
    let operations = comparison.operations(&Renames::default());
    real.execute(trial.tables)?;
    real.execute(trial.rows)?;
    let found = block_on(async {
        let connection = real.connect().await?;
        let version = DatabaseVersion::read(&connection).await?;
        let change = PendingChange { operations: &operations, ..PendingChange::default() };
        let checks = data_checks(&change, &before, version);
        let found = foresee(&connection, &checks, Duration::from_secs(10)).await;
        connection.close().await?;
        Ok::<_, sea_orm::DbErr>(found)
    })?;
    let outcome = real.execute(trial.change);
    let unknown = found.iter().any(|found| matches!(found, Foreseen::Unknown { .. }));
    let keys: BTreeSet<String> = found
        .iter()
        .filter_map(|found| match found {
            Foreseen::Failure { keys, .. } => Some(keys),
            _ => None,
        })
        .flatten()
        .map(|key| key.iter().map(|cell| cell.as_deref().unwrap_or("NULL")).collect::<Vec<_>>().join(","))
        .collect();
    let foreseen = match (keys.is_empty(), unknown) {
        (false, _) => Expected::Failure(keys),
        (true, true) => Expected::Unknown,
        (true, false) => Expected::Success,
    };
    let really_fails = outcome.is_err();
    let is_right = match &foreseen {
        Expected::Success => !really_fails,
        Expected::Failure(_) => really_fails,
        Expected::Unknown => true,
    };
    let is_as_stated = foreseen == trial.expected;
    Ok((!is_right || !is_as_stated)
        .then(|| format!("expected {:?}, foreseen {foreseen:?}, real: {outcome:?}\n  {found:#?}", trial.expected)))
}
