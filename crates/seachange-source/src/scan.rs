//! Folders of revision files, read completely.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

use crate::error::{FileError, FileErrorKind};
use crate::parse::{ParseScope, RevisionFile, parse_scope};

/// The number of files for which another thread is worth its start.
const FILES_OF_A_THREAD: usize = 32;

/// The contents of one or more folders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScannedFolders {
    /// The files that were parsed: folder by folder, and in each folder in the order of their names.
    pub files: Vec<RevisionFile>,
    /// All errors in the other files.
    pub errors: Vec<FileError>,
}

/// Reads every revision file in `dir`.
///
/// The names of revision files end in `.rs`. Hidden files, `mod.rs` and folders are skipped. A folder that does not
/// exist has no files.
pub fn scan(dir: &Path) -> ScannedFolders {
    scan_scope(dir, ParseScope::WithHash)
}

/// Reads of every revision file in `dir` what `scope` says, as [`scan`] does.
fn scan_scope(dir: &Path, scope: ParseScope) -> ScannedFolders {
    let mut folder = ScannedFolders::default();
    let paths = match revision_paths(dir) {
        Ok(paths) => paths,
        Err(error) => {
            folder.errors.push(unreadable(dir, &error));
            return folder;
        }
    };
    for read in read_all(&paths, scope) {
        match read {
            Ok(file) => folder.files.push(file),
            Err(errors) => folder.errors.extend(errors),
        }
    }
    folder
}

/// Reads the files, in their order; many files are read by several threads.
fn read_all(paths: &[PathBuf], scope: ParseScope) -> Vec<Result<RevisionFile, Vec<FileError>>> {
    let read = |path: &PathBuf| {
        let text = fs::read_to_string(path).map_err(|error| vec![unreadable(path, &error)]);
        text.and_then(|text| parse_scope(path, &text, scope))
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let share = paths.len().div_ceil(threads).max(FILES_OF_A_THREAD);
    if share >= paths.len() {
        return paths.iter().map(read).collect();
    }
    thread::scope(|scope| {
        let chunks: Vec<_> =
            paths.chunks(share).map(|chunk| scope.spawn(move || chunk.iter().map(read).collect::<Vec<_>>())).collect();
        chunks.into_iter().flat_map(|chunk| chunk.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}

/// Reads every revision file in each of `dirs`, as [`scan`] does; a folder that is named twice is read once.
pub fn scan_all<P: AsRef<Path>>(dirs: impl IntoIterator<Item = P>) -> ScannedFolders {
    scan_all_scope(dirs, ParseScope::WithHash)
}

/// Reads of every revision file what `scope` says, as [`scan_all`] does.
pub(crate) fn scan_all_scope<P: AsRef<Path>>(dirs: impl IntoIterator<Item = P>, scope: ParseScope) -> ScannedFolders {
    let mut whole = ScannedFolders::default();
    for dir in distinct(dirs) {
        let ScannedFolders { files, errors } = scan_scope(&dir, scope);
        whole.files.extend(files);
        whole.errors.extend(errors);
    }
    whole
}

/// Removes folders that are the same as an earlier one, even if they are spelt differently.
pub(crate) fn distinct<P: AsRef<Path>>(dirs: impl IntoIterator<Item = P>) -> Vec<PathBuf> {
    let mut distinct: Vec<PathBuf> = Vec::new();
    for dir in dirs {
        if !distinct.iter().any(|earlier| is_same_place(earlier, dir.as_ref())) {
            distinct.push(dir.as_ref().to_owned());
        }
    }
    distinct
}

/// Whether two paths lead to the same place, which need not exist.
pub(crate) fn is_same_place(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| fs::canonicalize(path).or_else(|_| std::path::absolute(path));
    match (place(one), place(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

fn revision_paths(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        let entry = entry?;
        let path = entry.path();
        // The listing tells what most entries are; only a link has to be followed.
        let is_folder = entry.file_type().map_or_else(
            |_| path.is_dir(),
            |kind| match kind.is_symlink() {
                true => path.is_dir(),
                false => kind.is_dir(),
            },
        );
        if !is_folder && is_named_as_revision(&path) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn is_named_as_revision(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    let hidden = name.as_encoded_bytes().starts_with(b".");
    path.extension() == Some(OsStr::new("rs")) && !hidden && name != "mod.rs"
}

fn unreadable(path: &Path, error: &io::Error) -> FileError {
    FileError { file: path.to_owned(), line: None, kind: FileErrorKind::Unreadable { reason: error.to_string() } }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::fs;

    use super::{scan, scan_all};

    #[test]
    fn revision_files_are_read_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        for name in ["m2_b.rs", "m1_a.rs", "m10_c.rs"] {
            let text = format!("pub const REVISION: R = R {{ id: \"{}\" }}; pub struct Migration;", &name[..2]);
            fs::write(dir.join(name), text).unwrap();
        }
        for name in ["mod.rs", ".m3_hidden.rs", ".gitkeep", "notes.md", "m4_backup.rs~", "m5_disabled.rs.off"] {
            fs::write(dir.join(name), "not a revision").unwrap();
        }
        fs::create_dir(dir.join("m6_folder.rs")).unwrap();
        let found = scan(dir);
        assert_eq!(found.errors, []);
        let names: Vec<String> = found.files.iter().map(|file| file.file_name()).collect();
        assert_eq!(names, ["m10_c.rs", "m1_a.rs", "m2_b.rs"]);
    }

    #[test]
    fn what_cannot_be_read_is_an_error_beside_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        fs::write(dir.join("m1_a.rs"), b"\xff\xfe").unwrap();
        fs::write(dir.join("m2_b.rs"), "pub const REVISION: R = R { id: \"b\" }; pub struct Migration;").unwrap();
        let found = scan(dir);
        assert_eq!(found.files.len(), 1);
        let expected = format!("{}: cannot be read: stream did not contain valid UTF-8", dir.join("m1_a.rs").display());
        assert_eq!(found.errors[0].to_string(), expected);
        assert_eq!(scan(&dir.join("m2_b.rs")).errors.len(), 1);
        assert_eq!(scan(&dir.join("nowhere")), super::ScannedFolders::default());
    }
    #[test]
    fn several_folders_are_read_one_after_the_other_and_each_once() {
        let folder = tempfile::tempdir().unwrap();
        let [versions, billing] = ["versions", "billing"].map(|name| folder.path().join(name));
        for (dir, id) in [(&versions, "b"), (&billing, "a")] {
            fs::create_dir(dir).unwrap();
            let text = format!("pub const REVISION: R = R {{ id: \"{id}\" }}; pub struct Migration;");
            fs::write(dir.join("m1_first.rs"), text).unwrap();
        }
        fs::write(billing.join("m2.rs"), "no revision").unwrap();
        let found = scan_all([&versions, &billing, &folder.path().join("nowhere"), &billing.join("../versions")]);
        let ids: Vec<&str> = found.files.iter().map(|file| file.revision.id.as_str()).collect();
        assert_eq!(ids, ["b", "a"]);
        assert_eq!(found.errors[0].file, billing.join("m2.rs"));
    }
}
