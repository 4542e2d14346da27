#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fs;
use std::path::PathBuf;

use super::sql::Rendered;
use super::{AlembicConfig, convert, is_empty, moment, read};
use crate::program::import::revision::Changes;

fn config(files: &[(&str, &str)]) -> (tempfile::TempDir, AlembicConfig) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let versions: Vec<PathBuf> = vec![folder.path().to_owned()];
    (folder, AlembicConfig { file: None, versions, is_recursive: false, url: None })
}

const FIRST: &str = "\"\"\"create users\n\nRevision ID: a1\nCreate Date: 2023-01-31 12:00:00.123456\n\n\"\"\"\n\
    revision: str = 'a1'\ndown_revision = None\nbranch_labels = ('base_line',)\n\n\
    def upgrade():\n    op.create_table(\n        'users')\n\ndef downgrade():\n    pass\n";
const MERGE: &str = "\"\"\"\nmerge\n\"\"\"\nrevision = 'c3'\ndown_revision = ('a1', 'b2')\ndepends_on = 'x'\n\
    def upgrade() -> None:\n    \"\"\"Upgrade schema.\"\"\"\n    pass\n";

#[test]
fn a_graph_is_read_without_running_it() {
    let (folder, config) = config(&[("1.py", FIRST), ("2.py", MERGE), ("__init__.py", ""), ("x.txt", "")]);
    let found = read(&config).unwrap();
    let lines: Vec<String> = found
        .iter()
        .map(|revision| {
            format!(
                "{} {:?} after {:?}, depends on {:?}, labels {:?}, created {:?}",
                revision.id,
                revision.message,
                revision.down_revision,
                revision.depends_on,
                revision.branch_labels,
                revision.created
            )
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    a1 "create users" after [], depends on [], labels ["base_line"], created Some("2023-01-31 12:00:00.123456")
    c3 "merge" after ["a1", "b2"], depends on ["x"], labels [], created None
    "#);
    fs::write(folder.path().join("3.py"), MERGE).unwrap();
    assert_eq!(read(&config).unwrap_err().message, "two files have the revision `c3`");
}

#[test]
fn what_cannot_be_read_is_named() {
    let refused = |text: &str| {
        let (folder, config) = config(&[("1.py", text)]);
        let message = read(&config).unwrap_err().message;
        message.replace(&*folder.path().to_string_lossy(), "FOLDER")
    };
    let said = [refused("a = 1\n"), refused("revision = None\n"), refused("\nrevision = f()\n")];
    insta::assert_snapshot!(said.join("\n"), @r"
    `FOLDER/1.py`, line 1: there is no `revision = …` at the top level
    `FOLDER/1.py`, line 1: `revision` is not one text
    `FOLDER/1.py`, line 2: `revision` is not a literal: a text, a list of texts, or `None`
    ");
}

/// The revisions that a project becomes.
fn converted(json: Option<&str>) -> String {
    let (_folder, config) = config(&[("1.py", FIRST), ("2.py", MERGE)]);
    let rendered: Option<Rendered> = json.map(|json| serde_json::from_str(json).unwrap());
    let mut incomplete = Vec::new();
    let revisions = convert(&read(&config).unwrap(), rendered.as_ref(), &["sqlite", "postgres"], &mut incomplete);
    let mut text = String::new();
    for revision in &revisions {
        let shown = |changes: &Changes| match changes {
            Changes::Refused { message, comments } => format!("refused: {message} {comments:?}"),
            other => format!("{other:?}"),
        };
        text += &format!("{}: up {}, down {}\n", revision.stem, shown(&revision.up), shown(&revision.down));
    }
    text + &incomplete.join("\n")
}

#[test]
fn without_alembic_the_methods_fail_until_they_are_written() {
    insta::assert_snapshot!(converted(None), @r#"
    m20230131_create_users: up refused: `up` of Alembic's revision is not written in Rust yet ["op.create_table(", "    'users')"], down refused: the revision of Alembic has nothing that reverts it: write `down` first []
    mc3_merge: up Nothing, down Nothing
    `up` of a1 is to be written: 1.py
    "#);
}

#[test]
fn sql_is_that_of_each_system() {
    let json = r#"{"whole": {}, "revisions": {"a1": {
        "sqlite": {"up": {"error": "NotImplementedError: no"}, "down": {"sql": ""}},
        "postgres": {"up": {"sql": "BEGIN;\n\nCREATE TABLE users ();\n\nCOMMIT;\n"}, "down": {"sql": ""}}}}}"#;
    insta::assert_snapshot!(converted(Some(json)), @r#"
    m20230131_create_users: up Sql([(Postgres, "CREATE TABLE users ();\n")]), down refused: the revision of Alembic has nothing that reverts it: write `down` first []
    mc3_merge: up Nothing, down Nothing
    `up` of a1 has no SQL for sqlite: NotImplementedError: no
    "#);
}

#[test]
fn times_and_bodies() {
    assert_eq!(moment("2023-01-31 12:00:00.123456").as_deref(), Some("2023-01-31T12:00:00Z"));
    assert_eq!(moment("2023-01-31 12:00:00+02:00").as_deref(), Some("2023-01-31T10:00:00Z"));
    assert_eq!(moment("yesterday"), None);
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert!(is_empty(&lines("\"\"\"Upgrade\nschema.\"\"\"\npass  # nothing\n")));
    assert!(is_empty(&[]));
    assert!(!is_empty(&lines("\"\"\"a\"\"\"\nop.execute('a')")));
}
