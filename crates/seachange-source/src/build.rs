//! The entry point for build scripts: scans, checks, and writes the registry.
//!
//! All errors are printed together for cargo to show (`cargo::error=`), and fail the build without a panic.

use std::collections::BTreeSet;
use std::env;
use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use seachange_graph::Graph;

use crate::check::check;
use crate::registry;
use crate::scan::{ScannedFolders, scan_all};

/// The name of the registry in `OUT_DIR`.
pub const REGISTRY: &str = "seachange.rs";

/// The maximum number of characters of a message in a warning.
const SHOWN_MESSAGE: usize = 60;

/// Registers the revision files in `dir`; a migration crate's `build.rs` needs nothing else.
///
/// `dir` is relative to the crate, such as `src/versions`. `seachange::include_revisions!()` reads the registry.
/// Cargo runs the build script again when a revision file, or a file that it includes, is added, edited or removed.
///
/// Files that cannot be read and problems of the graph are printed for cargo, and fail the build. Several heads, and
/// a folder without revisions, are warnings.
///
/// ```no_run
/// seachange_source::build::revisions("src/versions");
/// ```
pub fn revisions(dir: impl AsRef<Path>) {
    revisions_in([dir]);
}

/// Registers the revision files in several folders, for example one for each part of a program.
///
/// They form one graph: ids and labels are unique among all folders, and a revision can have a parent or a dependency
/// in another folder. The command line takes the folders from the registry, and writes new revisions into one of
/// them. The rules for each folder are those of [`revisions`]; a folder inside another one is separate.
///
/// ```no_run
/// seachange_source::build::revisions_in(["src/versions", "src/billing"]);
/// ```
pub fn revisions_in<P: AsRef<Path>>(dirs: impl IntoIterator<Item = P>) {
    print_directives(&dirs.into_iter().map(|dir| RevisionFolder::own(dir.as_ref())).collect::<Vec<_>>());
}

/// Registers the revision files in folders of this crate, and those that other crates compile: pairs of the name of a
/// crate, which is a dependency, and its folder, relative to this crate.
///
/// They form one graph, as with [`revisions_in`]. An edit then compiles only the revisions of one crate again. The build
/// script of the other crate calls [`revisions`] with its folder, so that its part of the graph has to be complete without
/// this crate. Two folders of one crate are an error.
///
/// ```no_run
/// seachange_source::build::revisions_with_crates(["src/versions"], [("history", "../history/src/versions")]);
/// ```
pub fn revisions_with_crates<P: AsRef<Path>, D: AsRef<Path>>(
    dirs: impl IntoIterator<Item = P>,
    crates: impl IntoIterator<Item = (&'static str, D)>,
) {
    let own = dirs.into_iter().map(|dir| RevisionFolder::own(dir.as_ref()));
    let others = crates.into_iter().map(|(name, dir)| RevisionFolder::of_crate(name, dir.as_ref()));
    print_directives(&own.chain(others).collect::<Vec<_>>());
}

/// A folder of revisions, relative to the crate.
#[derive(Debug, Clone)]
pub(crate) struct RevisionFolder {
    pub(crate) path: PathBuf,
    /// The crate that compiles the files, if it is another one.
    pub(crate) of_crate: Option<String>,
}

impl RevisionFolder {
    pub(crate) fn own(path: &Path) -> Self {
        Self { path: path.components().collect(), of_crate: None }
    }

    fn of_crate(name: &str, path: &Path) -> Self {
        Self { of_crate: Some(name.replace('-', "_")), ..Self::own(path) }
    }
}

/// Prints for cargo what came of the registration.
fn print_directives(folders: &[RevisionFolder]) {
    let instructions = match CargoEnv::of_build_script() {
        Ok(surroundings) => register(folders, &surroundings),
        Err(variable) => vec![CargoDirective::Error(format!(
            "`{variable}` is not set; call `seachange_source::build::revisions` from a `build.rs` that cargo runs"
        ))],
    };
    let mut output = io::stdout().lock();
    for instruction in instructions {
        if writeln!(output, "{instruction}").is_err() {
            // Printing failed, so only the exit code can report the error.
            std::process::exit(1);
        }
    }
}

/// The two folders that cargo passes to a build script.
struct CargoEnv {
    manifest_dir: PathBuf,
    out_dir: PathBuf,
}

impl CargoEnv {
    /// Reads them from the environment; the error is the name of the missing variable.
    fn of_build_script() -> Result<Self, &'static str> {
        let folder = |name| env::var_os(name).map(PathBuf::from).ok_or(name);
        Ok(Self { manifest_dir: folder("CARGO_MANIFEST_DIR")?, out_dir: folder("OUT_DIR")? })
    }
}

/// One line for cargo.
#[derive(Debug, PartialEq, Eq)]
enum CargoDirective {
    RerunIfChanged(PathBuf),
    Warning(String),
    Error(String),
}

impl fmt::Display for CargoDirective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, value) = match self {
            Self::RerunIfChanged(path) => ("rerun-if-changed", path.display().to_string()),
            Self::Warning(text) => ("warning", text.clone()),
            Self::Error(text) => ("error", text.clone()),
        };
        // An instruction ends at the end of its line: a line break in an id must not start another one.
        write!(f, "cargo::{key}={}", value.replace(['\n', '\r'], " "))
    }
}

/// Scans `folders`, and writes the registry if there are no errors.
fn register(folders: &[RevisionFolder], surroundings: &CargoEnv) -> Vec<CargoDirective> {
    let root = &surroundings.manifest_dir;
    let dirs: &[PathBuf] = &folders.iter().map(|folder| folder.path.clone()).collect::<Vec<_>>();
    let folder = relative(scan_all(dirs.iter().map(|dir| root.join(dir))), root);
    // The registry has absolute paths. In a crate that was moved this file is missing, and cargo runs the script again.
    let here = root.join("Cargo.toml");
    let mut instructions: Vec<CargoDirective> =
        dirs.iter().cloned().chain([here]).map(CargoDirective::RerunIfChanged).collect();
    instructions.extend(included(&folder).into_iter().map(CargoDirective::RerunIfChanged));
    let (mut errors, graph) = judge(&folder);
    errors.extend(wrong_crates(folders));
    if !errors.is_empty() {
        instructions.extend(errors.into_iter().map(CargoDirective::Error));
        return instructions;
    }
    instructions.extend(warnings(&folder, graph.as_ref(), dirs, root).into_iter().map(CargoDirective::Warning));
    let text = registry::render(&folder.files, folders, root);
    let target = surroundings.out_dir.join(REGISTRY);
    if let Err(error) = write_if_changed(&target, &text) {
        instructions.push(CargoDirective::Error(format!("{} cannot be written: {error}", target.display())));
    }
    instructions
}

/// Makes the paths relative to the crate's folder.
fn relative(mut folder: ScannedFolders, root: &Path) -> ScannedFolders {
    let paths = folder.files.iter_mut().flat_map(|file| {
        let included = file.source.iter_mut().flat_map(|source| &mut source.included);
        included.chain([&mut file.path])
    });
    for path in paths.chain(folder.errors.iter_mut().map(|error| &mut error.file)) {
        if let Ok(short) = path.strip_prefix(root) {
            *path = short.to_owned();
        }
    }
    folder
}

/// The files that revisions include, each once: the hashes in the registry depend on them.
fn included(folder: &ScannedFolders) -> BTreeSet<PathBuf> {
    folder.files.iter().flat_map(|file| &file.source).flat_map(|source| &source.included).cloned().collect()
}

/// Returns all errors, and the graph if it is valid.
fn judge(folder: &ScannedFolders) -> (Vec<String>, Option<Graph>) {
    let mut errors: Vec<String> = folder.errors.iter().map(ToString::to_string).collect();
    match check(folder) {
        Ok(graph) => (errors, Some(graph)),
        Err(problems) => {
            errors.extend(problems.iter().map(|problem| format!("{problem} (hint: {})", problem.way_out())));
            (errors, None)
        }
    }
}

/// The errors in the names of other crates.
fn wrong_crates(folders: &[RevisionFolder]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let names = folders.iter().filter_map(|folder| folder.of_crate.as_deref());
    names
        .filter_map(|name| match (syn::parse_str::<syn::Ident>(name), seen.insert(name)) {
            (Err(_), _) => Some(format!("`{name}` is not the name of a crate")),
            (Ok(_), false) => {
                Some(format!("the crate `{name}` has several folders (hint: put its revisions into one)"))
            }
            (Ok(_), true) => None,
        })
        .collect()
}

/// Warns if there are no files, if there are several heads, or if one of several folders is missing.
fn warnings(folder: &ScannedFolders, graph: Option<&Graph>, dirs: &[PathBuf], root: &Path) -> Vec<String> {
    let is_missing = |dir: &&PathBuf| dirs.len() > 1 && !root.join(dir).is_dir();
    let missing = dirs.iter().filter(is_missing).map(|dir| {
        let dir = dir.display();
        format!("no folder `{dir}` (hint: `revision --version-path {dir}` creates it; or remove it from `build.rs`)")
    });
    missing.chain(empty(folder, dirs)).chain(graph.and_then(|graph| several_heads(folder, graph))).collect()
}

fn empty(folder: &ScannedFolders, dirs: &[PathBuf]) -> Option<String> {
    let dirs: Vec<String> = dirs.iter().map(|dir| format!("`{}`", dir.display())).collect();
    let advice = "`revision -m MESSAGE` writes the first";
    let warning = || format!("no revision files in {}: nothing to migrate (hint: {advice})", dirs.join(", "));
    folder.files.is_empty().then(warning)
}

/// Warns of heads that labels do not distinguish: without a label, or with the same ones. A branch with its own label
/// is meant to stay separate.
fn several_heads(folder: &ScannedFolders, graph: &Graph) -> Option<String> {
    let heads = graph.heads();
    let stray: Vec<&str> = graph.stray_heads().iter().map(|head| head.id.as_str()).collect();
    let first = stray.first()?;
    let described: Vec<String> = stray.iter().filter_map(|head| describe(head, folder, graph)).collect();
    let (these, count) = match stray.len() {
        all if all == heads.len() => ("heads".to_owned(), all.to_string()),
        some => (stray.join(" "), format!("{some} of {}", heads.len())),
    };
    Some(format!(
        "{count} heads: {} (hint: `merge {these}` joins them, `revision --head {first} -m MESSAGE` continues from one; \
         to keep a branch, give it its own label in `branch_labels`)",
        described.join(", "),
    ))
}

/// Names a revision by id, message, labels and file.
fn describe(id: &str, folder: &ScannedFolders, graph: &Graph) -> Option<String> {
    let file = folder.files.iter().find(|file| file.revision.id == id)?;
    let mut message: String = file.message.chars().take(SHOWN_MESSAGE).collect();
    if message.len() < file.message.len() {
        message.push('…');
    }
    let labels: String = graph.labels(id).iter().map(|label| format!(", branch `{label}`")).collect();
    Some(format!("`{id}` {message} ({}{labels})", file.path.display()))
}

/// Writes `text` unless the file already contains it: an unchanged registry keeps its modification time.
fn write_if_changed(path: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|found| found == text) {
        return Ok(());
    }
    fs::write(path, text)
}

#[cfg(test)]
mod tests;
