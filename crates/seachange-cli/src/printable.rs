//! Makes texts from other sources safe to show on a terminal.
//!
//! The name of a table may contain any character: a line break would break the program's own table, an escape
//! sequence would control the terminal, and a character that changes the direction of text would show a different
//! name. Such characters are escaped as in Rust: `\n`, `\u{1b}`, `\u{202e}`. Output for programs (JSON, scripts) is
//! not changed.

use std::borrow::Cow;

/// A name, or a sentence with names in it: one line without control characters.
pub fn name(text: &str) -> Cow<'_, str> {
    escape(text, |_| false)
}

/// A text of several lines, such as a statement: line breaks and tabs stay.
pub fn lines(text: &str) -> Cow<'_, str> {
    escape(text, |character| matches!(character, '\n' | '\t'))
}

/// A text of the program itself, in which names are already escaped: line breaks, tabs and styles stay.
pub fn styled(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unprintable) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('\u{1b}') {
        let (before, sequence) = rest.split_at(start);
        shown.push_str(&lines(before));
        let length = style_length(sequence);
        let (style, after) = sequence.split_at(length.unwrap_or(1));
        shown.push_str(&if length.is_some() { Cow::Borrowed(style) } else { name(style) });
        rest = after;
    }
    shown.push_str(&lines(rest));
    Cow::Owned(shown)
}

/// A statement on one line of at most `width` characters, with `…` where the rest is omitted. Characters are not
/// escaped.
pub fn one_line(statement: &str, width: usize) -> String {
    let line = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(width) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// A JSON document that people review: characters that would be interpreted are escaped as in JSON.
pub fn json(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unprintable) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match is_unprintable(character) {
            // All of them are in the basic plane.
            true => shown.push_str(&format!("\\u{:04x}", u32::from(character))),
            false => shown.push(character),
        }
    }
    Cow::Owned(shown)
}

/// The length of the style that a text begins with: `ESC [ 1;31 m`.
fn style_length(text: &str) -> Option<usize> {
    let parameters = text.strip_prefix("\u{1b}[")?;
    let end = parameters.find(|character: char| !character.is_ascii_digit() && character != ';')?;
    parameters[end..].starts_with('m').then_some("\u{1b}[".len() + end + 1)
}

fn escape(text: &str, is_kept: impl Fn(char) -> bool) -> Cow<'_, str> {
    let is_escaped = |character: char| is_unprintable(character) && !is_kept(character);
    if !text.contains(is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match is_escaped(character) {
            true => shown.extend(character.escape_default()),
            false => shown.push(character),
        }
    }
    Cow::Owned(shown)
}

/// Whether a terminal interprets a character instead of showing it: control characters, line and paragraph
/// separators, and the characters that change the direction of text.
fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::*;

    #[test]
    fn a_name_is_one_line_of_what_can_be_seen() {
        assert_eq!(name("plain `né` 表"), "plain `né` 表");
        assert_eq!(name("a\nb\r\tc"), r"a\nb\r\tc");
        assert_eq!(name("\u{1b}[31mred\u{1b}]0;title\u{7}"), r"\u{1b}[31mred\u{1b}]0;title\u{7}");
        assert_eq!(name("\u{85}\u{9b}2J\u{7f}"), r"\u{85}\u{9b}2J\u{7f}");
        assert_eq!(name("abc\u{202e}cba\u{2066}\u{2069}"), r"abc\u{202e}cba\u{2066}\u{2069}");
    }

    #[test]
    fn a_statement_keeps_its_lines() {
        assert_eq!(lines("SELECT\n\t1 \u{1b}[2J"), "SELECT\n\t1 \\u{1b}[2J");
    }

    #[test]
    fn our_styles_stay_and_nothing_else_of_a_terminal() {
        let styled_id = "\u{1b}[33mae10\u{1b}[39m \u{1b}[1;31mx\u{1b}[0m\n";
        assert_eq!(styled(styled_id), styled_id);
        assert_eq!(styled("\u{1b}[2J\u{1b}]8;;\u{1b}\\ \u{1b}"), r"\u{1b}[2J\u{1b}]8;;\u{1b}\ \u{1b}");
        assert_eq!(styled("\u{1b}[33m\u{202e}\r"), "\u{1b}[33m\\u{202e}\\r");
    }

    proptest! {
        #[test]
        fn no_name_reaches_the_terminal_raw(text in any::<String>()) {
            let shown = name(&text);
            prop_assert!(!shown.chars().any(is_unprintable), "{shown:?}");
            prop_assert_eq!(styled(&shown), &*shown);
        }
    }
}
