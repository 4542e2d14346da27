//! One session serves many schemas, and what a revision does to its session ends with it.

use std::fs;

use sea_orm::{ConnectionTrait, Statement};
use seachange_tests::harness::{Case, TestResult};
use seachange_tests::{Backend, TestDatabase, block_on};
use serde_json::json;

use super::tenants::{Kind, Tenants};

pub(super) fn trials() -> Vec<Case> {
    vec![
        Case::on(
            Backend::Postgres,
            "fleet::settings_of_a_session_end_with_their_target",
            settings_end_with_their_target,
        ),
        Case::on(Backend::Postgres, "fleet::odd_names_are_targets", odd_names_are_targets),
    ]
}

/// The first revision changes its session in every way that it can, and the last one of the target too; the next target
/// finds a new session.
fn settings_end_with_their_target(database: &TestDatabase) -> TestResult {
    let tenants = Tenants::create(database, Kind::Schemas, 4)?;
    database.execute("CREATE SCHEMA elsewhere")?;
    let actions = json!({
        "l1": {"up": [{"text": "CREATE TABLE a (id INT PRIMARY KEY, place TEXT DEFAULT current_schema())"}]},
        "l2": {"up": [{"text": "INSERT INTO a (id) VALUES (1)"}, {"text": "CREATE TEMPORARY TABLE b (id INT)"}]},
        "l6": {"up": [
            {"text": "INSERT INTO a (id) VALUES (6)"},
            {"text": "SET search_path TO elsewhere"},
            {"text": "SET lock_timeout = '1ms'"},
        ]},
    });
    fs::write(database.folder().join("actions.json"), actions.to_string())?;
    let program = tenants.program("scripted-migration", "up -j 1").env("SCRIPTED_ACTIONS", "actions.json");
    program.run()?.succeeded()?;
    for number in 1..=4 {
        let places = block_on(async {
            let connection = tenants.connect(number).await?;
            let sql = "SELECT place FROM a ORDER BY id";
            let rows = connection.query_all_raw(Statement::from_string(connection.get_database_backend(), sql)).await?;
            connection.close().await?;
            rows.iter().map(|row| row.try_get_by_index::<String>(0)).collect::<Result<Vec<_>, _>>()
        })?;
        assert_eq!(places, [tenants.name(number), tenants.name(number)]);
    }
    assert!(
        database
            .values::<String>("SELECT relname::text FROM pg_class WHERE relnamespace = 'elsewhere'::regnamespace")?
            .is_empty()
    );
    Ok(())
}

/// Names that have to be quoted, or that would be taken for something else.
fn odd_names_are_targets(database: &TestDatabase) -> TestResult {
    let names = ["odd Acme", "odd\"quote", "odd'quote", "odd;drop", "oddé", "odd%s", "ODD", "odd.dot"];
    for name in names {
        database.execute(&format!("CREATE SCHEMA \"{}\"", name.replace('"', "\"\"")))?;
    }
    let run = |arguments: &[&str]| {
        seachange_tests::Program::migration()
            .database(database)
            .args(arguments)
            .args(["--schemas", "[oO][dD][dD]*"])
            .run()
    };
    let output = run(&["up"])?.succeeded()?;
    assert!(output.stderr.contains(": 8 changed"), "{output}");
    for name in names {
        let sql = format!("SELECT count(*) FROM \"{}\".seachange_revision", name.replace('"', "\"\""));
        assert_eq!(database.value::<i64>(&sql)?, 6, "{name}");
    }
    let status = run(&["status"])?.succeeded()?;
    assert!(status.stdout.starts_with("8 targets: at "), "{status}");
    run(&["up"])?.succeeded()?;
    Ok(())
}
