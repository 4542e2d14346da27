//! Parentheses, and what is in them.

use crate::sql::{Token, TokenKind as Kind};

/// Returns the content of the first parentheses, or everything up to the end if they are not closed.
pub(super) fn group<'t, 'a>(tokens: &'t [Token<'a>]) -> Option<&'t [Token<'a>]> {
    let open = tokens.iter().position(|token| token.kind == Kind::Open)?;
    let close = closing(tokens, open).unwrap_or(tokens.len());
    Some(&tokens[open + 1..close])
}

/// Splits at the commas outside of parentheses.
pub(super) fn split<'t, 'a>(tokens: &'t [Token<'a>]) -> Vec<&'t [Token<'a>]> {
    let mut depth = 0_usize;
    tokens
        .split(|token| {
            match token.kind {
                Kind::Open => depth += 1,
                Kind::Close => depth = depth.saturating_sub(1),
                _ => {}
            }
            token.kind == Kind::Comma && depth == 0
        })
        .collect()
}

/// Removes white space and comments from both ends.
pub(super) fn trimmed<'t, 'a>(tokens: &'t [Token<'a>]) -> &'t [Token<'a>] {
    let is_trivia = |token: &Token<'_>| token.is_trivia();
    let start = tokens.iter().take_while(|token| is_trivia(token)).count();
    let rest = &tokens[start..];
    let end = rest.iter().rev().take_while(|token| is_trivia(token)).count();
    &rest[..rest.len() - end]
}

/// Removes the parentheses around the whole, however many there are.
pub(super) fn unwrapped<'t, 'a>(tokens: &'t [Token<'a>]) -> &'t [Token<'a>] {
    let mut inner = trimmed(tokens);
    while inner.first().is_some_and(|token| token.kind == Kind::Open) && closing(inner, 0) == Some(inner.len() - 1) {
        inner = trimmed(&inner[1..inner.len() - 1]);
    }
    inner
}

/// Finds the parenthesis that closes the one at `open`.
fn closing(tokens: &[Token<'_>], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close if depth == 1 => return Some(at),
            Kind::Close => depth -= 1,
            _ => {}
        }
    }
    None
}
