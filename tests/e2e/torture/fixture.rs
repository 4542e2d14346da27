//! The program with ten revisions, and the contents after an undisturbed run.

use std::{
    error::Error,
    fs,
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use seachange_tests::{Backend, Output, Program, Running, TestDatabase, harness::TestResult, servers::Address};

/// How long a run may take while similar runs work at the same time.
const LIMIT: Duration = Duration::from_secs(120);

/// The contents of a database: the schema, and the rows.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Contents {
    pub(super) schema: String,
    pub(super) rows: String,
}

/// The program on `database`, which logs the points that it reaches.
pub(super) fn program(database: &TestDatabase, arguments: &str) -> Program {
    let program = Program::named("ten-migration").database(database).limit(LIMIT);
    program.env("TEN_LOG", log(database)).args(arguments.split(' '))
}

/// The program, which reaches the server through another port.
pub(super) fn program_behind(database: &TestDatabase, port: u16, arguments: &str) -> Program {
    match database.address() {
        Some(address) => program_at(database, &address.behind(port), arguments),
        None => program(database, arguments),
    }
}

/// The program, which reaches the database at another address.
pub(super) fn program_at(database: &TestDatabase, address: &Address, arguments: &str) -> Program {
    program(database, arguments).env("DATABASE_URL", address.url(database.name()))
}

/// Another empty database beside `database`.
pub(super) fn another(database: &TestDatabase) -> Result<TestDatabase, Box<dyn Error>> {
    Ok(TestDatabase::at(database.backend(), database.address().cloned())?)
}

fn log(database: &TestDatabase) -> PathBuf {
    database.folder().join("log")
}

/// The lines of the log that are numbers, or names of revisions.
fn lines(database: &TestDatabase, are_numbers: bool) -> Vec<String> {
    let text = fs::read_to_string(log(database)).unwrap_or_default();
    text.lines().filter(|line| line.parse::<usize>().is_ok() == are_numbers).map(str::to_owned).collect()
}

/// The number of points that a run reached.
pub(super) fn moments(database: &TestDatabase) -> usize {
    lines(database, true).len()
}

/// The revisions whose code ran to its end, in this order. A revision that did so twice is listed twice.
pub(super) fn ended(database: &TestDatabase) -> Vec<String> {
    lines(database, false)
}

/// Waits until the program has reached the point at which it waits.
pub(super) fn wait_for_moment(database: &TestDatabase, running: &mut Running) -> TestResult {
    while !database.folder().join("reached").exists() {
        if running.has_ended()? {
            return Err(format!("it never waited:\n{}", running.kill()).into());
        }
        running.pause()?;
    }
    Ok(())
}

/// Fails unless the program was killed.
pub(super) fn check_killed(output: &Output, place: &str) -> TestResult {
    if output.code.is_none() { Ok(()) } else { Err(format!("{place}: it was not killed: {output}").into()) }
}

/// Fails unless a run that lost its connection says so.
pub(crate) fn check_loss_is_told(output: &Output, place: &str) -> TestResult {
    let is_told =
        ["connection", "communicating with database", "cannot reach"].iter().any(|words| output.stderr.contains(words));
    if is_told && matches!(output.code, Some(1..=5)) {
        return Ok(());
    }
    Err(format!("{place}: {output}").into())
}

/// The state of each revision in the record.
pub(super) fn record(database: &TestDatabase) -> Result<Vec<String>, Box<dyn Error>> {
    if !database.tables()?.iter().any(|table| table == "seachange_revision") {
        return Ok(Vec::new());
    }
    Ok(database.values("SELECT revision || ' ' || state FROM seachange_revision ORDER BY revision")?)
}

impl Contents {
    pub(super) fn of(database: &TestDatabase) -> Result<Self, Box<dyn Error>> {
        Ok(Self { schema: database.schema()?, rows: database.rows()? })
    }

    /// Fails with both texts when these contents are not the `expected` ones.
    pub(super) fn check(&self, expected: &Self, place: &str) -> TestResult {
        for (found, expected) in [(&self.schema, &expected.schema), (&self.rows, &expected.rows)] {
            if found != expected {
                return Err(format!("{place}: found\n{found}\n--- instead of\n{expected}").into());
            }
        }
        Ok(())
    }
}

/// The contents after each number of undisturbed revisions, from none to all ten. Computed once for each kind of
/// database.
pub(super) fn undisturbed(database: &TestDatabase) -> Result<Vec<Contents>, Box<dyn Error>> {
    static KNOWN: Mutex<Vec<(Backend, Vec<Contents>)>> = Mutex::new(Vec::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, contents)) = known.iter().find(|(backend, _)| *backend == database.backend()) {
        return Ok(contents.clone());
    }
    let contents = run_undisturbed(&another(database)?)?;
    known.push((database.backend(), contents.clone()));
    Ok(contents)
}

fn run_undisturbed(database: &TestDatabase) -> Result<Vec<Contents>, Box<dyn Error>> {
    let mut contents = vec![Contents::of(database)?];
    for count in 1..=10 {
        program(database, "up 1").run()?.succeeded()?;
        assert_eq!(record(database)?.len(), count);
        contents.push(Contents::of(database)?);
    }
    Ok(contents)
}

/// Fails unless the database has the contents of an undisturbed run, and the record says so.
pub(super) fn check_head(database: &TestDatabase, place: &str) -> TestResult {
    let expected = undisturbed(database)?;
    Contents::of(database)?.check(&expected[10], place)?;
    let record = record(database)?;
    let is_complete = record.len() == 10 && record.iter().all(|row| row.ends_with(" applied"));
    if !is_complete {
        return Err(format!("{place}: the record is {record:?}").into());
    }
    check_indexes(database, place)
}

/// A concurrent build that was interrupted leaves an index that PostgreSQL does not use.
fn check_indexes(database: &TestDatabase, place: &str) -> TestResult {
    if database.backend() == Backend::Postgres {
        let invalid = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid";
        let invalid: Vec<String> = database.values(invalid)?;
        if !invalid.is_empty() {
            return Err(format!("{place}: not valid: {invalid:?}").into());
        }
    }
    Ok(())
}

/// Fails if a revision is partly applied where the database could have rolled back: the contents must be those of the
/// applied revisions. Checks nothing while a revision is recorded as begun.
pub(super) fn check_whole(database: &TestDatabase, place: &str) -> TestResult {
    let record = record(database)?;
    if record.iter().any(|row| !row.ends_with(" applied")) {
        return Ok(());
    }
    Contents::of(database)?.check(&undisturbed(database)?[record.len()], place)
}
