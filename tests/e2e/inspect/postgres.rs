//! PostgreSQL: `postgres.sql` has one of everything.

use sea_orm::ConnectionTrait;
use seachange::inspect::InspectScope;
use seachange::schema::Schema;
use seachange_tests::{
    Backend, TestDatabase, block_on,
    harness::{Case, TestResult},
    pool_options, snapshot,
};

use super::describe::describe;
use super::{queries, read, read_at};

const EVERYTHING: &str = include_str!("postgres.sql");

pub(super) fn trials() -> Vec<Case> {
    vec![
        Case::on(Backend::Postgres, "inspect::everything_is_told", everything_is_told),
        Case::on(Backend::Postgres, "inspect::another_role_reads_the_same", another_role_reads_the_same),
        Case::on(Backend::Postgres, "inspect::a_copy_reads_the_same", a_copy_reads_the_same),
        Case::on(Backend::Postgres, "inspect::reading_changes_nothing", reading_changes_nothing),
        Case::on(Backend::Postgres, "inspect::many_tables_take_as_many_queries", many_tables_take_as_many_queries),
        Case::on(Backend::Postgres, "inspect::a_missing_schema_is_empty", a_missing_schema_is_empty),
    ]
}

fn everything_is_told(database: &TestDatabase) -> TestResult {
    database.execute(EVERYTHING)?;
    let scope = InspectScope { schema: None, others: vec![("billing".to_owned(), "Bills".to_owned())] };
    let text = describe(&read_at(&database.url(), "", &scope)?);
    snapshot::settings(database).bind(|| insta::assert_snapshot!("inspect_postgres", text));
    Ok(())
}

fn another_role_reads_the_same(database: &TestDatabase) -> TestResult {
    database.execute(EVERYTHING)?;
    let role = format!("{}_reader", database.name());
    database.execute(&format!("CREATE ROLE {role} LOGIN PASSWORD 'reader'"))?;
    let theirs = read_at(&database.url_for(&role, "reader"), "", &InspectScope::default());
    let refused = block_on(async {
        let connection = sea_orm::Database::connect(pool_options(database.url_for(&role, "reader"))).await?;
        let refused = connection.execute_unprepared("SELECT FROM authors").await.is_err();
        connection.close().await.map(|()| refused)
    });
    database.execute(&format!("DROP ROLE {role}"))?;
    assert!(refused?);
    assert_eq!(theirs?, read(database)?);
    Ok(())
}

/// The same statements in two schemas, each first on the path while it is read.
fn a_copy_reads_the_same(database: &TestDatabase) -> TestResult {
    database.execute("CREATE EXTENSION citext; CREATE EXTENSION btree_gist; CREATE EXTENSION pg_trgm")?;
    let own: String =
        EVERYTHING.lines().filter(|line| !line.starts_with("CREATE EXTENSION")).collect::<Vec<_>>().join("\n");
    let mut schemas = Vec::new();
    for (name, other) in [("app", "billing"), ("scratch", "scratch_billing")] {
        let text = own.replace("billing", other).replace("CREATE TEMPORARY", "CREATE");
        database.execute(&format!("CREATE SCHEMA {name}; SET search_path = {name}, public; {text}"))?;
        let scope =
            InspectScope { schema: Some(name.to_owned()), others: vec![(other.to_owned(), "billing".to_owned())] };
        schemas.push(read_at(&database.url(), &format!("SET search_path = {name}, {other}, public"), &scope)?);
    }
    assert_eq!(describe(&schemas[0]), describe(&schemas[1]));
    assert_eq!(schemas[0], schemas[1]);
    Ok(())
}

fn reading_changes_nothing(database: &TestDatabase) -> TestResult {
    database.execute(EVERYTHING)?;
    let state = "SELECT string_agg(concat(last_value, is_called), ',') FROM (
        SELECT last_value, is_called FROM shared UNION ALL SELECT last_value, is_called FROM authors_id_seq) s";
    let before: String = database.value(state)?;
    read_at(&database.url(), "SET default_transaction_read_only = on", &InspectScope::default())?;
    assert_eq!(database.value::<String>(state)?, before);
    Ok(())
}

fn many_tables_take_as_many_queries(database: &TestDatabase) -> TestResult {
    let empty = queries(database)?;
    database.execute(EVERYTHING)?;
    assert_eq!((empty, queries(database)?), (7, 7));
    Ok(())
}

fn a_missing_schema_is_empty(database: &TestDatabase) -> TestResult {
    database.execute("CREATE TABLE posts (id int)")?;
    let scope = InspectScope { schema: Some("nowhere".to_owned()), others: Vec::new() };
    assert_eq!(read_at(&database.url(), "", &scope)?, Schema::default());
    let empty_path = read_at(&database.url(), "SET search_path = ''", &InspectScope::default())?;
    assert_eq!(empty_path, Schema::default());
    Ok(())
}
