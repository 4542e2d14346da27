//! Whether a compiled program is up to date, so that it can be started without cargo.
//!
//! After each build, a file in the target directory records with which options and in which environment it was made,
//! when it was started, and which program it gave. The program is up to date if nothing that it was made from has
//! changed since: the paths in its dep-info, the files that configure cargo, and the variables that the code and the build
//! scripts read. In doubt the answer is no, and cargo
//! decides.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, Metadata as FileMetadata};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cargo_metadata::Metadata;
use serde::{Deserialize, Serialize};

/// How much older a file has to be than the start of the build: file systems round times.
const MARGIN: Duration = Duration::from_millis(100);

/// The same, for a file system that keeps full seconds.
const MARGIN_OF_SECONDS: Duration = Duration::from_secs(2);

/// Variables of the environment that do not change a build, though their names begin as if they did.
const IRRELEVANT: [&str; 3] = ["RUST_BACKTRACE", "RUST_LOG", "RUST_LIB_BACKTRACE"];

/// How a program is built.
#[derive(Debug)]
pub(super) struct Build {
    /// The file of the record.
    file: PathBuf,
    /// The files that configure cargo and do not appear in the dep-info.
    configuration: BTreeSet<PathBuf>,
    inputs: BuildInputs,
}

/// What determines a build, apart from files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct BuildInputs {
    options: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
}

/// A build that is under way.
pub(super) struct StartedBuild<'a> {
    build: &'a Build,
    at: SystemTime,
}

/// A finished build, as it is recorded.
#[derive(Debug, Serialize, Deserialize)]
struct BuildRecord {
    inputs: BuildInputs,
    /// The variables that the code or a build script reads, with their values.
    used: Vec<(String, Option<OsString>)>,
    /// When it was started, as a time since 1970.
    started: Duration,
    configuration: BTreeSet<PathBuf>,
    executable: PathBuf,
    /// The size and the time of the program, which another build replaces.
    size: u64,
    modified: Duration,
}

impl Build {
    /// The build of a package with these options of cargo, in the environment of this process.
    pub(super) fn new(metadata: &Metadata, package: &str, options: &[OsString]) -> Self {
        let variables = std::env::vars_os().filter(|(name, _)| {
            let name = name.to_string_lossy();
            let is_of_build = name.starts_with("CARGO") || name.starts_with("RUST") || is_of_compiler(&name);
            is_of_build && !IRRELEVANT.contains(&&*name)
        });
        let mut variables: Vec<_> = variables.collect();
        variables.sort();
        Self {
            file: metadata.target_directory.as_std_path().join("seachange").join(format!("{package}.json")),
            configuration: configuration(metadata),
            inputs: BuildInputs { options: options.to_vec(), variables },
        }
    }

    /// The program, if it is up to date.
    pub(super) fn fresh(&self) -> Option<PathBuf> {
        let record: BuildRecord = serde_json::from_str(&fs::read_to_string(&self.file).ok()?).ok()?;
        let executable = fs::metadata(&record.executable).ok()?;
        let is_same = record.inputs == self.inputs
            && record.used.iter().all(|(name, value)| std::env::var_os(name) == *value)
            && record.configuration == self.configuration
            && record.size == executable.len()
            && Some(record.modified) == modified(&executable);
        let limit = record.started.min(record.modified);
        let dep_info = fs::read_to_string(record.executable.with_extension("d")).ok()?;
        let paths = dependencies(&dep_info)?;
        let manifests = manifests(&paths);
        let mut all = paths.iter().chain(&manifests).chain(&self.configuration);
        (is_same && all.all(|path| is_older(path, limit))).then_some(record.executable)
    }

    /// Notes that the build starts now.
    pub(super) fn start(&self) -> StartedBuild<'_> {
        StartedBuild { build: self, at: SystemTime::now() }
    }
}

impl StartedBuild<'_> {
    /// Records the build. A record that cannot be written only costs time: the next call asks cargo.
    pub(super) fn finish(self, executable: &Path, variables: &BTreeSet<String>) {
        let _ = self.record(executable, variables).and_then(|record| self.write(&record));
    }

    fn record(&self, executable: &Path, variables: &BTreeSet<String>) -> Option<BuildRecord> {
        let metadata = fs::metadata(executable).ok()?;
        Some(BuildRecord {
            inputs: self.build.inputs.clone(),
            used: variables.iter().map(|name| (name.clone(), std::env::var_os(name))).collect(),
            started: self.at.duration_since(UNIX_EPOCH).ok()?,
            configuration: self.build.configuration.clone(),
            executable: executable.to_owned(),
            size: metadata.len(),
            modified: modified(&metadata)?,
        })
    }

    fn write(&self, record: &BuildRecord) -> Option<()> {
        let text = serde_json::to_string(record).ok()?;
        fs::create_dir_all(self.build.file.parent()?).ok()?;
        crate::output_file::write(&self.build.file, &text).ok()
    }
}

fn is_of_compiler(name: &str) -> bool {
    ["CC", "CXX", "AR", "CFLAGS", "CXXFLAGS", "LDFLAGS"].iter().any(|tool| {
        name == *tool
            || name.strip_prefix(tool).is_some_and(|rest| rest.starts_with('_'))
            || name.ends_with(&format!("_{tool}"))
    })
}

/// The existing files that configure cargo: the lock file, the toolchain, and `config.toml` wherever cargo looks for it.
fn configuration(metadata: &Metadata) -> BTreeSet<PathBuf> {
    let root = metadata.workspace_root.as_std_path();
    let here = std::env::current_dir().unwrap_or_else(|_| root.to_owned());
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let of_workspace = ["Cargo.toml", "Cargo.lock"].map(|name| root.join(name));
    let in_folder = |folder: &Path| {
        ["rust-toolchain", "rust-toolchain.toml", ".cargo/config", ".cargo/config.toml"].map(|name| folder.join(name))
    };
    let above = here.ancestors().chain(root.ancestors()).flat_map(in_folder);
    let of_user = home.into_iter().flat_map(|home| ["config", "config.toml"].map(|name| home.join(name)));
    of_workspace.into_iter().chain(above).chain(of_user).filter(|path| path.is_file()).collect()
}

/// The paths in a dep-info file of cargo: `program: path path`, in which a space in a path is escaped.
fn dependencies(text: &str) -> Option<Vec<PathBuf>> {
    let (_, paths) = text.lines().next()?.split_once(": ")?;
    let mut found = vec![String::new()];
    let mut characters = paths.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, characters.peek()) {
            ('\\', Some(' ')) => found.last_mut()?.extend(characters.next()),
            (' ', _) => found.push(String::new()),
            (character, _) => found.last_mut()?.push(character),
        }
    }
    Some(found.into_iter().filter(|path| !path.is_empty()).map(PathBuf::from).collect())
}

/// The manifests of the crates that the paths belong to.
fn manifests(paths: &[PathBuf]) -> BTreeSet<PathBuf> {
    let folders: BTreeSet<&Path> = paths.iter().filter_map(|path| path.parent()).collect();
    let nearest =
        |folder: &Path| folder.ancestors().map(|folder| folder.join("Cargo.toml")).find(|path| path.is_file());
    folders.into_iter().filter_map(nearest).collect()
}

/// Whether a file, or everything in a folder, is older than a time since 1970.
fn is_older(path: &Path, limit: Duration) -> bool {
    let Ok(metadata) = fs::metadata(path) else { return false };
    let Some(modified) = modified(&metadata) else { return false };
    let margin = if modified.subsec_nanos() == 0 { MARGIN_OF_SECONDS } else { MARGIN };
    let is_folder_older = || {
        let Ok(entries) = fs::read_dir(path) else { return false };
        entries.into_iter().all(|entry| entry.is_ok_and(|entry| is_older(&entry.path(), limit)))
    };
    modified + margin < limit && (!metadata.is_dir() || is_folder_older())
}

fn modified(metadata: &FileMetadata) -> Option<Duration> {
    metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::fs;
    use std::path::PathBuf;
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use super::{dependencies, is_older};

    #[test]
    fn dep_info_has_paths_with_spaces() {
        let paths = dependencies("/t/debug/m: /a/src/lib.rs /a/my\\ sql/x.sql C:\\x\n\n/a/src/lib.rs:\n").unwrap();
        assert_eq!(paths, ["/a/src/lib.rs", "/a/my sql/x.sql", "C:\\x"].map(PathBuf::from));
        assert_eq!(dependencies(""), None);
    }

    #[test]
    fn what_changed_after_the_start_is_not_older() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("inner").join("a.sql");
        fs::create_dir(file.parent().unwrap()).unwrap();
        fs::write(&file, "x").unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        assert!(is_older(folder.path(), now + Duration::from_secs(3)));
        assert!(!is_older(folder.path(), now));
        let later = SystemTime::now() + Duration::from_secs(10);
        fs::File::options().write(true).open(&file).unwrap().set_modified(later).unwrap();
        assert!(!is_older(folder.path(), now + Duration::from_secs(3)), "a file inside of a folder is newer");
        assert!(!is_older(&folder.path().join("missing"), now));
    }
}
