//! A connection that reads the catalogue of PostgreSQL again and again: the server plans each query once.
//!
//! SQLx could keep prepared statements, but then for each statement of a revision too, which fails after a change of its
//! table.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, Statement};

use crate::database_error::has_code;

/// The code of an error: the prepared statement does not exist.
const ABSENT: &str = "26000";

/// A connection to one session, in which queries without values are prepared on PostgreSQL.
pub(crate) struct CatalogueConnection {
    connection: DatabaseConnection,
    /// The number of the prepared statement of each text.
    prepared: Mutex<HashMap<String, usize>>,
}

impl CatalogueConnection {
    /// Prepares on a connection, which has to be one session.
    pub(crate) fn new(connection: DatabaseConnection) -> Self {
        Self { connection, prepared: Mutex::default() }
    }

    /// The number of the prepared statement of a text, and whether it has to be prepared yet.
    fn number(&self, sql: &str) -> (usize, bool) {
        let mut prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        let next = prepared.len();
        match prepared.get(sql) {
            Some(number) => (*number, false),
            None => (*prepared.entry(sql.to_owned()).or_insert(next), true),
        }
    }

    /// Forgets the prepared statements: code of a revision has removed them from the session.
    fn forget(&self) {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[async_trait]
impl ConnectionTrait for CatalogueConnection {
    fn get_database_backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.connection.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.connection.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.connection.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let has_values = statement.values.as_ref().is_some_and(|values| !values.0.is_empty());
        if statement.db_backend != DbBackend::Postgres || has_values {
            return self.connection.query_all_raw(statement).await;
        }
        let (number, is_new) = self.number(&statement.sql);
        let name = format!("seachange_catalogue_{number}");
        if is_new {
            self.connection.execute_unprepared(&format!("PREPARE {name} AS {}", statement.sql)).await?;
        }
        let run = Statement::from_string(DbBackend::Postgres, format!("EXECUTE {name}"));
        match self.connection.query_all_raw(run).await {
            Err(error) if has_code(&error, ABSENT) => {
                self.forget();
                self.connection.query_all_raw(statement).await
            }
            answer => answer,
        }
    }
}
