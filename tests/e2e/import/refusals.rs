//! What `import` refuses; nothing is written then.

use std::error::Error;
use std::fs;
use std::path::Path;

use seachange_tests::harness::{Case, TestResult};
use seachange_tests::{Program, snapshot, workspace};
use tempfile::TempDir;

pub(super) fn trials() -> Vec<Case> {
    vec![Case::new("import::refuses", refuses)]
}

/// A workspace without crates, and a folder of another tool beside it.
struct Place {
    folder: TempDir,
    engine: String,
}

impl Place {
    fn new() -> Result<Self, Box<dyn Error>> {
        let folder = TempDir::new()?;
        fs::create_dir(folder.path().join("project"))?;
        fs::write(folder.path().join("project/Cargo.toml"), "[workspace]\nmembers = [\"*\"]\n")?;
        fs::create_dir(folder.path().join("old"))?;
        let engine = workspace().join("crates").canonicalize()?.to_string_lossy().into_owned();
        Ok(Self { folder, engine })
    }

    fn project(&self) -> std::path::PathBuf {
        self.folder.path().join("project")
    }

    fn old(&self, name: &str, text: &str) -> TestResult {
        let path = self.folder.path().join("old").join(name);
        fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        fs::write(path, text)?;
        Ok(())
    }

    /// What the command says, with the options that it needs to work.
    fn says(&self, arguments: &[&str]) -> Result<String, Box<dyn Error>> {
        let known = ["import", "--no-build", "--engine-path", &self.engine, "--source", "../old"];
        let program = Program::named("seachange").folder(&self.project()).args(known).args(arguments);
        let output = program.run()?.to_string();
        let root = self.folder.path().canonicalize()?;
        let output = output.replace(&*root.to_string_lossy(), "FOLDER");
        Ok(output.replace(&*self.folder.path().to_string_lossy(), "FOLDER").replace(&self.engine, "ENGINE"))
    }
}

fn refuses() -> TestResult {
    let mut said = String::new();
    let place = Place::new()?;
    said += &place.says(&[])?;
    place.old("1_a.up.sql", "CREATE TABLE a (id integer);\n")?;
    place.old("1_a.down.sql", "DROP TABLE a;\n")?;
    said += "--- two tools have such files\n";
    said += &place.says(&[])?;
    said += "--- two files of one version\n";
    place.old("01_b.sql", "SELECT 1;\n")?;
    said += &place.says(&["--from", "sqlx"])?;
    fs::remove_file(place.folder.path().join("old/01_b.sql"))?;
    said += "--- a dry run, and then the real one\n";
    said += &place.says(&["--from", "sqlx", "--dry-run"])?;
    assert!(!place.project().join("migration").exists(), "nothing was written");
    said += &place.says(&["--from", "sqlx"])?;
    said += "--- the same again, and with another migration\n";
    said += &place.says(&["--from", "sqlx"])?;
    place.old("2_b.sql", "CREATE TABLE b (id integer);\n")?;
    said += &place.says(&[])?;
    said += "--- the name of a crate\n";
    let taken = Place::new()?;
    fs::create_dir(taken.project().join("migration"))?;
    fs::write(taken.project().join("migration/Cargo.toml"), "[package]\nname = \"migration\"\n")?;
    taken.old("1_a.sql", "SELECT 1;\n")?;
    said += &taken.says(&[])?;
    said += "--- changes that git does not have\n";
    let dirty = Place::new()?;
    dirty.old("1_a.sql", "SELECT 1;\n")?;
    Program::at("git").folder(&dirty.project()).args(["init", "-q"]).run()?.succeeded()?;
    said += &dirty.says(&[])?;
    assert!(!dirty.project().join("migration").exists(), "nothing was written");
    said += "--- several folders\n";
    said += &dirty.says(&["--migrations-dir", "a", "--migrations-dir", "b"])?;
    snapshot::plain().bind(|| insta::assert_snapshot!("import_refuses", said));
    Ok(())
}
