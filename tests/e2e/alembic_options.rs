//! What users of Alembic have: settings by name, arguments for revisions, a tag, and `ensure-version`.

use seachange_tests::harness::{Case, TestResult, each_backend};
use seachange_tests::{Backend, Program, TestDatabase, named};

pub(crate) fn trials() -> Vec<Case> {
    let tests = named![settings_by_name, ensure_version];
    let on_all = tests.map(|(name, test)| each_backend(&format!("alembic_options::{name}"), test));
    let arguments = Case::on(Backend::Sqlite, "alembic_options::arguments_of_revisions", arguments_of_revisions);
    on_all.into_iter().flatten().chain([arguments]).collect()
}

/// The program without the variables of `database`.
fn program(database: &TestDatabase, arguments: &[&str]) -> Program {
    Program::named("sql-revisions").folder(database.folder()).args(arguments)
}

fn settings_by_name(database: &TestDatabase) -> TestResult {
    let run = |arguments: &[&str]| {
        // The database of `DATABASE_URL` cannot be reached: it must not be asked.
        let program = program(database, arguments).env("DATABASE_URL", "postgres://nowhere.invalid/x");
        program.env("EU_1_DATABASE_URL", database.url()).run()
    };
    run(&["-n", "eu-1", "up", "1"])?.succeeded()?;
    assert_eq!(run(&["current", "--settings=eu-1"])?.succeeded()?.stdout, "5a01 (base), create accounts\n");
    assert!(database.tables()?.contains(&"accounts".to_owned()));
    let cluster = run(&["current", "-vn", "eu-1"])?;
    assert_eq!((cluster.code, cluster.stderr.starts_with("error: `-n eu-1` has to stand by itself")), (Some(2), true));
    let reserved = run(&["current", "-n", "test"])?;
    assert_eq!((reserved.code, reserved.stderr.contains("`TEST_DATABASE_URL` names")), (Some(2), true));
    let unknown = run(&["up", "-n", "3"])?;
    assert_eq!(unknown.code, Some(2));
    assert_eq!(
        unknown.stderr,
        "error: there are no settings called `3`: no variable such as `3_DATABASE_URL` is set\n\
         hint: for a number of revisions, write only the number: `up 3`\n"
    );
    Ok(())
}

fn ensure_version(database: &TestDatabase) -> TestResult {
    for _ in 0..2 {
        program(database, &["ensure-version"]).database(database).run()?.succeeded()?;
        let tables = database.tables()?;
        assert!(tables.contains(&"seachange_revision".to_owned()), "{tables:?}");
        assert!(tables.iter().all(|table| table.starts_with("seachange_revision")), "{tables:?}");
    }
    assert_eq!(program(database, &["current"]).database(database).run()?.succeeded()?.stdout, "");
    Ok(())
}

fn arguments_of_revisions(database: &TestDatabase) -> TestResult {
    let run = |arguments: &[&str]| program(database, arguments).database(database).run();
    run(&["up", "-x", "tenant=acme = 1", "--tag", "release 7"])?.succeeded()?;
    assert_eq!(database.value::<String>("SELECT name || ', ' || tag FROM tenant")?, "acme = 1, release 7");
    run(&["down"])?.succeeded()?;
    run(&["up"])?.succeeded()?;
    assert_eq!(database.value::<String>("SELECT name FROM tenant WHERE tag IS NULL")?, "nameless");
    let script = run(&["up", "--sql", "-x", "tenant=o'brien", "5a03:5a04"])?.succeeded()?.stdout;
    assert!(script.contains("'o''brien'"), "{script}");
    assert_eq!(run(&["up", "-x", "=1"])?.code, Some(2));
    Ok(())
}
