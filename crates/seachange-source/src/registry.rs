//! The registry: the Rust text that makes modules of the files and lists them for the engine.

use std::path::Path;

use proc_macro2::Literal;

use crate::parse::RevisionFile;

/// Revision files need no documentation beyond their message, which is prose and no rustdoc.
const LINTS: &str = "#[allow(clippy::allow_attributes, missing_docs, rustdoc::all, unreachable_pub)]";

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
         pub static MIGRATIONS: ::seachange::Migrations = ::seachange::Migrations::new(&[\n{scripts}]);\n"
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
        "    ::seachange::Script {{\n        revision: {module}::REVISION,\n        message: {message},\n        \
         file: {name},\n        source_hash: {hash},\n        migration: &{module}::Migration,\n    }},\n"
    )
}

fn literal(text: &str) -> String {
    Literal::string(text).to_string()
}
