//! The reference of the command line in the book. `UPDATE_BOOK=1` writes it.

use std::error::Error;
use std::fs;

use seachange_tests::harness::TestResult;
use seachange_tests::{Program, workspace};
use tempfile::TempDir;

/// The page.
const PAGE: &str = "docs/src/reference/command-line.md";

/// The line below which the page is written.
const MARK: &str = "<!-- generated -->\n";

pub(super) fn is_that_of_the_program() -> TestResult {
    let path = workspace().join(PAGE);
    let page = fs::read_to_string(&path)?;
    let (start, present) = page.split_once(MARK).ok_or("the place of the generated text")?;
    let expected = commands()?;
    if std::env::var_os("UPDATE_BOOK").is_some() {
        fs::write(&path, format!("{start}{MARK}{expected}"))?;
        return Ok(());
    }
    assert!(present == expected, "`{PAGE}` is of another version: `UPDATE_BOOK=1` before the test writes it");
    Ok(())
}

/// The help of the program and of its commands, a section each.
fn commands() -> Result<String, Box<dyn Error>> {
    let folder = TempDir::new()?;
    let help = |arguments: &[&str]| -> Result<String, Box<dyn Error>> {
        Ok(Program::named("seachange").folder(folder.path()).args(arguments).run()?.succeeded()?.stdout)
    };
    let root = help(&["--help"])?;
    let mut text = format!("\n## seachange\n\n```text\n{}\n```\n", root.trim_end());
    let lines = root.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    for name in lines.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next()) {
        if name != "help" {
            // The options that every command has are those of the program.
            let own = help(&[name, "--help"])?;
            let own = own.split("\nOutput:\n").next().unwrap_or_default();
            text.push_str(&format!("\n## {name}\n\n```text\n{}\n```\n", own.trim_end()));
        }
    }
    Ok(text)
}
