//! The scripts of another tool, compared with the revisions that were made from them.

use futures_util::future::BoxFuture;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, TransactionTrait};
use serde::Deserialize;

use super::clones::TestDatabases;
use super::error::TestError;
use crate::autogenerate::{DatabaseState, TableFilter};
use crate::error::Error;
use crate::migrator::Migrator;
use crate::revision::Migrations;
use crate::settings::DatabaseSettings;

/// A script that another migration tool runs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct MigrationScript {
    /// The name, for messages.
    pub name: String,
    /// The text, which is sent as a whole.
    pub sql: String,
    /// Whether the tool begins a transaction around it.
    pub is_in_transaction: bool,
}

/// Fails unless the revisions at and below `targets` make the schema that the scripts make, one after the other. Both run
/// on empty databases on the server of a database, which stays as it is.
///
/// # Errors
///
/// [`TestError::Script`] for a script that fails, [`TestError::Revisions`] for a revision that fails, and
/// [`TestError::Scripts`] with the differences; otherwise see [`TestError`].
pub async fn scripts_match_on(
    migrations: &'static Migrations,
    targets: &[String],
    scripts: &[MigrationScript],
    server: &DatabaseSettings,
) -> Result<(), TestError> {
    let expected = boxed(of_scripts(migrations, scripts, server)).await?;
    let found = boxed(of_revisions(migrations, targets, server)).await?;
    let differences: Vec<String> = expected.differences(&found).iter().map(ToString::to_string).collect();
    if differences.is_empty() { Ok(()) } else { Err(TestError::Scripts { differences }) }
}

/// Boxed for the same reason as the futures in `clones`.
fn boxed<'a, T>(future: impl Future<Output = T> + Send + 'a) -> BoxFuture<'a, T> {
    Box::pin(future)
}

async fn of_scripts(
    migrations: &'static Migrations,
    scripts: &[MigrationScript],
    server: &DatabaseSettings,
) -> Result<DatabaseState, TestError> {
    let database = TestDatabases::new(migrations).create_empty(server).await?;
    for script in scripts {
        let run = run(database.connection(), script).await;
        run.map_err(|source| TestError::Script { name: script.name.clone(), source })?;
    }
    read(database.connection()).await
}

async fn run(connection: &DatabaseConnection, script: &MigrationScript) -> Result<(), DbErr> {
    if !script.is_in_transaction {
        return connection.execute_unprepared(&script.sql).await.map(drop);
    }
    let transaction = connection.begin().await?;
    transaction.execute_unprepared(&script.sql).await?;
    transaction.commit().await
}

async fn of_revisions(
    migrations: &'static Migrations,
    targets: &[String],
    server: &DatabaseSettings,
) -> Result<DatabaseState, TestError> {
    let database = TestDatabases::new(migrations).create_empty(server).await?;
    let failed = |error: Error| TestError::Revisions(Box::new(error));
    let migrator = Migrator::connect(migrations, database.settings()).await.map_err(failed)?;
    let upgraded = upgrade(&migrator, targets).await;
    migrator.close().await.map_err(failed)?;
    upgraded.map_err(failed)?;
    read(database.connection()).await
}

async fn upgrade(migrator: &Migrator, targets: &[String]) -> Result<(), Error> {
    for target in targets {
        migrator.upgrade(target).await?;
    }
    Ok(())
}

async fn read(connection: &DatabaseConnection) -> Result<DatabaseState, TestError> {
    let state = DatabaseState::read(connection, &TableFilter::default()).await;
    state.map_err(TestError::database("cannot read the schema"))
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use async_trait::async_trait;
    use sea_orm::{ConnectionTrait, DbErr};
    use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

    use super::{MigrationScript, scripts_match_on};
    use crate::revision::{Migrations, RegisteredRevision, Revision};

    struct CreateTable;

    impl MigrationName for CreateTable {
        fn name(&self) -> &'static str {
            "m1"
        }
    }

    #[async_trait]
    impl MigrationTrait for CreateTable {
        async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
            let sql = "CREATE TABLE notes (id integer PRIMARY KEY, title text)";
            manager.get_connection().execute_unprepared(sql).await.map(drop)
        }
    }

    static SCRIPTS: [RegisteredRevision; 1] = [RegisteredRevision {
        revision: Revision { id: "a", ..Revision::ROOT },
        message: "a step",
        folder: "src/versions",
        file: "m1.rs",
        source_hash: "hash",
        migration: &CreateTable,
    }];
    static MIGRATIONS: Migrations = Migrations::new("scripts 1.0.0", &SCRIPTS);

    async fn compare(scripts: &[(&str, bool)]) -> Result<(), String> {
        let script = |(number, (sql, is_in_transaction)): (usize, &(&str, bool))| MigrationScript {
            name: format!("{number}.sql"),
            sql: (*sql).to_owned(),
            is_in_transaction: *is_in_transaction,
        };
        let scripts: Vec<MigrationScript> = scripts.iter().enumerate().map(script).collect();
        let server = "sqlite::memory:".parse().unwrap();
        scripts_match_on(&MIGRATIONS, &["a".to_owned()], &scripts, &server).await.map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn scripts_are_compared_with_revisions() {
        let table = "CREATE TABLE notes (id integer PRIMARY KEY, title text); SELECT 1;";
        assert_eq!(compare(&[(table, true)]).await, Ok(()));
        assert_eq!(compare(&[("", false), (table, false)]).await, Ok(()));
        let more = compare(&[(table, true), ("CREATE INDEX i ON notes (title)", false)]).await.unwrap_err();
        insta::assert_snapshot!(more, @"index `notes.i`: missing: (title)");
        let wrong = compare(&[(table, true), ("CREATE TABLE other (id int); WRONG;", true)]).await.unwrap_err();
        insta::assert_snapshot!(wrong, @r#"`1.sql` failed: near "WRONG": syntax error"#);
    }
}
