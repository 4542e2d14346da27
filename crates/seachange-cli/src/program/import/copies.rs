//! Copies of a workspace, on which a conversion is tried out before anything is written.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cargo_metadata::Message;
use cargo_metadata::diagnostic::DiagnosticLevel;
use toml_edit::{DocumentMut, Item, TableLike, Value};

use super::super::forward::cargo;
use super::super::locate::metadata;
use crate::diagnostic::{Diagnostic, reason};
use crate::exit::Exit;
use crate::file_plan::FilePlan;
use crate::project::shown;

/// The folder for copies, in cargo's target directory.
const FOLDER: &str = "seachange-import";

/// Folders that no crate is compiled from.
const OMITTED: [&str; 5] = [".git", ".venv", "node_modules", "target", "venv"];

/// Copies of a workspace, in cargo's target directory. They are removed at the end; what was compiled stays.
#[derive(Debug)]
pub(super) struct Copies {
    workspace: PathBuf,
    folder: PathBuf,
    target: PathBuf,
}

/// What a compile found.
#[derive(Debug, Default)]
struct CompileErrors(Vec<String>);

/// The program of a migration crate, compiled in a copy.
#[derive(Debug)]
pub(super) struct BuiltProgram {
    pub(super) path: PathBuf,
    package: String,
    /// The folder of the crate in the copy.
    krate: PathBuf,
}

impl BuiltProgram {
    /// The program as cargo starts it.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.env("CARGO_PKG_NAME", &self.package).env("CARGO_MANIFEST_DIR", &self.krate).current_dir(&self.krate);
        command
    }
}

impl Drop for Copies {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Copies {
    /// Finds the target directory of a workspace, which need not exist yet.
    ///
    /// # Errors
    ///
    /// A workspace that cargo cannot read.
    pub(super) fn of(workspace: &Path) -> Result<Self, Diagnostic> {
        let manifest = workspace.join("Cargo.toml");
        let target = match manifest.is_file() {
            true => metadata(&manifest)?.target_directory.into_std_path_buf(),
            false => std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), PathBuf::from),
        };
        // Projects may share a target directory; the next trial of this one finds what was compiled.
        let mut hasher = DefaultHasher::new();
        workspace.hash(&mut hasher);
        let folder = target.join(FOLDER).join(format!("{:016x}", hasher.finish()));
        Ok(Self { workspace: workspace.to_owned(), folder, target })
    }

    /// The folder that the copies are in.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes the planned changes in a copy, and compiles the program of the migration crate in the folder `krate`. The
    /// program needs the copy.
    ///
    /// # Errors
    ///
    /// Files that cannot be copied or written, and what does not compile.
    pub(super) fn build(&self, plan: &FilePlan, krate: &Path, package: &str) -> Result<BuiltProgram, Diagnostic> {
        let copy = self.make("new")?;
        plan.write_copy(&self.workspace, &copy)?;
        let path = self.compile(&copy, package, None)?;
        Ok(BuiltProgram { path, package: package.to_owned(), krate: self.place(krate, &copy) })
    }

    /// The place of a path of the workspace in a copy.
    pub(super) fn place(&self, path: &Path, copy: &Path) -> PathBuf {
        copy.join(path.strip_prefix(&self.workspace).unwrap_or(Path::new("")))
    }

    /// Copies the workspace; paths that lead out of it lead to the same places.
    pub(super) fn make(&self, name: &str) -> Result<PathBuf, Diagnostic> {
        let copy = self.folder.join(name);
        let failed = |error: std::io::Error| {
            Diagnostic::new(Exit::Failure, format!("`{}` cannot be copied: {}", shown(&self.workspace), reason(&error)))
        };
        match fs::remove_dir_all(&copy) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        fs::create_dir_all(&copy).map_err(failed)?;
        if !self.workspace.is_dir() {
            return Ok(copy);
        }
        copy_folder(&self.workspace, &copy, &self.target).map_err(failed)?;
        for manifest in manifests(&copy) {
            let text = fs::read_to_string(&manifest).map_err(failed)?;
            let Ok(mut document) = text.parse::<DocumentMut>() else { continue };
            let folder = manifest.parent().unwrap_or(&copy).strip_prefix(&copy).unwrap_or(Path::new(""));
            let place = Relocated { original: self.workspace.join(folder), workspace: &self.workspace };
            place.tables(document.as_table_mut());
            fs::write(&manifest, document.to_string()).map_err(failed)?;
        }
        // As rustc writes it.
        copy.canonicalize().map_err(failed)
    }

    /// Compiles a program of a package in a copy, and returns its path: the program of that name, or else all programs, of
    /// which the one that is called as the package is returned.
    ///
    /// # Errors
    ///
    /// What does not compile, each with the file as in the project and the line.
    pub(super) fn compile(&self, copy: &Path, package: &str, name: Option<&str>) -> Result<PathBuf, Diagnostic> {
        let mut cargo = Command::new(cargo());
        cargo.args(["build", "--quiet", "-p", package, "--message-format=json", "--target-dir"]).arg(&self.target);
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
        let main = programs.iter().position(|(program, _)| program == package).unwrap_or_default();
        match programs.into_iter().nth(main) {
            Some((_, program)) if status.success() => Ok(program.into_std_path_buf()),
            _ => Err(errors.diagnostic(&said)),
        }
    }
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

/// Copies a folder without repositories, caches and what this user may not read: a project may have the folder of a
/// database in it.
fn copy_folder(from: &Path, to: &Path, target: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        let is_omitted = OMITTED.iter().any(|omitted| name == *omitted) || path.join("CACHEDIR.TAG").is_file();
        if path == target || is_omitted {
            continue;
        }
        let copied = match path.is_dir() {
            true => copy_folder(&path, &to.join(name), target),
            false if path.is_file() => fs::copy(&path, to.join(name)).map(|_| ()),
            false => Ok(()),
        };
        match copied {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {}
            copied => copied?,
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::fs;

    use super::Relocated;

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
}
