//! Finds names and strings in SQL expressions.

use crate::autogenerate::expression::{inner, tokens};
use crate::sql::{TokenKind, significant};

/// A word, or a quoted text, of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ExprToken<'a> {
    /// A word without quotes, and whether an opening parenthesis follows.
    Word(&'a str, bool),
    /// A name between quotes.
    Name(&'a str),
    /// A string, without its quotes.
    Text(&'a str),
}

/// Returns the words, names and strings of an expression, in order and without comments.
pub(super) fn parts(text: &str) -> Vec<ExprToken<'_>> {
    let all = tokens(text);
    let tokens = significant(&all);
    let next = tokens.iter().skip(1).map(Some).chain([None]);
    let parts = tokens.iter().zip(next).filter_map(|(token, next)| match token.kind {
        TokenKind::Text => Some(ExprToken::Text(inner(token))),
        TokenKind::QuotedName => Some(ExprToken::Name(inner(token))),
        TokenKind::Word | TokenKind::Number => {
            Some(ExprToken::Word(token.text, next.is_some_and(|next| next.kind == TokenKind::Open)))
        }
        _ => None,
    });
    parts.collect()
}

/// Returns the names of an expression that may be columns, each once. The function does not know the table.
pub(super) fn names(expression: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for part in parts(expression) {
        let name = match part {
            ExprToken::Word(word, false) if is_name(word) => word,
            ExprToken::Name(name) => name,
            _ => continue,
        };
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

fn is_name(word: &str) -> bool {
    const KEYWORDS: &[&str] = &[
        "and",
        "or",
        "not",
        "in",
        "is",
        "null",
        "like",
        "ilike",
        "between",
        "true",
        "false",
        "any",
        "all",
        "array",
        "case",
        "when",
        "then",
        "else",
        "end",
        "glob",
        "regexp",
        "collate",
        "escape",
        "similar",
        "to",
        "current_timestamp",
        "current_date",
        "current_time",
    ];
    let is_number = word.starts_with(|first: char| first.is_ascii_digit());
    !is_number && !KEYWORDS.iter().any(|keyword| word.eq_ignore_ascii_case(keyword))
}

#[cfg(test)]
mod tests {
    use super::{ExprToken, names, parts};

    #[test]
    fn words_names_and_strings_are_told_apart() {
        let found = parts("lower(\"Mail\") <> 'it''s' -- no\n AND [a b] /* no */ IS NOT NULL");
        use ExprToken::{Name, Text, Word};
        let (lower, and) = (Word("lower", true), Word("AND", false));
        let end = [Word("IS", false), Word("NOT", false), Word("NULL", false)];
        let mut expected = vec![lower, Name("Mail"), Text("it''s"), and, Name("a b")];
        expected.extend(end);
        assert_eq!(found, expected);
        assert_eq!(parts("'never closed"), [Text("never close")]);
    }

    #[test]
    fn a_check_is_about_columns() {
        assert_eq!(names("price > 0 AND price < 10"), ["price"]);
        assert_eq!(names("length(\"Name\") > 2"), ["Name"]);
        assert_eq!(names("low < high"), ["low", "high"]);
        assert_eq!(names("1 = 1"), [""; 0]);
    }
}
