//! The file of accepted differences: read, compared and written.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use super::{AcceptedDifference, Baseline, BaselineView, FILE_NAME, parse};
use crate::autogenerate::{
    Difference, DifferenceKind, Entities, IgnoreRule, NamePattern, SchemaOperation, TableChange, TableFilter,
    differences,
};
use crate::cli::context::MigrationCrate;
use crate::revision::Migrations;
use crate::schema::{Index, IndexPart};
use crate::settings::Driver;

fn difference(kind: DifferenceKind, table: &str, name: &str) -> Difference {
    let index = Index {
        options: crate::schema::KeptOptions::default(),
        name: name.to_owned(),
        unique: false,
        method: None,
        parts: vec![IndexPart::column("a")],
        include: Vec::new(),
        predicate: None,
        nulls_not_distinct: false,
        invalid: false,
    };
    let operation = match kind {
        DifferenceKind::Index => SchemaOperation::DropIndex { table: table.into(), index },
        _ => {
            let change = TableChange::Comment { from: Some(name.to_owned()), to: None };
            SchemaOperation::Change { table: table.into(), change }
        }
    };
    differences(&[operation]).remove(0)
}

fn error(text: &[u8]) -> String {
    parse("file", text).unwrap_err().message
}

#[test]
fn a_line_is_read_as_it_was_written() {
    let odd = "it's \"x\"\\\n\u{202e}\u{7f}é";
    let own = AcceptedDifference::of(&difference(DifferenceKind::Index, "posts", odd), Driver::MySql);
    let line = own.line().unwrap();
    assert_eq!(
        line,
        "{\"driver\":\"mysql\",\"table\":\"posts\",\"kind\":\"index\",\"name\":\"it's \\\"x\\\"\\\\\\n\\u202e\\u007fé\",\"database\":\"(a)\"}\n"
    );
    let read = parse("file", format!("\u{feff}{line}\r\n\n{line}").as_bytes()).unwrap();
    assert_eq!(read.into_iter().collect::<Vec<_>>(), [own]);
}

#[test]
fn a_broken_line_is_named() {
    let line = AcceptedDifference::of(&difference(DifferenceKind::Index, "posts", "i"), Driver::Sqlite).line();
    let line = line.unwrap();
    assert_eq!(
        error(format!("{line}{{").as_bytes()),
        "file:2: not an accepted difference: EOF while parsing an object at column 1"
    );
    assert_eq!(error(b"\n<<<<<<< HEAD\n"), "file:2: not an accepted difference: expected value at column 1");
    assert_eq!(
        error(b"{\"driver\":\"sqlite\"}"),
        "file:1: not an accepted difference: missing field `kind` at column 19"
    );
    for (text, reason) in [
        (line.replace("sqlite", "oracle"), "unknown driver `oracle`, not one of sqlite, postgres, mysql"),
        (line.replace("\"index\"", "\"indexes\""), "unknown kind of difference `indexes`"),
        (line.replace("\"name\"", "\"nmae\""), "unknown field `nmae`"),
    ] {
        let message = error(text.as_bytes());
        assert!(message.starts_with(&format!("file:1: not an accepted difference: {reason}")), "{message}");
    }
    assert!(error(b"{\"driver\":\"\xff\"}").starts_with("file:1: not an accepted difference: invalid unicode"));
    assert!(error(&[b'['; 10_000]).starts_with("file:1: "));
}

#[test]
fn a_part_of_the_comparison_sees_a_part_of_the_file() {
    let check = |kind, driver, filter: &TableFilter, rule: Option<&str>, expected: bool| {
        let own = AcceptedDifference::of(&difference(kind, "posts", "i"), Driver::Sqlite);
        let rules: Vec<IgnoreRule> = rule.iter().map(|rule| rule.parse().unwrap()).collect();
        let view = BaselineView { driver, filter, rules: &rules };
        assert_eq!(view.contains(&own), expected, "{kind} {driver:?} {filter:?} {rule:?}");
    };
    let (all, sqlite) = (TableFilter::default(), Driver::Sqlite);
    let others = TableFilter { except: vec![NamePattern::new("p*")], ..TableFilter::default() };
    check(DifferenceKind::Index, sqlite, &all, None, true);
    check(DifferenceKind::Index, Driver::Postgres, &all, None, false);
    check(DifferenceKind::Index, sqlite, &others, None, false);
    check(DifferenceKind::Index, sqlite, &all, Some("index"), false);
    check(DifferenceKind::Index, sqlite, &all, Some("index@users"), true);
    check(DifferenceKind::Comment, sqlite, &all, Some("index"), true);
}

static MIGRATIONS: Migrations = Migrations::new("migration 0.1.0", &[]);

fn project(folder: &Path) -> MigrationCrate {
    MigrationCrate { migrations: &MIGRATIONS, manifest_dir: folder.to_owned(), entities: Entities::new() }
}

fn accept(baseline: &mut Baseline, found: &[Difference]) -> Result<bool, String> {
    let filter = TableFilter::default();
    let view = BaselineView { driver: Driver::Sqlite, filter: &filter, rules: &[] };
    baseline.accept(found, &view).map_err(|error| error.message)
}

#[test]
fn the_file_is_in_the_migration_crate() {
    let folder = tempfile::tempdir().unwrap();
    let (project, file) = (project(folder.path()), folder.path().join(FILE_NAME));
    let read = || Baseline::read(&project, None, false).unwrap();
    assert_eq!(accept(&mut read(), &[]), Ok(false));
    assert!(!file.exists(), "nothing to write");
    let [first, second] = ["b", "a"].map(|name| difference(DifferenceKind::Index, "posts", name));
    assert_eq!(accept(&mut read(), &[first.clone(), second.clone()]), Ok(true));
    let text = fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().map(|line| line.contains("\"name\":\"a\"")).collect::<Vec<_>>(), [true, false], "{text}");
    assert_eq!(accept(&mut read(), &[second.clone(), first.clone()]), Ok(false), "in any order");
    // The lines of another database system stay.
    fs::write(&file, format!("{}{text}", text.replace("sqlite", "mysql"))).unwrap();
    assert_eq!(accept(&mut read(), std::slice::from_ref(&first)), Ok(true));
    let drivers = |text: &str| text.lines().filter(|line| line.contains("mysql")).count();
    let left = fs::read_to_string(&file).unwrap();
    assert_eq!((left.lines().count(), drivers(&left)), (3, 2), "{left}");
    assert_eq!(read().accepted(&[first.clone(), second], Driver::Sqlite), [first]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
}

#[test]
fn no_other_file_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("migration");
    fs::create_dir(&inside).unwrap();
    let project = project(&inside);
    let new = [difference(DifferenceKind::Index, "posts", "a")];
    // A link that leads out of the crate is refused, unless the user names it.
    let outside = folder.path().join("outside");
    fs::write(&outside, "").unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&outside, inside.join(FILE_NAME)).unwrap();
        let refused = accept(&mut Baseline::read(&project, None, false).unwrap(), &new).unwrap_err();
        assert!(refused.contains("is a link out of the migration crate"), "{refused}");
        assert_eq!(fs::read_to_string(&outside).unwrap(), "");
    }
    let named = Baseline::read(&project, Some(&outside), false);
    assert_eq!(accept(&mut named.unwrap(), &new), Ok(true));
    // A file that the user names has to exist, unless it is to be written.
    let missing = folder.path().join("missing");
    assert!(Baseline::read(&project, Some(&missing), false).unwrap_err().message.contains("no such file"));
    assert_eq!(accept(&mut Baseline::read(&project, Some(&missing), true).unwrap(), &new), Ok(true));
    let nowhere = folder.path().join("nowhere/file");
    let refused = accept(&mut Baseline::read(&project, Some(&nowhere), true).unwrap(), &new).unwrap_err();
    assert!(refused.starts_with("cannot write"), "{refused}");
    assert!(Baseline::read(&project, Some(folder.path()), true).unwrap_err().message.starts_with("cannot read"));
}
