//! The key of the locks of a run.

#[cfg(feature = "mysql")]
use std::fmt::Write;

use md5::{Digest, Md5};

/// The key of the locks of a run, computed from the location of the record: the schema and the table.
///
/// It is a hash, because PostgreSQL takes numbers and MySQL takes 64 characters. It is MD5 because programs with
/// earlier versions of the engine compute it so, and have to use the same lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LockKey([u8; 16]);

/// One of the locks of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LockRole {
    /// The lock of the run, held by a session that executes no statement of a revision.
    Run,
    /// The lock of the revisions' session, held by the session in which the revisions run.
    Work,
    /// The lock of a database for a run that changes several databases or none.
    Together,
}

impl LockKey {
    /// The key for a record in `table` of `schema`.
    pub(crate) fn new(schema: &str, table: &str) -> Self {
        Self(Md5::digest(format!("{schema}.{table}")).into())
    }

    /// The two numbers of an advisory lock of PostgreSQL.
    #[cfg(feature = "postgres")]
    pub(crate) fn numbers(self, role: LockRole) -> (i32, i32) {
        const RUN: i32 = 1_936_024_419;
        let Self([first, second, third, fourth, ..]) = self;
        let class = match role {
            LockRole::Run => RUN,
            LockRole::Work => RUN + 1,
            LockRole::Together => RUN + 2,
        };
        (class, i32::from_be_bytes([first, second, third, fourth]))
    }

    /// The name of a lock of MySQL: at most 64 characters.
    #[cfg(feature = "mysql")]
    pub(crate) fn name(self, role: LockRole) -> String {
        let prefix = match role {
            LockRole::Run => "seachange ",
            LockRole::Work => "seachange work ",
            LockRole::Together => "seachange all ",
        };
        self.0.iter().fold(prefix.to_owned(), |mut name, byte| {
            // Writing to a String does not fail.
            let _ = write!(name, "{byte:02x}");
            name
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Earlier versions let the server compute `md5('public.seachange_revision')`, with this result.
    #[test]
    fn programs_of_earlier_versions_lock_the_same() {
        let key = LockKey::new("public", "seachange_revision");
        #[cfg(feature = "mysql")]
        assert_eq!(key.name(LockRole::Run), "seachange 21c3f773d4cfea9d9c38d09f74380c8b");
        #[cfg(feature = "postgres")]
        assert_eq!(key.numbers(LockRole::Run), (1_936_024_419, 566490995));
        let _ = key;
    }
}
