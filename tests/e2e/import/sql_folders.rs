//! Folders of SQL files: one command imports them, and the result makes the same schema.

use std::fs;

use seachange_tests::harness::{Case, TestResult};
use seachange_tests::{Backend, TestDatabase, snapshot};

use tempfile::TempDir;

use super::old_tool::OldTool;
use super::{fixtures, import, run};
use crate::new_crate::NewCrate;

pub(super) fn trials() -> Vec<Case> {
    vec![
        Case::on(Backend::Sqlite, "import::sqlx", sqlx),
        Case::on(Backend::Sqlite, "import::dbmate", dbmate),
        Case::on(Backend::Sqlite, "import::diesel", diesel),
        Case::on(Backend::Postgres, "import::golang_migrate", golang_migrate),
        Case::on(Backend::MariaDb, "import::records", records),
    ]
}

fn sqlx(database: &TestDatabase) -> TestResult {
    let krate = imported(OldTool::Sqlx, "imported-sqlx", database, &[])?;
    let text = fs::read_to_string(krate.versions().join("m20230112120000_index_users_lower_email.rs"))?;
    snapshot::plain().bind(|| insta::assert_snapshot!("import_revision", text));
    // The sixteenth migration has no file that reverts it.
    continues(OldTool::Sqlx, &krate, database, 16)?;
    Ok(())
}

fn dbmate(database: &TestDatabase) -> TestResult {
    let folders = ["--migrations-dir", "db/migrations", "--migrations-dir", "more"];
    let krate = imported(OldTool::Dbmate, "imported-dbmate", database, &folders)?;
    continues(OldTool::Dbmate, &krate, database, 12)
}

fn diesel(database: &TestDatabase) -> TestResult {
    let krate = imported(OldTool::Diesel, "imported-diesel", database, &[])?;
    continues(OldTool::Diesel, &krate, database, 12)
}

fn golang_migrate(database: &TestDatabase) -> TestResult {
    let url = database.url();
    let options = ["--from", "golang-migrate", "--scratch-url", &url];
    let krate = imported(OldTool::GolangMigrate, "imported-golang-migrate", database, &options)?;
    for tool in [OldTool::Sqlx, OldTool::Dbmate, OldTool::Diesel] {
        is_read(tool, &krate, database)?;
    }
    continues(OldTool::GolangMigrate, &krate, database, 6)
}

/// The tables of all tools on MariaDB.
fn records(database: &TestDatabase) -> TestResult {
    let krate = NewCrate::init("imported-records")?;
    let source = fixtures().join("sqlx").canonicalize()?;
    import(&krate, &["--no-build", "--source", &source.to_string_lossy()])?.succeeded()?;
    assert_eq!(krate.build()?, Vec::<String>::new());
    for tool in [OldTool::Sqlx, OldTool::Dbmate, OldTool::GolangMigrate, OldTool::Diesel] {
        is_read(tool, &krate, database)?;
    }
    does_not_write_what_fails(&krate)
}

/// The record of a tool that has applied the versions 1 and 2.
fn is_read(tool: OldTool, krate: &NewCrate, database: &TestDatabase) -> TestResult {
    tool.record_two(database)?;
    let output = run(krate, database, &["adopt", "--from", tool.word(), "--dry-run"])?.succeeded()?;
    assert!(output.stderr.contains("2 revisions to record as applied"), "{output}");
    database.execute(&format!("DROP TABLE {}", tool.table_name()))?;
    Ok(())
}

/// A migration that fails, and a crate that has others: nothing is written.
fn does_not_write_what_fails(krate: &NewCrate) -> TestResult {
    let source = TempDir::new()?;
    fs::write(source.path().join("901_create_a.sql"), "CREATE TABLE a (id integer);\n")?;
    fs::write(source.path().join("902_wrong.sql"), "CREATE TABLE b (id integer); WRONG;\n")?;
    let (before, lock) = (krate.files()?, fs::read(krate.folder().join("Cargo.lock"))?);
    let output = import(krate, &["--source", &source.path().to_string_lossy()])?;
    assert_eq!(output.code, Some(8), "{output}");
    let said = output.stderr.lines().skip_while(|line| !line.starts_with("error:")).collect::<Vec<_>>().join("\n");
    let said = said.replace(&*source.path().to_string_lossy(), "SOURCE");
    snapshot::plain().bind(|| insta::assert_snapshot!("import_fails", said));
    assert_eq!((krate.files()?, fs::read(krate.folder().join("Cargo.lock"))?), (before, lock));
    fs::write(source.path().join("902_wrong.sql"), "CREATE TABLE b (id integer);\n")?;
    let output = import(krate, &["--source", &source.path().to_string_lossy()])?.succeeded()?;
    assert!(output.stderr.contains("the revisions make the schema that sqlx makes"), "{output}");
    Ok(())
}

/// Imports the fixture of a tool into a new crate.
fn imported(
    tool: OldTool,
    name: &'static str,
    database: &TestDatabase,
    options: &[&str],
) -> Result<NewCrate, Box<dyn std::error::Error>> {
    let krate = NewCrate::init(name)?;
    let source = fixtures().join(tool.word()).canonicalize()?;
    let source = source.to_string_lossy();
    let output = import(&krate, &[&["--source", &*source], options].concat())?.succeeded()?;
    let said = output.to_string().replace(&*source, "SOURCE").replace(&*database.url(), "URL");
    // What cargo prints is another time each.
    const CARGO: [&str; 5] = ["Compiling", "Finished", "Blocking", "Running", "Locking"];
    let is_of_cargo = |line: &&str| CARGO.iter().any(|word| line.trim_start().starts_with(word));
    let said: Vec<&str> = said.lines().filter(|line| !is_of_cargo(line)).collect();
    snapshot::plain().bind(|| insta::assert_snapshot!(format!("import_{}", tool.word()), said.join("\n")));
    Ok(krate)
}

/// A database that the tool has migrated continues with the revisions. The last migration that it has applied cannot be
/// reverted.
fn continues(tool: OldTool, krate: &NewCrate, database: &TestDatabase, count: usize) -> TestResult {
    tool.migrate(database, count)?;
    let refused = run(krate, database, &["up"])?;
    assert_eq!(refused.code, Some(4), "{refused}");
    assert!(refused.stderr.contains(&format!("`adopt --from {}`", tool.word())), "{refused}");
    let adopted = run(krate, database, &["adopt", "--from", tool.word(), "--yes"])?.succeeded()?;
    assert!(adopted.stderr.contains(&format!("recorded {count} revisions as applied")), "{adopted}");
    let reverted = run(krate, database, &["down", "1"])?;
    assert_eq!(reverted.code, Some(5), "{reverted}");
    assert!(reverted.stderr.contains("has nothing that reverts it: write `down` first"), "{reverted}");
    run(krate, database, &["up"])?.succeeded()?;
    run(krate, database, &["check", "--revisions"])?.succeeded()?;
    run(krate, database, &["down", &format!("{}", 24 - count)])?.succeeded()?;
    run(krate, database, &["up"])?.succeeded()?;
    run(krate, database, &["check", "--revisions"])?.succeeded()?;
    Ok(())
}
