#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fs;
use std::path::Path;

use super::PlacementRequest;
use crate::sources::RevisionFiles;

/// Files as `folder/id fields`, in a crate with the folders `v` and `billing`, or `v` alone.
fn sources(root: &Path, files: &[&str]) -> RevisionFiles {
    for (number, file) in files.iter().enumerate() {
        let (path, fields) = file.split_once(' ').unwrap_or((file, ""));
        let (folder, id) = path.split_once('/').unwrap();
        fs::create_dir_all(root.join(folder)).unwrap();
        let text = format!("pub const REVISION: R = R {{ id: \"{id}\", {fields} }}; pub struct Migration;");
        fs::write(root.join(folder).join(format!("m{number}.rs")), text).unwrap();
    }
    let folders = if files.iter().any(|file| file.starts_with("billing/")) { vec!["v", "billing"] } else { vec!["v"] };
    RevisionFiles::read(root, folders).unwrap()
}

#[test]
fn no_file_goes_out_of_the_crate_by_itself() {
    let home = tempfile::tempdir().unwrap();
    let _ = sources(home.path(), &["history/aa1"]);
    let root = home.path().join("crate");
    fs::create_dir_all(root.join("v")).unwrap();
    let place = |folders: &[&str]| RevisionFiles::read(&root, folders).unwrap().place(&PlacementRequest::default());
    assert_eq!(place(&["v", "../history"]).unwrap().folder, root.join("v"));
    fs::create_dir_all(root.join("inside/v")).unwrap();
    fs::write(root.join("inside/Cargo.toml"), "").unwrap();
    fs::rename(home.path().join("history/m0.rs"), root.join("inside/v/m0.rs")).unwrap();
    assert_eq!(place(&["v", "inside/v"]).unwrap().folder, root.join("v"));
    fs::rename(root.join("inside/v/m0.rs"), home.path().join("history/m0.rs")).unwrap();
    let error = place(&["v", "w", "../history"]).unwrap_err();
    assert_eq!(error.to_string(), "the new file can be in any of the folders `v`, `w`, `../history`");
}

/// The request, as the command line would write it.
fn asked(words: &str) -> (bool, PlacementRequest) {
    let mut asked = PlacementRequest::default();
    let mut words = words.split_whitespace();
    let is_merge = words.next() == Some("merge");
    while let Some(word) = words.next() {
        match word {
            "--head" => asked.parents.push(words.next().unwrap().parse().unwrap()),
            "--depends-on" => asked.depends_on.push(words.next().unwrap().parse().unwrap()),
            "--version-path" => asked.folder = words.next().map(Into::into),
            "--splice" => asked.splice = true,
            revision => asked.parents.push(revision.parse().unwrap()),
        }
    }
    (is_merge, asked)
}

/// Places a revision, and compares its place or the error.
fn check(files: &[&str], words: &str, expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    let sources = sources(folder.path(), files);
    let (is_merge, asked) = asked(words);
    let place = if is_merge { sources.place_merge(&asked) } else { sources.place(&asked) };
    let found = match place {
        Ok(place) => {
            let folder = place.folder.strip_prefix(folder.path()).unwrap().display().to_string();
            let depends = place.depends_on.iter().map(|id| format!(" needs {id}")).collect::<String>();
            format!("{folder}: after [{}]{depends}", place.down_revision.join(" "))
        }
        Err(error) => error.to_string(),
    };
    assert_eq!(found, expected, "{words} with {files:?}");
}

const LINE: [&str; 3] = ["v/aa1", "v/aa2 down_revision: &[\"aa1\"]", "v/bb3 down_revision: &[\"aa2\"]"];

const BRANCHES: [&str; 4] = [
    "v/aa1",
    "v/aa2 down_revision: &[\"aa1\"]",
    "v/bb3 down_revision: &[\"aa1\"], branch_labels: &[\"feed\"]",
    "billing/cc4 branch_labels: &[\"pay\"]",
];

#[test]
fn a_revision_comes_after_the_only_head() {
    check(&[], "revision", "v: after []");
    check(&LINE, "revision", "v: after [bb3]");
    check(&LINE, "revision --head head", "v: after [bb3]");
    check(&LINE, "revision --head base", "v: after []");
    check(&LINE, "revision --head b", "v: after [bb3]");
    check(&LINE, "revision --head aa1+2", "v: after [bb3]");
}

#[test]
fn one_of_several_heads_is_named() {
    check(&BRANCHES, "revision", "3 heads: `aa2`, `bb3`, `cc4`");
    check(&BRANCHES, "revision --head heads", "a new revision has one parent, but 3 were named: `aa2`, `bb3`, `cc4`");
    check(&BRANCHES, "revision --head feed@head", "v: after [bb3]");
    check(&BRANCHES, "revision --head pay@head", "billing: after [cc4]");
    check(&BRANCHES, "revision --head aa", "`aa` matches several revisions: `aa1`, `aa2`");
    check(&BRANCHES, "revision --head zz", "no revision or label `zz`");
    check(
        &BRANCHES,
        "revision --head current",
        "`current` depends on the current revision of a database, which revision files do not know",
    );
}

#[test]
fn a_parent_with_children_needs_splice() {
    check(&LINE, "revision --head aa1", "`aa1` is not a head: `aa2` comes after it");
    check(&BRANCHES, "revision --head aa1", "`aa1` is not a head: `aa2`, `bb3` come after it");
    check(&LINE, "revision --head aa1 --splice", "v: after [aa1]");
    check(&BRANCHES, "merge aa1 cc4", "`aa1` is not a head: `aa2`, `bb3` come after it");
    check(&BRANCHES, "merge aa1 cc4 --splice", "v: after [aa1 cc4]");
}

#[test]
fn a_file_goes_where_its_parent_is_or_where_it_is_told() {
    check(&BRANCHES, "revision --head cc4", "billing: after [cc4]");
    check(&BRANCHES, "revision --head cc4 --version-path v", "v: after [cc4]");
    check(&BRANCHES, "revision --head cc4 --version-path ./billing/../v", "v: after [cc4]");
    check(&BRANCHES, "revision --head base --version-path billing", "billing: after []");
    check(&BRANCHES, "revision --head base", "the new file can be in any of the folders `v`, `billing`");
    check(
        &BRANCHES,
        "revision --head cc4 --version-path elsewhere",
        "`elsewhere` is not a folder of revisions; the folders are `v`, `billing`",
    );
    check(&LINE, "revision --version-path ..", "`..` is not a folder of revisions; the folders are `v`");
}

#[test]
fn dependencies_become_ids_and_labels_stay() {
    check(&BRANCHES, "revision --head aa2 --depends-on cc", "v: after [aa2] needs cc4");
    check(&BRANCHES, "revision --head aa2 --depends-on pay", "v: after [aa2] needs pay");
    check(&BRANCHES, "revision --head aa2 --depends-on pay@head", "v: after [aa2] needs cc4");
    check(&BRANCHES, "revision --head aa2 --depends-on cc4 --depends-on cc", "v: after [aa2] needs cc4");
    check(&BRANCHES, "revision --head aa2 --depends-on base", "`base` stands for no revision to depend on");
    check(&BRANCHES, "revision --head aa2 --depends-on dd", "cannot depend on `dd`: no revision or label `dd`");
    let several = "cannot depend on `head`: 3 heads: `aa2`, `bb3`, `cc4`";
    check(&BRANCHES, "revision --head aa2 --depends-on head", several);
}

#[test]
fn a_merge_joins_all_heads_or_those_that_are_named() {
    check(&BRANCHES, "merge", "v: after [aa2 bb3 cc4]");
    check(&BRANCHES, "merge heads", "v: after [aa2 bb3 cc4]");
    check(&BRANCHES, "merge cc feed --depends-on aa2", "billing: after [cc4 bb3] needs aa2");
    check(&BRANCHES, "merge cc bb --version-path v", "v: after [cc4 bb3]");
}

#[test]
fn what_is_one_already_cannot_be_merged() {
    check(&[], "merge", "nothing to merge: there is no revision");
    check(&LINE, "merge", "nothing to merge: `bb3` is the only head");
    check(&BRANCHES, "merge aa2", "nothing to merge: only `aa2` was named");
    check(&BRANCHES, "merge aa2 aa2", "nothing to merge: only `aa2` was named");
    check(&LINE, "merge bb3 aa1 --splice", "`aa1` and `bb3` cannot be merged: `bb3` comes after `aa1` already");
    check(&LINE, "merge aa1 bb3", "`aa1` and `bb3` cannot be merged: `bb3` comes after `aa1` already");
}

#[test]
fn broken_files_have_no_place_for_another() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    sources(root, &["v/aa1"]);
    fs::write(root.join("v/m9.rs"), "pub struct Migration;").unwrap();
    let broken = RevisionFiles::read(root, ["v"]).unwrap_err();
    assert_eq!((broken.errors.len(), broken.problems.len()), (1, 0));
    fs::write(root.join("v/m9.rs"), "pub const REVISION: R = R { id: \"aa1\" }; pub struct Migration;").unwrap();
    let broken = RevisionFiles::read(root, ["v"]).unwrap_err();
    assert_eq!((broken.errors.len(), broken.problems.len()), (0, 1));
}
