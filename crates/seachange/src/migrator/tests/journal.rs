//! What a revision outside of a transaction leaves behind when it fails, and how to continue.

use super::*;
use crate::error::Error;
use crate::journal::StatementOutcome;
use crate::migrator::Resolution;
use crate::store::RevisionRowState;

const OUTSIDE: Option<bool> = Some(false);

fn outside(up: &'static [&'static str], down: &'static [&'static str]) -> &'static Migrations {
    registry(vec![Scripted { body: Body::Sql(up, down), use_transaction: OUTSIDE }])
}

async fn numbers(migrator: &Migrator) -> Vec<i64> {
    let connection = migrator.connection();
    let statement = Statement::from_string(connection.get_database_backend(), "SELECT n FROM a ORDER BY n");
    let rows = connection.query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get("", "n").unwrap()).collect()
}

#[tokio::test]
async fn the_rest_runs_once_the_obstacle_is_gone() {
    let migrations = outside(
        &[
            "CREATE TABLE a (n integer)",
            "INSERT INTO a VALUES (1)",
            "INSERT INTO b VALUES (2)",
            "INSERT INTO a VALUES (3)",
        ],
        &["DROP TABLE a"],
    );
    let migrator = migrator(migrations).await;
    migrator.upgrade("heads").await.unwrap_err();
    let known = migrator.interruption().await.unwrap().unwrap();
    assert_eq!(known.finished.iter().map(|entry| entry.number).collect::<Vec<_>>(), [1, 2]);
    assert!(known.in_doubt.is_empty(), "{known:?}");

    assert!(matches!(migrator.upgrade("heads").await, Err(Error::Interrupted { known: Some(_), .. })));
    migrator.connection().execute_unprepared("CREATE TABLE b (n integer)").await.unwrap();
    let report = migrator.resume(Resolution::Ask).await.unwrap();
    assert_eq!(report.done.len(), 1);
    assert_eq!(numbers(&migrator).await, [1, 3]);
    assert_eq!(current(&migrator).await, ["r1"]);
    assert!(migrator.interruption().await.unwrap().is_none());
    migrator.downgrade("base").await.unwrap();
    assert_eq!(tables(&migrator).await, ["b", "seachange_revision"]);
}

/// Leaves the database as a process does that is killed while it executes a statement.
async fn kill_in_statement(migrator: &Migrator, number: i64) {
    let connection = migrator.connection();
    let doubt = format!("UPDATE seachange_revision_statement SET state = 'running' WHERE number = {number}");
    connection.execute_unprepared(&doubt).await.unwrap();
}

#[tokio::test]
async fn the_catalogue_is_asked_about_the_statement_that_was_running() {
    let migrations = outside(&["CREATE TABLE a (n integer)", "INSERT INTO b VALUES (2)"], &[]);
    let migrator = migrator(migrations).await;
    migrator.upgrade("heads").await.unwrap_err();
    migrator.connection().execute_unprepared("CREATE TABLE b (n integer)").await.unwrap();

    kill_in_statement(&migrator, 1).await;
    let (_, verdict) = migrator.interruption().await.unwrap().unwrap().in_doubt.pop().unwrap();
    assert_eq!(verdict, StatementOutcome::Ran("table `a` is there".to_owned()));
    migrator.connection().execute_unprepared("DROP TABLE a").await.unwrap();
    let (_, verdict) = migrator.interruption().await.unwrap().unwrap().in_doubt.pop().unwrap();
    assert_eq!(verdict, StatementOutcome::NotRun("table `a` is not there".to_owned()));

    migrator.resume(Resolution::Ask).await.unwrap();
    assert_eq!(current(&migrator).await, ["r1"]);
    assert_eq!(numbers(&migrator).await, [] as [i64; 0]);
}

#[tokio::test]
async fn nothing_is_guessed() {
    let migrations = outside(
        &["CREATE TABLE a (n integer)", "CREATE TRIGGER t INSERT ON a BEGIN SELECT 1; END", "INSERT INTO b VALUES (2)"],
        &[],
    );
    let migrator = migrator(migrations).await;
    migrator.upgrade("heads").await.unwrap_err();
    kill_in_statement(&migrator, 2).await;
    let refused = migrator.resume(Resolution::Ask).await;
    assert!(matches!(&refused, Err(Error::InDoubt { interruption }) if interruption.revision == "r1"), "{refused:?}");
    migrator.connection().execute_unprepared("CREATE TABLE b (n integer)").await.unwrap();
    migrator.resume(Resolution::Ran).await.unwrap();
    assert_eq!(current(&migrator).await, ["r1"]);
}

#[tokio::test]
async fn code_that_has_changed_since_is_refused() {
    let before = outside(&["CREATE TABLE a (n integer)", "INSERT INTO b VALUES (1)"], &[]);
    let after = outside(&["CREATE TABLE a (n text)", "INSERT INTO a VALUES (1)"], &[]);
    let connection = memory().await;
    Migrator::new(before, connection.clone()).unwrap().upgrade("heads").await.unwrap_err();
    let changed = Migrator::new(after, connection).unwrap();
    let error = changed.resume(Resolution::Ask).await.unwrap_err();
    let Error::Failed(failure) = error else { unreachable!("a revision fails: {error:?}") };
    insta::assert_snapshot!(failure.cause, @"statement 1 differs from the one that ran before: `CREATE TABLE a (n integer)` then, `CREATE TABLE a (n text)` now");
    assert_eq!(changed.interruption().await.unwrap().unwrap().finished.len(), 1);
}

#[tokio::test]
async fn a_person_settles_it() {
    let migrations = outside(&["CREATE TABLE a (n integer)", "INSERT INTO b VALUES (2)"], &[]);
    for (is_applied, at) in [(true, vec!["r1"]), (false, vec![])] {
        let migrator = migrator(migrations).await;
        migrator.upgrade("heads").await.unwrap_err();
        let settle =
            async || if is_applied { migrator.mark_applied().await } else { migrator.mark_rolled_back().await };
        let settled = settle().await.unwrap();
        assert_eq!(settled.row.state, RevisionRowState::Upgrading);
        assert_eq!(current(&migrator).await, at);
        assert!(matches!(settle().await, Err(Error::NotInterrupted)));
    }
}

#[tokio::test]
async fn a_transaction_of_the_revision_s_own_takes_its_entries_along() {
    struct Half;
    impl MigrationName for Half {
        fn name(&self) -> &'static str {
            "half"
        }
    }
    #[async_trait]
    impl MigrationTrait for Half {
        async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
            execute(manager, &["CREATE TABLE a (n integer)"]).await?;
            let inner = manager.begin().await?;
            execute(&inner, &["INSERT INTO a VALUES (1)"]).await?;
            inner.commit().await?;
            let inner = manager.begin().await?;
            execute(&inner, &["INSERT INTO a VALUES (2)", "INSERT INTO b VALUES (3)"]).await?;
            inner.commit().await
        }
        fn use_transaction(&self) -> Option<bool> {
            OUTSIDE
        }
    }
    let script =
        RegisteredRevision { migration: &Half, ..nodes(&[Revision { id: "r1", ..Revision::ROOT }]).scripts()[0] };
    let migrator = migrator(Box::leak(Box::new(Migrations::new("tests 1.0.0", vec![script].leak())))).await;
    migrator.upgrade("heads").await.unwrap_err();
    assert_eq!(numbers(&migrator).await, [1]);
    let known = migrator.interruption().await.unwrap().unwrap();
    assert_eq!(known.finished.iter().map(|entry| entry.number).collect::<Vec<_>>(), [1, 2]);
    migrator.connection().execute_unprepared("CREATE TABLE b (n integer)").await.unwrap();
    migrator.resume(Resolution::Ask).await.unwrap();
    assert_eq!(numbers(&migrator).await, [1, 2]);
}

#[tokio::test]
async fn a_transaction_that_is_begun_as_text_holds_its_entries_too() {
    let migrations = outside(
        &[
            "CREATE TABLE a (n integer)",
            "BEGIN",
            "INSERT INTO a VALUES (1)",
            "INSERT INTO a VALUES (2)",
            "ROLLBACK",
            "INSERT INTO b VALUES (3)",
        ],
        &[],
    );
    let migrator = migrator(migrations).await;
    migrator.upgrade("heads").await.unwrap_err();
    assert_eq!(numbers(&migrator).await, [] as [i64; 0]);
    let known = migrator.interruption().await.unwrap().unwrap();
    assert_eq!(known.finished.iter().map(|entry| entry.number).collect::<Vec<_>>(), [1]);
}

#[tokio::test]
async fn a_text_of_several_statements_is_in_doubt_when_one_is_refused() {
    const TEXT: &str = "INSERT INTO a VALUES (1); INSERT INTO b VALUES (2)";
    let migrations = outside(&["CREATE TABLE a (n integer)", TEXT], &[]);
    let migrator = migrator(migrations).await;
    migrator.upgrade("heads").await.unwrap_err();
    assert_eq!(numbers(&migrator).await, [1]);
    let known = migrator.interruption().await.unwrap().unwrap();
    assert!(known.refused.is_empty(), "{known:?}");
    assert_eq!(known.in_doubt[0].0.sql, TEXT);
    migrator.connection().execute_unprepared("CREATE TABLE b (n integer)").await.unwrap();
    assert!(matches!(migrator.resume(Resolution::Ask).await, Err(Error::InDoubt { .. })));
    assert_eq!(numbers(&migrator).await, [1]);
}

#[tokio::test]
async fn every_refused_statement_runs_again() {
    struct Stubborn;
    impl MigrationName for Stubborn {
        fn name(&self) -> &'static str {
            "stubborn"
        }
    }
    #[async_trait]
    impl MigrationTrait for Stubborn {
        async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
            execute(manager, &["CREATE TABLE a (n integer)"]).await?;
            if execute(manager, &["CREATE TABLE one AS SELECT * FROM b"]).await.is_err() {
                execute(manager, &["CREATE TABLE two AS SELECT * FROM b"]).await?;
            }
            Ok(())
        }
        fn use_transaction(&self) -> Option<bool> {
            OUTSIDE
        }
    }
    let script =
        RegisteredRevision { migration: &Stubborn, ..nodes(&[Revision { id: "r1", ..Revision::ROOT }]).scripts()[0] };
    let migrator = migrator(Box::leak(Box::new(Migrations::new("tests 1.0.0", vec![script].leak())))).await;
    migrator.upgrade("heads").await.unwrap_err();
    assert_eq!(migrator.interruption().await.unwrap().unwrap().refused.len(), 2);
    migrator.connection().execute_unprepared("CREATE TABLE b (n integer)").await.unwrap();
    migrator.resume(Resolution::Ask).await.unwrap();
    assert_eq!(tables(&migrator).await, ["a", "b", "one", "seachange_revision"]);
}

#[tokio::test]
async fn what_went_with_the_session_is_not_made_anew() {
    let migrations = outside(
        &[
            "CREATE TABLE a (n integer)",
            "CREATE TEMPORARY TABLE t (n integer)",
            "INSERT INTO t VALUES (1)",
            "INSERT INTO b VALUES (1)",
        ],
        &[],
    );
    let migrator = migrator(migrations).await;
    migrator.upgrade("heads").await.unwrap_err();
    migrator.connection().execute_unprepared("CREATE TABLE b (n integer)").await.unwrap();
    let Err(Error::Failed(failure)) = migrator.resume(Resolution::Ask).await else { unreachable!("the table is gone") };
    insta::assert_snapshot!(failure.cause, @"what statement 2 created was lost with its session: `CREATE TEMPORARY TABLE t (n integer)`");
}

#[tokio::test]
async fn code_that_forgets_what_it_did_is_refused() {
    let before = outside(&["CREATE TABLE a (n integer)", "INSERT INTO a VALUES (1)", "INSERT INTO b VALUES (1)"], &[]);
    let after = outside(&["CREATE TABLE a (n integer)"], &[]);
    let connection = memory().await;
    Migrator::new(before, connection.clone()).unwrap().upgrade("heads").await.unwrap_err();
    let changed = Migrator::new(after, connection).unwrap();
    let Err(Error::Failed(failure)) = changed.resume(Resolution::Ask).await else {
        unreachable!("a statement is forgotten")
    };
    insta::assert_snapshot!(failure.cause, @"statement 2 ran before, and the code does not send it now: `INSERT INTO a VALUES (1)`");
    assert!(changed.interruption().await.unwrap().is_some());
}
