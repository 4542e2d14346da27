//! Which revision ids and branch labels are legal.
//!
//! An id is typed on command lines, stands in Rust string literals, and is a key in every database. The rule is
//! checked when an id is made, when the files are built, and when a graph is loaded, so that no database is the
//! first to object.

use thiserror::Error;

/// The longest id, in bytes.
///
/// Long enough for the names of sea-orm-migration's modules, which serve as ids once a project has moved over;
/// short enough to be a key in MySQL with four bytes a character (at most 191 characters).
pub const MAX_ID_LENGTH: usize = 128;

/// Words with a meaning of their own in a target.
pub const RESERVED: [&str; 4] = ["base", "current", "head", "heads"];

/// Why a name is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidName {
    /// The name has no characters.
    #[error("it is empty")]
    Empty,
    /// The name is longer than [`MAX_ID_LENGTH`] bytes.
    #[error("it has {length} bytes, and {MAX_ID_LENGTH} is the most")]
    TooLong {
        /// The length found, in bytes.
        length: usize,
    },
    /// The name holds a character that a target gives another meaning, or that is not printable ASCII.
    #[error("it holds {character:?}; letters, digits, `_` and `.` are allowed")]
    Character {
        /// The first such character.
        character: char,
    },
    /// The name is one of [`RESERVED`].
    #[error("the word is reserved")]
    Reserved,
}

/// Checks that `id` can name a revision.
///
/// # Errors
///
/// An [`InvalidName`] for the first rule that the id breaks.
///
/// ```
/// use seachange_graph::{IllegalName, check_id};
///
/// assert_eq!(check_id("ae1027a6acf4"), Ok(()));
/// assert_eq!(check_id("a-b"), Err(IllegalName::Character { character: '-' }));
/// assert_eq!(check_id("head"), Err(IllegalName::Reserved));
/// ```
pub fn check_id(id: &str) -> Result<(), InvalidName> {
    if id.is_empty() {
        return Err(InvalidName::Empty);
    }
    if id.len() > MAX_ID_LENGTH {
        return Err(InvalidName::TooLong { length: id.len() });
    }
    if let Some(character) = id.chars().find(|&c| !is_allowed(c)) {
        return Err(InvalidName::Character { character });
    }
    if RESERVED.contains(&id) {
        return Err(InvalidName::Reserved);
    }
    Ok(())
}

/// Checks that `label` can name a branch: the rules of [`check_id`].
///
/// # Errors
///
/// An [`InvalidName`] for the first rule that the label breaks.
pub fn check_label(label: &str) -> Result<(), InvalidName> {
    check_id(label)
}

fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '.'
}
