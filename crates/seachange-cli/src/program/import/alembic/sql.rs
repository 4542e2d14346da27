//! The SQL of revisions, rendered by Alembic itself for each database system.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::diagnostic::Diagnostic;
use crate::exit::Exit;

/// The program that asks Alembic.
const RENDER: &str = include_str!("render.py");

/// What Alembic rendered.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Rendered {
    /// For each system, the script of all upgrades.
    pub(super) whole: HashMap<String, Script>,
    /// For each revision and system, both directions.
    pub(super) revisions: HashMap<String, HashMap<String, Directions>>,
}

/// Both directions of a revision.
#[derive(Debug, Deserialize)]
pub(super) struct Directions {
    pub(super) up: Script,
    pub(super) down: Script,
}

/// SQL, or why there is no SQL.
#[derive(Debug, Clone, Deserialize)]
pub(super) enum Script {
    #[serde(rename = "sql")]
    Sql(String),
    #[serde(rename = "error")]
    Error(String),
}

/// Finds a Python that has Alembic: the one that is named, that of the program `alembic`, or the usual one.
pub(super) fn python(named: Option<&Path>) -> Option<PathBuf> {
    let candidates = match named {
        Some(named) => vec![named.to_owned()],
        None => of_program().into_iter().chain(["python3", "python"].map(PathBuf::from)).collect(),
    };
    candidates.into_iter().find(|python| has_alembic(python))
}

fn has_alembic(python: &Path) -> bool {
    let mut command = Command::new(python);
    command.args(["-c", "import alembic"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// The Python in the first line of the program `alembic`.
fn of_program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let program = std::env::split_paths(&path).map(|folder| folder.join("alembic")).find(|file| file.is_file())?;
    let text = fs::read(program).ok()?;
    let line = String::from_utf8_lossy(text.split(|byte| *byte == b'\n').next()?).into_owned();
    let python = line.strip_prefix("#!")?.trim();
    (!python.contains(' ')).then(|| PathBuf::from(python))
}

/// Renders all revisions of a project. The code of the project runs for that, in its own folder.
///
/// # Errors
///
/// A project that Alembic cannot read.
pub(super) fn render(python: &Path, settings: &Path, systems: &[&str]) -> Result<Rendered, Diagnostic> {
    let folder = settings.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let name = settings.file_name().unwrap_or_default();
    let mut command = Command::new(python);
    command.args(["-B", "-c", RENDER]).arg(name).args(systems).current_dir(folder).stdin(Stdio::null());
    let failed = |reason: String| {
        Diagnostic::new(Exit::Failure, format!("Alembic cannot render the revisions: {reason}"))
            .detail("nothing was written")
            .hint("`--python` names another Python; with one that has no Alembic, only the graph is imported")
    };
    let output = command.output().map_err(|error| failed(crate::diagnostic::reason(&error)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(failed(said.lines().last().unwrap_or("it says nothing").to_owned()));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| failed(error.to_string()))
}

/// The statements of a rendered script, without those of Alembic itself; and whether transactions end in between.
pub(super) fn statements(script: &str) -> (String, bool) {
    let is_mark = |line: &str| matches!(line, "BEGIN;" | "COMMIT;" | "START TRANSACTION;");
    let marks = script.lines().filter(|line| is_mark(line)).count();
    let is_kept = |line: &&str| !is_mark(line) && !line.starts_with("-- Running ");
    let kept: Vec<&str> = script.lines().filter(is_kept).collect();
    let text = kept.join("\n");
    let text = text.trim();
    (if text.is_empty() { String::new() } else { format!("{text}\n") }, marks > 2)
}

#[cfg(test)]
mod tests {
    use super::{Rendered, Script, statements};

    #[test]
    fn statements_of_alembic_are_removed() {
        let whole = "BEGIN;\n\n-- Running upgrade a -> b\n\nCREATE TABLE a (\n    id INTEGER\n);\n\nCOMMIT;\n\n";
        assert_eq!(statements(whole), ("CREATE TABLE a (\n    id INTEGER\n);\n".to_owned(), false));
        assert_eq!(statements("-- Running upgrade a -> b\n\n"), (String::new(), false));
        let block = "BEGIN;\n\nCOMMIT;\n\nCREATE INDEX CONCURRENTLY i ON a (b);\n\nBEGIN;\n\nCOMMIT;\n";
        assert_eq!(statements(block), ("CREATE INDEX CONCURRENTLY i ON a (b);\n".to_owned(), true));
    }

    #[test]
    fn the_answer_of_the_program_is_read() {
        let json = r#"{"whole": {"sqlite": {"error": "no"}},
            "revisions": {"a": {"sqlite": {"up": {"sql": "x"}, "down": {"error": "y"}}}}}"#;
        let rendered: Rendered = serde_json::from_str(json).unwrap_or_default();
        assert!(matches!(&rendered.revisions["a"]["sqlite"].up, Script::Sql(sql) if sql == "x"));
        assert!(matches!(&rendered.whole["sqlite"], Script::Error(error) if error == "no"));
    }
}
