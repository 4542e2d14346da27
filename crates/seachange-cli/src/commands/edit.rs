//! `edit`.

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};

use clap::Args;
use seachange_graph::{AppliedSet, Target};
use seachange_source::RevisionFiles;

use crate::diagnostic::Diagnostic;
use crate::exit::Exit;

/// The variables that name the editor; the first that is not empty is used.
const VARIABLES: [&str; 2] = ["VISUAL", "EDITOR"];

/// Arguments of `edit`.
#[derive(Debug, Args)]
pub struct EditArgs {
    /// Any target: a revision id or the beginning of one, `head`, `heads`, `LABEL@head`, `current`, `-1`
    #[arg(value_name = "TARGET", allow_negative_numbers = true)]
    target: String,
}

/// The user's editor.
#[derive(Debug)]
pub struct Editor {
    variable: &'static str,
    words: Vec<String>,
}

impl EditArgs {
    /// Whether the target depends on the database.
    ///
    /// # Errors
    ///
    /// A target that cannot be read.
    pub fn reads_database(&self) -> Result<bool, Diagnostic> {
        Ok(self.target()?.is_relative())
    }

    /// The files of the target; without `applied`, the heads count as current.
    ///
    /// # Errors
    ///
    /// A target that stands for no revision.
    pub fn files(&self, files: &RevisionFiles, applied: Option<&AppliedSet>) -> Result<Vec<PathBuf>, Diagnostic> {
        let target = self.target()?;
        let graph = files.graph();
        let all = graph.all_applied();
        let found = graph.resolve(applied.unwrap_or(&all), &target)?;
        let paths: Vec<PathBuf> =
            found.iter().filter_map(|revision| files.file(&revision.id)).map(|file| file.path.clone()).collect();
        if paths.is_empty() {
            return Err(Diagnostic::usage(format!("`{target}` stands for no revision")).hint("`history` lists them"));
        }
        Ok(paths)
    }

    fn target(&self) -> Result<Target, Diagnostic> {
        Ok(self.target.parse::<Target>()?)
    }
}

impl Editor {
    /// The editor that `VISUAL` or `EDITOR` names.
    ///
    /// # Errors
    ///
    /// Neither is set, or its value is not a command.
    pub fn of_environment() -> Result<Self, Diagnostic> {
        let is_blank = |text: &OsString| text.to_str().is_some_and(|text| text.trim().is_empty());
        let set = |variable| Some((variable, env::var_os(variable).filter(|text| !is_blank(text))?));
        let (variable, text) = VARIABLES.into_iter().find_map(set).ok_or_else(|| {
            Diagnostic::usage("neither `VISUAL` nor `EDITOR` is set; `edit` runs the editor that they name")
                .hint("for example `EDITOR=nano`, or `EDITOR='code --wait'`; `show` prints the path of the file")
        })?;
        let text = text.into_string().map_err(|text| {
            Diagnostic::usage(format!("`{variable}` is not valid UTF-8: `{}`", text.to_string_lossy()))
                .hint(format!("set `{variable}` to the editor's command, for example `nano`"))
        })?;
        let words = shell_words::split(&text).map_err(|error| {
            Diagnostic::usage(format!("`{variable}` is not a command: {error} in `{text}`"))
                .hint("write it as in a shell, for example `code --wait`")
        })?;
        Ok(Self { variable, words })
    }

    /// Opens the files, and waits until the editor exits. Signals are up to the caller: the terminal sends Ctrl-C to both processes.
    ///
    /// # Errors
    ///
    /// The editor cannot be run, or fails.
    pub fn open(&self, files: &[PathBuf]) -> Result<(), Diagnostic> {
        let Some((program, arguments)) = self.words.split_first() else { return Err(self.not_run("", "it is empty")) };
        let status = Command::new(program).args(arguments).args(files).status().map_err(|error| {
            let reason = match error.kind() {
                io::ErrorKind::NotFound => "there is no such program".to_owned(),
                _ => error.to_string(),
            };
            self.not_run(program, &reason)
        })?;
        if status.success() { Ok(()) } else { Err(failed(program, status)) }
    }

    fn not_run(&self, program: &str, reason: &str) -> Diagnostic {
        let variable = self.variable;
        Diagnostic::usage(format!("`{program}`, which `{variable}` names, cannot be run: {reason}"))
            .hint(format!("set `{variable}` to the editor's command, for example `nano`"))
    }
}

fn failed(program: &str, status: ExitStatus) -> Diagnostic {
    let message = match status.code() {
        Some(code) => format!("`{program}` ended with exit code {code}"),
        None => format!("`{program}` was killed: {status}"),
    };
    Diagnostic::new(Exit::Failure, message)
}
