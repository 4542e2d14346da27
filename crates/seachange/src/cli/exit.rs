//! The exit codes, all in one place.

use std::process::ExitCode;

/// How the command line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[non_exhaustive]
pub enum Exit {
    /// It did what was asked.
    Success = 0,
    /// It failed in a way that has no code of its own.
    Failure = 1,
    /// The command, a target or a setting was wrong; nothing was done.
    Usage = 2,
    /// The database could not be reached, or did not let us in; nothing was done.
    Connection = 3,
    /// What the database has applied does not fit the revisions of the program; nothing was done.
    Mismatch = 4,
    /// A revision failed, and the message says what is left; or it cannot be written as a script.
    Revision = 5,
    /// Revisions are not applied, of `current --check-heads`, or of a comparison with the entities.
    Behind = 6,
    /// Another run was at work for longer than `--lock-timeout`; nothing was done.
    LockTimeout = 7,
    /// `check` found differences between the database and the entities.
    Differs = 8,
    /// Ctrl-C ended the run; the message says where.
    Interrupted = 130,
    /// SIGTERM ended the run; the message says where.
    Terminated = 143,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
