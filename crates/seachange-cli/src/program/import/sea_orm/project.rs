//! An old migration crate.

use std::fs;
use std::path::{Path, PathBuf};

use toml_edit::DocumentMut;

use super::list::{self, ListEntry, MigratorList};
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::program::modules::{self, Module, RustFile};
use crate::project::shown;

/// The depth of modules in which the list is looked for.
const DEPTH: usize = 4;

/// A crate of sea-orm-migration.
#[derive(Debug)]
pub(super) struct OldCrate {
    /// The folder of its manifest.
    pub(super) root: PathBuf,
    pub(super) manifest: DocumentMut,
    /// The text of the manifest.
    pub(super) manifest_text: String,
    /// The file of the library.
    pub(super) library: PathBuf,
    /// The file of the list, and the modules that lead to it.
    pub(super) list_file: RustFile,
    pub(super) module: Vec<String>,
    pub(super) list: MigratorList,
}

impl OldCrate {
    /// Reads the crate in a folder.
    ///
    /// # Errors
    ///
    /// The file and the line that cannot be read, and what to do by hand.
    pub(super) fn read(root: &Path) -> Result<Self, Diagnostic> {
        let manifest_path = root.join("Cargo.toml");
        let manifest_text = read(&manifest_path)?;
        let manifest = manifest_text.parse::<DocumentMut>();
        let manifest = manifest.map_err(|error| {
            Diagnostic::new(Exit::Failure, format!("`{}`: {}", shown(&manifest_path), error.message()))
        })?;
        let named = manifest.get("lib").and_then(|lib| lib.get("path")).and_then(|path| path.as_str());
        let library = root.join(named.unwrap_or("src/lib.rs"));
        if !library.is_file() {
            let message = format!("`{}` has no library: there is no `{}`", shown(root), shown(&library));
            return Err(Diagnostic::usage(message).hint("move the list of migrations and its modules to `src/lib.rs`"));
        }
        let file = parse(&library)?;
        let (list_file, module, list) = find_list(file, Vec::new())?.ok_or_else(|| {
            Diagnostic::usage(format!("`{}` has no `impl MigratorTrait for …`", shown(root)))
                .hint("name the folder of the migration crate: `--source DIR`")
        })?;
        let list = list.map_err(|error| by_hand(&list_file, &error))?;
        if list.entries.is_empty() {
            return Err(Diagnostic::usage(format!("the list in `{}` has no migrations", shown(&list_file.path)))
                .hint("`seachange init` writes a new migration crate"));
        }
        Ok(Self { root: root.to_owned(), manifest, manifest_text, library, list_file, module, list })
    }

    /// The name of the package.
    pub(super) fn package(&self) -> &str {
        self.text(&["package", "name"]).unwrap_or_default()
    }

    /// The name of the library, as code uses it.
    pub(super) fn library_name(&self) -> String {
        self.text(&["lib", "name"]).unwrap_or_else(|| self.package()).replace('-', "_")
    }

    /// The path of the old type, such as `migration::Migrator`.
    pub(super) fn migrator(&self) -> String {
        let own = [self.library_name()].into_iter().chain(self.module.iter().cloned());
        own.chain([self.list.migrator.clone()]).collect::<Vec<_>>().join("::")
    }

    /// The build script, relative to the manifest.
    pub(super) fn build_script(&self) -> &str {
        self.text(&["package", "build"]).unwrap_or("build.rs")
    }

    fn text(&self, path: &[&str]) -> Option<&str> {
        path.iter().try_fold(self.manifest.as_item(), |item, key| item.get(key))?.as_str()
    }

    /// The path without `crate` and `self` in front, and with what a `use` of the file puts in the place of its first
    /// segment.
    pub(super) fn resolved(&self, path: &[String]) -> Vec<String> {
        let mut path: Vec<String> = path.iter().skip_while(|own| *own == "self" || *own == "crate").cloned().collect();
        let imported = path.first().and_then(|first| modules::imported(&self.list_file.tokens, first));
        if let Some(imported) = imported {
            path.splice(..1, imported);
        }
        path
    }

    /// Whether the file of the list has a type of this name.
    pub(super) fn declares(&self, name: &str) -> bool {
        self.list_file.tokens.windows(2).any(|pair| modules::is(&pair[0], "struct") && modules::is(&pair[1], name))
    }

    pub(super) fn unknown(&self, entry: &ListEntry) -> Diagnostic {
        let (file, line) = (shown(&self.list_file.path), entry.line);
        Diagnostic::usage(format!("`{file}`, line {line}: the code of `{}` is not found", entry.expression))
            .detail("nothing was written")
            .hint("list it as `Box::new(module::Migration)`, with `mod module;` in the same file")
    }

    pub(super) fn versions(&self) -> PathBuf {
        self.root.join("src/versions")
    }

    pub(super) fn version(&self, stem: &str) -> PathBuf {
        self.versions().join(format!("{stem}.rs"))
    }
}

/// A list, with its file and the modules that lead to it.
type FoundList = (RustFile, Vec<String>, Result<MigratorList, list::ListError>);

/// Finds the list in a file or in its modules.
fn find_list(file: RustFile, module: Vec<String>) -> Result<Option<FoundList>, Diagnostic> {
    if let Some(list) = list::read(&file) {
        return Ok(Some((file, module, list)));
    }
    if module.len() >= DEPTH {
        return Ok(None);
    }
    for own in Module::all(&file.tokens).into_iter().filter(|own| own.has_file) {
        let Some(path) = own.file(&file.path) else { continue };
        let below = module.iter().cloned().chain([own.name.clone()]).collect();
        if let Some(found) = find_list(parse(&path)?, below)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

pub(super) fn read(path: &Path) -> Result<String, Diagnostic> {
    fs::read_to_string(path).map_err(|error| {
        let reason = crate::diagnostic::reason(&error);
        Diagnostic::new(Exit::Failure, format!("`{}` cannot be read: {reason}", shown(path)))
    })
}

pub(super) fn parse(path: &Path) -> Result<RustFile, Diagnostic> {
    RustFile::parse(path, &read(path)?).map_err(|line| not_rust(path, line))
}

pub(super) fn not_rust(path: &Path, line: usize) -> Diagnostic {
    Diagnostic::new(Exit::Failure, format!("`{}`, line {line}: not Rust", shown(path)))
        .detail("a bracket, a string or a comment is not closed, or a character is out of place")
        .detail("nothing was written")
}

fn by_hand(file: &RustFile, error: &list::ListError) -> Diagnostic {
    Diagnostic::usage(format!("`{}`, line {}: {}", shown(&file.path), error.line, error.reason))
        .detail("nothing was written")
        .hint("write `migrations()` as one list `vec![Box::new(module::Migration), …]` in the order of the migrations, and try again")
}
