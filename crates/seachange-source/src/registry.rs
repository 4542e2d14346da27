//! The registry: Rust code that declares the files as modules and lists them for the engine.

use std::collections::HashSet;
use std::path::Path;

use proc_macro2::Literal;

use crate::build::RevisionFolder;
use crate::parse::RevisionFile;

/// Revision files need no documentation beyond their message, which is prose instead of rustdoc.
///
/// This is not `expect`: in a crate without these lints, `expect` would warn that it is unfulfilled.
const LINTS: &str = "#[allow(clippy::allow_attributes, missing_docs, rustdoc::all, unreachable_pub, \
                     reason = \"a revision file's documentation is its message\")]";

/// Returns the registry of `files`, which are in `folders`, in their order.
///
/// Paths are made absolute with `root`, because the text is compiled from another folder. With absolute paths,
/// compiler messages point to the file itself. A module has the name of its file; if files in several folders have
/// the same name, the later ones get a suffix. A file that another crate compiles is a module of that crate.
pub(crate) fn render(files: &[RevisionFile], folders: &[RevisionFolder], root: &Path) -> String {
    let (mut own, mut modules) = (Vec::new(), Vec::new());
    let of_crate = |file: &RevisionFile| {
        let folder = folders.iter().find(|folder| file.path.parent() == Some(&folder.path))?;
        folder.of_crate.as_deref()
    };
    let stems: HashSet<&str> =
        files.iter().filter(|file| of_crate(file).is_none()).map(|file| file.module.as_str()).collect();
    let mut taken = HashSet::new();
    for file in files {
        modules.push(match of_crate(file) {
            Some(name) => format!("::{name}::{}", file.module),
            None => {
                let module = module_name(&file.module, &stems, &mut taken);
                own.push(declaration(file, &module, root));
                module
            }
        });
    }
    let scripts: String = files.iter().zip(&modules).map(|(file, module)| script(file, module)).collect();
    let folders: Vec<String> = folders.iter().map(|folder| literal(&folder.path.to_string_lossy())).collect();
    format!(
        "// Written by the build script from the revision files: edits are lost.\n\n\
         {}\
         /// The revisions of this crate, folder by folder in the order of their file names.\n\
         pub static MIGRATIONS: ::seachange::Migrations = ::seachange::Migrations::new(\n    \
         concat!(env!(\"CARGO_PKG_NAME\"), \" \", env!(\"CARGO_PKG_VERSION\")),\n    &[\n{scripts}    ],\n)\n\
         .in_folders(&[{}])\n.in_crate(env!(\"CARGO_MANIFEST_DIR\"));\n",
        own.concat(),
        folders.join(", ")
    )
}

/// Names the module of a file: its stem, or its stem with the first suffix that is still free.
fn module_name(stem: &str, stems: &HashSet<&str>, taken: &mut HashSet<String>) -> String {
    let suffixed = (2..).map(|number: u32| format!("{stem}_{number}")).filter(|name| !stems.contains(name.as_str()));
    std::iter::once(stem.to_owned()).chain(suffixed).find(|name| taken.insert(name.clone())).unwrap_or_default()
}

fn declaration(file: &RevisionFile, module: &str, root: &Path) -> String {
    let path = literal(&root.join(&file.path).to_string_lossy());
    format!("#[path = {path}]\n{LINTS}\npub mod {module};\n\n")
}

fn script(file: &RevisionFile, module: &str) -> String {
    let folder = file.path.parent().unwrap_or(Path::new("")).to_string_lossy();
    let digest = file.source.as_ref().map_or("", |source| &source.digest);
    let [message, folder, name, hash] = [&*file.message, &*folder, &*file.file_name(), digest].map(literal);
    format!(
        "        ::seachange::RegisteredRevision {{\n            revision: {module}::REVISION,\n            message: {message},\n            \
         folder: {folder},\n            file: {name},\n            source_hash: {hash},\n            \
         migration: &{module}::Migration,\n        }},\n"
    )
}

fn literal(text: &str) -> String {
    Literal::string(text).to_string()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::path::Path;

    use super::render;
    use crate::build::RevisionFolder;
    use crate::parse::{SourceHash, parse};

    const TEXT: &str = "//! say \"hi\"\npub const REVISION: R = R { id: \"a\" };\npub struct Migration;";

    #[test]
    fn the_registry_of_two_files() {
        let mut files = ["v/m1_a.rs", "v/m2_b.rs"].map(|path| parse(Path::new(path), TEXT).unwrap());
        for (file, hash) in files.iter_mut().zip(["aa", "bb"]) {
            file.source = Some(SourceHash { digest: hash.to_owned(), included: Vec::new() });
        }
        insta::assert_snapshot!(render(&files, &[RevisionFolder::own(Path::new("v"))], Path::new("/crate")), @r#"
        // Written by the build script from the revision files: edits are lost.

        #[path = "/crate/v/m1_a.rs"]
        #[allow(clippy::allow_attributes, missing_docs, rustdoc::all, unreachable_pub, reason = "a revision file's documentation is its message")]
        pub mod m1_a;

        #[path = "/crate/v/m2_b.rs"]
        #[allow(clippy::allow_attributes, missing_docs, rustdoc::all, unreachable_pub, reason = "a revision file's documentation is its message")]
        pub mod m2_b;

        /// The revisions of this crate, folder by folder in the order of their file names.
        pub static MIGRATIONS: ::seachange::Migrations = ::seachange::Migrations::new(
            concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")),
            &[
                ::seachange::RegisteredRevision {
                    revision: m1_a::REVISION,
                    message: "say \"hi\"",
                    folder: "v",
                    file: "m1_a.rs",
                    source_hash: "aa",
                    migration: &m1_a::Migration,
                },
                ::seachange::RegisteredRevision {
                    revision: m2_b::REVISION,
                    message: "say \"hi\"",
                    folder: "v",
                    file: "m2_b.rs",
                    source_hash: "bb",
                    migration: &m2_b::Migration,
                },
            ],
        )
        .in_folders(&["v"])
        .in_crate(env!("CARGO_MANIFEST_DIR"));
        "#);
    }

    #[test]
    fn an_empty_registry_is_one() {
        let text = render(&[], &[RevisionFolder::own(Path::new("v"))], Path::new("/crate"));
        assert!(
            text.ends_with("    &[\n    ],\n)\n.in_folders(&[\"v\"])\n.in_crate(env!(\"CARGO_MANIFEST_DIR\"));\n"),
            "{text}"
        );
    }

    #[test]
    fn files_of_the_same_name_are_different_modules() {
        let paths = ["v/m1.rs", "v/m1_2.rs", "billing/m1.rs", "feed/m1.rs"];
        let files = paths.map(|path| parse(Path::new(path), TEXT).unwrap());
        let folders = ["v", "billing", "feed"].map(|folder| RevisionFolder::own(Path::new(folder)));
        let text = render(&files, &folders, Path::new("/crate"));
        let kept = |line: &&str| {
            ["#[path", "pub mod", "revision:", "folder:", "file:", ".in_folders"]
                .iter()
                .any(|start| line.trim_start().starts_with(start))
        };
        let lines: Vec<&str> = text.lines().filter(kept).map(str::trim_start).collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        #[path = "/crate/v/m1.rs"]
        pub mod m1;
        #[path = "/crate/v/m1_2.rs"]
        pub mod m1_2;
        #[path = "/crate/billing/m1.rs"]
        pub mod m1_3;
        #[path = "/crate/feed/m1.rs"]
        pub mod m1_4;
        revision: m1::REVISION,
        folder: "v",
        file: "m1.rs",
        revision: m1_2::REVISION,
        folder: "v",
        file: "m1_2.rs",
        revision: m1_3::REVISION,
        folder: "billing",
        file: "m1.rs",
        revision: m1_4::REVISION,
        folder: "feed",
        file: "m1.rs",
        .in_folders(&["v", "billing", "feed"])
        "#);
    }
}
