//! The account that a server runs under: PostgreSQL refuses to run as root.

use std::process::Command;

use rustix::process::geteuid;

use super::ServerError;

/// An account of this machine.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) user: u32,
    pub(crate) group: u32,
}

impl Account {
    /// Picks the first of `candidates` that exists, if this process runs as root. Returns `None` if it does not, or if
    /// there are no candidates.
    pub(crate) fn unless_ordinary(candidates: &'static [&'static str]) -> Result<Option<Self>, ServerError> {
        if candidates.is_empty() || !geteuid().is_root() {
            return Ok(None);
        }
        let found = candidates.iter().find_map(|name| Self::named(name));
        found.map(Some).ok_or(ServerError::NoAccount { candidates })
    }

    fn named(name: &str) -> Option<Self> {
        Some(Self { name: name.to_owned(), user: id("-u", name)?, group: id("-g", name)? })
    }
}

fn id(which: &str, name: &str) -> Option<u32> {
    let output = Command::new("id").args([which, name]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
