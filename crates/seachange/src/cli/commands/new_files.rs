//! What the commands share that write several revision files at once.

use std::path::{Path, PathBuf};

use seachange_cli::{Diagnostic, Exit};
use seachange_source::{NewRevision, RevisionFile, check, scan_all, slug};

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

/// An error if the files do not form a valid graph.
pub(in crate::cli::commands) fn check_graph(files: Vec<RevisionFile>) -> Result<(), Diagnostic> {
    let mut whole = scan_all(Vec::<PathBuf>::new());
    whole.files = files;
    check(&whole).map(drop).map_err(|problems| {
        let message = "the revisions would not form a valid graph; nothing was written";
        let problem = Diagnostic::new(Exit::Failure, message);
        problems.iter().fold(problem, |problem, own| problem.detail(own.to_string()))
    })
}
