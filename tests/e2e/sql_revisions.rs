//! Revisions in files of SQL: each statement is sent alone, journalled, and part of the hash.

use seachange_tests::harness::{Case, TestResult, each_backend};
use seachange_tests::{Backend, Program, TestDatabase};

pub(crate) fn trials() -> Vec<Case> {
    let all = each_backend("sql_revisions::up_and_down", up_and_down);
    let resumed = [Backend::MariaDb, Backend::MySql].map(|backend| {
        Case::on(backend, "sql_revisions::resumes_after_the_last_statement", resumes_after_the_last_statement)
    });
    all.into_iter().chain(resumed).collect()
}

fn program(database: &TestDatabase, arguments: &[&str]) -> Program {
    Program::named("sql-revisions").database(database).folder(database.folder()).args(arguments)
}

fn up_and_down(database: &TestDatabase) -> TestResult {
    let output = program(database, &["up", "-v"]).run()?.succeeded()?;
    let sent = output.stderr.matches("accounts").count();
    assert!(sent >= 6, "every statement is told: {output}");
    let entries = database.values::<i32>("SELECT amount FROM entries ORDER BY account, amount")?;
    assert_eq!(entries, [1], "the trigger of the system's own file ran");
    let owner: String = database.value("SELECT owner FROM accounts WHERE id = 1")?;
    assert_eq!(owner, "Ada; and Grace");
    program(database, &["down", "4"]).run()?.succeeded()?;
    assert!(!database.tables()?.contains(&"accounts".to_owned()));
    let tested = program(database, &["test"]).run()?.succeeded()?;
    assert!(tested.stdout.contains("4 revisions up, down and up again"), "{tested}");
    Ok(())
}

/// The third of four statements fails, because its table is there. After the cause is removed, the run goes on there.
fn resumes_after_the_last_statement(database: &TestDatabase) -> TestResult {
    program(database, &["up", "2"]).run()?.succeeded()?;
    database.execute("CREATE TABLE transfers (id int)")?;
    let failed = program(database, &["up", "1"]).run()?;
    assert_eq!(failed.code, Some(5), "{failed}");
    assert!(failed.stderr.contains("CREATE TABLE transfers"), "the statement is named: {failed}");
    database.execute("DROP TABLE transfers")?;
    program(database, &["repair", "--resume"]).run()?.succeeded()?;
    let amounts = database.values::<i32>("SELECT amount FROM savings ORDER BY id")?;
    assert_eq!(amounts, [70, 81], "no statement ran twice");
    Ok(())
}
