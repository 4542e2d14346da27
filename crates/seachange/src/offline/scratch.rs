//! Writes the code of a revision down while it runs on a scratch database in memory: on SQLite the next statement depends
//! on the schema that the ones before it left.
//!
//! The schema of the scratch database is that of the real one; its rows are not. Rows that it does not take say nothing of
//! the real ones.

use std::sync::Arc;

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, ExecResult, QueryResult, Statement, TransactionTrait};

use super::capture::Written;
use super::error::{Obstacle, Uncaptured};
use super::reading::{self, is_write};
use super::render::{statements, words};
use super::sheet::{Sheet, pretended};
use crate::alter::set_foreign_keys;
use crate::backend::Backend;
use crate::backend::dialect::Dialect;
use crate::connection;
use crate::database_error::database_error;
use crate::error::Error;
use crate::event::EventHandler;
use crate::relay::{self, Ending, Session};
use crate::runner::{Job, Live};
use crate::settings::DatabaseSettings;
use crate::store::Store;

/// A database in memory, with the schema that the revisions so far made.
pub(super) struct Scratch {
    connection: DatabaseConnection,
    dialect: &'static dyn Dialect,
    /// Nobody watches.
    handler: EventHandler,
}

/// What is done with statements beside running them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// Nothing: the real database has been through it.
    Replay,
    /// They are written down.
    Write,
}

impl Scratch {
    /// Opens an empty database with the table of the record, which the real one has as well.
    pub(super) async fn open(
        dialect: &'static dyn Dialect,
        settings: &DatabaseSettings,
        backend: &dyn Backend,
        store: &Store,
    ) -> Result<Self, Error> {
        let connection = connection::open_empty(settings).await?;
        store.create(&connection, backend).await.map_err(broken)?;
        Ok(Self { connection, dialect, handler: Arc::new(|_| {}) })
    }

    pub(super) async fn close(self) -> Result<(), Error> {
        self.connection.close().await.map_err(broken)
    }

    /// Runs a revision that the real database has.
    pub(super) async fn replay(&self, job: Job<'_>, in_transaction: bool) -> Result<(), Error> {
        self.perform(job, in_transaction, Purpose::Replay).await.map(drop)
    }

    /// Runs a revision, and writes down what it sends.
    pub(super) async fn write_down(&self, job: Job<'_>, in_transaction: bool) -> Result<Written, Error> {
        self.perform(job, in_transaction, Purpose::Write).await
    }

    /// Runs a revision as the runner does: again with foreign keys off, where it rebuilds tables.
    async fn perform(&self, job: Job<'_>, in_transaction: bool, purpose: Purpose) -> Result<Written, Error> {
        let (sheet, ending) = self.attempt(job, in_transaction, purpose).await.map_err(broken)?;
        if !in_transaction || !matches!(ending, Ending::NeedsForeignKeysOff) {
            return written(sheet.conclude(job, ending), false);
        }
        set_foreign_keys(&self.connection, false).await.map_err(broken)?;
        let (sheet, ending) = self.attempt(job, in_transaction, purpose).await.map_err(broken)?;
        set_foreign_keys(&self.connection, true).await.map_err(broken)?;
        written(sheet.conclude(job, ending), true)
    }

    async fn attempt(&self, job: Job<'_>, in_transaction: bool, purpose: Purpose) -> Result<(Sheet, Ending), DbErr> {
        let sheet = Sheet::new(self.dialect, in_transaction);
        let code = job.code(in_transaction);
        let backend = self.dialect.backend();
        if !in_transaction {
            let mut stand_in = StandIn { live: Live::new(&self.connection, &self.handler), sheet, purpose };
            let ending = relay::run(code, backend, &mut stand_in).await;
            return Ok((stand_in.sheet, ending));
        }
        let transaction = self.connection.begin().await?;
        let mut stand_in = StandIn { live: Live::new(&transaction, &self.handler), sheet, purpose };
        let ending = relay::run(code, backend, &mut stand_in).await;
        let sheet = stand_in.sheet;
        match ending {
            Ending::Done => transaction.commit().await?,
            _ => transaction.rollback().await?,
        }
        Ok((sheet, ending))
    }
}

fn broken(error: DbErr) -> Error {
    Error::database("cannot use the scratch database in memory")(error)
}

fn written(statements: Result<Vec<String>, Box<Uncaptured>>, rebuilds: bool) -> Result<Written, Error> {
    Ok(Written { statements: statements?, rebuilds })
}

/// The scratch database, as it answers the code of a revision in the place of the real one.
struct StandIn<'a> {
    live: Live<'a>,
    sheet: Sheet,
    purpose: Purpose,
}

impl StandIn<'_> {
    /// Runs a statement, or several, of which those that write rows may fail for want of other rows.
    async fn run(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        let quoting = self.sheet.dialect.quoting();
        let parts = statements(&statement.sql, quoting);
        let has_writes = parts.iter().any(|part| is_write(part, quoting));
        // The body of a trigger has ends of its own.
        let is_whole = parts.len() < 2 || words(&statement.sql, quoting).iter().any(|word| word == "TRIGGER");
        if !has_writes || (is_whole && !is_write(&statement.sql, quoting)) {
            return self.live.execute(statement).await;
        }
        if is_whole {
            return self.run_write(statement).await;
        }
        for part in parts {
            let part = Statement::from_string(statement.db_backend, part);
            if is_write(&part.sql, quoting) {
                self.run_write(part).await?
            } else {
                self.live.execute(part).await?
            };
        }
        pretended()
    }

    async fn run_write(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        match (self.live.execute(statement).await, self.purpose) {
            (Err(error), _) if !is_constraint(&error) => Err(error),
            (Ok(result), Purpose::Replay) => Ok(result),
            _ => pretended(),
        }
    }

    /// Whether a query reads the schema alone, which the scratch database has as the real one does.
    async fn reads_schema_alone(&self, statement: &Statement) -> Result<bool, DbErr> {
        const PRAGMAS: [&str; 9] = [
            "TABLE_INFO",
            "TABLE_XINFO",
            "TABLE_LIST",
            "INDEX_LIST",
            "INDEX_INFO",
            "INDEX_XINFO",
            "FOREIGN_KEY_LIST",
            "FOREIGN_KEYS",
            "LEGACY_ALTER_TABLE",
        ];
        let words = words(&statement.sql, self.sheet.dialect.quoting());
        match words.first().map(String::as_str) {
            Some("PRAGMA") => Ok(words
                .iter()
                .skip(1)
                .find(|word| *word != "MAIN")
                .is_some_and(|name| PRAGMAS.contains(&name.as_str()))),
            Some("SELECT" | "WITH" | "VALUES") => self.opens_schema_alone(statement).await,
            _ => Ok(false),
        }
    }

    /// Asks SQLite what it would open for a query. The schema is the table with root page 1; the tables behind functions
    /// such as `pragma_table_info` are virtual ones without a name in the schema.
    async fn opens_schema_alone(&self, statement: &Statement) -> Result<bool, DbErr> {
        const OF_THE_SESSION: [&str; 4] = ["changes", "total_changes", "last_insert_rowid", "random"];
        let mut explain = statement.clone();
        explain.sql = format!("EXPLAIN {}", statement.sql);
        let Ok(program) = self.live.executor().query_all_raw(explain).await else {
            // The query itself says what is wrong with it.
            return Ok(true);
        };
        for instruction in program {
            let opcode: String = instruction.try_get("", "opcode")?;
            let operand: Option<String> = instruction.try_get("", "p4").unwrap_or_default();
            let is_of_session = |name: &&str| operand.as_deref().is_some_and(|operand| operand.starts_with(*name));
            let is_fine = match opcode.as_str() {
                "OpenRead" => instruction.try_get::<i64>("", "p2")? == 1,
                "VOpen" => !self.names_virtual_table(&statement.sql).await?,
                "Function" | "PureFunc" => !OF_THE_SESSION.iter().any(is_of_session),
                opcode => opcode != "OpenWrite",
            };
            if !is_fine {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn names_virtual_table(&self, sql: &str) -> Result<bool, DbErr> {
        let tables = "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND rootpage = 0";
        let executor = self.live.executor();
        let rows = executor.query_all_raw(Statement::from_string(self.sheet.dialect.backend(), tables)).await?;
        let names: Vec<String> = rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?;
        let sql = sql.to_lowercase();
        Ok(names.iter().any(|name| sql.contains(&name.to_lowercase())))
    }
}

/// SQLite's primary result code CONSTRAINT.
fn is_constraint(error: &DbErr) -> bool {
    let code = database_error(error).and_then(|error| error.code()?.parse::<i32>().ok());
    code.is_some_and(|code| code & 0xff == 19)
}

#[async_trait]
impl Session for StandIn<'_> {
    fn writes_down(&self) -> bool {
        self.purpose == Purpose::Write
    }

    async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        if self.purpose == Purpose::Write {
            self.sheet.write(&statement)?;
        }
        self.run(statement).await
    }

    async fn query(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        if self.purpose == Purpose::Write && !self.reads_schema_alone(&statement).await? {
            let reading = reading::of(&statement.sql, self.sheet.dialect.quoting());
            return Err(self.sheet.refuse(Obstacle::Reads(reading), &statement));
        }
        self.live.query(statement).await
    }

    async fn begin(&mut self) -> Result<(), DbErr> {
        self.sheet.begin();
        self.live.begin().await
    }

    async fn commit(&mut self) -> Result<(), DbErr> {
        self.sheet.commit();
        self.live.commit().await
    }

    async fn rollback(&mut self) -> Result<(), DbErr> {
        self.sheet.rollback();
        self.live.rollback().await
    }

    async fn execute_check(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.live.execute(statement).await
    }

    async fn query_check(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.live.query(statement).await
    }
}
