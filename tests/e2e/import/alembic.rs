//! Projects of Alembic. With Alembic (`target/tools`, which tests/run.sh makes) the changes are imported as SQL,
//! without it only the graph.
#![expect(clippy::print_stdout, reason = "the absence of Alembic is for the reader of the tests")]

use std::fs;
use std::path::PathBuf;

use seachange_tests::harness::{Case, TestResult};
use seachange_tests::{Backend, Program, TestDatabase, snapshot, target};

use super::{fixtures, import, run};
use crate::new_crate::NewCrate;

pub(super) fn trials() -> Vec<Case> {
    vec![
        Case::new("import::alembic_without_its_program", without_its_program),
        Case::on(Backend::Sqlite, "import::alembic", with_its_program),
    ]
}

fn source() -> std::io::Result<String> {
    Ok(fixtures().join("alembic").canonicalize()?.to_string_lossy().into_owned())
}

/// The graph and the messages are there, and every change fails until it is written.
fn without_its_program() -> TestResult {
    let krate = NewCrate::init("imported-graph")?;
    let program = Program::named("seachange").folder(krate.folder()).env("PATH", "/nowhere");
    let output = program.args(["import", "--no-build", "--source", &source()?]).run()?;
    assert_eq!(output.code, Some(10), "{output}");
    let seachange = |arguments: &[&str]| Program::named("seachange").folder(krate.folder()).args(arguments).run();
    let mut said = output.to_string();
    said += &seachange(&["heads"])?.to_string();
    said += &seachange(&["branches"])?.to_string();
    said += &seachange(&["history", "--graph"])?.to_string();
    let (name, text) = krate.holding("\"d40000000004\"")?;
    said += &format!("--- {name}\n{text}");
    snapshot::plain().bind(|| insta::assert_snapshot!("import_alembic_graph", said));
    Ok(())
}

/// The Python that has Alembic, if there is one.
fn python() -> Option<PathBuf> {
    let folders = ["alembic", "tools"].map(|folder| target().join(folder).join("bin/python"));
    let named = std::env::var_os("ALEMBIC_PYTHON").map(PathBuf::from);
    let has_alembic = |python: &PathBuf| {
        let output = std::process::Command::new(python).args(["-B", "-c", "import alembic"]).output();
        output.is_ok_and(|output| output.status.success())
    };
    named.into_iter().chain(folders).find(has_alembic)
}

fn with_its_program(database: &TestDatabase) -> TestResult {
    let Some(python) = python() else {
        let message = "there is no Alembic in `target/tools` or `target/alembic`: its SQL is not tried out";
        assert!(std::env::var_os("CI").is_none(), "{message}");
        println!("{message}");
        return Ok(());
    };
    let python = std::path::absolute(python)?;
    let krate = NewCrate::init("imported-alembic")?;
    let output = import(&krate, &["--source", &source()?, "--python", &python.to_string_lossy()])?.succeeded()?;
    assert!(output.stderr.contains("the revisions make the schema that Alembic makes"), "{output}");
    let up = fs::read_to_string(krate.versions().join("m20230406_seed_tags.up.sqlite.sql"))?;
    snapshot::plain().bind(|| insta::assert_snapshot!("import_alembic_sql", up));
    // A database that Alembic has migrated up to the middle.
    let alembic = Program::at(&python).folder(&fixtures().join("alembic"));
    let script = alembic.args(["-B", "-m", "alembic", "upgrade", "a10000000009", "--sql"]).run()?.succeeded()?;
    database.execute(&script.stdout)?;
    let refused = run(&krate, database, &["up"])?;
    assert!(refused.stderr.contains("`adopt --from alembic`"), "{refused}");
    run(&krate, database, &["adopt", "--from", "alembic", "--yes"])?.succeeded()?;
    run(&krate, database, &["up"])?.succeeded()?;
    run(&krate, database, &["check", "--revisions"])?.succeeded()?;
    let reverted = run(&krate, database, &["down", "--yes", "a1000000000b"])?;
    assert_eq!(reverted.code, Some(5), "{reverted}");
    assert!(reverted.stderr.contains("has nothing that reverts it: write `down` first"), "{reverted}");
    Ok(())
}
