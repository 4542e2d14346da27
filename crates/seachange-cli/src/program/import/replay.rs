//! The comparison with what the old tool makes: its scripts run on one empty database, the revisions on another.

use std::collections::HashSet;
use std::io::Write;
use std::process::Stdio;

use serde::Serialize;

use super::ImportArgs;
use super::copies::BuiltProgram;
use super::layout::Tool;
use super::revision::ImportedRevision;
use super::target::Target;
use crate::diagnostic::{Diagnostic, reason};
use crate::exit::Exit;
use crate::terminal::Terminal;

/// A script that the old tool runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct OldScript {
    /// The name of the file, for messages.
    pub(super) name: String,
    /// The text, which is sent as a whole.
    pub(super) sql: String,
    /// Whether the tool begins a transaction around it.
    pub(super) is_in_transaction: bool,
}

/// The scripts of a tool in their order, and what they have become.
#[derive(Debug, Serialize)]
pub(super) struct Replay {
    /// The tool.
    #[serde(skip)]
    tool: Tool,
    /// The revisions that are the parents of no other.
    revisions: Vec<String>,
    /// The scripts.
    scripts: Vec<OldScript>,
}

impl Replay {
    /// The scripts of a tool, and the revisions that were made from them.
    pub(super) fn new(tool: Tool, revisions: &[ImportedRevision], scripts: Vec<OldScript>) -> Self {
        let parents: HashSet<&String> = revisions.iter().flat_map(|revision| &revision.down_revision).collect();
        let heads = revisions.iter().map(|revision| &revision.id).filter(|id| !parents.contains(id));
        Self { tool, revisions: heads.cloned().collect(), scripts }
    }

    /// Lets the program of the migration crate run the scripts and its revisions, and compares the schemas.
    ///
    /// # Errors
    ///
    /// A script or a revision that fails, and schemas that differ.
    pub(super) fn run(
        &self,
        target: &Target,
        program: &BuiltProgram,
        args: &ImportArgs,
        terminal: Terminal,
    ) -> Result<(), Diagnostic> {
        let url = match &args.scratch_url {
            Some(url) => url.as_str(),
            None if target.databases.contains(&"sqlite") => "sqlite::memory:",
            None => {
                terminal
                    .warn("the result was built, and not tried out: `--scratch-url URL` names a server to do it on");
                return Ok(());
            }
        };
        terminal.status(format!("comparing the schema with that of {}", self.tool));
        let output = self.start(program, &target.package, url)?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() {
            terminal.status(format!("the revisions make the schema that {} makes", self.tool));
            return Ok(());
        }
        let differs = output.status.code() == Some(Exit::Differs as i32);
        let message = match differs {
            true => format!("the comparison with {} failed", self.tool),
            false => format!("the result cannot be compared with {}", self.tool),
        };
        let exit = if differs { Exit::Differs } else { Exit::Failure };
        let lines = if differs { said.lines() } else { errors.lines() };
        let lines = lines.map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("FAILED"));
        let problem = lines.fold(Diagnostic::new(exit, message), |problem, line| problem.detail(line));
        Err(match args.database.is_empty() && args.scratch_url.is_none() {
            true => problem.hint("it ran on SQLite: `--database` and `--scratch-url` name another system"),
            false => problem,
        })
    }

    /// Starts the program; the scripts are its input.
    fn start(&self, program: &BuiltProgram, package: &str, url: &str) -> Result<std::process::Output, Diagnostic> {
        let failed = |error: std::io::Error| {
            Diagnostic::new(Exit::Failure, format!("`{package}` cannot be started: {}", reason(&error)))
        };
        let input = serde_json::to_vec(self).map_err(Diagnostic::json)?;
        let mut command = program.command();
        command.args(["test", "--scripts", "--color", "never"]);
        // Not on the command line, where other users of the computer read passwords.
        command.env("TEST_DATABASE_URL", url);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(failed)?;
        let mut stdin = child.stdin.take();
        let writer = std::thread::spawn(move || stdin.as_mut().map(|stdin| stdin.write_all(&input)));
        let output = child.wait_with_output().map_err(failed)?;
        // A program that ends before it has read everything says why.
        drop(writer.join());
        Ok(output)
    }
}
