//! The time from an edit of one revision file to the end of `cargo run -p migration -- up`.
//!
//! Runs on a copy of the workspace with its own target directory, so that this workspace is not changed, and the build
//! is that of a user's command.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use seachange_tests::cargo;

use crate::figures::Figures;
use crate::{Options, say};

/// The files that the build of the migration program needs. Every member has to exist, because cargo reads it.
const PARTS: [&str; 9] =
    ["Cargo.toml", "Cargo.lock", "crates", "entity", "migration", "app", "tests", "rust-toolchain.toml", ".cargo"];

/// The edited revision; any revision is suitable.
const FILE: &str = "migration/src/versions/m20261121_create_posts_table.rs";

/// A part of the `up` of that revision.
const CODE: &str = "255";

/// Prints the time.
pub(crate) fn measure(options: &Options) -> Result<(), Box<dyn Error>> {
    let workspace = Workspace::copy()?;
    say!("From an edit of one revision to `cargo run -p migration -- up` having run, seconds");
    let text = fs::read_to_string(workspace.folder.join(FILE))?;
    if !text.contains(CODE) {
        return Err(format!("`{FILE}` does not hold `{CODE}`").into());
    }
    if !workspace.target.exists() {
        say!("  the first time, the copy is built, which takes minutes");
    }
    workspace.up()?;
    let (mut unchanged, mut touched, mut edited) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..options.rounds {
        unchanged.push(workspace.up()?);
        touched.push(workspace.up_after(&text)?);
        edited.push(workspace.up_after(&text.replace(CODE, &(round + 1).to_string()))?);
        workspace.up_after(&text)?;
    }
    report([unchanged, touched, edited]);
    Ok(())
}

/// Prints the seconds of the runs after which nothing had changed, a file was touched, and its code was edited.
pub(crate) fn report(runs: [Vec<Duration>; 3]) {
    for (name, durations) in ["nothing changed", "file touched", "code edited"].into_iter().zip(runs) {
        let seconds = Figures::new(durations.iter().map(Duration::as_secs_f64));
        say!("{name:18}{seconds:>22}");
    }
}

/// Runs `cargo run -p migration -- up` in a folder, on a file of SQLite there.
pub(crate) fn up(folder: &Path, target: &Path) -> Result<Duration, Box<dyn Error>> {
    let mut cargo = cargo();
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("DATABASE_")) {
        cargo.env_remove(name);
    }
    let start = Instant::now();
    let output = cargo
        .args(["run", "--quiet", "--package", "migration", "--", "up"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target)
        .env("DATABASE_URL", "sqlite:touch.db?mode=rwc")
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(start.elapsed())
}

/// The copy.
struct Workspace {
    folder: PathBuf,
    target: PathBuf,
}

impl Workspace {
    /// Copies the files that changed since the last time, and keeps the build of that time.
    fn copy() -> Result<Self, Box<dyn Error>> {
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("touch");
        let workspace = Self { folder: home.join("workspace"), target: home.join("target") };
        fs::create_dir_all(&workspace.folder)?;
        let original = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for part in PARTS {
            copy(&original.join(part), &workspace.folder.join(part))?;
        }
        Ok(workspace)
    }

    /// Writes the revision file and runs the program.
    fn up_after(&self, text: &str) -> Result<Duration, Box<dyn Error>> {
        fs::write(self.folder.join(FILE), text)?;
        self.up()
    }

    fn up(&self) -> Result<Duration, Box<dyn Error>> {
        up(&self.folder, &self.target)
    }
}

/// Copies a file or a folder. An identical file stays, with the modification time that cargo compares.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    if from.is_dir() {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let name = entry?.file_name();
            copy(&from.join(&name), &to.join(&name))?;
        }
    } else if from.is_file() && fs::read(from).ok() != fs::read(to).ok() {
        fs::copy(from, to)?;
    }
    Ok(())
}
