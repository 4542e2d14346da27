//! The first steps of a new user, who may come from Alembic or sea-orm-migration: missing settings, servers that are
//! not ready, and databases that are not as the program expects.

use std::fmt::Write;
use std::fs;
use std::time::Duration;

use seachange_tests::{
    Backend, Output, Program, ProgramError, TestDatabase,
    harness::{Case, DatabaseTest, TestResult, each_backend},
    named,
    servers::{MariaDbServer, PostgresServer, SPECIAL_USER},
    snapshot,
};

pub(crate) fn trials() -> Vec<Case> {
    let on_each: [(&str, DatabaseTest); 3] =
        [("ahead", ahead), ("names_are_escaped", names_are_escaped), ("a_user_without_rights", a_user_without_rights)];
    let mut cases: Vec<Case> =
        on_each.into_iter().flat_map(|(name, test)| each_backend(&format!("first_use::{name}"), test)).collect();
    let on_sqlite = named![
        the_default_is_announced,
        misspelled_variables_are_told,
        three_slashes_as_sqlx_reads_them,
        words_of_other_tools,
        down_base_asks_on_a_terminal,
        a_folder_for_dot_env
    ];
    cases.extend(on_sqlite.map(|(name, test)| Case::on(Backend::Sqlite, &format!("first_use::{name}"), test)));
    cases.push(Case::on(Backend::Postgres, "first_use::a_search_path_is_the_schema", a_search_path_is_the_schema));
    cases.push(Case::on(Backend::Postgres, "first_use::the_server_explains", the_server_explains));
    cases.push(Case::owning(Backend::Postgres, "first_use::a_standby_is_told", a_standby_is_told));
    cases.push(Case::owning(Backend::Postgres, "first_use::a_starting_server_is_waited_for", || {
        let mut server = PostgresServer::start()?;
        let database = TestDatabase::at(Backend::Postgres, Some(server.address()))?;
        server.stop()?;
        is_waited_for(&database, || Ok(server.restart()?))
    }));
    cases.push(Case::owning(Backend::MariaDb, "first_use::a_starting_server_is_waited_for", || {
        let mut server = MariaDbServer::start()?;
        let database = TestDatabase::at(Backend::MariaDb, Some(server.address()))?;
        server.stop()?;
        is_waited_for(&database, || Ok(server.restart()?))
    }));
    for backend in [Backend::Postgres, Backend::MariaDb] {
        cases.push(Case::on(
            backend,
            "first_use::a_wrong_password_is_not_waited_for",
            a_wrong_password_is_not_waited_for,
        ));
    }
    cases
}

fn run(database: &TestDatabase, line: &str) -> Result<Output, ProgramError> {
    Program::migration().database(database).args(line.split(' ')).run()
}

fn check(database: &TestDatabase, name: &str, text: impl std::fmt::Display) {
    snapshot::settings(database).bind(|| insta::assert_snapshot!(format!("first_use_{name}"), text));
}

/// The outputs of some command lines, one after the other.
fn transcript(database: &TestDatabase, lines: &[&str]) -> Result<String, Box<dyn std::error::Error>> {
    let mut text = String::new();
    for line in lines {
        writeln!(text, "$ migration {line}\n{}", run(database, line)?)?;
    }
    Ok(text)
}

/// The program with nothing set, in the folder of the test.
fn unset(database: &TestDatabase, line: &str) -> Program {
    Program::migration().folder(database.folder()).args(line.split(' '))
}

fn the_default_is_announced(database: &TestDatabase) -> TestResult {
    let mut text = String::new();
    for line in ["up 1", "current", "up --dry-run -q", "down"] {
        writeln!(text, "$ migration {line}\n{}", unset(database, line).run()?)?;
    }
    check(database, "default", text);
    // A database that the user asks for is not announced.
    let asked = unset(database, "up 1").env("DATABASE_URL", "sqlite:data/app.db").run()?.succeeded()?;
    assert!(!asked.stderr.contains("no database is configured"), "{asked}");
    Ok(())
}

fn misspelled_variables_are_told(database: &TestDatabase) -> TestResult {
    fs::write(database.folder().join(".env"), "database_hostname=db.example.com\nDATABSE_NAME=blog\n")?;
    let output = unset(database, "up 1").env("MIGRATE_LOCK_TIMOUT", "5s").run()?;
    check(database, "misspelled", output);
    Ok(())
}

/// A parameter of SQLx's says that it is SQLx's spelling: the absolute file is used, and no relative one is made.
fn three_slashes_as_sqlx_reads_them(database: &TestDatabase) -> TestResult {
    let url = format!("sqlite://{}?mode=rwc", database.file().display());
    let up = |url: &str| unset(database, "up -q").env("DATABASE_URL", url).run();
    up(&url)?.succeeded()?;
    assert!(database.tables()?.contains(&"posts".to_owned()));
    let names = || fs::read_dir(database.folder()).map(|entries| entries.flatten().map(|it| it.file_name()).collect());
    let files: Vec<_> = names()?;
    assert_eq!(files, ["test.db"]);

    // Without the parameter it is SQLAlchemy's spelling; the file of the other reading exists, so the URL is refused.
    let refused = up(url.trim_end_matches("?mode=rwc"))?;
    assert_eq!(refused.code, Some(2), "{refused}");
    check(database, "no_folder", up("sqlite:///no/such/folder/app.db")?);
    check(database, "no_folder_of_sqlx", up("sqlite:///no/such/folder/app.db?mode=rwc")?);
    let files: Vec<_> = names()?;
    assert_eq!(files, ["test.db"]);
    Ok(())
}

fn words_of_other_tools(database: &TestDatabase) -> TestResult {
    let lines = ["-c alembic.ini upgrade head", "migrate up", "up -n 1", "list_templates", "upgrade HEAD"];
    check(database, "other_tools", transcript(database, &lines)?);
    assert!(!database.file().exists());
    Ok(())
}

fn down_base_asks_on_a_terminal(database: &TestDatabase) -> TestResult {
    run(database, "up -q")?.succeeded()?;
    // A terminal, made by `script` of util-linux, on which this input is typed.
    let on_terminal = |input: &str, arguments: &str| -> Result<Output, Box<dyn std::error::Error>> {
        let line = format!("{} {arguments}", Program::migration().executable()?.display());
        Ok(Program::at("script").database(database).args(["-qec", &line, "/dev/null"]).input(input).run()?)
    };
    let declined = on_terminal("no\n", "down base")?;
    assert!(declined.stdout.contains("revert every revision in"), "{declined}");
    assert!(declined.stdout.contains("not confirmed: nothing was changed"), "{declined}");
    assert_eq!(declined.code, Some(1), "{declined}");
    let unasked = on_terminal("", "down 1")?;
    assert_eq!(unasked.code, Some(0), "one revision is no question: {unasked}");
    on_terminal("", "downgrade base --yes")?.succeeded()?;
    assert_eq!(database.tables()?, ["seachange_revision"]);

    run(database, "up -q")?.succeeded()?;
    // Without a terminal the command asks nothing, because scripts run it.
    run(database, "down base")?.succeeded()?;
    assert_eq!(database.tables()?, ["seachange_revision"]);
    Ok(())
}

fn a_folder_for_dot_env(database: &TestDatabase) -> TestResult {
    let folder = database.folder().join(".env");
    fs::create_dir(&folder)?;
    check(database, "folder_for_dot_env", unset(database, "up").run()?);
    assert!(!database.folder().join("data").exists());
    // A virtual environment of Python may have this name, too.
    fs::write(folder.join("pyvenv.cfg"), "home = /usr/bin\n")?;
    unset(database, "up").run()?.succeeded()?;
    Ok(())
}

/// Records a revision that this program does not have, as a newer one does.
fn record(database: &TestDatabase, revision: &str, down_revision: &str) -> TestResult {
    database.execute(&format!(
        "INSERT INTO seachange_revision SELECT '{revision}', '{down_revision}', depends_on, source_hash, state,
         started_at, finished_at, duration_ms, program FROM seachange_revision WHERE revision = '376e48470d72'"
    ))?;
    Ok(())
}

/// Commands on a database that a newer program has migrated.
fn ahead(database: &TestDatabase) -> TestResult {
    run(database, "up -q")?.succeeded()?;
    record(database, "ffffffffffff", "d08a87fea5b1")?;
    let lines = [
        "current",
        "current --format json",
        "current --check-heads",
        "history -i -r 5fc4a7d24971:",
        "check",
        "diff",
        "down",
        "down --dry-run",
    ];
    check(database, "ahead", transcript(database, &lines)?);
    Ok(())
}

/// The name of a table with a line break, an escape sequence and a character that turns the direction of text.
const ODD: &str = "odd\n\u{1b}[31mred\u{202e}der";

fn names_are_escaped(database: &TestDatabase) -> TestResult {
    run(database, "up -q")?.succeeded()?;
    let mark = if database.backend().is_like_mysql() { '`' } else { '"' };
    database.execute(&format!("CREATE TABLE {mark}{ODD}{mark} (id INT NOT NULL PRIMARY KEY)"))?;
    record(database, "ffff\u{1b}[2Jffff", "d08a87fea5b1")?;
    let mut seen = String::new();
    for line in ["check --color always", "status --color always", "current", "repair", "up", "down"] {
        let output = run(database, line)?.to_string();
        let ours = anstream_free(&output);
        for raw in ["\u{1b}", "\u{202e}", "odd\n"] {
            assert!(!ours.contains(raw), "`{line}` prints {raw:?} raw: {output:?}");
        }
        seen.push_str(&output);
    }
    assert!(seen.contains(r"odd\n\u{1b}[31mred\u{202e}der"), "{seen}");
    assert!(seen.contains(r"ffff\u{1b}[2Jffff"), "{seen}");
    Ok(())
}

/// A text without the styles that the program prints.
fn anstream_free(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        let end = after.find(|character: char| !character.is_ascii_digit() && character != ';');
        match end.filter(|end| after[*end..].starts_with('m')) {
            Some(end) => rest = &after[end + 1..],
            None => {
                plain.push('\u{1b}');
                rest = after;
            }
        }
    }
    plain + rest
}

fn a_user_without_rights(database: &TestDatabase) -> TestResult {
    run(database, "up 1 -q")?.succeeded()?;
    let (user, password) = (format!("reader_{}", database.name()), "reads-only-1");
    let url = database.url_for(&user, password);
    match database.backend() {
        Backend::Sqlite => return Ok(()),
        Backend::Postgres => database.execute(&format!(
            "CREATE ROLE {user} LOGIN PASSWORD '{password}'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {user};
             REVOKE CREATE ON SCHEMA public FROM PUBLIC"
        ))?,
        Backend::MariaDb | Backend::MySql => database.execute(&format!(
            "CREATE USER {user}@'%' IDENTIFIED BY '{password}'; GRANT SELECT ON {}.* TO {user}@'%'",
            database.name()
        ))?,
    }
    let output = Program::migration().database(database).env("DATABASE_URL", &url).arg("up").run()?;
    let drop_user = match database.backend() {
        Backend::MariaDb | Backend::MySql => format!("DROP USER {user}@'%'"),
        _ => format!("DROP OWNED BY {user}; DROP ROLE {user}"),
    };
    database.execute(&drop_user)?;
    assert_eq!(output.code, Some(3), "{output}");
    assert!(output.stderr.contains("hint: this user lacks a right"), "{output}");
    Ok(())
}

fn a_search_path_is_the_schema(database: &TestDatabase) -> TestResult {
    database.execute("CREATE SCHEMA app; CREATE SCHEMA other")?;
    for (schema, parameter) in [("app", "search_path=app"), ("other", "options=-c%20search_path%3Dother")] {
        let url = format!("{}?{parameter}", database.url());
        let output = Program::migration().database(database).env("DATABASE_URL", url).arg("up").run()?.succeeded()?;
        assert!(!output.stderr.contains("warning"), "{output}");
        let count: i64 = database
            .value(&format!("SELECT count(*) FROM pg_tables WHERE schemaname = '{schema}' AND tablename = 'posts'"))?;
        assert_eq!(count, 1, "{parameter}");
    }
    assert!(database.tables()?.is_empty(), "nothing in `public`");
    let hosts = Program::migration().env("DATABASE_URL", "postgres://u:pw@a:5432,b:5432/app").arg("up").run()?;
    check(database, "several_hosts", hosts);
    Ok(())
}

/// DETAIL and HINT of PostgreSQL follow the error, one line for each.
fn the_server_explains(database: &TestDatabase) -> TestResult {
    run(database, "up -q")?.succeeded()?;
    database.execute("CREATE VIEW titles AS SELECT title FROM posts")?;
    check(database, "detail_and_hint", run(database, "down base")?);
    Ok(())
}

fn a_standby_is_told() -> TestResult {
    let primary = PostgresServer::start()?;
    let database = TestDatabase::at(Backend::Postgres, Some(primary.address()))?;
    run(&database, "up 1 -q")?.succeeded()?;
    let standby = primary.standby()?;
    let url = standby.url(database.name());
    let on_standby =
        |line: &str| Program::migration().database(&database).env("DATABASE_URL", &url).args(line.split(' ')).run();
    let status = on_standby("status")?.succeeded()?;
    assert!(status.stderr.contains("1 applied, 5 pending"), "{status}");
    let output = on_standby("up")?;
    assert!(output.stderr.contains(&format!("127.0.0.1:{}", primary.port())), "{output}");
    check(&database, "standby", output);
    let service = Program::named("app").database(&database).env("DATABASE_URL", &url).args(["--port", "0"]).run()?;
    assert!(service.stderr.contains("this server is a standby, which takes no writes"), "{service}");
    a_standby_waits_for_its_primary(&database, &url)
}

/// A program and a service wait on the standby until the revisions come from the primary.
fn a_standby_waits_for_its_primary(database: &TestDatabase, url: &str) -> TestResult {
    let waiting = |program: Program| program.database(database).env("DATABASE_URL", url).env("MIGRATE_WAIT", "60s");
    let mut program = waiting(Program::migration()).arg("up").start()?;
    let mut service = waiting(Program::named("app")).args(["--port", "0"]).start()?;
    program.wait_for("Waiting for the primary")?;
    service.wait_for("this server is a standby: waiting for its primary")?;
    run(database, "up -q")?.succeeded()?;
    let output = program.finish()?.succeeded()?;
    assert!(output.stderr.contains("nothing to do") || output.stderr.contains("up to date"), "{output}");
    service.wait_for("listening")?;
    service.terminate()?;
    service.finish()?.succeeded()?;
    let short = waiting(Program::migration()).env("MIGRATE_WAIT", "1s").args(["up", "head"]).run()?;
    short.succeeded()?;
    Ok(())
}

/// Starts a program while its server is down, and then starts the server.
fn is_waited_for(database: &TestDatabase, start: impl FnOnce() -> TestResult) -> TestResult {
    let at_once = run(database, "up")?;
    assert_eq!(at_once.code, Some(3), "{at_once}");
    let mut waiting = Program::migration().database(database).args(["up", "--wait", "60s"]).start()?;
    waiting.wait_for("Waiting for the database: ")?;
    start()?;
    let output = waiting.finish()?.succeeded()?;
    assert!(output.stderr.contains("applied 6 revisions"), "{output}");
    let again = Program::named("migration").database(database).env("MIGRATE_WAIT", "60s").arg("status").run()?;
    assert!(!again.succeeded()?.stderr.contains("Waiting"));
    Ok(())
}

fn a_wrong_password_is_not_waited_for(database: &TestDatabase) -> TestResult {
    let url = database.url_for(SPECIAL_USER, "wrong");
    let program = Program::migration().database(database).env("DATABASE_URL", url).args(["up", "--wait", "60s"]);
    let output = program.limit(Duration::from_secs(30)).run()?;
    assert_eq!(output.code, Some(3), "{output}");
    assert!(!output.stderr.contains("Waiting"), "{output}");
    Ok(())
}
