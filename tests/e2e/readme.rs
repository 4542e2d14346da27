//! The README's tour, run unchanged: each `console` block is a transcript, each `diff` block is a change that the
//! reader makes in an entity, and each `rust` block is the content of the file that was just written.
//!
//! It runs in a copy of the workspace, because the tour writes a revision. The copy shares the compiled dependencies by
//! hard links, so that only the migration crate is compiled again.

pub(crate) mod checkout;
pub(crate) mod transcript;

use std::path::Path;
use std::{fs, io};

use seachange_tests::harness::{Case, TestResult};
use seachange_tests::{Output, Program, workspace};

use checkout::Checkout;
use transcript::{Block, Redaction, blocks};

/// The command by which the README calls the program; the test calls the same program directly.
const PROGRAM: &str = "cargo run -q -p migration -- ";

/// The id in the README in place of the random id of the new revision.
const SAMPLE_ID: &str = "0123456789ab";

pub(crate) fn trials() -> Vec<Case> {
    vec![Case::new("readme::the_tour_is_true", the_tour_is_true)]
}

fn the_tour_is_true() -> TestResult {
    let readme = fs::read_to_string(workspace().join("README.md"))?;
    let checkout = Checkout::create()?;
    let mut redaction = Redaction::default();
    let mut commands = 0;
    for block in blocks(&readme, "## A tour of five minutes") {
        match block {
            Block::Console(steps) => {
                for step in steps {
                    let output = run(&checkout, &step.command)?;
                    if step.command.contains(" revision ") {
                        redaction.replace(&new_id(&checkout, &output)?, SAMPLE_ID);
                    }
                    assert_eq!(redaction.apply(&output), redaction.apply(&step.output), "after `{}`", step.command);
                    commands += 1;
                }
            }
            Block::Diff(lines) => edit(&checkout.root().join("entity/src/users.rs"), &lines)?,
            Block::Rust(code) => assert_holds(&newest(&checkout)?, &code)?,
        }
    }
    assert_eq!(commands, 3, "every command of the tour is found");
    Ok(())
}

/// Runs a command of the README, and returns what a terminal would show.
fn run(checkout: &Checkout, command: &str) -> Result<String, Box<dyn std::error::Error>> {
    let arguments = command.strip_prefix(PROGRAM).ok_or_else(|| format!("`{command}` is no command of the program"))?;
    let program = checkout.build()?;
    // In one stream, as on a terminal: the order of lines is part of what is shown.
    let script = format!("exec '{}' {arguments} 2>&1", program.display());
    let output: Output = Program::at("sh").args(["-c", &script]).folder(&checkout.root()).run()?;
    assert_eq!(output.code, Some(0), "`{command}`: {output}");
    Ok(output.stdout)
}

/// The id of the revision whose path `revision` printed.
fn new_id(checkout: &Checkout, output: &str) -> io::Result<String> {
    let text = fs::read_to_string(checkout.root().join(output.lines().last().unwrap_or_default().trim()))?;
    let id = text.split("id: \"").nth(1).and_then(|rest| rest.split('"').next());
    id.map(str::to_owned).ok_or_else(|| io::Error::other("the new file has no id"))
}

/// Returns the revision file that is not part of the workspace.
fn newest(checkout: &Checkout) -> io::Result<std::path::PathBuf> {
    let versions = Path::new("migration/src/versions");
    let known = workspace().join(versions);
    let mut files = fs::read_dir(checkout.root().join(versions))?.filter_map(Result::ok);
    let new = files.find(|file| !known.join(file.file_name()).exists());
    new.map(|file| file.path()).ok_or_else(|| io::Error::other("no new revision file"))
}

/// Inserts the lines with a `+` after the line that precedes them.
pub(crate) fn edit(file: &Path, lines: &[String]) -> TestResult {
    let (added, kept): (Vec<_>, Vec<_>) = lines.iter().partition(|line| line.starts_with('+'));
    let [anchor] = kept.as_slice() else { return Err("a change has one line before it".into()) };
    let anchor = anchor.trim();
    let text = fs::read_to_string(file)?;
    let (before, after) = text.split_once(anchor).ok_or_else(|| format!("no `{anchor}` in the file"))?;
    let added: Vec<&str> = added.iter().map(|line| &line[1..]).collect();
    Ok(fs::write(file, format!("{before}{anchor}\n{}{after}", added.join("\n")))?)
}

/// Checks that the file ends as the README says.
fn assert_holds(file: &Path, code: &str) -> TestResult {
    let text = fs::read_to_string(file)?;
    let (_, methods) = text.split_once("pub struct Migration;\n\n").ok_or("no methods")?;
    assert_eq!(methods.trim_end(), code.trim_end());
    Ok(())
}
