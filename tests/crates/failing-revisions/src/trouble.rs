//! What can go wrong in a revision.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

use seachange::prelude::sea_orm::prelude::{DateTimeUtc, Json};
use seachange::prelude::sea_orm::sea_query::InsertStatement;
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
        Some("probe") => probe(manager).await,
        Some("select") => count_authors(manager).await,
        Some("returning") => insert_and_read_back(manager).await,
        Some("oddities") => keep_oddities(manager).await,
        Some("twins") => drop_one_of_twins(manager).await,
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

/// Waits until there is a file `go` in the working directory, and says that it does with the file `waiting`.
fn wait() -> Result<(), DbErr> {
    fs::write("waiting", "").map_err(|error| DbErr::Custom(error.to_string()))?;
    while !PathBuf::from("go").exists() {
        sleep(Duration::from_millis(2));
    }
    Ok(())
}

/// A question that a script cannot ask.
async fn probe(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager.has_table("authors").await.map(drop)
}

async fn count_authors(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let count = Query::select()
        .expr(Expr::cust("count(*)"))
        .from("authors")
        .to_owned();
    manager.get_connection().query_one(&count).await.map(drop)
}

async fn insert_and_read_back(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let insert = Query::insert()
        .into_table("authors")
        .columns(["name"])
        .values_panic(["Ada".into()])
        .returning_col("id")
        .to_owned();
    manager.get_connection().query_one(&insert).await.map(drop)
}

/// What is hard to write in a script, in a table of its own.
async fn keep_oddities(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let oddities = Table::create()
        .table("oddities")
        .col(pk_auto("id"))
        .col(text_null("words"))
        .col(binary_len_null("bytes", 16))
        .col(double_null("number"))
        .col(boolean_null("flag"))
        .col(timestamp_with_time_zone_null("moment"))
        .col(date_null("day"))
        .col(json_null("document"))
        .to_owned();
    manager.create_table(oddities).await?;
    for words in [
        "it's",
        "a\\b",
        "two\nlines; -- ?",
        "ü → 'ß' \"$1\" :x \\",
        "/* */ [?] `",
    ] {
        manager.execute(oddity(words)).await?;
    }
    // A transaction of its own, within that of the revision where there is one.
    let inner = manager.begin().await?;
    inner
        .execute(
            Query::insert()
                .into_table("oddities")
                .columns(["flag"])
                .values_panic([false.into()])
                .to_owned(),
        )
        .await?;
    inner.commit().await?;
    manager
        .get_connection()
        .execute_unprepared("UPDATE oddities SET flag = TRUE WHERE flag IS NULL; -- the end;\nDELETE FROM oddities WHERE id < 0 -- none")
        .await
        .map(drop)
}

fn oddity(words: &str) -> InsertStatement {
    let moment = DateTimeUtc::from_timestamp(1_800_000_000, 250_000_000).unwrap_or_default();
    Query::insert()
        .into_table("oddities")
        .columns(["words", "bytes", "number", "moment", "day", "document"])
        .values_panic([
            words.into(),
            words.as_bytes()[..3].to_vec().into(),
            0.1_f32.into(),
            moment.into(),
            moment.date_naive().into(),
            Json::from(words).into(),
        ])
        .to_owned()
}

/// On MySQL and MariaDB a foreign key brings an index, which serves its twin when it goes, and goes when it has none.
async fn drop_one_of_twins(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let key = |name: &str, column: &str| {
        ForeignKey::create()
            .name(name)
            .from("books", column.to_owned())
            .to("authors", "id")
            .to_owned()
    };
    alter(manager, "books")
        .add_column(integer_null("editor_id"))
        .add_column(integer_null("reviewer_id"))
        .apply()
        .await?;
    for (name, column) in [
        ("fk-first", "editor_id"),
        ("fk-`second`", "editor_id"),
        ("fk-alone", "reviewer_id"),
    ] {
        alter(manager, "books")
            .add_foreign_key(key(name, column))
            .apply()
            .await?;
    }
    alter(manager, "books")
        .drop_foreign_key("fk-first")
        .drop_foreign_key("fk-alone")
        .drop_column("reviewer_id")
        .apply()
        .await?;
    Ok(())
}
