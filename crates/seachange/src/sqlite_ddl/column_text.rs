//! The text of one column definition, split into name, type and constraints.

use super::constraint_text::named;
use super::group::{group, unwrapped};
use super::tokens;
use crate::sql::{Token, TokenKind as Kind, joined, significant};

/// The kind of a column constraint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColumnConstraintKind {
    PrimaryKey,
    NotNull,
    Null,
    Unique,
    Check,
    Default,
    Collate,
    References,
    Generated,
    /// A `CONSTRAINT name` without a constraint after it, which SQLite accepts.
    Empty,
}

/// A column constraint, verbatim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ColumnConstraintText {
    pub(crate) kind: ColumnConstraintKind,
    /// The name after `CONSTRAINT`.
    pub(crate) name: Option<String>,
    /// The text, with the white space before it.
    pub(crate) text: String,
}

/// A column definition. `name_text`, `type_text`, `parts` and `trailing`, joined, give the text again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ColumnText {
    /// The name as written, with white space and comments before it.
    pub(crate) name_text: String,
    /// The name itself.
    pub(crate) name: String,
    pub(crate) type_text: String,
    pub(crate) parts: Vec<ColumnConstraintText>,
    pub(crate) trailing: String,
}

impl ColumnText {
    /// Parses a column definition. Returns nothing when `text` does not begin with a name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let all = tokens(text);
        let at = all.iter().position(|token| !token.is_trivia())?;
        let name = all[at].spelled()?.into_owned();
        let end = all.len() - trailing_trivia(&all[at + 1..]);
        let starts = part_starts(&all, at + 1, end);
        let first = starts.first().copied().unwrap_or(end);
        let parts =
            starts.iter().zip(starts.iter().skip(1).chain([&end])).map(|(&from, &to)| part(&all[from..to])).collect();
        Some(Self {
            name_text: joined(&all[..=at]),
            name,
            type_text: joined(&all[at + 1..first]),
            parts,
            trailing: joined(&all[end..]),
        })
    }

    /// Returns the text.
    pub(crate) fn text(&self) -> String {
        let parts: String = self.parts.iter().map(|part| part.text.as_str()).collect();
        format!("{}{}{parts}{}", self.name_text, self.type_text, self.trailing)
    }

    /// Returns whether there is a constraint of this kind.
    pub(crate) fn has(&self, kind: ColumnConstraintKind) -> bool {
        self.part(kind).is_some()
    }

    /// Returns the first constraint of this kind.
    pub(crate) fn part(&self, kind: ColumnConstraintKind) -> Option<&ColumnConstraintText> {
        self.parts.iter().find(|part| part.kind == kind)
    }

    /// Returns the last constraint of this kind, which is effective if there are several.
    #[cfg(feature = "sqlite")]
    pub(crate) fn last(&self, kind: ColumnConstraintKind) -> Option<&ColumnConstraintText> {
        self.parts.iter().rfind(|part| part.kind == kind)
    }

    /// Returns whether a row that does not set the column gets a value other than `NULL`, so that the column can be
    /// `NOT NULL` in a table with rows.
    pub(crate) fn fills_itself(&self) -> bool {
        self.has(ColumnConstraintKind::Generated)
            || self.has(ColumnConstraintKind::PrimaryKey)
            || self.part(ColumnConstraintKind::Default).is_some_and(|part| !part.defaults_to_null())
    }

    /// Applies what `new` states: its type, if it names one, and each of its constraints, which replaces those of the
    /// same kind. Everything that `new` does not state stays.
    pub(crate) fn merge(&mut self, new: Self) {
        if !new.type_text.trim().is_empty() {
            self.type_text = new.type_text;
        }
        for part in new.parts {
            self.merge_part(part);
        }
    }

    /// Makes the column `NOT NULL`.
    pub(crate) fn require_value(&mut self) {
        if !self.has(ColumnConstraintKind::NotNull) {
            self.merge_part(ColumnConstraintText {
                kind: ColumnConstraintKind::NotNull,
                name: None,
                text: " NOT NULL".to_owned(),
            });
        }
    }

    /// Keeps an existing key, and only adds or removes `AUTOINCREMENT` if the two definitions differ in it.
    fn merge_key(&mut self, new: ColumnConstraintText) {
        let keyword = "AUTOINCREMENT";
        match self.parts.iter_mut().find(|part| part.kind == ColumnConstraintKind::PrimaryKey) {
            Some(old) if new.says(keyword) && !old.says(keyword) => old.text = format!("{} {keyword}", old.text),
            Some(old) if !new.says(keyword) && old.says(keyword) => {
                let is_kept = |token: &&Token<'_>| !token.is_word(keyword);
                let text: String = tokens(&old.text).iter().filter(is_kept).map(|token| token.text).collect();
                text.trim_end().clone_into(&mut old.text);
            }
            Some(_) => {}
            None => self.parts.push(new),
        }
    }

    fn merge_part(&mut self, new: ColumnConstraintText) {
        use ColumnConstraintKind::{Check, NotNull, Null, PrimaryKey};
        match new.kind {
            PrimaryKey => self.merge_key(new),
            Check if self.parts.iter().any(|part| part.text.trim() == new.text.trim()) => {}
            Check => self.parts.push(new),
            Null | NotNull => {
                self.parts.retain(|part| part.kind != Null && part.kind != NotNull);
                if new.kind == NotNull {
                    self.parts.insert(0, new);
                }
            }
            kind => match self.parts.iter_mut().find(|part| part.kind == kind) {
                Some(old) => *old = new,
                None => self.parts.push(new),
            },
        }
    }
}

impl ColumnConstraintText {
    /// Returns whether the constraint contains a word, in any case.
    pub(crate) fn says(&self, keyword: &str) -> bool {
        self.tokens().iter().any(|token| token.is_word(keyword))
    }

    /// The words and signs of the constraint, without white space and comments.
    pub(crate) fn tokens(&self) -> Vec<Token<'_>> {
        significant(&tokens(&self.text))
    }

    /// The content of the first parentheses, verbatim but without parentheses around the whole. For a check, this is
    /// its condition.
    pub(crate) fn body(&self) -> String {
        group(&tokens(&self.text)).map_or_else(String::new, |body| joined(unwrapped(body)))
    }

    /// The text after `DEFAULT`, verbatim. SQLite also accepts words about a foreign key there.
    #[cfg(feature = "sqlite")]
    pub(crate) fn default_text(&self) -> String {
        let all = tokens(&self.text);
        let start = all.iter().position(|token| token.is_word("DEFAULT")).map_or(0, |at| at + 1);
        let rest = super::group::trimmed(&all[start..]);
        if rest.first().is_some_and(|token| token.kind == Kind::Open) {
            return group(rest).map_or_else(String::new, joined);
        }
        let end = rest.iter().position(|token| token.is_word("DEFERRABLE") || token.is_word("NOT"));
        joined(&rest[..end.unwrap_or(rest.len())])
    }

    fn default_value(&self) -> Vec<Token<'_>> {
        let tokens = self.tokens();
        let at = tokens.iter().position(|token| token.is_word("DEFAULT"));
        at.map_or(Vec::new(), |at| tokens[at + 1..].to_vec())
    }

    fn defaults_to_null(&self) -> bool {
        matches!(self.default_value().as_slice(), [only] if only.is_word("NULL"))
    }

    /// Returns whether the default is a literal, and therefore the same for existing rows.
    pub(crate) fn defaults_to_constant(&self) -> bool {
        self.default_value()
            .iter()
            .all(|token| token.kind != Kind::Open && !token.text.to_ascii_uppercase().starts_with("CURRENT_"))
    }

    /// Returns whether the default is a value other than `NULL`.
    pub(crate) fn defaults_to_value(&self) -> bool {
        !self.defaults_to_null()
    }
}

/// Counts the trivia tokens at the end.
fn trailing_trivia(tokens: &[Token<'_>]) -> usize {
    tokens.iter().rev().take_while(|token| token.is_trivia()).count()
}

/// Finds where each constraint begins, including the white space before it.
fn part_starts(all: &[Token<'_>], from: usize, end: usize) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut depth = 0_usize;
    let mut before = [""; 2];
    for at in from..end {
        let token = all[at];
        match token.kind {
            Kind::Space | Kind::Comment => continue,
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            Kind::Word if depth == 0 && begins(token.text, before, following(all, at)) => {
                starts.push(at - trailing_trivia(&all[from..at]));
            }
            _ => {}
        }
        before = [before[1], token.text];
    }
    starts
}

fn following<'a>(all: &[Token<'a>], at: usize) -> &'a str {
    all[at + 1..].iter().find(|token| !token.is_trivia()).map_or("", |token| token.text)
}

/// Returns whether `word` begins a constraint, by the two tokens before it and the one after it.
fn begins(word: &str, before: [&str; 2], after: &str) -> bool {
    let is = |text: &str, keyword: &str| text.eq_ignore_ascii_case(keyword);
    let [second, last] = before;
    if is(second, "CONSTRAINT") || is(last, "CONSTRAINT") {
        return false;
    }
    match word.to_ascii_uppercase().as_str() {
        "CONSTRAINT" | "PRIMARY" | "UNIQUE" | "CHECK" | "REFERENCES" | "GENERATED" => true,
        "COLLATE" => !is(last, "DEFAULT"),
        "NOT" => !is(after, "DEFERRABLE"),
        "NULL" => !["NOT", "SET", "DEFAULT"].iter().any(|keyword| is(last, keyword)),
        "DEFAULT" => !is(last, "SET"),
        "AS" => !is(last, "ALWAYS"),
        _ => false,
    }
}

fn part(tokens: &[Token<'_>]) -> ColumnConstraintText {
    let words = significant(tokens);
    let (name, rest) = named(&words);
    let kind = match rest.first().map_or(String::new(), |token| token.text.to_ascii_uppercase()).as_str() {
        "PRIMARY" => ColumnConstraintKind::PrimaryKey,
        "NOT" => ColumnConstraintKind::NotNull,
        "NULL" => ColumnConstraintKind::Null,
        "UNIQUE" => ColumnConstraintKind::Unique,
        "CHECK" => ColumnConstraintKind::Check,
        "DEFAULT" => ColumnConstraintKind::Default,
        "COLLATE" => ColumnConstraintKind::Collate,
        "REFERENCES" => ColumnConstraintKind::References,
        "GENERATED" | "AS" => ColumnConstraintKind::Generated,
        _ => ColumnConstraintKind::Empty,
    };
    ColumnConstraintText { kind, name, text: joined(tokens) }
}
