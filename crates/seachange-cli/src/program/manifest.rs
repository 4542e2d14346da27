//! Cargo manifests, as far as they tell which crates a workspace has.

use std::fs;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, TableLike};

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
    /// Reads the manifest in a folder; `None` if there is none.
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

fn unreadable(path: &Path, reason: &str) -> Diagnostic {
    Diagnostic::new(Exit::Failure, format!("`{}` cannot be read: {reason}", path.display()))
}
