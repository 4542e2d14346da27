//! `init --from-database`: its revision makes the same database elsewhere, with every object, and removes it again.

mod dump;

use std::collections::BTreeSet;
use std::error::Error;
use std::path::Path;

use seachange_tests::{
    Backend, OnError, Output, Program, TestDatabase, client,
    harness::{Case, TestResult, each_backend},
    named, pg_dump, workspace,
};

use self::dump::dump;
use crate::new_crate::NewCrate;

pub(crate) fn trials() -> Vec<Case> {
    let mut cases = each_backend("first_revision::makes_the_same_database", makes_the_same_database);
    cases.extend(each_backend("first_revision::of_some_tables", of_some_tables));
    let tests = named![
        what_is_not_written_is_named,
        what_is_not_written_and_needed_is_found,
        a_definition_that_may_not_be_read,
        privileges_are_named,
        privileges_are_named
    ];
    let servers = [Backend::Postgres, Backend::Postgres, Backend::MariaDb, Backend::MariaDb, Backend::MySql];
    cases.extend(
        tests
            .into_iter()
            .zip(servers)
            .map(|((name, test), server)| Case::on(server, &format!("first_revision::{name}"), test)),
    );
    cases
}

/// The schemas of a database system, each with the texts that build it.
fn schemas(backend: Backend) -> Vec<(&'static str, Vec<&'static str>)> {
    match backend {
        Backend::Sqlite => vec![
            ("everything", vec![include_str!("sqlite.sql")]),
            ("music_store", vec![include_str!("../../crates/music/sql/sqlite.sql")]),
        ],
        Backend::Postgres => vec![
            ("everything", vec![include_str!("postgres.sql")]),
            ("film_store", vec![include_str!("../../crates/film/sql/postgres.sql")]),
            ("music_store", vec![include_str!("../../crates/music/sql/postgres.sql")]),
            ("trading_company", vec![include_str!("../../crates/trading/sql/postgres.sql")]),
        ],
        Backend::MariaDb => vec![
            ("everything", vec![include_str!("mysql.sql"), include_str!("mariadb.sql")]),
            ("film_store", vec![include_str!("../../crates/film/sql/mysql.sql")]),
        ],
        Backend::MySql => vec![
            ("everything", vec![include_str!("mysql.sql"), include_str!("mysql_only.sql")]),
            ("film_store", vec![include_str!("../../crates/film/sql/mysql.sql")]),
        ],
    }
}

fn load(database: &TestDatabase, texts: &[&str]) -> TestResult {
    for text in texts {
        client(database, text, OnError::Stops).run()?.succeeded()?;
    }
    Ok(())
}

fn another(database: &TestDatabase) -> Result<TestDatabase, Box<dyn Error>> {
    Ok(TestDatabase::at(database.backend(), database.address().cloned())?)
}

/// A database of PostgreSQL after a dump and a restore, which write some expressions in another way: `BETWEEN` as two
/// comparisons. Other systems keep their texts.
fn restored(database: TestDatabase) -> Result<TestDatabase, Box<dyn Error>> {
    if database.backend() != Backend::Postgres {
        return Ok(database);
    }
    let copy = another(&database)?;
    let script = pg_dump(&database).arg("--schema-only").run()?.succeeded()?.stdout;
    client(&copy, &script, OnError::Stops).run()?.succeeded()?;
    Ok(copy)
}

fn init(database: &TestDatabase, folder: &Path, arguments: &[&str]) -> Result<Output, Box<dyn Error>> {
    let program = Program::migration().database(database).arg("init").arg(folder);
    Ok(program.args(["--from-database", "--engine-path"]).arg(workspace().join("crates")).args(arguments).run()?)
}

/// The text of the only revision in a crate.
fn revision(folder: &Path) -> Result<String, Box<dyn Error>> {
    let mut files = std::fs::read_dir(folder.join("src/versions"))?;
    let is_revision = |path: &Path| path.extension().is_some_and(|extension| extension == "rs");
    let file = files.find_map(|file| file.ok().map(|file| file.path()).filter(|path| is_revision(path)));
    Ok(std::fs::read_to_string(file.ok_or("no revision")?)?)
}

fn id(revision: &str) -> Result<&str, Box<dyn Error>> {
    Ok(revision.split('"').nth(1).ok_or("no id")?)
}

fn makes_the_same_database(database: &TestDatabase) -> TestResult {
    let new = NewCrate::init(match database.backend() {
        Backend::Sqlite => "first-revision-sqlite",
        Backend::Postgres => "first-revision-postgres",
        Backend::MariaDb => "first-revision-mariadb",
        Backend::MySql => "first-revision-mysql",
    })?;
    let mut written = Vec::new();
    for (name, texts) in schemas(database.backend()) {
        let original = another(database)?;
        load(&original, &texts)?;
        let original = restored(original)?;
        let folder = database.folder().join(name);
        let output = init(&original, &folder, &[])?;
        assert_eq!(output.code, Some(0), "{name}: {output}");
        let revision = revision(&folder)?;
        new.write(&format!("m20261126_{name}.rs"), &revision)?;
        written.push((name, original, id(&revision)?.to_owned()));
    }
    let is_of_code = |line: &String| !line.contains(" heads: ");
    let warnings: Vec<String> = new.build()?.into_iter().filter(is_of_code).collect();
    assert_eq!(warnings, [""; 0], "what is generated compiles without a warning");
    for (name, original, id) in written {
        let copy = another(database)?;
        let run = |arguments: &[&str]| -> TestResult {
            new.program(&copy)?.args(arguments).run()?.succeeded()?;
            Ok(())
        };
        run(&["up", &id])?;
        let (expected, found) = (dump(&original)?, dump(&copy)?);
        assert!(!expected.is_empty(), "{name}");
        assert_same(&found, &expected, name);
        run(&["down", "base"])?;
        assert_same(&dump(&copy)?, &dump(&another(database)?)?, &format!("{name}, reverted"));
        run(&["up", &id])?;
        assert_same(&dump(&copy)?, &expected, &format!("{name}, again"));
        if copy.tables()?.iter().any(|table| table == "doubled") {
            copy.execute("INSERT INTO doubled VALUES (1)")?;
            assert_eq!(copy.value::<i32>("SELECT v FROM doubled")?, 4, "triggers run in their order");
        }
    }
    Ok(())
}

/// Names the lines that differ: whole dumps would be too long to read.
fn assert_same(found: &str, expected: &str, name: &str) {
    let only_in = |text: &str, other: &str| {
        let other: BTreeSet<&str> = other.lines().collect();
        text.lines().filter(|line| !other.contains(line)).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(only_in(found, expected), only_in(expected, found), "{name}");
    assert_eq!(found, expected, "{name}");
}

/// `--only` writes tables with the objects that belong to them, and says nothing about others.
fn of_some_tables(database: &TestDatabase) -> TestResult {
    let (_, texts) = schemas(database.backend()).into_iter().next().ok_or("no schema")?;
    load(database, &texts)?;
    let folder = database.folder().join("some");
    let tables = if database.backend() == Backend::Sqlite { "notes,users,log" } else { "orders,users" };
    init(database, &folder, &["--only", tables])?.succeeded()?;
    let revision = revision(&folder)?;
    let (present, absent) = match database.backend() {
        Backend::Sqlite => (vec!["VIEW long_notes", "TRIGGER notes_log", "fts5"], vec!["settings", "rtree"]),
        Backend::Postgres => (
            vec!["DOMAIN email", "EXTENSION IF NOT EXISTS citext", "VIEW names", "POLICY own_orders", "FUNCTION stamp"],
            vec!["PROCEDURE clean", "events", "unused_mood"],
        ),
        _ => (vec!["VIEW `names`", "TRIGGER `orders_insert`", "FUNCTION `twice`"], vec!["measurements", "old_texts"]),
    };
    present.iter().for_each(|text| assert!(revision.contains(text), "{text} is missing in\n{revision}"));
    absent.iter().for_each(|text| assert!(!revision.contains(text), "{text} is in\n{revision}"));
    Ok(())
}

fn what_is_not_written_is_named(database: &TestDatabase) -> TestResult {
    database.execute(
        "CREATE TABLE a (id integer PRIMARY KEY);
        CREATE SCHEMA other;
        CREATE SCHEMA private;
        CREATE FUNCTION private.one() RETURNS integer LANGUAGE sql AS 'SELECT 1';
        CREATE TABLE other.b (id integer PRIMARY KEY);
        CREATE VIEW both_tables AS SELECT a.id FROM a JOIN other.b ON b.id = a.id;
        CREATE VIEW more AS SELECT id FROM both_tables;
        CREATE AGGREGATE total (integer) (SFUNC = int4pl, STYPE = integer);
        CREATE COLLATION german FROM \"C\";
        CREATE PUBLICATION changes FOR TABLE a",
    )?;
    let output = init(database, &database.folder().join("named"), &[])?;
    assert_eq!(output.code, Some(10), "{output}");
    for omitted in [
        "aggregate `total(integer)`",
        "collation `german`",
        "schema `other`",
        "schema `private`",
        "view `both_tables`: it needs table `other.b`, which is not created",
        "view `more`: it needs view `both_tables`, which is not created",
        "publication `changes`",
    ] {
        assert!(output.stderr.contains(&format!("warning: not written: {omitted}\n")), "{omitted} in\n{output}");
        assert!(revision(&database.folder().join("named"))?.contains(&format!("//! not written: {omitted}\n")));
    }
    Ok(())
}

/// The revision is verified in an empty database, where what it does not create is not found.
fn what_is_not_written_and_needed_is_found(database: &TestDatabase) -> TestResult {
    database.execute(
        "CREATE COLLATION german FROM \"C\";
        CREATE TABLE a (id integer PRIMARY KEY, name text COLLATE german)",
    )?;
    let output = init(database, &database.folder().join("named"), &[])?;
    assert_eq!(output.code, Some(8), "{output}");
    let expected =
        "the database refused `up` on a copy of the schema: collation \"german\" for encoding \"UTF8\" does not exist";
    assert!(output.stderr.contains(expected), "{output}");
    assert!(revision(&database.folder().join("named"))?.contains(expected), "{output}");

    // A user who may not create a database is told what can be found out in an empty schema.
    let database = &another(database)?;
    database.execute(
        "CREATE TABLE a (id integer PRIMARY KEY);
        CREATE DOMAIN positive AS integer;
        ALTER DOMAIN positive ADD CONSTRAINT is_positive CHECK (VALUE > 0) NOT VALID",
    )?;
    let user = format!("builder_{}", database.name());
    database.execute(&format!(
        "CREATE USER {user} PASSWORD 'secret';
        GRANT CREATE ON DATABASE {} TO {user};
        GRANT USAGE, CREATE ON SCHEMA public TO {user};
        ALTER TABLE a OWNER TO {user};
        ALTER DOMAIN positive OWNER TO {user}",
        database.name()
    ))?;
    let program = Program::migration().database(database).env("DATABASE_URL", database.url_for(&user, "secret"));
    let program = program.arg("init").arg(database.folder().join("by_user"));
    let output = program.args(["--from-database", "--engine-path"]).arg(workspace().join("crates")).run()?;
    assert_eq!(output.code, Some(0), "{output}");
    Ok(())
}

/// Privileges belong to the users of a server of MySQL or MariaDB.
fn privileges_are_named(database: &TestDatabase) -> TestResult {
    let user = format!("clerk_{}", database.name());
    database.execute(&format!(
        "CREATE TABLE a (id int NOT NULL PRIMARY KEY, b int);
        CREATE USER '{user}' IDENTIFIED BY 'secret';
        GRANT SELECT, INSERT ON a TO '{user}';
        GRANT UPDATE (b) ON a TO '{user}'"
    ))?;
    let output = init(database, &database.folder().join("named"), &[])?;
    assert_eq!(output.code, Some(10), "{output}");
    for omitted in [format!("privileges `'{user}'@'%' on a`"), format!("privileges `'{user}'@'%' on a (b)`")] {
        assert!(output.stderr.contains(&format!("warning: not written: {omitted}\n")), "{omitted} in\n{output}");
    }
    Ok(())
}

/// A user who may not read a routine is told which one.
fn a_definition_that_may_not_be_read(database: &TestDatabase) -> TestResult {
    database.execute(
        "CREATE TABLE a (id int NOT NULL PRIMARY KEY);
        CREATE FUNCTION secret() RETURNS int DETERMINISTIC RETURN 1",
    )?;
    let user = format!("reader_{}", database.name());
    database.execute(&format!("CREATE USER '{user}' IDENTIFIED BY 'secret'"))?;
    let rights = "SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX, DROP, EXECUTE";
    database.execute(&format!("GRANT {rights} ON {}.* TO '{user}'", database.name()))?;
    let folder = database.folder().join("reader");
    let program = Program::migration().database(database).env("DATABASE_URL", database.url_for(&user, "secret"));
    let program = program.env("SCRATCH_DATABASE_URL", database.url()).arg("init").arg(&folder);
    let output = program.args(["--from-database", "--engine-path"]).arg(workspace().join("crates")).run()?;
    assert_eq!(output.code, Some(10), "{output}");
    let expected = "warning: not written: function `secret`: this user may not read its definition\n";
    assert!(output.stderr.contains(expected), "{output}");
    Ok(())
}
