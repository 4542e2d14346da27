//! A password with every character that has a meaning in URLs, given in each possible way.

use std::fs;

use seachange_tests::{
    Backend, Program, TestDatabase,
    harness::{Case, TestResult},
    servers::{SPECIAL_PASSWORD, SPECIAL_USER},
};

pub(crate) fn trials() -> Vec<Case> {
    let servers = Backend::SERVERS.into_iter();
    servers
        .flat_map(|backend| {
            [
                Case::on(backend, "passwords::variable_holds_it_plain", variable_holds_it_plain),
                Case::on(backend, "passwords::file_holds_it_plain", file_holds_it_plain),
                Case::on(backend, "passwords::url_holds_it_encoded", url_holds_it_encoded),
                Case::on(backend, "passwords::wrong_one_is_refused", wrong_one_is_refused),
            ]
        })
        .collect()
}

/// The migration program with the parts of the address, but no password.
fn parts(database: &TestDatabase) -> Result<Program, &'static str> {
    let address = database.address().ok_or("no server")?;
    let port = address.port().ok_or("no port")?;
    Ok(Program::migration()
        .folder(database.folder())
        .env("DATABASE_DRIVER", database.backend().scheme())
        .env("DATABASE_HOSTNAME", address.host())
        .env("DATABASE_PORT", port.to_string())
        .env("DATABASE_USERNAME", SPECIAL_USER)
        .env("DATABASE_NAME", database.name()))
}

/// Migrates, and expects the tables and no occurrence of the password.
fn works(database: &TestDatabase, program: Program) -> TestResult {
    let output = program.args(["up", "-v"]).run()?.succeeded()?;
    assert!(!output.to_string().contains("P@ss") && !output.to_string().contains("P%40ss"), "{output}");
    assert_eq!(database.tables()?, ["posts", "seachange_revision", "users", "votes"]);
    Ok(())
}

fn variable_holds_it_plain(database: &TestDatabase) -> TestResult {
    works(database, parts(database)?.env("DATABASE_PASSWORD", SPECIAL_PASSWORD))
}

/// Editors write a line break at the end of the file.
fn file_holds_it_plain(database: &TestDatabase) -> TestResult {
    let file = database.folder().join("password");
    fs::write(&file, format!("{SPECIAL_PASSWORD}\n"))?;
    works(database, parts(database)?.env("DATABASE_PASSWORD_FILE", file))
}

fn url_holds_it_encoded(database: &TestDatabase) -> TestResult {
    let url = database.url_for(SPECIAL_USER, SPECIAL_PASSWORD);
    assert!(url.contains(":P%40ss%20w%25rd%2F%3A%3F%23%C3%A9@"), "{url}");
    works(database, Program::migration().folder(database.folder()).env("DATABASE_URL", url))
}

fn wrong_one_is_refused(database: &TestDatabase) -> TestResult {
    let output = parts(database)?.env("DATABASE_PASSWORD", "P@ss wörd").arg("status").run()?;
    assert_eq!(output.code, Some(3), "{output}");
    assert!(!output.to_string().contains("P@ss"), "{output}");
    Ok(())
}
