//! The trial of a conversion, on a copy of the workspace: the converted crate is compiled, and its revisions have to make
//! the schema that the old migrations make.

use std::ffi::OsString;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cargo_metadata::diagnostic::DiagnosticLevel;
use cargo_metadata::{Message, MetadataCommand};
use toml_edit::{Array, DocumentMut, Item, TableLike, Value};

use super::super::forward::cargo;
use super::super::locate::cargo_failed;
use crate::diagnostic::{Diagnostic, SPELLED_OUT, reason};
use crate::exit::Exit;
use crate::file_plan::FilePlan;
use crate::project::shown;
use crate::terminal::Terminal;

/// The folder for copies, in cargo's target directory.
const FOLDER: &str = "seachange-import";

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

/// Where copies are, and where they are compiled.
struct Folders {
    copies: PathBuf,
    target: PathBuf,
}

/// What a compile found.
#[derive(Debug, Default)]
struct CompileErrors(Vec<String>);

impl Trial<'_> {
    /// Compiles a copy of the workspace with the planned changes, and compares: the old migrations run on an empty
    /// database, the revisions on another one.
    ///
    /// # Errors
    ///
    /// What does not compile, with rustc's lines, and the differences of the schemas. The project is unchanged.
    pub(super) fn run(&self, plan: &FilePlan, old: &OldMigrations<'_>, terminal: Terminal) -> Result<(), Diagnostic> {
        let folders = self.folders()?;
        let tried = self.try_out(plan, old, &folders, terminal);
        // The copies are not needed any more; what was compiled stays in the target directory.
        let _ = fs::remove_dir_all(&folders.copies);
        tried
    }

    fn try_out(
        &self,
        plan: &FilePlan,
        old: &OldMigrations<'_>,
        folders: &Folders,
        terminal: Terminal,
    ) -> Result<(), Diagnostic> {
        terminal.status("compiling the converted crate, on a copy");
        let new = self.copy(folders, "new")?;
        plan.write_copy(self.workspace, &new)?;
        let program = self.compile(folders, &new, None).map_err(|problem| {
            problem
                .detail("nothing was written")
                .hint("`--no-build` writes the files as they are, to be corrected by hand")
        })?;
        terminal.status("running the old migrations and the revisions, each on an empty database");
        let old_program = self.old_program(folders, old.migrator)?;
        let database = ScratchDatabase::create(folders, &old_program, &old.url)?;
        let compared = database
            .apply(&old_program)
            .and_then(|()| self.compare(&program, &new, &database.url, old.record, terminal));
        let dropped = database.drop(&old_program);
        compared?;
        dropped.into_iter().for_each(|warning| terminal.warn(warning));
        Ok(())
    }

    fn folders(&self) -> Result<Folders, Diagnostic> {
        let manifest = self.krate.join("Cargo.toml");
        let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec();
        let target = metadata.map_err(|error| cargo_failed(&error))?.target_directory.into_std_path_buf();
        // Projects may share a target directory; the next trial of this one finds what was compiled.
        let mut hasher = DefaultHasher::new();
        self.workspace.hash(&mut hasher);
        Ok(Folders { copies: target.join(FOLDER).join(format!("{:016x}", hasher.finish())), target })
    }

    /// Copies the workspace; paths that lead out of it lead to the same places.
    fn copy(&self, folders: &Folders, name: &str) -> Result<PathBuf, Diagnostic> {
        let copy = folders.copies.join(name);
        let failed = |error: std::io::Error| {
            Diagnostic::new(Exit::Failure, format!("`{}` cannot be copied: {}", shown(self.workspace), reason(&error)))
        };
        match fs::remove_dir_all(&copy) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        copy_folder(self.workspace, &copy, &folders.target).map_err(failed)?;
        for manifest in manifests(&copy) {
            let text = fs::read_to_string(&manifest).map_err(failed)?;
            let Ok(mut document) = text.parse::<DocumentMut>() else { continue };
            let folder = manifest.parent().unwrap_or(&copy).strip_prefix(&copy).unwrap_or(Path::new(""));
            let place = Relocated { original: self.workspace.join(folder), workspace: self.workspace };
            place.tables(document.as_table_mut());
            fs::write(&manifest, document.to_string()).map_err(failed)?;
        }
        Ok(copy)
    }

    /// Compiles a program that runs the old migrations: what the crate's own program does beside them is unknown.
    fn old_program(&self, folders: &Folders, migrator: &str) -> Result<PathBuf, Diagnostic> {
        let old = self.copy(folders, "old")?;
        let krate = old.join(self.krate.strip_prefix(self.workspace).unwrap_or(Path::new("")));
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
        self.compile(folders, &old, Some(OLD_PROGRAM)).map_err(|problem| {
            problem.detail("these are errors of the old crate: nothing was compared, and nothing was written")
        })
    }

    fn compare(
        &self,
        program: &Path,
        copy: &Path,
        url: &str,
        record: &str,
        terminal: Terminal,
    ) -> Result<(), Diagnostic> {
        let krate = copy.join(self.krate.strip_prefix(self.workspace).unwrap_or(Path::new("")));
        let mut check = Command::new(program);
        check.args(["check", "--revisions", "--exclude-table", record]);
        check.env("CARGO_PKG_NAME", self.package).env("CARGO_MANIFEST_DIR", &krate).current_dir(&krate);
        // The URL is no argument: other users of the machine see arguments. The project's settings have no effect.
        let of_settings = |name: &OsString| name.to_string_lossy().starts_with("DATABASE_");
        std::env::vars_os().map(|(name, _)| name).filter(of_settings).for_each(|name| _ = check.env_remove(name));
        check.env("DATABASE_URL", url).env("SEACHANGE_ENV_FILE", copy.with_file_name(EMPTY));
        let output = check.stdin(Stdio::null()).output();
        let output = output.map_err(|error| {
            Diagnostic::new(Exit::Failure, format!("`{}` cannot be started: {}", shown(program), reason(&error)))
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

    /// Compiles a program of the crate in a copy, and returns its path.
    fn compile(&self, folders: &Folders, copy: &Path, name: Option<&str>) -> Result<PathBuf, Diagnostic> {
        let mut cargo = Command::new(cargo());
        cargo
            .args(["build", "--quiet", "-p", self.package, "--message-format=json", "--target-dir"])
            .arg(&folders.target);
        match name {
            Some(name) => cargo.args(["--bin", name]),
            None => cargo.arg("--bins"),
        };
        let not_run =
            |error: std::io::Error| Diagnostic::new(Exit::Failure, format!("cargo cannot be run: {}", reason(&error)));
        let child = cargo.current_dir(copy).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.map_err(not_run)?;
        let mut stderr = child.stderr.take();
        let said = std::thread::spawn(move || {
            let mut said = String::new();
            stderr.as_mut().map(|stderr| stderr.read_to_string(&mut said));
            said
        });
        let messages = child.stdout.take().map(BufReader::new);
        let (mut programs, mut errors) = (Vec::new(), CompileErrors::default());
        for message in messages.into_iter().flat_map(Message::parse_stream).flatten() {
            match message {
                Message::CompilerArtifact(artifact) if artifact.target.is_bin() => {
                    let is_meant = name.is_none_or(|name| artifact.target.name == name);
                    programs.extend(artifact.executable.filter(|_| is_meant).map(|path| (artifact.target.name, path)));
                }
                Message::CompilerMessage(message) if message.message.level == DiagnosticLevel::Error => {
                    errors.add(&message.message, copy);
                }
                _ => {}
            }
        }
        let status = child.wait().map_err(not_run)?;
        let said = said.join().unwrap_or_default();
        let main = programs.iter().position(|(program, _)| program == self.package).unwrap_or_default();
        match programs.into_iter().nth(main) {
            Some((_, program)) if status.success() => Ok(program.into_std_path_buf()),
            _ => Err(errors.diagnostic(&said)),
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
    fn create(folders: &Folders, program: &Path, url: &ScratchUrl) -> Result<Self, Diagnostic> {
        let failed = |error: std::io::Error| {
            Diagnostic::new(Exit::Failure, format!("`{}`: {}", shown(&folders.copies), reason(&error)))
        };
        fs::write(folders.copies.join(EMPTY), "").map_err(failed)?;
        match url {
            ScratchUrl::Sqlite => {
                let file = folders.copies.join("old.sqlite");
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

impl CompileErrors {
    /// Adds a message of rustc, with the place as in the project.
    fn add(&mut self, message: &cargo_metadata::diagnostic::Diagnostic, copy: &Path) {
        let span = message.spans.iter().find(|span| span.is_primary);
        let place = span.map(|span| {
            let file = Path::new(&span.file_name);
            format!("{}:{}: ", file.strip_prefix(copy).unwrap_or(file).display(), span.line_start)
        });
        self.0.extend(place.map(|place| format!("{place}{}", message.message)));
    }

    fn diagnostic(self, said: &str) -> Diagnostic {
        let count = self.0.len();
        let problem = match count {
            0 => Diagnostic::new(Exit::Failure, "the crate was not compiled; nothing was written"),
            1 => Diagnostic::new(Exit::Failure, "the crate does not compile: one error"),
            count => Diagnostic::new(Exit::Failure, format!("the crate does not compile: {count} errors")),
        };
        let problem = self.0.into_iter().fold(problem, Diagnostic::detail);
        match count {
            0 => said.lines().filter(|line| !line.trim().is_empty()).fold(problem, |own, line| own.detail(line)),
            _ => problem,
        }
    }
}

/// Copies a folder without repositories and what cargo and npm keep.
fn copy_folder(from: &Path, to: &Path, target: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        if path == target || ["target", ".git", "node_modules"].iter().any(|omitted| name == *omitted) {
            continue;
        }
        if path.is_dir() {
            copy_folder(&path, &to.join(name), target)?;
        } else if path.is_file() {
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}

/// The manifests below a folder.
fn manifests(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let own = files.into_iter().filter(|path| path.file_name().is_some_and(|name| name == "Cargo.toml"));
    own.chain(folders.iter().flat_map(|folder| manifests(folder))).collect()
}

/// A manifest that was copied.
struct Relocated<'a> {
    /// The folder that it was in.
    original: PathBuf,
    workspace: &'a Path,
}

impl Relocated<'_> {
    fn tables(&self, table: &mut dyn TableLike) {
        for (key, item) in table.iter_mut() {
            if key == "path"
                && let Item::Value(Value::String(path)) = item
            {
                let absolute = self.absolute(path.value());
                absolute.into_iter().for_each(|path| *item = Item::Value(Value::from(path)));
            } else if let Some(tables) = item.as_array_of_tables_mut() {
                tables.iter_mut().for_each(|table| self.tables(table));
            } else if let Some(table) = item.as_table_like_mut() {
                self.tables(table);
            }
        }
    }

    /// The path, if it leads out of the workspace.
    fn absolute(&self, path: &str) -> Option<String> {
        let place = self.original.join(path).canonicalize().ok()?;
        let is_inside = self.workspace.canonicalize().is_ok_and(|workspace| place.starts_with(workspace));
        (!is_inside && Path::new(path).is_relative()).then(|| place.to_string_lossy().into_owned())
    }
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

    use std::fs;

    use super::{Relocated, with_old_program};

    #[test]
    fn paths_that_lead_out_of_the_workspace_lead_to_the_same_places() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for path in ["shop/entity", "shop/migration", "engine"] {
            fs::create_dir_all(root.join(path)).unwrap();
        }
        let workspace = root.join("shop");
        let place = Relocated { original: workspace.join("migration"), workspace: &workspace };
        let text = "[dependencies]\nentity = { path = \"../entity\" }\n[dependencies.engine]\npath = \"../../engine\"\n\
                    [[bin]]\npath = \"src/main.rs\"\n";
        let mut document: toml_edit::DocumentMut = text.parse().unwrap();
        place.tables(document.as_table_mut());
        let expected = text.replace("../../engine", &root.join("engine").to_string_lossy());
        assert_eq!(document.to_string(), expected);
    }

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
