//! `revision`.

use clap::Args;
use seachange_source::{Placement, RevisionBody, RevisionFiles, normalise};

use crate::command_line::CommandLine;
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::hints::place::place;
use crate::new_revision::NewFileArgs;
use crate::terminal::Terminal;

/// Arguments of `revision`.
#[derive(Debug, Args)]
pub struct NewRevisionArgs {
    #[command(flatten)]
    message: MessageArgs,
    /// The parent, instead of the only head: any target that means one revision, such as `LABEL@head`; `base` for a
    /// new base
    #[arg(long, value_name = "TARGET")]
    head: Option<String>,
    #[command(flatten)]
    file: NewFileArgs,
}

/// The message, as a positional argument or an option.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct MessageArgs {
    /// What the revision does, in a few words: the first line of the file, and its name
    #[arg(value_name = "MESSAGE")]
    text: Option<String>,
    /// The same, as in Alembic
    #[arg(short, long)]
    message: Option<String>,
}

impl MessageArgs {
    fn text(&self) -> String {
        self.text.iter().chain(&self.message).next().cloned().unwrap_or_default()
    }
}

impl NewRevisionArgs {
    /// The place of the new revision among `files`; `options` are further options that the user typed.
    ///
    /// # Errors
    ///
    /// A place that is not valid, with the commands that would work.
    pub fn place(&self, files: &RevisionFiles, options: &[&str]) -> Result<Placement, Diagnostic> {
        let asked = self.file.asked(self.head.as_slice())?;
        files.place(&asked).map_err(|error| place(&error, files, &self.typed(options)))
    }

    /// The place of a new revision at a target, instead of that which the user has named.
    ///
    /// # Errors
    ///
    /// A place that is not valid, with the commands that would work.
    pub fn place_at(&self, files: &RevisionFiles, target: &str, options: &[&str]) -> Result<Placement, Diagnostic> {
        let asked = self.file.asked(&[target.to_owned()])?;
        files.place(&asked).map_err(|error| place(&error, files, &self.typed(options)))
    }

    /// The parent that the user has named.
    pub fn head(&self) -> Option<&str> {
        self.head.as_deref()
    }

    /// The message.
    pub fn message(&self) -> String {
        self.message.text()
    }

    /// Writes the file at a place, and prints its path.
    ///
    /// # Errors
    ///
    /// A file that cannot be written.
    pub fn write(
        self,
        terminal: Terminal,
        files: &RevisionFiles,
        place: Placement,
        body: Option<RevisionBody>,
    ) -> Result<Exit, Diagnostic> {
        let message = self.message.text();
        self.file.write(terminal, files, place, message, body)
    }

    fn typed(&self, options: &[&str]) -> CommandLine {
        let options = options.iter().map(|&option| option.to_owned());
        let message = ["-m".to_owned(), normalise(&self.message.text())];
        CommandLine {
            command: "revision",
            option: Some("--head"),
            parents: self.head.iter().cloned().collect(),
            rest: self.file.words().into_iter().chain(options).chain(message).collect(),
        }
    }
}
