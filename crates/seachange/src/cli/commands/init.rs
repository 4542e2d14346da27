//! `init`.

mod from_database;

use std::path::{Path, PathBuf};

use clap::Args;
use seachange_cli::{Diagnostic, Exit, project::shown};
use seachange_source::init::{SeachangeDependency, init};

use crate::cli::compare_args::CompareArgs;
use crate::cli::context::Context;
use from_database::InitialRevision;

/// The folder of the revisions in a new crate.
const VERSIONS: &str = "src/versions";

/// Arguments of `init`.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The folder of the new crate; it must be new or empty
    #[arg(value_name = "DIR", required_unless_present = "from_database")]
    dir: Option<PathBuf>,
    /// The name of the crate, if it is not that of the folder
    #[arg(long)]
    name: Option<String>,
    /// Use the engine from this folder, which contains its crates, instead of crates.io
    #[arg(long, value_name = "DIR")]
    engine_path: Option<PathBuf>,
    /// Write a first revision that creates what the database has now, and record it there as applied; without DIR, in
    /// this crate, which must have no revisions
    #[arg(long)]
    from_database: bool,
    /// The message of the first revision
    #[arg(short, long, requires = "from_database", default_value = "initial schema")]
    message: String,
    /// Do not verify the first revision before it is written
    #[arg(long, requires = "from_database")]
    no_verify: bool,
    /// Write only these tables, with the objects that belong to them; names or patterns, separated by commas
    #[arg(long, value_name = "TABLES", value_delimiter = ',', requires = "from_database")]
    only: Vec<String>,
    #[command(flatten)]
    comparing: CompareArgs,
}

impl InitArgs {
    pub(crate) async fn run(mut self, context: &Context) -> Result<Exit, Diagnostic> {
        self.comparing.add_tables(std::mem::take(&mut self.only));
        let first =
            InitialRevision { message: &self.message, is_verified: !self.no_verify, comparing: &self.comparing };
        match &self.dir {
            None => {
                let folder = from_database::own_folder(context)?;
                first.write(context, || Ok(folder)).await
            }
            Some(dir) if self.from_database => {
                let folder = || self.scaffold(context, dir).map(|_| dir.join(VERSIONS));
                first.write(context, folder).await
            }
            Some(dir) => {
                let name = self.scaffold(context, dir)?;
                let command = format!("cargo run -p {name} -- revision -m \"create users\"");
                context.terminal.status(format!("write the first revision: {command}"));
                Ok(Exit::Success)
            }
        }
    }

    /// Writes the crate, and returns its name.
    fn scaffold(&self, context: &Context, dir: &Path) -> Result<String, Diagnostic> {
        let name = self.name.clone().or_else(|| name_of(dir));
        let name = name.ok_or_else(|| Diagnostic::usage("the folder gives the crate no name").hint("say `--name`"))?;
        let engine = match &self.engine_path {
            Some(path) => SeachangeDependency::Path(path.clone()),
            None => SeachangeDependency::Version(env!("CARGO_PKG_VERSION").to_owned()),
        };
        let scaffold = init(dir, &name, &engine)?;
        for file in &scaffold.files {
            context.terminal.print(shown(file));
        }
        if let Some(workspace) = scaffold.workspace {
            let workspace = shown(&workspace);
            context.terminal.status(format!("add the crate to the `members` of `{workspace}`"));
        }
        Ok(name)
    }
}

/// The name of a folder, which may be given as `.`.
fn name_of(dir: &Path) -> Option<String> {
    Some(std::path::absolute(dir).ok()?.file_name()?.to_str()?.to_owned())
}
