//! golang-migrate: `VERSION_NAME.up.sql` and `VERSION_NAME.down.sql`, of which one may be missing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::files::{self, Direction, Entries};
use super::{SqlMigration, SqlProject};
use crate::diagnostic::Diagnostic;
use crate::project::shown;

/// The files of a version.
#[derive(Default)]
struct Files {
    name: String,
    up: Option<PathBuf>,
    down: Option<PathBuf>,
}

/// Reads the folder. golang-migrate sorts the versions as numbers, and does not look into folders.
pub(super) fn read(folder: &Path) -> Result<SqlProject, Diagnostic> {
    let mut project = SqlProject::default();
    let mut versions: BTreeMap<u64, (String, Files)> = BTreeMap::new();
    for path in Entries::of(folder)?.files {
        let name = files::name_of(&path);
        let Some((version, rest, Some(direction))) = files::numbered(&name) else {
            project.others.push(path);
            continue;
        };
        let number = files::number(version, &path)?;
        let (_, found) = versions.entry(number).or_insert_with(|| (version.to_owned(), Files::default()));
        let (place, is_named) = match direction {
            Direction::Up => (&mut found.up, true),
            Direction::Down => (&mut found.down, found.name.is_empty()),
        };
        if let Some(other) = place.replace(path.clone()) {
            return Err(duplicate(number, &other, &path));
        }
        if is_named {
            rest.clone_into(&mut found.name);
        }
    }
    for (version, Files { name, up, down }) in versions.into_values() {
        let Some(path) = up.clone().or_else(|| down.clone()) else { continue };
        project.migrations.push(SqlMigration {
            version,
            name,
            path,
            // A version without `up` counts, and changes nothing.
            up: up.map(|up| files::read(&up)).transpose()?.unwrap_or_default(),
            down: down.map(|down| files::read(&down)).transpose()?,
            is_in_transaction: true,
        });
    }
    Ok(project)
}

fn duplicate(version: u64, one: &Path, other: &Path) -> Diagnostic {
    Diagnostic::usage(format!("two migrations have the version {version}"))
        .detail(format!("`{}`", shown(one)))
        .detail(format!("`{}`", shown(other)))
        .hint("the record of the tool has one row for both: give one of them another version, or merge them")
}
