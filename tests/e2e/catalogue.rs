//! What the engine asks the catalogue of a server with many databases: only about the database of the run.
//!
//! MariaDB finds out what a query on `information_schema` needs from the constants that its views are compared with.
//! Without them it opens the tables of all databases, so that a run takes the longer the more databases a server has.

use std::collections::BTreeSet;

use seachange_tests::{
    Backend, Program, TestDatabase,
    harness::{Case, TestResult},
    servers::{MariaDbServer, TemporaryServer},
};

pub(crate) fn trials() -> Vec<Case> {
    vec![Case::owning(Backend::MariaDb, "catalogue::other_databases_are_not_read", other_databases_are_not_read)]
}

/// What the programs do, each in a database of its own.
const COMMANDS: [(&str, &[&str]); 4] = [
    ("ten-migration", &["up --foresee", "up", "check --revisions", "status"]),
    ("failing-migration", &["up", "down base"]),
    ("online-migration", &["up", "backfill list", "down base"]),
    ("migration", &["up", "check", "lint", "down base"]),
];

/// The query about all databases: keys of tables of other databases may refer to a table.
const ABOUT_ALL: &str = "REFERENCED_TABLE_SCHEMA =";

fn other_databases_are_not_read() -> TestResult {
    let server: TemporaryServer<_> = MariaDbServer::start()?;
    let database = || TestDatabase::at(Backend::MariaDb, Some(server.address()));
    let databases = COMMANDS.iter().map(|_| database()).collect::<Result<Vec<_>, _>>()?;
    let database = database()?;
    database.execute("SET GLOBAL log_output = 'TABLE'; TRUNCATE mysql.general_log; SET GLOBAL general_log = ON")?;
    for ((program, commands), own) in COMMANDS.into_iter().zip(&databases) {
        for command in commands {
            Program::named(program).database(own).args(command.split(' ')).run()?.succeeded()?;
        }
    }
    database.execute("SET GLOBAL general_log = OFF")?;
    let asked = "SELECT CAST(argument AS CHAR) FROM mysql.general_log
        WHERE command_type IN ('Query', 'Execute') AND argument LIKE '%SELECT%information_schema.%'
            AND argument NOT LIKE '%general_log%'";
    let asked: BTreeSet<String> = database.values::<String>(asked)?.into_iter().collect();
    assert!(asked.len() > 50, "{} queries were logged", asked.len());
    let mut wide = Vec::new();
    for sql in asked.iter().filter(|sql| !sql.contains(ABOUT_ALL)) {
        let plan = database.value::<String>(&format!("EXPLAIN FORMAT=JSON {sql}"))?;
        if plan.contains("\"scanned_databases\": \"all\"") {
            wide.push(sql);
        }
    }
    assert!(wide.is_empty(), "these queries read all databases: {wide:#?}");
    Ok(())
}
