//! Finds the migration crate that the working directory belongs to.

use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, MetadataCommand};
use seachange_source::declared_folders;
use toml_edit::{DocumentMut, Item};

use super::manifest::Manifest;
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::project::shown;

/// A crate whose build script registers revisions.
#[derive(Debug)]
pub(super) struct MigrationPackage {
    /// The name of the package.
    pub(super) name: String,
    /// The folder of its manifest.
    pub(super) root: PathBuf,
    /// The build script, relative to that folder.
    build_script: PathBuf,
}

impl MigrationPackage {
    /// Finds the crate: the package called `wanted`, or else the one that the folder `start` is in, the one that the
    /// workspace's metadata name, or the only one of the workspace.
    ///
    /// # Errors
    ///
    /// No crate, or several.
    pub(super) fn find(start: &Path, wanted: Option<&str>) -> Result<Self, Diagnostic> {
        let Some(nearest) = Manifest::nearest(start)? else { return Err(no_project()) };
        if wanted.is_none() && nearest.is_migration_crate() {
            return Self::of(&nearest);
        }
        let above = nearest.workspace()?;
        let workspace = above.as_ref().unwrap_or(&nearest);
        let chosen = if wanted.is_some() { wanted } else { workspace.chosen_package()? };
        if let Some(name) = chosen {
            let named = members(workspace)?.into_iter().find(|member| member.package() == Some(name));
            let named = named.ok_or_else(|| unknown(name, workspace))?;
            // Any other program would get the command as its own arguments.
            let runs_revisions = named.is_migration_crate()
                || named.has_command_line()
                || (!named.dependencies("seachange").is_empty() && workspace.has_command_line());
            return if runs_revisions { Self::of(&named) } else { Err(other_program(&named)) };
        }
        let found = |manifests: Vec<Manifest>| -> Vec<Manifest> {
            manifests.into_iter().filter(Manifest::is_migration_crate).collect()
        };
        let mut found = match found(members(workspace)?) {
            // Cargo knows members that no pattern names: the path dependencies of the others.
            none if none.is_empty() => found(members_by_cargo(&workspace.root)?),
            some => some,
        };
        let usual = workspace.folders("default-members");
        if found.len() > 1 && found.iter().filter(|member| usual.contains(&member.root)).count() == 1 {
            found.retain(|member| usual.contains(&member.root));
        }
        let found = without_parts(found);
        match found.as_slice() {
            [] => Err(none(workspace)),
            [one] => Self::of(one),
            several => Err(ambiguous(several)),
        }
    }

    fn of(manifest: &Manifest) -> Result<Self, Diagnostic> {
        let name = manifest.package().unwrap_or_default().to_owned();
        Ok(Self { name, root: manifest.root.clone(), build_script: manifest.root.join(manifest.build_script()) })
    }

    /// The folders of the revisions, if the build script names them by literals.
    pub(super) fn folders(&self) -> Option<Vec<PathBuf>> {
        declared_folders(&fs::read_to_string(&self.build_script).ok()?)
    }

    /// The version of the engine that the lock file names.
    pub(super) fn engine_version(&self) -> Option<String> {
        let lock = self.root.ancestors().find_map(|folder| fs::read_to_string(folder.join("Cargo.lock")).ok())?;
        let lock = lock.parse::<DocumentMut>().ok()?;
        let packages = lock.get("package")?.as_array_of_tables()?;
        let engine = packages.iter().find(|package| package.get("name").and_then(Item::as_str) == Some("seachange"))?;
        engine.get("version")?.as_str().map(str::to_owned)
    }
}

/// Leaves out the crates that only compile revisions of another one.
fn without_parts(crates: Vec<Manifest>) -> Vec<Manifest> {
    if crates.len() < 2 {
        return crates;
    }
    let folders = |manifest: &Manifest| -> Vec<PathBuf> {
        let declared = MigrationPackage::of(manifest).ok().and_then(|package| package.folders()).unwrap_or_default();
        declared.iter().filter_map(|folder| manifest.root.join(folder).canonicalize().ok()).collect()
    };
    let all: Vec<_> = crates.iter().map(folders).collect();
    let is_part = |own: &Vec<PathBuf>| {
        let holds = |others: &Vec<PathBuf>| others.len() > own.len() && own.iter().all(|one| others.contains(one));
        !own.is_empty() && all.iter().any(holds)
    };
    crates.into_iter().zip(&all).filter(|(_, own)| !is_part(own)).map(|(manifest, _)| manifest).collect()
}

/// The packages of a workspace: those that match its patterns, and its root.
pub(super) fn members(workspace: &Manifest) -> Result<Vec<Manifest>, Diagnostic> {
    let mut folders: Vec<PathBuf> = vec![workspace.root.clone()];
    for folder in workspace.folders("members") {
        if !folders.contains(&folder) && !workspace.excludes(&folder) {
            folders.push(folder);
        }
    }
    folders.rotate_left(1);
    let mut members = Vec::new();
    for folder in folders {
        members.extend(Manifest::read(&folder)?.filter(|manifest| manifest.package().is_some()));
    }
    Ok(members)
}

fn members_by_cargo(root: &Path) -> Result<Vec<Manifest>, Diagnostic> {
    let metadata = metadata(&root.join("Cargo.toml"))?;
    let mut members = Vec::new();
    for package in metadata.workspace_packages() {
        let folder = package.manifest_path.parent().map(|folder| folder.as_std_path());
        members.extend(folder.map(Manifest::read).transpose()?.flatten());
    }
    Ok(members)
}

/// What cargo knows of the workspace of a manifest, without the dependencies.
pub(super) fn metadata(manifest: &Path) -> Result<Metadata, Diagnostic> {
    let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec();
    metadata.map_err(|error| cargo_failed(&error))
}

/// The error for `cargo metadata` that cannot be read.
fn cargo_failed(error: &cargo_metadata::Error) -> Diagnostic {
    match error {
        cargo_metadata::Error::CargoMetadata { stderr } => {
            let said = stderr.trim();
            let said = said.strip_prefix("error: ").unwrap_or(said);
            said.lines().skip(1).filter(|line| !line.trim().is_empty()).fold(
                Diagnostic::new(Exit::Failure, said.lines().next().unwrap_or("`cargo metadata` failed")),
                |problem, line| problem.detail(line.trim()),
            )
        }
        error => Diagnostic::new(Exit::Failure, format!("`cargo metadata` failed: {error}"))
            .hint("the commands of this program need cargo"),
    }
}

fn no_project() -> Diagnostic {
    Diagnostic::usage("there is no `Cargo.toml` here or in a folder above")
        .hint("`seachange init NAME` writes a new project with everything in it")
}

fn none(workspace: &Manifest) -> Diagnostic {
    let folder = shown(&workspace.root);
    let folder = if folder.is_empty() { "." } else { &folder };
    Diagnostic::usage(format!("no crate of `{folder}` has revisions"))
        .detail("a migration crate has `seachange-source` among its build dependencies")
        .hint("`seachange init` adds one to this workspace")
        .hint("`seachange import --source PATH` converts the migrations of another tool")
}

fn unknown(name: &str, workspace: &Manifest) -> Diagnostic {
    let folder = workspace.root.join("Cargo.toml");
    Diagnostic::usage(format!("the workspace of `{}` has no package `{name}`", shown(&folder)))
}

fn other_program(manifest: &Manifest) -> Diagnostic {
    let name = manifest.package().unwrap_or_default();
    Diagnostic::usage(format!("the package `{name}` has no revisions; nothing was run"))
        .detail("a migration crate has `seachange-source` among its build dependencies, or `seachange` with the feature `cli`")
        .hint("`-p`, or `package` in `[workspace.metadata.seachange]`, names the migration crate")
}

fn ambiguous(found: &[Manifest]) -> Diagnostic {
    let problem = Diagnostic::usage("several crates of this workspace have revisions");
    let listed = found.iter().fold(problem, |problem, manifest| {
        let name = manifest.package().unwrap_or_default();
        problem.detail(format!("`{name}` in `{}`", shown(&manifest.root)))
    });
    let example = found.first().and_then(Manifest::package).unwrap_or("NAME");
    listed.hint(format!("name one: `seachange -p {example} …`")).hint(
        "or for all calls, in the workspace's `Cargo.toml`: `[workspace.metadata.seachange]`, `package = \"NAME\"`",
    )
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::fs;

    use super::MigrationPackage;

    #[test]
    fn crates_that_compile_a_part_are_not_meant() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("Cargo.toml"), "[workspace]\nmembers = [\"history\", \"migration\"]\n").unwrap();
        let calls = [
            ("history", "revisions(\"src/versions\")"),
            ("migration", "revisions_with_crates([\"src/versions\"], [(\"history\", \"../history/src/versions\")])"),
        ];
        for (name, call) in calls {
            let root = folder.path().join(name);
            fs::create_dir_all(root.join("src/versions")).unwrap();
            let manifest = format!("[package]\nname = \"{name}\"\n[build-dependencies]\nseachange-source = \"0.1\"\n");
            fs::write(root.join("Cargo.toml"), manifest).unwrap();
            fs::write(root.join("build.rs"), format!("fn main() {{ {call} }}")).unwrap();
        }
        let found = MigrationPackage::find(folder.path(), None).unwrap();
        assert_eq!(found.name, "migration");
        let within = MigrationPackage::find(&folder.path().join("history"), None).unwrap();
        assert_eq!(within.name, "history");
    }

    #[test]
    fn another_program_is_not_run() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            fs::create_dir_all(folder.path().join(path)).unwrap();
            fs::write(folder.path().join(path).join("Cargo.toml"), text).unwrap();
        };
        write("", "[workspace]\nmembers = [\".\", \"app\", \"db\", \"migration\"]\n");
        write("app", "[package]\nname = \"app\"\n[dependencies]\nseachange = \"0.1\"\n");
        write(
            "db",
            "[package]\nname = \"db\"\n[dependencies]\nseachange = { version = \"0.1\", features = [\"cli\"] }\n",
        );
        write("migration", "[package]\nname = \"migration\"\n[build-dependencies]\nseachange-source = \"0.1\"\n");
        let find = |wanted: Option<&str>| {
            MigrationPackage::find(folder.path(), wanted).map(|found| found.name).map_err(|problem| problem.message)
        };
        assert_eq!(find(Some("app")), Err("the package `app` has no revisions; nothing was run".to_owned()));
        assert_eq!(find(Some("db")), Ok("db".to_owned()));
        assert_eq!(find(None), Ok("migration".to_owned()));
    }
}
