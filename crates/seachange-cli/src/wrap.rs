//! Wraps text to a width, between words.

use unicode_width::UnicodeWidthStr;

/// The minimum width that text is wrapped to.
pub const NARROWEST: usize = 16;

/// Breaks a text into lines of at most `width` columns. A longer word is on its own lines, and is broken unless it is
/// styled.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').flat_map(|word| pieces(word, width)) {
        match lines.last_mut() {
            Some(line) if columns(line) + 1 + columns(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The number of columns of a text on a terminal, without its styles.
pub fn columns(text: &str) -> usize {
    anstream::adapter::strip_str(text).to_string().width()
}

/// A word in pieces that fit the width.
fn pieces(word: &str, width: usize) -> Vec<&str> {
    if columns(word) <= width || word.contains('\u{1b}') {
        return vec![word];
    }
    let mut pieces = Vec::new();
    let mut rest = word;
    while columns(rest) > width {
        let fits = |end: &usize| rest[..*end].width() <= width;
        let ends = rest.char_indices().map(|(at, character)| at + character.len_utf8());
        // Each piece has at least one character; otherwise the loop would not end.
        let first = rest.chars().next().map_or(rest.len(), char::len_utf8);
        let end = ends.take_while(fits).last().unwrap_or(first);
        let (piece, after) = rest.split_at(end);
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

#[cfg(test)]
mod tests {
    use super::{columns, wrap};

    #[test]
    fn lines_end_between_words() {
        assert_eq!(wrap("add a column for the content", 12), ["add a column", "for the", "content"]);
        assert_eq!(wrap("short", 12), ["short"]);
        assert_eq!(wrap("", 12), [""]);
    }

    #[test]
    fn a_word_that_is_longer_is_broken() {
        assert_eq!(wrap("an abcdefghij z", 4), ["an", "abcd", "efgh", "ij z"]);
        assert_eq!(wrap("表表表", 3), ["表", "表", "表"]);
        assert_eq!(wrap("表", 1), ["表"]);
    }

    #[test]
    fn styles_take_no_columns() {
        let id = "\u{1b}[33mae1027\u{1b}[39m";
        assert_eq!(columns(id), 6);
        assert_eq!(wrap(&format!("{id}, add users"), 11), [format!("{id}, add"), "users".to_owned()]);
        assert_eq!(wrap(id, 3), [id]);
    }
}
