//! `graph`.

mod json;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use seachange_graph::draw::Picture;

use crate::cli::context::Context;
use crate::cli::describe;
use crate::cli::exit::Exit;
use crate::cli::output_file;
use crate::cli::picture;
use crate::cli::problem::Problem;
use crate::revision::Migrations;

/// More lines than this Mermaid does not draw, unless its `maxEdges` says so.
const MERMAID_EDGES: usize = 500;

/// Arguments of `graph`.
#[derive(Debug, Args)]
pub(crate) struct GraphArgs {
    /// What to write; left out, the name of the file says, or else it is mermaid
    #[arg(long, value_name = "FORMAT")]
    format: Option<GraphFormat>,
    /// Write to a file, replacing one that is there
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Ask the database, and mark what is applied, what is pending, and where it stands
    #[arg(long)]
    current: bool,
}

/// What the graph is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum GraphFormat {
    /// For Markdown: code forges draw it
    Mermaid,
    /// For Graphviz
    Dot,
    /// A picture that needs nothing else
    Svg,
    /// One JSON document: revisions, and the lines between them
    Json,
}

impl GraphArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Problem> {
        let migrations = context.project.migrations;
        let graph = context.graph()?;
        let applied = if self.current { Some(picture::applied(context).await?) } else { None };
        let picture = picture::picture(graph, migrations, applied.as_ref());
        let text = self.format().write(&picture, migrations)?;
        if self.format() == GraphFormat::Mermaid && picture.edges().len() > MERMAID_EDGES {
            let lines = picture.edges().len();
            context.terminal.warn(format!(
                "mermaid draws {MERMAID_EDGES} lines unless its `maxEdges` is set, and there are {lines}; \
                 `--format svg` has no limit"
            ));
        }
        match &self.output {
            None => context.terminal.answer(text.trim_end()),
            Some(path) => {
                output_file::write(path, &text)?;
                let count = describe::revisions(graph.len());
                context.terminal.say(format!("wrote {count} to `{}`", path.display()));
            }
        }
        Ok(Exit::Success)
    }

    fn format(&self) -> GraphFormat {
        let of_file = || GraphFormat::of(self.output.as_deref()?);
        self.format.or_else(of_file).unwrap_or(GraphFormat::Mermaid)
    }
}

impl GraphFormat {
    /// The format that the name of a file says.
    fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_ascii_lowercase().to_str()? {
            "mmd" | "mermaid" => Some(Self::Mermaid),
            "dot" | "gv" => Some(Self::Dot),
            "svg" => Some(Self::Svg),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    fn write(self, picture: &Picture<'_>, migrations: &Migrations) -> Result<String, Problem> {
        match self {
            Self::Mermaid => Ok(picture.mermaid()),
            Self::Dot => Ok(picture.dot()),
            Self::Svg => Ok(picture.svg()),
            Self::Json => json::write(picture, migrations),
        }
    }
}
