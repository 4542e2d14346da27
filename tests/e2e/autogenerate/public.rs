//! Three public schemas of real size: the comparison reports no false difference.

use seachange_tests::{
    Backend, OnError, Output, Program, ProgramError, TestDatabase, client,
    harness::{Case, TestResult, each_backend},
    snapshot,
};

/// A schema: the program of its entities and revisions, and the SQL of the database from which the entities were made.
type Public = (&'static str, &'static str);

const PUBLIC: [Public; 3] = [
    ("film-store", include_str!("../../crates/film/sql/postgres.sql")),
    ("music-store", include_str!("../../crates/music/sql/postgres.sql")),
    ("trading-company", include_str!("../../crates/trading/sql/postgres.sql")),
];

/// Programs whose entities every database supports.
const ANYWHERE: [&str; 3] = ["film-store-portable", "music-store", "trading-company"];

const FITS: &str = "the database matches the entities\n";

pub(crate) fn trials() -> Vec<Case> {
    let mut cases = Vec::new();
    for program in ANYWHERE {
        cases.extend(each_backend(&name(program, "fits_right_after_up"), |database| {
            fits_right_after_up(program, database)
        }));
    }
    let film = PUBLIC[0].0;
    cases.push(Case::on(Backend::Postgres, &name(film, "fits_right_after_up"), |database| {
        fits_right_after_up(film, database)
    }));
    for backend in [Backend::Sqlite, Backend::MariaDb, Backend::MySql] {
        cases.push(Case::on(backend, &name(film, "needs_postgres"), move |database| needs_postgres(film, database)));
    }
    for public in [PUBLIC[0], PUBLIC[1]] {
        let name = name(public.0, "is_led_to_its_entities");
        cases.push(Case::on(Backend::Postgres, &name, move |database| is_led_to_its_entities(public, database)));
    }
    for public in PUBLIC {
        cases.push(Case::on(Backend::Postgres, &name(public.0, "as_it_was"), move |database| {
            as_it_was(public, database)
        }));
    }
    cases
}

fn name(program: &str, test: &str) -> String {
    format!("autogenerate::public::{}_{test}", program.replace('-', "_"))
}

/// Runs a program with arguments that hold no spaces.
fn run(program: &str, database: &TestDatabase, arguments: &str) -> Result<Output, ProgramError> {
    Program::named(program).database(database).args(arguments.split(' ')).run()
}

/// Checks that a comparison reports nothing.
fn fits(program: &str, database: &TestDatabase, arguments: &str) -> TestResult {
    let output = run(program, database, arguments)?;
    let expected = Output { stdout: String::new(), stderr: FITS.to_owned(), code: Some(0) };
    assert_eq!(output, expected, "`{arguments}`");
    Ok(())
}

/// The revision is the one that autogenerate wrote for the entities, on an empty database.
fn fits_right_after_up(program: &str, database: &TestDatabase) -> TestResult {
    run(program, database, "up")?.succeeded()?;
    let schema = database.schema()?;
    fits(program, database, "check")?;
    fits(program, database, "check --replay")?;
    assert_eq!(database.schema()?, schema);

    run(program, database, "down base")?.succeeded()?;
    assert_eq!(database.schema()?, "");
    Ok(())
}

/// Only PostgreSQL has array columns.
fn needs_postgres(program: &str, database: &TestDatabase) -> TestResult {
    run(program, database, "stamp head")?.succeeded()?;
    let output = run(program, database, "check")?;
    let name = format!("autogenerate_{}_{}", program.replace('-', "_"), database.backend().name());
    snapshot::settings(database).bind(|| insta::assert_snapshot!(name, output));
    assert_eq!(database.schema()?, "");
    Ok(())
}

/// The database from which sea-orm-cli made the entities: the differences are what the entities omit.
fn as_it_was((program, sql): Public, database: &TestDatabase) -> TestResult {
    client(database, sql, OnError::Stops).run()?.succeeded()?;
    let schema = database.schema()?;
    run(program, database, "stamp head")?.succeeded()?;
    let output = run(program, database, "check")?;
    let name = format!("autogenerate_{}", program.replace('-', "_"));
    snapshot::settings(database).bind(|| insta::assert_snapshot!(name, output));
    assert_eq!(database.schema()?, schema);
    Ok(())
}

/// The same database, without the views that prevent changes on PostgreSQL.
fn is_led_to_its_entities((program, sql): Public, database: &TestDatabase) -> TestResult {
    client(database, sql, OnError::Stops).run()?.succeeded()?;
    database.execute("DROP VIEW IF EXISTS customer_list; DROP MATERIALIZED VIEW IF EXISTS rental_by_category")?;
    run(program, database, "stamp head")?.succeeded()?;
    let script = run(program, database, "diff")?.succeeded()?.stdout;
    client(database, &script, OnError::Stops).run()?.succeeded()?;
    fits(program, database, "check")
}
