//! Tables of PostgreSQL whose keys grow from `integer` to `bigint`, with the keys and foreign keys of every kind.

use std::sync::atomic::Ordering;
use std::time::Instant;

use sea_orm::prelude::*;
use sea_orm::{ActiveValue, Database};
use seachange_tests::harness::TestResult;
use seachange_tests::{TestDatabase, block_on, pool_options};

use super::load::{Load, LoadReport};
use crate::guarantees::script::Outcome;

/// The new version of a table: it reads the key as `bigint` before and after the column has that type.
mod odd {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "Odd keys")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, column_name = "Id %", select_as = "bigint")]
        pub id: i64,
        #[sea_orm(column_name = "it's", select_as = "bigint")]
        pub it: Option<i64>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The rows that are there before.
pub(super) fn fill(database: &TestDatabase) -> TestResult {
    database.execute(
        "INSERT INTO \"Odd keys\" (\"it's\") SELECT n * 10 FROM generate_series(1, 1000) n;
         INSERT INTO key_pairs SELECT \"Id %\", 1 FROM \"Odd keys\";
         INSERT INTO key_notes (odd, kind, other) SELECT odd, kind, odd * 10 FROM key_pairs WHERE odd < 900",
    )?;
    Ok(())
}

/// A version with the entity above: each round inserts, finds, changes and deletes rows, with prepared statements.
pub(super) fn start_service(database: &TestDatabase) -> Load {
    let url = database.url();
    Load::start(move |stop, rounds| {
        let work = async {
            let connection = Database::connect(pool_options(&url)).await?;
            let mut report = LoadReport::new();
            while !stop.load(Ordering::Relaxed) {
                let begun = Instant::now();
                round(&connection, 1_000_000 + i64::try_from(report.rounds).unwrap_or_default()).await?;
                report.longest = report.longest.max(begun.elapsed());
                report.rounds += 1;
                rounds.store(report.rounds, Ordering::Relaxed);
            }
            Ok::<_, DbErr>(report)
        };
        block_on(work).map_err(|error| error.to_string())
    })
}

async fn round(connection: &DatabaseConnection, it: i64) -> Result<(), DbErr> {
    let new = odd::ActiveModel { it: ActiveValue::Set(Some(it)), ..Default::default() };
    let inserted = new.insert(connection).await?;
    let wrong = |what: &str| DbErr::Custom(format!("{what}: {inserted:?}"));
    let found = odd::Entity::find_by_id(inserted.id).one(connection).await?;
    if found.as_ref() != Some(&inserted) || inserted.it != Some(it) {
        return Err(wrong("another row was found"));
    }
    let changed = odd::ActiveModel { it: ActiveValue::Set(Some(-it)), ..inserted.clone().into() };
    if changed.update(connection).await?.it != Some(-it) {
        return Err(wrong("the row has another value"));
    }
    if it % 2 == 0 && odd::Entity::delete_by_id(inserted.id).exec(connection).await?.rows_affected != 1 {
        return Err(wrong("the row is not deleted"));
    }
    Ok(())
}

/// Writes that reach rows by cascades, in between.
pub(super) fn write_in_between(database: &TestDatabase) -> TestResult {
    database.execute(
        "UPDATE \"Odd keys\" SET \"Id %\" = 500000 WHERE \"Id %\" = 1000;
         DELETE FROM \"Odd keys\" WHERE \"Id %\" = 999;
         DELETE FROM key_pairs WHERE odd = 7;
         UPDATE key_notes SET odd = 9, other = NULL WHERE odd = 8",
    )?;
    let different = "SELECT (SELECT COUNT(*) FROM \"Odd keys\" WHERE \"Id %\" IS DISTINCT FROM \"Id %_new\" OR \"it's\" IS DISTINCT FROM \"it's_new\")
         + (SELECT COUNT(*) FROM key_pairs WHERE odd IS DISTINCT FROM odd_new)
         + (SELECT COUNT(*) FROM key_notes WHERE id <> id_new OR odd IS DISTINCT FROM odd_new OR other IS DISTINCT FROM other_new)";
    assert_eq!(database.value::<i64>(different)?, 0);
    Ok(())
}

/// What the tables hold, which is the same before and after the keys grow.
pub(super) fn rows(database: &TestDatabase) -> Outcome<Vec<String>> {
    let text = "SELECT CONCAT('odd ', \"Id %\", ' ', \"it's\") FROM \"Odd keys\" WHERE ABS(\"it's\") < 1000000
         UNION ALL SELECT CONCAT('pair ', odd, ' ', kind, ' ', weight) FROM key_pairs
         UNION ALL SELECT CONCAT('note ', id, ' ', odd, ' ', kind, ' ', other) FROM key_notes ORDER BY 1";
    Ok(database.values(text)?)
}

/// The keys, foreign keys, checks and indexes as PostgreSQL defines them, and how rows are numbered.
pub(super) fn parts(database: &TestDatabase) -> Outcome<Vec<String>> {
    let text = "SELECT conname || ' ' || pg_get_constraintdef(oid) || ' ' || convalidated FROM pg_constraint
             WHERE contype <> 'n' AND conrelid::regclass::text IN ('\"Odd keys\"', 'key_pairs', 'key_notes')
         UNION ALL SELECT indexdef || ' ' || tablename FROM pg_indexes WHERE tablename IN ('Odd keys', 'key_pairs', 'key_notes')
         UNION ALL SELECT CONCAT_WS(' ', table_name, column_name, is_nullable, column_default, identity_generation, identity_increment)
             FROM information_schema.columns WHERE table_name IN ('Odd keys', 'key_pairs', 'key_notes')
         ORDER BY 1";
    Ok(database.values(text)?)
}

/// The parts without what the entities do not have: a check, and the time of a foreign key.
pub(super) fn as_in_entities(mut parts: Vec<String>) -> Vec<String> {
    parts.retain(|part| !part.contains("CHECK"));
    parts.iter().map(|part| part.replace(" DEFERRABLE INITIALLY DEFERRED", "")).collect()
}

/// The columns are `bigint`, take such values, go on to number, and keep their rules.
pub(super) fn check_grown(database: &TestDatabase) -> TestResult {
    let small = "SELECT table_name || '.' || column_name FROM information_schema.columns
        WHERE table_name IN ('Odd keys', 'key_pairs', 'key_notes') AND data_type = 'integer'";
    assert_eq!(database.values::<String>(small)?, ["key_pairs.weight"]);
    assert_eq!(invalid(database)?, Vec::<String>::new());
    database.execute(
        "INSERT INTO \"Odd keys\" (\"Id %\", \"it's\") VALUES (3000000000, 3000000001); INSERT INTO key_pairs (odd, kind) VALUES (3000000000, 2)",
    )?;
    database.execute("UPDATE \"Odd keys\" SET \"Id %\" = 3000000002 WHERE \"Id %\" = 3000000000")?;
    assert_eq!(database.value::<i64>("SELECT odd FROM key_pairs WHERE kind = 2")?, 3_000_000_002);
    let id: i64 = database.value("INSERT INTO key_notes (odd, kind) VALUES (3000000002, 2) RETURNING id")?;
    assert_eq!(id, 899 * 5 + 1, "the numbers go on");
    for refused in [
        "INSERT INTO key_pairs (odd, kind) VALUES (4000000000, 1)",
        "INSERT INTO \"Odd keys\" (\"it's\") VALUES (3000000001)",
        "INSERT INTO key_notes (id, odd, kind) VALUES (1, 3, 1)",
    ] {
        assert!(database.execute(refused).is_err(), "{refused}");
    }
    database.execute("DELETE FROM \"Odd keys\" WHERE \"Id %\" > 2000000000")?;
    Ok(())
}

/// Indexes that cannot be used, and triggers that were left.
fn invalid(database: &TestDatabase) -> Outcome<Vec<String>> {
    let text = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid
        UNION ALL SELECT tgname::text FROM pg_trigger WHERE tgname LIKE 'zz_seachange%'";
    Ok(database.values(text)?)
}
