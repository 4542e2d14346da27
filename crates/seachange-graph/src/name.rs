//! Which revision ids and branch labels are legal.
//!
//! An id is typed on command lines, is part of Rust string literals, and is a key in every database. The rule is
//! checked when an id is made, when the files are built, and when a graph is loaded, so an invalid id never reaches a
//! database.

use thiserror::Error;

/// The maximum length of an id, in bytes.
///
/// Long enough for the module names of sea-orm-migration, which serve as ids after a project has moved to seachange;
/// short enough for a key in MySQL with four bytes a character (at most 191 characters).
pub const MAX_ID_LENGTH: usize = 128;

/// Words that have a meaning in a target.
pub const RESERVED: [&str; 4] = ["base", "current", "head", "heads"];

/// Why a name is rejected.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidName {
    /// The name has no characters.
    #[error("it is empty")]
    Empty,
    /// The name is longer than [`MAX_ID_LENGTH`] bytes.
    #[error("it has {length} bytes; the maximum is {MAX_ID_LENGTH}")]
    TooLong {
        /// The length found, in bytes.
        length: usize,
    },
    /// The name contains a character that has a meaning in a target, or that is not printable ASCII.
    #[error("it contains {character:?}; letters, digits, `_` and `.` are allowed")]
    Character {
        /// The first such character.
        character: char,
    },
    /// The name is one of [`RESERVED`].
    #[error("the word is reserved")]
    Reserved,
}

/// Checks that `id` is a valid revision id.
///
/// # Errors
///
/// An [`InvalidName`] for the first rule that the id breaks.
///
/// ```
/// use seachange_graph::{InvalidName, check_id};
///
/// assert_eq!(check_id("ae1027a6acf4"), Ok(()));
/// assert_eq!(check_id("a-b"), Err(InvalidName::Character { character: '-' }));
/// assert_eq!(check_id("head"), Err(InvalidName::Reserved));
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

/// Checks that `label` is a valid branch label. The rules are those of [`check_id`].
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
