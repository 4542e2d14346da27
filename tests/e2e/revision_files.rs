//! Revision files from `init` and `revision -m` to a build and a run, and the builds that wrong files stop.
//!
//! One crate goes through all of it, because each build takes seconds.

use std::fs;

use seachange_tests::{
    Backend, TestDatabase,
    harness::{Case, TestResult},
    snapshot,
};

use crate::new_crate::NewCrate;

pub(crate) fn trials() -> Vec<Case> {
    vec![Case::on(Backend::Sqlite, "revision_files::from_init_to_run", from_init_to_run)]
}

fn from_init_to_run(database: &TestDatabase) -> TestResult {
    let new = NewCrate::init("ledger")?;
    let expected = "warning: ledger@0.1.0: no revision files in `src/versions`: nothing to migrate \
                    (hint: `revision -m MESSAGE` writes the first)";
    assert_eq!(new.build()?, [expected]);
    let heads = new.program(database)?.arg("heads").run()?.succeeded()?;
    assert_eq!(heads.stdout, "");
    assert_eq!(heads.stderr, "there are no revisions\nhint: `revision -m MESSAGE` writes the first\n");
    write_files(&new, database)?;
    assert_eq!(new.build()?, [""; 0], "what is generated compiles without a warning");
    run(&new, database)?;
    partial_id_is_ambiguous(&new, database)?;
    edits_are_noticed(&new, database)?;
    moved_crate_is_built_again(&new, database)?;
    two_heads_are_a_warning(&new, database)?;
    wrong_files_stop_the_build(&new, database)?;
    wrong_graphs_stop_the_build(&new, database)
}

/// The messages, and their form in `history`.
fn messages() -> Vec<(String, String)> {
    let same = |text: &str| (text.to_owned(), text.to_owned());
    vec![
        same("say \"yes\" to 'quotes' \\ and {braces}"),
        ("two\nlines\tand a tab".to_owned(), "two lines and a tab".to_owned()),
        same("ends a comment */ or begins one /* here"),
        same("🚀 größere Übersicht"),
        same("fn"),
        same("fn"),
        same("word ".repeat(100).trim_end()),
    ]
}

/// One file for each message, the ids `ab0`, `ab1` and so on.
fn write_files(new: &NewCrate, database: &TestDatabase) -> TestResult {
    let mut written = String::new();
    for (number, (message, _)) in messages().into_iter().enumerate() {
        let before = new.files()?;
        let id = format!("ab{number}");
        let output = new.program(database)?.args(["revision", "-m", &message, "--rev-id", &id]).run()?.succeeded()?;
        let after = new.files()?;
        assert_eq!(after.len(), before.len() + 1);
        assert!(before.iter().all(|(name, text)| after.get(name) == Some(text)), "nothing is overwritten");
        written += &output.stdout.replace(&new.versions().display().to_string(), "[versions]");
    }
    snapshot::settings(database).bind(|| insta::assert_snapshot!("revision_files_names", written));
    Ok(())
}

fn run(new: &NewCrate, database: &TestDatabase) -> TestResult {
    let history = new.history(database)?;
    for (number, (_, message)) in messages().into_iter().enumerate() {
        let line = history.iter().find(|line| line.contains(&format!("-> ab{number}"))).ok_or("a line for each")?;
        assert!(line.ends_with(&message), "{line}");
    }
    for arguments in [["up", "heads"], ["down", "base"], ["up", "ab2"]] {
        new.program(database)?.args(arguments).run()?.succeeded()?;
    }
    let applied: Vec<String> = database.values("SELECT revision FROM seachange_revision ORDER BY revision")?;
    assert_eq!(applied, ["ab0", "ab1", "ab2"]);
    Ok(())
}

fn partial_id_is_ambiguous(new: &NewCrate, database: &TestDatabase) -> TestResult {
    let before = fs::read(database.file())?;
    let output = new.program(database)?.args(["up", "ab"]).run()?;
    snapshot::settings(database).bind(|| insta::assert_snapshot!("bad_inputs_ambiguous_id", output));
    assert_eq!(fs::read(database.file())?, before);
    Ok(())
}

/// A file that is dropped in, one that is edited and one that is removed.
fn edits_are_noticed(new: &NewCrate, database: &TestDatabase) -> TestResult {
    let (last, _) = new.holding("\"ab6\"")?;
    new.remove(&last)?;
    let (first, text) = new.holding("\"ab0\"")?;
    new.write(&first, &text.replace("//! say", "//! never say"))?;
    let (_, text) = new.holding("\"ab5\"")?;
    let dropped = text.replace("//! fn", "//! dropped in").replace("\"ab5\"", "\"ac\"").replace("\"ab4\"", "\"ab5\"");
    new.write("m20261201_dropped_in.rs", &dropped)?;
    assert_eq!(new.build()?, [""; 0]);
    let history = new.history(database)?;
    assert_eq!(history.len(), 7);
    assert!(history[0].ends_with("dropped in") && history[6].contains("never say"), "{history:?}");
    Ok(())
}

/// The registry of the build before the move names files that are gone.
fn moved_crate_is_built_again(new: &NewCrate, database: &TestDatabase) -> TestResult {
    // Outside of the target folder: in it, cargo runs the script again by itself.
    let place = tempfile::tempdir()?;
    let [here, there] = ["here", "there"].map(|name| place.path().join(name));
    assert_eq!(new.copied_to(&here)?.build()?, [""; 0]);
    fs::rename(&here, &there)?;
    let library = there.join("src/lib.rs");
    fs::write(&library, format!("{}\n// Edited.\n", fs::read_to_string(&library)?))?;
    let moved = new.at(&there);
    assert_eq!(moved.build()?, [""; 0]);
    assert_eq!(moved.history(database)?.len(), 7);
    Ok(())
}

fn two_heads_are_a_warning(new: &NewCrate, database: &TestDatabase) -> TestResult {
    let (_, text) = new.holding("\"ac\"")?;
    let branch =
        text.replace("//! dropped in", "//! branch off").replace("\"ac\"", "\"ad\"").replace("\"ab5\"", "\"ab4\"");
    new.write("m20261202_branch_off.rs", &branch)?;
    let said = new.build()?.join("\n");
    snapshot::settings(database).bind(|| insta::assert_snapshot!("revision_files_two_heads", said));
    let output = new.program(database)?.args(["up", "head"]).run()?;
    snapshot::settings(database).bind(|| insta::assert_snapshot!("bad_inputs_two_heads", output));
    // When cargo is quiet, it does not print the build's warning.
    let warning = "warning: 2 heads: `ac`, `ad`; `merge ac ad` joins them\n";
    for arguments in [&["up", "--dry-run", "heads"][..], &["status"]] {
        let output = new.program(database)?.args(arguments).run()?.succeeded()?;
        assert!(output.stderr.ends_with(warning), "{output}");
    }
    new.program(database)?.args(["up", "heads"]).run()?.succeeded()?;
    Ok(())
}

/// The text of a revision file, up to the part that a failing build reads.
fn revision(fields: &str) -> String {
    format!(
        "//! wrong\n\nuse seachange::prelude::*;\n\npub const REVISION: Revision = Revision {{ {fields}, \
         ..Revision::ROOT }};\n\npub struct Migration;\n"
    )
}

fn wrong_files_stop_the_build(new: &NewCrate, database: &TestDatabase) -> TestResult {
    new.clear()?;
    new.write("m1_malformed.rs", &revision("id: make_id(1)"))?;
    new.write("m2_unknown_field.rs", &revision("id: \"r2\", down_revisions: &[]"))?;
    new.write("m3_no_constant.rs", "pub struct Migration;\n")?;
    new.write("m4_no_rust.rs", "pub const REVISION: Revision = Revision { id: \"r4\n")?;
    new.write("5-no-module.rs", &revision("id: \"r5\""))?;
    check_errors(new, database, "revision_files_wrong_files")
}

fn wrong_graphs_stop_the_build(new: &NewCrate, database: &TestDatabase) -> TestResult {
    new.clear()?;
    new.write("m1_root.rs", &revision("id: \"root\""))?;
    new.write("m2_orphan.rs", &revision("id: \"orphan\", down_revision: &[\"gone\"]"))?;
    new.write("m3_twin.rs", &revision("id: \"twin\", down_revision: &[\"root\"]"))?;
    new.write("m4_other_twin.rs", &revision("id: \"twin\", down_revision: &[\"root\"]"))?;
    new.write("m5_label.rs", &revision("id: \"l5\", branch_labels: &[\"billing\"]"))?;
    new.write("m6_same_label.rs", &revision("id: \"l6\", branch_labels: &[\"billing\"]"))?;
    new.write("m7_circle.rs", &revision("id: \"c7\", down_revision: &[\"c8\"]"))?;
    new.write("m8_circle.rs", &revision("id: \"c8\", down_revision: &[\"c7\"]"))?;
    new.write("m9_self.rs", &revision("id: \"self\", down_revision: &[\"self\"]"))?;
    new.write("m10_illegal.rs", &revision("id: \"not legal\""))?;
    new.write("m11_depends.rs", &revision("id: \"d11\", depends_on: &[\"gone\"]"))?;
    check_errors(new, database, "revision_files_wrong_graph")
}

/// Runs a build that has to fail, and compares the whole output of the build script.
fn check_errors(new: &NewCrate, database: &TestDatabase, name: &str) -> TestResult {
    let said = new.build()?;
    assert!(said.iter().any(|line| line.starts_with("error: ")), "{said:?}");
    snapshot::settings(database).bind(|| insta::assert_snapshot!(name, said.join("\n")));
    Ok(())
}
