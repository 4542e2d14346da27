//! The file that names a fleet, and the directory database.

use std::fs;

use seachange_tests::harness::{Case, TestResult};
use seachange_tests::{Backend, Program, TestDatabase};

use super::tenants::{Kind, Tenants, outcome, report};

pub(super) fn trials() -> Vec<Case> {
    let mut cases = vec![
        Case::on(Backend::Postgres, "fleet::a_file_names_groups_and_targets", a_file_names_groups_and_targets),
        Case::on(Backend::Sqlite, "fleet::a_file_names_files_beside_it", a_file_names_files_beside_it),
        Case::on(Backend::Sqlite, "fleet::a_folder_is_no_pattern", a_folder_is_no_pattern),
        Case::on(Backend::Postgres, "fleet::a_server_is_waited_for", a_server_is_waited_for),
    ];
    for backend in [Backend::Sqlite, Backend::Postgres, Backend::MariaDb, Backend::MySql] {
        cases.push(Case::on(backend, "fleet::a_directory_lists_targets", a_directory_lists_targets));
    }
    cases
}

fn a_file_names_groups_and_targets(database: &TestDatabase) -> TestResult {
    let tenants = Tenants::create(database, Kind::Schemas, 4)?;
    let address = database.address().ok_or("no server")?;
    let url = address.with_user("seachange", "").url(database.name());
    let fleet = "[[group]]\nname = \"eu\"\nurl-variable = \"EU_URL\"\npassword-variable = \"EU_PASSWORD\"\ntags = [\"eu\"]\n\
        schemas = [\"tenant_t[12]\"]\n\n[[group]]\nschemas = [\"tenant_t3\"]\n\n\
        [[target]]\nname = \"the fourth\"\nschema = \"tenant_t4\"\ntags = [\"canary\", \"eu\"]\n";
    fs::write(database.folder().join("fleet.toml"), fleet)?;
    let run = |arguments: &str| {
        Program::migration()
            .database(database)
            .env("EU_URL", url.replace(":@", "@"))
            .env("EU_PASSWORD", "seachange")
            .args(arguments.split(' '))
            .args(["--fleet", "fleet.toml"])
            .run()
    };
    let output = run("up --canary tag:canary -o up.json")?.succeeded()?;
    let written = report(database, "up.json")?;
    for name in ["eu/tenant_t1", "eu/tenant_t2", "tenant_t3", "the fourth"] {
        assert_eq!(outcome(&written, name), "changed", "{output}");
    }
    assert!(!written.to_string().contains("seachange:seachange"), "no password is in a report");
    let eu = run("status --tagged eu")?.succeeded()?;
    assert!(eu.stdout.starts_with("3 targets: "), "{eu}");
    let rest = run("status --tagged eu --except eu/*")?.succeeded()?;
    assert!(rest.stdout.starts_with("1 target: "), "{rest}");
    tenants.all_are_at_head()?;
    Ok(())
}

fn a_file_names_files_beside_it(database: &TestDatabase) -> TestResult {
    let tenants = Tenants::create(database, Kind::Files, 3)?;
    fs::create_dir(database.folder().join("work"))?;
    fs::write(database.folder().join("fleet.toml"), "[[group]]\nfiles = [\"data/*.db\"]\n")?;
    let output = Program::migration()
        .folder(&database.folder().join("work"))
        .args(["up", "--fleet", "../fleet.toml"])
        .run()?
        .succeeded()?;
    assert!(output.stderr.contains(": 3 changed"), "{output}");
    tenants.all_are_at_head()?;
    Ok(())
}

/// The folder of the fleet file is called as a pattern is, which another folder matches.
fn a_folder_is_no_pattern(database: &TestDatabase) -> TestResult {
    for name in ["[ab]", "a"] {
        fs::create_dir(database.folder().join(name))?;
        fs::write(database.folder().join(name).join("own.db"), "")?;
        fs::write(database.folder().join(name).join("fleet.toml"), "[[group]]\nfiles = [\"*.db\"]\n")?;
    }
    let output = Program::migration().folder(database.folder()).args(["up", "--fleet", "[ab]/fleet.toml"]).run()?;
    assert!(output.succeeded()?.stderr.contains(": 1 changed"));
    let size = |name: &str| fs::metadata(database.folder().join(name)).map(|file| file.len());
    assert!(size("[ab]/own.db")? > 0);
    assert_eq!(size("a/own.db")?, 0);
    Ok(())
}

/// `--wait` waits for the servers of a fleet, and one that does not come is reported.
fn a_server_is_waited_for(database: &TestDatabase) -> TestResult {
    let target = "[[target]]\nname = \"late\"\nurl = \"postgres://guest@127.0.0.1:1/late\"\n";
    fs::write(database.folder().join("fleet.toml"), target)?;
    let arguments = ["status", "--wait", "1s", "--fleet", "fleet.toml"];
    let output = Program::migration().database(database).args(arguments).run()?;
    assert_eq!(output.code, Some(11), "{output}");
    assert!(output.stderr.contains("Waiting for the database"), "{output}");
    Ok(())
}

/// The rows say which schema, database or file a customer has.
fn a_directory_lists_targets(database: &TestDatabase) -> TestResult {
    let (kind, column) = match database.backend() {
        Backend::Sqlite => (Kind::Files, "file"),
        Backend::Postgres => (Kind::Schemas, "schema"),
        Backend::MariaDb | Backend::MySql => (Kind::Databases, "database"),
    };
    let tenants = Tenants::create(database, kind, 3)?;
    let rows: Vec<String> =
        tenants.names().iter().zip(1..).map(|(name, id)| format!("({id}, '{name}', 'paid,eu')")).collect();
    database.execute("CREATE TABLE customers (id INT PRIMARY KEY, place VARCHAR(200), tags VARCHAR(200))")?;
    database.execute(&format!("INSERT INTO customers VALUES {}", rows.join(", ")))?;
    let run = |sql: &str, arguments: &str| {
        Program::migration().database(database).args(arguments.split(' ')).args(["--fleet-query", sql]).run()
    };
    let quoted = if database.backend().is_like_mysql() { format!("`{column}`") } else { format!("\"{column}\"") };
    let all = format!("SELECT id AS name, place AS {quoted}, tags FROM customers ORDER BY id");
    let output = run(&all, "up --tagged paid")?.succeeded()?;
    assert!(output.stderr.contains(": 3 changed"), "{output}");
    tenants.all_are_at_head()?;
    let writes = run("DELETE FROM customers RETURNING place AS name", "status")?;
    assert_eq!(writes.code, Some(3), "{writes}");
    assert_eq!(database.value::<i64>("SELECT COUNT(*) FROM customers")?, 3, "the query only reads");
    let unknown = run("SELECT place AS shema FROM customers", "status")?;
    assert_eq!(unknown.code, Some(2), "{unknown}");
    assert!(unknown.stderr.contains("it has a column `shema`"), "{unknown}");
    Ok(())
}
