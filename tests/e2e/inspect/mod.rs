//! The results of the inspectors.

mod describe;
mod mysql;
mod postgres;
mod written;

use sea_orm::{ConnectionTrait, Database, DbErr};
use seachange::inspect::{InspectScope, inspect};
use seachange::schema::{Schema, Table, TableName};
use seachange_tests::{TestDatabase, block_on, harness::Case, pool_options};

pub(crate) fn trials() -> Vec<Case> {
    [mysql::trials(), postgres::trials(), written::trials()].into_iter().flatten().collect()
}

/// Inspects at a URL, after a statement of the session.
fn read_at(url: &str, session: &str, scope: &InspectScope) -> Result<Schema, DbErr> {
    block_on(async {
        // The session to which the statement applies.
        let connection = Database::connect(pool_options(url).max_connections(1).to_owned()).await?;
        if !session.is_empty() {
            connection.execute_unprepared(session).await?;
        }
        let schema = inspect(&connection, scope).await;
        connection.close().await?;
        schema
    })
}

fn read(database: &TestDatabase) -> Result<Schema, DbErr> {
    read_at(&database.url(), "", &InspectScope::default())
}

/// How many queries an inspection takes.
fn queries(database: &TestDatabase) -> Result<usize, DbErr> {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let count = std::sync::Arc::new(AtomicUsize::new(0));
    let counter = count.clone();
    block_on(async {
        let mut connection = database.connect().await?;
        connection.set_metric_callback(move |_| {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        inspect(&connection, &InspectScope::default()).await?;
        connection.close().await
    })?;
    Ok(count.load(Ordering::Relaxed))
}

/// The table of this name in the schema that needs no name.
fn table<'s>(schema: &'s Schema, name: &str) -> &'s Table {
    &schema.tables[&TableName::from(name)]
}
