//! How this module recognizes its own databases: by the form of the name, and by a mark inside.
//!
//! A database is dropped only if it has both. The mark is made directly after the database. On MySQL and MariaDB both
//! statements are one text, which the server executes to its end even if the program is killed. PostgreSQL creates a
//! database only outside of a transaction, and in a text without other statements. If the program is killed between the
//! two statements, an empty database without a mark stays. It is never dropped, because a user may have created it.

use std::hash::{BuildHasher, RandomState};

/// The prefix of the names of scratch schemas and databases. 8 and 16 hexadecimal digits follow, with a `_` between
/// them.
const PREFIX: &str = "seachange_scratch_";

/// The comment that marks a database, or the table in it.
#[cfg(any(feature = "mysql", feature = "postgres"))]
pub(super) const MARK: &str = "scratch database of seachange: the next run drops it";

/// The table that carries the mark on systems where databases have no comments.
pub(in crate::autogenerate) const TABLE: &str = "seachange_scratch";

/// Returns a name that no other database has: `seachange_scratch_0000a4f2_1c6ef372fe94f82b`, with the process id and a
/// random number.
pub(super) fn new_name() -> String {
    let process = std::process::id();
    format!("{PREFIX}{process:08x}_{:016x}", RandomState::new().hash_one(process))
}

/// Says whether a name has the form of those that [`new_name`] returns.
#[cfg(any(feature = "mysql", feature = "postgres"))]
pub(super) fn is_scratch_name(name: &str) -> bool {
    let is_number = |text: &str, digits: usize| {
        text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let numbers = name.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_'));
    numbers.is_some_and(|(process, random)| is_number(process, 8) && is_number(random, 16))
}

#[cfg(all(test, any(feature = "mysql", feature = "postgres")))]
mod tests {
    use super::{is_scratch_name, new_name};

    #[test]
    fn only_names_of_the_whole_form_are_scratch_names() {
        for _ in 0..100 {
            assert!(is_scratch_name(&new_name()), "{}", new_name());
        }
        assert!(is_scratch_name("seachange_scratch_0000a4f2_1c6ef372fe94f82b"));
        for name in [
            "seachange_scratch_ci",
            "seachange_scratch_",
            "seachange_scratch_1c6ef372fe94f82b",
            "seachange_scratch_0000a4f2_1c6ef372fe94f82",
            "seachange_scratch_0000a4f2_1c6ef372fe94f82b0",
            "seachange_scratch_0000A4F2_1C6EF372FE94F82B",
            "seachange_scratch_0000a4f2_1c6ef372fe94f82b_0",
            "seachange_scratch_a4f2_1c6ef372fe94f82b",
            "seachange_scratch_0000a4fg_1c6ef372fe94f82b",
            "my_seachange_scratch_0000a4f2_1c6ef372fe94f82b",
            "seachange_scratch_0000a4f2-1c6ef372fe94f82b",
        ] {
            assert!(!is_scratch_name(name), "{name}");
        }
    }
}
