//! Servers that refuse the login.

use seachange_tests::{
    Backend, Output, Program, TestDatabase,
    harness::{Case, TestResult},
    named,
    servers::{Address, SPECIAL_PASSWORD, SPECIAL_USER},
    snapshot,
};

use super::{SECRET, check, check_words_of_server, migration, unset};

pub(super) fn trials() -> Vec<Case> {
    let tests = named![unreachable, wrong_password, wrong_password_in_parts, unknown_user, unknown_database];
    let on = |backend| tests.map(|(name, test)| Case::on(backend, &format!("bad_inputs::{name}"), test));
    let mut cases: Vec<Case> = Backend::SERVERS.into_iter().flat_map(on).collect();
    cases.push(Case::on(Backend::Postgres, "bad_inputs::unknown_schema", unknown_schema));
    cases.push(Case::on(Backend::Postgres, "bad_inputs::unknown_schema_stamped", unknown_schema_stamped));
    cases.push(Case::on(Backend::MySql, "bad_inputs::password_without_encryption", password_without_encryption));
    for backend in Backend::LIKE_MYSQL {
        cases.push(Case::on(backend, "bad_inputs::locked_account", locked_account));
        cases.push(Case::on(backend, "bad_inputs::server_of_another_kind", server_of_another_kind));
        cases.push(Case::on(backend, "bad_inputs::schema_on_mysql", schema_on_mysql));
    }
    cases
}

/// The program with a URL that differs from the right one.
fn with_url(database: &TestDatabase, url: impl AsRef<str>) -> Program {
    migration(database).env("DATABASE_URL", url.as_ref()).arg("up")
}

fn unreachable(database: &TestDatabase) -> TestResult {
    let closed = Address::local(database.backend(), 1, SPECIAL_USER, SECRET);
    check_words_of_server("unreachable", database, &with_url(database, closed.url("blog")))
}

fn wrong_password(database: &TestDatabase) -> TestResult {
    let url = database.url_for(SPECIAL_USER, SECRET);
    check_words_of_server("wrong_password", database, &with_url(database, url))
}

fn wrong_password_in_parts(database: &TestDatabase) -> TestResult {
    let address = database.address().ok_or("a server")?;
    let program = unset(database)
        .env("DATABASE_DRIVER", database.backend().scheme())
        .env("DATABASE_HOSTNAME", address.host())
        .env("DATABASE_PORT", address.port().unwrap_or_default().to_string())
        .env("DATABASE_USERNAME", SPECIAL_USER)
        .env("DATABASE_PASSWORD", format!("{SPECIAL_PASSWORD} "))
        .env("DATABASE_NAME", database.name());
    check_words_of_server("wrong_password_in_parts", database, &program.arg("up"))
}

fn unknown_user(database: &TestDatabase) -> TestResult {
    let url = database.url_for("nobody here", SECRET);
    check_words_of_server("unknown_user", database, &with_url(database, url))
}

fn unknown_database(database: &TestDatabase) -> TestResult {
    let address = database.address().ok_or("a server")?.with_user(SPECIAL_USER, SPECIAL_PASSWORD);
    check_words_of_server("unknown_database", database, &with_url(database, address.url("no_such_database")))
}

/// In the opposite case, both sides wait for the other to begin.
fn server_of_another_kind(database: &TestDatabase) -> TestResult {
    let url = database.url_for(SPECIAL_USER, SECRET).replacen("mysql:", "postgres:", 1);
    check("server_of_another_kind", database, &with_url(database, url))
}

/// Makes a user on the server for one test. The user is dropped before the output of the program is checked.
fn as_user_of_its_own(
    database: &TestDatabase,
    account: &str,
    parameters: &str,
) -> Result<Output, Box<dyn std::error::Error>> {
    let user = format!("{}_own", database.name());
    database.execute(&format!("CREATE USER '{user}'@'%' IDENTIFIED BY '{SECRET}' {account}"))?;
    let output = with_url(database, database.url_for(&user, SECRET) + parameters).run();
    database.execute(&format!("DROP USER '{user}'@'%'"))?;
    Ok(output?)
}

fn locked_account(database: &TestDatabase) -> TestResult {
    let output = as_user_of_its_own(database, "ACCOUNT LOCK", "")?;
    assert_eq!(output.code, Some(3), "{output}");
    assert!(output.stderr.contains("refused user") && output.stderr.to_lowercase().contains("is locked"), "{output}");
    Ok(())
}

/// The server has not received the password of the user yet. Without encryption it accepts only a hash that it has
/// cached before.
fn password_without_encryption(database: &TestDatabase) -> TestResult {
    let output = as_user_of_its_own(database, "", "?ssl-mode=DISABLED")?;
    assert_eq!(output.code, Some(3), "{output}");
    snapshot::settings(database).bind(|| insta::assert_snapshot!("bad_inputs_password_without_encryption", output));
    Ok(())
}

fn unknown_schema(database: &TestDatabase) -> TestResult {
    check("unknown_schema", database, &migration(database).env("DATABASE_SCHEMA", "no_such_schema").arg("up"))
}

fn unknown_schema_stamped(database: &TestDatabase) -> TestResult {
    let program = migration(database).env("DATABASE_SCHEMA", "no_such_schema");
    check("unknown_schema_stamped", database, &program.args(["stamp", "head"]))
}

fn schema_on_mysql(database: &TestDatabase) -> TestResult {
    check("schema_on_mysql", database, &migration(database).env("DATABASE_SCHEMA", "blog").arg("up"))
}
