//! Folders of revision files, read completely.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{FileError, FileErrorKind};
use crate::parse::{RevisionFile, parse};

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
    let mut folder = ScannedFolders::default();
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

/// Reads every revision file in each of `dirs`, as [`scan`] does; a folder that is named twice is read once.
pub fn scan_all<P: AsRef<Path>>(dirs: impl IntoIterator<Item = P>) -> ScannedFolders {
    let mut whole = ScannedFolders::default();
    for dir in distinct(dirs) {
        let ScannedFolders { files, errors } = scan(&dir);
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
