//! A range of history, as a user types it.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::target::{ParseTargetError, Target};

/// A range of history: `A:B`, `A:` and `:B`. Both ends are [`Target`]s and belong to the range.
///
/// An end that is only a number of steps is counted from the other end: `-2:` is the heads and two revisions below,
/// `-2:ae1027` is `ae1027` and two revisions below it.
///
/// ```
/// use seachange_graph::{Range, Target};
///
/// let range: Range = "base:current".parse()?;
/// assert_eq!(range, Range { from: Some(Target::BASE), to: Some(Target::CURRENT) });
/// assert_eq!(range.to_string(), "base:current");
/// # Ok::<(), seachange_graph::RangeError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Range {
    /// The lower end; `None` means the bases.
    pub from: Option<Target>,
    /// The upper end; `None` means the heads.
    pub to: Option<Target>,
}

/// A text that is not a valid range.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RangeError {
    /// There is no colon.
    #[error("invalid range `{text}`: expected `A:B`, `A:` or `:B`")]
    NoColon {
        /// The whole text.
        text: String,
    },
    /// There is more than one colon.
    #[error("invalid range `{text}`: a second `:`")]
    SecondColon {
        /// The whole text.
        text: String,
        /// The position of the second colon, in bytes.
        place: usize,
    },
    /// One end is not a valid target.
    #[error(transparent)]
    Target(#[from] ParseTargetError),
}

impl FromStr for Range {
    type Err = RangeError;

    fn from_str(text: &str) -> Result<Self, RangeError> {
        let (from, to) = text.split_once(':').ok_or_else(|| RangeError::NoColon { text: text.to_owned() })?;
        if let Some(second) = to.find(':') {
            return Err(RangeError::SecondColon { text: text.to_owned(), place: from.len() + 1 + second });
        }
        Ok(Self { from: end(from)?, to: end(to)? })
    }
}

fn end(text: &str) -> Result<Option<Target>, ParseTargetError> {
    if text.is_empty() { Ok(None) } else { text.parse().map(Some) }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let write = |f: &mut fmt::Formatter<'_>, end: &Option<Target>| match end {
            Some(target) => write!(f, "{target}"),
            None => Ok(()),
        };
        write(f, &self.from)?;
        f.write_str(":")?;
        write(f, &self.to)
    }
}

impl Range {
    /// Whether the meaning of the range depends on the current revision of a database.
    pub fn is_relative(&self) -> bool {
        use crate::target::Anchor;
        let names_current =
            |end: &Option<Target>| end.as_ref().is_some_and(|end| end.place() == Some(&Anchor::Current));
        let is_bare = |end: &Option<Target>| end.as_ref().is_some_and(|end| end.place().is_none());
        names_current(&self.from) || names_current(&self.to) || (is_bare(&self.from) && is_bare(&self.to))
    }
}
