//! Texts of SQL as databases write them, looked at without a parser: quotes and brackets.

/// Where the quoted text that begins at `start` ends, or the character there when it is no quote. A quote within is
/// doubled, or, with `backslash`, escaped by one.
pub(super) fn end_of_piece(text: &str, start: usize, backslash: bool) -> usize {
    let bytes = text.as_bytes();
    let Some(&quote) = bytes.get(start).filter(|byte| b"'\"`".contains(byte)) else {
        return start + text.get(start..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
    };
    let mut position = start + 1;
    while let Some(&byte) = bytes.get(position) {
        position += 1;
        if byte == quote {
            if bytes.get(position) != Some(&quote) {
                return position;
            }
            position += 1;
        } else if byte == b'\\' && backslash && quote != b'`' {
            position += 1;
        }
    }
    bytes.len()
}

/// The pieces of a text: quoted ones as a whole, all others a character each. With where they start.
pub(super) fn pieces(text: &str, backslash: bool) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let end = end_of_piece(text, start, backslash);
        let piece = text.get(start..end)?;
        let found = (!piece.is_empty()).then_some((start, piece));
        start = end;
        found
    })
}

/// Where the bracket is closed that `text` begins with.
pub(super) fn closing(text: &str, backslash: bool) -> Option<usize> {
    let mut depth = 0_usize;
    for (position, piece) in pieces(text, backslash) {
        match piece {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some(position);
        }
    }
    None
}

/// Takes away spaces at the ends, and the parentheses that are round the whole.
pub(super) fn without_parentheses(text: &str, backslash: bool) -> &str {
    let text = text.trim();
    if text.starts_with('(') && closing(text, backslash) == Some(text.len() - 1) {
        return without_parentheses(&text[1..text.len() - 1], backslash);
    }
    text
}

/// Splits at the commas that are in no brackets and no quotes.
pub(super) fn items(text: &str, backslash: bool) -> Vec<&str> {
    let (mut found, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (position, piece) in pieces(text, backslash) {
        match piece {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            "," if depth == 0 => {
                found.push(text[start..position].trim());
                start = position + 1;
            }
            _ => {}
        }
    }
    found.push(text[start..].trim());
    found
}

/// Puts a text of several lines on one.
#[cfg(feature = "postgres")]
pub(super) fn on_one_line(text: &str) -> String {
    let mut line = String::new();
    for (_, piece) in pieces(text.trim(), false) {
        if !piece.chars().all(char::is_whitespace) {
            line.push_str(piece);
        } else if !line.ends_with(' ') {
            line.push(' ');
        }
    }
    line
}

/// Whether the whole text is one quoted piece.
pub(super) fn is_literal(text: &str, backslash: bool) -> bool {
    text.starts_with('\'') && end_of_piece(text, 0, backslash) == text.len() && text.len() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parentheses_go_only_when_they_are_round_the_whole() {
        for (text, expected) in [
            ("((a > 0))", "a > 0"),
            ("(a > 0) AND (b > 0)", "(a > 0) AND (b > 0)"),
            ("(a = ')')", "a = ')'"),
            ("(a = 'it''s (' )", "a = 'it''s ('"),
            ("(\"odd)\" = 1)", "\"odd)\" = 1"),
            ("now()", "now()"),
            ("(", "("),
        ] {
            assert_eq!(without_parentheses(text, false), expected);
        }
        assert_eq!(without_parentheses(r"(a = '\')')", true), r"a = '\')'");
    }

    #[test]
    fn commas_in_brackets_and_quotes_split_nothing() {
        assert_eq!(items("a, f(b, c), ARRAY[1, 2], 'x, y'", false), ["a", "f(b, c)", "ARRAY[1, 2]", "'x, y'"]);
    }

    #[test]
    fn pieces_make_the_text_again() {
        for text in ["", "é 'ü''ö", "a'b\"c`d", "'x\\'", "''"] {
            for backslash in [false, true] {
                assert_eq!(pieces(text, backslash).map(|(_, piece)| piece).collect::<String>(), text);
            }
        }
    }

    #[test]
    #[cfg(feature = "postgres")]
    fn lines_become_one_outside_of_quotes() {
        assert_eq!(on_one_line("\nCASE\n    WHEN a = 'x\n  y' THEN 1\nEND"), "CASE WHEN a = 'x\n  y' THEN 1 END");
    }
}
