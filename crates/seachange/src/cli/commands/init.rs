//! `init`.

mod from_database;

use std::path::{Path, PathBuf};

use clap::Args;
use seachange_cli::{
    Diagnostic, Exit,
    file_plan::FilePlan,
    project::shown,
    scaffold::{DATABASES, EngineArgs, MigrationCrate, OWN_PACKAGE, VERSIONS, check_name, name_of, no_engine},
};

use crate::cli::compare_args::CompareArgs;
use crate::cli::context::Context;
use from_database::InitialRevision;

/// Arguments of `init`.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The folder of the new crate; it must be new or empty
    #[arg(value_name = "DIR", required_unless_present = "from_database")]
    dir: Option<PathBuf>,
    /// The name of the crate, if it is not that of the folder
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    engine: EngineArgs,
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
        check_name(&name).map_err(|problem| problem.hint("say `--name`"))?;
        if dir.exists() && !dir.is_dir() {
            return Err(Diagnostic::usage(format!("`{}` is not a folder", shown(dir))));
        }
        if dir.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(Diagnostic::usage(format!("`{}` exists and is not empty", shown(dir)))
                .hint("name a folder that does not exist yet"));
        }
        let engine = self.engine.source(dir)?.ok_or_else(no_engine)?;
        let migration = MigrationCrate {
            name: &name,
            package: OWN_PACKAGE,
            engine: &engine,
            databases: &DATABASES,
            entities: None,
        };
        let mut plan = FilePlan::default();
        for (file, text) in migration.files()?.into_iter().chain(migration.files_of_its_own()) {
            plan.create(dir.join(file), text)?;
        }
        plan.apply(context.terminal)?;
        if let Some(workspace) = workspace_above(dir) {
            context.terminal.status(format!("add the crate to the `members` of `{}`", shown(&workspace)));
        }
        Ok(name)
    }
}

/// Finds the nearest `Cargo.toml` with a `[workspace]` above `dir`.
fn workspace_above(dir: &Path) -> Option<PathBuf> {
    let dir = std::path::absolute(dir).ok()?;
    let manifests = dir.ancestors().skip(1).map(|folder| folder.join("Cargo.toml"));
    manifests.into_iter().find(|manifest| std::fs::read_to_string(manifest).is_ok_and(|text| has_workspace(&text)))
}

fn has_workspace(manifest: &str) -> bool {
    manifest.lines().map(str::trim).any(|line| line.starts_with("[workspace]") || line.starts_with("[workspace."))
}

#[cfg(test)]
mod tests {
    use super::has_workspace;

    #[test]
    fn a_manifest_of_a_workspace() {
        assert!(has_workspace("[package]\nname = \"a\"\n\n [workspace]\n"));
        assert!(has_workspace("[workspace.dependencies]\n"));
        assert!(!has_workspace("[package]\nname = \"workspace\"\nversion.workspace = true\n"));
    }
}
