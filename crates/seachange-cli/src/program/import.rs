//! `import`: the migrations of another tool, converted into revisions of the migration crate.
//!
//! Each tool has a module that reads its project and gives revisions. In reading order:
//!
//! - `layout`: which tool a folder belongs to;
//! - `revision`: a revision that was read, and its files;
//! - `target`: the migration crate that the revisions are written into, and the changes of files;
//! - `copies`: copies of the workspace, on which the result is tried out;
//! - `replay`: the comparison with what the old tool makes;
//! - `sql_folder`: folders of SQL files, of sqlx, dbmate, golang-migrate and diesel;
//! - `trial`: the trial of a converted crate;
//! - `alembic`: projects of Alembic;
//! - `sea_orm`: crates of sea-orm-migration.

mod alembic;
mod copies;
mod layout;
mod replay;
mod revision;
mod sea_orm;
mod sql_folder;
mod target;
mod trial;

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::init::CrateArgs;
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::scaffold::{DATABASES, EngineArgs};
use crate::terminal::Terminal;
use layout::{Layout, Tool};

/// Arguments of `import`.
#[derive(Debug, Clone, Args)]
pub(super) struct ImportArgs {
    /// The project, or the folder of migrations, of the other tool. A crate of sea-orm-migration is converted in its
    /// place; everything else stays unchanged
    #[arg(long, value_name = "PATH")]
    source: PathBuf,
    /// A folder of migrations in the project, where it is not the usual one; may be repeated for dbmate
    #[arg(long, value_name = "DIR")]
    migrations_dir: Vec<PathBuf>,
    /// The other tool, where the files do not show it
    #[arg(long, value_name = "TOOL")]
    from: Option<Tool>,
    /// The folder of the migration crate, if the workspace has none yet [default: migration]
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The name of a new migration crate, if it is not that of the folder
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    engine: EngineArgs,
    /// A database that the migrations are for; may be repeated [default: those that SeaORM has in the workspace, or
    /// sqlite]
    #[arg(long, value_name = "DATABASE", value_parser = PossibleValuesParser::new(DATABASES))]
    database: Vec<String>,
    /// A database server on which the result is tried out: two databases are made there, and dropped; SQLite needs none
    #[arg(long, env = "SCRATCH_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    scratch_url: Option<String>,
    /// The Python that has Alembic [default: that of the program `alembic`, or else `python3`]
    #[arg(long, value_name = "PROGRAM")]
    python: Option<PathBuf>,
    /// Print what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Write the files, and neither build them nor try them out
    #[arg(long)]
    no_build: bool,
    /// Write into a project that has changes which git does not have yet
    #[arg(long)]
    allow_dirty: bool,
}

impl ImportArgs {
    /// Converts the project.
    ///
    /// # Errors
    ///
    /// A project that cannot be read, one that conflicts with the migration crate, and a result that does not build or
    /// makes another schema.
    pub(super) fn run(self, here: &Path, terminal: Terminal) -> Result<Exit, Diagnostic> {
        let layout = Layout::recognise(&here.join(&self.source), self.from)?;
        match layout.tool {
            Tool::SeaOrmMigration => sea_orm::run(&self, here, terminal),
            Tool::Alembic => alembic::run(&layout, &self, here, terminal),
            Tool::Sqlx | Tool::Dbmate | Tool::GolangMigrate | Tool::Diesel => {
                sql_folder::run(&layout, &self, here, terminal)
            }
        }
    }

    /// The arguments of the migration crate, as `init` takes them.
    fn of_crate(&self) -> CrateArgs {
        CrateArgs {
            dir: self.dir.clone(),
            name: self.name.clone(),
            engine: self.engine.clone(),
            database: self.database.clone(),
        }
    }
}
