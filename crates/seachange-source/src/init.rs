//! A new migration crate.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use syn::Ident;

use crate::write::{WriteError, at};

/// The files of a new crate, and their templates.
const FILES: [(&str, &str); 8] = [
    ("Cargo.toml", include_str!("template/Cargo.toml.txt")),
    ("build.rs", include_str!("template/build.rs.txt")),
    ("src/lib.rs", include_str!("template/lib.rs.txt")),
    ("src/main.rs", include_str!("template/main.rs.txt")),
    ("src/versions/.gitkeep", ""),
    ("README.md", include_str!("template/README.md.txt")),
    (".env.example", include_str!("template/env.example.txt")),
    (".gitignore", include_str!("template/gitignore.txt")),
];

/// Where a new crate gets the engine from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeachangeDependency {
    /// A version on crates.io, such as `0.1.0`.
    Version(String),
    /// The folder that holds the engine's crates, as it is written into `Cargo.toml`: absolute, or relative to the
    /// new crate.
    Path(PathBuf),
}

impl SeachangeDependency {
    /// Returns the key and the value in a table of `Cargo.toml`.
    fn requirement(&self, krate: &str) -> String {
        match self {
            Self::Version(version) => format!("version = {}", toml(version)),
            Self::Path(folder) => format!("path = {}", toml(&folder.join(krate).to_string_lossy())),
        }
    }
}

/// The result of `init`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScaffoldedCrate {
    /// The files, in the order in which they were written.
    pub files: Vec<PathBuf>,
    /// The `Cargo.toml` of the workspace that contains the crate, if there is one. Cargo refuses to build the crate
    /// unless the workspace's `members` include it.
    pub workspace: Option<PathBuf>,
}

/// Writes a migration crate called `name` into `dir`, which is created if it does not exist.
///
/// The crate builds without changes, and has no revision yet.
///
/// # Errors
///
/// A `name` that is not a valid crate name, a `dir` that exists and is not empty (then nothing is written), and
/// errors of the operating system.
pub fn init(dir: &Path, name: &str, engine: &SeachangeDependency) -> Result<ScaffoldedCrate, WriteError> {
    let library = library_name(name)?;
    check_empty(dir)?;
    let replacements = [
        ("{name}", name.to_owned()),
        ("{library}", library),
        ("{seachange}", engine.requirement("seachange")),
        ("{source}", engine.requirement("seachange-source")),
    ];
    let fill = |template: &str| {
        replacements.iter().fold(template.to_owned(), |text, (placeholder, value)| text.replace(placeholder, value))
    };
    let mut files = Vec::new();
    for (file, template) in FILES {
        let path = dir.join(file);
        let folder = path.parent().unwrap_or(dir);
        fs::create_dir_all(folder).map_err(at(folder))?;
        fs::write(&path, fill(template)).map_err(at(&path))?;
        files.push(path);
    }
    Ok(ScaffoldedCrate { files, workspace: workspace_above(dir) })
}

/// Returns the name of the library in the crate `name`.
fn library_name(name: &str) -> Result<String, WriteError> {
    let library = name.replace('-', "_");
    let legal = name.is_ascii() && name.starts_with(|first: char| first.is_ascii_alphabetic());
    let taken = ["core", "alloc", "std", "test", "proc_macro", "seachange", "build", "deps", "examples", "incremental"];
    if legal && !taken.contains(&library.as_str()) && syn::parse_str::<Ident>(&library).is_ok() {
        return Ok(library);
    }
    Err(WriteError::CrateName { name: name.to_owned() })
}

fn check_empty(dir: &Path) -> Result<(), WriteError> {
    let mut entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(at(dir))?,
    };
    if entries.next().is_some() {
        return Err(WriteError::NotEmpty { dir: dir.to_owned() });
    }
    Ok(())
}

/// Finds the nearest `Cargo.toml` with a `[workspace]` above `dir`.
fn workspace_above(dir: &Path) -> Option<PathBuf> {
    let dir = env::current_dir().ok()?.join(dir);
    let manifests = dir.ancestors().skip(1).map(|folder| folder.join("Cargo.toml"));
    manifests.into_iter().find(|manifest| fs::read_to_string(manifest).is_ok_and(|text| has_workspace(&text)))
}

fn has_workspace(manifest: &str) -> bool {
    manifest.lines().map(str::trim).any(|line| line.starts_with("[workspace]") || line.starts_with("[workspace."))
}

/// Returns a string of TOML.
fn toml(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::{has_workspace, library_name, toml};

    #[test]
    fn a_crate_has_a_name_that_cargo_takes() {
        let check = |name: &str, expected: Option<&str>| {
            assert_eq!(library_name(name).ok().as_deref(), expected, "{name:?}");
        };
        check("migration", Some("migration"));
        check("my-app_migration2", Some("my_app_migration2"));
        for name in ["", "2d", "-a", "_a", "a b", "a/b", "größe", "fn", "std", "seachange", "a\"b", "a\nb"] {
            check(name, None);
        }
    }

    #[test]
    fn strings_of_toml_are_escaped() {
        assert_eq!(toml("C:\\a \"b\""), r#""C:\\a \"b\"""#);
    }

    #[test]
    fn a_workspace_has_its_table() {
        assert!(has_workspace("[package]\n\n [workspace] # root\n"));
        assert!(has_workspace("[workspace.package]\n"));
        assert!(!has_workspace("[package]\nversion.workspace = true\n"));
    }
}
