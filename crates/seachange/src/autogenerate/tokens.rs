//! SQL in pieces, as far as names and strings have to be told apart.

/// Splits a text into words, what stands between quotes, comments, and single characters. Together they are the text again.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let (token, after) = rest.split_at(length(rest, first));
        rest = after;
        Some(token)
    })
}

/// Whether a token is a word: a name without quotes, a keyword, or a number.
pub(super) fn is_word(token: &str) -> bool {
    token.starts_with(is_of_word)
}

/// What a name means: without its quotes, if it has some.
pub(super) fn name(token: &str) -> Option<String> {
    match token.chars().next()? {
        quote @ ('"' | '`') => Some(inner(token).replace(&format!("{quote}{quote}"), &quote.to_string())),
        '[' => Some(inner(token).to_owned()),
        _ => is_word(token).then(|| token.to_owned()),
    }
}

/// What stands between the quotes of a token.
pub(super) fn inner(token: &str) -> &str {
    token.get(1..token.len().saturating_sub(1)).unwrap_or_default()
}

fn length(text: &str, first: char) -> usize {
    match first {
        '\'' | '"' | '`' => quoted_length(text, first),
        '[' => bracketed_length(text),
        '-' if text.starts_with("--") => text.find('\n').unwrap_or(text.len()),
        '/' if text.starts_with("/*") => text.find("*/").map_or(text.len(), |end| end + 2),
        'e' | 'E' if text[1..].starts_with('\'') => escaped_length(text),
        _ if is_of_word(first) => text.find(|next| !is_of_word(next)).unwrap_or(text.len()),
        _ => first.len_utf8(),
    }
}

/// The length of a name in brackets, as SQLite allows it; of the bracket alone where it begins an array of PostgreSQL's.
fn bracketed_length(text: &str) -> usize {
    match text.find([']', '\'', '"', ',', ':', '(']) {
        Some(end) if text[end..].starts_with(']') => end + 1,
        _ => 1,
    }
}

/// The length of what begins with a quote; a quote that is doubled does not end it.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut end = 1;
    while let Some(at) = text[end..].find(quote) {
        end += at + 1;
        if !text[end..].starts_with(quote) {
            return end;
        }
        end += 1;
    }
    text.len()
}

/// The length of a string of PostgreSQL's that begins with `E`: a quote behind a backslash does not end it either.
fn escaped_length(text: &str) -> usize {
    let mut characters = text.char_indices().skip(2).peekable();
    while let Some((at, character)) = characters.next() {
        match (character, characters.peek()) {
            ('\\', _) | ('\'', Some((_, '\''))) => drop(characters.next()),
            ('\'', _) => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '$'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{name, tokens};

    #[test]
    fn quotes_hold_together() {
        let check = |text: &str, expected: &[&str]| assert_eq!(tokens(text).collect::<Vec<_>>(), expected, "{text}");
        check("a.\"b\"\"c\"", &["a", ".", "\"b\"\"c\""]);
        check("'it''s'::text", &["'it''s'", ":", ":", "text"]);
        check("E'it\\'s' e", &["E'it\\'s'", " ", "e"]);
        check("E'a''b\\\\'||c", &["E'a''b\\\\'", "|", "|", "c"]);
        check("[a b]--c\nd/*e*/", &["[a b]", "--c", "\n", "d", "/*e*/"]);
        check("ARRAY['a]', b]", &["ARRAY", "[", "'a]'", ",", " ", "b", "]"]);
        check("'open", &["'open"]);
    }

    #[test]
    fn names_are_what_they_mean() {
        assert_eq!(name("\"b\"\"c\"").as_deref(), Some("b\"c"));
        assert_eq!(name("`b`").as_deref(), Some("b"));
        assert_eq!(name("b").as_deref(), Some("b"));
        assert_eq!(name("'b'"), None);
    }

    proptest! {
        #[test]
        fn nothing_is_lost(text in "[a'\"`\\[\\]eE\\\\/*\\-\n (.é]{0,20}") {
            prop_assert_eq!(tokens(&text).collect::<String>(), text);
        }
    }
}
