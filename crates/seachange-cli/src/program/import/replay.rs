//! The comparison with what the old tool makes: its scripts run on one empty database, the revisions on another.

use std::io::Write;
use std::process::Stdio;

use serde::Serialize;

use super::ImportArgs;
use super::layout::Tool;
use super::target::{BuiltProgram, Target};
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

/// The scripts of a tool in their order.
#[derive(Debug)]
pub(super) struct Replay {
    /// The tool.
    pub(super) tool: Tool,
    /// The scripts.
    pub(super) scripts: Vec<OldScript>,
}

impl Replay {
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
            true => format!("the revisions do not make the schema that {} makes", self.tool),
            false => "the result could not be compared with what it was made from".to_owned(),
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
        let input = serde_json::to_vec(&self.scripts).map_err(Diagnostic::json)?;
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
