//! Many tables are read in linear time.

use std::fmt::Write;
use std::time::{Duration, Instant};

use super::{database, inspect};
use crate::inspect::Scope;

/// As many tables, each of ten columns, with two indexes, a unique constraint, a check and a foreign key.
fn script(tables: usize) -> String {
    let mut script = "BEGIN;".to_owned();
    for number in 0..tables {
        write!(
            script,
            "CREATE TABLE \"table_{number}\" ( \"id\" integer NOT NULL PRIMARY KEY AUTOINCREMENT, \"name\" varchar(255) NOT NULL, \
             \"email\" varchar NOT NULL UNIQUE, \"age\" integer DEFAULT 0 CHECK (\"age\" >= 0), \"made\" timestamp_text DEFAULT \
             CURRENT_TIMESTAMP, \"price\" real(10, 2), \"note\" text, \"data\" json_text, \"kind\" enum_text NOT NULL, \
             \"owner_id\" integer, CONSTRAINT \"fk_{number}\" FOREIGN KEY (\"owner_id\") REFERENCES \"table_{}\" (\"id\") \
             ON DELETE CASCADE ); CREATE INDEX \"i_{number}\" ON \"table_{number}\" (\"name\", \"age\"); \
             CREATE INDEX \"o_{number}\" ON \"table_{number}\" (\"owner_id\");",
            number / 2
        )
        .unwrap();
    }
    script + "COMMIT"
}

async fn time(tables: usize) -> Duration {
    let connection = database(&script(tables)).await;
    let start = Instant::now();
    let schema = inspect(&connection, &Scope::default()).await.unwrap();
    assert_eq!(schema.tables.len(), tables);
    start.elapsed()
}

#[tokio::test]
#[ignore = "a measurement: run it alone, with optimisation"]
async fn thousands_of_tables() {
    for tables in [100, 1_000, 5_000] {
        let times = [time(tables).await, time(tables).await, time(tables).await];
        let best = times.iter().min().unwrap();
        assert!(best.as_micros() < 400 * tables as u128, "{tables} tables: {times:?}");
    }
}
