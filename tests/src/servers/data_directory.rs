//! The directory that contains all files of a server.

use std::{
    fs,
    os::unix::{fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

use super::{ServerError, account::Account, error::tail};

/// A server's directory, and the account that owns it.
#[derive(Debug)]
pub struct DataDirectory {
    path: PathBuf,
    account: Option<Account>,
    temporary: Option<TempDir>,
}

impl DataDirectory {
    /// Makes a directory that is removed when the value is dropped.
    pub(crate) fn temporary(account: Option<Account>) -> Result<Self, ServerError> {
        let directory = tempfile::Builder::new()
            .prefix("seachange-")
            .tempdir()
            .map_err(ServerError::io("make a temporary directory"))?;
        let path = directory.path().to_owned();
        Self::own(path, account, Some(directory))
    }

    /// Makes, or reuses, a directory that stays.
    pub(crate) fn lasting(path: &Path, account: Option<Account>) -> Result<Self, ServerError> {
        let action = format!("make `{}`", path.display());
        fs::create_dir_all(path).map_err(ServerError::io(&*action))?;
        let path = path.canonicalize().map_err(ServerError::io(action))?;
        Self::own(path, account, None)
    }

    fn own(path: PathBuf, account: Option<Account>, temporary: Option<TempDir>) -> Result<Self, ServerError> {
        if let Some(Account { user, group, .. }) = account {
            chown(&path, Some(user), Some(group))
                .map_err(ServerError::io(format!("give away `{}`", path.display())))?;
        }
        let home = Self { path, account, temporary };
        home.check_reachable()?;
        Ok(home)
    }

    /// A parent directory may be closed to the account, as root's own home is.
    fn check_reachable(&self) -> Result<(), ServerError> {
        let Some(account) = &self.account else {
            return Ok(());
        };
        let mut test = Command::new("test");
        test.arg("-w").arg(&self.path).uid(account.user).gid(account.group);
        let status = test.status().map_err(ServerError::io("run `test`"))?;
        if status.success() {
            return Ok(());
        }
        Err(ServerError::NotReachable { account: account.name.clone(), path: self.path.clone() })
    }

    /// The path of `name` in the directory.
    pub fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The directory, if it has to be removed after the server has ended.
    pub(crate) fn to_remove(&self) -> Option<&Path> {
        self.temporary.as_ref().map(TempDir::path)
    }

    /// Returns a command under the server's account, in the directory, with only the search path of this process's
    /// environment.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.path)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LC_ALL", "C")
            .env("HOME", &self.path)
            .stdin(Stdio::null());
        if let Some(account) = &self.account {
            command.uid(account.user).gid(account.group);
        }
        command
    }
}

/// Runs `command` to its end.
pub(crate) fn run(command: &mut Command) -> Result<String, ServerError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(ServerError::io(format!("run `{program}`")))?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(stdout);
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    Err(ServerError::Failed {
        program,
        status: output.status.to_string(),
        output: tail(&format!("{stdout}{stderr}"), 10),
    })
}
