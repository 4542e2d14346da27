//! An older program on a database that a newer one has migrated, as during the rollout of a new version.

use std::fmt::Write;

use seachange_tests::{
    App, Program, TestDatabase,
    harness::{Case, TestResult, each_backend},
    snapshot,
};

pub(crate) fn trials() -> Vec<Case> {
    let mut cases = each_backend("rolling_deploy::up_leaves_alone_what_is_unknown", up_leaves_alone_what_is_unknown);
    cases.extend(each_backend("rolling_deploy::the_service_lives_on", the_service_lives_on));
    cases.extend(each_backend("rolling_deploy::the_service_refuses_another_history", refuses_another_history));
    cases
}

/// Records a revision that these programs do not have, as a newer one does.
fn record(database: &TestDatabase, revision: &str, down_revision: &str) -> TestResult {
    database.execute(&format!(
        "INSERT INTO seachange_revision SELECT '{revision}', '{down_revision}', depends_on, source_hash, state,
         started_at, finished_at, duration_ms, program FROM seachange_revision WHERE revision = '376e48470d72'"
    ))?;
    Ok(())
}

/// The record, with all values that a run might have changed.
fn rows(database: &TestDatabase) -> Result<Vec<String>, sea_orm::DbErr> {
    database.values(
        "SELECT revision || ' ' || down_revision || ' ' || state || ' ' || finished_at FROM seachange_revision
         ORDER BY revision",
    )
}

fn migration(database: &TestDatabase, arguments: &str) -> Program {
    Program::migration().database(database).args(arguments.split(' '))
}

fn up_leaves_alone_what_is_unknown(database: &TestDatabase) -> TestResult {
    migration(database, "up 4").run()?.succeeded()?;
    record(database, "eeeeeeeeeeee", "8cf82dbbaa80")?;
    record(database, "ffffffffffff", "eeeeeeeeeeee")?;
    let before = rows(database)?;
    let mut text = String::new();
    let mut show = |program: Program, command: &str| -> TestResult {
        writeln!(text, "$ {command}\n{}", program.run()?)?;
        Ok(())
    };
    for command in ["up", "up --ahead allow --dry-run", "up --ahead allow", "upgrade head --ahead allow", "up"] {
        show(migration(database, command), &format!("migration {command}"))?;
    }
    show(migration(database, "up").env("MIGRATE_AHEAD", "allow"), "MIGRATE_AHEAD=allow migration up")?;
    assert!(before.iter().all(|row| rows(database).is_ok_and(|rows| rows.contains(row))), "what was there stays");

    database.execute("UPDATE seachange_revision SET down_revision = 'cccccccccccc' WHERE revision = 'eeeeeeeeeeee'")?;
    show(migration(database, "up --ahead allow"), "migration up --ahead allow")?;
    snapshot::settings(database).bind(|| insta::assert_snapshot!("rolling_deploy_up", text));
    Ok(())
}

/// The response of `/health/ready`.
fn ready(app: &App) -> Result<u16, Box<dyn std::error::Error>> {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    Ok(agent.get(format!("{}/health/ready", app.base_url())).call()?.status().as_u16())
}

/// The output of a service that does not start.
fn refusal(database: &TestDatabase, name: &str, arguments: &[&str]) -> TestResult {
    let output = Program::named("app").database(database).args(arguments).args(["--port", "0"]).run()?;
    let name = format!("rolling_deploy_{name}");
    snapshot::settings(database).bind(|| insta::assert_snapshot!(name, output));
    Ok(())
}

fn the_service_lives_on(database: &TestDatabase) -> TestResult {
    let app = App::start(database, &[])?;
    assert_eq!(ready(&app)?, 200);
    // A newer version migrates while this one serves.
    record(database, "ffffffffffff", "d08a87fea5b1")?;
    assert_eq!(ready(&app)?, 200);
    app.stop()?;

    let before = rows(database)?;
    for mode in ["up", "check", "off"] {
        let app = App::start(database, &["--migrate", mode])?;
        assert_eq!(ready(&app)?, 200, "{mode}");
        let output = app.stop()?;
        let is_told = output.stderr.contains("WARN") && output.stderr.contains("ffffffffffff");
        assert_eq!(is_told, mode != "off", "{output}");
    }
    let app = App::start(database, &["--migrate", "off", "--ahead", "refuse"])?;
    assert_eq!(ready(&app)?, 503);
    app.stop()?;
    for mode in ["up", "check"] {
        refusal(database, "refused", &["--migrate", mode, "--ahead", "refuse"])?;
    }
    assert_eq!(rows(database)?, before);
    Ok(())
}

fn refuses_another_history(database: &TestDatabase) -> TestResult {
    let app = App::start(database, &[])?;
    record(database, "ffffffffffff", "eeeeeeeeeeee")?;
    assert_eq!(ready(&app)?, 503);
    app.stop()?;
    for mode in ["up", "check"] {
        refusal(database, "diverged", &["--migrate", mode])?;
    }
    Ok(())
}
