//! The registry: the Rust text that makes modules of the files and lists them for the engine.

use std::path::Path;

use proc_macro2::Literal;

use crate::parse::RevisionFile;

/// Revision files need no documentation beyond their message, which is prose and no rustdoc.
///
/// Not `expect`: in a crate without these lints, it would warn that there is nothing to expect.
const LINTS: &str = "#[allow(clippy::allow_attributes, missing_docs, rustdoc::all, unreachable_pub, \
                     reason = \"a revision file's documentation is its message\")]";

/// Returns the registry of `files`, in their order.
///
/// Paths are made absolute with `root`, because the text is compiled from another folder. Absolute paths are also
/// what makes a compiler's message point into the file itself.
pub(crate) fn render(files: &[RevisionFile], root: &Path) -> String {
    let modules: String = files.iter().map(|file| module(file, root)).collect();
    let scripts: String = files.iter().map(script).collect();
    format!(
        "// Written by the build script from the revision files: edits are lost.\n\n\
         {modules}\
         /// The revisions of this crate, in the order of their file names.\n\
         pub static MIGRATIONS: ::seachange::Migrations = ::seachange::Migrations::new(\n    \
         concat!(env!(\"CARGO_PKG_NAME\"), \" \", env!(\"CARGO_PKG_VERSION\")),\n    &[\n{scripts}    ],\n);\n"
    )
}

fn module(file: &RevisionFile, root: &Path) -> String {
    let path = literal(&root.join(&file.path).to_string_lossy());
    format!("#[path = {path}]\n{LINTS}\npub mod {};\n\n", file.module)
}

fn script(file: &RevisionFile) -> String {
    let module = &file.module;
    let [message, name, hash] = [&file.message, &file.file_name(), &file.source_hash].map(|text| literal(text));
    format!(
        "        ::seachange::Script {{\n            revision: {module}::REVISION,\n            message: {message},\n            \
         file: {name},\n            source_hash: {hash},\n            migration: &{module}::Migration,\n        }},\n"
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
    use crate::parse::parse;

    #[test]
    fn the_registry_of_two_files() {
        let text = "//! say \"hi\"\npub const REVISION: R = R { id: \"a\" };\npub struct Migration;";
        let mut files = ["v/m1_a.rs", "v/m2_b.rs"].map(|path| parse(Path::new(path), text).unwrap());
        for (file, hash) in files.iter_mut().zip(["aa", "bb"]) {
            file.source_hash = hash.to_owned();
        }
        insta::assert_snapshot!(render(&files, Path::new("/crate")), @r##"
        // Written by the build script from the revision files: edits are lost.

        #[path = "/crate/v/m1_a.rs"]
        #[allow(clippy::allow_attributes, missing_docs, rustdoc::all, unreachable_pub, reason = "a revision file's documentation is its message")]
        pub mod m1_a;

        #[path = "/crate/v/m2_b.rs"]
        #[allow(clippy::allow_attributes, missing_docs, rustdoc::all, unreachable_pub, reason = "a revision file's documentation is its message")]
        pub mod m2_b;

        /// The revisions of this crate, in the order of their file names.
        pub static MIGRATIONS: ::seachange::Migrations = ::seachange::Migrations::new(
            concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")),
            &[
                ::seachange::Script {
                    revision: m1_a::REVISION,
                    message: "say \"hi\"",
                    file: "m1_a.rs",
                    source_hash: "aa",
                    migration: &m1_a::Migration,
                },
                ::seachange::Script {
                    revision: m2_b::REVISION,
                    message: "say \"hi\"",
                    file: "m2_b.rs",
                    source_hash: "bb",
                    migration: &m2_b::Migration,
                },
            ],
        );
        "##);
    }

    #[test]
    fn an_empty_registry_is_one() {
        let text = render(&[], Path::new("/crate"));
        assert!(text.ends_with("    &[\n    ],\n);\n"), "{text}");
    }
}
