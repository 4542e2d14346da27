//! The SeaORM of a workspace.

use super::super::manifest::{Dependency, Manifest};
use crate::diagnostic::Diagnostic;
use crate::scaffold::DATABASES;

/// What the crates of a workspace say about SeaORM.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::program) struct SeaOrm {
    /// The major version, if a crate depends on SeaORM.
    pub(in crate::program) major: Option<u64>,
    /// The databases whose drivers are enabled, of [`DATABASES`].
    pub(in crate::program) databases: Vec<&'static str>,
}

impl SeaOrm {
    /// Reads the dependencies of the workspace and of its members.
    pub(in crate::program) fn of<'a>(manifests: impl IntoIterator<Item = &'a Manifest>) -> Self {
        let manifests: Vec<&Manifest> = manifests.into_iter().collect();
        let dependencies: Vec<Dependency> = manifests
            .iter()
            .flat_map(|manifest| ["sea-orm", "sea-orm-migration"].map(|package| manifest.dependencies(package)))
            .flatten()
            .collect();
        let of_dependencies = dependencies.iter().flat_map(|dependency| &dependency.features).map(String::as_str);
        // A crate may choose the driver by a feature of its own: `postgres = ["sea-orm/sqlx-postgres"]`.
        let of_features = manifests.iter().flat_map(|manifest| manifest.enabled_by_features());
        let of_features = of_features.filter_map(|feature| feature.split_once('/')).map(|(_, feature)| feature);
        let features: Vec<&str> = of_dependencies.chain(of_features).collect();
        let has = |database: &&&str| {
            features.iter().any(|feature| *feature == "sqlx-all" || feature.strip_prefix("sqlx-") == Some(**database))
        };
        Self {
            major: dependencies.iter().filter_map(|dependency| major(dependency.version.as_deref()?)).min(),
            databases: DATABASES.iter().filter(has).copied().collect(),
        }
    }

    /// Rejects a workspace in which the engine cannot be: cargo allows one crate that links SQLite, and SeaORM 1 and
    /// 2 depend on different versions of it.
    pub(in crate::program) fn check(&self) -> Result<(), Diagnostic> {
        match self.major {
            Some(major) if major < 2 && self.databases.contains(&"sqlite") => Err(Diagnostic::usage(format!(
                "this workspace uses SeaORM {major} with SQLite; the engine needs SeaORM 2"
            ))
            .detail("cargo allows only one crate with `links = \"sqlite3\"`, so both cannot be in one workspace")
            .hint("upgrade the workspace to SeaORM 2, or write the migration crate outside of it")),
            _ => Ok(()),
        }
    }

    /// Whether entities of the workspace are those of the engine's SeaORM.
    pub(in crate::program) fn is_ours(&self) -> bool {
        self.major.is_none_or(|major| major >= 2)
    }
}

/// The major version that a requirement such as `2.0`, `^1.1`, `=2.0.0-rc.1` or `>=1, <2` begins with.
fn major(requirement: &str) -> Option<u64> {
    let digits = requirement.trim_start_matches(|character: char| !character.is_ascii_digit());
    digits.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::super::super::manifest::Manifest;
    use super::{SeaOrm, major};

    #[test]
    fn drivers_are_features_of_the_dependency_or_of_the_crate() {
        let databases = |text: &str| {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("Cargo.toml"), text).unwrap();
            SeaOrm::of([&Manifest::read(folder.path()).unwrap().unwrap()]).databases
        };
        assert_eq!(
            databases("[dependencies]\nsea-orm = { version = \"2\", features = [\"sqlx-mysql\"] }\n"),
            ["mysql"]
        );
        let of_crate = "[dependencies]\nsea-orm = \"2\"\n[features]\npg = [\"sea-orm/sqlx-postgres\", \"dep:x\"]\n";
        assert_eq!(databases(of_crate), ["postgres"]);
        let all = "[dependencies]\nsea-orm = { git = \"x\", features = [\"sqlx-all\"] }\n";
        assert_eq!(databases(all), ["sqlite", "postgres", "mysql"]);
        assert_eq!(databases("[dependencies]\nsea-orm = \"2\"\n"), [""; 0]);
    }

    #[test]
    fn the_major_version_of_a_requirement() {
        let found = ["2.0.4", "^1.1", "=2.0.0-rc.1", ">= 1, < 2", "~0.12", "2", "*"].map(major);
        assert_eq!(found, [Some(2), Some(1), Some(2), Some(1), Some(0), Some(2), None]);
    }
}
