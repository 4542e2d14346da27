//! The programs of this workspace, built once and run the way a user runs them.

mod build;
mod cargo;
mod error;
mod output;
mod running;

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    io,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

pub use cargo::{cargo, target};
pub use error::ProgramError;
pub use output::Output;
pub use running::Running;

use crate::TestDatabase;
use build::executable;
use running::cannot_run;

/// How long a program may run by default.
const LIMIT: Duration = Duration::from_secs(60);

/// The user `nobody`, who owns no file.
const NOBODY: u32 = 65534;

/// A command line to run, in an environment that contains only `PATH` and `HOME`.
#[derive(Debug, Clone)]
pub struct Program {
    name: String,
    /// The path of a program that is not of this workspace.
    path: Option<PathBuf>,
    args: Vec<OsString>,
    variables: BTreeMap<OsString, OsString>,
    folder: Option<PathBuf>,
    input: String,
    limit: Duration,
    unprivileged: bool,
}

impl Program {
    /// The migration program, as `cargo run -p migration --` runs it.
    pub fn migration() -> Self {
        Self::named("migration")
    }

    /// The program of the binary target `name`, of any member of the workspace.
    pub fn named(name: &str) -> Self {
        Self::new(name, None)
    }

    /// A program outside of this workspace: in PATH, or built by a test.
    pub fn at(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        Self::new(&path.to_string_lossy(), Some(path.to_owned()))
    }

    fn new(name: &str, path: Option<PathBuf>) -> Self {
        Self {
            name: name.to_owned(),
            path,
            args: Vec::new(),
            variables: BTreeMap::new(),
            folder: None,
            input: String::new(),
            limit: LIMIT,
            unprivileged: false,
        }
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

    /// Names `database` in the environment, and runs in its folder, unless another folder is set.
    #[must_use]
    pub fn database(mut self, database: &TestDatabase) -> Self {
        for (name, value) in database.environment() {
            self = self.env(name, value);
        }
        let folder = database.folder().to_owned();
        self.folder.get_or_insert(folder);
        self
    }

    /// Runs in `folder`. Without a folder and a database, the program runs in a new, empty folder.
    #[must_use]
    pub fn folder(mut self, folder: &Path) -> Self {
        self.folder = Some(folder.to_owned());
        self
    }

    /// Gives the program `text` on its standard input, which is always a pipe.
    #[must_use]
    pub fn input(mut self, text: &str) -> Self {
        text.clone_into(&mut self.input);
        self
    }

    /// Runs as an ordinary user, if this process is root's: root may read and write every file.
    #[must_use]
    pub const fn unprivileged(mut self) -> Self {
        self.unprivileged = true;
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
    /// When it cannot be built or run, or does not end. A failed exit is not an error here: see [`Output`].
    pub fn run(&self) -> Result<Output, ProgramError> {
        let empty = tempfile::tempdir().map_err(self.cannot_run())?;
        let folder = self.folder.as_deref().unwrap_or(empty.path());
        self.spawn_in(folder)?.finish()
    }

    /// Starts the program and leaves it running, in its folder or that of its database.
    ///
    /// # Errors
    ///
    /// When it cannot be built or run, or has no folder.
    pub fn start(&self) -> Result<Running, ProgramError> {
        let missing = || cannot_run(&self.name)(io::ErrorKind::NotADirectory.into());
        self.spawn_in(self.folder.as_deref().ok_or_else(missing)?)
    }

    /// Starts the program in `folder` and leaves it running.
    pub(crate) fn spawn_in(&self, folder: &Path) -> Result<Running, ProgramError> {
        let mut command = Command::new(self.executable()?);
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
        if self.unprivileged && rustix::process::geteuid().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        let child = spawn(&mut command).map_err(self.cannot_run())?;
        Ok(Running::new(&self.name, child, self.input.clone(), self.limit))
    }

    /// Where the program is; those of this workspace are built first.
    ///
    /// # Errors
    ///
    /// When it cannot be built.
    pub fn executable(&self) -> Result<&Path, ProgramError> {
        self.path.as_deref().map_or_else(|| executable(&self.name), Ok)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn cannot_run(&self) -> impl FnOnce(io::Error) -> ProgramError {
        cannot_run(&self.name)
    }
}

/// Starts a program. One that a test has just copied is busy as long as another thread is about to start a program of
/// its own, which has inherited the file that was written.
fn spawn(command: &mut Command) -> io::Result<Child> {
    for _ in 0..50 {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {
                std::thread::sleep(Duration::from_millis(10));
            }
            started => return started,
        }
    }
    command.spawn()
}
