//! A new migration crate, as its files say. That it builds is shown where the engine is.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::io::Write;
use std::process::{Command, Stdio};

use std::path::Path;

use super::{DATABASES, EngineSource, EntityCrate, MigrationCrate, OWN_PACKAGE, relative};

fn migration<'a>(name: &'a str, engine: &'a EngineSource, entities: Option<&'a EntityCrate>) -> MigrationCrate<'a> {
    MigrationCrate { name, package: OWN_PACKAGE, engine, databases: &DATABASES, entities }
}

fn text(files: &[(&str, String)], name: &str) -> String {
    files.iter().find(|(file, _)| *file == name).unwrap().1.clone()
}

#[test]
fn the_files_of_a_new_crate() {
    let engine = EngineSource::Path("../crates".into());
    let migration = migration("my-migration", &engine, None);
    let files = migration.files().unwrap();
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["Cargo.toml", "build.rs", "src/lib.rs", "src/main.rs", "src/versions/.gitkeep", "README.md"]);
    insta::assert_snapshot!(text(&files, "Cargo.toml"), @r#"
    [package]
    name = "my-migration"
    description = "The revisions of the database, and the command line that runs them"
    version = "0.1.0"
    edition = "2024"
    rust-version = "1.94"
    publish = false
    default-run = "my-migration"

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
    seachange = { path = "../crates/seachange", default-features = false, features = ["sqlite", "postgres", "mysql"] }

    [build-dependencies]
    seachange-source = { path = "../crates/seachange-source" }
    "#);
    insta::assert_snapshot!(text(&files, "src/main.rs"), @r"
    //! The command line that runs the revisions.

    use std::process::ExitCode;

    fn main() -> ExitCode {
        seachange::cli::Cli::new(&my_migration::MIGRATIONS).run()
    }
    ");
}

#[test]
fn a_crate_with_entities() {
    let requirement = "path = \"../entity\"".to_owned();
    let modules = ["post", "shop::order_line", "customer_account"].map(str::to_owned).to_vec();
    let entities =
        EntityCrate { package: "my-entity".to_owned(), library: "my_entity".to_owned(), requirement, modules };
    let engine = EngineSource::Registry("ours".to_owned());
    let files = migration("migration", &engine, Some(&entities)).files().unwrap();
    insta::assert_snapshot!(text(&files, "Cargo.toml"), @r#"
    [package]
    name = "migration"
    description = "The revisions of the database, and the command line that runs them"
    version = "0.1.0"
    edition = "2024"
    rust-version = "1.94"
    publish = false
    default-run = "migration"

    [features]
    default = ["cli"]
    # The command line. A service that embeds the revisions takes this crate with `default-features = false`.
    cli = ["seachange/cli", "dep:my-entity"]

    [[bin]]
    name = "migration"
    path = "src/main.rs"
    required-features = ["cli"]

    # Keep the databases that you use: each is compiled in.
    [dependencies]
    seachange = { version = "0.1.0", registry = "ours", default-features = false, features = ["sqlite", "postgres", "mysql"] }
    # What `check` and `revision --autogenerate` compare the database with.
    my-entity = { path = "../entity", optional = true }

    [build-dependencies]
    seachange-source = { version = "0.1.0", registry = "ours" }
    "#);
    insta::assert_snapshot!(text(&files, "src/main.rs"), @r"
    //! The command line that runs the revisions.

    mod entities;

    use std::process::ExitCode;

    use seachange::cli::Cli;

    fn main() -> ExitCode {
        Cli::new(&migration::MIGRATIONS)
            .entities(entities::entities())
            .run()
    }
    ");
    insta::assert_snapshot!(text(&files, "src/entities.rs"), @r"
    //! The entities that `check` and `revision --autogenerate` compare with the database.

    use seachange::autogenerate::Entities;

    /// All entities; a new one is added here.
    pub fn entities() -> Entities {
        Entities::new()
            .with(my_entity::post::Entity)
            .with(my_entity::shop::order_line::Entity)
            .with(my_entity::customer_account::Entity)
    }
    ");
}

#[test]
fn every_placeholder_is_filled_and_rust_is_formatted() {
    for count in 0..5 {
        let modules = (0..count).map(|number| format!("module_{number}")).collect();
        let entities = EntityCrate {
            package: "entity".to_owned(),
            library: "entity".to_owned(),
            requirement: "workspace = true".to_owned(),
            modules,
        };
        let entities = (count > 0).then_some(&entities);
        for (name, text) in migration("a-crate", &EngineSource::Workspace, entities).files().unwrap() {
            assert!(
                !["{name}", "{library}", "{seachange}", "{source}", "{entit", "{package}", "{databases}", "{list}"]
                    .iter()
                    .any(|left| text.contains(left)),
                "{name}: {text}"
            );
            if name.ends_with(".rs") {
                assert_eq!(formatted(&text), text, "{name}");
            }
        }
    }
}

/// The text as rustfmt writes it.
pub(crate) fn formatted(text: &str) -> String {
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024"])
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    rustfmt.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    String::from_utf8(rustfmt.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn a_name_is_checked() {
    let problem = migration("fn", &EngineSource::Workspace, None).files().unwrap_err();
    assert_eq!(problem.message, "`fn` cannot be the name of a crate");
}

#[test]
fn a_path_from_one_crate_to_another() {
    let check = |from: &str, to: &str, expected: &str| {
        assert_eq!(relative(Path::new(from), Path::new(to)), expected);
    };
    check("/shop", "/shop/migration", "migration");
    check("/shop/migration", "/shop/crates/entity", "../crates/entity");
    check("/shop/crates/migration", "/shop/crates/entity", "../entity");
}
