//! The grammar of targets.

use std::ops::Range;
use std::str::FromStr;

use thiserror::Error;

use super::{Anchor, Target};
use crate::name::{InvalidName, check_id};

/// A text that is not a valid target, and the part of it that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", describe(text, kind))]
#[non_exhaustive]
pub struct ParseTargetError {
    /// The whole text.
    pub text: String,
    /// The range of the flaw, in bytes of the text; empty if something is missing.
    pub place: Range<usize>,
    /// What is wrong at this place.
    pub kind: ParseTargetErrorKind,
}

/// What is wrong with an invalid target.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ParseTargetErrorKind {
    /// The text is empty.
    #[error("it is empty")]
    Empty,
    /// Nothing precedes the `@`.
    #[error("expected a branch label or a revision before `@`")]
    MissingBranch,
    /// Nothing follows the `@`.
    #[error("expected a place or a number of steps after `@`")]
    MissingPlace,
    /// A reserved word precedes the `@`.
    #[error("`{word}` is not a branch; expected a label or a revision before `@`")]
    ReservedBranch {
        /// The word.
        word: String,
    },
    /// Nothing follows the sign.
    #[error("expected digits after the sign, found nothing")]
    MissingSteps,
    /// A character other than a digit follows the sign.
    #[error("expected digits after the sign, found {character:?}")]
    Steps {
        /// The first character that is not a digit.
        character: char,
    },
    /// The number after the sign is too large.
    #[error("the number of steps is too large")]
    TooManySteps,
    /// There is more than one `@`.
    #[error("a second `@`")]
    SecondBranch,
    /// A name that no revision and no label can have.
    #[error("{0}")]
    Name(InvalidName),
}

fn describe(text: &str, flaw: &ParseTargetErrorKind) -> String {
    match flaw {
        ParseTargetErrorKind::Empty => "the target is empty".to_owned(),
        _ => format!("invalid target `{text}`: {flaw}"),
    }
}

/// A flaw and its place.
type SpannedErrorKind = (Range<usize>, ParseTargetErrorKind);

impl FromStr for Target {
    type Err = ParseTargetError;

    fn from_str(text: &str) -> Result<Self, ParseTargetError> {
        parse(text).map_err(|(place, flaw)| ParseTargetError { text: text.to_owned(), place, kind: flaw })
    }
}

fn parse(text: &str) -> Result<Target, SpannedErrorKind> {
    if text.is_empty() {
        return Err((0..0, ParseTargetErrorKind::Empty));
    }
    let (branch, start) = match text.find('@') {
        Some(at) => (Some(parse_branch(&text[..at])?), at + 1),
        None => (None, 0),
    };
    let rest = &text[start..];
    if let Some(second) = rest.find('@') {
        return Err((start + second..start + second + 1, ParseTargetErrorKind::SecondBranch));
    }
    if rest.is_empty() {
        return Err((start..start, ParseTargetErrorKind::MissingPlace));
    }
    let sign = start + rest.find(['+', '-']).unwrap_or(rest.len());
    let place = if sign > start { Some(parse_place(text, start..sign)?) } else { None };
    let steps = if sign < text.len() { parse_steps(text, sign)? } else { 0 };
    Ok(Target { branch, place, steps })
}

fn parse_branch(name: &str) -> Result<String, SpannedErrorKind> {
    if name.is_empty() {
        return Err((0..0, ParseTargetErrorKind::MissingBranch));
    }
    match check_id(name) {
        Ok(()) => Ok(name.to_owned()),
        Err(InvalidName::Reserved) => {
            Err((0..name.len(), ParseTargetErrorKind::ReservedBranch { word: name.to_owned() }))
        }
        Err(reason) => Err(illegal(name, 0, reason)),
    }
}

fn parse_place(text: &str, range: Range<usize>) -> Result<Anchor, SpannedErrorKind> {
    match &text[range.clone()] {
        "head" => Ok(Anchor::Head),
        "heads" => Ok(Anchor::Heads),
        "base" => Ok(Anchor::Base),
        "current" => Ok(Anchor::Current),
        name => match check_id(name) {
            Ok(()) => Ok(Anchor::Named(name.to_owned())),
            Err(reason) => Err(illegal(name, range.start, reason)),
        },
    }
}

/// Points at the invalid character, or else at the whole name.
fn illegal(name: &str, start: usize, reason: InvalidName) -> SpannedErrorKind {
    let place = match &reason {
        InvalidName::Character { character } => {
            let offset = start + name.find(*character).unwrap_or_default();
            offset..offset + character.len_utf8()
        }
        _ => start..start + name.len(),
    };
    (place, ParseTargetErrorKind::Name(reason))
}

/// Reads the sign at `start` and the digits after it.
fn parse_steps(text: &str, start: usize) -> Result<i64, SpannedErrorKind> {
    let digits = &text[start + 1..];
    if digits.is_empty() {
        return Err((text.len()..text.len(), ParseTargetErrorKind::MissingSteps));
    }
    if let Some((offset, character)) = digits.char_indices().find(|(_, character)| !character.is_ascii_digit()) {
        let offset = start + 1 + offset;
        return Err((offset..offset + character.len_utf8(), ParseTargetErrorKind::Steps { character }));
    }
    text[start..].parse().map_err(|_| (start..text.len(), ParseTargetErrorKind::TooManySteps))
}
