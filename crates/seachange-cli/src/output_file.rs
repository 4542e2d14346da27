//! Writing a result to a file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::diagnostic::Diagnostic;
use super::exit::Exit;
use crate::diagnostic::reason;

/// Writes or replaces a file: readers see the old or the new text, never a part of it.
pub fn write(path: &Path, text: &str) -> Result<(), Diagnostic> {
    replace(path, text).map_err(|error| problem(path, &error))
}

fn problem(path: &Path, error: &io::Error) -> Diagnostic {
    let problem = Diagnostic::new(Exit::Failure, format!("cannot write `{}`: {}", path.display(), reason(error)));
    match path.parent() {
        Some(folder) if error.kind() == io::ErrorKind::NotFound && !folder.as_os_str().is_empty() => {
            problem.hint(format!("the folder `{}` has to exist", folder.display()))
        }
        _ => problem,
    }
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let known = match fs::metadata(path) {
        // A device or a pipe is written directly; for a folder the error says that it is one.
        Ok(metadata) if !metadata.is_file() => return fs::write(path, text),
        Ok(metadata) => Some(metadata.permissions()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let target = match known {
        // A rename does not check the permissions of the replaced file, and would replace a link instead of its
        // target.
        Some(_) => OpenOptions::new().write(true).open(path).and_then(|_| fs::canonicalize(path))?,
        None => path.to_owned(),
    };
    let temporary = beside(&target);
    let written = fill(&temporary, text, known).and_then(|()| fs::rename(&temporary, &target));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// A name in the same folder, so that it is on the same file system.
fn beside(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}

fn fill(path: &Path, text: &str, permissions: Option<fs::Permissions>) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    permissions.map_or(Ok(()), |permissions| file.set_permissions(permissions))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests;
