//! SQLite files that cannot grow, or that become read-only.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use seachange_tests::{
    Backend, Program, TestDatabase,
    harness::{Case, TestResult},
};

use super::{
    fixture::{another, check_whole, program, record},
    recovery::recover,
    selection::spread,
};

pub(super) fn trials() -> Vec<Case> {
    let case = |name, test: fn(&TestDatabase) -> TestResult| Case::on(Backend::Sqlite, name, test);
    vec![
        case("torture::full_disk_stops_the_run", full_disk_stops_the_run),
        case("torture::read_only_file_stops_the_run", read_only_file_stops_the_run),
        case("torture::read_only_folder_stops_the_run", read_only_folder_stops_the_run),
    ]
}

/// Up to this point of a run, the remaining work needs more pages than the file has.
const LAST_GROWTH: usize = 30;

/// A statement that needs no new page still works; the run stops at the first statement that needs one.
fn full_disk_stops_the_run(database: &TestDatabase) -> TestResult {
    for moment in spread(LAST_GROWTH, 8) {
        let database = another(database)?;
        let output = program(&database, "up").env("TEN_AT", format!("{moment}: fill")).run()?;
        assert_eq!(output.code, Some(5), "moment {moment}: {output}");
        assert!(output.stderr.contains("disk is full"), "moment {moment}: {output}");
        recover(&database, &format!("full at moment {moment}"))?;
    }
    Ok(())
}

fn read_only_file_stops_the_run(database: &TestDatabase) -> TestResult {
    stops_while(database, |is_open| permit(&database.file(), if is_open { 0o666 } else { 0o444 }))
}

/// SQLite needs a journal beside the file.
fn read_only_folder_stops_the_run(database: &TestDatabase) -> TestResult {
    stops_while(database, |is_open| permit(database.folder(), if is_open { 0o777 } else { 0o555 }))
}

/// Removes the right to write after three revisions, checks that the program stops there, and restores the right.
fn stops_while(database: &TestDatabase, open: impl Fn(bool) -> std::io::Result<()>) -> TestResult {
    program(database, "up 3").run()?.succeeded()?;
    let other_user = as_other_user(database)?;
    open(false)?;
    let output = other_user.run();
    open(true)?;
    let output = output?;
    assert_eq!(output.code, Some(3), "{output}");
    assert!(output.stderr.contains("cannot write to the database"), "{output}");
    assert_eq!(record(database)?.len(), 3);
    check_whole(database, "read-only")?;
    other_user.run()?.succeeded()?;
    recover(database, "after read-only")
}

/// Root may write everywhere, so this is a copy of the program that another user can run.
fn as_other_user(database: &TestDatabase) -> Result<Program, Box<dyn std::error::Error>> {
    let copy = database.folder().join("ten-migration");
    fs::copy(Program::named("ten-migration").executable()?, &copy)?;
    permit(database.folder(), 0o777)?;
    permit(&database.file(), 0o666)?;
    let url = format!("sqlite:{}", database.file().display());
    Ok(Program::at(copy).folder(database.folder()).env("DATABASE_URL", url).unprivileged().arg("up"))
}

fn permit(path: &Path, mode: u32) -> std::io::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}
