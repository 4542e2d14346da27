//! A lossless tokenizer of SQLite's SQL.
//!
//! It knows where strings, quoted names, comments and parentheses begin and end, which is all that
//! editing a `CREATE TABLE` text needs, and nothing of grammar. The texts of the tokens, joined, are the
//! input again, whatever the input is.

use std::borrow::Cow;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// White space or a comment.
    Trivia,
    /// A bare word: a keyword, a name or a number.
    Word,
    /// A name in double quotes, backticks or brackets.
    QuotedName,
    /// A string in single quotes.
    Text,
    /// `(`
    Open,
    /// `)`
    Close,
    /// `,`
    Comma,
    /// Any other character.
    Other,
}

/// A piece of SQL text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
}

impl<'a> Token<'a> {
    /// Says whether the token is the bare word `keyword`, in any case.
    pub(crate) fn is_word(&self, keyword: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(keyword)
    }

    /// Says whether the token can name something, and that is `name` as SQLite compares names.
    pub(crate) fn is_name(&self, name: &str) -> bool {
        matches!(self.kind, Kind::Word | Kind::QuotedName)
            && self.name().is_some_and(|own| own.eq_ignore_ascii_case(name))
    }

    /// Returns the name that the token spells, without its quotes. SQLite takes a string for a name where only
    /// a name can stand, so a string is one too.
    pub(crate) fn name(&self) -> Option<Cow<'a, str>> {
        match self.kind {
            Kind::Word => Some(Cow::Borrowed(self.text)),
            Kind::QuotedName | Kind::Text => Some(unquoted(self.text)),
            _ => None,
        }
    }

    /// Says whether the token is a comment.
    pub(crate) fn is_comment(&self) -> bool {
        self.kind == Kind::Trivia && (self.text.starts_with("--") || self.text.starts_with("/*"))
    }
}

/// Splits `sql` into tokens.
pub(crate) fn tokens(sql: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let (kind, length) = measure(rest, first);
        let (text, after) = rest.split_at(length);
        found.push(Token { kind, text });
        rest = after;
    }
    found
}

/// Leaves white space and comments out.
pub(crate) fn significant<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    tokens.iter().copied().filter(|token| token.kind != Kind::Trivia).collect()
}

/// Joins tokens to text.
pub(crate) fn joined(tokens: &[Token<'_>]) -> String {
    tokens.iter().map(|token| token.text).collect()
}

fn measure(rest: &str, first: char) -> (Kind, usize) {
    match first {
        '\'' => (Kind::Text, quoted_length(rest, '\'')),
        '"' | '`' => (Kind::QuotedName, quoted_length(rest, first)),
        '[' => (Kind::QuotedName, until(rest, "]")),
        '(' => (Kind::Open, 1),
        ')' => (Kind::Close, 1),
        ',' => (Kind::Comma, 1),
        _ if rest.starts_with("--") => (Kind::Trivia, until(rest, "\n")),
        _ if rest.starts_with("/*") => (Kind::Trivia, 2 + until(&rest[2..], "*/")),
        _ if is_space(first) => (Kind::Trivia, while_all(rest, is_space)),
        _ if is_word(first) => (Kind::Word, while_all(rest, is_word)),
        _ => (Kind::Other, first.len_utf8()),
    }
}

/// SQLite's white space, which is less than Unicode's.
fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r' | '\x0c')
}

/// SQLite takes every character beyond ASCII for part of a name.
fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '$') || !character.is_ascii()
}

fn while_all(text: &str, belongs: fn(char) -> bool) -> usize {
    text.find(|character| !belongs(character)).unwrap_or(text.len())
}

/// Returns the length of `text` up to and with `end`, or all of it.
fn until(text: &str, end: &str) -> usize {
    text.find(end).map_or(text.len(), |at| at + end.len())
}

/// Returns the length of the quoted text that `text` begins with; a doubled quote does not end it.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        if character == quote && characters.next_if(|(_, next)| *next == quote).is_none() {
            return at + 1;
        }
    }
    text.len()
}

fn unquoted(text: &str) -> Cow<'_, str> {
    let Some(quote) = text.chars().next() else {
        return Cow::Borrowed(text);
    };
    let end = if quote == '[' { ']' } else { quote };
    let inner = &text[1..];
    let inner = inner.strip_suffix(end).unwrap_or(inner);
    if quote == '[' {
        return Cow::Borrowed(inner);
    }
    Cow::Owned(inner.replace(&format!("{quote}{quote}"), &quote.to_string()))
}
