//! A position in the significant tokens of a statement.

use super::{SqlDialect, Token, TokenKind, names};

/// Reads significant tokens from the left.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'t, 'a> {
    /// The unread tokens.
    tokens: &'t [Token<'a>],
    /// The grammar.
    pub(super) dialect: SqlDialect,
}

impl<'t, 'a> Cursor<'t, 'a> {
    /// Begins at the first of some tokens.
    pub(super) fn new(tokens: &'t [Token<'a>], dialect: SqlDialect) -> Self {
        Self { tokens, dialect }
    }

    /// The unread tokens.
    pub(super) fn rest(self) -> &'t [Token<'a>] {
        self.tokens
    }

    /// The number of unread tokens.
    pub(super) fn len(self) -> usize {
        self.tokens.len()
    }

    /// Whether all tokens are read.
    pub(super) fn is_end(self) -> bool {
        self.tokens.is_empty()
    }

    /// The text of the word or sign at the position `ahead`, in capitals; empty for a quoted name, a string, or after
    /// the end.
    pub(super) fn word(self, ahead: usize) -> String {
        let token =
            self.tokens.get(ahead).filter(|token| !matches!(token.kind, TokenKind::Text | TokenKind::QuotedName));
        token.map(|token| token.text.to_ascii_uppercase()).unwrap_or_default()
    }

    /// Whether the next token has this kind.
    pub(super) fn is_at(self, kind: TokenKind) -> bool {
        self.tokens.first().is_some_and(|token| token.kind == kind)
    }

    /// Reads these words or signs, if they come next. Returns whether they do.
    pub(super) fn eats(&mut self, words: &[&str]) -> bool {
        let is_next = words.iter().enumerate().all(|(ahead, word)| self.word(ahead) == *word);
        is_next && self.skip(words.len())
    }

    /// Reads the first of these words that comes next. Returns whether one does.
    pub(super) fn eats_any(&mut self, words: &[&str]) -> bool {
        words.iter().any(|word| self.eats(&[word]))
    }

    /// Skips some tokens. Returns whether there were as many.
    pub(super) fn skip(&mut self, count: usize) -> bool {
        let rest = self.tokens.get(count..);
        self.tokens = rest.unwrap_or_default();
        rest.is_some()
    }

    /// Reads the next token.
    pub(super) fn take(&mut self) -> Option<&'t Token<'a>> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    /// Reads a qualified name.
    pub(super) fn qualified(&mut self) -> Option<String> {
        let (name, length) = names::qualified(self.tokens, self.dialect)?;
        self.skip(length);
        Some(name)
    }

    /// Reads a name that is the last token.
    pub(super) fn last_name(mut self) -> Option<String> {
        let name = self.qualified()?;
        self.is_end().then_some(name)
    }

    /// The position of a word outside of parentheses.
    pub(super) fn find_word(self, word: &str) -> Option<usize> {
        let mut depth = 0_usize;
        self.tokens.iter().position(|token| {
            match token.kind {
                TokenKind::Open => depth += 1,
                TokenKind::Close => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && token.is_word(word)
        })
    }

    /// Splits the unread tokens at the commas outside of parentheses.
    pub(super) fn items(self) -> Vec<Self> {
        let mut depth = 0_usize;
        let parts = self.tokens.split(|token| {
            match token.kind {
                TokenKind::Open => depth += 1,
                TokenKind::Close => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && token.kind == TokenKind::Comma
        });
        parts.map(|tokens| Self { tokens, ..self }).collect()
    }
}
