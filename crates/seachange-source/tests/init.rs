//! A new migration crate, as its files say. That it builds is shown where the engine is.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fs;
use std::path::Path;

use seachange_source::{ScaffoldedCrate, SeachangeDependency, init};

fn version() -> SeachangeDependency {
    SeachangeDependency::Version("0.1.0".to_owned())
}

/// Returns the error of a refused `init`.
fn refused(dir: &Path, name: &str) -> String {
    init(dir, name, &version()).unwrap_err().to_string()
}

#[test]
fn the_files_of_a_new_crate() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("deep/my-migration");
    let ScaffoldedCrate { files, workspace, .. } = init(&dir, "my-migration", &version()).unwrap();
    let names: Vec<_> = files.iter().map(|file| file.strip_prefix(&dir).unwrap().to_str().unwrap()).collect();
    let expected = [
        "Cargo.toml",
        "build.rs",
        "src/lib.rs",
        "src/main.rs",
        "src/versions/.gitkeep",
        "README.md",
        ".env.example",
        ".gitignore",
    ];
    assert_eq!(names, expected);
    assert_eq!(workspace, None);
    for file in &files {
        let text = fs::read_to_string(file).unwrap();
        assert!(!["{name}", "{library}", "{seachange}", "{source}"].iter().any(|left| text.contains(left)), "{text}");
    }
    insta::assert_snapshot!(fs::read_to_string(dir.join("Cargo.toml")).unwrap(), @r#"
    [package]
    name = "my-migration"
    description = "The revisions of the database, and the command line that runs them"
    version = "0.1.0"
    edition = "2024"
    rust-version = "1.94"
    publish = false

    [features]
    default = ["cli"]
    # The command line. A service that embeds the revisions takes this crate with `default-features = false`.
    cli = ["seachange/cli"]

    [[bin]]
    name = "my-migration"
    path = "src/main.rs"
    required-features = ["cli"]

    # Keep the databases that you use: each is compiled in.
    [dependencies]
    seachange = { version = "0.1.0", default-features = false, features = ["sqlite", "postgres", "mysql"] }

    [build-dependencies]
    seachange-source = { version = "0.1.0" }
    "#);
    insta::assert_snapshot!(fs::read_to_string(dir.join("src/main.rs")).unwrap(), @r#"
    //! The command line that runs the revisions.

    use std::process::ExitCode;

    fn main() -> ExitCode {
        seachange::cli::Cli::new(&my_migration::MIGRATIONS).run()
    }
    "#);
}

#[test]
fn an_engine_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("migration");
    init(&dir, "migration", &SeachangeDependency::Path("../crates".into())).unwrap();
    let manifest = fs::read_to_string(dir.join("Cargo.toml")).unwrap();
    assert!(manifest.contains(r#"seachange = { path = "../crates/seachange", default-features"#), "{manifest}");
    assert!(manifest.contains(r#"seachange-source = { path = "../crates/seachange-source" }"#), "{manifest}");
}

#[test]
fn nothing_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.md");
    fs::write(&file, "mine").unwrap();
    let expected = format!("`{}` exists and is not empty", folder.path().display());
    assert_eq!(refused(folder.path(), "migration"), expected);
    assert_eq!(refused(&file, "migration"), format!("`{}` cannot be written", file.display()));
    let name = "`fn` cannot be the name of a crate; expected letters, digits, `-` and `_`, and a letter in front";
    assert_eq!(refused(&folder.path().join("fn"), "fn"), name);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);

    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    assert!(init(&empty, "migration", &version()).is_ok());
}

#[test]
fn a_workspace_above_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("Cargo.toml");
    fs::write(&manifest, "[workspace]\nmembers = [\"app\"]\n").unwrap();
    let scaffold = init(&folder.path().join("migration"), "migration", &version()).unwrap();
    assert_eq!(scaffold.workspace, Some(manifest));
}
