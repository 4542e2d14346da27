//! sqlx: `VERSION_NAME.sql`, or `VERSION_NAME.up.sql` with `VERSION_NAME.down.sql`; both kinds may be in one folder.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::files::{self, Direction, Entries};
use super::{SqlMigration, SqlProject};
use crate::diagnostic::Diagnostic;

/// The first words of a file that runs outside of transactions.
const NO_TRANSACTION: &str = "-- no-transaction";

/// Reads the folder. sqlx sorts the versions as numbers, and does not look into folders.
pub(super) fn read(folder: &Path) -> Result<SqlProject, Diagnostic> {
    let mut project = SqlProject::default();
    let mut downs: HashMap<u64, PathBuf> = HashMap::new();
    let mut ups = Vec::new();
    for path in Entries::of(folder)?.files {
        let name = files::name_of(&path);
        match files::numbered(&name) {
            Some((version, rest, direction)) => {
                let number = files::number(version, &path)?;
                match direction {
                    Some(Direction::Down) => _ = downs.insert(number, path),
                    Some(Direction::Up) | None => {
                        ups.push((number, version.to_owned(), rest.to_owned(), direction, path));
                    }
                }
            }
            None => project.others.push(path),
        }
    }
    ups.sort_by_key(|(number, ..)| *number);
    for (number, version, name, direction, path) in ups {
        let down = direction.and_then(|_| downs.remove(&number));
        let up = files::read(&path)?;
        let is_in_transaction = !up.starts_with(NO_TRANSACTION);
        let down = down.map(|down| files::read(&down)).transpose()?;
        project.migrations.push(SqlMigration { version, name, path, up, down, is_in_transaction });
    }
    // sqlx does not apply a version that has only a way back.
    project.others.extend(downs.into_values());
    project.others.sort();
    Ok(project)
}
