//! Fleets that cannot be run: refused before the first change.

use std::fmt::Write;
use std::fs;

use seachange_tests::harness::{Case, TestResult};
use seachange_tests::{Backend, Program, TestDatabase, snapshot};

use super::tenants::{Kind, Tenants};

pub(super) fn trials() -> Vec<Case> {
    vec![
        Case::on(Backend::Sqlite, "fleet::bad_input", bad_input),
        Case::on(Backend::Postgres, "fleet::bad_input", bad_input_on_a_server),
        Case::on(Backend::Postgres, "fleet::too_few_connections", too_few_connections),
        Case::on(Backend::Postgres, "fleet::a_server_that_does_not_answer", a_server_that_does_not_answer),
    ]
}

/// The output of commands, whose arguments have no spaces.
fn transcript(database: &TestDatabase, commands: &[&str]) -> Result<String, Box<dyn std::error::Error>> {
    let mut text = String::new();
    for command in commands {
        let output = Program::migration().database(database).args(command.split(' ')).run()?;
        let _ = writeln!(text, "$ migration {command}\n{output}");
    }
    Ok(text)
}

fn bad_input(database: &TestDatabase) -> TestResult {
    let _tenants = Tenants::create(database, Kind::Files, 2)?;
    let files = [
        (
            "twice.toml",
            "[[target]]\nname = \"a\"\nfile = \"data/t1.db\"\n\n[[target]]\nname = \"a\"\nfile = \"data/t2.db\"\n",
        ),
        (
            "same.toml",
            "[[target]]\nname = \"a\"\nfile = \"data/t1.db\"\n\n[[target]]\nname = \"b\"\nfile = \"./data/../data/t1.db\"\n",
        ),
        (
            "mixed.toml",
            "[[target]]\nname = \"a\"\nfile = \"data/t1.db\"\n\n[[target]]\nname = \"b\"\nurl = \"postgres://localhost/b\"\n",
        ),
        ("typo.toml", "[[target]]\nname = \"a\"\nflie = \"data/t1.db\"\n"),
        ("broken.toml", "[[target]\n"),
        (
            "secret.toml",
            "[[group]]\nname = \"eu\"\nurl = \"postgres://localhost/b\"\npassword-variable = \"EU_PASSWORD\"\nschemas = [\"x\"]\n",
        ),
        ("password.toml", "[[target]]\nname = \"a\"\nurl = \"postgres://localhost/b\"\npassword-file = \"missing\"\n"),
        ("both.toml", "[[target]]\nname = \"a\"\nfile = \"data/t1.db\"\nurl = \"sqlite:data/t2.db\"\n"),
        ("files.toml", "[[group]]\nfiles = [\"data/*.db\"]\nurl-variable = \"EU_URL\"\n"),
        ("unnamed.toml", "[[target]]\nname = \"\"\nfile = \"data/t1.db\"\n"),
        ("empty.toml", ""),
        ("nothing.toml", "[[group]]\nname = \"eu\"\n"),
    ];
    for (name, text) in files {
        fs::write(database.folder().join(name), text)?;
    }
    let names: Vec<String> = files.iter().map(|(name, _)| format!("up --fleet {name}")).collect();
    let mut commands: Vec<&str> = names.iter().map(String::as_str).collect();
    commands.extend([
        "up --fleet missing.toml",
        "up --files none/*.db",
        "up --files data/[",
        "up --schemas tenant_*",
        "up --databases tenant_*",
        "up --files data/*.db --schemas tenant_*",
        "up --files data/*.db --only data/t9.db",
        "up --files data/*.db --tagged eu",
        "up --files data/*.db --except *",
        "up --files data/*.db --canary missing",
        "up --files data/*.db -o report.txt",
        "up --files data/*.db -o none/report.json",
        "up --files data/*.db --dry-run -o report.json",
        "up --files data/*.db --dry-run --canary missing",
        "down --files data/*.db --all-or-none",
        "lint --files data/*.db --format json",
        "up --files data/*.db --lint warn",
        "up --only data/t1.db",
        "up -o report.json",
        "up nowhere --files data/*.db",
        "check --files data/*.db --replay",
    ]);
    let text = transcript(database, &commands)?;
    snapshot::settings(database).bind(|| insta::assert_snapshot!("fleet_bad_input", text));
    assert_eq!(fs::read(database.folder().join("data/t1.db"))?.len(), 0, "nothing was changed");
    Ok(())
}

fn bad_input_on_a_server(database: &TestDatabase) -> TestResult {
    let commands = [
        "up --schemas pg_*",
        "up --schemas information_schema",
        "up --databases template*",
        "up --databases postgres",
        "up --schemas missing_*",
        "up --fleet-query SELECT",
        "up --fleet-query SELECT/**/1/**/AS/**/tags",
        "up --fleet-query SELECT/**/'x'/**/AS/**/name,'y'/**/AS/**/file,'z'/**/AS/**/url",
        "up --fleet-query SELECT/**/'x'/**/AS/**/name,'no'/**/AS/**/port",
        "up --fleet-query SELECT/**/'new'/**/AS/**/name,NULL::text/**/AS/**/schema",
        "up --fleet-query SELECT/**/'x'/**/AS/**/file,'y'/**/AS/**/database",
        "up --fleet-query SELECT/**/gen_random_uuid()/**/AS/**/name,'a'/**/AS/**/schema",
        "up --fleet-query SELECT/**/'a'/**/AS/**/name,'$user'/**/AS/**/schema",
    ];
    let text = transcript(database, &commands)?;
    snapshot::settings(database).bind(|| insta::assert_snapshot!("fleet_bad_input_postgres", text));
    Ok(())
}

fn too_few_connections(database: &TestDatabase) -> TestResult {
    let most: i32 = database.value("SELECT current_setting('max_connections')::int")?;
    let jobs = usize::try_from(most)? / 3 + 5;
    let tenants = Tenants::create(database, Kind::Schemas, jobs)?;
    let output = tenants.run(&format!("up -j {jobs}"))?;
    assert_eq!(output.code, Some(3), "{output}");
    assert!(output.stderr.contains(&format!("free connections, and {} are needed", 3 * jobs)), "{output}");
    assert_eq!(
        database.values::<String>("SELECT relname::text FROM pg_class WHERE relname = 'seachange_revision'")?.len(),
        0
    );
    Ok(())
}

/// A server that nothing answers at costs one attempt, not one for each of its targets.
fn a_server_that_does_not_answer(database: &TestDatabase) -> TestResult {
    let targets = (1..=50)
        .map(|number| format!("[[target]]\nname = \"t{number}\"\nurl = \"postgres://guest@127.0.0.1:1/t{number}\"\n"));
    let _tenants = Tenants::create(database, Kind::Schemas, 1)?;
    let own = "[[group]]\nschemas = [\"tenant_*\"]\n".to_owned();
    fs::write(database.folder().join("fleet.toml"), targets.chain([own]).collect::<Vec<_>>().join("\n"))?;
    let run = |arguments: &str| {
        Program::migration().database(database).args(arguments.split(' ')).args(["--fleet", "fleet.toml"]).run()
    };
    let output = run("up -o up.json")?;
    assert_eq!(output.code, Some(11), "{output}");
    assert!(output.stderr.contains("1 changed, 50 unreachable"), "{output}");
    let status = run("status")?;
    assert_eq!(status.code, Some(11), "{status}");
    assert!(status.stdout.contains("1 target: at "), "{status}");
    Ok(())
}
