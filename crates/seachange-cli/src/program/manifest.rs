//! Cargo manifests, as far as they tell which crates a workspace has.

use std::fs;
use std::path::{Path, PathBuf};

use toml_edit::{Array, Decor, DocumentMut, Item, Table, TableLike, Value};

use crate::diagnostic::{Diagnostic, reason};
use crate::exit::Exit;

/// The crate whose presence among the build dependencies makes a crate a migration crate.
const BUILD_DEPENDENCY: &str = "seachange-source";

/// A `Cargo.toml` that was read.
#[derive(Debug)]
pub(super) struct Manifest {
    /// The folder of the file.
    pub(super) root: PathBuf,
    document: DocumentMut,
}

impl Manifest {
    /// Reads the manifest in a folder; `None` without one.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, Diagnostic> {
        let path = folder.join("Cargo.toml");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(unreadable(&path, &reason(&error))),
        };
        let document = text.parse::<DocumentMut>().map_err(|error| unreadable(&path, error.message()))?;
        Ok(Some(Self { root: folder.to_owned(), document }))
    }

    /// The manifest in `start`, or in the nearest folder above it that has one.
    pub(super) fn nearest(start: &Path) -> Result<Option<Self>, Diagnostic> {
        for folder in start.ancestors() {
            if let Some(manifest) = Self::read(folder)? {
                return Ok(Some(manifest));
            }
        }
        Ok(None)
    }

    /// The manifest of the workspace that this manifest belongs to, unless it is the same.
    pub(super) fn workspace(&self) -> Result<Option<Self>, Diagnostic> {
        if self.is_workspace() {
            return Ok(None);
        }
        if let Some(named) = self.text(&["package", "workspace"]) {
            return Self::read(&self.root.join(named));
        }
        for folder in self.root.ancestors().skip(1) {
            match Self::read(folder)? {
                Some(manifest) if manifest.is_workspace() => return Ok(Some(manifest)),
                _ => {}
            }
        }
        Ok(None)
    }

    /// The name of the package, if there is one.
    pub(super) fn package(&self) -> Option<&str> {
        self.text(&["package", "name"])
    }

    /// The package that `[workspace.metadata.seachange]` names for the commands of this program.
    pub(super) fn chosen_package(&self) -> Option<&str> {
        self.text(&["workspace", "metadata", "seachange", "package"])
    }

    /// The build script, relative to the manifest.
    pub(super) fn build_script(&self) -> &str {
        self.text(&["package", "build"]).unwrap_or("build.rs")
    }

    /// Whether the crate registers revisions: it builds with the crate that reads their files.
    pub(super) fn is_migration_crate(&self) -> bool {
        let tables = self.get(&["build-dependencies"]).into_iter();
        let of_targets = self.get(&["target"]).and_then(Item::as_table_like).into_iter().flat_map(TableLike::iter);
        let of_targets = of_targets.filter_map(|(_, target)| target.as_table_like()?.get("build-dependencies"));
        tables.chain(of_targets).filter_map(Item::as_table_like).flat_map(TableLike::iter).any(|(name, dependency)| {
            let renamed = dependency.as_table_like().and_then(|table| table.get("package")).and_then(Item::as_str);
            renamed.unwrap_or(name) == BUILD_DEPENDENCY
        })
    }

    /// The dependencies on a package: of the crate, of its build script and tests, for any platform, and of the
    /// workspace.
    pub(super) fn dependencies(&self, package: &str) -> Vec<Dependency> {
        let tables = |item: &'_ Item| {
            let table = item.as_table_like()?;
            Some(["dependencies", "dev-dependencies", "build-dependencies"].map(|name| table.get(name).cloned()))
        };
        let targets = self.get(&["target"]).and_then(Item::as_table_like).into_iter().flat_map(TableLike::iter);
        let of_workspace = self.get(&["workspace"]).into_iter();
        let roots = [self.document.as_item()].into_iter().chain(targets.map(|(_, item)| item)).chain(of_workspace);
        let tables = roots.filter_map(tables).flatten().flatten();
        tables.filter_map(|table| Dependency::find(table.as_table_like()?, package)).collect()
    }

    /// Whether the workspace declares a dependency for its members.
    pub(super) fn has_workspace_dependency(&self, name: &str) -> bool {
        self.get(&["workspace", "dependencies", name]).is_some()
    }

    /// The text of the manifest before and after a member is added. A pattern that covers it already is enough.
    pub(super) fn with_member(&self, member: &str) -> (String, String) {
        let before = self.document.to_string();
        let mut document = self.document.clone();
        let workspace = document.entry("workspace").or_insert(Item::Table(Table::new()));
        let Some(workspace) = workspace.as_table_like_mut() else { return (before.clone(), before) };
        let members = workspace.entry("members").or_insert(Item::Value(Value::Array(Array::new())));
        let Some(members) = members.as_array_mut() else { return (before.clone(), before) };
        let covers = |pattern: &str| glob::Pattern::new(pattern).is_ok_and(|pattern| pattern.matches(member));
        if members.iter().filter_map(Value::as_str).any(covers) {
            return (before.clone(), before);
        }
        push(members, member);
        (before, document.to_string())
    }

    /// The folders that match the patterns in a list of the `[workspace]` table, such as `members`.
    pub(super) fn folders(&self, list: &str) -> Vec<PathBuf> {
        let patterns = self.get(&["workspace", list]).and_then(Item::as_array).into_iter().flatten();
        patterns.filter_map(|pattern| pattern.as_str()).flat_map(|pattern| self.expand(pattern)).collect()
    }

    fn expand(&self, pattern: &str) -> Vec<PathBuf> {
        let plain = self.root.join(pattern);
        if plain.is_dir() {
            return vec![plain];
        }
        let root = glob::Pattern::escape(&self.root.to_string_lossy());
        let found = glob::glob(&format!("{root}/{pattern}")).into_iter().flatten().flatten();
        found.filter(|folder| folder.is_dir()).collect()
    }

    fn is_workspace(&self) -> bool {
        self.document.contains_key("workspace")
    }

    fn text(&self, path: &[&str]) -> Option<&str> {
        self.get(path)?.as_str()
    }

    fn get(&self, path: &[&str]) -> Option<&Item> {
        path.iter().try_fold(self.document.as_item(), |item, key| item.as_table_like()?.get(key))
    }
}

/// A dependency, as a manifest states it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Dependency {
    /// The required version, unless it is the workspace's or that of a folder.
    pub(super) version: Option<String>,
    /// The features.
    pub(super) features: Vec<String>,
}

impl Dependency {
    /// The dependency on a package in a table of dependencies, under this name or renamed.
    fn find(table: &dyn TableLike, package: &str) -> Option<Self> {
        let is_meant = |name: &str, item: &Item| {
            let renamed = item.as_table_like().and_then(|table| table.get("package")).and_then(Item::as_str);
            renamed.unwrap_or(name) == package
        };
        let (_, item) = table.iter().find(|(name, item)| is_meant(name, item))?;
        let fields = item.as_table_like();
        let features = fields.and_then(|fields| fields.get("features")).and_then(Item::as_array);
        let features = features.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        let version = item.as_str().or_else(|| fields?.get("version")?.as_str());
        Some(Self { version: version.map(str::to_owned), features })
    }
}

/// Adds an element to an array, in the style of the one before it.
fn push(members: &mut Array, member: &str) {
    let style = members.iter().last().map(|last| last.decor().clone());
    let mut value = Value::from(member);
    if let Some(style) = style {
        let prefix = style.prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default().to_owned();
        // Comments in front of the last element are about that one; an element in the same line has a space in front.
        let prefix = prefix.rfind('\n').map_or(" ", |line| &prefix[line..]);
        *value.decor_mut() = Decor::new(prefix, "");
    }
    members.push_formatted(value);
}

fn unreadable(path: &Path, reason: &str) -> Diagnostic {
    Diagnostic::new(Exit::Failure, format!("`{}` cannot be read: {reason}", path.display()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::path::PathBuf;

    use super::{Dependency, Manifest};

    fn manifest(text: &str) -> Manifest {
        Manifest { root: PathBuf::from("/shop"), document: text.parse().unwrap() }
    }

    fn check_member(before: &str, after: &str) {
        assert_eq!(manifest(before).with_member("migration").1, after);
    }

    #[test]
    fn a_member_is_added_in_the_style_of_the_list() {
        check_member(
            "[workspace]\nmembers = [\"app\"] # all\n",
            "[workspace]\nmembers = [\"app\", \"migration\"] # all\n",
        );
        check_member(
            "[workspace]\nmembers = [\n    \"app\",\n    # the models\n    \"entity\",\n]\n",
            "[workspace]\nmembers = [\n    \"app\",\n    # the models\n    \"entity\",\n    \"migration\",\n]\n",
        );
        check_member("[workspace]\nmembers = [\"*\"]\n", "[workspace]\nmembers = [\"*\"]\n");
        check_member("[workspace]\n", "[workspace]\nmembers = [\"migration\"]\n");
        check_member(
            "[package]\nname = \"app\"\n",
            "[package]\nname = \"app\"\n\n[workspace]\nmembers = [\"migration\"]\n",
        );
    }

    #[test]
    fn dependencies_are_found_in_every_table() {
        let text = r#"
            [workspace.dependencies]
            sea-orm = { version = "2", features = ["sqlx-sqlite"] }
            [dependencies]
            orm = { package = "sea-orm", version = "1.1" }
            [target.'cfg(unix)'.dependencies]
            sea-orm = "0.12"
        "#;
        let found = manifest(text).dependencies("sea-orm");
        let expected = [("1.1", vec![]), ("0.12", vec![]), ("2", vec!["sqlx-sqlite".to_owned()])];
        let expected = expected.map(|(version, features)| Dependency { version: Some(version.to_owned()), features });
        assert_eq!(found, expected);
    }

    #[test]
    fn a_migration_crate_builds_with_the_crate_that_reads_revisions() {
        assert!(manifest("[build-dependencies]\nseachange-source = \"0.1\"\n").is_migration_crate());
        assert!(manifest("[build-dependencies.read]\npackage = \"seachange-source\"\n").is_migration_crate());
        assert!(manifest("[target.x.build-dependencies]\nseachange-source.workspace = true\n").is_migration_crate());
        assert!(!manifest("[dependencies]\nseachange-source = \"0.1\"\n").is_migration_crate());
    }
}
