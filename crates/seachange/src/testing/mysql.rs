//! Test databases on MySQL and MariaDB: the tables of the template one after the other, then their rows, then views,
//! triggers and routines.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};
use tokio::sync::OnceCell;

use super::error::TestError;
use super::host::migrate;
use super::names;
use super::server::{PAUSE, Server};
use crate::alter::clause;
use crate::autogenerate::{Comparison, Entities, Renames, SchemaOperation, TableFilter};
use crate::backend::query_scalar;
use crate::connection::{self, connect_pinned};
use crate::inspect::{InspectScope, inspect};
use crate::revision::Migrations;
use crate::settings::DatabaseSettings;

/// The table of a template whose revisions are all applied.
const COMPLETE: &str = "seachange_template";

/// The character set and the collation of a database.
const OPTIONS: &str =
    "SELECT CONCAT('CHARACTER SET ', @@character_set_database, ' COLLATE ', @@collation_database) AS answer";

/// What fails where the template is read.
const READING: &str = "cannot read the template of the test databases";

/// A server.
#[derive(Debug)]
pub(super) struct MySql {
    server: Server,
    /// Filled when the template is there.
    template: OnceCell<()>,
    copy: OnceCell<CopyOfTemplate>,
}

/// The statements that copy the template.
#[derive(Debug)]
struct CopyOfTemplate {
    /// The options of the database: character set and collation.
    options: String,
    /// The statements that make an empty database a copy; `None` if only the revisions can make one.
    statements: Option<Vec<String>>,
}

impl MySql {
    pub(super) async fn open(migrations: &'static Migrations, settings: DatabaseSettings) -> Result<Self, TestError> {
        let server = Server::connect(migrations, settings).await?;
        let host = Self { server, template: OnceCell::new(), copy: OnceCell::new() };
        host.claim(&host.server.process).await?;
        host.remove_abandoned().await?;
        Ok(host)
    }

    pub(super) async fn create(&self, number: u64) -> Result<(String, DatabaseSettings), TestError> {
        self.template.get_or_try_init(|| self.ensure_template()).await?;
        let name = self.server.database(number);
        let settings = self.server.settings.in_database(&name);
        if let Err(error) = self.fill(&name, &settings).await {
            let _ = self.remove(&name).await;
            // Another process may have replaced the template.
            if self.is_complete().await? {
                return Err(error);
            }
            self.ensure_template().await?;
            self.fill(&name, &settings).await?;
        }
        Ok((name, settings))
    }

    pub(super) async fn create_empty(&self, number: u64) -> Result<(String, DatabaseSettings), TestError> {
        const DOING: &str = "cannot create a test database";
        let name = self.server.database(number);
        let options: String = query_scalar(&self.server.pool, OPTIONS, []).await.map_err(TestError::database(DOING))?;
        self.server.send(&format!("CREATE DATABASE {} {options}", self.server.quoted(&name)), DOING).await?;
        let settings = self.server.settings.in_database(&name);
        Ok((name, settings))
    }

    /// Drops a database. Its sessions are ended first: an open transaction would keep it.
    pub(super) async fn remove(&self, name: &str) -> Result<(), TestError> {
        const SESSIONS: &str = "SELECT CAST(id AS CHAR) AS name FROM information_schema.processlist WHERE db = ? AND id <> CONNECTION_ID()";
        for session in self.server.names(SESSIONS, vec![name.into()]).await? {
            // It may have ended by itself.
            let _ = self.server.pool.execute_unprepared(&format!("KILL {session}")).await;
        }
        let drop = format!("DROP DATABASE IF EXISTS {}", self.server.quoted(name));
        self.server.send(&drop, "cannot remove a test database").await
    }

    async fn fill(&self, name: &str, settings: &DatabaseSettings) -> Result<(), TestError> {
        const DOING: &str = "cannot copy the template of the test databases";
        let copy = self.copy.get_or_try_init(|| self.read_template()).await?;
        let create = format!("CREATE DATABASE {} {}", self.server.quoted(name), copy.options);
        self.server.send(&create, "cannot create a test database").await?;
        let Some(statements) = &copy.statements else {
            return migrate(self.server.migrations, settings).await;
        };
        let connection = connect_pinned(settings).await?.connection;
        for statement in statements {
            connection.execute_unprepared(statement).await.map_err(TestError::database(DOING))?;
        }
        connection.close().await.map_err(TestError::database(DOING))
    }

    /// Reads how the template is made.
    async fn read_template(&self) -> Result<CopyOfTemplate, TestError> {
        let inside = self.server.settings.in_database(&self.server.template);
        let connection = connection::connect(&inside).await?;
        let options = query_scalar(&connection, OPTIONS, []).await.map_err(TestError::database(READING))?;
        let filter = TableFilter::default();
        let entities = Entities::new().leave_alone(COMPLETE);
        let comparison = Comparison::of_database(&connection, &entities, &filter).await?;
        let statements = match comparison.omitted() {
            [] => Some(self.statements(&connection, &comparison).await?),
            // What cannot be copied, only the revisions can make.
            _ => None,
        };
        connection.close().await.map_err(TestError::database(READING))?;
        Ok(CopyOfTemplate { options, statements })
    }

    /// The statements that make an empty database a copy of the template.
    async fn statements(
        &self,
        connection: &DatabaseConnection,
        comparison: &Comparison,
    ) -> Result<Vec<String>, TestError> {
        let all = comparison.operations(&Renames::default());
        let is_object = |operation: &&SchemaOperation| matches!(operation, SchemaOperation::CreateObject(_));
        let tables: Vec<SchemaOperation> = all.iter().filter(|operation| !is_object(operation)).cloned().collect();
        // Tables are created by the text that the server has of them.
        let created = comparison.statements(&tables, &self.server.settings).await?;
        let mut objects = comparison.statements(&all, &self.server.settings).await?;
        for statement in &created {
            if let Some(at) = objects.iter().position(|other| other == statement) {
                objects.remove(at);
            }
        }
        let (tables, rows) = self.tables_and_rows(connection).await.map_err(TestError::database(READING))?;
        let before = ["SET foreign_key_checks = 0", "SET @mode = @@sql_mode"].map(str::to_owned);
        let between = "SET sql_mode = CONCAT_WS(',', NULLIF(@@sql_mode, ''), 'NO_AUTO_VALUE_ON_ZERO')".to_owned();
        // Triggers come after the rows, which they would change.
        let after = ["SET sql_mode = @mode", "SET foreign_key_checks = 1"].map(str::to_owned);
        Ok(before.into_iter().chain(tables).chain([between]).chain(rows).chain(after).chain(objects).collect())
    }

    /// The statements that create the tables, those of the engine included, and the statements that copy their rows.
    async fn tables_and_rows(&self, connection: &DatabaseConnection) -> Result<(Vec<String>, Vec<String>), DbErr> {
        let template = self.server.quoted(&self.server.template);
        let (mut tables, mut rows) = (Vec::new(), Vec::new());
        for table in inspect(connection, &InspectScope::default()).await?.tables.values() {
            let name = &table.name.name;
            if name == COMPLETE {
                continue;
            }
            let quoted = self.server.quoted(name);
            let show = Statement::from_string(DbBackend::MySql, format!("SHOW CREATE TABLE {quoted}"));
            let shown = connection.query_one_raw(show).await?;
            tables.push(shown.ok_or_else(|| DbErr::RecordNotFound(name.clone()))?.try_get_by_index(1)?);
            let filled = format!("SELECT EXISTS (SELECT 1 FROM {quoted}) AS answer");
            if query_scalar::<i32>(connection, &filled, []).await? == 1 {
                let columns = table.columns.iter().filter(|column| column.generated.is_none());
                let columns: Vec<String> = columns.map(|column| column.name.clone()).collect();
                let columns = clause::quoted_list(DbBackend::MySql, &columns);
                rows.push(format!("INSERT INTO {quoted} ({columns}) SELECT {columns} FROM {template}.{quoted}"));
            }
        }
        Ok((tables, rows))
    }

    /// Takes the lock on a name. The server releases it with the session.
    async fn claim(&self, name: &str) -> Result<bool, TestError> {
        const CLAIM: &str = "SELECT GET_LOCK(?, 0) AS answer";
        let claimed = query_scalar::<Option<i32>>(&self.server.claims.connection, CLAIM, [name.into()]).await;
        claimed.map(|claimed| claimed == Some(1)).map_err(TestError::database("cannot take a lock"))
    }

    async fn release(&self, name: &str) -> Result<(), TestError> {
        const RELEASE: &str = "SELECT RELEASE_LOCK(?) AS answer";
        let released = query_scalar::<Option<i32>>(&self.server.claims.connection, RELEASE, [name.into()]).await;
        released.map(drop).map_err(TestError::database("cannot release a lock"))
    }

    /// Removes the databases of processes that were killed.
    async fn remove_abandoned(&self) -> Result<(), TestError> {
        const OURS: &str = "SELECT schema_name AS name FROM information_schema.schemata
            WHERE schema_name LIKE 'seachange\\_test\\_%'";
        let databases = self.server.names(OURS, Vec::new()).await?;
        let processes: BTreeSet<&str> = databases.iter().filter_map(|name| names::process_of(name)).collect();
        for process in processes.into_iter().filter(|process| *process != self.server.process) {
            if self.claim(process).await? {
                for database in databases.iter().filter(|name| names::process_of(name) == Some(process)) {
                    // Another user's database cannot be dropped; that is no reason to have none.
                    let _ = self.remove(database).await;
                }
                self.release(process).await?;
            }
        }
        Ok(())
    }

    async fn is_complete(&self) -> Result<bool, TestError> {
        const FIND: &str = "SELECT table_schema AS name FROM information_schema.tables
            WHERE table_schema = ? AND table_name = ?";
        let values = vec![self.server.template.as_str().into(), COMPLETE.into()];
        Ok(!self.server.names(FIND, values).await?.is_empty())
    }

    /// Makes the template, unless it is there; waits for another process that makes it.
    async fn ensure_template(&self) -> Result<(), TestError> {
        while !self.is_complete().await? {
            if !self.claim(&self.server.template).await? {
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            let made = if self.is_complete().await? { Ok(()) } else { self.make_template().await };
            self.release(&self.server.template).await?;
            made?;
        }
        Ok(())
    }

    async fn make_template(&self) -> Result<(), TestError> {
        const TEMPLATES: &str = "SELECT schema_name AS name FROM information_schema.schemata
            WHERE schema_name LIKE 'seachange\\_template\\_%'";
        const DOING: &str = "cannot make the template of the test databases";
        let Server { template, prefix, settings, .. } = &self.server;
        for other in self.server.names(TEMPLATES, Vec::new()).await? {
            if names::is_other_template(&other, template, prefix) {
                let _ = self.remove(&other).await;
            }
        }
        self.remove(template).await?;
        let options: String = query_scalar(&self.server.pool, OPTIONS, []).await.map_err(TestError::database(DOING))?;
        let quoted = self.server.quoted(template);
        self.server.send(&format!("CREATE DATABASE {quoted} {options}"), DOING).await?;
        migrate(self.server.migrations, &settings.in_database(template)).await?;
        self.server.send(&format!("CREATE TABLE {quoted}.{COMPLETE} (id int NOT NULL PRIMARY KEY)"), DOING).await
    }
}
