//! Loads a `.env` file into the environment, before clap reads it.
//!
//! The environment takes precedence over the file. A file that is named must exist. `.env` itself is searched in the
//! working directory and those above it, and may be missing. If it exists and cannot be read, that is an error,
//! because it may name the database. A folder that contains a Python virtual environment is skipped. A malformed file
//! is rejected as a whole: none of its variables is set.

use std::cell::Cell;
use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::{env, fs};

use thiserror::Error;

use crate::settings::reason;

/// The variable that names another file than `.env`.
pub const VARIABLE: &str = "SEACHANGE_ENV_FILE";

/// The argument that names another file than `.env`; it takes precedence over [`VARIABLE`].
pub const ARGUMENT: &str = "--env-file";

/// A file of variables that cannot be used. No variant holds a value, because it may be a secret.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EnvFileError {
    /// The named file does not exist.
    #[error("no file `{}`, which `{named_by}` names", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// The argument or variable that names it.
        named_by: &'static str,
    },
    /// The file cannot be read.
    #[error("cannot read `{}`: {}", path.display(), reason(source))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A line is not `NAME=value`, or a quote is not closed.
    #[error("line {line} of `{}` is not `NAME=value`, or has a quote too many or too few", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1; the first one of a value that spans several.
        line: usize,
    },
}

/// Loads the file that the arguments or the environment name, or else `.env`.
///
/// Takes the raw arguments of the process (`std::env::args_os()`), because clap reads the environment while it parses
/// them. It sets environment variables, so call it at the start of `main`, before any thread and any asynchronous
/// runtime is started. Returns the path of the loaded file.
///
/// # Errors
///
/// Fails when a named file is missing, and when the file cannot be read or is malformed.
pub fn load(arguments: impl IntoIterator<Item = OsString>) -> Result<Option<PathBuf>, EnvFileError> {
    let Some(path) = choose(arguments, env::var_os(VARIABLE))? else {
        return Ok(None);
    };
    let text = match read(&path) {
        Ok(text) => text,
        Err(source) => return Err(EnvFileError::Unreadable { path, source }),
    };
    if let Some(line) = malformed_line(&text) {
        return Err(EnvFileError::Malformed { path, line });
    }
    match dotenvy::from_read(text.as_bytes()) {
        Ok(()) => Ok(Some(path)),
        Err(_) => Err(EnvFileError::Malformed { path, line: 1 }),
    }
}

fn choose(
    arguments: impl IntoIterator<Item = OsString>,
    variable: Option<OsString>,
) -> Result<Option<PathBuf>, EnvFileError> {
    let variable = variable.filter(|path| !path.is_empty());
    let (path, named_by) = match (named_in(arguments), variable) {
        (Some(path), _) => (path, ARGUMENT),
        (None, Some(path)) => (path, VARIABLE),
        (None, None) => return Ok(default_file()),
    };
    let path = PathBuf::from(path);
    if path.exists() { Ok(Some(path)) } else { Err(EnvFileError::Missing { path, named_by }) }
}

/// Finds `--env-file PATH` or `--env-file=PATH` before a `--`.
fn named_in(arguments: impl IntoIterator<Item = OsString>) -> Option<OsString> {
    let mut arguments = arguments.into_iter().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--" {
            return None;
        }
        if argument == ARGUMENT {
            // If the path is missing, clap reports a better message.
            return arguments.next().filter(|path| !path.is_empty());
        }
        if let Some(path) = behind_equals(&argument) {
            return Some(path.into()).filter(|path: &OsString| !path.is_empty());
        }
    }
    None
}

fn behind_equals(argument: &OsStr) -> Option<&str> {
    argument.to_str()?.strip_prefix(ARGUMENT)?.strip_prefix('=')
}

fn default_file() -> Option<PathBuf> {
    let folder = env::current_dir().ok()?;
    let mut candidates = folder.ancestors().map(|folder| folder.join(".env"));
    candidates.find(|path| is_there(path) && !is_virtual_environment(path))
}

/// Whether the path exists as a file or a folder, or cannot be accessed.
fn is_there(path: &Path) -> bool {
    match fs::metadata(path) {
        Ok(_) => true,
        // A symbolic link without a target.
        Err(error) if error.kind() == io::ErrorKind::NotFound => path.is_symlink(),
        Err(error) => error.kind() != io::ErrorKind::NotADirectory,
    }
}

/// Whether a folder is a Python virtual environment (<https://peps.python.org/pep-0405/>), for which `.env` is a common
/// name.
fn is_virtual_environment(path: &Path) -> bool {
    path.join("pyvenv.cfg").is_file()
}

fn read(path: &Path) -> io::Result<String> {
    let text = fs::read_to_string(path)?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(text) => text.to_owned(),
        None => text,
    })
}

/// Returns the number of the line that dotenvy cannot read, because dotenvy's error does not contain it.
fn malformed_line(text: &str) -> Option<usize> {
    let consumed = Cell::new(0);
    let lines = Lines { rest: text.as_bytes(), consumed: &consumed };
    let error = dotenvy::from_read_iter(lines).find_map(Result::err)?;
    let spanned = match error {
        dotenvy::Error::LineParse(item, _) => item.trim_end_matches('\n').matches('\n').count(),
        _ => 0,
    };
    Some(consumed.get().saturating_sub(spanned).max(1))
}

/// Returns one line per call, so that the number of lines read is the number that the parser has used.
struct Lines<'a> {
    rest: &'a [u8],
    consumed: &'a Cell<usize>,
}

impl Read for Lines<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let line = self.rest.iter().position(|byte| *byte == b'\n');
        let length = line.map_or(self.rest.len(), |end| end + 1);
        let (head, rest) = self.rest.split_at(length.min(buffer.len()));
        buffer[..head.len()].copy_from_slice(head);
        let ends_line = head.ends_with(b"\n") || (rest.is_empty() && !head.is_empty());
        self.consumed.set(self.consumed.get() + usize::from(ends_line));
        self.rest = rest;
        Ok(head.len())
    }
}
