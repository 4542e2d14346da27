//! Text for Markdown, as GitHub, GitLab and Forgejo read it.

/// Follows a character that would mention a person: it is invisible, and no name of a person begins with it.
const NO_MENTION: char = '\u{200b}';

/// A line in which backticks mark code, for Markdown: nothing else in it has a meaning there.
pub(super) fn line(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    let marks_code = !text.contains("``") && text.matches('`').count().is_multiple_of(2);
    if !marks_code {
        return escaped(&text);
    }
    let part = |(number, part): (usize, &str)| {
        if number % 2 == 1 { format!("`{part}`") } else { escaped(part) }
    };
    text.split('`').enumerate().map(part).collect()
}

/// A line in a cell of a table, where a bar divides cells even within code.
pub(super) fn cell(text: &str) -> String {
    line(text).replace('|', "\\|")
}

/// A text as code within a line.
pub(super) fn code(text: &str) -> String {
    let fence = "`".repeat(longest_run(text) + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{space}{}{space}{fence}", text.replace(['\n', '\r'], " "))
}

/// A text of several lines as code in a language.
pub(super) fn block(language: &str, text: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}", text.trim_end())
}

/// The length of the longest sequence of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or_default()
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '~' | '#' => escaped.extend(['\\', character]),
            '@' => escaped.extend([character, NO_MENTION]),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{block, cell, code, line};

    #[test]
    fn names_have_no_meaning() {
        assert_eq!(line("drops `a_b` and *c*"), r"drops `a_b` and \*c\*");
        assert_eq!(line("drops `<b>` <b>&"), "drops `<b>` &lt;b&gt;&amp;");
        assert_eq!(line("of `a`b` [x](y)"), r"of \`a\`b\` \[x\](y)");
        assert_eq!(line("for @team\n# heading"), "for @\u{200b}team \\# heading");
        assert_eq!(cell("`a|b` | c"), r"`a\|b` \| c");
    }

    #[test]
    fn code_ends_where_it_should() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("SELECT `a`"), "`` SELECT `a` ``");
        assert_eq!(code("a\nb"), "`a b`");
        assert_eq!(block("sql", "SELECT 1;\n"), "```sql\nSELECT 1;\n```");
        assert_eq!(block("sql", "-- ```` --"), "`````sql\n-- ```` --\n`````");
    }
}
