//! What happens to a table, or to the row of its backfill, while the backfill runs.

use std::time::Duration;

use seachange_tests::harness::{Case, TestResult, each_backend};
use seachange_tests::{Backend, TestDatabase};
use serde_json::json;

use super::registered::wait_for_rows;
use super::{ConcatAll, backfill, people, states, times};
use crate::guarantees::script::{Script, check_says};

/// How long many small batches may take on a disk that is slow.
const SLOW_DISK: Duration = Duration::from_secs(120);

pub(super) fn trials() -> Vec<Case> {
    let mut cases = each_backend("backfill::table_is_renamed", table_is_renamed);
    cases.extend(each_backend("backfill::row_of_the_backfill_is_deleted", row_of_the_backfill_is_deleted));
    cases.extend(each_backend("backfill::two_backfills_of_a_table", two_backfills_of_a_table));
    cases.extend(each_backend("backfill::pool_of_one_connection", pool_of_one_connection));
    cases.extend(each_backend("backfill::trigger_that_writes", trigger_that_writes));
    cases.extend(each_backend("backfill::rate_after_a_pause", rate_after_a_pause));
    for backend in [Backend::Postgres, Backend::MariaDb] {
        cases.push(Case::on(backend, "backfill::statements_that_are_too_slow", statements_that_are_too_slow));
    }
    cases.push(Case::on(Backend::Sqlite, "backfill::full_disk", full_disk));
    cases.push(Case::on(Backend::Postgres, "backfill::role_with_few_rights", role_with_few_rights));
    for backend in Backend::LIKE_MYSQL {
        cases.push(Case::on(backend, "backfill::role_with_few_rights", role_with_few_rights));
    }
    cases
}

fn table_is_renamed(database: &TestDatabase) -> TestResult {
    people(database, 20_000)?;
    let script = Script::new(database).outside("l1", backfill(&json!({"registers": true, "name": "keys"})));
    script.succeed("up 1")?;
    let running = script.program("backfill run --rows-per-second 6000")?.start()?;
    wait_for_rows(database)?;
    database.execute("ALTER TABLE people RENAME TO persons")?;
    let output = running.finish()?;
    assert!(!output.success(), "{output}");
    check_says(&output, &["people"])?;
    let again = script.run("backfill run")?;
    assert!(!again.success(), "{again}");
    check_says(&again, &["no table `people`"])?;
    let listed = script.succeed("backfill list")?;
    check_says(&listed, &["active", "keys"])?;
    database.execute("ALTER TABLE persons RENAME TO people")?;
    script.succeed("backfill run")?;
    assert_eq!(times(database, "people")?, ["1: 20000"]);
    Ok(())
}

fn row_of_the_backfill_is_deleted(database: &TestDatabase) -> TestResult {
    people(database, 20_000)?;
    let script = Script::new(database).outside("l1", backfill(&json!({"registers": true, "name": "keys"})));
    script.succeed("up 1")?;
    let running = script.program("backfill run --rows-per-second 6000")?.start()?;
    wait_for_rows(database)?;
    database.execute("DELETE FROM seachange_revision_backfill")?;
    let output = running.finish()?;
    assert!(!output.success(), "{output}");
    check_says(&output, &["`keys` has lost its row"])?;
    check_says(&script.run("backfill run keys")?, &["no backfill `keys`"])?;
    check_says(&script.succeed("backfill run")?, &["nothing to run"])?;
    let rows = times(database, "people")?;
    assert!(rows.iter().all(|rows| rows.starts_with("0: ") || rows.starts_with("1: ")), "{rows:?}");
    Ok(())
}

fn two_backfills_of_a_table(database: &TestDatabase) -> TestResult {
    people(database, 20_000)?;
    let registered = |name: &str| backfill(&json!({"registers": true, "name": name}));
    let script = Script::new(database).outside("l1", [registered("a"), registered("b")].concat_all());
    script.succeed("up 1")?;
    let first = script.program("backfill run a --rows-per-second 20000")?.start()?;
    let second = script.program("backfill run b --rows-per-second 20000")?.start()?;
    first.finish()?.succeeded()?;
    second.finish()?.succeeded()?;
    assert_eq!(times(database, "people")?, ["2: 20000"]);
    assert_eq!(states(database)?, ["a complete 20000 20000", "b complete 20000 20000"]);
    Ok(())
}

fn pool_of_one_connection(database: &TestDatabase) -> TestResult {
    people(database, 3000)?;
    let update = json!({"sql": "UPDATE people SET times = times + 1 WHERE id = ?", "values": ["$id"]});
    let code = json!([{"backfill": {"table": "people", "actions": [{"execute": update}]}}]);
    let script = Script::new(database).outside("l1", [backfill(&json!({"target": 5})), code].concat_all());
    script.service("upgrade l1")?.env("SCRIPTED_POOL", "1").run()?.succeeded()?;
    assert_eq!(times(database, "people")?, ["2: 3000"]);
    Ok(())
}

/// A trigger of the table writes once for each row.
fn trigger_that_writes(database: &TestDatabase) -> TestResult {
    people(database, 3000)?;
    database.execute("CREATE TABLE audit (id INT NOT NULL)")?;
    database.execute(match database.backend() {
        Backend::Postgres => {
            "CREATE FUNCTION audited() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN INSERT INTO audit VALUES (OLD.id); RETURN NEW; END $$;
             CREATE TRIGGER audited AFTER UPDATE ON people FOR EACH ROW EXECUTE PROCEDURE audited()"
        }
        Backend::Sqlite => "CREATE TRIGGER audited AFTER UPDATE ON people BEGIN INSERT INTO audit VALUES (OLD.id); END",
        Backend::MariaDb | Backend::MySql => {
            "CREATE TRIGGER audited AFTER UPDATE ON people FOR EACH ROW INSERT INTO audit VALUES (OLD.id)"
        }
    })?;
    Script::new(database).outside("l1", backfill(&json!({"target": 5}))).succeed("up 1")?;
    assert_eq!(times(database, "people")?, ["1: 3000"]);
    assert_eq!(database.value::<i64>("SELECT COUNT(DISTINCT id) FROM audit")?, 3000);
    assert_eq!(database.value::<i64>("SELECT COUNT(*) FROM audit")?, 3000);
    Ok(())
}

/// After a pause, the rows of the time of the pause are not made up for.
fn rate_after_a_pause(database: &TestDatabase) -> TestResult {
    people(database, 20_000)?;
    let script = Script::new(database).outside("l1", backfill(&json!({})));
    let running = script.program("up 1 --rows-per-second 2000")?.start()?;
    wait_for_rows(database)?;
    script.succeed("backfill pause l1")?;
    std::thread::sleep(Duration::from_secs(5));
    let passed = || database.value::<i64>("SELECT rows_passed FROM seachange_revision_backfill");
    let before = passed()?;
    script.succeed("backfill resume l1")?;
    std::thread::sleep(Duration::from_secs(1));
    let after = passed()?;
    assert!(after - before <= 5000, "{} rows in the second after a pause", after - before);
    running.interrupt()?;
    running.finish()?;
    Ok(())
}

/// A limit of statements that is shorter than a batch makes batches shorter.
fn statements_that_are_too_slow(database: &TestDatabase) -> TestResult {
    people(database, 1500)?;
    database.execute(match database.backend() {
        Backend::Postgres => {
            "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_sleep(0.002); RETURN NEW; END $$;
             CREATE TRIGGER slow AFTER UPDATE ON people FOR EACH ROW EXECUTE PROCEDURE slow()"
        }
        _ => "CREATE TRIGGER slow AFTER UPDATE ON people FOR EACH ROW DO SLEEP(0.002)",
    })?;
    let script = Script::new(database).up("l1", json!([])).outside("l2", backfill(&json!({})));
    // The tables of the record are created without the limit.
    script.succeed("up l1")?;
    script.succeed("up l2 --statement-timeout 150ms")?;
    assert_eq!(times(database, "people")?, ["1: 1500"]);
    Ok(())
}

/// The batch that finds the disk full is rolled back, and the rest runs when there is space.
fn full_disk(database: &TestDatabase) -> TestResult {
    people(database, 5000)?;
    let set = json!({"target": 10, "set": [["name_key", "name || ' and more, so that pages are added'"], ["times", "times + 1"]]});
    // Another session has no such limit.
    let pages: i64 = database.value("PRAGMA page_count")?;
    let actions = [json!([format!("PRAGMA max_page_count = {}", pages + 40)]), backfill(&set)].concat_all();
    let script = Script::new(database).outside("l1", actions);
    let output = script.program("up 1")?.limit(SLOW_DISK).run()?;
    assert_eq!(output.code, Some(5), "{output}");
    check_says(&output, &["full"])?;
    let rows = times(database, "people")?;
    assert_eq!(rows.len(), 2, "some rows were changed: {rows:?}");
    script.program("backfill run l1")?.limit(SLOW_DISK).run()?.succeeded()?;
    assert_eq!(times(database, "people")?, ["1: 5000"]);
    script.succeed("repair --resume")?;
    assert!(script.is_applied("l1")?);
    assert_eq!(times(database, "people")?, ["1: 5000"]);
    Ok(())
}

/// A role that may change one column, and the table of backfills.
fn role_with_few_rights(database: &TestDatabase) -> TestResult {
    people(database, 500)?;
    let script = Script::new(database).outside("l1", backfill(&json!({"registers": true, "name": "keys"})));
    script.succeed("up 1")?;
    let role = format!("few_{}", database.name());
    let role = &role[..role.len().min(32)];
    let of_mysql = database.backend().is_like_mysql();
    let user = if of_mysql { format!("'{role}'@'%'") } else { role.to_owned() };
    let password = if of_mysql { "IDENTIFIED BY 'few'" } else { "LOGIN PASSWORD 'few'" };
    let mut statements = vec![
        format!("CREATE {} {user} {password}", if of_mysql { "USER" } else { "ROLE" }),
        format!("GRANT SELECT (id, name, times), UPDATE (name_key, times) ON people TO {user}"),
        format!("GRANT SELECT ON seachange_revision TO {user}"),
        format!("GRANT SELECT, UPDATE ON seachange_revision_backfill TO {user}"),
    ];
    if !of_mysql {
        statements.push(format!("GRANT USAGE ON SCHEMA public TO {user}"));
    }
    for statement in statements {
        database.execute(&statement)?;
    }
    let url = database.url_for(role, "few");
    let outcome = script.program("backfill run")?.env("DATABASE_URL", url).run();
    database.execute(&if of_mysql {
        format!("DROP USER {user}")
    } else {
        format!("DROP OWNED BY {role}; DROP ROLE {role}")
    })?;
    outcome?.succeeded()?;
    assert_eq!(times(database, "people")?, ["1: 500"]);
    Ok(())
}
