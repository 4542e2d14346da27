//! Which tool a folder of migrations belongs to.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::super::manifest::Manifest;
use crate::diagnostic::{Diagnostic, reason};
use crate::project::shown;

/// A tool whose migrations can be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Tool {
    /// A crate with a `MigratorTrait`.
    SeaOrmMigration,
    /// Alembic, of SQLAlchemy.
    Alembic,
    /// `VERSION_NAME.sql`, or `VERSION_NAME.up.sql` and `VERSION_NAME.down.sql`.
    Sqlx,
    /// `VERSION_NAME.sql` with `-- migrate:up` and `-- migrate:down`.
    Dbmate,
    /// `VERSION_NAME.up.sql` and `VERSION_NAME.down.sql`.
    GolangMigrate,
    /// `VERSION_NAME/up.sql` and `VERSION_NAME/down.sql`.
    Diesel,
}

impl fmt::Display for Tool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::SeaOrmMigration => "sea-orm-migration",
            Self::Alembic => "Alembic",
            Self::Sqlx => "sqlx",
            Self::Dbmate => "dbmate",
            Self::GolangMigrate => "golang-migrate",
            Self::Diesel => "diesel",
        })
    }
}

/// A project of another tool.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// The tool.
    pub(super) tool: Tool,
    /// The folder by which it was recognised: of the migrations, or of the project.
    pub(super) folder: PathBuf,
    /// The folder that the user named.
    pub(super) source: PathBuf,
}

/// Folders in which projects keep their migrations.
const USUAL: [&str; 4] = ["migrations", "db/migrations", "migration", "alembic"];

impl Layout {
    /// Finds out which tool the folder `source` belongs to, or takes the one that is `named`. The migrations are in the
    /// folder itself or in one of the usual folders below it.
    ///
    /// # Errors
    ///
    /// A folder that cannot be read, or that is of no tool or of several.
    pub(super) fn recognise(source: &Path, named: Option<Tool>) -> Result<Self, Diagnostic> {
        check_folder(source)?;
        let folders = [source.to_owned()].into_iter().chain(USUAL.map(|usual| source.join(usual)));
        let mut found = folders.map(|folder| (tools(&folder), folder));
        let layout = |tool: Tool, folder: PathBuf| Self { tool, folder, source: source.to_owned() };
        if let Some(tool) = named {
            let matching = found.find(|(tools, _)| tools.contains(&tool));
            let folder = matching.map_or_else(|| source.to_owned(), |(_, folder)| folder);
            return Ok(layout(tool, folder));
        }
        match found.find(|(tools, _)| !tools.is_empty()) {
            None => Err(unknown(source)),
            Some((tools, folder)) => match tools.as_slice() {
                [tool] => Ok(layout(*tool, folder)),
                several => by_project(several, &folder)
                    .map(|tool| layout(tool, folder.clone()))
                    .ok_or_else(|| ambiguous(&folder, several)),
            },
        }
    }
}

/// The tools whose files a folder has.
fn tools(folder: &Path) -> Vec<Tool> {
    let files = Listing::of(folder);
    let sql: Vec<SqlName> = files.files.iter().filter_map(|name| SqlName::of(name)).collect();
    let is_simple = sql.contains(&SqlName::Simple);
    let has_pairs = sql.contains(&SqlName::Reversible);
    let is_dbmate = is_simple && files.files.iter().any(|name| is_dbmate_file(&folder.join(name)));
    let is_diesel = files.folders.iter().any(|name| folder.join(name).join("up.sql").is_file());
    let found = [
        (Tool::SeaOrmMigration, is_sea_orm_migration(folder)),
        (Tool::Alembic, files.has("alembic.ini") || (files.has("env.py") && files.has_folder("versions"))),
        (Tool::Sqlx, (is_simple || has_pairs) && !is_dbmate),
        (Tool::Dbmate, is_dbmate),
        (Tool::GolangMigrate, has_pairs && !is_simple),
        (Tool::Diesel, is_diesel || files.has("diesel.toml")),
    ];
    found.into_iter().filter(|(_, is_found)| *is_found).map(|(tool, _)| tool).collect()
}

/// The kind of a file name of SQL.
#[derive(Debug, PartialEq, Eq)]
enum SqlName {
    Simple,
    Reversible,
}

impl SqlName {
    /// The kind of the name `VERSION_NAME.sql`, with or without a direction.
    fn of(name: &str) -> Option<Self> {
        let stem = name.strip_suffix(".sql")?;
        let (version, _) = stem.split_once('_')?;
        let is_version = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
        let is_reversible = stem.ends_with(".up") || stem.ends_with(".down");
        is_version.then_some(if is_reversible { Self::Reversible } else { Self::Simple })
    }
}

/// The names in a folder; those that are not UTF-8 are left out.
#[derive(Default)]
struct Listing {
    files: Vec<String>,
    folders: Vec<String>,
}

impl Listing {
    /// The names in a folder; none if it cannot be read.
    fn of(folder: &Path) -> Self {
        let mut listing = Self::default();
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let is_folder = entry.path().is_dir();
            if is_folder { listing.folders.push(name) } else { listing.files.push(name) }
        }
        listing
    }

    fn has(&self, file: &str) -> bool {
        self.files.iter().any(|name| name == file)
    }

    fn has_folder(&self, folder: &str) -> bool {
        self.folders.iter().any(|name| name == folder)
    }
}

fn is_dbmate_file(path: &Path) -> bool {
    let text = fs::read(path).unwrap_or_default();
    String::from_utf8_lossy(&text).lines().any(|line| {
        line.trim_start_matches('\u{feff}').strip_prefix("--").is_some_and(|line| line.trim().starts_with("migrate:up"))
    })
}

fn is_sea_orm_migration(folder: &Path) -> bool {
    let manifest = Manifest::read(folder).ok().flatten();
    manifest
        .is_some_and(|manifest| manifest.package().is_some() && !manifest.dependencies("sea-orm-migration").is_empty())
}

/// The tool among `several` that the project around a folder depends on.
fn by_project(several: &[Tool], folder: &Path) -> Option<Tool> {
    let depends = |tool: Tool| match tool {
        Tool::Sqlx => {
            Manifest::nearest(folder).ok().flatten().is_some_and(|manifest| !manifest.dependencies("sqlx").is_empty())
        }
        Tool::GolangMigrate => folder.ancestors().any(|above| {
            fs::read_to_string(above.join("go.mod")).is_ok_and(|text| text.contains("golang-migrate/migrate"))
        }),
        _ => false,
    };
    let mut found = several.iter().copied().filter(|tool| depends(*tool));
    found.next().filter(|_| found.next().is_none())
}

fn check_folder(source: &Path) -> Result<(), Diagnostic> {
    match fs::read_dir(source) {
        Ok(_) => Ok(()),
        Err(error) => Err(Diagnostic::usage(format!("`{}` cannot be read: {}", shown(source), reason(&error)))
            .hint("`--source` names the folder of the project, or that of its migrations")),
    }
}

fn unknown(source: &Path) -> Diagnostic {
    Diagnostic::usage(format!("`{}` has no migrations of a known tool", shown(source)))
        .detail("sea-orm-migration: a crate that depends on it")
        .detail("alembic: `alembic.ini`, or `env.py` beside `versions`")
        .detail("sqlx: `VERSION_NAME.sql`, or `VERSION_NAME.up.sql` and `.down.sql`")
        .detail("dbmate: `VERSION_NAME.sql` with the line `-- migrate:up`")
        .detail("golang-migrate: `VERSION_NAME.up.sql` and `.down.sql`")
        .detail("diesel: `VERSION_NAME/up.sql`")
        .hint("`--source` names the folder of the migrations, and `--from` the tool")
}

fn ambiguous(folder: &Path, tools: &[Tool]) -> Diagnostic {
    let names: Vec<String> = tools.iter().map(Tool::to_string).collect();
    let problem = Diagnostic::usage(format!("`{}` may be of several tools: {}", shown(folder), names.join(", ")));
    tools.iter().fold(problem, |problem, tool| problem.hint(format!("`--from {}`", tool.word())))
}

impl Tool {
    /// The word for the tool on the command line.
    pub(super) fn word(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::fs;

    use super::{Layout, Tool};

    /// Recognises a folder with these files, each with its text.
    fn recognise(files: &[(&str, &str)], named: Option<Tool>) -> Result<(Tool, String), String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let found = Layout::recognise(folder.path(), named).map_err(|problem| problem.message)?;
        let below = found.folder.strip_prefix(folder.path()).unwrap().to_string_lossy().into_owned();
        Ok((found.tool, below))
    }

    fn check(files: &[(&str, &str)], tool: Tool, below: &str) {
        assert_eq!(recognise(files, None), Ok((tool, below.to_owned())));
    }

    const PAIR: [(&str, &str); 2] = [("1_a.up.sql", ""), ("1_a.down.sql", "")];

    #[test]
    fn a_tool_is_recognised_by_its_files() {
        check(&[("1_a.sql", "")], Tool::Sqlx, "");
        check(&[PAIR[0], ("2_b.sql", "")], Tool::Sqlx, "");
        check(&[("db/migrations/1_a.sql", "\u{feff}-- migrate:up\n")], Tool::Dbmate, "db/migrations");
        check(&[("migrations/2020-01-01-000000_a/up.sql", "")], Tool::Diesel, "migrations");
        check(&[("alembic.ini", ""), ("alembic/env.py", "")], Tool::Alembic, "");
        check(&[("env.py", ""), ("versions/a.py", "")], Tool::Alembic, "");
        let manifest = "[package]\nname = \"m\"\n[dependencies]\nsea-orm-migration = \"1\"\n";
        check(&[("migration/Cargo.toml", manifest)], Tool::SeaOrmMigration, "migration");
    }

    #[test]
    fn pairs_of_files_are_of_two_tools_unless_the_project_shows_which() {
        let message = recognise(&PAIR, None).unwrap_err();
        assert!(message.ends_with("` may be of several tools: sqlx, golang-migrate"), "{message}");
        assert_eq!(recognise(&PAIR, Some(Tool::GolangMigrate)), Ok((Tool::GolangMigrate, String::new())));
        let go = [PAIR[0], ("go.mod", "require github.com/golang-migrate/migrate/v4 v4.17.0\n")];
        check(&go, Tool::GolangMigrate, "");
        let rust = [PAIR[0], ("Cargo.toml", "[package]\nname = \"a\"\n[dependencies]\nsqlx = \"0.8\"\n")];
        check(&rust, Tool::Sqlx, "");
    }

    #[test]
    fn other_folders_are_refused() {
        let message = recognise(&[("readme.md", ""), ("schema.sql", "")], None).unwrap_err();
        assert!(message.ends_with("` has no migrations of a known tool"), "{message}");
        let message = Layout::recognise(std::path::Path::new("nowhere"), None).unwrap_err().message;
        assert_eq!(message, "`nowhere` cannot be read: no such file");
    }
}
