//! A long transaction of another session, which holds a lock on a table that a revision alters.

use std::{
    error::Error,
    sync::mpsc::{Sender, channel},
    thread::{self, JoinHandle},
};

use sea_orm::{ConnectionTrait, DbErr, TransactionTrait};
use seachange_tests::{
    TestDatabase, block_on,
    harness::{Case, TestResult, each_backend},
};

use super::{
    fixture::{Contents, check_head, program, record},
    recovery::recover,
};

pub(super) fn trials() -> Vec<Case> {
    let mut cases = each_backend("torture::lock_of_somebody_else_is_told", lock_of_somebody_else_is_told);
    cases.extend(each_backend("torture::retries_outlast_a_lock", retries_outlast_a_lock));
    cases
}

/// A transaction that has read a table, and stays open until the value is dropped. During this time the servers do not
/// change the table, and SQLite does not commit.
struct LongTransaction {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<Result<(), DbErr>>>,
}

impl LongTransaction {
    fn begin(database: &TestDatabase) -> Result<Self, Box<dyn Error>> {
        let connection = block_on(database.connect())?;
        let (begun, has_begun) = channel();
        let (end, has_ended) = channel::<()>();
        let thread = thread::spawn(move || {
            block_on(async {
                let transaction = connection.begin().await?;
                transaction.execute_unprepared("SELECT * FROM accounts").await?;
                let _ = begun.send(());
                let _ = has_ended.recv();
                transaction.rollback().await?;
                connection.close().await
            })
        });
        has_begun.recv()?;
        Ok(Self { end: Some(end), thread: Some(thread) })
    }
}

impl Drop for LongTransaction {
    fn drop(&mut self) {
        self.end.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The fourth revision begins with a change of `accounts`.
fn lock_of_somebody_else_is_told(database: &TestDatabase) -> TestResult {
    program(database, "up 3").run()?.succeeded()?;
    let before = Contents::of(database)?;
    let holder = LongTransaction::begin(database)?;
    let output = program(database, "up --lock-timeout 1s").run()?;
    assert!(matches!(output.code, Some(5 | 7)), "{output}");
    assert!(output.stderr.contains("lock"), "{output}");
    let applied = record(database)?.iter().filter(|row| row.ends_with(" applied")).count();
    assert_eq!(applied, 3);
    drop(holder);
    Contents::of(database)?.check(&before, "locked")?;
    recover(database, "locked")
}

fn retries_outlast_a_lock(database: &TestDatabase) -> TestResult {
    program(database, "up 3").run()?.succeeded()?;
    let holder = LongTransaction::begin(database)?;
    let mut running = program(database, "up --lock-timeout 1s --retries 5").start()?;
    running.wait_for("trying again")?;
    drop(holder);
    running.finish()?.succeeded()?;
    check_head(database, "retried")
}
