//! `init`.

use std::path::{Path, PathBuf};

use clap::Args;
use seachange_source::init::{EngineDependency, init};

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::problem::Problem;

/// Arguments of `init`.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The folder of the new crate; it must not exist, or be empty
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// The name of the crate, if it is not that of the folder
    #[arg(long)]
    name: Option<String>,
    /// Take the engine from this folder, which holds its crates, instead of crates.io
    #[arg(long, value_name = "DIR")]
    engine_path: Option<PathBuf>,
}

impl InitArgs {
    pub(crate) fn run(self, context: &Context) -> Result<Exit, Problem> {
        let name = self.name.or_else(|| name_of(&self.dir));
        let name = name.ok_or_else(|| Problem::usage("the folder gives the crate no name").hint("say `--name`"))?;
        let engine = match self.engine_path {
            Some(path) => EngineDependency::Path(path),
            None => EngineDependency::Version(env!("CARGO_PKG_VERSION").to_owned()),
        };
        let scaffold = init(&self.dir, &name, &engine)?;
        for file in &scaffold.files {
            context.terminal.answer(context.project.shown(file));
        }
        if let Some(workspace) = scaffold.workspace {
            let workspace = context.project.shown(&workspace);
            context.terminal.say(format!("add the crate to the `members` of `{workspace}`"));
        }
        context.terminal.say(format!("write the first revision: cargo run -p {name} -- revision -m \"create users\""));
        Ok(Exit::Success)
    }
}

/// The name of a folder, which may be `.` as well.
fn name_of(dir: &Path) -> Option<String> {
    Some(std::path::absolute(dir).ok()?.file_name()?.to_str()?.to_owned())
}
