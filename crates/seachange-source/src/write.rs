//! The file of a new revision.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use seachange_graph::name::check_label;
use seachange_graph::{InvalidName, check_id};
use thiserror::Error;

use crate::check::{SourceDiagnostic, check};
use crate::parse::{RevisionFile, parse};
use crate::render::{NewRevision, SqlFileSystem, render, render_sql};
use crate::scan::{ScannedFolders, scan_all};
use crate::slug::slug;

/// Why a file was not written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The id breaks a rule.
    #[error("`{id}` cannot be a revision id: {reason}")]
    IllegalId {
        /// The id.
        id: String,
        /// The rule.
        reason: InvalidName,
    },
    /// A revision of this id exists.
    #[error("revision `{id}` exists already, in `{}`", file.display())]
    IdExists {
        /// The id.
        id: String,
        /// The file that defines it.
        file: PathBuf,
    },
    /// The id is the label of a branch.
    #[error("`{id}` is a branch label already, in `{}`", file.display())]
    IdIsLabel {
        /// The id.
        id: String,
        /// The file that defines the label.
        file: PathBuf,
    },
    /// A branch label breaks a rule.
    #[error("`{label}` cannot be a branch label: {reason}")]
    IllegalLabel {
        /// The label.
        label: String,
        /// The rule.
        reason: InvalidName,
    },
    /// A revision carries this label.
    #[error("branch label `{label}` exists already, in `{}`", file.display())]
    LabelExists {
        /// The label.
        label: String,
        /// The file that defines it.
        file: PathBuf,
    },
    /// The branch label is the id of a revision.
    #[error("`{label}` cannot be a branch label: it is the id of a revision, in `{}`", file.display())]
    LabelIsId {
        /// The label.
        label: String,
        /// The file that defines the id.
        file: PathBuf,
    },
    /// The folder is not one of the folders that hold revisions.
    #[error("`{}` is not a folder of revisions", dir.display())]
    UndeclaredFolder {
        /// The folder.
        dir: PathBuf,
    },
    /// The revision conflicts with the existing ones.
    #[error("{}", join(problems))]
    Conflict {
        /// The problems of the folder that the new revision would cause.
        problems: Vec<SourceDiagnostic>,
    },
    /// The time of creation does not begin with a date.
    #[error("`{created}` is not a time such as `2026-11-21T09:03:11Z`")]
    Created {
        /// The time.
        created: String,
    },
    /// A file or a folder cannot be created.
    #[error("`{}` cannot be written", path.display())]
    Io {
        /// The file or the folder.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
}

fn join(problems: &[SourceDiagnostic]) -> String {
    problems.iter().map(SourceDiagnostic::to_string).collect::<Vec<_>>().join("\n")
}

/// Adds the path to an error of the operating system.
pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> WriteError {
    let path = path.to_owned();
    move |source| WriteError::Io { path, source }
}

/// Writes the revision into `dir`, and returns the file.
///
/// The file is called `mYYYYMMDD_slug.rs`, after the day in [`NewRevision::created`] and the message. If that file
/// exists, the name gets a suffix: `_2`, `_3` and so on. No file is ever overwritten, and none is written outside
/// `dir`, which is created if only its last part is missing.
///
/// # Errors
///
/// An invalid id or label, one that a file in `dir` already has, a revision that causes a new problem in the graph, a
/// time without a date, and errors of the operating system. After an error there is no new file.
pub fn write_new(dir: &Path, new: &NewRevision) -> Result<PathBuf, WriteError> {
    write_new_in(&[dir], dir, new)
}

/// Writes the revision into `dir`, one of the folders `dirs` whose files form one graph, and returns the file.
///
/// As [`write_new`], but the revision must be consistent with the files of all folders, and its file name must be new
/// in all of them.
///
/// # Errors
///
/// Those of [`write_new`], and a `dir` that is not among `dirs`.
pub fn write_new_in<P: AsRef<Path>>(dirs: &[P], dir: &Path, new: &NewRevision) -> Result<PathBuf, WriteError> {
    if !dirs.iter().any(|declared| declared.as_ref() == dir) {
        return Err(WriteError::UndeclaredFolder { dir: dir.to_owned() });
    }
    check_id(&new.id).map_err(|reason| WriteError::IllegalId { id: new.id.clone(), reason })?;
    for label in &new.branch_labels {
        check_label(label).map_err(|reason| WriteError::IllegalLabel { label: label.clone(), reason })?;
    }
    let stem = format!("m{}_{}", day(&new.created)?, slug(&new.message));
    let folder = scan_all(dirs);
    let taken: HashSet<String> = folder.files.iter().map(RevisionFile::file_name).collect();
    check_fit(folder, &dir.join(format!("{stem}.rs")), &text(new, &stem), new)?;
    if !dir.is_dir() {
        fs::create_dir(dir).map_err(at(dir))?;
    }
    let (path, file) = create(dir, &stem, &taken, new)?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    fill(file, &path, &text(new, &stem))?;
    write_sql_files(dir, &stem, new).inspect_err(|_| {
        let _ = fs::remove_file(&path);
    })?;
    Ok(path)
}

fn text(new: &NewRevision, stem: &str) -> String {
    if new.sql_files.is_empty() { render(new) } else { render_sql(new, stem) }
}

/// The paths of the files of SQL beside the revision.
fn sql_paths(dir: &Path, stem: &str, systems: &[SqlFileSystem]) -> Vec<PathBuf> {
    let names = systems.iter().flat_map(|system| ["up", "down"].map(|direction| system.file_name(stem, direction)));
    names.map(|name| dir.join(name)).collect()
}

/// Writes the files of SQL, empty but for a comment. After an error none of them is left.
fn write_sql_files(dir: &Path, stem: &str, new: &NewRevision) -> Result<(), WriteError> {
    let paths = sql_paths(dir, stem, &new.sql_files);
    for (at_file, path) in paths.iter().enumerate() {
        let comment = if at_file % 2 == 0 { UP_COMMENT } else { DOWN_COMMENT };
        let written = OpenOptions::new().write(true).create_new(true).open(path).map_err(at(path));
        if let Err(error) = written.and_then(|file| fill(file, path, comment)) {
            paths.iter().take(at_file).for_each(|path| drop(fs::remove_file(path)));
            return Err(error);
        }
    }
    Ok(())
}

/// The content of a new file for `up`.
const UP_COMMENT: &str = "-- What this revision changes, each statement ended by a semicolon.\n";

/// The content of a new file for `down`.
const DOWN_COMMENT: &str = "-- How to revert the changes, the last one first.\n";

/// Returns `20261121` of `2026-11-21T..`.
fn day(created: &str) -> Result<String, WriteError> {
    let wrong = || WriteError::Created { created: created.to_owned() };
    let date = created.get(..10).ok_or_else(wrong)?;
    let shape: String =
        date.chars().map(|character| if character.is_ascii_digit() { '0' } else { character }).collect();
    if shape != "0000-00-00" {
        return Err(wrong());
    }
    Ok(date.replace('-', ""))
}

/// Rejects a revision that the next build would reject.
fn check_fit(mut folder: ScannedFolders, path: &Path, text: &str, new: &NewRevision) -> Result<(), WriteError> {
    check_names(&folder.files, new)?;
    let before = problems(&folder);
    match parse(path, text) {
        Ok(file) => folder.files.push(file),
        Err(errors) => folder.errors.extend(errors),
    }
    let problems: Vec<SourceDiagnostic> =
        problems(&folder).into_iter().filter(|problem| !before.contains(problem)).collect();
    if problems.is_empty() { Ok(()) } else { Err(WriteError::Conflict { problems }) }
}

/// Rejects an id, or a label, that is already used.
fn check_names(files: &[RevisionFile], new: &NewRevision) -> Result<(), WriteError> {
    for RevisionFile { revision, path, .. } in files {
        let (id, file) = (new.id.clone(), path.clone());
        if revision.id == new.id {
            return Err(WriteError::IdExists { id, file });
        }
        if revision.branch_labels.contains(&new.id) {
            return Err(WriteError::IdIsLabel { id, file });
        }
        for label in new.branch_labels.iter().cloned() {
            if revision.id == label {
                return Err(WriteError::LabelIsId { label, file });
            }
            // The label of a replaced revision goes over to the new one.
            if revision.branch_labels.contains(&label) && !new.replaces.contains(&revision.id) {
                return Err(WriteError::LabelExists { label, file });
            }
        }
    }
    Ok(())
}

fn problems(folder: &ScannedFolders) -> Vec<SourceDiagnostic> {
    check(folder).err().unwrap_or_default()
}

/// Creates the file under the first name that is free here and not in `taken`, which lists the names in other
/// folders.
fn create(dir: &Path, stem: &str, taken: &HashSet<String>, new: &NewRevision) -> Result<(PathBuf, File), WriteError> {
    let suffixed = (2..).map(|suffix: u32| format!("{stem}_{suffix}"));
    for stem in std::iter::once(stem.to_owned()).chain(suffixed) {
        let name = format!("{stem}.rs");
        if taken.contains(&name) || sql_paths(dir, &stem, &new.sql_files).iter().any(|path| path.exists()) {
            continue;
        }
        let path = dir.join(name);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(at(&path)(error)),
        }
    }
    Err(at(dir)(io::ErrorKind::AlreadyExists.into()))
}

/// Writes the text. An incomplete file would fail the next build, so it is removed after an error.
fn fill(mut file: File, path: &Path, text: &str) -> Result<(), WriteError> {
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        let _ = fs::remove_file(path);
    }
    written.map_err(at(path))
}

#[cfg(test)]
mod tests;
