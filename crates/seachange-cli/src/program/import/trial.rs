//! The trial of a conversion, on a copy of the workspace: the converted crate is compiled, and its revisions have to make
//! the schema that the old migrations make.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use toml_edit::{Array, DocumentMut, Item, Value};

use super::copies::{BuiltProgram, Copies};
use crate::diagnostic::{Diagnostic, SPELLED_OUT, reason};
use crate::exit::Exit;
use crate::file_plan::FilePlan;
use crate::project::shown;
use crate::terminal::Terminal;

/// The name of an empty file.
const EMPTY: &str = "empty.env";

/// The program that applies the old migrations.
const OLD_PROGRAM: &str = "seachange-import-old";

/// A workspace with a migration crate that is to be converted.
#[derive(Debug)]
pub(super) struct Trial<'a> {
    /// The folder of the workspace.
    pub(super) workspace: &'a Path,
    /// The folder of the migration crate.
    pub(super) krate: &'a Path,
    /// The name of its package.
    pub(super) package: &'a str,
}

/// The old migrations, and where they run.
#[derive(Debug)]
pub(super) struct OldMigrations<'a> {
    /// The path of the old type, such as `migration::Migrator`.
    pub(super) migrator: &'a str,
    /// The table that is not compared: the record of the old tool.
    pub(super) record: &'a str,
    /// The database system.
    pub(super) url: ScratchUrl,
}

impl Trial<'_> {
    /// Compiles a copy of the workspace with the planned changes, and compares: the old migrations run on an empty
    /// database, the revisions on another one.
    ///
    /// # Errors
    ///
    /// What does not compile, with rustc's lines, and the differences of the schemas. The project is unchanged.
    pub(super) fn run(&self, plan: &FilePlan, old: &OldMigrations<'_>, terminal: Terminal) -> Result<(), Diagnostic> {
        let copies = Copies::of(self.workspace)?;
        terminal.status("compiling the converted crate, on a copy");
        let program = copies.build(plan, self.krate, self.package).map_err(|problem| {
            problem
                .detail("nothing was written")
                .hint("`--no-build` writes the files as they are, to be corrected by hand")
        })?;
        terminal.status("running the old migrations and the revisions, each on an empty database");
        let old_program = self.old_program(&copies, old.migrator)?;
        let database = ScratchDatabase::create(&copies, &old_program, &old.url)?;
        let compared = database
            .apply(&old_program)
            .and_then(|()| self.compare(&program, &copies, &database.url, old.record, terminal));
        let dropped = database.drop(&old_program);
        compared?;
        dropped.into_iter().for_each(|warning| terminal.warn(warning));
        Ok(())
    }

    /// Compiles a program that runs the old migrations: what the crate's own program does beside them is unknown.
    fn old_program(&self, copies: &Copies, migrator: &str) -> Result<PathBuf, Diagnostic> {
        let old = copies.make("old")?;
        let krate = copies.place(self.krate, &old);
        let failed = |error: std::io::Error| {
            Diagnostic::new(Exit::Failure, format!("the old migrations cannot be run: {}", reason(&error)))
        };
        let main = krate.join(format!("src/bin/{OLD_PROGRAM}.rs"));
        let manifest = krate.join("Cargo.toml");
        let text = fs::read_to_string(&manifest).map_err(failed)?;
        let (text, tokio) = with_old_program(&text).ok_or_else(|| {
            Diagnostic::new(Exit::Failure, "the old migrations cannot be run: `Cargo.toml` has an unusual shape")
        })?;
        let template = include_str!("../../template/import/old_migrations.rs.txt");
        let program = template.replace("{migrator}", migrator).replace("{tokio}", &tokio);
        fs::create_dir_all(krate.join("src/bin")).and_then(|()| fs::write(&main, program)).map_err(failed)?;
        fs::write(&manifest, text).map_err(failed)?;
        copies.compile(&old, self.package, Some(OLD_PROGRAM)).map_err(|problem| {
            problem
                .detail("these are errors of the old crate: nothing was compared, and nothing was written")
                .hint("`--no-build` writes the files without building and trying them out")
        })
    }

    fn compare(
        &self,
        program: &BuiltProgram,
        copies: &Copies,
        url: &str,
        record: &str,
        terminal: Terminal,
    ) -> Result<(), Diagnostic> {
        let mut check = program.command();
        check.args(["check", "--revisions", "--exclude-table", record]);
        // The URL is no argument: other users of the machine see arguments. The project's settings have no effect.
        let of_settings = |name: &OsString| name.to_string_lossy().starts_with("DATABASE_");
        std::env::vars_os().map(|(name, _)| name).filter(of_settings).for_each(|name| _ = check.env_remove(name));
        check.env("DATABASE_URL", url).env("SEACHANGE_ENV_FILE", copies.folder().join(EMPTY));
        let output = check.stdin(Stdio::null()).output();
        let output = output.map_err(|error| {
            Diagnostic::new(Exit::Failure, format!("`{}` cannot be started: {}", shown(&program.path), reason(&error)))
        })?;
        let [found, said] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
        match output.status.code() {
            Some(0) => {
                terminal.status("the revisions make the same schema as the old migrations");
                Ok(())
            }
            Some(code) if code == Exit::Differs as i32 => {
                let message = "the revisions make another schema than the old migrations; nothing was written";
                let problem = Diagnostic::new(Exit::Differs, message);
                let problem =
                    problem.detail("`-` is what only the old migrations make, `+` what only the revisions make");
                Err(found.lines().fold(problem, |problem, line| problem.detail(line)))
            }
            _ => {
                let message = "the revisions cannot be compared with the old migrations; nothing was written";
                Err(said.lines().fold(Diagnostic::new(Exit::Failure, message), |problem, line| problem.detail(line)))
            }
        }
    }
}

/// An empty database, on which the old migrations run.
struct ScratchDatabase {
    url: String,
    /// The server that it is on, and its name there.
    server: Option<(String, String)>,
}

impl ScratchDatabase {
    fn create(copies: &Copies, program: &Path, url: &ScratchUrl) -> Result<Self, Diagnostic> {
        let failed = |error: std::io::Error| {
            Diagnostic::new(Exit::Failure, format!("`{}`: {}", shown(copies.folder()), reason(&error)))
        };
        fs::write(copies.folder().join(EMPTY), "").map_err(failed)?;
        match url {
            ScratchUrl::Sqlite => {
                let file = copies.folder().join("old.sqlite");
                match fs::remove_file(&file) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
                    _ => {}
                }
                Ok(Self { url: format!("sqlite://{}?mode=rwc", file.display()), server: None })
            }
            ScratchUrl::Server(server) => {
                let name = format!("seachange_import_{}", std::process::id());
                let url = with_database(server, &name).ok_or_else(|| {
                    Diagnostic::usage("`--scratch-url` names no server")
                        .hint("such as `postgres://user:password@localhost/postgres`")
                })?;
                run(program, server, Some(&format!("CREATE DATABASE {name}")))
                    .map_err(|problem| problem.detail("no database could be made on the server of `--scratch-url`"))?;
                Ok(Self { url, server: Some((server.clone(), name)) })
            }
        }
    }

    /// Runs the old migrations.
    fn apply(&self, program: &Path) -> Result<(), Diagnostic> {
        run(program, &self.url, None)
            .map_err(|problem| problem.detail("these are the old migrations, on an empty database"))
    }

    /// Drops the database; returns a warning if it is left.
    fn drop(&self, program: &Path) -> Option<String> {
        let (server, name) = self.server.as_ref()?;
        let dropped = run(program, server, Some(&format!("DROP DATABASE {name}")));
        dropped
            .err()
            .map(|problem| format!("the database `{name}` is left on the server: {}", problem.details.join("; ")))
    }
}

/// Runs the program on a database: a statement, or all migrations.
fn run(program: &Path, url: &str, statement: Option<&str>) -> Result<(), Diagnostic> {
    let mut command = Command::new(program);
    command.env("SEACHANGE_IMPORT_URL", url).args(statement).stdin(Stdio::null());
    let output = command.output().map_err(|error| {
        Diagnostic::new(Exit::Failure, format!("the old migrations cannot be run: {}", reason(&error)))
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let problem = Diagnostic::new(Exit::Failure, "the old migrations cannot be run; nothing was written");
    Err(said.lines().filter(|line| !line.trim().is_empty()).take(SPELLED_OUT).fold(problem, Diagnostic::detail))
}

/// The URL with another database.
fn with_database(url: &str, name: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let (place, options) = match rest.split_once('?') {
        Some((place, options)) => (place, format!("?{options}")),
        None => (rest, String::new()),
    };
    let authority = place.split_once('/').map_or(place, |(authority, _)| authority);
    (!authority.is_empty()).then(|| format!("{scheme}://{authority}/{name}{options}"))
}

/// Where the old migrations get an empty database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ScratchUrl {
    /// A file of SQLite, made for the purpose.
    Sqlite,
    /// A server, on which a database is made and dropped again.
    Server(String),
}

/// The manifest of the old crate with a program that applies its migrations, and the name of tokio in it.
fn with_old_program(text: &str) -> Option<(String, String)> {
    let mut document = text.parse::<DocumentMut>().ok()?;
    let dependencies = document.entry("dependencies").or_insert(Item::Table(toml_edit::Table::new()));
    let dependencies = dependencies.as_table_like_mut()?;
    let is_tokio = |name: &str, item: &Item| item.get("package").and_then(Item::as_str).unwrap_or(name) == "tokio";
    let tokio = dependencies.iter().find(|(name, item)| is_tokio(name, item)).map(|(name, _)| name.to_owned());
    // A crate has one name only for each of its dependencies.
    let tokio = tokio.unwrap_or_else(|| "tokio".to_owned());
    let present = dependencies.entry(&tokio).or_insert(Item::Value(Value::from("1")));
    if let Some(version) = present.as_str() {
        let mut table = toml_edit::InlineTable::new();
        table.insert("version", Value::from(version));
        *present = Item::Value(Value::InlineTable(table));
    }
    let features = present.as_table_like_mut()?.entry("features").or_insert(Item::Value(Value::Array(Array::new())));
    features.as_array_mut()?.push("rt-multi-thread");
    let programs = document.entry("bin").or_insert(Item::ArrayOfTables(toml_edit::ArrayOfTables::new()));
    if let Some(programs) = programs.as_array_of_tables_mut() {
        let mut program = toml_edit::Table::new();
        program.insert("name", Item::Value(Value::from(OLD_PROGRAM)));
        program.insert("path", Item::Value(Value::from(format!("src/bin/{OLD_PROGRAM}.rs"))));
        programs.push(program);
    }
    Some((document.to_string(), tokio.replace('-', "_")))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::with_old_program;

    #[test]
    fn the_old_crate_gets_a_program() {
        insta::assert_snapshot!(with_old_program("[package]\nname = \"a\"\n").unwrap().0, @r#"
        [package]
        name = "a"

        [dependencies]
        tokio = { version = "1", features = ["rt-multi-thread"] }

        [[bin]]
        name = "seachange-import-old"
        path = "src/bin/seachange-import-old.rs"
        "#);
        let renamed = "[dependencies]\nasync-io = { package = \"tokio\", workspace = true }\n";
        let (text, name) = with_old_program(renamed).unwrap();
        assert_eq!(name, "async_io");
        assert!(
            text.contains("async-io = { package = \"tokio\", workspace = true , features = [\"rt-multi-thread\"] }"),
            "{text}"
        );
    }
}
