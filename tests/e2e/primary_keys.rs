//! Servers on which every table must have a primary key, a setting of cloud providers and clusters.

use seachange_tests::{
    Backend, Program, TestDatabase,
    harness::{Case, TestResult},
    servers::{MariaDbServer, MySqlServer, ServerError, ServerSoftware, TemporaryServer},
};

pub(crate) fn trials() -> Vec<Case> {
    let name = "primary_keys::engine_works_where_they_are_required";
    vec![
        Case::owning(Backend::MariaDb, name, || works(MariaDbServer::start(), "innodb_force_primary_key")),
        Case::owning(Backend::MySql, name, || works(MySqlServer::start(), "sql_require_primary_key")),
    ]
}

/// The engine's tables without a primary key.
const WITHOUT: &str = "SELECT CAST(table_name AS CHAR) FROM information_schema.tables t
    WHERE table_schema = DATABASE() AND table_name LIKE 'seachange%' AND NOT EXISTS (
        SELECT 1 FROM information_schema.table_constraints c
        WHERE c.table_schema = t.table_schema AND c.table_name = t.table_name AND c.constraint_type = 'PRIMARY KEY')";

/// Up and down, with revisions that are journalled.
fn works<E: ServerSoftware>(server: Result<TemporaryServer<E>, ServerError>, setting: &str) -> TestResult {
    let server = server?;
    let database = TestDatabase::at(E::BACKEND, Some(server.address()))?;
    database.execute(&format!("SET GLOBAL {setting} = ON"))?;
    assert!(database.execute("CREATE TABLE refused (id int)").is_err(), "the server does not require primary keys");
    for arguments in [&["up"][..], &["status"], &["down", "base"]] {
        Program::named("failing-migration").database(&database).args(arguments).run()?.succeeded()?;
    }
    assert_eq!(database.values::<String>(WITHOUT)?, Vec::<String>::new());
    Ok(())
}
