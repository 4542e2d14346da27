//! The entities of the versions of the service that run, from commits or folders, and those of the new version.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use clap::Args;
use seachange_cli::{Diagnostic, Exit, git::Commit, printable, project::shown};
use seachange_source::columns::{may_have_entities, read_entities};

use crate::cli::context::Context;
use crate::impact::VersionEntities;

/// The new version, as messages name it.
const NEW: &str = "the new version (on disk)";

/// The arguments about versions of the service.
#[derive(Debug, Args)]
pub(super) struct RunningArgs {
    /// A version of the service that runs, such as `git:v1.4.0` or `path:DIR`: whether its entities work on the schema
    /// after each revision, and in which order revisions and the new version are deployed; may be repeated
    #[arg(long, value_name = "VERSION", help_heading = "Running versions")]
    running: Vec<String>,
    /// The folder with the entities, now and in the commits of `--running` [default: the workspace]
    #[arg(long, value_name = "DIR", requires = "running", help_heading = "Running versions")]
    entities: Option<PathBuf>,
}

/// The entities of the running versions, and of the new one.
pub(super) struct Versions {
    pub(super) running: Vec<VersionEntities>,
    pub(super) new: VersionEntities,
}

impl RunningArgs {
    /// Whether a running version is named.
    pub(super) fn is_asked_for(&self) -> bool {
        !self.running.is_empty()
    }

    /// Reads the entities; `None` without `--running`.
    ///
    /// # Errors
    ///
    /// A version does not exist, cannot be read, or has no entities.
    pub(super) fn read(&self, context: &Context) -> Result<Option<Versions>, Diagnostic> {
        if self.running.is_empty() {
            return Ok(None);
        }
        let own = &context.project.manifest_dir;
        let root = match &self.entities {
            Some(folder) => absolute(folder),
            None => workspace_of(&absolute(own)),
        };
        if !root.is_dir() {
            return Err(Diagnostic::usage(format!("`--entities` names no folder: `{}`", shown(&root))));
        }
        let revisions: Vec<PathBuf> =
            context.project.migrations.folders().iter().map(|own| PathBuf::from(*own)).collect();
        let migration_crate = absolute(own).strip_prefix(&root).map(Path::to_path_buf);
        let skipped = migration_crate.map(|own| revisions.iter().map(|folder| own.join(folder)).collect());
        let skipped: Vec<PathBuf> = skipped.unwrap_or_default();
        let version = |name: &str, files: &[SourceFile], folder: &Path| {
            let found = entities_of(name, files, &skipped);
            match found.entities.is_empty() && found.unreadable.is_empty() {
                true => Err(no_entities(name, folder)),
                false => Ok(found),
            }
        };
        let mut running = Vec::new();
        for place in &self.running {
            running.push(match place.strip_prefix("path:") {
                Some(folder) => version(place, &on_disk(Path::new(folder))?, Path::new(folder))?,
                None => version(place, &in_commit(&root, place)?, &root)?,
            });
        }
        let new = version(NEW, &on_disk(&root)?, &root)?;
        Ok(Some(Versions { running, new }))
    }
}

fn no_entities(version: &str, folder: &Path) -> Diagnostic {
    let message = format!("`{}` has no entities in `{}`", printable::name(version), shown(folder));
    Diagnostic::usage(message).hint("`--entities DIR` names the folder with the entities of the service")
}

fn absolute(path: &Path) -> PathBuf {
    let joined = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    joined.canonicalize().unwrap_or(joined)
}

/// The folder of the workspace of a crate; the crate itself if it is in none.
fn workspace_of(crate_folder: &Path) -> PathBuf {
    let is_workspace = |folder: &&Path| {
        fs::read_to_string(folder.join("Cargo.toml"))
            .is_ok_and(|text| text.lines().any(|line| line.trim_start().starts_with("[workspace")))
    };
    crate_folder.ancestors().find(is_workspace).unwrap_or(crate_folder).to_owned()
}

/// A manifest or a source file: the path relative to the folder that is read, and the text.
type SourceFile = (PathBuf, String);

fn is_read(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
        || path.file_name().is_some_and(|name| name == "Cargo.toml" || name == ".gitmodules")
}

fn in_commit(root: &Path, place: &str) -> Result<Vec<SourceFile>, Diagnostic> {
    let commit = Commit::find(root, place, "--running")?;
    let files = commit.files_where(&[], &is_read)?;
    Ok(files.into_iter().map(|file| (file.path, file.text)).collect())
}

/// The files below a folder, without links, hidden folders and what cargo has built.
fn on_disk(root: &Path) -> Result<Vec<SourceFile>, Diagnostic> {
    let problem = |path: &Path, error: &std::io::Error| {
        let reason = seachange_cli::diagnostic::reason(error);
        Diagnostic::new(Exit::Failure, format!("cannot read `{}`: {reason}", shown(path)))
    };
    let (mut found, mut folders) = (Vec::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|error| problem(&folder, &error))? {
            let entry = entry.map_err(|error| problem(&folder, &error))?;
            let path = entry.path();
            let kind = entry.file_type().map_err(|error| problem(&path, &error))?;
            let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
            if kind.is_dir() && !is_hidden && !path.join("CACHEDIR.TAG").exists() {
                folders.push(path);
            } else if kind.is_file() && is_read(&path) {
                let bytes = fs::read(&path).map_err(|error| problem(&path, &error))?;
                let relative = path.strip_prefix(root).unwrap_or(&path).to_owned();
                found.push((relative, String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Reads the entities in the sources of crates. Left out are the revisions, files with migrations of sea-orm-migration,
/// tests, benchmarks and examples.
fn entities_of(name: &str, files: &[SourceFile], skipped: &[PathBuf]) -> VersionEntities {
    let mut found = VersionEntities { name: name.to_owned(), entities: Vec::new(), unreadable: Vec::new() };
    let (mut calls, mut harmless) = (Vec::new(), BTreeSet::new());
    for (path, text) in files {
        let shown = path.display().to_string().replace('\\', "/");
        if path.file_name().is_some_and(|name| name == ".gitmodules") {
            found.unreadable.push((shown, "what is in submodules is not read".to_owned()));
            continue;
        }
        let is_skipped = path.extension().is_none_or(|extension| extension != "rs")
            || skipped.iter().any(|folder| path.starts_with(folder))
            || text.contains("MigrationTrait")
            || is_beside_the_sources(files, path);
        let may_call_macros = || text.contains('!') && uses_sea_orm(files, path);
        if is_skipped || !(may_have_entities(text) || may_call_macros()) {
            continue;
        }
        match read_entities(text) {
            Ok(read) => {
                found.entities.extend(read.entities.into_iter().map(|entity| (shown.clone(), entity)));
                let unreadable = read.unreadable.into_iter();
                found.unreadable.extend(unreadable.map(|(line, reason)| (format!("{shown}:{line}"), reason)));
                harmless.extend(read.harmless_macros);
                if uses_sea_orm(files, path) {
                    calls.extend(read.macro_calls.into_iter().map(|(line, name)| (format!("{shown}:{line}"), name)));
                }
            }
            Err(line) if may_have_entities(text) => {
                found.unreadable.push((format!("{shown}:{line}"), "the file is not valid Rust".to_owned()));
            }
            Err(_) => {}
        }
    }
    calls.retain(|(_, name)| !harmless.contains(name));
    let unknown = |(place, name): (String, String)| (place, format!("the macro `{name}!` may make entities"));
    found.unreadable.extend(calls.into_iter().map(unknown));
    found
}

/// The manifest of the crate of a file, with the folder of the crate.
fn manifest_of<'f>(files: &'f [SourceFile], path: &Path) -> Option<(&'f Path, &'f str)> {
    let manifests = files.iter().filter(|(own, _)| own.file_name().is_some_and(|name| name == "Cargo.toml"));
    let folders = manifests.filter_map(|(own, text)| Some((own.parent()?, text.as_str())));
    folders.filter(|(folder, _)| path.starts_with(folder)).max_by_key(|(folder, _)| folder.components().count())
}

/// Whether the crate of a file depends on SeaORM; a file of no crate may.
fn uses_sea_orm(files: &[SourceFile], path: &Path) -> bool {
    manifest_of(files, path).is_none_or(|(_, manifest)| manifest.contains("sea-orm"))
}

/// Whether a file is a test, a benchmark or an example of its crate, or its build script.
fn is_beside_the_sources(files: &[SourceFile], path: &Path) -> bool {
    let Some((folder, _)) = manifest_of(files, path) else { return false };
    let first = path.strip_prefix(folder).ok().and_then(|path| path.components().next());
    let Some(Component::Normal(first)) = first else { return false };
    ["tests", "benches", "examples", "build.rs"].iter().any(|name| first == *name)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::fs;
    use std::path::{Path, PathBuf};

    use super::{entities_of, on_disk, workspace_of};

    const MODEL: &str =
        "#[derive(DeriveEntityModel)]\n#[sea_orm(table_name = \"NAME\")]\npub struct Model { pub id: i32 }\n";

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<(PathBuf, String)> =
            files.iter().map(|(path, text)| (PathBuf::from(path), text.replace("MODEL", MODEL))).collect();
        let version = entities_of("v1", &files, &[PathBuf::from("migration/src/versions")]);
        let entities = version.entities.iter().map(|(file, entity)| format!("{file}: {}", entity.table));
        entities.chain(version.unreadable.iter().map(|(place, reason)| format!("{place}: {reason}"))).collect()
    }

    #[test]
    fn entities_are_in_the_sources_of_crates() {
        let manifest = ("entity/Cargo.toml", "[dependencies]\nsea-orm = \"2\"");
        assert_eq!(
            found(&[
                manifest,
                ("Cargo.toml", "[workspace]"),
                ("entity/src/a.rs", "MODEL"),
                ("entity/tests/b.rs", "MODEL"),
                ("entity/examples/c.rs", "MODEL"),
                ("entity/build.rs", "MODEL"),
                ("migration/src/versions/shared.rs", "MODEL"),
                ("migration/src/m1.rs", "impl MigrationTrait for Migration {} MODEL"),
                ("README.md", "MODEL"),
            ]),
            ["entity/src/a.rs: NAME"]
        );
        // Macros count where SeaORM is, and only if nothing shows what they make.
        let call = "local!(); other::made! { users }";
        let definition = "macro_rules! local { () => { struct Nothing; } }";
        assert_eq!(
            found(&[manifest, ("entity/src/a.rs", call), ("entity/src/b.rs", definition)]),
            ["entity/src/a.rs:1: the macro `made!` may make entities"]
        );
        assert_eq!(found(&[("web/Cargo.toml", "[dependencies]"), ("web/src/a.rs", call)]), [""; 0]);
        assert_eq!(found(&[("Cargo.toml", "sea-orm"), ("src/a.rs", "fn (")]), [""; 0]);
    }

    #[test]
    fn hidden_folders_and_what_cargo_builds_are_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for path in ["src", "target/src", ".git/src", "entity/src"] {
            fs::create_dir_all(root.join(path)).unwrap();
            fs::write(root.join(path).join("a.rs"), MODEL).unwrap();
        }
        fs::write(root.join("target/CACHEDIR.TAG"), "").unwrap();
        fs::write(root.join("Cargo.toml"), "[workspace]\nmembers = [\"entity\"]").unwrap();
        fs::write(root.join("entity/Cargo.toml"), "[package]").unwrap();
        let files: Vec<PathBuf> = on_disk(root).unwrap().into_iter().map(|(path, _)| path).collect();
        assert_eq!(files, ["Cargo.toml", "entity/Cargo.toml", "entity/src/a.rs", "src/a.rs"].map(PathBuf::from));
        assert_eq!(workspace_of(&root.join("entity")), root);
        assert_eq!(workspace_of(Path::new("/absent")), Path::new("/absent"));
        assert!(on_disk(&root.join("absent")).is_err());
    }
}
