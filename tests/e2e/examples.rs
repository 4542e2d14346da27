//! The examples of the engine run, on each database that they can be given.

use seachange_tests::harness::{Case, TestResult, each_backend};
use seachange_tests::{Program, TestDatabase, target};

pub(crate) fn trials() -> Vec<Case> {
    let mut cases = each_backend("examples::service_migrates", service_migrates);
    cases.extend(each_backend("examples::script_is_written", script_is_written));
    cases.extend(each_backend("examples::tables_are_printed", tables_are_printed));
    cases.push(Case::new("examples::rows_are_changed", rows_are_changed));
    cases
}

/// The compiled example of this name.
fn example(name: &str) -> Program {
    Program::at(target().join("debug/examples").join(name))
}

/// The second start finds nothing to do.
fn service_migrates(database: &TestDatabase) -> TestResult {
    for applied in ["2 revisions applied", "0 revisions applied"] {
        let output = example("service").database(database).run()?.succeeded()?;
        assert!(output.stdout.starts_with(applied), "{output}");
    }
    assert_eq!(database.values::<String>("SELECT revision FROM seachange_revision ORDER BY 1")?.len(), 2);
    Ok(())
}

/// The script names what the revisions make, and nothing is changed.
fn script_is_written(database: &TestDatabase) -> TestResult {
    let output = example("offline_script").database(database).run()?.succeeded()?;
    assert!(output.stdout.contains("books") && output.stdout.contains("sort_key"), "{output}");
    assert!(database.tables()?.is_empty(), "{output}");
    Ok(())
}

fn tables_are_printed(database: &TestDatabase) -> TestResult {
    example("service").database(database).run()?.succeeded()?;
    let output = example("inspect").database(database).run()?.succeeded()?;
    assert!(output.stdout.contains("books: id, title, sort_key\n"), "{output}");
    Ok(())
}

fn rows_are_changed() -> TestResult {
    let output = example("data_migration").run()?.succeeded()?;
    assert_eq!(output.stdout, "1 revision applied; the sort key is `middlemarch`\n");
    Ok(())
}
