//! A crate that `init` made, built with real Cargo.

use std::{
    collections::BTreeMap,
    error::Error,
    fs, io,
    path::{Path, PathBuf},
};

use seachange_tests::{Program, TestDatabase, cargo};

use crate::readme::checkout::copy_folder;

/// Dependencies that a crate gets, with the workspace's profile: with them, the crates of other authors have the features
/// that members of the workspace enable, so that the compiled ones are used.
pub(crate) const SHARED: &str = r#"
[dependencies]
argon2 = { version = "0.6", default-features = false, features = ["alloc", "getrandom"] }
bitflags = { version = "2", features = ["serde"] }
indicatif = { version = "0.18", default-features = false, features = ["in_memory"] }
libc = { version = "0.2", features = ["extra_traits"] }
memchr = "2"
proc-macro2 = { version = "1", default-features = false, features = ["span-locations"] }
regex = { version = "1", default-features = false, features = ["std", "unicode"] }
regex-syntax = "0.8"
rustix = { version = "1", features = ["fs", "process"] }
serde = { version = "1", features = ["alloc"] }
serde_core = "1"
serde_json = { version = "1", features = ["unbounded_depth"] }
smallvec = { version = "1", features = ["const_new"] }
syn = { version = "3", default-features = false, features = ["full", "parsing"] }
tracing-core = "0.1"
tracing-subscriber = { version = "0.3", default-features = false, features = ["ansi", "env-filter", "fmt", "json"] }
"#;

/// As [`SHARED`], for what build scripts and macros use.
pub(crate) const SHARED_IN_BUILDS: &str = r#"
[build-dependencies]
libc = { version = "0.2", features = ["extra_traits"] }
memchr = "2"
regex-syntax = "0.8"
"#;

/// The crate, always in the same folder, so that a build replaces the files of the previous one.
pub(crate) struct NewCrate {
    name: &'static str,
    folder: PathBuf,
}

impl NewCrate {
    /// Makes a crate of this name, which no other test uses at the same time.
    pub(crate) fn init(name: &'static str) -> Result<Self, Box<dyn Error>> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        let engine = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates").canonicalize()?;
        let init = Program::migration().arg("init").arg(&folder).arg("--engine-path").arg(&engine);
        let files = init.run()?.succeeded()?.stdout;
        assert_eq!(files.lines().count(), 8, "{files}");
        fs::copy(engine.join("../Cargo.lock"), folder.join("Cargo.lock"))?;
        let manifest = folder.join("Cargo.toml");
        let text = fs::read_to_string(&manifest)?;
        let shared = fs::read_to_string(engine.join("../Cargo.toml"))?;
        let profiles = shared.find("[profile.dev]").and_then(|at| shared.get(at..)).ok_or("a profile")?;
        let text = text.replace("\n[dependencies]\n", SHARED).replace("\n[build-dependencies]\n", SHARED_IN_BUILDS);
        fs::write(&manifest, format!("{text}\n[workspace]\n\n{profiles}"))?;
        Ok(Self { name, folder })
    }

    /// Builds the crate. Returns cargo's messages, one for each line; for an error, the output of the build script.
    pub(crate) fn build(&self) -> io::Result<Vec<String>> {
        let output = cargo()
            .args(["build", "--offline", "--color", "never"])
            .env("CARGO_TARGET_DIR", target())
            .env_remove("RUSTFLAGS")
            .current_dir(&self.folder)
            .output()?;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let said = |line: &&str| line.starts_with("warning") || line.starts_with("error");
        let lines: Vec<String> = text.lines().filter(said).map(str::to_owned).collect();
        let refusal = format!("error: {}@", self.name);
        assert!(output.status.success() || lines.iter().any(|line| line.starts_with(&refusal)), "{text}");
        Ok(lines)
    }

    /// The built program, on a database.
    pub(crate) fn program(&self, database: &TestDatabase) -> io::Result<Program> {
        Ok(self.binary().database(database).folder(&self.folder))
    }

    /// The built program.
    pub(crate) fn binary(&self) -> Program {
        Program::at(target().join("debug").join(self.name))
    }

    /// A copy of the crate in another folder.
    pub(crate) fn copied_to(&self, folder: &Path) -> io::Result<Self> {
        copy_folder(&self.folder, folder)?;
        Ok(self.at(folder))
    }

    /// This crate as it is in another folder.
    pub(crate) fn at(&self, folder: &Path) -> Self {
        Self { name: self.name, folder: folder.to_owned() }
    }

    /// The lines of `history`, newest first.
    pub(crate) fn history(&self, database: &TestDatabase) -> Result<Vec<String>, Box<dyn Error>> {
        let output = self.program(database)?.arg("history").run()?.succeeded()?;
        Ok(output.stdout.lines().map(str::to_owned).collect())
    }

    /// The folder of the crate.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn versions(&self) -> PathBuf {
        self.folder.join("src/versions")
    }

    /// The revision files and their texts.
    pub(crate) fn files(&self) -> io::Result<BTreeMap<String, String>> {
        let files = fs::read_dir(self.versions())?.map(|entry| {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Ok((name, fs::read_to_string(&path)?))
        });
        files.collect()
    }

    /// The file that defines an id, which comes first in it.
    pub(crate) fn holding(&self, id: &str) -> Result<(String, String), Box<dyn Error>> {
        let id = format!("    id: {id}");
        let found = self.files()?.into_iter().find(|(_, text)| text.contains(&id));
        Ok(found.ok_or("a file with the id")?)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> io::Result<()> {
        fs::write(self.versions().join(name), text)
    }

    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.versions().join(name))
    }

    /// Removes all revision files.
    pub(crate) fn clear(&self) -> io::Result<()> {
        self.files()?.keys().try_for_each(|name| self.remove(name))
    }
}

/// The target folder of the workspace.
pub(crate) fn target() -> &'static Path {
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    temporary.parent().unwrap_or(temporary)
}
