//! `revision`.

use clap::Args;
use seachange_source::normalise;

use crate::cli::advice::place;
use crate::cli::authoring::{NewFileArgs, sources};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::problem::Problem;
use crate::cli::typed::Typed;

/// Arguments of `revision`.
#[derive(Debug, Args)]
pub(crate) struct RevisionArgs {
    /// What the revision does, in a few words: the first line of the file, and its name
    #[arg(short, long)]
    message: String,
    /// Come after this revision instead of the only head: any target that means one, as `LABEL@head`; `base` for a
    /// new root
    #[arg(long, value_name = "TARGET")]
    head: Option<String>,
    #[command(flatten)]
    file: NewFileArgs,
}

impl RevisionArgs {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Problem> {
        let sources = sources(context)?;
        let asked = self.file.asked(self.head.as_slice())?;
        let place = sources.place(&asked).map_err(|error| place(&error, &sources, &self.typed()))?;
        self.file.write(context, &sources, place, self.message)
    }

    fn typed(&self) -> Typed {
        let message = ["-m".to_owned(), normalise(&self.message)];
        Typed {
            command: "revision",
            option: Some("--head"),
            parents: self.head.iter().cloned().collect(),
            rest: self.file.words().into_iter().chain(message).collect(),
        }
    }
}
