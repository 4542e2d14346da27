//! What a command tells the code of revisions.

use clap::Args;

use crate::run_arguments::RunArguments;

/// Arguments for the code of revisions, and how alterations treat values.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct CodeArgs {
    /// Do not count the values that a change of a column's type would not keep [the count reads the whole table]
    #[arg(long)]
    no_count_losses: bool,
    #[command(flatten)]
    arguments: RunArgumentArgs,
}

/// Arguments that revisions can read.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct RunArgumentArgs {
    /// A value that revisions read by `x_argument("NAME")`; may be repeated
    #[arg(short, value_name = "NAME=VALUE", value_parser = value)]
    x: Vec<(String, String)>,
    /// A text that revisions read by `tag_argument()`
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
}

impl CodeArgs {
    /// The arguments of a command that has no choice about losses.
    pub(crate) fn of(arguments: RunArgumentArgs) -> Self {
        Self { no_count_losses: false, arguments }
    }

    pub(crate) fn counts_losses(&self) -> bool {
        !self.no_count_losses
    }

    pub(crate) fn arguments(&self) -> RunArguments {
        self.arguments.arguments()
    }
}

impl RunArgumentArgs {
    pub(crate) fn arguments(&self) -> RunArguments {
        let with_values = self.x.iter().fold(RunArguments::new(), |all, (name, value)| all.x(name, value));
        self.tag.iter().fold(with_values, |all, tag| all.tag(tag))
    }
}

/// Reads `NAME=VALUE`; a name alone has an empty value, as in Alembic.
fn value(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    if name.is_empty() { Err("expected `NAME=VALUE`".to_owned()) } else { Ok((name.to_owned(), value.to_owned())) }
}
