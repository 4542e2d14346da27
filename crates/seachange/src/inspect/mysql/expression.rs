//! Expressions: the form that is compared, and the form that a person would write.
//!
//! The server always spells an expression in the same way, with all names in quotes. Other database systems do not
//! accept these quotes, so they are removed where they are not needed.

use std::borrow::Cow;

use sqlparser::keywords::ALL_KEYWORDS;

use crate::schema::Expression;
use crate::sql::SqlDialect;
use crate::sql::text::{is_literal, pieces, without_parentheses};

/// Words that MariaDB or MySQL reserve, and that the parser does not list as keywords.
const MORE_KEYWORDS: &str = "ACCESSIBLE DAY_HOUR DAY_MICROSECOND DAY_MINUTE DAY_SECOND DELETE_DOMAIN_ID DO_DOMAIN_IDS DUAL ENCLOSED EXIT \
    HOUR_MICROSECOND HOUR_MINUTE HOUR_SECOND IGNORE_DOMAIN_IDS INFILE INT1 INT3 IO_AFTER_GTIDS IO_BEFORE_GTIDS \
    ITERATE LEAVE LIBRARY LINEAR LOOP MANUAL MASTER_BIND MASTER_DEMOTE_TO_REPLICA MASTER_DEMOTE_TO_SLAVE \
    MASTER_SSL_VERIFY_SERVER_CERT MIDDLEINT MINUTE_MICROSECOND MINUTE_SECOND OPTIONALLY OUTFILE PAGE_CHECKSUM \
    PARSE_VCOL_EXPR READ_WRITE REF_SYSTEM_ID REPEAT RESIGNAL SECOND_MICROSECOND SIGNAL SSL STARTING UNDO UTC_DATE \
    UTC_TIME UTC_TIMESTAMP VARCHARACTER YEAR_MONTH ZEROFILL";

/// An expression from the server's text.
pub(super) fn of(text: &str) -> Expression {
    let normal = pieces(text, SqlDialect::MySql).map(|(_, piece)| spelled_once(piece)).collect();
    Expression { text: readable(text), normal }
}

/// A literal in one spelling of several: `'it\\'s'` as `'it''s'`. Other pieces stay.
fn spelled_once(piece: &str) -> Cow<'_, str> {
    let Some(inner) = piece.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) else { return piece.into() };
    let mut value = String::new();
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match (character, character == '\\' || character == '\'') {
            (_, false) => value.push(character),
            // A quote is doubled.
            ('\'', true) => value.extend(characters.next()),
            (_, true) => match characters.next() {
                Some('n') => value.push('\n'),
                Some('t') => value.push('\t'),
                Some('r') => value.push('\r'),
                Some('0') => value.push('\0'),
                Some('b') => value.push('\u{8}'),
                Some('Z') => value.push('\u{1a}'),
                // A pattern of `LIKE` has these backslashes.
                Some(wildcard @ ('%' | '_')) => value.extend(['\\', wildcard]),
                other => value.extend(other),
            },
        }
    }
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "''")).into()
}

/// Removes the escapes that MySQL writes before the quotes of a whole expression: `_utf8mb4\'it\\\'s\'`.
pub(super) fn unescaped(text: &str) -> String {
    if !pieces(text, SqlDialect::MySql).any(|(_, piece)| piece == "\\") {
        return text.to_owned();
    }
    let mut plain = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        plain.push(if character == '\\' { characters.next().unwrap_or(character) } else { character });
    }
    plain
}

/// The SQL for a default in MySQL's catalogue, which contains an expression or the bare value.
pub(super) fn default_of_mysql(default: &str, column_type: &str, is_expression: bool) -> String {
    let is_moment = default.to_uppercase().starts_with("CURRENT_TIMESTAMP");
    if is_moment && (is_expression || column_type.starts_with("timestamp") || column_type.starts_with("datetime")) {
        return default.to_owned();
    }
    if is_expression {
        let text = unescaped(default);
        let inner = without_parentheses(&text, SqlDialect::MySql);
        let literal = inner.strip_prefix("_utf8mb4").unwrap_or(inner);
        // A default of these types is always an expression. Another one may be a literal in parentheses.
        let has_expression = ["text", "blob", "json", "geometry"].iter().any(|name| column_type.contains(name));
        if !has_expression && literal.starts_with('\'') && is_literal(literal, SqlDialect::MySql) {
            return literal.to_owned();
        }
        return if text.starts_with('(') { text } else { format!("({text})") };
    }
    let numbers = ["tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "float", "double", "bit"];
    let is_number = column_type.split(['(', ' ']).next().is_some_and(|name| numbers.contains(&name));
    let is_hexadecimal = column_type.contains("binary") && default.starts_with("0x");
    if is_number || is_hexadecimal {
        return default.to_owned();
    }
    format!("'{}'", default.replace('\\', "\\\\").replace('\'', "''"))
}

fn readable(text: &str) -> String {
    if let Some(moment) = moment(text) {
        return moment;
    }
    let mut readable = String::new();
    for (_, piece) in pieces(text, SqlDialect::MySql) {
        if let Some(name) = plain_name(piece) {
            readable.push_str(name);
        } else {
            if is_literal(piece, SqlDialect::MySql) {
                without_character_set(&mut readable);
            }
            readable.push_str(piece);
        }
    }
    readable
}

/// Returns `CURRENT_TIMESTAMP` for `current_timestamp()`, with the precision if there is one.
fn moment(text: &str) -> Option<String> {
    let digits = text.to_uppercase().strip_prefix("CURRENT_TIMESTAMP")?.to_owned();
    let number = digits.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or_default();
    let is_moment = number.bytes().all(|byte| byte.is_ascii_digit()) && (digits.is_empty() || digits.ends_with(')'));
    is_moment.then(|| format!("CURRENT_TIMESTAMP{}", if number.is_empty() { "" } else { &digits }))
}

/// The name in a quoted piece, if it does not need the quotes.
fn plain_name(piece: &str) -> Option<&str> {
    let name = piece.strip_prefix('`')?.strip_suffix('`')?;
    let is_plain = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    let word = name.to_ascii_uppercase();
    let is_keyword =
        ALL_KEYWORDS.binary_search(&word.as_str()).is_ok() || MORE_KEYWORDS.split(' ').any(|more| more == word);
    (is_plain && !is_keyword).then_some(name)
}

/// Removes `_utf8mb4`, which MySQL writes before a literal. The connection has this character set.
fn without_character_set(text: &mut String) {
    const INTRODUCER: &str = "_utf8mb4";
    let Some(before) = text.strip_suffix(INTRODUCER) else { return };
    if !before.ends_with(|last: char| last.is_alphanumeric() || last == '_') {
        text.truncate(before.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_quotes_that_they_do_not_need() {
        for (told, expected) in [
            ("`price` > 0 and `title` <> 'x`y`'", "price > 0 and title <> 'x`y`'"),
            ("`order` > 0 and `Mixed` < 3 and `odd name` = 1", "`order` > 0 and `Mixed` < 3 and `odd name` = 1"),
            ("(`kind` in (_utf8mb4'a',_utf8mb4'b'))", "(kind in ('a','b'))"),
            ("`x``y` = 1", "`x``y` = 1"),
            ("current_timestamp()", "CURRENT_TIMESTAMP"),
            ("current_timestamp(3)", "CURRENT_TIMESTAMP(3)"),
            ("current_timestamp() + 1", "current_timestamp() + 1"),
        ] {
            assert_eq!(of(told).text, expected);
        }
    }

    #[test]
    fn a_literal_has_one_spelling() {
        let normal = |text: &str| of(text).normal;
        assert_eq!(normal(r#"('it\'s \"new\" \\ `here`')"#), normal(r#"('it''s "new" \\ `here`')"#));
        assert_eq!(normal(r"`a` like 'x\%'"), r"`a` like 'x\\%'");
        assert_eq!(normal(r"concat('a\nb', `c`)"), "concat('a\nb', `c`)");
        assert_ne!(normal("'a'"), normal("'b'"));
    }

    /// The expressions are as MySQL 8 reports them.
    #[test]
    fn escaped_expressions_are_read() {
        assert_eq!(unescaped(r"(`a` = _utf8mb4\'it\\\'s\')"), r"(`a` = _utf8mb4'it\'s')");
        assert_eq!(unescaped(r"`a` = 'it\'s'"), r"`a` = 'it\'s'");
    }

    #[test]
    fn bare_defaults_of_mysql_become_sql() {
        for (default, column_type, is_expression, expected) in [
            ("it's", "varchar(20)", false, "'it''s'"),
            (r"a\b", "varchar(20)", false, r"'a\\b'"),
            ("1", "int", false, "1"),
            ("1.50", "decimal(10,2) unsigned", false, "1.50"),
            ("b'101'", "bit(3)", false, "b'101'"),
            ("0x6100", "binary(2)", false, "0x6100"),
            ("2020-01-01", "date", false, "'2020-01-01'"),
            ("a", "enum('a','b')", false, "'a'"),
            ("CURRENT_TIMESTAMP(3)", "datetime(3)", true, "CURRENT_TIMESTAMP(3)"),
            ("CURRENT_TIMESTAMP", "timestamp", false, "CURRENT_TIMESTAMP"),
            ("CURRENT_TIMESTAMP", "varchar(40)", false, "'CURRENT_TIMESTAMP'"),
            ("uuid()", "varchar(36)", true, "(uuid())"),
            ("(1 + 2)", "int", true, "(1 + 2)"),
            (r"_utf8mb4\'it\\\'s\'", "varchar(20)", true, r"'it\'s'"),
            (r"_utf8mb4\'a\'", "text", true, "(_utf8mb4'a')"),
            (r"concat(_utf8mb4\'a\',`b`)", "text", true, "(concat(_utf8mb4'a',`b`))"),
        ] {
            assert_eq!(default_of_mysql(default, column_type, is_expression), expected);
        }
    }
}
