//! The files that build an image of a new project, and run it beside its database.

use std::path::{Component, Path, PathBuf};

use crate::scaffold::EngineSource;

/// The folder of the project while the image is built.
const SOURCES: &str = "/src";

/// Returns the files and their texts, for a project of this name.
///
/// With the engine in a folder, the image is built with a second context, called `seachange`: the folder above the
/// engine's crates.
pub(super) fn files(name: &str, engine: &EngineSource, databases: &[&str]) -> [(&'static str, String); 3] {
    let EngineContext { argument, copies, contexts } = EngineContext::of(name, engine);
    let replacements = [
        ("{name}", name),
        ("{image}", &name.to_ascii_lowercase()),
        ("{context}", &argument),
        ("{engine}\n", &copies),
        ("{contexts}", &contexts),
    ];
    let fill = |template: &str| {
        replacements.iter().fold(template.to_owned(), |text, (placeholder, value)| text.replace(placeholder, value))
    };
    [
        ("Dockerfile", fill(include_str!("../../template/deploy/Dockerfile.txt"))),
        (".dockerignore", include_str!("../../template/deploy/dockerignore.txt").to_owned()),
        ("compose.yaml", fill(compose(databases))),
    ]
}

/// The template for the first server that the project compiles in, or else for SQLite.
fn compose(databases: &[&str]) -> &'static str {
    let has = |database| databases.contains(&database);
    match (has("postgres"), has("mysql")) {
        (true, _) => include_str!("../../template/deploy/compose.postgres.yaml.txt"),
        (false, true) => include_str!("../../template/deploy/compose.mysql.yaml.txt"),
        (false, false) => include_str!("../../template/deploy/compose.sqlite.yaml.txt"),
    }
}

/// How an image gets the engine's crates; empty if cargo downloads them.
#[derive(Default)]
struct EngineContext {
    /// The argument of `docker build`, followed by a space.
    argument: String,
    /// The instructions that copy the crates to the path that the manifests name.
    copies: String,
    /// The setting in the Compose file.
    contexts: String,
}

impl EngineContext {
    fn of(name: &str, engine: &EngineSource) -> Self {
        let EngineSource::Path(crates) = engine else {
            return Self { copies: "\n".to_owned(), ..Self::default() };
        };
        let folder = crates.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder_name = crates.file_name().unwrap_or_default().to_string_lossy();
        let inside = joined(&Path::new(SOURCES).join(name), folder);
        let (folder, inside) = (folder.display(), inside.display());
        Self {
            argument: format!("--build-context seachange={folder} "),
            copies: format!(
                "\n# The engine, where the manifests expect it.\n\
                 COPY --from=seachange Cargo.toml {inside}/\n\
                 COPY --from=seachange {folder_name}/ {inside}/{folder_name}/\n\n"
            ),
            contexts: format!("      additional_contexts:\n        seachange: {folder}\n"),
        }
    }
}

/// Joins two paths of an image, without `..`.
fn joined(start: &Path, path: &Path) -> PathBuf {
    let mut joined = PathBuf::new();
    for component in start.join(path).components() {
        match component {
            Component::ParentDir => drop(joined.pop()),
            Component::CurDir => {}
            component => joined.push(component),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::fs;

    use super::*;

    /// The folder `deploy` of the repository has what `init` writes, for people whose project exists already.
    /// `UPDATE_DEPLOY=1` writes it.
    #[test]
    fn the_folder_of_the_repository_is_written_by_init() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy");
        if !folder.is_dir() {
            return;
        }
        let registry = EngineSource::Registry("crates-io".to_owned());
        for (file, text) in files("shop", &registry, &["postgres"]) {
            let path = folder.join(file);
            if std::env::var_os("UPDATE_DEPLOY").is_some() {
                fs::write(&path, &text).unwrap();
            }
            assert_eq!(fs::read_to_string(&path).unwrap_or_default(), text, "{file}: `UPDATE_DEPLOY=1` writes it");
        }
    }

    #[test]
    fn an_engine_in_a_folder_is_a_context() {
        let instructions = |path: &str| EngineContext::of("shop", &EngineSource::Path(path.into())).copies;
        insta::assert_snapshot!(instructions("../seachange/crates"), @"
        # The engine, where the manifests expect it.
        COPY --from=seachange Cargo.toml /src/seachange/
        COPY --from=seachange crates/ /src/seachange/crates/
        ");
        insta::assert_snapshot!(instructions("/opt/seachange/crates"), @"
        # The engine, where the manifests expect it.
        COPY --from=seachange Cargo.toml /opt/seachange/
        COPY --from=seachange crates/ /opt/seachange/crates/
        ");
        assert_eq!(joined("/src/shop".as_ref(), "../../../../engine".as_ref()), Path::new("/engine"));
    }

    #[test]
    fn the_database_is_the_first_server() {
        let images = |databases: &[&str]| {
            let [.., (_, compose)] = files("shop", &EngineSource::Registry("crates-io".to_owned()), databases);
            compose
                .lines()
                .filter_map(|line| line.trim().strip_prefix("image: ").map(str::to_owned))
                .collect::<Vec<_>>()
        };
        assert_eq!(images(&["sqlite", "postgres", "mysql"]), ["postgres:17"]);
        assert_eq!(images(&["sqlite", "mysql"]), ["mariadb:11"]);
        assert_eq!(images(&["sqlite"]), [""; 0]);
    }
}
