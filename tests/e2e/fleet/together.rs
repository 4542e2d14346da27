//! A run that changes all targets or none.

use std::error::Error;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use sea_orm::ConnectionTrait;
use seachange_tests::harness::{Case, TestResult};
use seachange_tests::{Backend, Program, TestDatabase, block_on};
use serde_json::json;

use super::tenants::{Kind, Tenants, report};

pub(super) fn trials() -> Vec<Case> {
    let on = |name: &str, test: fn(&TestDatabase) -> TestResult| {
        Case::on(Backend::Postgres, &format!("fleet::together_{name}"), test)
    };
    vec![
        on("all_or_none", all_or_none),
        on("two_runs_at_once", two_runs_at_once),
        on("a_living_run_is_left_alone", a_living_run_is_left_alone),
        on("an_unreachable_target_prevents_all", an_unreachable_target_prevents_all),
        on("a_target_with_nothing_to_do", a_target_with_nothing_to_do),
        on("what_cannot_be_prepared", what_cannot_be_prepared),
        on("a_left_transaction_is_decided", a_left_transaction_is_decided),
        on("killed_at_any_moment", killed_at_any_moment),
        on("too_few_prepared_transactions", too_few_prepared_transactions),
        Case::on(Backend::Sqlite, "fleet::together_is_refused", together_is_refused),
        Case::on(Backend::MariaDb, "fleet::together_is_refused", together_is_refused),
    ]
}

/// The number of targets that have a table.
fn with_table(database: &TestDatabase, table: &str) -> Result<usize, Box<dyn Error>> {
    let sql = format!(
        "SELECT nspname::text FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid WHERE relname = '{table}'"
    );
    Ok(database.values::<String>(&sql)?.len())
}

fn prepared(database: &TestDatabase) -> Result<usize, Box<dyn Error>> {
    Ok(database.values::<String>("SELECT gid FROM pg_prepared_xacts WHERE database = current_database()")?.len())
}

fn all_or_none(database: &TestDatabase) -> TestResult {
    let tenants = Tenants::create(database, Kind::Schemas, 5)?;
    let migration = |arguments: &str| tenants.program("migration", arguments).run();
    tenants.execute(4, "CREATE TABLE posts (id INTEGER)")?;
    let output = migration("up --all-or-none -o up.json")?;
    assert_eq!(output.code, Some(11), "{output}");
    let written = report(database, "up.json")?;
    assert_eq!((&written["counts"]["rolled_back"], &written["counts"]["failed"]), (&4.into(), &1.into()), "{output}");
    assert_eq!((with_table(database, "votes")?, prepared(database)?), (0, 0), "{output}");
    tenants.execute(4, "DROP TABLE posts")?;
    let output = migration("up --all-or-none")?.succeeded()?;
    assert!(output.stderr.contains(": 5 changed"), "{output}");
    assert_eq!((with_table(database, "votes")?, prepared(database)?), (5, 0), "{output}");
    tenants.all_are_at_head()?;
    let again = migration("up --all-or-none")?.succeeded()?;
    assert!(again.stderr.contains("5 unchanged"), "{again}");
    Ok(())
}

/// Both succeed: one waits for the other.
fn two_runs_at_once(database: &TestDatabase) -> TestResult {
    let tenants = Tenants::create(database, Kind::Schemas, 5)?;
    for _ in 0..3 {
        let runs: Result<Vec<_>, _> =
            (0..2).map(|_| tenants.program("migration", "up --all-or-none --lock-timeout 60s").start()).collect();
        for run in runs? {
            run.finish()?.succeeded()?;
        }
        assert_eq!((with_table(database, "votes")?, prepared(database)?), (5, 0));
        tenants.all_are_at_head()?;
        tenants.program("migration", "down base --yes").run()?.succeeded()?;
    }
    Ok(())
}

/// What a run has prepared that waits for a lock in another target is its own.
fn a_living_run_is_left_alone(database: &TestDatabase) -> TestResult {
    let tenants = Tenants::create(database, Kind::Schemas, 2)?;
    tenants.program("migration", "up 3").run()?.succeeded()?;
    let holder = block_on(async {
        let holder = tenants.connect(1).await?;
        holder.execute_unprepared("BEGIN; LOCK TABLE posts").await?;
        Ok::<_, sea_orm::DbErr>(holder)
    })?;
    let run = || tenants.program("migration", "up --all-or-none --lock-timeout 60s").start();
    let first = run()?;
    let start = Instant::now();
    while prepared(database)? == 0 {
        assert!(start.elapsed() < Duration::from_secs(30), "the second target is prepared");
        thread::sleep(Duration::from_millis(50));
    }
    let second = run()?;
    thread::sleep(Duration::from_millis(1500));
    assert_eq!(prepared(database)?, 1, "the second run has decided nothing");
    block_on(async { holder.execute_unprepared("COMMIT").await.map(drop) })?;
    let (first, second) = (first.finish()?.succeeded()?, second.finish()?.succeeded()?);
    assert!(first.stderr.contains(": 2 changed") && second.stderr.contains("2 unchanged"), "{first}{second}");
    assert_eq!(prepared(database)?, 0);
    tenants.all_are_at_head()?;
    Ok(())
}

/// A fleet file with the schemas of the tenants and a database that does not exist.
fn an_unreachable_target_prevents_all(database: &TestDatabase) -> TestResult {
    let _tenants = Tenants::create(database, Kind::Schemas, 2)?;
    let fleet = "[[group]]\nschemas = [\"tenant_*\"]\n[[target]]\nname = \"gone\"\ndatabase = \"no_such_database\"\n";
    fs::write(database.folder().join("fleet.toml"), fleet)?;
    let output =
        Program::migration().database(database).args(["up", "--all-or-none", "--fleet", "fleet.toml"]).run()?;
    assert_eq!(output.code, Some(11), "{output}");
    assert!(output.stderr.contains("2 not begun, 1 unreachable"), "{output}");
    assert_eq!((with_table(database, "votes")?, prepared(database)?), (0, 0), "{output}");
    Ok(())
}

/// The decision is with a target that prepares something.
fn a_target_with_nothing_to_do(database: &TestDatabase) -> TestResult {
    let tenants = Tenants::create(database, Kind::Schemas, 3)?;
    tenants.program("migration", &format!("up 3 --only {}", tenants.name(1))).run()?.succeeded()?;
    let current = tenants.standings()?[0]["current"][0].as_str().unwrap_or_default().to_owned();
    let output = tenants.program("migration", &format!("up {current} --all-or-none")).run()?.succeeded()?;
    assert!(output.stderr.contains("2 changed, 1 unchanged"), "{output}");
    let places: Vec<_> = tenants.standings()?.iter().map(|own| own["current"][0] == current.as_str()).collect();
    assert_eq!((places, prepared(database)?), (vec![true; 3], 0));
    Ok(())
}

/// PostgreSQL refuses to prepare a transaction that used a temporary table or notified: all are rolled back.
fn what_cannot_be_prepared(database: &TestDatabase) -> TestResult {
    let tenants = Tenants::create(database, Kind::Schemas, 3)?;
    for (statement, word) in [("CREATE TEMPORARY TABLE b (id INT)", "temporary"), ("NOTIFY news", "NOTIFY")] {
        let actions = json!({
            "l1": {"up": [{"text": "CREATE TABLE a (id INT PRIMARY KEY)"}]},
            "l2": {"up": [{"text": statement}]},
        });
        fs::write(database.folder().join("actions.json"), actions.to_string())?;
        let program = tenants.program("scripted-migration", "up --all-or-none").env("SCRIPTED_ACTIONS", "actions.json");
        let output = program.run()?;
        assert_eq!(output.code, Some(11), "{output}");
        assert!(output.stderr.contains(word), "{output}");
        assert_eq!((with_table(database, "a")?, prepared(database)?), (0, 0), "{output}");
    }
    Ok(())
}

/// Prepares a transaction in the second target as a run would, whose first target was `first`.
fn leave(tenants: &Tenants<'_>, run: &str, table: &str, first: &str) -> TestResult {
    let key = |schema: &str| -> Result<String, Box<dyn Error>> {
        let place = format!("{:?} {:?}", tenants.database.name(), Some(schema));
        Ok(tenants.database.value(&format!("SELECT left(encode(sha256(convert_to('{place}', 'UTF8')), 'hex'), 16)"))?)
    };
    let name = format!("seachange:{run}:{}:{}", key(first)?, key(tenants.name(2))?);
    tenants.execute(2, &format!("BEGIN; CREATE TABLE {table} (id INT); PREPARE TRANSACTION '{name}'"))?;
    Ok(())
}

/// The row of the first target decides: with it the transaction is committed, without it it is rolled back.
fn a_left_transaction_is_decided(database: &TestDatabase) -> TestResult {
    let tenants = Tenants::create(database, Kind::Schemas, 3)?;
    let migration = |arguments: &str| tenants.program("migration", arguments).run();
    migration("up --all-or-none")?.succeeded()?;
    tenants.execute(1, "INSERT INTO seachange_revision_decision VALUES ('decided', now())")?;
    leave(&tenants, "decided", "committed", tenants.name(1))?;
    leave(&tenants, "undecided", "rolled_back", tenants.name(1))?;
    let output = migration("up --all-or-none")?.succeeded()?;
    assert!(output.stderr.contains("committed the prepared transaction `seachange:decided:"), "{output}");
    assert!(output.stderr.contains("rolled back the prepared transaction `seachange:undecided:"), "{output}");
    assert_eq!((with_table(database, "committed")?, with_table(database, "rolled_back")?), (1, 0), "{output}");
    leave(&tenants, "elsewhere", "open", "another_schema")?;
    let output = migration("up --all-or-none")?;
    assert_eq!(output.code, Some(4), "{output}");
    assert!(output.stderr.contains("the target that decides about it is not in the fleet"), "{output}");
    assert_eq!(prepared(database)?, 1, "{output}");
    let name: String = database.value("SELECT gid FROM pg_prepared_xacts WHERE database = current_database()")?;
    database.execute(&format!("ROLLBACK PREPARED '{name}'"))?;
    Ok(())
}

/// However far a run came, the next one leaves every target at the head, and nothing prepared.
fn killed_at_any_moment(database: &TestDatabase) -> TestResult {
    let tenants = Tenants::create(database, Kind::Schemas, 4)?;
    for round in 1..=8 {
        let mut running = tenants.program("migration", "up --all-or-none").start()?;
        thread::sleep(Duration::from_millis(80 * round));
        running.kill();
        let at_head = || with_table(database, "seachange_revision_decision");
        let before = at_head()?;
        let output = tenants.program("migration", "up --all-or-none").run()?.succeeded()?;
        let status = tenants.program("migration", "current --check-heads").run()?;
        assert_eq!((status.code, prepared(database)?), (Some(0), 0), "round {round}, {before}: {output}{status}");
        tenants.program("migration", "down base --yes").run()?.succeeded()?;
    }
    Ok(())
}

fn too_few_prepared_transactions(database: &TestDatabase) -> TestResult {
    let most: i32 = database.value("SELECT current_setting('max_prepared_transactions')::int")?;
    let count = usize::try_from(most)? + 1;
    let tenants = Tenants::create(database, Kind::Schemas, count)?;
    let output = tenants.program("migration", "up --all-or-none").run()?;
    assert_eq!(output.code, Some(3), "{output}");
    assert!(output.stderr.contains(&format!("more prepared transactions, and {count} are needed")), "{output}");
    assert_eq!(with_table(database, "seachange_revision")?, 0, "{output}");
    Ok(())
}

fn together_is_refused(database: &TestDatabase) -> TestResult {
    let kind = if database.backend() == Backend::Sqlite { Kind::Files } else { Kind::Databases };
    let tenants = Tenants::create(database, kind, 2)?;
    let output = tenants.program("migration", "up --all-or-none").run()?;
    assert_eq!(output.code, Some(2), "{output}");
    assert!(output.stderr.contains("cannot change several databases together or not at all"), "{output}");
    assert!(output.stderr.contains("--autogenerate --online"), "{output}");
    Ok(())
}
