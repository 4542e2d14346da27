//! Backfills that wait for replicas, and servers that log statements for them.

use std::thread::sleep;
use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbErr, Statement};
use seachange_tests::harness::{Case, TestResult};
use seachange_tests::servers::{MariaDb, MariaDbServer, MySql, PostgresServer, ServerSoftware, TemporaryServer};
use seachange_tests::{Backend, TestDatabase, block_on, pool_options};
use serde_json::json;

use super::{ConcatAll, backfill, people, states, times};
use crate::guarantees::script::{Outcome, Script, check_says};

pub(super) fn trials() -> Vec<Case> {
    vec![
        Case::owning(Backend::Postgres, "backfill::waits_for_replicas", waits_for_standby),
        Case::owning(Backend::MariaDb, "backfill::waits_for_replicas", waits_for_replica_of_mariadb),
        Case::owning(Backend::MySql, "backfill::waits_for_replicas", waits_for_replica_of_mysql),
        Case::owning(Backend::Postgres, "backfill::lag_that_is_not_shown", lag_that_is_not_shown),
        Case::on(Backend::MySql, "backfill::lag_without_a_replica", lag_without_a_replica),
        Case::owning(Backend::MariaDb, "backfill::statements_are_logged", statements_are_logged),
    ]
}

/// A replica, outside of the programs under test.
struct Replica {
    connection: DatabaseConnection,
}

impl Replica {
    fn connect(url: &str) -> Result<Self, DbErr> {
        Ok(Self { connection: block_on(Database::connect(pool_options(url)))? })
    }

    fn execute(&self, sql: &str) -> Result<(), DbErr> {
        block_on(self.connection.execute_unprepared(sql)).map(drop)
    }

    fn count(&self, sql: &str) -> Result<i64, DbErr> {
        let statement = Statement::from_string(self.connection.get_database_backend(), sql);
        let row = block_on(self.connection.query_one_raw(statement))?;
        row.map_or(Ok(0), |row| row.try_get_by_index(0))
    }

    /// Waits until it has the registered backfill.
    fn wait_for_backfill(&self) -> TestResult {
        wait_until("the replica has no backfill", || {
            self.count("SELECT COUNT(*) FROM seachange_revision_backfill").is_ok_and(|count| count == 1)
        })
    }
}

fn wait_until(complaint: &str, is_true: impl Fn() -> bool) -> TestResult {
    let begun = Instant::now();
    while !is_true() {
        if begun.elapsed() > Duration::from_secs(20) {
            return Err(complaint.into());
        }
        sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn rows_passed(database: &TestDatabase) -> Outcome<i64> {
    Ok(database.value("SELECT rows_passed FROM seachange_revision_backfill")?)
}

/// A backfill waits while the replica stands still, and goes on afterwards.
fn waits(
    script: &Script<'_>,
    options: &str,
    pause: impl Fn() -> TestResult,
    resume: impl Fn() -> TestResult,
) -> TestResult {
    let database = script.database;
    database.execute("UPDATE people SET times = 0")?;
    database.execute(
        "UPDATE seachange_revision_backfill SET state = 'active', place = NULL, rows_passed = 0, rows_changed = 0",
    )?;
    let line = format!("backfill run --max-lag 400ms --rows-per-second 8000 {options}");
    let mut running = script.program(line.trim())?.start()?;
    wait_until("no row was passed", || rows_passed(database).is_ok_and(|rows| rows > 0))?;
    pause()?;
    running.wait_for("waiting for replicas")?;
    let before = rows_passed(database)?;
    assert!(before < 20_000, "all rows were passed");
    sleep(Duration::from_millis(1200));
    assert_eq!(rows_passed(database)?, before, "it does not wait: {options}");
    assert!(!running.has_ended()?);
    resume()?;
    running.finish()?.succeeded()?;
    assert_eq!(times(database, "people")?, ["1: 20000"]);
    Ok(())
}

fn waits_for_standby() -> TestResult {
    let primary = PostgresServer::start()?;
    let database = TestDatabase::at(Backend::Postgres, Some(primary.address()))?;
    let standby = primary.standby()?;
    people(&database, 20_000)?;
    let script = Script::new(&database).outside("l1", backfill(&json!({"registers": true})));
    script.succeed("up")?;
    let url = standby.url(database.name());
    let replica = Replica::connect(&url)?;
    replica.wait_for_backfill()?;
    let pause = || Ok(replica.execute("SELECT pg_wal_replay_pause()")?);
    let resume = || Ok(replica.execute("SELECT pg_wal_replay_resume()")?);
    for options in [String::new(), format!("--replica {url}")] {
        waits(&script, &options, pause, resume)?;
    }
    refusals_of_a_replica(&script, &url)
}

/// What is wrong with the URL of a replica is told without the password.
fn refusals_of_a_replica(script: &Script<'_>, url: &str) -> TestResult {
    script.database.execute("UPDATE seachange_revision_backfill SET state = 'active'")?;
    let wrong = url.replace(":seachange@", ":wr0ng-w0rd@");
    assert_ne!(wrong, url);
    let nowhere = url.replace(":seachange@127.0.0.1", ":wr0ng-w0rd@127.0.0.9");
    for url in [wrong.clone(), nowhere, wrong.replace("://", ":/")] {
        for command in ["backfill run", "up"] {
            if command == "up" && url.contains("://") {
                continue;
            }
            let output = script.run(&format!("{command} --max-lag 1s --replica {url}"))?;
            assert!(!output.success(), "{output}");
            assert!(!output.to_string().contains("wr0ng-w0rd"), "{output}");
        }
    }
    let output = script.run(&format!("backfill run --max-lag 1s --replica {wrong}"))?;
    check_says(&output, &["cannot see how far replicas are behind"])?;
    Ok(())
}

/// How a system like MySQL lets a server follow another one.
struct Replication {
    /// The options of both servers.
    options: &'static [&'static str],
    /// Names the primary, with its port in place of `{port}`.
    follow: &'static str,
    /// The word for a replica in `START` and `STOP`.
    replica: &'static str,
}

/// Replication begins with the first event of the binary log.
fn waits_for_replica_of_mariadb() -> TestResult {
    waits_for_replica::<MariaDb>(&Replication {
        options: &["--log-bin", "--binlog-format=ROW"],
        follow: "CHANGE MASTER TO master_host = '127.0.0.1', master_port = {port}, master_user = 'seachange',
            master_password = 'seachange', master_use_gtid = slave_pos",
        replica: "SLAVE",
    })
}

fn waits_for_replica_of_mysql() -> TestResult {
    waits_for_replica::<MySql>(&Replication {
        options: &["--log-bin", "--gtid-mode=ON", "--enforce-gtid-consistency=ON"],
        follow:
            "CHANGE REPLICATION SOURCE TO source_host = '127.0.0.1', source_port = {port}, source_user = 'seachange',
            source_password = 'seachange', source_auto_position = 1, get_source_public_key = 1",
        replica: "REPLICA",
    })
}

fn waits_for_replica<E: ServerSoftware>(replication: &Replication) -> TestResult {
    let [primary, standby] = ["--server-id=1", "--server-id=2"].map(|id| {
        let options: Vec<&str> = replication.options.iter().copied().chain([id]).collect();
        TemporaryServer::<E>::start_with(&options)
    });
    let (primary, standby) = (primary?, standby?);
    let database = TestDatabase::at(E::BACKEND, Some(primary.address()))?;
    people(&database, 20_000)?;
    let administrator = Replica::connect(&standby.url(E::ADMIN_DATABASE))?;
    administrator.execute(&replication.follow.replace("{port}", &primary.port().to_string()))?;
    let of_replica = |action: &str| administrator.execute(&format!("{action} {}", replication.replica));
    of_replica("START")?;
    let script = Script::new(&database).outside("l1", backfill(&json!({"registers": true})));
    script.succeed("up")?;
    let url = standby.url(database.name());
    wait_until("the replica does not follow", || {
        Replica::connect(&url).is_ok_and(|replica| {
            replica.count("SELECT COUNT(*) FROM seachange_revision_backfill").is_ok_and(|count| count == 1)
        })
    })?;
    let thread = |action: &str| administrator.execute(&format!("{action} {} SQL_THREAD", replication.replica));
    waits(&script, &format!("--replica {url}"), || Ok(thread("STOP")?), || Ok(thread("START")?))
}

/// A user that may not see `pg_stat_replication` is told so, where there is a replica.
fn lag_that_is_not_shown() -> TestResult {
    let primary = PostgresServer::start()?;
    let database = TestDatabase::at(Backend::Postgres, Some(primary.address()))?;
    let _standby = primary.standby()?;
    people(&database, 20)?;
    database.execute("CREATE ROLE limited LOGIN PASSWORD 'limited'")?;
    let script = Script::new(&database).outside("l1", backfill(&json!({"registers": true})));
    script.succeed("up")?;
    database.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO limited; GRANT ALL ON SCHEMA public TO limited")?;
    let as_limited = |line: &str| {
        let url = database.url_for("limited", "limited");
        Ok::<_, Box<dyn std::error::Error>>(script.program(line)?.env("DATABASE_URL", url).run()?)
    };
    let output = as_limited("backfill run --max-lag 1s")?;
    assert!(!output.success(), "{output}");
    check_says(&output, &["cannot see how far replicas are behind", "pg_monitor", "--replica"])?;
    database.execute("GRANT pg_monitor TO limited")?;
    as_limited("backfill run --max-lag 1s")?.succeeded()?;
    assert_eq!(times(&database, "people")?, ["1: 20"]);
    Ok(())
}

fn lag_without_a_replica(database: &TestDatabase) -> TestResult {
    people(database, 10)?;
    let script = Script::new(database).outside("l1", backfill(&json!({"registers": true})));
    script.succeed("up")?;
    let output = script.run("backfill run --max-lag 1s")?;
    assert!(!output.success(), "{output}");
    check_says(&output, &["cannot see how far replicas are behind", "--replica"])?;
    Ok(())
}

/// A server that logs statements refuses to change rows in READ COMMITTED.
fn statements_are_logged() -> TestResult {
    let server = MariaDbServer::start_with(&["--log-bin", "--server-id=1", "--binlog-format=STATEMENT"])?;
    let database = TestDatabase::at(Backend::MariaDb, Some(server.address()))?;
    people(&database, 3000)?;
    let update = json!({"sql": "UPDATE people SET times = times + 1 WHERE id = ?", "values": ["$id"]});
    let code = json!([{"backfill": {"table": "people", "actions": [{"execute": update}]}}]);
    let registered = backfill(&json!({"registers": true, "name": "keys"}));
    let script = Script::new(&database).outside("l1", [backfill(&json!({})), code, registered].concat_all());
    script.succeed("up")?;
    script.succeed("backfill run")?;
    assert_eq!(times(&database, "people")?, ["3: 3000"]);
    assert_eq!(states(&database)?, ["keys complete 3000 3000", "l1 complete 3000 3000", "l1-2 complete 3000 3000"]);
    Ok(())
}
