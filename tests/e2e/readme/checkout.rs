//! A copy of the workspace, with the compiled dependencies.

use std::path::{Path, PathBuf};
use std::{fs, io};

use seachange_tests::cargo;
use tempfile::TempDir;

/// Folders at the top that are no sources.
const LEFT_OUT: [&str; 4] = ["target", ".git", "data", ".env"];

/// The crate that is compiled in the copy: it holds paths of the workspace.
const RECOMPILED: &str = "migration";

/// A copy of the workspace; gone when it is dropped.
pub(super) struct Checkout {
    /// In the target folder, so that files can be linked.
    folder: TempDir,
}

/// The top folder of the workspace.
pub(super) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

impl Checkout {
    pub(super) fn create() -> io::Result<Self> {
        let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let checkout = Self { folder: TempDir::new_in(temporary)? };
        copy(&workspace(), &checkout.root(), &|name| !LEFT_OUT.contains(&name), copy_file)?;
        let target = temporary.parent().unwrap_or(temporary).join("debug");
        for folder in ["build", "deps", ".fingerprint"] {
            let is_kept = |name: &str| !name.trim_start_matches("lib").starts_with(RECOMPILED);
            copy(&target.join(folder), &checkout.target().join("debug").join(folder), &is_kept, link_file)?;
        }
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

/// Walks a folder and puts each file that is kept into another one. The names are those at the top of the walk.
fn copy(
    from: &Path,
    to: &Path,
    is_kept: &dyn Fn(&str) -> bool,
    put: fn(&Path, &Path) -> io::Result<()>,
) -> io::Result<()> {
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

/// Copies a file with its time of modification, by which Cargo knows what is compiled.
fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    let modified = fs::metadata(from)?.modified()?;
    fs::copy(from, to)?;
    fs::File::options().write(true).open(to)?.set_modified(modified)
}

fn link_file(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        // Another build may take its own files away meanwhile.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        linked => linked,
    }
}
