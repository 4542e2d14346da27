//! The normal form of an expression: the same for every spelling that SQLite treats as equal.

use std::borrow::Cow;

use super::group::{trimmed, unwrapped};
use super::same;
use super::tokens;
use crate::sql::{Token, TokenKind as Kind, joined, significant};

/// Words that are not the name of a column when they have no quotes.
const KEYWORDS: &str = " abort action add after all alter always analyze and as asc attach autoincrement before begin between \
by cascade case cast check collate column commit conflict constraint create cross current current_date current_time \
current_timestamp database default deferrable deferred delete desc detach distinct do drop each else end escape except \
exclude exclusive exists explain fail false filter first following for foreign from full generated glob group groups \
having if ignore immediate in index indexed initially inner insert instead intersect into is isnull join key last left \
like limit match materialized natural no not nothing notnull null nulls of offset on or order others outer over \
partition plan pragma preceding primary query raise range recursive references regexp reindex release rename replace \
restrict returning right rollback row rows savepoint select set table temp temporary then ties to transaction trigger \
true unbounded union unique update using vacuum values view virtual when where window with without ";

/// Returns an expression without the parentheses around it, and its normal form. `columns` are those of the table:
/// SQLite reads a name in double quotes as a string if no column has this name.
pub(crate) fn expression(text: &str, columns: &[String]) -> (String, String) {
    let all = tokens(text);
    let inner = unwrapped(&all);
    (joined(inner), normal(inner, columns))
}

/// Returns the value of a `DEFAULT` and its normal form, or nothing when it is `NULL`. Outside of parentheses the value
/// is a constant, so a name is a string there.
pub(crate) fn default_value(text: &str) -> Option<(String, String)> {
    let all = tokens(text);
    let inner = unwrapped(&all);
    let [only] = inner else {
        return Some((joined(inner), normal(without_plus(inner), &[])));
    };
    match only.kind {
        Kind::Word if only.is_word("NULL") => None,
        Kind::Word if only.is_word("TRUE") => Some((only.text.to_owned(), "1".to_owned())),
        Kind::Word if only.is_word("FALSE") => Some((only.text.to_owned(), "0".to_owned())),
        Kind::Word | Kind::QuotedName if is_string(only) => {
            let string = quoted(&only.name().unwrap_or_default(), '\'');
            Some((string.clone(), string))
        }
        _ => Some((only.text.to_owned(), normal(inner, &[]))),
    }
}

/// Returns the name or the declaration of a type, in lower case and with the spaces of sea-query.
pub(crate) fn type_name(declared: &str) -> String {
    let mut text = String::new();
    for token in significant(&tokens(declared)) {
        let is_word = matches!(token.kind, Kind::Word | Kind::Number | Kind::QuotedName | Kind::Text);
        if is_word && !text.is_empty() && !text.ends_with(['(', '+', '-', ' ', '.']) {
            text.push(' ');
        }
        match token.kind {
            Kind::Comma => text.push_str(", "),
            // The quotes of a type are removed, as they are in SQLite's pragmas.
            Kind::Word | Kind::Number | Kind::QuotedName | Kind::Text => {
                text.push_str(&token.spelled().unwrap_or_default().to_ascii_lowercase());
            }
            _ => text.push_str(token.text),
        }
    }
    text
}

fn without_plus<'t, 'a>(tokens: &'t [Token<'a>]) -> &'t [Token<'a>] {
    match tokens {
        [sign, rest @ ..] if sign.text == "+" && trimmed(rest).len() == 1 => trimmed(rest),
        _ => tokens,
    }
}

fn is_string(token: &Token<'_>) -> bool {
    !["CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME"].iter().any(|moment| token.is_word(moment))
}

fn normal(tokens: &[Token<'_>], columns: &[String]) -> String {
    let tokens = significant(tokens);
    let mut text = String::new();
    let mut after_word = false;
    for (at, token) in tokens.iter().enumerate() {
        let written = spelled(&tokens, at, columns);
        let is_word =
            matches!(token.kind, Kind::Word | Kind::Number | Kind::QuotedName | Kind::Text | Kind::Placeholder);
        let is_string = token.text.starts_with('\'');
        if after_word && is_word && !is_string {
            text.push(' ');
        }
        text.push_str(&written);
        after_word = is_word;
    }
    text
}

fn spelled<'a>(tokens: &[Token<'a>], at: usize, columns: &[String]) -> Cow<'a, str> {
    let token = tokens[at];
    let follows = |text: &str| tokens.get(at + 1).is_some_and(|next| next.text == text);
    match token.kind {
        Kind::Word | Kind::Number => Cow::Owned(token.text.to_ascii_lowercase()),
        Kind::QuotedName => Cow::Owned(unquoted(&token, columns, follows("."))),
        Kind::Operator if token.text == "==" => Cow::Borrowed("="),
        Kind::Operator if token.text == "!=" => Cow::Borrowed("<>"),
        // A blob.
        Kind::Text if token.text.starts_with('X') => Cow::Owned(format!("x{}", &token.text[1..])),
        _ => Cow::Borrowed(token.text),
    }
}

/// Removes the quotes of a name that needs none.
fn unquoted(token: &Token<'_>, columns: &[String], is_qualifier: bool) -> String {
    let name = token.name().unwrap_or_default();
    let is_column = columns.iter().any(|column| same(column, &name));
    if token.text.starts_with('"') && !is_column && !is_qualifier {
        return quoted(&name, '\'');
    }
    let lower = name.to_ascii_lowercase();
    let is_plain = lower.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
        && lower.chars().all(|character| character.is_ascii_alphanumeric() || character == '_');
    if is_plain && !KEYWORDS.contains(&format!(" {lower} ")) { lower } else { quoted(&lower, '"') }
}

fn quoted(text: &str, quote: char) -> String {
    format!("{quote}{}{quote}", text.replace(quote, &format!("{quote}{quote}")))
}
