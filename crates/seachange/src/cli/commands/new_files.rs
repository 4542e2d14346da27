//! What the commands share that write several revision files at once.

use std::path::{Path, PathBuf};

use seachange_source::{NewRevision, slug};

/// How many database systems are compiled in.
pub(in crate::cli::commands) const SYSTEMS: usize =
    cfg!(feature = "sqlite") as usize + cfg!(feature = "postgres") as usize + cfg!(feature = "mysql") as usize;

/// How much of a statement is printed, in characters.
pub(in crate::cli::commands) const SHOWN: usize = 90;

/// Reads `table.column=expression`.
pub(in crate::cli::commands) fn fill(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((column, value)) if column.contains('.') && !value.trim().is_empty() => {
            Ok((column.to_owned(), value.trim().to_owned()))
        }
        _ => Err("expected `TABLE.COLUMN=EXPRESSION`".to_owned()),
    }
}

/// The path of a new file: of its day and message, with a number if another file has that name.
pub(in crate::cli::commands) fn free_path<'p>(
    folder: &Path,
    new: &NewRevision,
    taken: impl Iterator<Item = &'p PathBuf>,
) -> PathBuf {
    let day: String = new.created.chars().take(10).filter(|character| *character != '-').collect();
    let stem = format!("m{day}_{}", slug(&new.message));
    let taken: Vec<_> = taken.filter_map(|path| path.file_name()).collect();
    let is_free = |name: &str| !folder.join(name).exists() && !taken.iter().any(|own| *own == name);
    let names = std::iter::once(format!("{stem}.rs")).chain((2..).map(|number: u32| format!("{stem}_{number}.rs")));
    let name = names.into_iter().find(|name| is_free(name)).unwrap_or_default();
    folder.join(name)
}
