//! Cargo manifests, as far as they tell which crates a workspace has.

use std::fs;
use std::path::{Component, Path, PathBuf};

use glob::MatchOptions;
use toml_edit::{Array, Decor, DocumentMut, Item, Table, TableLike, Value};

use crate::crate_config::known_settings;
use crate::diagnostic::{Diagnostic, reason};
use crate::exit::Exit;

/// The crate whose presence among the build dependencies makes a crate a migration crate.
const BUILD_DEPENDENCY: &str = "seachange-source";

/// A `Cargo.toml` that was read.
#[derive(Debug)]
pub(super) struct Manifest {
    /// The folder of the file.
    pub(super) root: PathBuf,
    /// The text as it was read.
    text: String,
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
        Ok(Some(Self { root: folder.to_owned(), text, document }))
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
        if let Some(named) = self.text_at(&["package", "workspace"]) {
            return Self::read(&normal(&self.root.join(named)));
        }
        for folder in self.root.ancestors().skip(1) {
            match Self::read(folder)? {
                Some(manifest) if manifest.is_workspace() && !manifest.excludes(&self.root) => {
                    return Ok(Some(manifest));
                }
                _ => {}
            }
        }
        Ok(None)
    }

    /// Whether `exclude` keeps a folder out of the workspace, as cargo decides it: the folder is below an excluded one,
    /// and `members` names neither it nor a folder above it.
    pub(super) fn excludes(&self, folder: &Path) -> bool {
        let has = |list| self.patterns(list).any(|path| folder.starts_with(normal(&self.root.join(path))));
        has("exclude") && !has("members")
    }

    /// The name of the package, if there is one.
    pub(super) fn package(&self) -> Option<&str> {
        self.text_at(&["package", "name"])
    }

    /// The package that `[workspace.metadata.seachange]` names for the commands of this program.
    ///
    /// # Errors
    ///
    /// Another setting in this table, and a value that is not a text.
    pub(super) fn chosen_package(&self) -> Result<Option<&str>, Diagnostic> {
        let Some(settings) = self.get(&["workspace", "metadata", "seachange"]) else { return Ok(None) };
        let Some(package) = known_settings(settings, "workspace", &["package"])?.get("package") else {
            return Ok(None);
        };
        let message = "`package` in `[workspace.metadata.seachange]` is not the name of a package";
        package.as_str().map(Some).ok_or_else(|| Diagnostic::usage(message))
    }

    /// The build script, relative to the manifest.
    pub(super) fn build_script(&self) -> &str {
        self.text_at(&["package", "build"]).unwrap_or("build.rs")
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

    /// What the features of the crate enable, such as `sea-orm/sqlx-postgres`.
    pub(super) fn enabled_by_features(&self) -> impl Iterator<Item = &str> {
        let features = self.get(&["features"]).and_then(Item::as_table_like).into_iter().flat_map(TableLike::iter);
        features.filter_map(|(_, list)| list.as_array()).flatten().filter_map(Value::as_str)
    }

    /// Whether the crate has the command line of the engine.
    pub(super) fn has_command_line(&self) -> bool {
        let mut enabled = self.enabled_by_features();
        let mut dependencies = self.dependencies("seachange").into_iter();
        dependencies.any(|dependency| dependency.features.iter().any(|feature| feature == "cli"))
            || enabled.any(|feature| matches!(feature, "seachange/cli" | "seachange?/cli"))
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
        let unchanged = || (self.text.clone(), self.text.clone());
        if self.has_member(member) {
            return unchanged();
        }
        let mut document = self.document.clone();
        let workspace = document.entry("workspace").or_insert(Item::Table(Table::new()));
        let Some(workspace) = workspace.as_table_like_mut() else { return unchanged() };
        let members = workspace.entry("members").or_insert(Item::Value(Value::Array(Array::new())));
        let Some(members) = members.as_array_mut() else { return unchanged() };
        push(members, member);
        (self.text.clone(), document.to_string())
    }

    /// Whether `members` covers a folder, which need not exist, and `exclude` does not keep it out.
    fn has_member(&self, member: &str) -> bool {
        let folder = self.root.join(member);
        let is_named = self.patterns("members").any(|path| normal(&self.root.join(path)) == folder);
        is_named || (self.pattern_of(member).is_some() && !self.excludes(&folder))
    }

    /// The pattern among the `members` that matches a folder.
    pub(super) fn pattern_of(&self, folder: &str) -> Option<&str> {
        // `*` stands for one folder, not for several.
        let options = MatchOptions { require_literal_separator: true, ..MatchOptions::new() };
        self.patterns("members").find(|pattern| {
            let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
            glob::Pattern::new(pattern).is_ok_and(|pattern| pattern.matches_with(folder, options))
        })
    }

    /// The folders that match the patterns in a list of the `[workspace]` table, such as `members`.
    pub(super) fn folders(&self, list: &str) -> Vec<PathBuf> {
        self.patterns(list).flat_map(|pattern| self.expand(pattern)).collect()
    }

    /// The elements of a list of the `[workspace]` table.
    fn patterns(&self, list: &str) -> impl Iterator<Item = &str> {
        let patterns = self.get(&["workspace", list]).and_then(Item::as_array).into_iter().flatten();
        patterns.filter_map(Value::as_str)
    }

    /// The file of the library, whether it exists or not.
    pub(super) fn library_file(&self) -> PathBuf {
        self.root.join(self.text_at(&["lib", "path"]).unwrap_or("src/lib.rs"))
    }

    /// The name of the library in code.
    pub(super) fn library(&self) -> String {
        let own = self.text_at(&["lib", "name"]).or(self.package());
        own.unwrap_or_default().replace('-', "_")
    }

    fn expand(&self, pattern: &str) -> Vec<PathBuf> {
        let plain = normal(&self.root.join(pattern));
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

    fn text_at(&self, path: &[&str]) -> Option<&str> {
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

/// The path without `.` and `..`.
pub(super) fn normal(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut normal, component| {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            component => normal.push(component),
        }
        normal
    })
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
        Manifest { root: PathBuf::from("/shop"), text: text.to_owned(), document: text.parse().unwrap() }
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
        for covered in ["[\"*\"]", "[\"./migration/\"]", "[\"./m*/\"]"] {
            let text = format!("[workspace]\nmembers = {covered}\n");
            check_member(&text, &text);
        }
        check_member("[workspace]\n", "[workspace]\nmembers = [\"migration\"]\n");
        check_member(
            "[package]\nname = \"app\"\n",
            "[package]\nname = \"app\"\n\n[workspace]\nmembers = [\"migration\"]\n",
        );
    }

    #[test]
    fn a_member_is_named_if_patterns_do_not_cover_it() {
        let added = |text: &str, member: &str| {
            let (before, after) = manifest(text).with_member(member);
            before != after
        };
        let patterns = "[workspace]\nmembers = [\"crates/*\"]\nexclude = [\"crates/old\", \"tools\"]\n";
        assert!(!added(patterns, "crates/migration"));
        assert!(added(patterns, "crates/db/migration"), "`*` is one folder");
        assert!(added(patterns, "crates/old"), "a pattern does not win over `exclude`");
        assert!(added(patterns, "crates/old/migration"));
        assert_eq!(manifest(patterns).pattern_of("crates/db"), Some("crates/*"));
        assert!(!added("[workspace]\nmembers = [\"m\"]\nexclude = [\"m\"]\n", "m"), "a named member wins");
    }

    #[test]
    fn excluded_folders_are_those_of_cargo() {
        let excludes = |folder: &str| {
            let text = "[workspace]\nmembers = [\"old/kept\"]\nexclude = [\"old\", \"./tools\"]\n";
            manifest(text).excludes(&PathBuf::from("/shop").join(folder))
        };
        let found = ["old", "old/x", "old/kept", "old/kept/x", "tools", "older"].map(excludes);
        assert_eq!(found, [true, true, false, false, true, false]);
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
    fn the_chosen_package_is_a_name() {
        let chosen = |settings: &str| {
            let manifest = manifest(&format!("[workspace.metadata.seachange]\n{settings}\n"));
            manifest.chosen_package().map(|name| name.map(str::to_owned)).map_err(|problem| problem.message)
        };
        assert_eq!(chosen("package = \"db\""), Ok(Some("db".to_owned())));
        assert_eq!(chosen(""), Ok(None));
        let wrong = "`package` in `[workspace.metadata.seachange]` is not the name of a package".to_owned();
        assert_eq!(chosen("package = 5"), Err(wrong));
        assert_eq!(chosen("crate = \"db\""), Err("`[workspace.metadata.seachange]` has no setting `crate`".to_owned()));
    }

    #[test]
    fn the_command_line_is_a_feature() {
        assert!(
            manifest("[dependencies]\nseachange = { version = \"0.1\", features = [\"cli\"] }\n").has_command_line()
        );
        assert!(manifest("[features]\ncli = [\"seachange/cli\"]\n").has_command_line());
        assert!(
            !manifest("[dependencies]\nseachange = { version = \"0.1\", features = [\"args\"] }\n").has_command_line()
        );
    }

    #[test]
    fn a_migration_crate_builds_with_the_crate_that_reads_revisions() {
        assert!(manifest("[build-dependencies]\nseachange-source = \"0.1\"\n").is_migration_crate());
        assert!(manifest("[build-dependencies.read]\npackage = \"seachange-source\"\n").is_migration_crate());
        assert!(manifest("[target.x.build-dependencies]\nseachange-source.workspace = true\n").is_migration_crate());
        assert!(!manifest("[dependencies]\nseachange-source = \"0.1\"\n").is_migration_crate());
    }
}
