//! The files of a new migration crate, and where it gets the engine from.

use std::path::{Path, PathBuf};

use clap::Args;
use seachange_source::is_crate_name;

use crate::diagnostic::Diagnostic;
use crate::project::shown;

/// The folder of the revisions in a new crate.
pub const VERSIONS: &str = "src/versions";

/// The features of the engine that each compile in a database.
pub const DATABASES: [&str; 3] = ["sqlite", "postgres", "mysql"];

/// Where a new project gets the engine from.
#[derive(Debug, Default, Clone, Args)]
#[group(multiple = false)]
pub struct EngineArgs {
    /// Take the engine from this folder, which contains its crates
    #[arg(long, value_name = "DIR")]
    engine_path: Option<PathBuf>,
    /// Take the engine from this registry, by its name in cargo's configuration; `crates-io` is the public one
    #[arg(long, value_name = "NAME")]
    registry: Option<String>,
}

/// Where a crate gets the engine from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineSource {
    /// The folder that holds the engine's crates: absolute, or relative to the manifest.
    Path(PathBuf),
    /// A registry, by its name in cargo's configuration.
    Registry(String),
    /// The dependencies that the workspace declares.
    Workspace,
}

impl EngineArgs {
    /// The source that the arguments name, if they name one, for a manifest in the folder `manifest`. A folder that is
    /// given relative to the working directory is written relative to the manifest, so that the project can be moved
    /// with it.
    ///
    /// # Errors
    ///
    /// A folder without the engine's crates.
    pub fn source(&self, manifest: &Path) -> Result<Option<EngineSource>, Diagnostic> {
        match (&self.engine_path, &self.registry) {
            (Some(folder), _) => checked(folder, manifest).map(Some),
            (None, Some(registry)) => Ok(Some(EngineSource::Registry(registry.clone()))),
            (None, None) => Ok(None),
        }
    }
}

/// The error if nothing names the source of the engine. A dependency on a crate of this name in the public registry
/// is not written unless the user says so: before the first release, it would be a crate of another author.
pub fn no_engine() -> Diagnostic {
    Diagnostic::usage("nothing says where the engine's crates come from")
        .hint("`--engine-path DIR` takes them from the folder `crates` of a clone of the repository")
        .hint("`--registry NAME` takes them from a registry")
}

/// The folder as it is written into a manifest, if it has the engine's crates.
pub fn checked(folder: &Path, manifest: &Path) -> Result<EngineSource, Diagnostic> {
    let absolute = std::fs::canonicalize(folder).ok().filter(|folder| folder.join("seachange/Cargo.toml").is_file());
    let absolute = absolute.ok_or_else(|| {
        Diagnostic::usage(format!("the folder `{}` has no `seachange/Cargo.toml`", shown(folder)))
            .hint("the engine's crates are in the folder `crates` of a clone of the repository")
    })?;
    let manifest = std::path::absolute(manifest).unwrap_or_else(|_| manifest.to_owned());
    Ok(EngineSource::Path(match folder.is_absolute() {
        true => absolute,
        false => relative(&manifest, &absolute).into(),
    }))
}

impl EngineSource {
    /// The value of a dependency on one of the engine's crates: the part of an inline table before its features.
    pub fn requirement(&self, krate: &str) -> String {
        match self {
            Self::Path(folder) => format!("path = {}", toml(&folder.join(krate).to_string_lossy())),
            Self::Registry(name) => {
                let registry = if name == "crates-io" { String::new() } else { format!(", registry = {}", toml(name)) };
                format!("version = {}{registry}", toml(env!("CARGO_PKG_VERSION")))
            }
            Self::Workspace => "workspace = true".to_owned(),
        }
    }
}

/// A crate with entities, which a migration crate compares with the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityCrate {
    /// The name of the package.
    pub package: String,
    /// The name of its library in code.
    pub library: String,
    /// The value of the dependency on it, without braces: `path = "../entity"`.
    pub requirement: String,
    /// The paths of the modules with an entity, such as `post` or `shop::order`; empty for the root of the crate.
    pub modules: Vec<String>,
}

/// A migration crate that is to be written.
#[derive(Debug)]
pub struct MigrationCrate<'a> {
    /// The name of the package.
    pub name: &'a str,
    /// The lines of `[package]` that say the version, the edition and so on.
    pub package: &'a str,
    /// Where the engine comes from.
    pub engine: &'a EngineSource,
    /// Which databases are compiled in, of [`DATABASES`].
    pub databases: &'a [&'a str],
    /// The entities that are compared with the database.
    pub entities: Option<&'a EntityCrate>,
}

/// The lines of `[package]` in a crate that inherits nothing.
pub const OWN_PACKAGE: &str = "version = \"0.1.0\"\nedition = \"2024\"\nrust-version = \"1.94\"\npublish = false";

impl MigrationCrate<'_> {
    /// The files of the crate and their texts; paths are relative to its folder. It builds without changes, and has no
    /// revision yet.
    ///
    /// # Errors
    ///
    /// A name that cannot be the name of a crate.
    pub fn files(&self) -> Result<Vec<(&'static str, String)>, Diagnostic> {
        check_name(self.name).map_err(|problem| problem.hint("say `--name`"))?;
        let features: Vec<String> = self.databases.iter().map(|database| toml(database)).collect();
        let manifest = include_str!("template/crate/Cargo.toml.txt");
        let main = match self.entities {
            Some(_) => include_str!("template/crate/main_with_entities.rs.txt"),
            None => include_str!("template/crate/main.rs.txt"),
        };
        let (optional, feature) = match self.entities {
            Some(EntityCrate { package, requirement, .. }) => (
                format!(
                    "# What `check` and `revision --autogenerate` compare the database with.\n{package} = {{ {requirement}, optional = true }}\n"
                ),
                format!(", \"dep:{package}\""),
            ),
            None => (String::new(), String::new()),
        };
        let engine = self.engine.requirement("seachange");
        // The workspace's declaration says that there are no default features.
        let engine = match self.engine {
            EngineSource::Workspace => engine,
            _ => format!("{engine}, default-features = false"),
        };
        let replacements = [
            ("{name}", self.name.to_owned()),
            ("{library}", self.name.replace('-', "_")),
            ("{package}", self.package.to_owned()),
            ("{seachange}", engine),
            ("{source}", self.engine.requirement("seachange-source")),
            ("{databases}", features.join(", ")),
            ("{entities}\n", optional),
            ("{entity_feature}", feature),
        ];
        let fill = |template: &str| {
            replacements.iter().fold(template.to_owned(), |text, (placeholder, value)| text.replace(placeholder, value))
        };
        let mut files = vec![
            ("Cargo.toml", fill(manifest)),
            ("build.rs", fill(include_str!("template/crate/build.rs.txt"))),
            ("src/lib.rs", fill(include_str!("template/crate/lib.rs.txt"))),
            ("src/main.rs", fill(main)),
            ("src/versions/.gitkeep", String::new()),
            ("README.md", fill(include_str!("template/crate/README.md.txt"))),
        ];
        files.extend(self.entities.map(|entities| ("src/entities.rs", entities.list())));
        Ok(files)
    }

    /// The files that a crate outside of a workspace needs in addition.
    pub fn files_of_its_own(&self) -> [(&'static str, String); 2] {
        [(".env.example", env_example()), (".gitignore", include_str!("template/crate/gitignore.txt").to_owned())]
    }
}

/// The variables of the settings, with explanations.
pub fn env_example() -> String {
    include_str!("template/crate/env.example.txt").to_owned()
}

impl EntityCrate {
    /// The text of the module that lists the entities.
    fn list(&self) -> String {
        let library = &self.library;
        let path = |module: &String| match module.as_str() {
            "" => format!("{library}::Entity"),
            module => format!("{library}::{module}::Entity"),
        };
        let lines: String = self.modules.iter().map(|module| format!("\n        .with({})", path(module))).collect();
        let lines = lines.strip_prefix("\n        ").unwrap_or_default();
        // rustfmt keeps a short chain on one line.
        let list = format!("Entities::new(){}{lines}", if self.modules.is_empty() { "" } else { "\n        " });
        let short = list.split_whitespace().collect::<String>();
        let list = if short.len() <= 60 { short } else { list };
        include_str!("template/crate/entities.rs.txt").replace("{list}", &list)
    }
}

/// Rejects what cannot be the name of a crate.
pub fn check_name(name: &str) -> Result<(), Diagnostic> {
    if is_crate_name(name) {
        return Ok(());
    }
    Err(Diagnostic::usage(format!("`{name}` cannot be the name of a crate"))
        .detail("expected letters, digits, `-` and `_`, and a letter in front")
        .detail("not a keyword, a crate of Rust itself, or one that the engine depends on"))
}

/// The name of a folder, which may be given as `.`.
pub fn name_of(folder: &Path) -> Option<String> {
    Some(std::path::absolute(folder).ok()?.file_name()?.to_str()?.to_owned())
}

/// The path of `to` as seen from the folder `from`, with slashes.
pub fn relative(from: &Path, to: &Path) -> String {
    let common = from.components().zip(to.components()).take_while(|(one, other)| one == other).count();
    let up = from.components().skip(common).map(|_| "..".to_owned());
    let down = to.components().skip(common).map(|component| component.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// A string of TOML.
pub fn toml(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
pub(crate) mod tests;
