//! The arguments and code of the commands that write a revision file.

use std::path::{Path, PathBuf};

use chrono::{SecondsFormat, Utc};
use clap::{Args, ValueEnum};
use seachange_graph::error::quoted;
use seachange_graph::{ParseTargetError, Target};
use seachange_source::{
    NewRevision, Placement, PlacementRequest, RevisionBody, RevisionFiles, SqlFileSystem, new_id, write_new_in,
};

use crate::crate_config::CrateConfig;
use crate::describe;
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::project::shown;
use crate::terminal::Terminal;

/// Arguments of every command that writes a revision file.
#[derive(Debug, Args)]
pub struct NewFileArgs {
    /// Allow a parent that has children already: the new revision starts a branch
    #[arg(long)]
    splice: bool,
    /// Name the branch that starts with the new revision; may be repeated
    #[arg(long, value_name = "LABEL")]
    branch_label: Vec<String>,
    /// A revision of another branch that must be applied before the new one; a label stays a label; may be repeated
    #[arg(long, value_name = "TARGET")]
    depends_on: Vec<String>,
    /// The id, instead of a random one of 12 hexadecimal digits
    #[arg(long, value_name = "ID")]
    rev_id: Option<String>,
    /// The folder of the file, one of those in `build.rs`; by default that of the parent
    #[arg(long, value_name = "DIR")]
    version_path: Option<PathBuf>,
    /// Write files of SQL beside the revision, for `up` and for `down`, which it runs; with systems, one file for each
    #[arg(
        long,
        value_name = "SYSTEMS",
        num_args = 0..=1,
        require_equals = true,
        value_delimiter = ',',
        default_missing_value = "any",
        hide_possible_values = true
    )]
    sql_files: Vec<SqlSystem>,
}

/// The system that a file of SQL is for.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum SqlSystem {
    Any,
    Postgres,
    #[value(name = "mysql", alias = "mariadb")]
    MySql,
    Sqlite,
}

impl From<SqlSystem> for SqlFileSystem {
    fn from(system: SqlSystem) -> Self {
        match system {
            SqlSystem::Any => Self::Any,
            SqlSystem::Postgres => Self::Postgres,
            SqlSystem::MySql => Self::MySql,
            SqlSystem::Sqlite => Self::Sqlite,
        }
    }
}

impl NewFileArgs {
    /// The requested place of the revision, after `parents`.
    pub fn asked(&self, parents: &[String]) -> Result<PlacementRequest, Diagnostic> {
        Ok(PlacementRequest {
            parents: targets(parents)?,
            depends_on: targets(&self.depends_on)?,
            splice: self.splice,
            folder: self.version_path.clone(),
        })
    }

    /// Writes the file, and prints its path.
    pub fn write(
        self,
        terminal: Terminal,
        sources: &RevisionFiles,
        place: Placement,
        message: String,
        bodies: Option<RevisionBody>,
    ) -> Result<Exit, Diagnostic> {
        let config = CrateConfig::read(sources.root())?;
        let systems = distinct(self.sql_files.into_iter().map(SqlFileSystem::from));
        let new = NewRevision {
            id: self.rev_id.unwrap_or_else(new_id),
            message,
            down_revision: place.down_revision,
            depends_on: place.depends_on,
            branch_labels: self.branch_label,
            bodies,
            sql_files: systems.clone(),
            template: config.template.clone(),
            created: Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
            ..NewRevision::default()
        };
        let path = write_new_in(&sources.paths(), &place.folder, &new)?;
        terminal.print(shown(&path));
        for file in systems.iter().flat_map(|system| system.files_beside(&path)) {
            terminal.print(shown(&file));
        }
        config.run_hooks(&path, terminal)?;
        Ok(Exit::Success)
    }

    /// The arguments as the user would type them.
    pub fn words(&self) -> Vec<String> {
        let mut words: Vec<String> = self.splice.then(|| "--splice".to_owned()).into_iter().collect();
        if !self.sql_files.is_empty() {
            let systems: Vec<String> = self
                .sql_files
                .iter()
                .filter_map(|system| Some(system.to_possible_value()?.get_name().to_owned()))
                .collect();
            words.push(format!("--sql-files={}", systems.join(",")));
        }
        let folder = self.version_path.as_ref().map(|path| path.to_string_lossy().into_owned());
        let named = [
            ("--branch-label", self.branch_label.iter()),
            ("--depends-on", self.depends_on.iter()),
            ("--rev-id", self.rev_id.as_slice().iter()),
            ("--version-path", folder.as_slice().iter()),
        ];
        for (name, values) in named {
            words.extend(values.flat_map(|value| [name.to_owned(), value.clone()]));
        }
        words
    }
}

/// The systems, each once.
fn distinct(systems: impl IntoIterator<Item = SqlFileSystem>) -> Vec<SqlFileSystem> {
    systems.into_iter().fold(Vec::new(), |mut distinct, system| {
        if !distinct.contains(&system) {
            distinct.push(system);
        }
        distinct
    })
}

fn targets(texts: &[String]) -> Result<Vec<Target>, Diagnostic> {
    Ok(texts.iter().map(|text| text.parse()).collect::<Result<_, ParseTargetError>>()?)
}

/// Reads the files of the crate in the folder `root`. If the program has `known` revisions but there are no files,
/// that is an error: the files are missing, and a new revision would not be consistent with them.
pub fn read_files<P: AsRef<Path>>(
    root: &Path,
    folders: impl IntoIterator<Item = P>,
    known: usize,
) -> Result<RevisionFiles, Diagnostic> {
    if !root.is_dir() {
        let folder = root.display();
        return Err(Diagnostic::usage(format!("the folder of the migration crate does not exist: `{folder}`"))
            .hint("the command works on source files: run it where they are"));
    }
    // Paths are relative to the working directory, so that errors name files as the user would type them.
    let files = RevisionFiles::read(Path::new(&shown(root)), folders)?;
    if known > 0 && files.graph().is_empty() { Err(no_files(&files.paths(), known)) } else { Ok(files) }
}

fn no_files(folders: &[PathBuf], known: usize) -> Diagnostic {
    let folders: Vec<_> = folders.iter().map(|folder| folder.to_string_lossy()).collect();
    let count = describe::revisions(known);
    Diagnostic::usage(format!("no revision files in {}, though this program has {count}", quoted(&folders)))
        .hint("restore the files, for example with `git restore`")
        .hint("if they were removed on purpose, build the program again: then `revision` writes the first")
}

#[cfg(test)]
mod tests {
    use seachange_source::SqlFileSystem::{Postgres, Sqlite};

    #[test]
    fn a_system_that_is_named_twice_has_one_file() {
        assert_eq!(super::distinct([Postgres, Sqlite, Postgres]), [Postgres, Sqlite]);
    }
}
