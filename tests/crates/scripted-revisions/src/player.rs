//! Performs actions on the connection that a revision was given.

use std::fs;
use std::path::Path;
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use futures_util::{FutureExt, StreamExt};
use seachange::backfill::BackfillOptions;
use seachange::prelude::sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend,
    IsolationLevel, QueryResult, Statement, StreamTrait, TransactionTrait,
};
use seachange::prelude::*;
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::action::{Action, Backfill, Begin, Execute, Loop, Query, Synchronise, TableArgument};
use crate::cell::{cells, line};
use crate::custom;
use crate::moment::{self, print, wait_for};
use crate::schema;
use crate::variables::Variables;

/// How often rows are read before a loop is given up: no test means a loop without an end.
const MOST_TURNS: usize = 10_000;

/// Performs the actions of one revision, or of one task of it.
pub(crate) struct Player<'c> {
    revision: String,
    connection: &'c SchemaManagerConnection<'c>,
    /// The transactions that were begun and not ended, innermost last.
    stack: Vec<DatabaseTransaction>,
    variables: Variables,
}

impl<'c> Player<'c> {
    pub(crate) fn new(revision: &str, connection: &'c SchemaManagerConnection<'c>) -> Self {
        Self {
            revision: revision.to_owned(),
            connection,
            stack: Vec::new(),
            variables: Variables::default(),
        }
    }

    pub(crate) fn perform_all<'a>(
        &'a mut self,
        actions: &'a [Action],
    ) -> BoxFuture<'a, Result<(), DbErr>> {
        async move {
            for action in actions {
                moment::pass(&self.revision, &name(action))?;
                self.perform(action).await?;
            }
            Ok(())
        }
        .boxed()
    }

    /// The innermost transaction, or what the revision was given.
    fn executor(&self) -> SchemaManagerConnection<'_> {
        match (self.stack.last(), self.connection) {
            (Some(transaction), _) => SchemaManagerConnection::Transaction(transaction),
            (None, SchemaManagerConnection::Connection(connection)) => {
                SchemaManagerConnection::Connection(connection)
            }
            (None, SchemaManagerConnection::Transaction(given)) => {
                SchemaManagerConnection::Transaction(given)
            }
            (None, SchemaManagerConnection::OwnedTransaction(given)) => {
                SchemaManagerConnection::Transaction(given)
            }
        }
    }

    fn backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }

    fn statement(&self, sql: &str, values: &[Value]) -> Statement {
        self.variables.statement(self.backend(), sql, values)
    }

    async fn perform(&mut self, action: &Action) -> Result<(), DbErr> {
        match action {
            Action::Text(sql) => {
                let sql = self.variables.fill(sql);
                self.executor().execute_unprepared(&sql).await.map(drop)
            }
            Action::Execute(execute) => self.execute(execute).await,
            Action::Query(query) => {
                let rows = self
                    .executor()
                    .query_all_raw(self.statement(&query.sql, &query.values))
                    .await?;
                self.keep(query, &rows)
            }
            Action::QueryOne(query) => {
                let row = self
                    .executor()
                    .query_one_raw(self.statement(&query.sql, &query.values))
                    .await?;
                self.keep(query, row.as_slice())
            }
            Action::Stream(query) => {
                let rows = self.stream(query).await?;
                self.keep(query, &rows)
            }
            Action::Each(each) => self.each(each).await,
            Action::WhileRows(each) => self.while_rows(each).await,
            Action::Repeat { times, actions } => {
                let times = self.variables.resolve(times).as_i64().unwrap_or_default();
                for turn in 1..=times {
                    self.variables.set("turn", turn);
                    self.perform_all(actions).await?;
                }
                Ok(())
            }
            Action::If {
                variable,
                actions,
                otherwise,
            } => {
                let chosen = if self.variables.is_true(variable) {
                    actions
                } else {
                    otherwise
                };
                self.perform_all(chosen).await
            }
            Action::Print(text) => print(&self.variables.fill(text)),
            Action::Begin(begin) => self.begin(begin).await,
            Action::Commit => self.top()?.commit().await,
            Action::Rollback => self.top()?.rollback().await,
            Action::Drop => self.top().map(drop),
            Action::Together(lists) => self.together(lists).await,
            Action::Spawn(lists) => {
                for task in self.spawn(lists)? {
                    task.await.map_err(custom)??;
                }
                Ok(())
            }
            Action::Detach(lists) => self.spawn(lists).map(drop),
            Action::Thread(actions) => self.thread(actions).await,
            Action::Timeout {
                milliseconds,
                actions,
                fails,
            } => self.timeout(*milliseconds, actions, *fails).await,
            Action::Swallow(actions) => match self.perform_all(actions).await {
                Ok(()) => Ok(()),
                Err(error) => print(&format!("swallowed: {}", one_line(&error))),
            },
            _ => self.perform_other(action).await,
        }
    }

    /// The actions that are no statements of the code's own.
    async fn perform_other(&mut self, action: &Action) -> Result<(), DbErr> {
        match action {
            // Nothing outside the database happens while an upgrade records a downgrade.
            Action::Sleep(_)
            | Action::Block(_)
            | Action::WaitFor(_)
            | Action::Touch(_)
            | Action::Kill
            | Action::KillOnce(_)
                if seachange::is_recorded() =>
            {
                Ok(())
            }
            Action::Fail(text) => Err(custom(self.variables.fill(text))),
            Action::Panic(text) => panic(text),
            Action::Sleep(milliseconds) => {
                tokio::time::sleep(Duration::from_millis(*milliseconds)).await;
                Ok(())
            }
            Action::Block(milliseconds) => {
                std::thread::sleep(Duration::from_millis(*milliseconds));
                Ok(())
            }
            Action::WaitFor(path) => {
                wait_for(path);
                Ok(())
            }
            Action::Touch(path) => fs::write(path, "").map_err(custom),
            Action::Kill => moment::kill(),
            Action::KillOnce(path) => kill_once(path),
            Action::PeakMemory(into) => {
                self.variables.set(into, peak_memory()?);
                Ok(())
            }
            _ => self.perform_on_schema(action).await,
        }
    }

    async fn perform_on_schema(&mut self, action: &Action) -> Result<(), DbErr> {
        let manager = SchemaManager::new(self.executor());
        let (into, answer) = match action {
            Action::HasTable { table, into } => (into, manager.has_table(table).await?),
            Action::HasColumn {
                table,
                column,
                into,
            } => (into, manager.has_column(table, column).await?),
            Action::HasIndex { table, index, into } => {
                (into, manager.has_index(table, index).await?)
            }
            Action::CreateTable { table, columns } => {
                return schema::create_table(&manager, table, columns).await;
            }
            Action::DropTable(table) => {
                return manager
                    .drop_table(Table::drop().table(table.clone()).to_owned())
                    .await;
            }
            Action::CreateIndex {
                index,
                table,
                columns,
                unique,
            } => {
                return schema::create_index(&manager, index, table, columns, *unique).await;
            }
            Action::DropIndex { index, table } => {
                return manager
                    .drop_index(Index::drop().name(index).table(table.clone()).to_owned())
                    .await;
            }
            Action::CreateForeignKey(ends) => {
                return manager.create_foreign_key(schema::foreign_key(ends)).await;
            }
            Action::Alter { table, changes } => {
                return schema::alter_table(&manager, table, changes).await;
            }
            Action::Backfill(backfill) => return self.backfill(&manager, backfill).await,
            Action::Synchronise(columns) => return synchronise(&manager, columns).await,
            _ => return Err(custom(format!("no way to perform {action:?}"))),
        };
        self.variables.set(into, u8::from(answer));
        Ok(())
    }

    async fn backfill(
        &self,
        manager: &SchemaManager<'_>,
        backfill: &Backfill,
    ) -> Result<(), DbErr> {
        let mut begun = match backfill.table.clone() {
            TableArgument::Name(name) => seachange::backfill::backfill(manager, name),
            TableArgument::InSchema(schema, name) => {
                seachange::backfill::backfill(manager, (schema, name))
            }
        };
        if let Some(name) = &backfill.name {
            begun = begun.named(name);
        }
        if let Some(key) = &backfill.key {
            begun = begun.key(key.clone());
        }
        if let Some(filter) = &backfill.filter {
            begun = begun.filter(Expr::cust(filter.clone()));
        }
        if let Some(target) = backfill.target {
            let options = BackfillOptions::new().target_time(Duration::from_millis(target));
            begun = begun.options(options);
        }
        let report = match backfill.set.split_first() {
            None => {
                let (revision, actions) = (self.revision.clone(), backfill.actions.clone());
                begun
                    .each(move |transaction, rows| {
                        let (revision, actions) = (revision.clone(), actions.clone());
                        Box::pin(for_rows(revision, actions, transaction, rows))
                    })
                    .await?
            }
            Some(((column, value), rest)) => {
                let mut values = begun.set(column.clone(), Expr::cust(value.clone()));
                for (column, value) in rest {
                    values = values.set(column.clone(), Expr::cust(value.clone()));
                }
                match backfill.registers {
                    true => values.register().await?,
                    false => values.run().await?,
                }
            }
        };
        print(&format!("{} rows changed", report.rows_changed))
    }

    async fn execute(&mut self, execute: &Execute) -> Result<(), DbErr> {
        let result = self
            .executor()
            .execute_raw(self.statement(&execute.sql, &execute.values))
            .await?;
        if let Some(name) = &execute.into {
            self.variables.set(name, result.rows_affected());
        }
        if let Some(name) = execute
            .id_into
            .as_ref()
            .filter(|_| self.backend() != DbBackend::Postgres)
        {
            self.variables.set(name, result.last_insert_id());
        }
        if execute.print {
            print(&format!("{} rows affected", result.rows_affected()))
        } else {
            Ok(())
        }
    }

    /// Stores and prints what a read has found.
    fn keep(&mut self, query: &Query, rows: &[QueryResult]) -> Result<(), DbErr> {
        let rows: Vec<_> = rows.iter().map(cells).collect();
        if let Some(name) = &query.into {
            let first = rows.first().and_then(|cells| cells.first());
            self.variables.set(
                name,
                first.map(|(_, value)| value.clone()).unwrap_or_default(),
            );
        }
        if let Some(name) = &query.count_into {
            self.variables.set(name, rows.len());
        }
        rows.iter()
            .filter(|_| query.print)
            .try_for_each(|cells| print(&line(cells)))
    }

    async fn stream(&self, query: &Query) -> Result<Vec<QueryResult>, DbErr> {
        let statement = self.statement(&query.sql, &query.values);
        let most = query.stop_after.unwrap_or(usize::MAX);
        let rows = match self.executor() {
            SchemaManagerConnection::Connection(connection) => {
                connection
                    .stream_raw(statement)
                    .await?
                    .take(most)
                    .collect::<Vec<_>>()
                    .await
            }
            SchemaManagerConnection::Transaction(transaction) => {
                transaction
                    .stream_raw(statement)
                    .await?
                    .take(most)
                    .collect()
                    .await
            }
            SchemaManagerConnection::OwnedTransaction(_) => Vec::new(),
        };
        rows.into_iter().collect()
    }

    async fn rows(&self, each: &Loop) -> Result<Vec<Vec<(String, Value)>>, DbErr> {
        let rows = self
            .executor()
            .query_all_raw(self.statement(&each.sql, &each.values))
            .await?;
        Ok(rows.iter().map(cells).collect())
    }

    async fn perform_for(
        &mut self,
        row: &[(String, Value)],
        actions: &[Action],
    ) -> Result<(), DbErr> {
        for (name, value) in row {
            self.variables.set(name, value.clone());
        }
        self.perform_all(actions).await
    }

    async fn each(&mut self, each: &Loop) -> Result<(), DbErr> {
        for row in self.rows(each).await? {
            self.perform_for(&row, &each.actions).await?;
        }
        Ok(())
    }

    async fn while_rows(&mut self, each: &Loop) -> Result<(), DbErr> {
        for _ in 0..MOST_TURNS {
            let rows = self.rows(each).await?;
            let Some(row) = rows.first() else {
                return Ok(());
            };
            self.perform_for(row, &each.actions).await?;
        }
        Err(custom("there are always rows"))
    }

    async fn begin(&mut self, begin: &Begin) -> Result<(), DbErr> {
        let isolation = begin.isolation.as_deref().map(isolation).transpose()?;
        let access = begin.access.as_deref().map(access).transpose()?;
        let executor = self.executor();
        let begun = if isolation.is_none() && access.is_none() {
            executor.begin().await?
        } else {
            executor.begin_with_config(isolation, access).await?
        };
        self.stack.push(begun);
        Ok(())
    }

    fn top(&mut self) -> Result<DatabaseTransaction, DbErr> {
        self.stack
            .pop()
            .ok_or_else(|| custom("no transaction was begun"))
    }

    /// A player of the same revision that begins transactions of its own.
    fn beside<'a>(&'a self, connection: &'a SchemaManagerConnection<'a>) -> Player<'a> {
        let (revision, variables) = (self.revision.clone(), self.variables.clone());
        Player {
            revision,
            connection,
            stack: Vec::new(),
            variables,
        }
    }

    async fn together(&self, lists: &[Vec<Action>]) -> Result<(), DbErr> {
        let executor = self.executor();
        let performed = lists.iter().map(|actions| {
            let mut player = self.beside(&executor);
            async move { player.perform_all(actions).await }
        });
        join_all(performed).await.into_iter().collect()
    }

    /// The connection of the revision, to be used by tasks that live on their own.
    fn connection(&self) -> Result<DatabaseConnection, DbErr> {
        match self.executor() {
            SchemaManagerConnection::Connection(connection) => Ok(connection.clone()),
            _ => Err(custom("a task cannot use a transaction")),
        }
    }

    fn spawn(&self, lists: &[Vec<Action>]) -> Result<Vec<JoinHandle<Result<(), DbErr>>>, DbErr> {
        let mut tasks = Vec::new();
        for actions in lists {
            tasks.push(tokio::spawn(self.alone(actions)?));
        }
        Ok(tasks)
    }

    /// Performs actions with nothing borrowed.
    fn alone(
        &self,
        actions: &[Action],
    ) -> Result<impl Future<Output = Result<(), DbErr>> + Send + use<>, DbErr> {
        let (connection, actions) = (self.connection()?, actions.to_owned());
        let (revision, variables) = (self.revision.clone(), self.variables.clone());
        Ok(async move {
            let executor = SchemaManagerConnection::Connection(&connection);
            let mut player = Player {
                revision,
                connection: &executor,
                stack: Vec::new(),
                variables,
            };
            player.perform_all(&actions).await
        })
    }

    async fn thread(&self, actions: &[Action]) -> Result<(), DbErr> {
        let (alone, runtime) = (self.alone(actions)?, tokio::runtime::Handle::current());
        tokio::task::spawn_blocking(move || runtime.block_on(alone))
            .await
            .map_err(custom)?
    }

    async fn timeout(
        &mut self,
        milliseconds: u64,
        actions: &[Action],
        fails: bool,
    ) -> Result<(), DbErr> {
        match timeout(
            Duration::from_millis(milliseconds),
            self.perform_all(actions),
        )
        .await
        {
            Ok(outcome) => print("in time").and(outcome),
            Err(elapsed) if fails => Err(custom(elapsed)),
            Err(_) => print("timeout"),
        }
    }
}

/// The name of an action as the file spells it.
fn name(action: &Action) -> String {
    let debug = format!("{action:?}");
    let end = debug
        .find(|character: char| !character.is_alphanumeric())
        .unwrap_or(debug.len());
    debug[..end].to_lowercase()
}

#[expect(clippy::panic, reason = "what the code of a revision may do")]
fn panic(text: &str) -> Result<(), DbErr> {
    panic!("{text}")
}

fn kill_once(path: &Path) -> Result<(), DbErr> {
    if path.exists() {
        return Ok(());
    }
    fs::write(path, "").map_err(custom)?;
    moment::kill()
}

/// The peak of the resident set in kB, as Linux tells it.
fn peak_memory() -> Result<u64, DbErr> {
    let status = fs::read_to_string("/proc/self/status").map_err(custom)?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line
        .and_then(|line| line.split_whitespace().next())
        .and_then(|text| text.parse().ok());
    number.ok_or_else(|| custom("no VmHWM"))
}

fn one_line(error: &DbErr) -> String {
    error.to_string().replace('\n', " ")
}

fn isolation(name: &str) -> Result<IsolationLevel, DbErr> {
    match name {
        "serializable" => Ok(IsolationLevel::Serializable),
        "repeatable read" => Ok(IsolationLevel::RepeatableRead),
        "read committed" => Ok(IsolationLevel::ReadCommitted),
        "read uncommitted" => Ok(IsolationLevel::ReadUncommitted),
        _ => Err(custom(format!("no isolation level `{name}`"))),
    }
}

fn access(name: &str) -> Result<AccessMode, DbErr> {
    match name {
        "read only" => Ok(AccessMode::ReadOnly),
        "read write" => Ok(AccessMode::ReadWrite),
        _ => Err(custom(format!("no access mode `{name}`"))),
    }
}

async fn synchronise(manager: &SchemaManager<'_>, columns: &Synchronise) -> Result<(), DbErr> {
    let mut begun = seachange::synchronise::synchronise(manager, columns.table.clone());
    for (column, value) in columns.old.clone() {
        begun = begun.old(column, Expr::cust(value));
    }
    for (column, value) in columns.new.clone() {
        begun = begun.new_column(column, Expr::cust(value));
    }
    match columns.action.as_str() {
        "create" => Ok(begun.create().await?),
        "drop" => Ok(begun.drop().await?),
        _ => Ok(begun.backfill().run().await.map(drop)?),
    }
}

/// Performs actions for each row of a batch.
async fn for_rows(
    revision: String,
    actions: Vec<Action>,
    transaction: &DatabaseTransaction,
    rows: Vec<QueryResult>,
) -> Result<(), DbErr> {
    let connection = SchemaManagerConnection::Transaction(transaction);
    let mut player = Player::new(&revision, &connection);
    for row in &rows {
        player.perform_for(&cells(row), &actions).await?;
    }
    Ok(())
}
