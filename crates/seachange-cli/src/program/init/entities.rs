//! The entity crate of a workspace.

use std::fs;
use std::path::Path;

use proc_macro2::{Delimiter, TokenTree};

use super::super::manifest::Manifest;
use super::super::modules::{Module, RustFile, flat, inside, is, is_punct};
use crate::project::shown;

/// A crate that has entities.
#[derive(Debug)]
pub(super) struct FoundEntities<'a> {
    pub(super) manifest: &'a Manifest,
    /// The paths of the modules, such as `post`; empty for the root of the crate.
    pub(super) modules: Vec<String>,
}

/// Finds the library that has the entities, if there is one; the second value says why others are not used.
pub(super) fn find(members: &[Manifest]) -> (Option<FoundEntities<'_>>, Vec<String>) {
    let mut remarks = Vec::new();
    let mut found = Vec::new();
    for manifest in members {
        if manifest.dependencies("sea-orm").is_empty() || manifest.is_migration_crate() {
            continue;
        }
        let main = manifest.root.join("src/main.rs");
        // A program may depend on the migration crate to migrate when it starts, which must not depend on it in turn.
        let is_library = manifest.library_file().is_file() && !main.is_file();
        let file = if is_library { manifest.library_file() } else { main };
        let EntityModules { reachable, hidden } = EntityModules::of(&file);
        let folder = shown(&manifest.root);
        match (is_library, reachable.len() + hidden.len()) {
            (_, 0) => {}
            (false, count) => remarks.push(format!(
                "the entities in `{folder}` ({count}) are not compared: move them to a library of their own"
            )),
            (true, _) => {
                remarks.extend(hidden.iter().map(|module| {
                    format!(
                        "the entity in `{folder}`, module `{module}`, is not compared: it is private or conditional"
                    )
                }));
                found.push(FoundEntities { manifest, modules: reachable });
            }
        }
    }
    found.retain(|found| !found.modules.is_empty());
    found.sort_by_key(|found| std::cmp::Reverse(found.modules.len()));
    let mut found = found.into_iter();
    let first = found.next();
    remarks.extend(found.map(|other| {
        format!("the entities in `{}` are not compared: add them to `src/entities.rs`", shown(&other.manifest.root))
    }));
    (first, remarks)
}

/// The modules of a crate that have an entity, by their paths.
#[derive(Debug, Default)]
struct EntityModules {
    /// Those that other crates can name.
    reachable: Vec<String>,
    /// The others: they are private, or there only under a condition.
    hidden: Vec<String>,
}

/// The maximum depth of modules: `#[path]` can lead around in a circle.
const DEPTH: usize = 32;

impl EntityModules {
    /// Reads the modules that the root file of a crate declares. A file that cannot be read has none: rustc reports it.
    fn of(root: &Path) -> Self {
        let mut modules = Self::default();
        modules.visit(&tokens(root), root, &[], true);
        modules.reachable.sort();
        modules.hidden.sort();
        modules
    }

    /// Reads a module, and those in it, whose files are relative to `file`.
    fn visit(&mut self, tokens: &[TokenTree], file: &Path, path: &[String], is_reachable: bool) {
        if has_entity(tokens) {
            let list = if is_reachable { &mut self.reachable } else { &mut self.hidden };
            list.push(path.join("::"));
        }
        for child in Module::all(tokens).into_iter().filter(|_| path.len() < DEPTH) {
            let (found, file) = match child.has_file {
                true => child.file(file).map(|file| (self::tokens(&file), file)).unwrap_or_default(),
                false => (child.body(tokens).unwrap_or_default(), child.folder(file).unwrap_or_default()),
            };
            let is_reachable = is_reachable && child.is_public && !child.is_conditional;
            self.visit(&found, &file, &[path, &[child.name]].concat(), is_reachable);
        }
    }
}

fn tokens(file: &Path) -> Vec<TokenTree> {
    let text = fs::read_to_string(file).unwrap_or_default();
    RustFile::parse(file, &text).map(|file| file.tokens).unwrap_or_default()
}

/// Whether the items of a module, without those of the modules in it, define an entity.
fn has_entity(tokens: &[TokenTree]) -> bool {
    let derives = |attribute: &TokenTree| {
        let inner = inside(attribute, Delimiter::Bracket).unwrap_or_default();
        let is_derived = |name: &str| flat(&inner).iter().any(|token| is(token, name));
        inner.first().is_some_and(|name| is(name, "derive")) && is_derived("DeriveEntityModel")
    };
    let is_attribute = |pair: &[TokenTree]| is_punct(&pair[0], '#') && derives(&pair[1]);
    let is_name = |part: &[TokenTree]| is(&part[0], "EntityName") && is(&part[1], "for") && is(&part[2], "Entity");
    tokens.windows(2).any(is_attribute) || tokens.windows(3).any(is_name)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::fs;

    use super::EntityModules;

    #[test]
    fn entities_are_where_the_crate_declares_modules() {
        let folder = tempfile::tempdir().unwrap();
        let src = folder.path();
        let model = "#[derive(Clone, DeriveEntityModel)]\n#[sea_orm(table_name = \"t\")]\npub struct Model {}\n";
        let root = format!(
            "pub mod inline {{ {model} pub mod deep; }}\nmod private;\npub(crate) mod own;\n#[cfg(feature = \"x\")]\n\
             pub mod conditional;\npub mod r#type;\n#[path = \"odd/file.rs\"]\npub mod odd;\npub mod written_out;\n\
             #[cfg(test)]\nmod tests {{ {model} }}\n"
        );
        for path in ["inline/deep.rs", "private.rs", "own.rs", "conditional.rs", "type.rs", "odd/file.rs", "orphan.rs"]
        {
            fs::create_dir_all(src.join(path).parent().unwrap()).unwrap();
            fs::write(src.join(path), model).unwrap();
        }
        fs::write(src.join("written_out.rs"), "impl EntityName for Entity {}").unwrap();
        let library = src.join("lib.rs");
        fs::write(&library, root).unwrap();
        let modules = EntityModules::of(&library);
        assert_eq!(modules.reachable, ["inline", "inline::deep", "odd", "r#type", "written_out"]);
        assert_eq!(modules.hidden, ["conditional", "own", "private", "tests"]);

        fs::write(&library, "#[path = \"lib.rs\"]\npub mod circle;\n").unwrap();
        assert_eq!(EntityModules::of(&library).reachable, [""; 0]);
        assert_eq!(EntityModules::of(&src.join("nowhere.rs")).reachable, [""; 0]);
    }
}
