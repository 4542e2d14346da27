//! A statement of a measured revision as tokens.

use crate::impact::measured::RevisionImpact;
use crate::sql::{self, SqlDialect, StatementFacts, Token, TokenKind, significant, tokens};

/// A statement, and the number of the text that it was sent in.
pub(super) struct SentStatement {
    /// The number of the text in the revision, from 0.
    pub(super) number: usize,
    pub(super) facts: StatementFacts,
    pub(super) grammar: SqlDialect,
}

impl SentStatement {
    /// The statements of a revision, in order.
    pub(super) fn all(impact: &RevisionImpact) -> Vec<Self> {
        let grammar = SqlDialect::of(impact.backend);
        let read = |(number, text): (usize, &str)| {
            sql::read(text, grammar).into_iter().map(move |facts| Self { number, facts, grammar })
        };
        let texts = impact.statements.iter().map(|own| own.text.as_str());
        texts.enumerate().flat_map(read).collect()
    }

    /// The tokens without white space and comments.
    pub(super) fn tokens(&self) -> StatementTokens<'_> {
        StatementTokens(significant(&tokens(&self.facts.text, self.grammar)))
    }
}

/// The tokens of a statement without white space and comments.
pub(super) struct StatementTokens<'a>(pub(super) Vec<Token<'a>>);

impl StatementTokens<'_> {
    /// Whether it begins with these words.
    pub(super) fn begins(&self, words: &[&str]) -> bool {
        self.are_at(0, words)
    }

    /// Whether it has a word.
    pub(super) fn has(&self, word: &str) -> bool {
        self.place(&[word]).is_some()
    }

    /// Where the words are, one after the other; the place after the last one.
    pub(super) fn place(&self, words: &[&str]) -> Option<usize> {
        (0..self.0.len()).find(|place| self.are_at(*place, words)).map(|place| place + words.len())
    }

    fn are_at(&self, place: usize, words: &[&str]) -> bool {
        let own = self.0.iter().skip(place);
        own.clone().count() >= words.len() && own.zip(words).all(|(token, word)| token.is_word(word))
    }

    /// The name at a place: `table` or `schema.table`, without quotes.
    pub(super) fn name(&self, place: usize) -> Option<String> {
        let mut name = self.0.get(place)?.name()?.into_owned();
        let mut place = place + 1;
        while self.0.get(place).is_some_and(|token| token.kind == TokenKind::Dot) {
            name = format!("{name}.{}", self.0.get(place + 1)?.name()?);
            place += 2;
        }
        Some(name)
    }

    /// The name after some words, without `IF EXISTS`, `IF NOT EXISTS` and `ONLY`.
    pub(super) fn name_after(&self, words: &[&str]) -> Option<String> {
        let mut place = self.place(words)?;
        for skipped in [&["IF", "NOT", "EXISTS"][..], &["IF", "EXISTS"], &["ONLY"]] {
            if self.are_at(place, skipped) {
                place += skipped.len();
            }
        }
        self.name(place)
    }

    /// The list between brackets, or from a place up to a word outside of brackets: the tokens of each item.
    pub(super) fn items(&self, from: usize, ends: &[&str]) -> Vec<&[Token<'_>]> {
        let (mut items, mut begin, mut depth) = (Vec::new(), from, 0_usize);
        for (place, token) in self.0.iter().enumerate().skip(from) {
            match token.kind {
                TokenKind::Open => depth += 1,
                TokenKind::Close if depth == 0 => {
                    items.push(&self.0[begin..place]);
                    return items;
                }
                TokenKind::Close => depth -= 1,
                TokenKind::Comma if depth == 0 => {
                    items.push(&self.0[begin..place]);
                    begin = place + 1;
                }
                _ if depth == 0 && ends.iter().any(|end| token.is_word(end)) => {
                    items.push(&self.0[begin..place]);
                    return items;
                }
                _ => {}
            }
        }
        items.push(self.0.get(begin..).unwrap_or_default());
        items
    }
}
