//! The build-script entry point: scans, checks, and writes the registry.
//!
//! Errors are printed for cargo to show (`cargo::error=`), all at once, and stop the build without a panic.

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

/// How many characters of a message a warning shows.
const SHOWN_MESSAGE: usize = 60;

/// Registers the revision files in `dir`; the whole of a migration crate's `build.rs`.
///
/// `dir` is relative to the crate, such as `src/versions`. The registry is for `seachange::include_revisions!()`.
/// Cargo runs the build script again when a file is added, edited or removed, or a file that one of them includes.
///
/// What is wrong is printed for cargo, and stops the build: files that cannot be read, and the problems of the graph.
/// Several heads, and a folder without revisions, are warnings.
///
/// ```no_run
/// seachange_source::build::revisions("src/versions");
/// ```
pub fn revisions(dir: impl AsRef<Path>) {
    revisions_in([dir]);
}

/// Registers the revision files in several folders, such as one for each part of a program.
///
/// They make one graph: ids and labels are unique among all of them, and a revision may come after, or depend on, one
/// of another folder. The command line takes the folders from the registry, and writes new revisions into one of
/// them. Each folder is as in [`revisions`]; one inside another is a folder of its own.
///
/// ```no_run
/// seachange_source::build::revisions_in(["src/versions", "src/billing"]);
/// ```
pub fn revisions_in<P: AsRef<Path>>(dirs: impl IntoIterator<Item = P>) {
    let dirs: Vec<PathBuf> = dirs.into_iter().map(|dir| dir.as_ref().components().collect()).collect();
    let instructions = match CargoEnv::of_build_script() {
        Ok(surroundings) => register(&dirs, &surroundings),
        Err(variable) => vec![CargoDirective::Error(format!(
            "`{variable}` is not set; call `seachange_source::build::revisions` from a `build.rs` that cargo runs"
        ))],
    };
    let mut output = io::stdout().lock();
    for instruction in instructions {
        if writeln!(output, "{instruction}").is_err() {
            // Nobody listens: an exit code is all that is left.
            std::process::exit(1);
        }
    }
}

/// The two folders that cargo names to a build script.
struct CargoEnv {
    manifest_dir: PathBuf,
    out_dir: PathBuf,
}

impl CargoEnv {
    /// Reads them from the environment; the error is the variable that is missing.
    fn of_build_script() -> Result<Self, &'static str> {
        let folder = |name| env::var_os(name).map(PathBuf::from).ok_or(name);
        Ok(Self { manifest_dir: folder("CARGO_MANIFEST_DIR")?, out_dir: folder("OUT_DIR")? })
    }
}

/// One line to cargo.
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
        // An instruction ends with its line: a line break in an id must not start another.
        write!(f, "cargo::{key}={}", value.replace(['\n', '\r'], " "))
    }
}

/// Scans `dirs` and writes the registry if there is nothing wrong.
fn register(dirs: &[PathBuf], surroundings: &CargoEnv) -> Vec<CargoDirective> {
    let root = &surroundings.manifest_dir;
    let folder = relative(scan_all(dirs.iter().map(|dir| root.join(dir))), root);
    let mut instructions: Vec<CargoDirective> = dirs.iter().cloned().map(CargoDirective::RerunIfChanged).collect();
    instructions.extend(included(&folder).into_iter().map(CargoDirective::RerunIfChanged));
    let (errors, graph) = judge(&folder);
    if !errors.is_empty() {
        instructions.extend(errors.into_iter().map(CargoDirective::Error));
        return instructions;
    }
    instructions.extend(warnings(&folder, graph.as_ref(), dirs, root).into_iter().map(CargoDirective::Warning));
    let text = registry::render(&folder.files, dirs, root);
    let target = surroundings.out_dir.join(REGISTRY);
    if let Err(error) = write_if_changed(&target, &text) {
        instructions.push(CargoDirective::Error(format!("{} cannot be written: {error}", target.display())));
    }
    instructions
}

/// Names the files as a person in the crate's folder does.
fn relative(mut folder: ScannedFolders, root: &Path) -> ScannedFolders {
    let paths = folder.files.iter_mut().flat_map(|file| file.included.iter_mut().chain([&mut file.path]));
    for path in paths.chain(folder.errors.iter_mut().map(|error| &mut error.file)) {
        if let Ok(short) = path.strip_prefix(root) {
            *path = short.to_owned();
        }
    }
    folder
}

/// The files that revisions include, each once: the hashes of the registry are made of them too.
fn included(folder: &ScannedFolders) -> BTreeSet<PathBuf> {
    folder.files.iter().flat_map(|file| &file.included).cloned().collect()
}

/// Returns all errors, and the graph if it has none.
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

/// Warns of no files at all or of several heads, and of a folder that one of several is not there.
fn warnings(folder: &ScannedFolders, graph: Option<&Graph>, dirs: &[PathBuf], root: &Path) -> Vec<String> {
    let is_missing = |dir: &&PathBuf| dirs.len() > 1 && !root.join(dir).is_dir();
    let missing = dirs.iter().filter(is_missing).map(|dir| {
        let dir = dir.display();
        format!("no folder `{dir}` (hint: `revision --version-path {dir}` makes it; or take it out of `build.rs`)")
    });
    missing.chain(empty(folder, dirs)).chain(graph.and_then(|graph| several_heads(folder, graph))).collect()
}

fn empty(folder: &ScannedFolders, dirs: &[PathBuf]) -> Option<String> {
    let dirs: Vec<String> = dirs.iter().map(|dir| format!("`{}`", dir.display())).collect();
    let advice = "`revision -m MESSAGE` writes the first";
    let warning = || format!("no revision files in {}: nothing to migrate (hint: {advice})", dirs.join(", "));
    folder.files.is_empty().then(warning)
}

/// Warns of heads that nothing tells apart: without a label, or with the same ones. A branch with a label of its own is
/// meant to stay.
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
        "{count} heads: {} (hint: `merge {these}` joins them, `revision --head {first} -m MESSAGE` goes on from one; a \
         branch that is meant to stay takes a label of its own, in `branch_labels`)",
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

/// Writes `text` unless the file holds it already: an unchanged registry keeps its time.
fn write_if_changed(path: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|found| found == text) {
        return Ok(());
    }
    fs::write(path, text)
}

#[cfg(test)]
mod tests;
