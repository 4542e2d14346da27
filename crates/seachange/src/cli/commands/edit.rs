//! `edit`.

use std::env;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};

use clap::Args;
use seachange_graph::Target;
use seachange_source::RevisionFiles;

use crate::Error;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::interrupt;
use crate::cli::new_revision::sources;
use crate::cli::problem::Diagnostic;

/// The variables that name the editor; the first that is not empty is used.
const VARIABLES: [&str; 2] = ["VISUAL", "EDITOR"];

/// Arguments of `edit`.
#[derive(Debug, Args)]
pub(crate) struct EditArgs {
    /// Any target: a revision id or the beginning of one, `head`, `heads`, `LABEL@head`, `current`, `-1`
    #[arg(value_name = "TARGET", allow_negative_numbers = true)]
    target: String,
}

/// The user's editor.
struct Editor {
    variable: &'static str,
    words: Vec<String>,
}

impl EditArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        let sources = sources(context)?;
        let files = self.files(context, &sources).await?;
        let editor = Editor::of_environment()?;
        let _listener = interrupt::leave_to_child();
        editor.open(&files)?;
        Ok(Exit::Success)
    }

    /// The files of the target. The database is read only if the target depends on it.
    async fn files(&self, context: &Context, sources: &RevisionFiles) -> Result<Vec<PathBuf>, Diagnostic> {
        let target: Target = self.target.parse().map_err(Error::from)?;
        let graph = sources.graph();
        let applied = context.standing(graph, target.is_relative()).await?;
        let found = graph.resolve(&applied, &target).map_err(Error::from)?;
        let files: Vec<PathBuf> =
            found.iter().filter_map(|revision| sources.file(&revision.id)).map(|file| file.path.clone()).collect();
        if files.is_empty() {
            return Err(Diagnostic::usage(format!("`{target}` stands for no revision")).hint("`history` lists them"));
        }
        Ok(files)
    }
}

impl Editor {
    fn of_environment() -> Result<Self, Diagnostic> {
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

    /// Opens the files, and waits until the editor exits.
    fn open(&self, files: &[PathBuf]) -> Result<(), Diagnostic> {
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
