//! SQLite files that cannot be used.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use seachange_tests::{
    Program, TestDatabase,
    harness::{Case, TestResult},
};

use super::{apply_three, case, check, migration};

pub(super) fn trials() -> Vec<Case> {
    vec![
        case("read_only_file", read_only_file),
        case("read_only_new_file", read_only_new_file),
        case("file_of_another_user", file_of_another_user),
        case("folder_of_another_user", folder_of_another_user),
        case("hidden_file", hidden_file),
        case("folder_for_a_file", folder_for_a_file),
        case("file_for_a_folder", file_for_a_folder),
        case("text_for_a_file", text_for_a_file),
    ]
}

/// The program with another URL.
fn at(database: &TestDatabase, path: &Path, parameters: &str) -> Program {
    migration(database).env("DATABASE_URL", format!("sqlite:{}{parameters}", path.display())).arg("up")
}

fn read_only_file(database: &TestDatabase) -> TestResult {
    apply_three(database)?;
    check("read_only_file", database, &at(database, &database.file(), "?mode=ro"))
}

fn read_only_new_file(database: &TestDatabase) -> TestResult {
    check("read_only_new_file", database, &at(database, &database.file(), "?mode=ro"))
}

/// A copy of the program in the folder of the test, run as a user who may read the folder.
fn as_other_user(database: &TestDatabase) -> Result<Program, Box<dyn std::error::Error>> {
    let copy = database.folder().join("migration");
    fs::copy(Program::migration().executable()?, &copy)?;
    permit(database.folder(), 0o755)?;
    let url = format!("sqlite:{}", database.file().display());
    Ok(Program::at(copy).folder(database.folder()).env("DATABASE_URL", url).unprivileged())
}

fn permit(path: &Path, mode: u32) -> std::io::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

fn file_of_another_user(database: &TestDatabase) -> TestResult {
    apply_three(database)?;
    permit(&database.file(), 0o444)?;
    check("file_of_another_user", database, &as_other_user(database)?.arg("up"))
}

fn folder_of_another_user(database: &TestDatabase) -> TestResult {
    let program = as_other_user(database)?.arg("up");
    permit(database.folder(), 0o555)?;
    check("folder_of_another_user", database, &program)?;
    permit(database.folder(), 0o755)?;
    Ok(())
}

fn hidden_file(database: &TestDatabase) -> TestResult {
    apply_three(database)?;
    let program = as_other_user(database)?.arg("status");
    let hide = |mode| permit(&database.file(), mode);
    hide(0o000)?;
    let output = program.run()?;
    hide(0o644)?;
    // This test cannot read the file either while it is hidden.
    seachange_tests::snapshot::settings(database).bind(|| insta::assert_snapshot!("bad_inputs_hidden_file", output));
    Ok(())
}

fn folder_for_a_file(database: &TestDatabase) -> TestResult {
    fs::create_dir(database.file())?;
    check("folder_for_a_file", database, &at(database, &database.file(), ""))
}

fn file_for_a_folder(database: &TestDatabase) -> TestResult {
    let file = database.folder().join("data");
    fs::write(&file, "no folder")?;
    check("file_for_a_folder", database, &at(database, &file.join("app.db"), ""))
}

fn text_for_a_file(database: &TestDatabase) -> TestResult {
    fs::write(database.file(), "Dear diary, today nothing happened. ".repeat(200))?;
    check("text_for_a_file", database, &migration(database).arg("up"))
}
