//! The revisions of the workspace, run the way a user runs them: up, down and up again, with rows in the tables.

use std::fmt::Write;

use seachange_tests::{
    Backend, Output, Program, ProgramError, TestDatabase,
    harness::{Case, TestResult, each_backend},
    snapshot,
};

pub(crate) fn trials() -> Vec<Case> {
    let mut cases = each_backend("migrations::every_revision_is_undone_exactly", every_revision_is_undone_exactly);
    cases.extend(each_backend("migrations::rows_outlive_the_steps", rows_outlive_the_steps));
    cases.extend(each_backend("migrations::rows_without_a_value_stop_the_step", rows_without_a_value_stop_the_step));
    cases.extend(each_backend("migrations::targets_lead_where_they_say", targets_lead_where_they_say));
    cases.push(Case::on(Backend::Sqlite, "migrations::commands_read_well", commands_read_well));
    cases.extend(each_backend("migrations::destruction_needs_a_yes", destruction_needs_a_yes));
    cases.extend(each_backend("migrations::nothing_pending_writes_nothing", nothing_pending_writes_nothing));
    cases.extend(each_backend("migrations::reading_writes_nothing", reading_writes_nothing));
    cases.push(Case::on(Backend::Sqlite, "migrations::reading_makes_no_file", reading_makes_no_file));
    cases.push(Case::on(Backend::Sqlite, "migrations::states_are_counted", states_are_counted));
    cases.push(Case::on(Backend::Sqlite, "migrations::idling_makes_no_file", idling_makes_no_file));
    cases
}

/// Runs the migration program with arguments that hold no spaces.
fn run(database: &TestDatabase, arguments: &str) -> Result<Output, ProgramError> {
    Program::migration().database(database).args(arguments.split(' ')).run()
}

/// Runs it, and expects it to succeed.
fn succeed(database: &TestDatabase, arguments: &str) -> TestResult {
    run(database, arguments)?.succeeded()?;
    Ok(())
}

/// Every revision with its state, as `status` shows it, in the order in which they run.
fn states(database: &TestDatabase) -> Result<Vec<(String, String)>, Box<dyn std::error::Error>> {
    let output = run(database, "status --format json")?.succeeded()?;
    let entries: Vec<serde_json::Value> = serde_json::from_str(&output.stdout)?;
    let text = |entry: &serde_json::Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    Ok(entries.iter().map(|entry| (text(entry, "id"), text(entry, "state"))).collect())
}

/// How many revisions are applied; they must be the first ones.
fn applied(database: &TestDatabase) -> Result<usize, Box<dyn std::error::Error>> {
    let states = states(database)?;
    let count = states.iter().take_while(|(_, state)| state == "applied").count();
    assert!(states[count..].iter().all(|(_, state)| state == "pending"), "{states:?}");
    Ok(count)
}

fn every_revision_is_undone_exactly(database: &TestDatabase) -> TestResult {
    let all = states(database)?.len();
    let mut schemas = vec![database.schema()?];
    for _ in 0..all {
        succeed(database, "up 1")?;
        let schema = database.schema()?;
        assert_ne!(schemas.last(), Some(&schema));
        schemas.push(schema);
    }
    for before in schemas[..all].iter().rev() {
        succeed(database, "down")?;
        assert_eq!(&database.schema()?, before);
    }
    assert_eq!(database.tables()?, ["seachange_revision"]);

    succeed(database, "up")?;
    assert_eq!(database.schema()?, schemas[all]);
    succeed(database, "down base")?;
    assert_eq!(database.schema()?, schemas[0]);
    Ok(())
}

const POSTS: &str = "SELECT id || ' ' || title FROM posts ORDER BY id";
const USERS: &str = "SELECT id || ' ' || email || ' ' || password_hash || ' ' || created_at FROM users ORDER BY id";
const VOTES: &str = "SELECT user_id || ' ' || post_id FROM votes ORDER BY user_id, post_id";

/// The name of a table, and its rows.
type Table = (&'static str, Vec<String>);

/// The rows of the existing tables, in columns that no revision drops.
fn rows(database: &TestDatabase) -> Result<Vec<Table>, sea_orm::DbErr> {
    let tables = database.tables()?;
    let there = [("posts", POSTS), ("users", USERS), ("votes", VOTES)].into_iter();
    let there = there.filter(|(name, _)| tables.iter().any(|table| table == name));
    there.map(|(name, query)| Ok((name, database.values(query)?))).collect()
}

fn rows_outlive_the_steps(database: &TestDatabase) -> TestResult {
    succeed(database, "up")?;
    write_rows(database)?;
    let all = rows(database)?;
    assert_eq!(all.iter().map(|(_, rows)| rows.len()).collect::<Vec<_>>(), [3, 2, 4]);

    for left in (0..applied(database)?).rev() {
        succeed(database, "down 1")?;
        assert_eq!(applied(database)?, left);
        for table in rows(database)? {
            assert!(all.contains(&table), "{left} revisions left: {table:?}");
        }
        // The step from four to five adds columns with defaults, over rows in both tables.
        if left == 4 {
            succeed(database, "up 1")?;
            assert_eq!(rows(database)?, all[..2]);
            succeed(database, "down 1")?;
        }
    }
    succeed(database, "up")?;
    write_rows(database)
}

fn write_rows(database: &TestDatabase) -> TestResult {
    database.execute(
        "INSERT INTO users (id, email, password_hash) VALUES (1, 'ada@example.org', 'x'), (2, 'bob@example.org', 'y');
         INSERT INTO posts (id, title, content, owner_id)
             VALUES (1, 'One', 'a', 1), (2, 'Two', 'b', 2), (3, 'Drei', 'ç', 2);
         INSERT INTO votes (user_id, post_id) VALUES (1, 1), (1, 2), (2, 1), (2, 3)",
    )?;
    Ok(())
}

/// The second revision adds a column that may not be null and has no default.
fn rows_without_a_value_stop_the_step(database: &TestDatabase) -> TestResult {
    succeed(database, "up 1")?;
    database.execute("INSERT INTO posts (id, title) VALUES (1, 'One'), (2, 'Two')")?;
    let (schema, rows_before) = (database.schema()?, rows(database)?);

    let output = run(database, "up")?;
    let name = format!("migrations_rows_without_a_value_{}", database.backend().name());
    snapshot::settings(database).bind(|| insta::assert_snapshot!(name, output));
    assert_eq!(rows(database)?[..1], rows_before);
    if database.backend().is_like_mysql() {
        // MariaDB uses the empty text for existing rows.
        assert_eq!(database.values::<String>("SELECT content FROM posts")?, ["", ""]);
    } else {
        assert_eq!((database.schema()?, applied(database)?), (schema, 1));
    }
    Ok(())
}

fn targets_lead_where_they_say(database: &TestDatabase) -> TestResult {
    let ids: Vec<String> = states(database)?.into_iter().map(|(id, _)| id).collect();
    let partial = |index: usize| ids[index][..6].to_owned();
    let walk = [
        ("up 2".to_owned(), 2),
        (format!("up {}", partial(3)), 4),
        ("down 2".to_owned(), 2),
        ("upgrade +1".to_owned(), 3),
        ("upgrade head".to_owned(), 6),
        ("downgrade -1".to_owned(), 5),
        (format!("downgrade {}", ids[1]), 2),
        ("upgrade heads".to_owned(), 6),
        ("down".to_owned(), 5),
        ("down base".to_owned(), 0),
        ("up +3".to_owned(), 3),
        ("downgrade base".to_owned(), 0),
        ("up head".to_owned(), 6),
        ("stamp base".to_owned(), 0),
        (format!("stamp {}", partial(2)), 3),
        ("stamp head".to_owned(), 6),
    ];
    for (arguments, expected) in walk {
        succeed(database, &arguments)?;
        assert_eq!(applied(database)?, expected, "after `{arguments}`");
        let current = run(database, "current")?.succeeded()?.stdout;
        let last = expected.checked_sub(1).map_or("", |index| &ids[index]);
        assert!(current.starts_with(last) && current.is_empty() == last.is_empty(), "after `{arguments}`: {current}");
    }
    // The stamps changed only the record.
    succeed(database, "down base")?;
    assert_eq!(database.tables()?, ["seachange_revision"]);
    Ok(())
}

/// Runs commands one after the other, and shows them with their outputs.
fn transcript(database: &TestDatabase, commands: &[&str]) -> Result<String, Box<dyn std::error::Error>> {
    let mut text = String::new();
    for command in commands {
        writeln!(text, "$ migration {command}\n{}", run(database, command)?)?;
    }
    Ok(text)
}

fn commands_read_well(database: &TestDatabase) -> TestResult {
    let chapters: [(&str, &[&str]); 6] = [
        ("empty", &["status", "current", "current --format json", "down base", "history", "heads"]),
        ("moving", &["up 2", "up 8cf8", "down 2", "upgrade +1", "upgrade head", "downgrade -1", "up", "up"]),
        (
            "reading",
            &[
                "status",
                "status --format json",
                "current",
                "current --format json",
                "heads --format json",
                "heads -v",
                "current -v",
            ],
        ),
        ("history", &["history", "history -v", "history --format json", "history -r base:base"]),
        ("showing", &["show 0b9e", "show head", "show current", "show head --format json"]),
        ("recording", &["stamp 376e", "status", "stamp base", "current", "stamp heads", "current", "down -q", "up -v"]),
    ];
    let mut settings = snapshot::settings(database);
    settings.add_filter(r#""duration_ms": \d+"#, r#""duration_ms": [ms]"#);
    settings.add_filter(r"migration \d+\.\d+\.\d+", "migration [version]");
    for (chapter, commands) in chapters {
        let text = transcript(database, commands)?;
        settings.bind(|| insta::assert_snapshot!(format!("migrations_{chapter}"), text));
    }
    Ok(())
}

fn destruction_needs_a_yes(database: &TestDatabase) -> TestResult {
    succeed(database, "up")?;
    write_rows(database)?;
    database.execute("CREATE TABLE notes (id INT PRIMARY KEY)")?;
    let (schema, all) = (database.schema()?, rows(database)?);
    let refused = transcript(database, &["refresh", "reset", "fresh"])?;
    assert_eq!((database.schema()?, rows(database)?, applied(database)?), (schema.clone(), all, 6));
    let name = format!("migrations_unconfirmed_{}", database.backend().name());
    snapshot::settings(database).bind(|| insta::assert_snapshot!(name, refused));

    succeed(database, "refresh --yes")?;
    assert_eq!((database.schema()?, applied(database)?), (schema, 6));
    assert!(rows(database)?.iter().all(|(_, rows)| rows.is_empty()));

    succeed(database, "reset --yes")?;
    assert_eq!(applied(database)?, 0);
    assert_eq!(database.tables()?, ["notes", "seachange_revision"]);

    succeed(database, "up 4")?;
    succeed(database, "fresh --yes")?;
    assert_eq!(applied(database)?, 6);
    assert_eq!(database.tables()?, ["posts", "seachange_revision", "users", "votes"]);
    Ok(())
}

/// All contents that a run could have written.
fn everything(database: &TestDatabase) -> Result<String, Box<dyn std::error::Error>> {
    let mut text = database.schema()?;
    for (table, rows) in rows(database)? {
        write!(text, "\n{table}: {rows:?}")?;
    }
    if database.tables()?.iter().any(|table| table == "seachange_revision") {
        let record = "SELECT revision || ' ' || state || ' ' || started_at || ' ' || finished_at || ' ' || program \
                      FROM seachange_revision ORDER BY revision";
        write!(text, "\n{:?}", database.values::<String>(record)?)?;
    }
    if database.backend() == Backend::Sqlite {
        let (bytes, time) = (std::fs::read(database.file())?, database.file().metadata()?.modified()?);
        write!(text, "\n{time:?} {bytes:?}")?;
    }
    Ok(text)
}

fn nothing_pending_writes_nothing(database: &TestDatabase) -> TestResult {
    succeed(database, "up")?;
    write_rows(database)?;
    let before = everything(database)?;
    for arguments in ["up", "upgrade head", "upgrade heads"] {
        let output = run(database, arguments)?.succeeded()?;
        assert!(output.stderr.starts_with("nothing to do: "), "{output}");
        assert!(output.stderr.ends_with(" is at `d08a87fea5b1` (head)\n"), "{output}");
        assert_eq!(output.stderr.lines().count(), 1, "{output}");
    }
    assert!(everything(database)? == before);
    Ok(())
}

const READING: [&str; 9] = [
    "status",
    "status --format json",
    "current",
    "history -v",
    "history --graph",
    "graph --current",
    "heads",
    "show head",
    "show current",
];

fn reading_writes_nothing(database: &TestDatabase) -> TestResult {
    if database.backend() != Backend::Sqlite {
        transcript(database, &READING)?;
        assert!(database.tables()?.is_empty());
    }
    succeed(database, "up 4")?;
    let before = everything(database)?;
    for arguments in READING {
        succeed(database, arguments)?;
    }
    assert!(everything(database)? == before);
    Ok(())
}

fn reading_makes_no_file(database: &TestDatabase) -> TestResult {
    for arguments in READING {
        succeed(database, arguments)?;
        assert_eq!(std::fs::read_dir(database.folder())?.count(), 0, "after `{arguments}`");
    }
    Ok(())
}

/// Commands that are refused where nothing is applied, and commands that have nothing to do there, each with its exit
/// code.
const IDLING: [(&str, i32); 11] = [
    ("up +99", 2),
    ("up -1", 2),
    ("up base", 0),
    ("down", 2),
    ("down 376e", 2),
    ("down base", 0),
    ("downgrade base", 0),
    ("reset --yes", 0),
    ("stamp -1", 2),
    ("stamp base", 0),
    ("stamp base --purge", 0),
];

fn idling_makes_no_file(database: &TestDatabase) -> TestResult {
    for (arguments, code) in IDLING {
        for place in ["", " --database-url sqlite:new/app.db"] {
            let output = run(database, &format!("{arguments}{place}"))?;
            assert_eq!(output.code, Some(code), "{arguments}: {output}");
            assert_eq!(std::fs::read_dir(database.folder())?.count(), 0, "after `{arguments}`");
        }
    }
    succeed(database, "up 1 --database-url sqlite:new/app.db")?;
    assert!(database.folder().join("new/app.db").is_file());
    Ok(())
}

fn states_are_counted(database: &TestDatabase) -> TestResult {
    let check = |expected: &str| -> TestResult {
        let output = run(database, "status")?.succeeded()?;
        assert_eq!(output.stderr.lines().last(), Some(expected));
        Ok(())
    };
    check("0 applied, 6 pending")?;
    succeed(database, "up 3")?;
    database.execute("UPDATE seachange_revision SET source_hash = 'other' WHERE revision LIKE '376e%'")?;
    check("3 applied, 3 pending")?;
    database.execute("UPDATE seachange_revision SET state = 'upgrading' WHERE revision LIKE '78b9%'")?;
    check("2 applied, 1 interrupted, 3 pending")?;
    database.execute("UPDATE seachange_revision SET revision = 'ffffffffffff' WHERE revision LIKE '376e%'")?;
    check("1 applied, 1 interrupted, 1 unknown, 4 pending")
}
