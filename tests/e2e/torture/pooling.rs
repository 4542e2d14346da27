//! PgBouncer between the program and PostgreSQL. A session lock belongs to a connection of the server, and with
//! transaction pooling the next statement may run on another connection.

use seachange_tests::{
    Backend, TestDatabase,
    harness::{Case, TestResult},
    servers::{PgBouncer, PoolMode, PostgresServer},
};

use super::{
    fixture::{check_head, program, program_at, record},
    recovery::recover,
};

pub(super) fn trials() -> Vec<Case> {
    let needing =
        |name, test: fn() -> TestResult| Case::owning(Backend::Postgres, name, test).needing(PgBouncer::check);
    vec![
        needing("torture::transaction_pooling_is_refused", transaction_pooling_is_refused),
        needing("torture::session_pooling_works", session_pooling_works),
    ]
}

/// Nothing is done, the reason is reported, and no lock stays on a connection that the pool keeps.
fn transaction_pooling_is_refused() -> TestResult {
    let server = PostgresServer::start()?;
    let database = TestDatabase::at(Backend::Postgres, Some(server.address()))?;
    let pool = PgBouncer::start(&server, PoolMode::Transaction)?;
    for _ in 0..3 {
        let output = program_at(&database, &pool.address(), "up").run()?;
        assert!(!output.success(), "{output}");
        assert!(output.stderr.contains("pool"), "{output}");
    }
    assert!(record(&database)?.is_empty());
    assert_eq!(locks(&database)?, 0);
    recover(&database, "refused by the pool")
}

fn session_pooling_works() -> TestResult {
    let server = PostgresServer::start()?;
    let database = TestDatabase::at(Backend::Postgres, Some(server.address()))?;
    let pool = PgBouncer::start(&server, PoolMode::Session)?;
    let runs = (0..5).map(|_| program_at(&database, &pool.address(), "up").start()).collect::<Result<Vec<_>, _>>()?;
    for running in runs {
        running.finish()?.succeeded()?;
    }
    assert_eq!(locks(&database)?, 0);
    check_head(&database, "through a pool")?;
    program(&database, "up").run()?.succeeded()?;
    Ok(())
}

fn locks(database: &TestDatabase) -> Result<i64, sea_orm::DbErr> {
    database.value("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
}
