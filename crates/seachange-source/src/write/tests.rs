#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fs;
use std::path::Path;

use super::{write_new, write_new_in};
use crate::render::NewRevision;
use crate::scan::scan;

fn new(id: &str, message: &str, down_revision: &[&str]) -> NewRevision {
    NewRevision {
        id: id.to_owned(),
        message: message.to_owned(),
        down_revision: down_revision.iter().map(ToString::to_string).collect(),
        created: "2026-11-21T09:03:11Z".to_owned(),
        ..NewRevision::default()
    }
}

/// Writes the revision and returns the name of its file, or the error without the folder.
fn write(dir: &Path, new: &NewRevision) -> Result<String, String> {
    match write_new(dir, new) {
        Ok(path) => Ok(path.strip_prefix(dir).unwrap().to_string_lossy().into_owned()),
        Err(error) => Err(error.to_string().replace(&format!("{}/", dir.display()), "")),
    }
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_same_slug_on_the_same_day_gets_a_suffix() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    assert_eq!(write(dir, &new("a", "Add column", &[])).unwrap(), "m20261121_add_column.rs");
    let first = fs::read_to_string(dir.join("m20261121_add_column.rs")).unwrap();
    assert_eq!(write(dir, &new("b", "add  column!", &["a"])).unwrap(), "m20261121_add_column_2.rs");
    assert_eq!(write(dir, &new("c", "add column", &["b"])).unwrap(), "m20261121_add_column_3.rs");
    assert_eq!(fs::read_to_string(dir.join("m20261121_add_column.rs")).unwrap(), first);
    let scanned = scan(dir);
    assert_eq!(scanned.errors, []);
    let ids: Vec<&str> = scanned.files.iter().map(|file| file.revision.id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "c"]);
}

#[test]
fn what_the_next_build_would_refuse_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    write(dir, &new("a", "first", &[])).unwrap();
    let check = |new: NewRevision, expected: &str| {
        assert_eq!(write(dir, &new).unwrap_err(), expected);
        assert_eq!(names(dir), ["m20261121_first.rs"]);
    };
    check(new("a", "again", &["a"]), "revision `a` exists already, in `m20261121_first.rs`");
    check(new("head", "x", &["a"]), "`head` cannot be a revision id: the word is reserved");
    check(
        new("a/../b", "x", &["a"]),
        "`a/../b` cannot be a revision id: it contains '/'; letters, digits, `_` and `.` are allowed",
    );
    check(new("b", "second", &["z"]), "m20261121_second.rs:5: revision `b` comes after `z`, which no revision defines");
    let labelled = NewRevision { branch_labels: vec!["a".to_owned()], ..new("b", "second", &["a"]) };
    check(labelled, "`a` cannot be a branch label: it is the id of a revision, in `m20261121_first.rs`");
    let labelled = NewRevision { branch_labels: vec!["a b".to_owned()], ..new("b", "second", &["a"]) };
    check(labelled, "`a b` cannot be a branch label: it contains ' '; letters, digits, `_` and `.` are allowed");
    let labelled = NewRevision { branch_labels: vec!["b".to_owned()], ..new("b", "second", &["a"]) };
    check(labelled, "m20261121_second.rs:5: the branch label `b` of revision `b` is the id of a revision");
    let labelled = NewRevision { branch_labels: vec!["feed".to_owned()], ..new("f", "third", &["a"]) };
    let other = tempfile::tempdir().unwrap();
    write(other.path(), &NewRevision { down_revision: Vec::new(), ..labelled }).unwrap();
    let error = write(other.path(), &new("feed", "x", &["f"])).unwrap_err();
    assert_eq!(error, "`feed` is a branch label already, in `m20261121_third.rs`");
    for created in ["", "yesterday", "20261121", "2026-11-2", "2026/11/21", "é026-11-21"] {
        let expected = format!("`{created}` is not a time such as `2026-11-21T09:03:11Z`");
        check(NewRevision { created: created.to_owned(), ..new("b", "x", &["a"]) }, &expected);
    }
}

#[test]
fn what_was_wrong_before_does_not_stop_a_new_revision() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    fs::write(
        dir.join("m1_a.rs"),
        "pub const REVISION: R = R { id: \"a\", down_revision: &[\"z\"] }; pub struct Migration;",
    )
    .unwrap();
    fs::write(dir.join("m2_b.rs"), "half a fi").unwrap();
    assert_eq!(write(dir, &new("c", "third", &["b"])).unwrap(), "m20261121_third.rs");
}

#[test]
fn only_the_last_part_of_the_folder_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let versions = folder.path().join("versions");
    assert_eq!(write(&versions, &new("a", "../../escape", &[])).unwrap(), "m20261121_escape.rs");
    let error = write(&folder.path().join("no/versions"), &new("a", "x", &[])).unwrap_err();
    assert!(error.ends_with("cannot be written"), "{error}");
    assert_eq!(names(folder.path()), ["versions"]);
}

#[test]
fn a_revision_fits_to_the_files_of_all_folders() {
    let crate_folder = tempfile::tempdir().unwrap();
    let dirs = ["versions", "billing"].map(|name| crate_folder.path().join(name));
    let [versions, billing] = &dirs;
    let first = write_new_in(&dirs, versions, &new("a", "first", &[])).unwrap();
    assert_eq!(first, versions.join("m20261121_first.rs"));
    let error = write_new_in(&dirs, billing, &new("a", "again", &[])).unwrap_err();
    assert_eq!(error.to_string(), format!("revision `a` exists already, in `{}`", first.display()));
    assert!(!billing.exists(), "a folder is created only for a file");
    let second = write_new_in(&dirs, billing, &new("b", "first", &["a"])).unwrap();
    assert_eq!(second, billing.join("m20261121_first_2.rs"), "names are unique among the folders");
    let elsewhere = crate_folder.path().join("elsewhere");
    let error = write_new_in(&dirs, &elsewhere, &new("c", "third", &["b"])).unwrap_err();
    assert_eq!(error.to_string(), format!("`{}` is not a folder of revisions", elsewhere.display()));
    assert!(!elsewhere.exists());
}
