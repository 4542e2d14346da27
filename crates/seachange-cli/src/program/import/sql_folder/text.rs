//! SQL of other tools, read just as far as it has to be changed: its statements are split elsewhere.

/// The text without a byte order mark, which servers do not accept.
pub(super) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Whether a text has anything but comments and white space.
pub(super) fn has_statements(text: &str) -> bool {
    !parts(text).iter().all(|part| part.words.is_empty())
}

/// What a text says about transactions.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Transactions {
    /// Nothing.
    Unmentioned,
    /// All of it stands between `BEGIN` and `COMMIT`; this is the text without them.
    Whole(String),
    /// It begins or ends transactions elsewhere.
    Mixed,
}

/// Finds `BEGIN` and `COMMIT` in a text.
pub(super) fn transactions(text: &str) -> Transactions {
    let parts: Vec<Part> = parts(text).into_iter().filter(|part| !part.words.is_empty()).collect();
    let marks = parts.iter().filter(|part| part.is_begin() || part.is_end()).count();
    match parts.as_slice() {
        _ if marks == 0 => Transactions::Unmentioned,
        [first, .., last] if marks == 2 && first.is_begin() && last.is_commit() => {
            let inner = [&text[..first.start], &text[first.end..last.start], &text[last.end..]].concat();
            Transactions::Whole(inner)
        }
        _ => Transactions::Mixed,
    }
}

/// Whether a statement cannot run in a transaction on PostgreSQL.
pub(super) fn needs_no_transaction(text: &str) -> bool {
    parts(text).iter().any(|part| {
        let first = part.words.first().map(String::as_str).unwrap_or_default();
        let has = |word: &str| part.words.iter().any(|own| own == word);
        match first {
            "VACUUM" => true,
            "CREATE" | "DROP" | "REINDEX" => has("CONCURRENTLY"),
            _ => false,
        }
    })
}

/// The text between two semicolons, without comments in front.
#[derive(Debug)]
struct Part {
    /// Where its first word begins.
    start: usize,
    /// Where it ends, after its semicolon.
    end: usize,
    /// The words outside of quotes and comments, upper-case.
    words: Vec<String>,
}

impl Part {
    fn is_begin(&self) -> bool {
        self.is_one_of(&["BEGIN", "START TRANSACTION"])
    }

    fn is_commit(&self) -> bool {
        self.is_one_of(&["COMMIT", "END TRANSACTION", "END WORK"])
    }

    fn is_end(&self) -> bool {
        self.is_commit() || self.is_one_of(&["ROLLBACK"])
    }

    /// Whether the words are one of these statements, with words that change nothing for us.
    fn is_one_of(&self, statements: &[&str]) -> bool {
        const FILLERS: [&str; 5] = ["TRANSACTION", "WORK", "DEFERRED", "IMMEDIATE", "EXCLUSIVE"];
        statements.iter().any(|statement| {
            let expected: Vec<&str> = statement.split(' ').collect();
            let own: Vec<&str> = self.words.iter().map(String::as_str).collect();
            own.starts_with(&expected) && own[expected.len()..].iter().all(|word| FILLERS.contains(word))
        })
    }
}

/// Splits a text at its semicolons. A routine's body is split too, unless it is quoted: this serves to find words only.
fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut start = None;
    let mut rest = 0;
    while let Some(first) = text[rest..].chars().next() {
        let (kind, length) = token(&text[rest..], first);
        match kind {
            Token::Blank => {}
            Token::End => {
                let part =
                    Part { start: start.take().unwrap_or(rest), end: rest + length, words: std::mem::take(&mut words) };
                parts.push(part);
            }
            Token::Word => {
                start.get_or_insert(rest);
                words.push(text[rest..rest + length].to_ascii_uppercase());
            }
            Token::Other => {
                start.get_or_insert(rest);
                words.push(String::new());
            }
        }
        rest += length;
    }
    parts.push(Part { start: start.unwrap_or(rest), end: rest, words });
    parts
}

enum Token {
    Blank,
    End,
    Word,
    Other,
}

/// The kind and the length of the token at the start of a text.
fn token(text: &str, first: char) -> (Token, usize) {
    let until = |end: &str, from: usize| text[from..].find(end).map_or(text.len(), |at| from + at + end.len());
    match first {
        ';' => (Token::End, 1),
        '\'' | '"' | '`' => (Token::Other, until(&first.to_string(), 1)),
        '#' => (Token::Blank, until("\n", 1)),
        '-' if text.starts_with("--") => (Token::Blank, until("\n", 2)),
        '/' if text.starts_with("/*!") => (Token::Other, until("*/", 3)),
        '/' if text.starts_with("/*") => (Token::Blank, until("*/", 2)),
        '$' => match dollar_quote(text) {
            Some(quote) => (Token::Other, until(quote, quote.len())),
            None => (Token::Other, 1),
        },
        first if first.is_whitespace() || first == '\u{feff}' => (Token::Blank, first.len_utf8()),
        first if first.is_alphanumeric() || first == '_' => {
            let end = text.find(|character: char| !character.is_alphanumeric() && character != '_');
            (Token::Word, end.unwrap_or(text.len()))
        }
        other => (Token::Other, other.len_utf8()),
    }
}

/// The opening `$tag$` of PostgreSQL.
fn dollar_quote(text: &str) -> Option<&str> {
    let end = text[1..].find('$')? + 2;
    let tag = &text[1..end - 1];
    let is_tag = tag.chars().all(|character| character.is_alphanumeric() || character == '_')
        && !tag.starts_with(|first: char| first.is_ascii_digit());
    is_tag.then(|| &text[..end])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Transactions, has_statements, needs_no_transaction, transactions, without_mark};

    #[test]
    fn comments_are_no_statements() {
        for text in ["", " \r\n", "-- nothing", "/* a; */ ; ;\n# b\n", "\u{feff}-- a\n"] {
            assert!(!has_statements(text), "{text:?}");
        }
        for text in ["SELECT 1", "-- a\nSELECT 1;", "/*!40101 SET NAMES utf8 */;", "'a'"] {
            assert!(has_statements(text), "{text:?}");
        }
        assert_eq!(without_mark("\u{feff}a\u{feff}"), "a\u{feff}");
    }

    fn check(text: &str, expected: Transactions) {
        assert_eq!(transactions(text), expected, "{text:?}");
    }

    #[test]
    fn a_transaction_around_everything_is_removed() {
        let whole = |text: &str| Transactions::Whole(text.to_owned());
        check("BEGIN;\nSELECT 1;\nCOMMIT;\n", whole("\nSELECT 1;\n\n"));
        check("-- a\nbegin transaction;SELECT ';';commit work", whole("-- a\nSELECT ';';"));
        check("START TRANSACTION; SELECT 1; END TRANSACTION;", whole(" SELECT 1; "));
        check("BEGIN; COMMIT;", whole(" "));
        check("SELECT 'BEGIN'; -- COMMIT;\n", Transactions::Unmentioned);
        check("CREATE FUNCTION f() AS $$ BEGIN; COMMIT; $$;", Transactions::Unmentioned);
        check("CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; END;", Transactions::Unmentioned);
        check("CREATE TRIGGER t AFTER INSERT ON a\nBEGIN\nSELECT 1;\nEND;\n", Transactions::Unmentioned);
        check("BEGIN; SELECT 1; COMMIT; SELECT 2;", Transactions::Mixed);
        check("SELECT 1; COMMIT;", Transactions::Mixed);
        check("BEGIN; SELECT 1; ROLLBACK;", Transactions::Mixed);
        check("BEGIN; SELECT 1; COMMIT; BEGIN; SELECT 2; COMMIT;", Transactions::Mixed);
    }

    #[test]
    fn statements_that_no_transaction_may_hold() {
        for text in ["create index concurrently i on t (a)", "SELECT 1; VACUUM;", "REINDEX TABLE CONCURRENTLY t"] {
            assert!(needs_no_transaction(text), "{text}");
        }
        for text in ["CREATE INDEX concurrently_i ON t (a)", "SELECT 'VACUUM'", "-- VACUUM"] {
            assert!(!needs_no_transaction(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "[a-z;'\"$/*# \n\u{feff}é-]{0,60}") {
            let _ = (has_statements(&text), needs_no_transaction(&text));
            if let Transactions::Whole(inner) = transactions(&format!("BEGIN;{text};COMMIT;")) {
                prop_assert_eq!(inner, format!("{text};"));
            }
        }
    }
}
