//! The grammar of targets.

use std::ops::Range;
use std::str::FromStr;

use thiserror::Error;

use super::{Place, Target};
use crate::name::{IllegalName, check_id};

/// A text that is no target, and the part of it that is in the way.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", describe(text, flaw))]
pub struct TargetError {
    /// The whole text.
    pub text: String,
    /// Where the flaw is, in bytes of the text; empty where something is missing.
    pub place: Range<usize>,
    /// What is wrong there.
    pub flaw: TargetFlaw,
}

/// What is wrong with a text that is no target.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TargetFlaw {
    /// Nothing was given.
    #[error("it is empty")]
    Empty,
    /// Nothing stands before the `@`.
    #[error("expected a branch label or a revision before `@`")]
    MissingBranch,
    /// Nothing stands after the `@`.
    #[error("expected a place or a number of steps after `@`")]
    MissingPlace,
    /// A reserved word stands before the `@`.
    #[error("`{word}` is no branch; expected a label or a revision before `@`")]
    ReservedBranch {
        /// The word.
        word: String,
    },
    /// Nothing stands after the sign.
    #[error("expected digits after the sign, found nothing")]
    MissingSteps,
    /// Something else than digits stands after the sign.
    #[error("expected digits after the sign, found {character:?}")]
    Steps {
        /// The first character that is no digit.
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
    Name(IllegalName),
}

fn describe(text: &str, flaw: &TargetFlaw) -> String {
    match flaw {
        TargetFlaw::Empty => "the target is empty".to_owned(),
        _ => format!("`{text}` is no target: {flaw}"),
    }
}

/// A flaw and where it is.
type Flawed = (Range<usize>, TargetFlaw);

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        parse(text).map_err(|(place, flaw)| TargetError { text: text.to_owned(), place, flaw })
    }
}

fn parse(text: &str) -> Result<Target, Flawed> {
    if text.is_empty() {
        return Err((0..0, TargetFlaw::Empty));
    }
    let (branch, start) = match text.find('@') {
        Some(at) => (Some(parse_branch(&text[..at])?), at + 1),
        None => (None, 0),
    };
    let rest = &text[start..];
    if let Some(second) = rest.find('@') {
        return Err((start + second..start + second + 1, TargetFlaw::SecondBranch));
    }
    if rest.is_empty() {
        return Err((start..start, TargetFlaw::MissingPlace));
    }
    let sign = start + rest.find(['+', '-']).unwrap_or(rest.len());
    let place = if sign > start { Some(parse_place(text, start..sign)?) } else { None };
    let steps = if sign < text.len() { parse_steps(text, sign)? } else { 0 };
    Ok(Target { branch, place, steps })
}

fn parse_branch(name: &str) -> Result<String, Flawed> {
    if name.is_empty() {
        return Err((0..0, TargetFlaw::MissingBranch));
    }
    match check_id(name) {
        Ok(()) => Ok(name.to_owned()),
        Err(IllegalName::Reserved) => Err((0..name.len(), TargetFlaw::ReservedBranch { word: name.to_owned() })),
        Err(reason) => Err(illegal(name, 0, reason)),
    }
}

fn parse_place(text: &str, range: Range<usize>) -> Result<Place, Flawed> {
    match &text[range.clone()] {
        "head" => Ok(Place::Head),
        "heads" => Ok(Place::Heads),
        "base" => Ok(Place::Base),
        "current" => Ok(Place::Current),
        name => match check_id(name) {
            Ok(()) => Ok(Place::Named(name.to_owned())),
            Err(reason) => Err(illegal(name, range.start, reason)),
        },
    }
}

/// Points at the character in the way, or else at the whole name.
fn illegal(name: &str, start: usize, reason: IllegalName) -> Flawed {
    let place = match &reason {
        IllegalName::Character { character } => {
            let offset = start + name.find(*character).unwrap_or_default();
            offset..offset + character.len_utf8()
        }
        _ => start..start + name.len(),
    };
    (place, TargetFlaw::Name(reason))
}

/// Reads the sign at `start` and the digits after it.
fn parse_steps(text: &str, start: usize) -> Result<i64, Flawed> {
    let digits = &text[start + 1..];
    if digits.is_empty() {
        return Err((text.len()..text.len(), TargetFlaw::MissingSteps));
    }
    if let Some((offset, character)) = digits.char_indices().find(|(_, character)| !character.is_ascii_digit()) {
        let offset = start + 1 + offset;
        return Err((offset..offset + character.len_utf8(), TargetFlaw::Steps { character }));
    }
    text[start..].parse().map_err(|_| (start..text.len(), TargetFlaw::TooManySteps))
}
