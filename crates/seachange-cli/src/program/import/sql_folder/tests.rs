#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fs;
use std::path::Path;

use super::{SqlProject, check_versions, dbmate, diesel, golang_migrate, line, sqlx};
use crate::diagnostic::Diagnostic;
use crate::program::import::layout::Tool;
use crate::program::import::revision::Changes;

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn read(tool: Tool, folder: &Path) -> Result<SqlProject, Diagnostic> {
    match tool {
        Tool::Sqlx => sqlx::read(folder),
        Tool::Dbmate => dbmate::read(&[folder.to_owned()]),
        Tool::GolangMigrate => golang_migrate::read(folder),
        _ => diesel::read(folder),
    }
}

/// The migrations of a folder: version, name, `up`, `down` and whether a transaction holds it; and the other files.
fn describe(tool: Tool, files: &[(&str, &str)]) -> String {
    let folder = folder(files);
    let project = read(tool, folder.path()).unwrap();
    let mut text = String::new();
    for migration in &project.migrations {
        let down = migration.down.as_deref().map_or("none".to_owned(), |down| format!("{down:?}"));
        let outside = if migration.is_in_transaction { "" } else { ", outside of a transaction" };
        text += &format!("{} {}: {:?}, down {down}{outside}\n", migration.version, migration.name, migration.up);
    }
    for other in &project.others {
        text += &format!("not a migration: {}\n", other.strip_prefix(folder.path()).unwrap().display());
    }
    text
}

fn refused(tool: Tool, files: &[(&str, &str)]) -> String {
    let folder = folder(files);
    let read = read(tool, folder.path()).and_then(|project| check_versions(&project.migrations));
    let problem = read.unwrap_err();
    let lines = [vec![problem.message], problem.details].concat().join("\n");
    lines.replace(&*folder.path().to_string_lossy(), "FOLDER")
}

#[test]
fn sqlx_has_simple_and_reversible_migrations() {
    let files = [
        ("10_j.sql", "-- no-transaction\nj"),
        ("2_b.up.sql", "b"),
        ("2_b.down.sql", "not b"),
        ("0001_a_b.sql", "a"),
        ("3_c.down.sql", "not c"),
        ("seed.sql", ""),
        ("README.md", ""),
        (".hidden", ""),
        ("sub/4_d.sql", ""),
    ];
    insta::assert_snapshot!(describe(Tool::Sqlx, &files), @r#"
    0001 a_b: "a", down none
    2 b: "b", down "not b"
    10 j: "-- no-transaction\nj", down none, outside of a transaction
    not a migration: 3_c.down.sql
    not a migration: README.md
    not a migration: seed.sql
    "#);
    insta::assert_snapshot!(refused(Tool::Sqlx, &[("1_a.sql", ""), ("01_b.up.sql", "")]), @r"
    two migrations have the version 1
    `FOLDER/01_b.up.sql`
    `FOLDER/1_a.sql`
    ");
}

#[test]
fn golang_migrate_counts_versions_without_a_file() {
    let files = [
        ("10_j.up.sql", "j"),
        ("9_i.up.sql", "i"),
        ("9_i.down.sql", "not i"),
        ("2_b.down.sql", "not b"),
        ("1_a.sql", ""),
    ];
    insta::assert_snapshot!(describe(Tool::GolangMigrate, &files), @r#"
    2 b: "", down "not b"
    9 i: "i", down "not i"
    10 j: "j", down none
    not a migration: 1_a.sql
    "#);
    insta::assert_snapshot!(refused(Tool::GolangMigrate, &[("1_a.up.sql", ""), ("001_b.up.sql", "")]), @r"
    two migrations have the version 1
    `FOLDER/001_b.up.sql`
    `FOLDER/1_a.up.sql`
    ");
    insta::assert_snapshot!(refused(Tool::GolangMigrate, &[("99999999999999999999_a.up.sql", "")]), @"`FOLDER/99999999999999999999_a.up.sql`: the version 99999999999999999999 is too large");
}

#[test]
fn dbmate_has_both_directions_in_a_file() {
    let files = [
        ("2_b.sql", "\u{feff}-- why\n-- migrate:up transaction:false\r\nb\n--migrate:down\nnot b"),
        ("10-j.sql", "-- migrate:up\nj\n-- migrate:downwards\n"),
        ("3.sql", "-- migrate:up\n-- migrate:down\n"),
        ("schema.sql", ""),
    ];
    insta::assert_snapshot!(describe(Tool::Dbmate, &files), @r#"
    10 j: "j\n-- migrate:downwards\n", down none
    2 b: "b\n", down "not b", outside of a transaction
    3 : "", down ""
    not a migration: schema.sql
    "#);
    let refuse = |text: &str| refused(Tool::Dbmate, &[("1_a.sql", text)]);
    let up = "-- migrate:up\n";
    let said = [
        refuse("SELECT 1;"),
        refuse("SELECT 1;\n-- migrate:up\n"),
        refuse("-- migrate:down\n-- migrate:up\n"),
        refuse(&format!("{up}{up}-- migrate:down\n")),
        refuse(&format!("{up}-- migrate:down\n-- migrate:down\n")),
    ];
    insta::assert_snapshot!(said.join("\n"), @r"
    `FOLDER/1_a.sql`, line 1: statements before `-- migrate:up`, which dbmate refuses
    nothing was written
    `FOLDER/1_a.sql`, line 1: statements before `-- migrate:up`, which dbmate refuses
    nothing was written
    `FOLDER/1_a.sql`, line 1: `-- migrate:down` before `-- migrate:up`
    nothing was written
    `FOLDER/1_a.sql`, line 2: a second `-- migrate:up`: give each its own file, with a version of its own
    nothing was written
    `FOLDER/1_a.sql`, line 3: a further part: expected one `-- migrate:up` and one `-- migrate:down`
    nothing was written
    ");
}

#[test]
fn diesel_has_a_folder_for_each_migration() {
    let files = [
        ("diesel.toml", "[migrations_directory]\ndir = \"sql\"\n"),
        ("sql/2020-02-01-000000_b/up.sql", "b"),
        ("sql/2020-02-01-000000_b/down.sql", "not b"),
        ("sql/2020-02-01-000000_b/metadata.toml", "run_in_transaction = false\n"),
        ("sql/00000000000000_diesel_initial_setup/up.sql", "a"),
        ("sql/00000000000000_diesel_initial_setup/metadata.toml", "wrong = [\n"),
        ("sql/2020-01-01-000000_empty/down.sql", ""),
        ("sql/notes.md", ""),
        ("sql/.git/up.sql", ""),
    ];
    insta::assert_snapshot!(describe(Tool::Diesel, &files), @r#"
    00000000000000 diesel_initial_setup: "a", down none
    20200201000000 b: "b", down "not b", outside of a transaction
    not a migration: sql/notes.md
    not a migration: sql/2020-01-01-000000_empty
    "#);
    let twice = [("2020-01-01-000000_a/up.sql", ""), ("20200101000000_b/up.sql", "")];
    insta::assert_snapshot!(refused(Tool::Diesel, &twice), @r"
    two migrations have the version 20200101000000
    `FOLDER/2020-01-01-000000_a/up.sql`
    `FOLDER/20200101000000_b/up.sql`
    ");
}

#[test]
fn text_that_is_not_utf_8_is_named_by_its_line() {
    let folder = folder(&[]);
    fs::write(folder.path().join("1_a.sql"), b"SELECT 1;\n-- caf\xe9\n").unwrap();
    let problem = read(Tool::Sqlx, folder.path()).unwrap_err();
    assert!(problem.message.ends_with("1_a.sql`, line 2: the text is not UTF-8"), "{}", problem.message);
}

#[test]
fn a_line_of_revisions() {
    let folder = folder(&[
        ("1_create_users.up.sql", "\u{feff}BEGIN;\nCREATE TABLE a (id int);\nCOMMIT;\n"),
        ("1_create_users.down.sql", "DROP TABLE a;"),
        ("20230131120000_Find-By Name.up.sql", "CREATE INDEX CONCURRENTLY i ON a (id);"),
        ("20230131120000_Find-By Name.down.sql", "-- none\n"),
        ("20230131120001_.up.sql", ""),
    ]);
    let project = read(Tool::GolangMigrate, folder.path()).unwrap();
    let revisions = line(Tool::GolangMigrate, &project.migrations);
    let mut text = String::new();
    for revision in &revisions {
        let down = match &revision.down {
            Changes::Sql(texts) => format!("{:?}", texts[0].1),
            Changes::Nothing => "nothing".to_owned(),
            Changes::Refused { message, .. } => format!("refused: {message}"),
        };
        text += &format!(
            "{} {:?} in {}.rs, after {:?}, created {:?}: {:?}, down {down}, outside {}\n",
            revision.id,
            revision.message,
            revision.stem,
            revision.down_revision,
            revision.created,
            revision.up.sql()[0].1,
            revision.is_outside_transaction
        );
    }
    insta::assert_snapshot!(text, @r#"
    1_create_users "create users" in m00000000000001_create_users.rs, after [], created "": "\nCREATE TABLE a (id int);\n\n", down "DROP TABLE a;", outside false
    20230131120000_find_by_name "Find By Name" in m20230131120000_find_by_name.rs, after ["1_create_users"], created "2023-01-31T12:00:00Z": "CREATE INDEX CONCURRENTLY i ON a (id);", down refused: the migration of golang-migrate has nothing that reverts it: write `down` first, outside true
    20230131120001_revision "" in m20230131120001_revision.rs, after ["20230131120000_find_by_name"], created "2023-01-31T12:00:01Z": "", down nothing, outside false
    "#);
}
