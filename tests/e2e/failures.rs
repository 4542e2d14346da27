//! Revisions that fail: what the user reads, what is left in the database, and how the user continues.
//!
//! The revisions are those of the member crate `failing-migration`; the variable `TROUBLE` says where and how they
//! fail.

use std::fs;

use insta::Settings;
use seachange_tests::{
    Backend, Output, Program, ProgramError, Running, TestDatabase,
    harness::{Case, TestResult, each_backend},
    servers::{SPECIAL_PASSWORD, SPECIAL_USER},
    snapshot,
};

/// The revisions, in their order.
const IDS: [&str; 4] = ["a11111111111", "b22222222222", "c33333333333", "d44444444444"];

/// A revision that fails in its upgrade or downgrade.
#[derive(Clone, Copy)]
struct Trouble {
    /// The name of the test.
    name: &'static str,
    /// Where and how the revision fails.
    wanted: &'static str,
    /// The index of the revision in [`IDS`].
    index: usize,
}

const TROUBLES: [Trouble; 7] = [
    Trouble { name: "statement", wanted: "books up: statement", index: 1 },
    Trouble { name: "own_error", wanted: "books up: custom", index: 1 },
    Trouble { name: "panic", wanted: "books up: panic", index: 1 },
    Trouble { name: "orphan", wanted: "names up: orphan", index: 2 },
    Trouble { name: "way_down", wanted: "books down: statement", index: 1 },
    Trouble { name: "outside_of_a_transaction", wanted: "shelves up: statement", index: 3 },
    Trouble { name: "way_down_outside", wanted: "shelves down: custom", index: 3 },
];

/// sea-query has no such change for SQLite.
const MODIFY: Trouble = Trouble { name: "panic_of_sea_query", wanted: "books up: modify", index: 1 };

pub(crate) fn trials() -> Vec<Case> {
    let mut cases = Vec::new();
    for trouble in TROUBLES {
        let name = format!("failures::{}_is_told", trouble.name);
        cases.extend(each_backend(&name, move |database| is_told(database, trouble)));
    }
    cases.push(Case::on(Backend::Sqlite, "failures::panic_of_sea_query_is_told", |database| is_told(database, MODIFY)));
    cases.extend(each_backend("failures::rebuilt_parent_keeps_its_children", rebuilt_parent_keeps_its_children));
    cases.extend(each_backend("failures::interrupt_waits_for_the_revision", interrupt_waits_for_the_revision));
    cases.extend(each_backend("failures::second_interrupt_ends_at_once", second_interrupt_ends_at_once));
    cases
}

/// The program as a user with a password that a test would find in any output.
fn program(database: &TestDatabase, arguments: &str) -> Program {
    let url = database.url_for(SPECIAL_USER, SPECIAL_PASSWORD);
    Program::named("failing-migration").database(database).env("DATABASE_URL", url).args(arguments.split(' '))
}

fn run(database: &TestDatabase, arguments: &str) -> Result<Output, ProgramError> {
    program(database, arguments).run()
}

fn succeed(database: &TestDatabase, arguments: &str) -> TestResult {
    run(database, arguments)?.succeeded()?;
    Ok(())
}

/// The state of each revision in the record.
fn record(database: &TestDatabase) -> Result<Vec<String>, sea_orm::DbErr> {
    database.values("SELECT revision || ' ' || state FROM seachange_revision ORDER BY revision")
}

/// The record when these many revisions are applied.
fn applied(count: usize) -> Vec<String> {
    IDS[..count].iter().map(|id| format!("{id} applied")).collect()
}

fn settings(database: &TestDatabase) -> Settings {
    let mut settings = snapshot::settings(database);
    settings.add_filter(r"[^ ]*/sea-query-[\d.]+/", "[registry]/sea-query/");
    settings.add_filter(r"\.rs:\d+:\d+", ".rs:[line]");
    settings
}

impl Trouble {
    fn is_upgrade(self) -> bool {
        self.wanted.contains(" up: ")
    }

    /// Whether the database rolls back the changes of the revision.
    fn is_rolled_back(self, database: &TestDatabase) -> bool {
        !database.backend().is_like_mysql() && IDS[self.index] != IDS[3]
    }

    /// Migrates the database so that the revision is the next one.
    fn prepare(self, database: &TestDatabase) -> TestResult {
        let count = if self.is_upgrade() { self.index } else { self.index + 1 };
        succeed(database, &format!("up {count}"))?;
        assert_eq!(record(database)?, applied(count));
        Ok(())
    }

    fn command(self) -> &'static str {
        if self.is_upgrade() { "up" } else { "down base" }
    }
}

fn is_told(database: &TestDatabase, trouble: Trouble) -> TestResult {
    trouble.prepare(database)?;
    let before = (database.schema()?, record(database)?);
    let output = program(database, trouble.command()).env("TROUBLE", trouble.wanted).run()?;

    let text = output.to_string();
    assert!(!text.contains("P@ss") && !text.contains("P%40ss"), "{text}");
    let name = format!("failures_{}_{}", trouble.name, database.backend().name());
    settings(database).bind(|| insta::assert_snapshot!(name, text));
    assert_eq!(output.code, Some(5));

    let after = (database.schema()?, record(database)?);
    if trouble.is_rolled_back(database) {
        assert_eq!(after, before);
    } else {
        assert_ne!(after.0, before.0);
        clear(database, trouble)?;
    }
    succeed(database, trouble.command())?;
    let done = if trouble.is_upgrade() { IDS.len() } else { 0 };
    assert_eq!(record(database)?, applied(done));
    Ok(())
}

/// The record says which revision was begun; nothing runs until a person has checked and stamped.
fn clear(database: &TestDatabase, trouble: Trouble) -> TestResult {
    let (id, state) = (IDS[trouble.index], if trouble.is_upgrade() { "upgrading" } else { "downgrading" });
    assert!(record(database)?.contains(&format!("{id} {state}")));
    for command in ["up", "down"] {
        let refused = run(database, command)?;
        assert_eq!(refused.code, Some(4), "{refused}");
        assert!(refused.stderr.contains(id) && refused.stderr.contains("did not finish"), "{refused}");
    }
    assert!(run(database, "status")?.succeeded()?.stdout.contains(&format!("interrupted  {id}")));

    finish_by_hand(database, trouble)?;
    let (target, count) = match trouble.index {
        index if trouble.is_upgrade() => (IDS[index], index + 1),
        index => (IDS[index - 1], index),
    };
    succeed(database, &format!("stamp {target}"))?;
    assert_eq!(record(database)?, applied(count));
    Ok(())
}

/// Does the remaining work of the revision.
fn finish_by_hand(database: &TestDatabase, trouble: Trouble) -> TestResult {
    match trouble.wanted.split(':').next() {
        Some("shelves up") => database.execute("CREATE TABLE rooms (id INT PRIMARY KEY)")?,
        Some("shelves down") => database.execute("DROP TABLE shelves")?,
        _ => {}
    }
    Ok(())
}

const BOOKS: &str = "SELECT id || ' ' || title || ' ' || author_id FROM books ORDER BY id";

/// On SQLite `authors` is created anew, while `books` refers to it with ON DELETE CASCADE.
fn rebuilt_parent_keeps_its_children(database: &TestDatabase) -> TestResult {
    succeed(database, "up 2")?;
    database.execute(
        "INSERT INTO authors (id, name) VALUES (1, 'Ada'), (2, 'Bob');
         INSERT INTO books (id, title, author_id) VALUES (1, 'One', 1), (2, 'Two', 1), (3, 'Three', 2)",
    )?;
    let (schema, books) = (database.schema()?, database.values::<String>(BOOKS)?);
    for command in ["up 1", "down 1", "up 1"] {
        succeed(database, command)?;
        assert_eq!(database.values::<String>(BOOKS)?, books, "after `{command}`");
        assert_eq!(database.values::<String>("SELECT name FROM authors ORDER BY id")?, ["Ada", "Bob"]);
        assert_eq!(database.schema()? == schema, command.starts_with("down"), "after `{command}`");
    }
    assert!(database.execute("INSERT INTO authors (id, name) VALUES (3, 'Bob')").is_err());
    assert!(database.execute("INSERT INTO books (id, title, author_id) VALUES (4, 'Four', 4)").is_err());
    database.execute("DELETE FROM authors WHERE id = 1")?;
    assert_eq!(database.values::<String>(BOOKS)?, books[2..]);
    Ok(())
}

/// An upgrade that is in the second revision, and has been told to stop.
fn interrupted(database: &TestDatabase) -> Result<Running, Box<dyn std::error::Error>> {
    let mut running = program(database, "up").env("TROUBLE", "books up: wait").start()?;
    running.wait_for("create books table … ")?;
    while !database.folder().join("waiting").exists() {
        running.pause()?;
    }
    running.interrupt()?;
    running.wait_for("stopping after this revision")?;
    Ok(running)
}

fn interrupt_waits_for_the_revision(database: &TestDatabase) -> TestResult {
    let running = interrupted(database)?;
    fs::write(database.folder().join("go"), "")?;
    let output = running.finish()?;
    settings(database).bind(|| insta::assert_snapshot!("failures_interrupted", output));
    assert_eq!(record(database)?, applied(2));
    succeed(database, "up")?;
    assert_eq!(record(database)?, applied(4));
    Ok(())
}

fn second_interrupt_ends_at_once(database: &TestDatabase) -> TestResult {
    let running = interrupted(database)?;
    running.interrupt()?;
    let output = running.finish()?;
    let kind = if database.backend().is_like_mysql() { "journalled" } else { "in_transaction" };
    settings(database).bind(|| insta::assert_snapshot!(format!("failures_aborted_{kind}"), output));
    if database.backend().is_like_mysql() {
        assert_eq!(record(database)?, ["a11111111111 applied", "b22222222222 upgrading"]);
        return Ok(());
    }
    assert_eq!(record(database)?, applied(1));
    assert_eq!(database.tables()?, ["authors", "seachange_revision"]);
    succeed(database, "up")
}
