//! The test kit: databases for tests, in threads and processes, and what is left of them.

#![expect(clippy::print_stdout, reason = "the times are for the reader of the tests")]

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Duration;

use seachange_tests::harness::{Case, TestResult, each_backend};
use seachange_tests::{Backend, Output, Program, TestDatabase, cargo, target, workspace};

pub(crate) fn trials() -> Vec<Case> {
    [
        each_backend("test_kit::many_tests_leave_nothing", many_tests_leave_nothing),
        each_backend("test_kit::what_a_killed_process_left_is_removed", what_a_killed_process_left_is_removed),
        vec![Case::on(Backend::Postgres, "test_kit::a_running_process_keeps_its_databases", a_running_process_keeps)],
        each_backend("test_kit::the_service_tests_itself", the_service_tests_itself),
        each_backend("test_kit::stairway", stairway),
        vec![Case::on(Backend::Sqlite, "test_kit::hashes_of_revisions", hashes_of_revisions)],
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Revisions of which three cannot be reverted: `l2` leaves a column, the `down` of `l3` fails, and after the `down` of
/// `l5`, which leaves a row, its `up` fails.
const WRONG: &str = r#"{
  "l1": {"up": [{"text": "CREATE TABLE a (id INT PRIMARY KEY)"}], "down": [{"text": "DROP TABLE a"}]},
  "l2": {
    "up": [{"text": "ALTER TABLE a ADD COLUMN note VARCHAR(9)"}, {"text": "CREATE TABLE b (id INT PRIMARY KEY)"}],
    "down": [{"text": "DROP TABLE b"}]
  },
  "l3": {"up": [{"text": "CREATE TABLE c (id INT PRIMARY KEY)"}], "down": [{"text": "DROP TABLE d"}]},
  "l4": {"up": [{"text": "CREATE TABLE e (id INT PRIMARY KEY)"}], "down": [{"text": "DROP TABLE e"}]},
  "l5": {"up": [{"text": "INSERT INTO a (id) VALUES (77)"}], "down": []}
}"#;

/// How many databases each of two processes makes at once.
const COUNT: &str = "100";

/// A program whose test databases are on the server of `database`. Its folder for temporary files is that of `database`,
/// where files are counted.
fn program(name: &str, database: &TestDatabase) -> Program {
    let program = Program::named(name).folder(database.folder()).env("TMPDIR", database.folder());
    match database.backend() {
        Backend::Sqlite => program,
        _ => program.env("TEST_DATABASE_URL", database.url()),
    }
}

/// The test databases that exist, without templates.
fn left(database: &TestDatabase) -> Result<BTreeSet<String>, Box<dyn Error>> {
    const PREFIX: &str = "seachange_test_";
    let names: Vec<String> = match database.backend() {
        Backend::Sqlite => files(database.folder())?,
        Backend::Postgres => database.values("SELECT datname::text FROM pg_database")?,
        _ => database.values("SELECT schema_name FROM information_schema.schemata")?,
    };
    Ok(names.into_iter().filter(|name| name.starts_with(PREFIX)).collect())
}

/// The names of the files below a folder.
fn files(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        match entry.path().is_dir() {
            true => names.extend(files(&entry.path())?),
            false => names.push(entry.file_name().to_string_lossy().into_owned()),
        }
    }
    Ok(names)
}

/// Two processes of a hundred tests each. Prints how long a database takes.
fn many_tests_leave_nothing(database: &TestDatabase) -> TestResult {
    let run = || -> Result<Output, String> {
        let output = program("test-databases", database).limit(Duration::from_secs(300)).arg(COUNT).run();
        output.map_err(|error| error.to_string())?.succeeded()
    };
    let outputs = std::thread::scope(|scope| {
        let runs = [scope.spawn(run), scope.spawn(run)];
        runs.map(|run| run.join().unwrap_or_else(|_| Err("the thread panicked".to_owned())))
    });
    for output in outputs {
        let output = output?.stdout;
        let (process, times) = output.split_once('\n').ok_or("the names of the databases")?;
        println!("{}: {}two processes at once", database.backend().name(), times.replace('\n', " ms, "));
        let process = process.trim_start_matches("databases ");
        let left: Vec<String> = left(database)?.into_iter().filter(|name| name.starts_with(process)).collect();
        assert_eq!(left, Vec::<String>::new());
    }
    Ok(())
}

fn what_a_killed_process_left_is_removed(database: &TestDatabase) -> TestResult {
    let mut held = program("test-databases", database).limit(Duration::from_secs(120)).args(["3", "--hold"]).start()?;
    let process = held.wait_for_line("databases ")?;
    held.wait_for("holding")?;
    held.kill();
    let is_of_process = |name: &String| name.starts_with(process.trim_start_matches("databases "));
    let abandoned: BTreeSet<String> = left(database)?.into_iter().filter(is_of_process).collect();
    assert!(!abandoned.is_empty(), "the killed process left its databases");
    // The server notices the end of the killed process's sessions after a moment.
    for attempt in 0.. {
        program("test-databases", database).limit(Duration::from_secs(120)).arg("1").run()?.succeeded()?;
        if left(database)?.is_disjoint(&abandoned) {
            break;
        }
        assert!(attempt < 5, "databases of a killed process: {abandoned:?}");
        std::thread::sleep(Duration::from_millis(300));
    }
    Ok(())
}

/// A process whose URL names another database of the server, where the locks of the running one are not seen.
fn a_running_process_keeps(database: &TestDatabase) -> TestResult {
    let mut held = program("test-databases", database).limit(Duration::from_secs(120)).args(["2", "--hold"]).start()?;
    let process = held.wait_for_line("databases ")?;
    held.wait_for("holding 0")?;
    held.wait_for("holding 1")?;
    let is_of_process = |name: &String| name.starts_with(process.trim_start_matches("databases "));
    // The databases of tests that ended are removed in the background: the first one and those of two threads stay.
    let mut own = BTreeSet::new();
    for _ in 0..300 {
        own = left(database)?.into_iter().filter(is_of_process).collect();
        if own.len() == 3 {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let url = database.url();
    let (server, _) = url.split('?').next().and_then(|url| url.rsplit_once('/')).ok_or("a URL with a database")?;
    let other = program("test-databases", database).env("TEST_DATABASE_URL", format!("{server}/postgres"));
    other.limit(Duration::from_secs(120)).arg("1").run()?.succeeded()?;
    assert_eq!(own.len(), 3, "the databases of a running process: {own:?}");
    assert!(left(database)?.is_superset(&own), "the databases of a running process: {own:?}");
    held.kill();
    Ok(())
}

/// The unit tests of the service, with a database of this system for each.
fn the_service_tests_itself(database: &TestDatabase) -> TestResult {
    let mut tests = cargo();
    tests.args(["test", "-q", "--workspace", "--locked", "--bin", "app"]).current_dir(workspace());
    tests.env("TMPDIR", database.folder()).env("CARGO_TARGET_DIR", target());
    if database.backend() != Backend::Sqlite {
        tests.env("TEST_DATABASE_URL", database.url());
    }
    let output = tests.output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("test result: ok."), "{text}");
    let result = text.lines().find(|line| line.starts_with("test result")).unwrap_or_default();
    println!("{}: {result}", database.backend().name());
    Ok(())
}

/// Every revision of the workspace and of the public schemas, up, down and up again; and revisions whose `down` is wrong.
fn stairway(database: &TestDatabase) -> TestResult {
    for name in ["migration", "music-store", "trading-company", "film-store-portable"] {
        let output =
            Program::named(name).database(database).folder(database.folder()).arg("test").run()?.succeeded()?;
        assert!(output.stdout.contains("ok      stairway"), "{name}: {output}");
    }
    let actions = database.folder().join("actions.json");
    fs::write(&actions, WRONG)?;
    let wrong = Program::named("scripted-migration").database(database).folder(database.folder());
    let wrong = wrong.arg("test").env("SCRIPTED_ACTIONS", &actions).run()?;
    assert_eq!(wrong.code, Some(8), "{wrong}");
    let faults: Vec<&str> = wrong.stdout.lines().filter(|line| line.contains(", ") && line.ends_with(':')).collect();
    assert_eq!(faults.len(), 3, "{wrong}");
    for (id, what) in [("l2", "does not lead back"), ("l3", "`down` fails"), ("l5", "the second `up` fails")] {
        assert!(faults.iter().any(|fault| fault.contains(id) && fault.contains(what)), "{id}: {wrong}");
    }
    assert!(wrong.stdout.contains("column `a.note`"), "the difference is named: {wrong}");
    Ok(())
}

fn hashes_of_revisions(database: &TestDatabase) -> TestResult {
    let file = database.folder().join("hashes");
    let hashes = file.to_string_lossy().into_owned();
    let test = || Program::migration().database(database).folder(database.folder()).args(["test", "--hashes", &hashes]);
    let missing = test().run()?;
    assert!(
        missing.stdout.contains("FAILED  sources unchanged") && missing.stdout.contains("376e48470d72 is new"),
        "{missing}"
    );
    test().env("SEACHANGE_UPDATE", "1").run()?.succeeded()?;
    test().run()?.succeeded()?;
    let known = fs::read_to_string(&file)?;
    fs::write(&file, known.replacen("376e48470d72 ", "376e48470d72 0", 1) + "ffffffffffff 00\n")?;
    let changed = test().run()?;
    assert!(
        changed.stdout.contains("376e48470d72 was edited") && changed.stdout.contains("ffffffffffff is gone"),
        "{changed}"
    );
    Ok(())
}
