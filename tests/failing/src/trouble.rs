//! What can go wrong in a revision.

use std::env;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

use seachange::prelude::*;

/// Runs into the trouble that the environment asks for at `place`: `TROUBLE="PLACE: KIND"`.
pub(crate) async fn find(manager: &SchemaManager<'_>, place: &str) -> Result<(), DbErr> {
    let wanted = env::var("TROUBLE").unwrap_or_default();
    match wanted
        .strip_prefix(place)
        .and_then(|rest| rest.strip_prefix(": "))
    {
        Some("statement") => delete_from_nowhere(manager).await,
        Some("custom") => Err(DbErr::Custom("the shelves are not ready".to_owned())),
        Some("panic") => panic(),
        Some("modify") => modify_column(manager).await,
        Some("orphan") => add_orphan(manager).await,
        Some("slow") => take_an_hour(manager).await,
        Some("wait") => wait(),
        _ => Ok(()),
    }
}

async fn delete_from_nowhere(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let delete = Query::delete().from_table("nowhere").to_owned();
    manager.get_connection().execute(&delete).await.map(drop)
}

#[expect(clippy::panic, reason = "what a person's code may do")]
fn panic() -> Result<(), DbErr> {
    panic!("no two books are alike")
}

/// sea-query panics on this for SQLite.
async fn modify_column(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let longer = Table::alter()
        .table("books")
        .modify_column(string_len("title", 200))
        .to_owned();
    manager.alter_table(longer).await
}

/// Refused at once where foreign keys are on.
async fn add_orphan(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let orphan = "INSERT INTO books (id, title, author_id) VALUES (99, 'Orphan', 99)";
    manager
        .get_connection()
        .execute_unprepared(orphan)
        .await
        .map(drop)
}

/// Keeps the database busy.
async fn take_an_hour(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let sql = match manager.get_database_backend() {
        sea_orm::DbBackend::Postgres => "SELECT pg_sleep(3600)",
        sea_orm::DbBackend::MySql => "SELECT SLEEP(3600)",
        _ => {
            "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 1e11) \
             SELECT max(x) FROM c"
        }
    };
    manager
        .get_connection()
        .execute_unprepared(sql)
        .await
        .map(drop)
}

/// Waits until there is a file `go` in the working directory.
fn wait() -> Result<(), DbErr> {
    while !PathBuf::from("go").exists() {
        sleep(Duration::from_millis(2));
    }
    Ok(())
}
