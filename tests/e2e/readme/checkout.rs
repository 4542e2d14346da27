//! A copy of the workspace, with the compiled dependencies.

use std::path::{Path, PathBuf};
use std::{fs, io};

use seachange_tests::{cargo, workspace};
use tempfile::TempDir;

/// Folders at the top that contain no sources.
const LEFT_OUT: [&str; 4] = ["target", ".git", "data", ".env"];

/// The crates that are compiled again in the copy, because the files that their build scripts write contain paths of
/// the workspace.
const RECOMPILED: [&str; 9] = [
    "app",
    "entity",
    "migration",
    "failing-migration",
    "failing_migration",
    "scripted-migration",
    "scripted_migration",
    "ten-migration",
    "ten_migration",
];

/// A copy of the workspace, which is removed when the value is dropped.
pub(super) struct Checkout {
    /// The copy is in the target folder, so that files can be linked.
    folder: TempDir,
}

impl Checkout {
    pub(super) fn create() -> io::Result<Self> {
        let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let checkout = Self { folder: TempDir::new_in(temporary)? };
        copy(workspace(), &checkout.root(), &|name| !LEFT_OUT.contains(&name), copy_file)?;
        share_dependencies(&checkout.target())?;
        Ok(checkout)
    }

    pub(super) fn root(&self) -> PathBuf {
        self.folder.path().join("workspace")
    }

    fn target(&self) -> PathBuf {
        self.folder.path().join("target")
    }

    /// Builds the migration program, with the features that the whole workspace has.
    pub(super) fn build(&self) -> io::Result<PathBuf> {
        let output = cargo()
            .args(["build", "-q", "--workspace", "--locked", "--bins", "--test", "e2e"])
            .current_dir(self.root())
            .env("CARGO_TARGET_DIR", self.target())
            .output()?;
        if !output.status.success() {
            return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        Ok(self.target().join("debug").join("migration"))
    }
}

/// Gives another target folder, on the same file system, the compiled dependencies of this workspace.
pub(crate) fn share_dependencies(to: &Path) -> io::Result<()> {
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let target = temporary.parent().unwrap_or(temporary).join("debug");
    let is_kept = |name: &str| !RECOMPILED.iter().any(|krate| name.trim_start_matches("lib").starts_with(krate));
    // Cargo writes into files of the first two folders, so they cannot be shared.
    for (folder, put) in [("build", copy_file as Put), (".fingerprint", copy_file), ("deps", share_file)] {
        copy(&target.join(folder), &to.join("debug").join(folder), &is_kept, put)?;
    }
    Ok(())
}

/// Copies a folder.
pub(crate) fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    copy(from, to, &|_| true, copy_file)
}

/// Puts a file into another folder.
type Put = fn(&Path, &Path) -> io::Result<()>;

/// Walks a folder and puts each selected file into another folder. The names are those at the top of the walk.
fn copy(from: &Path, to: &Path, is_kept: &dyn Fn(&str) -> bool, put: Put) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if !is_kept(&entry.file_name().to_string_lossy()) {
            continue;
        }
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to, &|_| true, put)?;
        } else {
            put(&from, &to)?;
        }
    }
    Ok(())
}

/// Copies a file with its modification time, by which Cargo knows what is compiled.
fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    let modified = fs::metadata(from)?.modified()?;
    fs::copy(from, to)?;
    fs::File::options().write(true).open(to)?.set_modified(modified)
}

/// Links a compiled library, which no build changes again, copies the files that say how it was compiled, and omits
/// programs.
fn share_file(from: &Path, to: &Path) -> io::Result<()> {
    let extension = from.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let shared = match extension {
        "rlib" | "rmeta" | "so" | "dylib" => fs::hard_link(from, to),
        "d" => copy_file(from, to),
        _ => Ok(()),
    };
    match shared {
        // Another build may remove its own files at the same time.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        linked => linked,
    }
}
