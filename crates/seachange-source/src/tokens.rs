//! Rust text as tokens, and searches at its top level.
//!
//! This module deliberately builds no full syntax tree: rustc reports other errors better.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

use crate::error::FileErrorKind;

/// Splits `text` into tokens, without a byte order mark and with the line endings that rustc sees.
///
/// # Errors
///
/// The line and [`FileErrorKind::DoesNotParse`], for a text with unbalanced brackets, an unclosed string and the
/// like.
pub(crate) fn tokenise(text: &str) -> Result<TokenStream, (usize, FileErrorKind)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    text.parse().map_err(|error: proc_macro2::LexError| (error.span().start().line.max(1), FileErrorKind::DoesNotParse))
}

/// Returns the trimmed lines of the documentation at the start of a file (`//! ..`, `/*! .. */`, `#![doc = ".."]`).
pub(crate) fn inner_doc_lines(tokens: &[TokenTree]) -> Vec<String> {
    let mut lines = Vec::new();
    for attribute in tokens.chunks(3) {
        let [TokenTree::Punct(hash), TokenTree::Punct(bang), TokenTree::Group(group)] = attribute else { break };
        if hash.as_char() != '#' || bang.as_char() != '!' || group.delimiter() != Delimiter::Bracket {
            break;
        }
        let text = syn::parse::Parser::parse2(doc_text, group.stream()).unwrap_or_default();
        lines.extend(text.lines().map(|line| line.trim().to_owned()));
    }
    lines
}

/// Parses `doc = ".."`.
fn doc_text(input: syn::parse::ParseStream<'_>) -> syn::Result<String> {
    let name: Ident = input.parse()?;
    if name != "doc" {
        return Err(input.error("another attribute"));
    }
    input.parse::<syn::Token![=]>()?;
    Ok(input.parse::<syn::LitStr>()?.value())
}

/// Returns the positions of the keywords of each `keyword name` in `tokens`.
pub(crate) fn declarations<'a>(
    tokens: &'a [TokenTree],
    keyword: &'a str,
    name: &'a str,
) -> impl Iterator<Item = usize> + 'a {
    let pairs = tokens.windows(2).enumerate();
    pairs.filter(move |(_, pair)| is_ident(&pair[0], keyword) && is_ident(&pair[1], name)).map(|(at, _)| at)
}

/// Whether `pub`, or `pub(..)`, precedes the position.
pub(crate) fn is_public(tokens: &[TokenTree], at: usize) -> bool {
    match tokens[..at].split_last() {
        Some((TokenTree::Group(group), before)) if group.delimiter() == Delimiter::Parenthesis => {
            before.last().is_some_and(|token| is_ident(token, "pub"))
        }
        Some((token, _)) => is_ident(token, "pub"),
        None => false,
    }
}

/// Whether `token` is the identifier or keyword `name`.
pub(crate) fn is_ident(token: &TokenTree, name: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == name)
}

/// Whether `token` is the punctuation `character`.
pub(crate) fn is_punct(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}

/// The line that `token` starts on.
pub(crate) fn line(token: &TokenTree) -> usize {
    token.span().start().line
}
