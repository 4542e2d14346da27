//! Files of SQL.

use std::fs;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Diagnostic, reason};
use crate::exit::Exit;
use crate::project::shown;

/// The files and the folders in a folder, by name; hidden ones are left out.
#[derive(Debug, Default)]
pub(super) struct Entries {
    pub(super) files: Vec<PathBuf>,
    pub(super) folders: Vec<PathBuf>,
}

impl Entries {
    /// Lists a folder.
    ///
    /// # Errors
    ///
    /// A folder that cannot be read.
    pub(super) fn of(folder: &Path) -> Result<Self, Diagnostic> {
        let failed = |error| unreadable(folder, &reason(&error));
        let mut entries = Self::default();
        for entry in fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            match name_of(&path) {
                name if name.starts_with('.') => {}
                _ if path.is_dir() => entries.folders.push(path),
                _ => entries.files.push(path),
            }
        }
        entries.files.sort();
        entries.folders.sort();
        Ok(entries)
    }
}

/// The last part of a path.
pub(super) fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Reads a file of SQL.
///
/// # Errors
///
/// A file that cannot be read, or that is not UTF-8: with its line.
pub(super) fn read(path: &Path) -> Result<String, Diagnostic> {
    let bytes = fs::read(path).map_err(|error| unreadable(path, &reason(&error)))?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
        let file = shown(path);
        Diagnostic::new(Exit::Failure, format!("`{file}`, line {line}: the text is not UTF-8"))
            .detail("nothing was written")
            .hint(format!("convert the file, for example with `iconv -f latin1 -t utf-8 {file}`"))
    })
}

fn unreadable(path: &Path, reason: &str) -> Diagnostic {
    Diagnostic::new(Exit::Failure, format!("`{}` cannot be read: {reason}", shown(path))).detail("nothing was written")
}

/// The version, the rest and the direction of a name such as `0001_create_users.up.sql`; `None` for another file.
pub(super) fn numbered(name: &str) -> Option<(&str, &str, Option<Direction>)> {
    let (version, rest) = name.split_once('_')?;
    let is_version = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
    let stem = rest.strip_suffix(".sql").filter(|_| is_version)?;
    Some(match (stem.strip_suffix(".up"), stem.strip_suffix(".down")) {
        (Some(stem), _) => (version, stem, Some(Direction::Up)),
        (_, Some(stem)) => (version, stem, Some(Direction::Down)),
        _ => (version, stem, None),
    })
}

/// What a file does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// It applies.
    Up,
    /// It reverts.
    Down,
}

/// A version as a number, to sort by.
pub(super) fn number(version: &str, path: &Path) -> Result<u64, Diagnostic> {
    let wrong = || Diagnostic::usage(format!("`{}`: the version {version} is too large", shown(path)));
    version.parse().map_err(|_| wrong())
}
