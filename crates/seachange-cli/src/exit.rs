//! The exit codes, all in one place.

use std::process::ExitCode;

/// The exit codes of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[non_exhaustive]
pub enum Exit {
    /// The command succeeded.
    Success = 0,
    /// The command failed in a way without a separate code.
    Failure = 1,
    /// The command, a target or a setting is invalid; nothing was done.
    Usage = 2,
    /// The database could not be reached, or refused the connection; nothing was done.
    Connection = 3,
    /// The applied revisions of the database do not match the revisions of the program; nothing was done.
    Mismatch = 4,
    /// A revision failed, and the message says what is left in the database; or it cannot be written as a script.
    Revision = 5,
    /// Revisions are pending: from `current --check-heads`, or before a comparison with the entities.
    Behind = 6,
    /// Another run held the lock for longer than `--lock-timeout`; nothing was done.
    LockTimeout = 7,
    /// `check` found differences between the database and the entities that are not accepted, `test` found a fault, or
    /// the result of `import` differs from what it was made from.
    Differs = 8,
    /// A rule of `lint` has found something; with `up --lint`, nothing was applied.
    Findings = 9,
    /// The command left something out, and named it: `init --from-database` cannot write an object of the database, a
    /// revision was not verified because its tables could not be copied, or `import` has no SQL for a change.
    Incomplete = 10,
    /// Some targets of a fleet are not as the run was to leave them; the message and the report say which and why.
    Targets = 11,
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
