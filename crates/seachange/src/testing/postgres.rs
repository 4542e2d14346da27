//! Test databases on PostgreSQL: `CREATE DATABASE … TEMPLATE`.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use tokio::sync::OnceCell;

use super::error::TestError;
use super::host::migrate;
use super::names;
use super::server::{PAUSE, Server};
use crate::alter::clause;
use crate::backend::query_scalar;
use crate::connection;
use crate::revision::Migrations;
use crate::settings::DatabaseSettings;

/// The first key of the locks: the letters `sctd`.
const LOCK: i32 = 0x7363_7464;

/// The comment of a template whose revisions are all applied.
const COMPLETE: &str = "template of seachange's test databases";

/// The number of the database of a process that becomes the template; those of tests begin with 1.
const UNFINISHED: u64 = 0;

/// A server.
#[derive(Debug)]
pub(super) struct Postgres {
    server: Server,
    /// Whether a database can be dropped while sessions use it, with one statement.
    forces: bool,
    /// Filled when the template is there.
    template: OnceCell<()>,
}

impl Postgres {
    pub(super) async fn open(migrations: &'static Migrations, settings: DatabaseSettings) -> Result<Self, TestError> {
        let server = Server::connect(migrations, settings).await?;
        let version = "SELECT current_setting('server_version_num')::int4 AS answer";
        let version: i32 =
            query_scalar(&server.pool, version, []).await.map_err(TestError::database("cannot read the version"))?;
        let postgres = Self { server, forces: version >= 130_000, template: OnceCell::new() };
        postgres.claim(&postgres.server.process).await?;
        postgres.announce().await?;
        postgres.remove_abandoned().await?;
        Ok(postgres)
    }

    pub(super) async fn create(&self, number: u64) -> Result<(String, DatabaseSettings), TestError> {
        self.template.get_or_try_init(|| self.ensure_template()).await?;
        let name = self.server.database(number);
        if let Err(error) = self.copy_template(&name).await {
            // Another process may have replaced the template.
            if self.is_complete().await? {
                return Err(error);
            }
            self.ensure_template().await?;
            self.copy_template(&name).await?;
        }
        let settings = self.server.settings.in_database(&name);
        Ok((name, settings))
    }

    pub(super) async fn remove(&self, name: &str) -> Result<(), TestError> {
        const DOING: &str = "cannot remove a test database";
        let quoted = self.server.quoted(name);
        if self.forces {
            return self.server.send(&format!("DROP DATABASE IF EXISTS {quoted} WITH (FORCE)"), DOING).await;
        }
        let literal = clause::literal(DbBackend::Postgres, name);
        let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {literal}");
        self.server.send(&end, DOING).await?;
        self.server.send(&format!("DROP DATABASE IF EXISTS {quoted}"), DOING).await
    }

    pub(super) async fn create_empty(&self, number: u64) -> Result<(String, DatabaseSettings), TestError> {
        let name = self.server.database(number);
        let settings = self.create_database(&name).await?;
        Ok((name, settings))
    }

    /// Makes an empty database, with the schema that the settings name.
    async fn create_database(&self, name: &str) -> Result<DatabaseSettings, TestError> {
        const DOING: &str = "cannot create a test database";
        self.server.send(&format!("CREATE DATABASE {}", self.server.quoted(name)), DOING).await?;
        let inside = self.server.settings.in_database(name);
        if let Some(schema) = inside.schema() {
            let connection = connection::connect(&inside).await?;
            let create = format!("CREATE SCHEMA IF NOT EXISTS {}", self.server.quoted(schema));
            connection.execute_unprepared(&create).await.map_err(TestError::database(DOING))?;
            connection.close().await.map_err(TestError::database(DOING))?;
        }
        Ok(inside)
    }

    async fn copy_template(&self, name: &str) -> Result<(), TestError> {
        let [name, template] = [name, self.server.template.as_str()].map(|name| self.server.quoted(name));
        let copy = format!("CREATE DATABASE {name} TEMPLATE {template}");
        self.server.send(&copy, "cannot copy the template of the test databases").await
    }

    /// Takes the lock on a name. The server releases it with the session.
    async fn claim(&self, name: &str) -> Result<bool, TestError> {
        const CLAIM: &str = "SELECT pg_try_advisory_lock($1::int4, hashtext($2::text)) AS answer";
        let claimed = query_scalar(&self.server.claims.connection, CLAIM, [LOCK.into(), name.into()]).await;
        claimed.map_err(TestError::database("cannot take a lock"))
    }

    /// Names the session that has the locks after this process, so that processes with another database in their URL
    /// find it: an advisory lock counts in one database only.
    async fn announce(&self) -> Result<(), TestError> {
        const NAME: &str = "SELECT set_config('application_name', $1::text, false) AS answer";
        let named = query_scalar::<String>(&self.server.claims.connection, NAME, [self.server.process.as_str().into()]);
        named.await.map(drop).map_err(TestError::database("cannot name the session"))
    }

    async fn release(&self, name: &str) -> Result<(), DbErr> {
        const RELEASE: &str = "SELECT pg_advisory_unlock($1::int4, hashtext($2::text)) AS answer";
        query_scalar::<bool>(&self.server.claims.connection, RELEASE, [LOCK.into(), name.into()]).await.map(drop)
    }

    /// Removes the databases of processes that were killed.
    async fn remove_abandoned(&self) -> Result<(), TestError> {
        const OURS: &str = "SELECT datname::text AS name FROM pg_database WHERE datname LIKE 'seachange\\_test\\_%'";
        const RUNNING: &str = "SELECT DISTINCT application_name::text AS name FROM pg_stat_activity
            WHERE application_name LIKE 'seachange\\_test\\_%'";
        let databases = self.server.names(OURS, Vec::new()).await?;
        // A process is named before it makes a database, so that this list has each that runs.
        let running = self.server.names(RUNNING, Vec::new()).await?;
        let processes: BTreeSet<&str> = databases.iter().filter_map(|name| names::process_of(name)).collect();
        for process in processes.into_iter().filter(|process| !running.iter().any(|running| running == process)) {
            if self.claim(process).await? {
                for database in databases.iter().filter(|name| names::process_of(name) == Some(process)) {
                    // Another user's database cannot be dropped; that is no reason to have none.
                    let _ = self.remove(database).await;
                }
                self.release(process).await.map_err(TestError::database("cannot release a lock"))?;
            }
        }
        Ok(())
    }

    async fn is_complete(&self) -> Result<bool, TestError> {
        const FIND: &str = "SELECT datname::text AS name FROM pg_database
            WHERE datname = $1 AND shobj_description(oid, 'pg_database') = $2";
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
            self.release(&self.server.template).await.map_err(TestError::database("cannot release a lock"))?;
            made?;
        }
        Ok(())
    }

    async fn make_template(&self) -> Result<(), TestError> {
        const TEMPLATES: &str =
            "SELECT datname::text AS name FROM pg_database WHERE datname LIKE 'seachange\\_template\\_%'";
        const DOING: &str = "cannot make the template of the test databases";
        let Server { template, prefix, .. } = &self.server;
        for other in self.server.names(TEMPLATES, Vec::new()).await? {
            if names::is_other_template(&other, template, prefix) {
                let _ = self.remove(&other).await;
            }
        }
        // It is made under another name first, so that a template that exists is complete, and one that another
        // process is making with another database in its URL stays.
        let name = self.server.database(UNFINISHED);
        self.remove(&name).await?;
        if let Err(error) = self.make_and_migrate(&name).await {
            let _ = self.remove(&name).await;
            return Err(error);
        }
        let [template_quoted, quoted] = [template, &name].map(|name| self.server.quoted(name));
        let mark = clause::literal(DbBackend::Postgres, COMPLETE);
        self.server.send(&format!("COMMENT ON DATABASE {quoted} IS {mark}"), DOING).await?;
        if self.is_complete().await? {
            return self.remove(&name).await;
        }
        self.remove(template).await?;
        self.server.send(&format!("ALTER DATABASE {quoted} RENAME TO {template_quoted}"), DOING).await
    }

    async fn make_and_migrate(&self, name: &str) -> Result<(), TestError> {
        migrate(self.server.migrations, &self.create_database(name).await?).await
    }
}
