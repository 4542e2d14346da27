//! What a person types to say where to go, parsed.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::name::{IllegalName, check_id};

/// Where an upgrade, a downgrade or a stamp is to go.
///
/// | text | meaning |
/// | --- | --- |
/// | `head` | the only head |
/// | `heads` | all heads |
/// | `base` | before the first revision |
/// | `+N`, `-N` | N revisions up or down from where the database stands |
/// | anything else | a revision: its id, or the beginning of it |
///
/// [`Display`](fmt::Display) writes the text that parses to the same value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// The only head; refused where there are several.
    Head,
    /// All heads.
    Heads,
    /// Before the first revision.
    Base,
    /// So many revisions up.
    Up(usize),
    /// So many revisions down.
    Down(usize),
    /// A revision by its id or the beginning of it.
    Revision(String),
}

/// A text that is no target.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TargetError {
    /// Nothing was given.
    #[error("the target is empty")]
    Empty,
    /// A sign without a number of steps after it, or with one that is no number.
    #[error("`{text}` is no number of steps: expected digits after the sign, found {found}")]
    Steps {
        /// The whole text.
        text: String,
        /// What stands where digits were expected.
        found: String,
    },
    /// A text that can be no id.
    #[error("`{text}` is neither a revision nor a target: {reason}")]
    Name {
        /// The whole text.
        text: String,
        /// Why it can be no id.
        reason: IllegalName,
    },
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        match text {
            "" => Err(TargetError::Empty),
            "head" => Ok(Self::Head),
            "heads" => Ok(Self::Heads),
            "base" => Ok(Self::Base),
            _ => match (text.strip_prefix('+'), text.strip_prefix('-')) {
                (Some(steps), _) => Ok(Self::Up(parse_steps(text, steps)?)),
                (_, Some(steps)) => Ok(Self::Down(parse_steps(text, steps)?)),
                _ => parse_revision(text),
            },
        }
    }
}

fn parse_steps(text: &str, steps: &str) -> Result<usize, TargetError> {
    let found = match steps.chars().find(|c| !c.is_ascii_digit()) {
        Some(character) => format!("{character:?}"),
        None if steps.is_empty() => "nothing".to_owned(),
        None => match steps.parse() {
            Ok(steps) => return Ok(steps),
            Err(_) => "a number that is too large".to_owned(),
        },
    };
    Err(TargetError::Steps { text: text.to_owned(), found })
}

fn parse_revision(text: &str) -> Result<Target, TargetError> {
    check_id(text).map_err(|reason| TargetError::Name { text: text.to_owned(), reason })?;
    Ok(Target::Revision(text.to_owned()))
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head => f.write_str("head"),
            Self::Heads => f.write_str("heads"),
            Self::Base => f.write_str("base"),
            Self::Up(steps) => write!(f, "+{steps}"),
            Self::Down(steps) => write!(f, "-{steps}"),
            Self::Revision(id) => f.write_str(id),
        }
    }
}
