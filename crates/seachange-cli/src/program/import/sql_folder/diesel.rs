//! diesel: a folder `VERSION_NAME` for each migration, with `up.sql`, `down.sql` and perhaps `metadata.toml`.

use std::fs;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item};

use super::files::{self, Entries};
use super::{SqlMigration, SqlProject};
use crate::diagnostic::Diagnostic;
use crate::project::shown;

/// Reads the folder of the migrations, or that of a project whose `diesel.toml` names it. diesel sorts the versions as
/// texts.
pub(super) fn read(folder: &Path) -> Result<SqlProject, Diagnostic> {
    let folder = match fs::read_to_string(folder.join("diesel.toml")) {
        Ok(text) => migrations_folder(folder, &text)?,
        Err(_) => folder.to_owned(),
    };
    let entries = Entries::of(&folder)?;
    let mut project = SqlProject { others: entries.files, ..SqlProject::default() };
    for path in entries.folders {
        match migration(&path)? {
            Some(migration) => project.migrations.push(migration),
            None => project.others.push(path),
        }
    }
    project.migrations.sort_by(|one, other| one.version.cmp(&other.version));
    Ok(project)
}

/// The folder that `diesel.toml` names.
fn migrations_folder(root: &Path, text: &str) -> Result<PathBuf, Diagnostic> {
    let document = text.parse::<DocumentMut>().map_err(|error| {
        Diagnostic::usage(format!("`{}` cannot be read: {}", shown(&root.join("diesel.toml")), error.message()))
    })?;
    let table = document.get("migrations_directory").and_then(Item::as_table_like);
    let named = table.and_then(|table| table.get("dir")).and_then(Item::as_str);
    Ok(root.join(named.unwrap_or("migrations")))
}

fn migration(folder: &Path) -> Result<Option<SqlMigration>, Diagnostic> {
    let (up, down) = (folder.join("up.sql"), folder.join("down.sql"));
    if !up.is_file() {
        return Ok(None);
    }
    let name = files::name_of(folder);
    let (version, rest) = name.split_once('_').unwrap_or((&name, ""));
    Ok(Some(SqlMigration {
        version: version.replace('-', ""),
        name: rest.to_owned(),
        up: files::read(&up)?,
        down: down.is_file().then(|| files::read(&down)).transpose()?,
        path: up,
        is_in_transaction: is_in_transaction(&folder.join("metadata.toml")),
    }))
}

/// Whether diesel runs a migration in a transaction: yes without the file, and with one that it cannot read; with the
/// file only if it says so.
fn is_in_transaction(metadata: &Path) -> bool {
    let Ok(text) = fs::read_to_string(metadata) else { return true };
    let Ok(document) = text.parse::<DocumentMut>() else { return true };
    document.get("run_in_transaction").and_then(Item::as_bool).unwrap_or(false)
}
