//! A folder of revision files, read whole.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{FileError, Flaw};
use crate::parse::{RevisionFile, parse};

/// What a folder holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folder {
    /// The files that were understood, in the order of their names.
    pub files: Vec<RevisionFile>,
    /// All flaws of the others.
    pub errors: Vec<FileError>,
}

/// Reads every revision file in `dir`.
///
/// A revision file ends in `.rs`. Hidden files, `mod.rs` and folders are passed over. A folder that does not exist
/// holds nothing.
pub fn scan(dir: &Path) -> Folder {
    let mut folder = Folder::default();
    let paths = match revision_paths(dir) {
        Ok(paths) => paths,
        Err(error) => {
            folder.errors.push(unreadable(dir, &error));
            return folder;
        }
    };
    for path in paths {
        let text = fs::read_to_string(&path).map_err(|error| vec![unreadable(&path, &error)]);
        match text.and_then(|text| parse(&path, &text)) {
            Ok(file) => folder.files.push(file),
            Err(errors) => folder.errors.extend(errors),
        }
    }
    folder
}

fn revision_paths(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if is_revision_file(&path) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn is_revision_file(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    let hidden = name.as_encoded_bytes().starts_with(b".");
    path.extension() == Some(OsStr::new("rs")) && !hidden && name != "mod.rs" && !path.is_dir()
}

fn unreadable(path: &Path, error: &io::Error) -> FileError {
    FileError { file: path.to_owned(), line: None, flaw: Flaw::Unreadable { reason: error.to_string() } }
}
