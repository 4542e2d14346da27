//! The program `seachange`: what it answers itself, and how it starts the program of a migration crate.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use seachange_tests::harness::{Case, TestResult};
use seachange_tests::{Backend, Output, Program, TestDatabase, snapshot, target, workspace};
use tempfile::TempDir;

use crate::new_crate::NewCrate;

pub(crate) fn trials() -> Vec<Case> {
    let plain = [
        ("answers_as_the_compiled_program", answers_as_the_compiled_program as fn() -> TestResult),
        ("help_is_that_of_the_compiled_program", help_is_that_of_the_compiled_program),
        ("finds_the_migration_crate", finds_the_migration_crate),
        ("a_project_that_cannot_be_read", a_project_that_cannot_be_read),
        ("writes_revisions_without_a_compile", writes_revisions_without_a_compile),
        ("init_in_a_workspace", init_in_a_workspace),
        ("init_refuses", init_refuses),
    ];
    let plain = plain.map(|(name, test)| Case::new(&format!("installed_program::{name}"), test));
    let others = [Case::on(Backend::Sqlite, "installed_program::starts_what_is_compiled", starts_what_is_compiled)];
    plain.into_iter().chain(others).collect()
}

/// The program in a folder.
fn seachange(folder: &Path, arguments: &[&str]) -> Result<Output, Box<dyn Error>> {
    Ok(with_cargo(Program::named("seachange").folder(folder).args(arguments)).run()?)
}

/// Lets a program call cargo as this test does.
pub(crate) fn with_cargo(program: Program) -> Program {
    let needed = ["HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "RUSTFLAGS", "CARGO_INCREMENTAL"];
    let needed = needed.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
    needed.fold(program, |program, (name, value)| program.env(name, value))
}

/// Commands that both programs answer: the same exit code and the same text.
fn answers_as_the_compiled_program() -> TestResult {
    let commands: [&[&str]; 16] = [
        &["heads"],
        &["heads", "-v"],
        &["heads", "--format", "json"],
        &["branches"],
        &["history"],
        &["history", "-v"],
        &["history", "-r", "-2:"],
        &["history", "--format", "json"],
        &["show", "head"],
        &["show", "376e", "--format", "json"],
        &["graph"],
        &["graph", "--format", "svg"],
        &["graph", "--format", "json"],
        &["show", "nowhere"],
        &["history", "-r", "nowhere:"],
        &["graph", "-o", "graph.doc"],
    ];
    for command in commands {
        let own = seachange(workspace(), command)?;
        let compiled = Program::migration().folder(workspace()).args(command).run()?;
        assert_eq!(own.to_string(), compiled.to_string(), "{command:?}");
    }
    Ok(())
}

/// The help of every command, but for the options of the installed program.
fn help_is_that_of_the_compiled_program() -> TestResult {
    let folder = TempDir::new()?;
    let root = Program::migration().folder(folder.path()).arg("--help").run()?.succeeded()?.stdout;
    let commands = root.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // A long description goes on in the next line.
    let names = commands.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    let names: Vec<&str> = names.collect();
    assert!(names.len() > 20, "{root}");
    for name in names.into_iter().filter(|name| !["help", "import", "init"].contains(name)) {
        let own = seachange(folder.path(), &[name, "--help"])?.succeeded()?.stdout.replace("seachange ", "migration ");
        let compiled = Program::migration().folder(folder.path()).args([name, "--help"]).run()?.succeeded()?.stdout;
        assert_eq!(own, compiled, "{name}");
    }
    let own = seachange(folder.path(), &["--help"])?.succeeded()?.stdout;
    snapshot::plain().bind(|| insta::assert_snapshot!("installed_program_help", own));
    Ok(())
}

/// A workspace of crates without code.
struct Workspace(TempDir);

impl Workspace {
    fn new(manifest: &str) -> Result<Self, Box<dyn Error>> {
        let workspace = Self(TempDir::new()?);
        workspace.write("Cargo.toml", manifest)?;
        Ok(workspace)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf, Box<dyn Error>> {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap_or(self.path()))?;
        fs::write(&path, text)?;
        Ok(path)
    }

    /// A migration crate with one revision.
    fn migration_crate(&self, folder: &str, id: &str) -> TestResult {
        let name = folder.rsplit('/').next().unwrap_or(folder);
        self.write(
            &format!("{folder}/Cargo.toml"),
            &format!(
                "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
                 [build-dependencies]\nseachange-source = \"0.1\"\n"
            ),
        )?;
        self.write(
            &format!("{folder}/build.rs"),
            "fn main() { seachange_source::build::revisions(\"src/versions\"); }\n",
        )?;
        let text = format!(
            "//! create {id}\npub const REVISION: Revision = Revision {{ id: \"{id}\", ..Revision::ROOT }};\n\
             pub struct Migration;\n"
        );
        self.write(&format!("{folder}/src/versions/m20260101_create_{id}.rs"), &text)?;
        Ok(())
    }

    /// What the program prints, without the path of the folder.
    fn says(&self, folder: &str, arguments: &[&str]) -> Result<String, Box<dyn Error>> {
        let output = seachange(&self.path().join(folder), arguments)?.to_string();
        let path = self.path().canonicalize()?;
        Ok(output.replace(&*path.to_string_lossy(), "PROJECT").replace(&*self.path().to_string_lossy(), "PROJECT"))
    }
}

fn finds_the_migration_crate() -> TestResult {
    let one = Workspace::new("[workspace]\nmembers = [\"crates/*\"]\n")?;
    one.migration_crate("crates/migration", "aaaa")?;
    one.write("crates/app/Cargo.toml", "[package]\nname = \"app\"\nversion = \"0.1.0\"\n")?;
    one.write("crates/app/src/lib.rs", "")?;
    for folder in ["", "crates", "crates/app/src", "crates/migration/src/versions"] {
        assert_eq!(
            seachange(&one.path().join(folder), &["heads"])?.succeeded()?.stdout,
            "aaaa (base) (head), create aaaa\n"
        );
    }
    one.migration_crate("crates/other", "bbbb")?;
    assert_eq!(
        seachange(&one.path().join("crates/other"), &["heads"])?.succeeded()?.stdout,
        "bbbb (base) (head), create bbbb\n"
    );
    let mut said = one.says("", &["heads"])?;
    said += &one.says("", &["-p", "other", "heads"])?;
    said += &one.says("", &["-p", "nowhere", "heads"])?;
    one.write(
        "Cargo.toml",
        "[workspace]\nmembers = [\"crates/*\"]\n\n[workspace.metadata.seachange]\npackage = \"other\"\n",
    )?;
    said += &one.says("", &["heads"])?;
    one.write("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\ndefault-members = [\"crates/migration\"]\n")?;
    said += &one.says("", &["heads"])?;
    one.write("Cargo.toml", "[workspace]\nmembers = [\"crates/app\"]\n")?;
    said += &one.says("", &["heads"])?;
    let nowhere = TempDir::new()?;
    said += &seachange(nowhere.path(), &["heads"])?.to_string();
    snapshot::plain().bind(|| insta::assert_snapshot!("installed_program_finds", said));
    Ok(())
}

fn a_project_that_cannot_be_read() -> TestResult {
    let project = Workspace::new("[workspace]\nmembers = [\"migration\"]\n")?;
    project.migration_crate("migration", "aaaa")?;
    let mut said = String::new();
    project.write("migration/src/versions/m20260102_b.rs", "pub struct Migration;")?;
    said += &project.says("", &["heads"])?;
    project.write(
        "migration/src/versions/m20260102_b.rs",
        "pub const REVISION: R = R { id: \"bbbb\", down_revision: &[\"cccc\"] };\npub struct Migration;",
    )?;
    said += &project.says("", &["revision", "-m", "next"])?;
    fs::remove_file(project.path().join("migration/src/versions/m20260102_b.rs"))?;
    project.write("migration/Cargo.toml", "[package\n")?;
    said += &project.says("", &["heads"])?;
    project.write("Cargo.toml", "members = \n")?;
    said += &project.says("", &["heads"])?;
    snapshot::plain().bind(|| insta::assert_snapshot!("installed_program_unreadable", said));
    Ok(())
}

fn writes_revisions_without_a_compile() -> TestResult {
    let project = Workspace::new("[workspace]\nmembers = [\"migration\"]\n")?;
    project.migration_crate("migration", "aaaa")?;
    let written = |arguments: &[&str]| -> Result<String, Box<dyn Error>> {
        let path = seachange(project.path(), arguments)?.succeeded()?.stdout;
        Ok(fs::read_to_string(project.path().join(path.trim()))?)
    };
    let second = written(&["revision", "-m", "add b", "--rev-id", "bbbb"])?;
    assert!(second.contains("id: \"bbbb\"") && second.contains("down_revision: &[\"aaaa\"]"), "{second}");
    let branch = written(&["revision", "-m", "add c", "--rev-id", "cccc", "--head", "aaaa", "--splice"])?;
    assert!(branch.contains("down_revision: &[\"aaaa\"]"), "{branch}");
    let merge = written(&["merge", "--rev-id", "dddd"])?;
    assert!(merge.contains("down_revision: &[\"bbbb\", \"cccc\"]"), "{merge}");
    let files = seachange(project.path(), &["revision", "-m", "in sql", "--rev-id", "eeee", "--sql-files=sqlite"])?;
    assert_eq!(files.succeeded()?.stdout.lines().count(), 3, "the revision, `up` and `down`");
    // A template, and a hook that gets the path of the new file.
    let manifest = fs::read_to_string(project.path().join("migration/Cargo.toml"))?;
    let settings = "[package.metadata.seachange]\ntemplate = \"t.txt\"\nhooks = [\"cp {file} copy.rs\"]\n";
    project.write("migration/Cargo.toml", &format!("{manifest}\n{settings}"))?;
    project
        .write("migration/t.txt", "//! {message}\n// of our house\n{revision}\npub struct Migration;\n{up}{down}")?;
    // In the folder of the crate itself.
    let inside = project.path().join("migration");
    seachange(&inside, &["revision", "-m", "inside", "--rev-id", "abcd"])?.succeeded()?;
    let templated = written(&["revision", "-m", "a {up} b", "--rev-id", "ffff"])?;
    assert!(templated.starts_with("//! a {up} b\n// of our house\npub const REVISION"), "{templated}");
    assert_eq!(fs::read_to_string(project.path().join("migration/copy.rs"))?, templated);
    let editor = project.write("editor.sh", "#!/bin/sh\necho \"edited $1\"\n")?;
    let edit = Program::named("seachange").folder(project.path()).args(["edit", "dddd"]);
    let edited = edit.env("EDITOR", format!("sh {}", editor.display())).run()?.succeeded()?;
    assert!(edited.stdout.contains("merge_bbbb_and_cccc.rs"), "{}", edited.stdout);
    Ok(())
}

/// A second call does not ask cargo; a touched file, other options or another environment do.
fn starts_what_is_compiled(database: &TestDatabase) -> TestResult {
    let project = NewCrate::init("installed")?;
    project.write("m20260101_first.rs", FIRST)?;
    let call = |options: &[&str], arguments: &[&str]| -> Result<Output, Box<dyn Error>> {
        let program = Program::named("seachange").database(database).folder(project.folder());
        let program = program.args(options).args(arguments).env("CARGO_TARGET_DIR", target().canonicalize()?);
        let program = program.env("CARGO_NET_OFFLINE", "true").limit(Duration::from_secs(300));
        Ok(with_cargo(program).run()?)
    };
    let first = call(&[], &["up"])?.succeeded()?;
    assert!(
        first.stderr.contains("Finished") && first.stderr.contains("applied 1 revision"),
        "cargo built it: {first}"
    );
    // What was written just before the build is too new to be trusted.
    let file = project.versions().join("m20260101_first.rs");
    let touch = |time: SystemTime| fs::File::options().write(true).open(&file)?.set_modified(time);
    std::thread::sleep(Duration::from_millis(300));
    let _ = call(&[], &["current"])?.succeeded()?;
    let direct = call(&[], &["down", "--yes", "nowhere"])?;
    assert_eq!(direct.code, Some(2), "the exit code of the program: {direct}");
    assert!(!direct.stderr.contains("Finished"), "it was started at once: {direct}");
    let built = call(&["--features", "cli"], &["current"])?.succeeded()?;
    assert!(built.stderr.contains("Finished"), "with other options cargo decides: {built}");
    touch(SystemTime::now() + Duration::from_secs(5))?;
    let touched = call(&["--features", "cli"], &["current"])?.succeeded()?;
    assert!(touched.stderr.contains("Finished"), "with a newer file cargo decides: {touched}");
    project.write("m20260101_first.rs", "pub const REVISION")?;
    let broken = call(&[], &["status"])?;
    assert_eq!(broken.code, Some(1), "{broken}");
    assert!(broken.stderr.contains("error: the program `installed` was not built; nothing was run"), "{broken}");
    Ok(())
}

/// A revision that makes a table.
const FIRST: &str = r#"//! create notes

use seachange::prelude::*;

pub const REVISION: Revision = Revision { id: "aaaa", ..Revision::ROOT };

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(Table::create().table("notes").col(pk_auto("id")).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("notes").to_owned()).await
    }
}
"#;

fn init_in_a_workspace() -> TestResult {
    let project = Workspace::new("[workspace]\nmembers = [\"app\", \"models\"]\nresolver = \"3\"\n")?;
    project.write(
        "app/Cargo.toml",
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\n\n[dependencies]\n\
         sea-orm = { version = \"2.0\", features = [\"sqlx-postgres\"] }\n",
    )?;
    project.write("app/src/main.rs", "fn main() {}\n")?;
    project.write(
        "models/Cargo.toml",
        "[package]\nname = \"models\"\nversion = \"0.1.0\"\n\n[dependencies]\nsea-orm = \"2\"\n",
    )?;
    project.write("models/src/lib.rs", "pub mod post;\n")?;
    project.write(
        "models/src/post.rs",
        "#[derive(DeriveEntityModel)]\n#[sea_orm(table_name = \"posts\")]\npub struct Model { pub id: i32 }\n",
    )?;
    project.write("justfile", "build:\n    cargo build\n")?;
    let engine = workspace().join("crates").canonicalize()?;
    let engine = engine.to_string_lossy();
    let init = |options: &[&str]| {
        let arguments = [&["init", "--engine-path", &*engine, "--no-build"], options].concat();
        Ok::<_, Box<dyn Error>>(project.says("", &arguments)?.replace(&*engine, "ENGINE"))
    };
    let mut said = init(&["--dry-run"])?;
    assert!(!project.path().join("migration").exists(), "a dry run writes nothing");
    said += &init(&[])?;
    for file in ["Cargo.toml", "migration/Cargo.toml", "migration/src/entities.rs", "migration/src/main.rs"] {
        said += &format!("--- {file}\n{}", fs::read_to_string(project.path().join(file))?.replace(&*engine, "ENGINE"));
    }
    said += &init(&[])?;
    snapshot::plain().bind(|| insta::assert_snapshot!("installed_program_init", said));
    Ok(())
}

fn init_refuses() -> TestResult {
    let engine = workspace().join("crates").canonicalize()?;
    let engine = engine.to_string_lossy();
    let mut said = String::new();
    let mut refuse = |project: &Workspace, arguments: &[&str]| -> TestResult {
        let arguments = [&["init", "--no-build"], arguments].concat();
        said += &project.says("", &arguments)?.replace(&*engine, "ENGINE");
        Ok(())
    };
    let member = "[workspace]\nmembers = [\"*\"]\n";
    let old = Workspace::new(member)?;
    old.write(
        "app/Cargo.toml",
        "[package]\nname = \"app\"\n[dependencies]\nsea-orm = { version = \"1.1\", features = [\"sqlx-sqlite\"] }\n",
    )?;
    refuse(&old, &["--engine-path", &engine])?;
    let taken = Workspace::new(member)?;
    taken.write(
        "migration/Cargo.toml",
        "[package]\nname = \"migration\"\n[dependencies]\nsea-orm-migration = \"2\"\n",
    )?;
    refuse(&taken, &["--engine-path", &engine])?;
    refuse(&taken, &["db", "--name", "migration", "--engine-path", &engine])?;
    refuse(&taken, &["../elsewhere", "--engine-path", &engine])?;
    let free = Workspace::new(member)?;
    refuse(&free, &[])?;
    refuse(&free, &["--engine-path", "nowhere"])?;
    refuse(&free, &["--engine-path", &engine, "--registry", "ours"])?;
    refuse(&free, &["fn", "--engine-path", &engine])?;
    // A file that git has in another form is not changed without a question.
    let dirty = Workspace::new("[workspace]\nmembers = []\n")?;
    for arguments in
        [&["init", "-q"][..], &["add", "."], &["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"]]
    {
        Program::at("git").folder(dirty.path()).args(arguments).run()?.succeeded()?;
    }
    dirty.write("Cargo.toml", "# mine\n[workspace]\nmembers = []\n")?;
    refuse(&dirty, &["--engine-path", &engine])?;
    assert!(!dirty.path().join("migration").exists(), "nothing was written");
    refuse(&dirty, &["--engine-path", &engine, "--allow-dirty"])?;
    snapshot::plain().bind(|| insta::assert_snapshot!("installed_program_init_refuses", said));
    Ok(())
}
