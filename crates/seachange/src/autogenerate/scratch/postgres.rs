//! A schema in a transaction that is rolled back. A connection that is lost takes it along.

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, TransactionTrait};

use super::{Scratch, ScratchError, new_name};
use crate::alter::clause;
use crate::backend::answer;
use crate::connection;
use crate::inspect::Scope;
use crate::settings::DatabaseSettings;

pub(super) async fn open(settings: &DatabaseSettings, others: &[String]) -> Result<Scratch, ScratchError> {
    let connection = connection::connect(settings).await?;
    let transaction = connection.begin().await?;
    let schema = new_name();
    // Nobody is kept waiting by somebody who only looks.
    transaction.execute_unprepared("SET LOCAL lock_timeout = '10s'").await?;
    create(&transaction, &schema).await?;
    let mut scope = Scope { schema: Some(schema.clone()), others: Vec::new() };
    for (number, other) in others.iter().enumerate() {
        let actual = format!("{schema}_{number}");
        create(&transaction, &actual).await?;
        scope.others.push((actual, other.clone()));
    }
    put_first(&transaction, &schema).await?;
    Ok(Scratch { connection, transaction: Some(transaction), database: None, scope })
}

async fn create(transaction: &DatabaseTransaction, schema: &str) -> Result<(), ScratchError> {
    let schema = clause::quoted(transaction.get_database_backend(), schema);
    let created = transaction.execute_unprepared(&format!("CREATE SCHEMA {schema}")).await;
    created.map(drop).map_err(|error| ScratchError::of_making("schema", error))
}

/// What statements name without a schema is the scratch schema's first; types of extensions are found as ever.
pub(super) async fn put_first(transaction: &DatabaseTransaction, schema: &str) -> Result<(), DbErr> {
    const SET: &str = "SELECT set_config('search_path', concat_ws(', ', quote_ident($1::text),
        nullif(current_setting('search_path'), '')), true) AS answer";
    answer::<String>(transaction, SET, [schema.into()]).await.map(drop)
}
