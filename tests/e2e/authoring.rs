//! Revisions written anywhere in the graph, merged, and edited: from the commands to a build and a run.

use std::{collections::BTreeMap, error::Error, ffi::OsStr, fs, io, os::unix::ffi::OsStrExt, path::Path};

use seachange_tests::{
    Backend, Output, Program, TestDatabase, cargo,
    harness::{Case, TestResult},
    snapshot,
};

use crate::new_crate::{NewCrate, target};

const BUILD: &str = r#"//! Registers the files in two folders.

fn main() {
    seachange_source::build::revisions_in(["src/versions", "src/billing"]);
}
"#;

pub(crate) fn trials() -> Vec<Case> {
    vec![
        Case::on(Backend::Sqlite, "authoring::branches_in_two_folders", branches_in_two_folders),
        Case::on(Backend::Sqlite, "authoring::revisions_of_another_crate", revisions_of_another_crate),
        Case::on(Backend::Sqlite, "authoring::edit_opens_the_file_of_a_target", edit_opens_the_file_of_a_target),
        Case::on(Backend::Sqlite, "authoring::edit_without_an_editor", edit_without_an_editor),
        Case::on(Backend::Sqlite, "authoring::ctrl_c_is_the_editors", ctrl_c_is_the_editors),
    ]
}

/// The manifest of a crate of older revisions, without its dependencies.
const HISTORY: &str = "[package]\nname = \"history\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n";

/// A crate, and the commands typed in it so far, with their outputs.
struct Session<'a> {
    new: NewCrate,
    database: &'a TestDatabase,
    transcript: String,
}

impl Session<'_> {
    fn type_in(&mut self, arguments: &[&str]) -> Result<Output, Box<dyn Error>> {
        let output = self.new.program(self.database)?.args(arguments).run()?;
        let typed: Vec<String> = arguments.iter().map(|word| quoted(word)).collect();
        self.transcript += &format!("$ branches {}\n{output}\n", typed.join(" "));
        Ok(output)
    }

    /// Types a command that has to succeed.
    fn does(&mut self, arguments: &[&str]) -> TestResult {
        self.type_in(arguments)?.succeeded()?;
        Ok(())
    }

    /// Types a command that has to be refused and to change no file.
    fn refuses(&mut self, arguments: &[&str]) -> TestResult {
        let before = files(&self.new.folder().join("src"))?;
        let output = self.type_in(arguments)?;
        assert_eq!(output.code, Some(2), "{output}");
        assert_eq!(files(&self.new.folder().join("src"))?, before, "nothing is written");
        Ok(())
    }

    fn builds(&mut self) -> TestResult {
        let said = self.new.build()?;
        self.transcript +=
            &format!("$ cargo build\n{}\n", said.iter().map(|line| format!("{line}\n")).collect::<String>());
        Ok(())
    }

    /// Compares the commands and outputs since the last comparison.
    fn compare(&mut self, name: &str) {
        let transcript = std::mem::take(&mut self.transcript);
        snapshot::settings(self.database).bind(|| insta::assert_snapshot!(name, transcript));
    }
}

fn quoted(word: &str) -> String {
    if word.contains(' ') { format!("'{word}'") } else { word.to_owned() }
}

/// All files below a folder, and the folders, with their texts.
fn files(folder: &Path) -> io::Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.insert(path.display().to_string(), String::new());
            found.extend(files(&path)?);
        } else {
            found.insert(path.display().to_string(), fs::read_to_string(&path)?);
        }
    }
    Ok(found)
}

/// The first revisions move to a crate of their own, and new ones go on in the first crate.
fn revisions_of_another_crate(database: &TestDatabase) -> TestResult {
    let new = NewCrate::init("parted")?;
    let run =
        |arguments: &[&str]| -> Result<Output, Box<dyn Error>> { Ok(new.program(database)?.args(arguments).run()?) };
    new.build()?;
    run(&["revision", "-m", "begin"])?.succeeded()?;
    let history = new.folder().join("history");
    fs::create_dir_all(history.join("src"))?;
    fs::rename(new.versions(), history.join("src/versions"))?;
    fs::copy(new.folder().join("build.rs"), history.join("build.rs"))?;
    fs::write(history.join("src/lib.rs"), "seachange::include_revisions!();\n")?;
    let manifest = fs::read_to_string(new.folder().join("Cargo.toml"))?;
    let dependency = |name: &str| -> Result<&str, Box<dyn Error>> {
        Ok(manifest.lines().find(|line| line.starts_with(&format!("{name} = "))).ok_or("a dependency")?)
    };
    let (engine, source) = (dependency("seachange")?, dependency("seachange-source")?);
    let own = format!("{HISTORY}[dependencies]\n{engine}\n\n[build-dependencies]\n{source}\n");
    fs::write(history.join("Cargo.toml"), own)?;
    let with_history = manifest.replacen(engine, &format!("history = {{ path = \"history\" }}\n{engine}"), 1);
    let build = "fn main() {\n    seachange_source::build::revisions_with_crates([\"src/versions\"], \
                 [(\"history\", \"history/src/versions\")]);\n}\n";
    fs::write(new.folder().join("build.rs"), build)?;

    // Without the dependency, rustc names the crate.
    let unknown =
        cargo().args(["build", "--offline"]).env("CARGO_TARGET_DIR", target()).current_dir(new.folder()).output()?;
    let said = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert!(!unknown.status.success() && said.contains("`history`"), "{said}");

    fs::write(new.folder().join("Cargo.toml"), with_history)?;
    new.build()?;
    let run =
        |arguments: &[&str]| -> Result<Output, Box<dyn Error>> { Ok(new.program(database)?.args(arguments).run()?) };
    let before = files(&history.join("src/versions"))?;
    let written = run(&["revision", "-m", "go on"])?.succeeded()?;
    assert!(written.stdout.contains("src/versions/"), "{written}");
    assert_eq!(files(&history.join("src/versions"))?, before);
    assert_eq!(new.files()?.len(), 1);
    new.build()?;
    run(&["up"])?.succeeded()?;
    run(&["current", "--check-heads"])?.succeeded()?;
    let shown = run(&["history", "--verbose"])?.succeeded()?;
    assert!(shown.stdout.contains("history/src/versions/"), "{shown}");
    assert_eq!(new.history(database)?.len(), 2);
    run(&["down", "base", "--yes"])?.succeeded()?;
    Ok(())
}

fn branches_in_two_folders(database: &TestDatabase) -> TestResult {
    let new = NewCrate::init("branches")?;
    fs::write(new.folder().join("build.rs"), BUILD)?;
    let mut session = Session { new, database, transcript: String::new() };
    session.builds()?;
    two_bases(&mut session)?;
    wrong_heads(&mut session)?;
    wrong_files(&mut session)?;
    merges(&mut session)?;
    one_graph(&mut session)?;
    no_graph(&mut session)
}

/// A branch in each folder; the second starts at a root of its own.
fn two_bases(session: &mut Session<'_>) -> TestResult {
    let users = ["revision", "-m", "create users", "--rev-id", "aa01"];
    session.refuses(&users)?;
    session.does(&[&users[..], &["--version-path", "src/versions"]].concat())?;
    session.does(&["revision", "-m", "add name", "--rev-id", "aa02"])?;
    let invoices = ["revision", "-m", "create invoices", "--rev-id", "bb01", "--head", "base"];
    session.refuses(&invoices)?;
    let branch = ["--version-path", "src/billing", "--branch-label", "billing", "--depends-on", "aa01"];
    session.does(&[&invoices[..], &branch].concat())?;
    session.does(&["revision", "-m", "add due date", "--rev-id", "bb02", "--head", "billing@head"])?;
    session.refuses(&["revision", "-m", "add phone number"])?;
    session.refuses(&["revision", "-m", "add phone number", "--head", "aa01", "--rev-id", "aa03"])?;
    session.does(&["revision", "-m", "add phone number", "--head", "aa01", "--rev-id", "aa03", "--splice"])?;
    session.compare("authoring_two_bases");
    Ok(())
}

fn wrong_heads(session: &mut Session<'_>) -> TestResult {
    for head in
        ["head", "heads", "aa", "ax01", "zz", "current", "+1", "base-1", "bb01@head+1", "aa01@", "billing@base+9"]
    {
        session.refuses(&["revision", "-m", "it's wrong", "--head", head])?;
    }
    session.compare("authoring_wrong_heads");
    Ok(())
}

fn wrong_files(session: &mut Session<'_>) -> TestResult {
    let wrong: [&[&str]; 11] = [
        &["--rev-id", "bb01"],
        &["--rev-id", "billing"],
        &["--branch-label", "billing"],
        &["--branch-label", "aa01"],
        &["--branch-label", "two words"],
        &["--depends-on", "base"],
        &["--depends-on", "zz"],
        &["--depends-on", "bb01", "--depends-on", "head"],
        &["--depends-on", "aa01@head"],
        &["--version-path", "src"],
        &["--version-path", "/tmp"],
    ];
    for arguments in wrong {
        session.refuses(&[&["revision", "-m", "wrong", "--head", "aa02"], arguments].concat())?;
    }
    session.compare("authoring_wrong_files");
    Ok(())
}

fn merges(session: &mut Session<'_>) -> TestResult {
    session.builds()?;
    for wrong in [&["aa02"][..], &["head"], &["aa01", "aa03"], &["aa01", "bb02"], &["aa02", "zz"], &["aa03", "-m", ""]]
    {
        session.refuses(&[&["merge"], wrong].concat())?;
    }
    session.does(&["merge", "aa02", "aa03", "--rev-id", "aa04"])?;
    session.compare("authoring_merges");
    Ok(())
}

/// The written revisions compile and run, and are in their folders.
fn one_graph(session: &mut Session<'_>) -> TestResult {
    session.builds()?;
    session.does(&["up", "heads"])?;
    session.does(&["show", "billing@head"])?;
    session.does(&["show", "aa04"])?;
    session.does(&["show", "bb01", "--format", "json"])?;
    session.does(&["merge", "-m", "one again", "--rev-id", "cc01", "--branch-label", "whole"])?;
    session.refuses(&["merge"])?;
    session.builds()?;
    session.does(&["up"])?;
    session.does(&["history"])?;
    session.does(&["down", "base"])?;
    session.compare("authoring_one_graph");
    Ok(())
}

/// A file that cannot be read, and then no file at all, under a program that knows revisions.
fn no_graph(session: &mut Session<'_>) -> TestResult {
    session.new.write("m1_broken.rs", "pub struct Migration;\n")?;
    for command in [&["revision", "-m", "more"][..], &["merge"], &["edit", "head"]] {
        let output = session.type_in(command)?;
        assert_eq!(output.code, Some(1), "{output}");
    }
    fs::remove_dir_all(session.new.folder().join("src/billing"))?;
    session.new.clear()?;
    session.refuses(&["revision", "-m", "more"])?;
    fs::remove_dir_all(session.new.versions())?;
    for command in [&["revision", "-m", "more", "--head", "base"][..], &["merge"], &["edit", "head"]] {
        session.refuses(command)?;
    }
    session.compare("authoring_no_graph");
    Ok(())
}

/// The migration program with an editor that prints what it is given.
fn migration(database: &TestDatabase, editor: &str) -> Program {
    Program::migration().database(database).env("EDITOR", editor)
}

fn edit_opens_the_file_of_a_target(database: &TestDatabase) -> TestResult {
    Program::migration().database(database).args(["up", "2"]).run()?.succeeded()?;
    let mut transcript = String::new();
    for target in ["head", "0b9e", "base+2", "current", "heads"] {
        let output = migration(database, "printf '<%s>\\n' --wait").args(["edit", target]).run()?;
        transcript += &format!("$ migration edit {target}\n{output}\n");
    }
    let visual = migration(database, "false").env("VISUAL", "echo visual").args(["edit", "head"]).run()?;
    transcript += &format!("$ VISUAL='echo visual' migration edit head\n{visual}\n");
    snapshot::settings(database).bind(|| insta::assert_snapshot!("authoring_edit", transcript));
    Ok(())
}

fn edit_without_an_editor(database: &TestDatabase) -> TestResult {
    let mut transcript = String::new();
    let wrong = [("", "head"), ("no-such-editor --wait", "head"), ("code 'quoted", "head"), ("sh -c 'exit 3'", "head")];
    for (editor, target) in wrong.into_iter().chain([("echo", "base"), ("echo", "zz"), ("echo", "head+")]) {
        let output = migration(database, editor).args(["edit", target]).run()?;
        assert!(!output.success(), "{output}");
        transcript += &format!("$ EDITOR=\"{editor}\" migration edit {target}\n{output}\n");
    }
    let latin = OsStr::from_bytes(b"\xe9diteur");
    let output = migration(database, "echo").env("VISUAL", latin).args(["edit", "head"]).run()?;
    assert!(!output.success(), "{output}");
    transcript += &format!("$ VISUAL=\"{}\" migration edit head\n{output}\n", latin.to_string_lossy());
    snapshot::settings(database).bind(|| insta::assert_snapshot!("authoring_no_editor", transcript));
    Ok(())
}

/// Editors handle Ctrl-C themselves, and a terminal sends it to the whole process group.
fn ctrl_c_is_the_editors(database: &TestDatabase) -> TestResult {
    let editor = "sh -c 'sleep 0.2; kill -INT $PPID; sleep 0.2; echo saved'";
    let output = migration(database, editor).args(["edit", "head"]).run()?.succeeded()?;
    assert_eq!(output.stdout, "saved\n");
    Ok(())
}
