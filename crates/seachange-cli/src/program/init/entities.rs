//! The entity crate of a workspace.

use std::path::Path;

use seachange_source::models;

use super::super::manifest::Manifest;
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
    let mut found: Vec<FoundEntities<'_>> = members
        .iter()
        .filter(|member| !member.dependencies("sea-orm").is_empty() && !member.is_migration_crate())
        .map(|manifest| FoundEntities { manifest, modules: modules(&manifest.root.join("src")) })
        .filter(|found| !found.modules.is_empty())
        .collect();
    // A program may depend on the migration crate to migrate when it starts, which must not depend on it in turn.
    let is_library = |found: &FoundEntities<'_>| {
        found.manifest.root.join("src/lib.rs").is_file() && !found.manifest.root.join("src/main.rs").is_file()
    };
    let mut remarks: Vec<String> = found
        .iter()
        .filter(|found| !is_library(found))
        .map(|found| {
            let (folder, count) = (shown(&found.manifest.root), found.modules.len());
            format!("the entities in `{folder}` ({count}) are not compared: move them to a library of their own")
        })
        .collect();
    found.retain(is_library);
    found.sort_by_key(|found| std::cmp::Reverse(found.modules.len()));
    let mut found = found.into_iter();
    let first = found.next();
    remarks.extend(found.map(|other| {
        format!("the entities in `{}` are not compared: add them to `src/entities.rs`", shown(&other.manifest.root))
    }));
    (first, remarks)
}

/// The modules below `src` that have an entity, by the names of their files.
fn modules(src: &Path) -> Vec<String> {
    let models = models(src).unwrap_or_default();
    let mut modules: Vec<String> = models.iter().filter_map(|model| module(src, &model.file)).collect();
    modules.sort();
    modules.dedup();
    modules
}

fn module(src: &Path, file: &Path) -> Option<String> {
    let path = file.strip_prefix(src).ok()?.with_extension("");
    let mut names: Vec<&str> = path.iter().map(|name| name.to_str()).collect::<Option<_>>()?;
    if names == ["lib"] || names.last() == Some(&"mod") {
        names.pop();
    }
    Some(names.join("::"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::module;

    #[test]
    fn a_file_is_a_module() {
        let check = |file: &str, expected: &str| {
            assert_eq!(module(Path::new("/e/src"), &Path::new("/e/src").join(file)).as_deref(), Some(expected));
        };
        check("lib.rs", "");
        check("post.rs", "post");
        check("shop/order_line.rs", "shop::order_line");
        check("shop/mod.rs", "shop");
    }
}
