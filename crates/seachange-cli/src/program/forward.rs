//! Starts the program of the migration crate, compiled by cargo before if it has to be.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cargo_metadata::{Artifact, Message, Metadata, Package};
use clap::error::ErrorKind;

use super::cargo_env;
use super::freshness::Build;
use super::here;
use super::locate::{MigrationPackage, metadata};
use super::options::BuildOptions;
use super::used_variables::UsedVariables;
use crate::diagnostic::{Diagnostic, reason};
use crate::exit::Exit;
use crate::terminal::Terminal;

/// Starts the program of a migration crate with `words` as its arguments. On Unix it replaces this process, so that
/// signals and the exit code are its own; elsewhere this process ends with its exit code.
///
/// # Errors
///
/// Cargo does not know the crate, the crate does not compile, or the program cannot be started.
pub(super) fn forward(
    package: &MigrationPackage,
    options: &BuildOptions,
    words: &[OsString],
    terminal: Terminal,
) -> Result<Exit, Diagnostic> {
    let manifest = package.root.join("Cargo.toml");
    let metadata = metadata(&manifest)?;
    let program = binary(&metadata, &manifest, &package.name)?;
    let build = Build::new(&metadata, &package.name, &options.cargo);
    let executable = match build.fresh() {
        Some(executable) => executable,
        None => {
            let started = build.start();
            let Compiled { executable, variables } = compile(&manifest, &program, options, terminal)?;
            started.finish(&executable, &variables);
            executable
        }
    };
    let mut program = Command::new(&executable);
    program.envs(cargo_env::variables(&here()?));
    // As `cargo run` does: the program checks that it was built from this crate.
    program.args(words).env("CARGO_PKG_NAME", &package.name).env("CARGO_MANIFEST_DIR", &package.root);
    start(program, &executable)
}

/// The binary of the package that `cargo run` would start.
fn binary(metadata: &Metadata, manifest: &Path, name: &str) -> Result<String, Diagnostic> {
    let is_meant =
        |package: &&Package| package.name.as_str() == name && package.manifest_path.as_std_path() == manifest;
    let by_name = || metadata.packages.iter().find(|package| package.name.as_str() == name);
    let package = metadata.packages.iter().find(is_meant).or_else(by_name);
    let package =
        package.ok_or_else(|| Diagnostic::usage(format!("cargo finds no package `{name}` in the workspace")))?;
    if let Some(name) = &package.default_run {
        return Ok(name.clone());
    }
    let binaries: Vec<&str> =
        package.targets.iter().filter(|target| target.is_bin()).map(|target| target.name.as_str()).collect();
    match binaries.as_slice() {
        [one] => Ok((*one).to_owned()),
        [] => Err(Diagnostic::usage(format!("the package `{name}` has no program"))
            .hint("its `src/main.rs` calls `seachange::cli::Cli::new(&MIGRATIONS).run()`")),
        _ => Err(Diagnostic::usage(format!("the package `{name}` has several programs: {}", binaries.join(", ")))
            .hint("`default-run` in its `Cargo.toml` names the one that runs its revisions")),
    }
}

/// A program that was compiled.
struct Compiled {
    executable: PathBuf,
    /// The variables of the environment that it was made from.
    variables: BTreeSet<String>,
}

/// Compiles the program.
fn compile(manifest: &Path, program: &str, options: &BuildOptions, terminal: Terminal) -> Result<Compiled, Diagnostic> {
    let mut cargo = Command::new(cargo());
    cargo.arg("build").arg("--manifest-path").arg(manifest).args(["--bin", program]).args(&options.cargo);
    cargo.arg("--message-format=json-render-diagnostics");
    if terminal.quiet {
        cargo.arg("--quiet");
    }
    let not_run = |error| {
        Diagnostic::new(Exit::Failure, format!("cargo cannot be run: {}", reason(&error)))
            .hint("commands other than those on revision files need cargo and a compiler")
    };
    let mut child = cargo.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().map_err(not_run)?;
    let output = child.stdout.take().map(BufReader::new);
    let mut found = None;
    let mut used = UsedVariables::default();
    for message in output.into_iter().flat_map(Message::parse_stream).flatten() {
        used.add(&message);
        if let Message::CompilerArtifact(Artifact { target, executable: Some(path), .. }) = message
            && target.is_bin()
            && target.name == program
        {
            found = Some(path.into_std_path_buf());
        }
    }
    let status = child.wait().map_err(not_run)?;
    match found.filter(|_| status.success()) {
        Some(executable) => Ok(Compiled { variables: used.names(&executable), executable }),
        None => Err(Diagnostic::new(Exit::Failure, format!("the program `{program}` was not built; nothing was run"))
            .hint("`seachange heads` and the other commands on revision files work without it")),
    }
}

/// The cargo that called this program, or else the one in `PATH`.
pub(super) fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| OsStr::new("cargo").to_owned())
}

#[cfg(unix)]
fn start(mut program: Command, executable: &Path) -> Result<Exit, Diagnostic> {
    use std::os::unix::process::CommandExt;

    Err(not_started(executable, &program.exec()))
}

#[cfg(not(unix))]
fn start(mut program: Command, executable: &Path) -> Result<Exit, Diagnostic> {
    leave_signals_to_child()?;
    let status = program.status().map_err(|error| not_started(executable, &error))?;
    std::process::exit(status.code().unwrap_or(Exit::Failure as i32));
}

fn not_started(executable: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::new(Exit::Failure, format!("`{}` cannot be started: {}", executable.display(), reason(error)))
}

/// Leaves Ctrl-C to a child process. The terminal sends the signal to both processes.
pub(super) fn leave_signals_to_child() -> Result<(), Diagnostic> {
    ctrlc::set_handler(|| {})
        .map_err(|error| Diagnostic::new(Exit::Failure, format!("signals cannot be handled: {error}")))
}

/// Starts the program of a project whose engine is of another version, if this program rejects the command line: a
/// newer engine may know more commands and options. `None` if the versions are the same, or cannot be told.
pub(super) fn to_another_version(
    options: &BuildOptions,
    words: &[OsString],
    error: &clap::Error,
) -> Option<Result<Exit, Diagnostic>> {
    if !matches!(error.kind(), ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand | ErrorKind::InvalidValue) {
        return None;
    }
    let package = MigrationPackage::find(&here().ok()?, options.package.as_deref()).ok()?;
    let version = package.engine_version()?;
    (version != env!("CARGO_PKG_VERSION"))
        .then(|| forward(&package, options, words.get(1..).unwrap_or_default(), Terminal::default()))
}
