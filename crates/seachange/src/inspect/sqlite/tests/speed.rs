//! Many tables are read in linear time.

use std::io::Write;
use std::time::{Duration, Instant};

use sea_orm::ConnectionTrait;

use super::{database, inspect};
use crate::inspect::InspectScope;

/// A table of ten columns, with two indexes, a unique constraint, a check and a foreign key.
fn table(number: usize) -> String {
    format!(
        "CREATE TABLE \"table_{number}\" ( \"id\" integer NOT NULL PRIMARY KEY AUTOINCREMENT, \"name\" varchar(255) NOT NULL, \
         \"email\" varchar NOT NULL UNIQUE, \"age\" integer DEFAULT 0 CHECK (\"age\" >= 0), \"made\" timestamp_text DEFAULT \
         CURRENT_TIMESTAMP, \"price\" real(10, 2), \"note\" text, \"data\" json_text, \"kind\" enum_text NOT NULL, \
         \"owner_id\" integer, CONSTRAINT \"fk_{number}\" FOREIGN KEY (\"owner_id\") REFERENCES \"table_{}\" (\"id\") \
         ON DELETE CASCADE ); CREATE INDEX \"i_{number}\" ON \"table_{number}\" (\"name\", \"age\"); \
         CREATE INDEX \"o_{number}\" ON \"table_{number}\" (\"owner_id\");",
        number / 2
    )
}

/// The shortest time of three inspections of this many tables.
async fn time(tables: usize) -> Duration {
    let connection = database("BEGIN").await;
    for number in 0..tables {
        connection.execute_unprepared(&table(number)).await.unwrap();
    }
    let mut times = Vec::new();
    for _ in 0..3 {
        let start = Instant::now();
        let schema = inspect(&connection, &InspectScope::default()).await.unwrap();
        times.push(start.elapsed());
        assert_eq!(schema.tables.len(), tables);
    }
    times.into_iter().min().unwrap()
}

#[tokio::test]
#[ignore = "a measurement: run it alone, with optimisation"]
async fn thousands_of_tables() {
    for tables in [100, 1_000, 5_000] {
        let time = time(tables).await;
        writeln!(std::io::stderr(), "{tables} tables: {time:?}").unwrap();
        assert!(time < Duration::from_micros(400) * u32::try_from(tables).unwrap(), "{tables} tables: {time:?}");
    }
}
