//! The programs of this workspace, built once and run the way a user runs them.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fmt::{self, Write as _},
    io::{self, Read, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use crate::TestDatabase;

/// How long a program may run, unless a test says otherwise.
const LIMIT: Duration = Duration::from_secs(60);

/// A program that could not be built or run.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// The workspace does not build.
    #[error("`cargo build` failed: {output}")]
    Build {
        /// What cargo wrote.
        output: String,
    },
    /// No such binary was built.
    #[error("`cargo build` made no program `{name}`")]
    Unknown {
        /// The binary's name.
        name: &'static str,
    },
    /// The program could not be run.
    #[error("cannot run `{name}`: {source}")]
    Run {
        /// The program.
        name: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The program did not end in time, and was killed.
    #[error("`{name}` did not end within {seconds} s; it wrote:\n{output}")]
    Endless {
        /// The program.
        name: &'static str,
        /// The limit.
        seconds: u64,
        /// What it wrote until then.
        output: String,
    },
    /// The service ended, or never listened.
    #[error("`{name}` does not serve; it wrote:\n{output}")]
    Silent {
        /// The program.
        name: &'static str,
        /// What it wrote until then.
        output: String,
    },
}

/// A command line to run, in an environment of nothing but `PATH` and `HOME`.
#[derive(Debug)]
pub struct Program {
    name: &'static str,
    args: Vec<OsString>,
    variables: BTreeMap<OsString, OsString>,
    folder: Option<PathBuf>,
    input: String,
    limit: Duration,
}

impl Program {
    /// The migration program, as `cargo run -p migration --` runs it.
    pub fn migration() -> Self {
        Self::named("migration")
    }

    /// The program of the binary target `name`, of any member of the workspace.
    pub fn named(name: &'static str) -> Self {
        Self { name, args: Vec::new(), variables: BTreeMap::new(), folder: None, input: String::new(), limit: LIMIT }
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        let args = args.into_iter().map(|arg| arg.as_ref().to_owned());
        self.args.extend(args);
        self
    }

    /// Sets a variable of the environment.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        let (name, value) = (name.as_ref().to_owned(), value.as_ref().to_owned());
        self.variables.insert(name, value);
        self
    }

    /// Names `database` in the environment, and runs in its folder, unless another one is set.
    #[must_use]
    pub fn database(mut self, database: &TestDatabase) -> Self {
        for (name, value) in database.environment() {
            self = self.env(name, value);
        }
        let folder = database.folder().to_owned();
        self.folder.get_or_insert(folder);
        self
    }

    /// Runs in `folder`. Without this and a database, in a new, empty one.
    #[must_use]
    pub fn folder(mut self, folder: &Path) -> Self {
        self.folder = Some(folder.to_owned());
        self
    }

    /// Gives the program `text` on its standard input, which is a pipe in any case.
    #[must_use]
    pub fn input(mut self, text: &str) -> Self {
        text.clone_into(&mut self.input);
        self
    }

    /// Kills the program when it takes longer.
    #[must_use]
    pub const fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs the program to its end.
    ///
    /// # Errors
    ///
    /// When it cannot be built or run, or does not end. How it ends is no error: see [`Output`].
    pub fn run(&self) -> Result<Output, ProgramError> {
        let empty = tempfile::tempdir().map_err(self.cannot_run())?;
        let folder = self.folder.as_deref().unwrap_or(empty.path());
        let mut running = self.spawn_in(folder)?;
        let deadline = Instant::now() + self.limit;
        loop {
            if let Some(status) = running.exited().map_err(self.cannot_run())? {
                return Ok(running.output(status));
            }
            if Instant::now() > deadline {
                return Err(ProgramError::Endless {
                    name: self.name,
                    seconds: self.limit.as_secs(),
                    output: running.kill(),
                });
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Starts the program in `folder` and leaves it running.
    pub(crate) fn spawn_in(&self, folder: &Path) -> Result<Running, ProgramError> {
        let mut command = Command::new(executable(self.name)?);
        command
            .args(&self.args)
            .current_dir(folder)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("HOME", folder)
            .envs(&self.variables)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = command.spawn().map_err(self.cannot_run())?;
        Ok(Running::new(child, self.input.clone()))
    }

    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn cannot_run(&self) -> impl FnOnce(io::Error) -> ProgramError {
        let name = self.name;
        move |source| ProgramError::Run { name, source }
    }
}

/// A program that runs, with threads that read what it writes.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    stdout: Option<thread::JoinHandle<String>>,
    stderr: Option<thread::JoinHandle<String>>,
}

impl Running {
    fn new(mut child: Child, input: String) -> Self {
        if let Some(mut stdin) = child.stdin.take() {
            // The program may end without reading it.
            thread::spawn(move || stdin.write_all(input.as_bytes()));
        }
        Self { stdout: child.stdout.take().map(read), stderr: child.stderr.take().map(read), child }
    }

    pub(crate) const fn child(&self) -> &Child {
        &self.child
    }

    pub(crate) fn exited(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Collects what the program wrote, after it has ended.
    pub(crate) fn output(&mut self, status: ExitStatus) -> Output {
        Output { stdout: finish(self.stdout.take()), stderr: finish(self.stderr.take()), code: status.code() }
    }

    /// Ends the program and returns what it wrote.
    pub(crate) fn kill(&mut self) -> String {
        let _ = self.child.kill();
        let _ = self.child.wait();
        finish(self.stdout.take()) + &finish(self.stderr.take())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(mut stream: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn finish(reader: Option<thread::JoinHandle<String>>) -> String {
    reader.and_then(|reader| reader.join().ok()).unwrap_or_default()
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
    /// The exit code; none if a signal ended it.
    pub code: Option<i32>,
}

impl Output {
    /// Whether the exit code is 0.
    pub fn success(&self) -> bool {
        self.code == Some(0)
    }

    /// The output of a program that must have succeeded.
    ///
    /// # Errors
    ///
    /// The whole output, if it did not.
    pub fn succeeded(self) -> Result<Self, String> {
        if self.success() {
            return Ok(self);
        }
        Err(self.to_string())
    }
}

/// Shows exit code and streams, as snapshots hold them. Empty streams are left out.
impl fmt::Display for Output {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => writeln!(formatter, "exit code {code}")?,
            None => writeln!(formatter, "ended by a signal")?,
        }
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                writeln!(formatter, "--- {name}")?;
                formatter.write_str(text)?;
                if !text.ends_with('\n') {
                    formatter.write_char('\n')?;
                }
            }
        }
        Ok(())
    }
}

/// The path of a binary of this workspace, built when the first one is asked for.
fn executable(name: &'static str) -> Result<&'static Path, ProgramError> {
    static BUILT: OnceLock<Result<BTreeMap<String, PathBuf>, String>> = OnceLock::new();
    let built = BUILT.get_or_init(build).as_ref().map_err(|output| ProgramError::Build { output: output.clone() })?;
    let path = built.get(name).ok_or(ProgramError::Unknown { name })?;
    Ok(path)
}

/// Builds all binaries of the workspace: the same selection as the test command, so that nothing is
/// compiled again with other features.
fn build() -> Result<BTreeMap<String, PathBuf>, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--workspace", "--bins", "--locked"])
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    Ok(messages.lines().filter_map(binary).collect())
}

/// The name and path of a binary, if that is what a line of cargo's output tells.
fn binary(line: &str) -> Option<(String, PathBuf)> {
    let message: serde_json::Value = serde_json::from_str(line).ok()?;
    let path = message.get("executable")?.as_str()?;
    let name = message.get("target")?.get("name")?.as_str()?;
    Some((name.to_owned(), path.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binaries_are_read_from_cargos_messages() {
        let line = r#"{"target":{"name":"app"},"executable":"/target/debug/app"}"#;
        let expected = ("app".to_owned(), PathBuf::from("/target/debug/app"));
        assert_eq!(binary(line), Some(expected));
        assert_eq!(binary(r#"{"target":{"name":"entity"},"executable":null}"#), None);
        assert_eq!(binary("not json"), None);
    }

    #[test]
    fn output_shows_what_there_is() {
        let output = Output { stdout: String::new(), stderr: "error: no such revision".to_owned(), code: Some(1) };
        assert_eq!(output.to_string(), "exit code 1\n--- stderr\nerror: no such revision\n");
        assert!(output.succeeded().is_err());
    }
}
