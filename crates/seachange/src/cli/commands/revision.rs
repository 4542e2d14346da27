//! `revision`.

mod autogenerate;

use clap::Args;
use seachange_source::normalise;

use crate::cli::command_line::CommandLine;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::hints::place;
use crate::cli::new_revision::{NewFileArgs, sources};
use crate::cli::problem::Diagnostic;
use autogenerate::AutogenerateArgs;
pub(super) use autogenerate::verified;

/// Arguments of `revision`.
#[derive(Debug, Args)]
pub(crate) struct RevisionArgs {
    #[command(flatten)]
    message: MessageArgs,
    /// The parent, instead of the only head: any target that means one revision, such as `LABEL@head`; `base` for a
    /// new base
    #[arg(long, value_name = "TARGET")]
    head: Option<String>,
    #[command(flatten)]
    file: NewFileArgs,
    #[command(flatten)]
    autogenerate: AutogenerateArgs,
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

impl RevisionArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        let sources = sources(context)?;
        let asked = self.file.asked(self.head.as_slice())?;
        let place = sources.place(&asked).map_err(|error| place(&error, &sources, &self.typed()))?;
        if self.autogenerate.is_asked_for() {
            let message = self.message.text();
            return self.autogenerate.run(context, &sources, place, self.file, message).await;
        }
        self.file.write(context, &sources, place, self.message.text(), None)
    }

    fn typed(&self) -> CommandLine {
        let autogenerate = self.autogenerate.is_asked_for().then(|| "--autogenerate".to_owned());
        let message = ["-m".to_owned(), normalise(&self.message.text())];
        CommandLine {
            command: "revision",
            option: Some("--head"),
            parents: self.head.iter().cloned().collect(),
            rest: self.file.words().into_iter().chain(autogenerate).chain(message).collect(),
        }
    }
}
