//! Messages: the user's description of a revision, as one line.
//!
//! This module does not depend on files: `render` writes a message as a doc line, and `parse` reads it back.

/// The replacement for a message, or a slug, without any valid character.
pub(crate) const NO_MESSAGE: &str = "revision";

/// Returns `message` as one line that is safe in a doc comment.
///
/// Every run of white space and control characters becomes one space. Characters that change the direction of text
/// are removed, because rustc refuses them in comments. An empty result becomes `revision`.
///
/// ```
/// use seachange_source::normalise;
///
/// assert_eq!(normalise("  add\r\n\tcontent  column "), "add content column");
/// assert_eq!(normalise("\n"), "revision");
/// ```
pub fn normalise(message: &str) -> String {
    let spaced: String = message
        .chars()
        .filter(|character| !turns_direction(*character))
        .map(|character| if character.is_control() { ' ' } else { character })
        .collect();
    let words: Vec<&str> = spaced.split_whitespace().collect();
    if words.is_empty() {
        return NO_MESSAGE.to_owned();
    }
    words.join(" ")
}

/// Whether rustc's lint `text_direction_codepoint_in_comment`, an error by default, refuses the character.
fn turns_direction(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns a message for a file without one: the file's stem without `m`, date and underscores.
///
/// Migrations written for SeaORM have no doc line, but a descriptive name.
pub fn from_module(module: &str) -> String {
    let parts: Vec<&str> = module.split('_').filter(|part| !part.is_empty()).collect();
    let telling = parts.iter().enumerate().skip_while(|(index, part)| is_date(part, *index == 0));
    normalise(&telling.map(|(_, part)| *part).collect::<Vec<_>>().join(" "))
}

/// Whether `part` is a date or a counter (`20220101`, `000001`); at the `start` of the name it may follow an `m`.
fn is_date(part: &str, start: bool) -> bool {
    let digits = if start { part.strip_prefix('m').unwrap_or(part) } else { part };
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{from_module, normalise};

    #[test]
    fn a_message_becomes_one_safe_line() {
        let check = |message: &str, expected: &str| assert_eq!(normalise(message), expected, "{message:?}");
        check("add content column", "add content column");
        check("a */ b \"c\" 'd' \\", "a */ b \"c\" 'd' \\");
        check("bell\u{7}\0nul\u{85}\u{2028}line", "bell nul line");
        check("abc\u{202e}def\u{2066}", "abcdef");
        check("👩‍🚀 to the moon", "👩‍🚀 to the moon");
        check("\u{202e} \r\n", "revision");
    }

    #[test]
    fn a_file_name_stands_in_for_a_message() {
        let check = |module: &str, expected: &str| assert_eq!(from_module(module), expected, "{module}");
        check("m20220101_000001_create_table", "create table");
        check("m20261121_add_content_column", "add content column");
        check("create_table_2", "create table 2");
        check("m20261121", "revision");
        check("merge", "merge");
    }
}
