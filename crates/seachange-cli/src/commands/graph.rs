//! `graph`.

mod json;

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use seachange_graph::draw::GraphLayout;

use crate::describe;
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::output_file;
use crate::project::Project;
use crate::terminal::Terminal;

/// Mermaid draws no more lines than this, unless its `maxEdges` is set.
const MERMAID_EDGES: usize = 500;

/// Arguments of `graph`.
#[derive(Debug, Args)]
pub struct GraphArgs {
    /// The format to write; by default that of the file name, or else mermaid
    #[arg(long, value_name = "FORMAT")]
    format: Option<GraphFormat>,
    /// Write to a file, replacing an existing one
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Read the database, and mark applied, pending and current revisions
    #[arg(long)]
    current: bool,
}

/// The formats of the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum GraphFormat {
    /// For Markdown: code hosting sites draw it
    Mermaid,
    /// For Graphviz
    Dot,
    /// A picture that needs no other file
    Svg,
    /// One JSON document: the revisions and the lines between them
    Json,
}

/// The file name extensions and their formats.
const ENDINGS: [(&str, GraphFormat); 6] = [
    ("mmd", GraphFormat::Mermaid),
    ("mermaid", GraphFormat::Mermaid),
    ("dot", GraphFormat::Dot),
    ("gv", GraphFormat::Dot),
    ("svg", GraphFormat::Svg),
    ("json", GraphFormat::Json),
];

impl GraphArgs {
    /// Whether applied revisions are marked.
    pub fn reads_database(&self) -> bool {
        self.current
    }

    /// Writes the graph; `applied` are the applied revisions, if the database was read.
    pub fn run(
        self,
        terminal: Terminal,
        project: &Project<'_>,
        applied: Option<&HashSet<String>>,
    ) -> Result<Exit, Diagnostic> {
        let format = self.format()?;
        let layout = project.layout(applied);
        let text = format.write(&layout, project)?;
        if format == GraphFormat::Mermaid && layout.edges().len() > MERMAID_EDGES {
            let lines = layout.edges().len();
            terminal.warn(format!(
                "mermaid draws {MERMAID_EDGES} lines unless its `maxEdges` is set, and there are {lines}; \
                 `--format svg` has no limit"
            ));
        }
        match &self.output {
            None => terminal.answer_raw(text.trim_end()),
            Some(path) => {
                output_file::write(path, &text)?;
                let count = describe::revisions(project.graph().len());
                terminal.status(format!("wrote {count} to `{}`", path.display()));
            }
        }
        Ok(Exit::Success)
    }

    /// The requested format, or that of the file name. A file name with the extension of another format is an error;
    /// a name without an extension has no effect.
    fn format(&self) -> Result<GraphFormat, Diagnostic> {
        let file = self.output.as_deref();
        match (self.format, file.and_then(|file| Some((file, file.extension()?)))) {
            (Some(format), _) => Ok(format),
            (None, None) => Ok(GraphFormat::Mermaid),
            (None, Some((file, ending))) => GraphFormat::of(ending).ok_or_else(|| unknown_ending(file, ending)),
        }
    }
}

impl GraphFormat {
    /// The format of files with this extension.
    fn of(ending: &OsStr) -> Option<Self> {
        let ending = ending.to_ascii_lowercase();
        ENDINGS.iter().find(|(known, _)| ending == *known).map(|&(_, format)| format)
    }

    fn write(self, picture: &GraphLayout<'_>, project: &Project<'_>) -> Result<String, Diagnostic> {
        match self {
            Self::Mermaid => Ok(picture.mermaid()),
            Self::Dot => Ok(picture.dot()),
            Self::Svg => Ok(picture.svg()),
            Self::Json => json::write(picture, project),
        }
    }
}

fn unknown_ending(file: &Path, ending: &OsStr) -> Diagnostic {
    let known = ENDINGS.map(|(ending, _)| format!("`.{ending}`")).join(", ");
    let (file, ending) = (file.to_string_lossy(), ending.display());
    let written = shell_words::quote(&file);
    Diagnostic::usage(format!("`graph` cannot write `.{ending}`, as in `{file}`; it writes {known}"))
        .hint(format!("to write that file anyway, name the format: `graph --format svg -o {written}`"))
}
