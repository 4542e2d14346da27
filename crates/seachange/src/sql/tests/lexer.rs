//! Tokens.

use proptest::prelude::*;

use crate::sql::{SqlDialect, Syntax, TokenKind, tokens};

use SqlDialect::{MySql, Postgres, Sqlite};

/// The significant tokens of a text, separated by bars.
fn shown(text: &str, syntax: impl Into<Syntax>) -> String {
    let found: Vec<&str> =
        tokens(text, syntax).iter().filter(|token| !token.is_trivia()).map(|token| token.text).collect();
    found.join(" | ")
}

#[track_caller]
fn check(syntax: impl Into<Syntax>, table: &[(&str, &str)]) {
    let syntax = syntax.into();
    for (text, expected) in table {
        assert_eq!(shown(text, syntax), *expected, "{syntax:?} {text}");
    }
}

#[test]
fn strings_end_where_each_server_ends_them() {
    check(
        Sqlite,
        &[
            (r"'a''b' c", "'a''b' | c"),
            (r"'a\' b", r"'a\' | b"),
            ("x'00' X'1' y'2'", "x'00' | X'1' | y | '2'"),
            ("'open ; --", "'open ; --"),
        ],
    );
    check(
        Postgres,
        &[
            (r"'a\' b", r"'a\' | b"),
            (r"E'a\'b' c", r"E'a\'b' | c"),
            (r"ne'a\'b", r"ne | 'a\' | b"),
            ("E'a'\n 'b\\'c' d", "E'a'\n 'b\\'c' | d"),
            ("'a' 'b'", "'a' | 'b'"),
            ("'a' -- x\n'b'", "'a' | 'b'"),
            ("'a'\n-- x\n'b'", "'a'\n-- x\n'b'"),
            (r#"U&'\0041' u&"x" b'1' N'n'"#, r#"U&'\0041' | u&"x" | b'1' | N'n'"#),
            ("$$a;b$$ c", "$$a;b$$ | c"),
            ("$a$ $b$ $$ $a$ c", "$a$ $b$ $$ $a$ | c"),
            ("a$b$c$b$", "a$b$c$b$"),
            ("$1$2", "$1 | $2"),
            ("$a$ open ;", "$a$ open ;"),
        ],
    );
    check(
        MySql,
        &[
            (r"'a\'b' c", r"'a\'b' | c"),
            (r#""a\"b""c" d"#, r#""a\"b""c" | d"#),
            (r"`a\` b", r"`a\` | b"),
            ("_utf8mb4'a' N'b' x'1F' b'1'", "_utf8mb4 | 'a' | N'b' | x'1F' | b'1'"),
        ],
    );
}

#[test]
fn modes_change_what_ends_a_string() {
    check(Syntax { has_backslash_escapes: false, ..Syntax::from(MySql) }, &[(r"'a\' b", r"'a\' | b")]);
    check(Syntax { has_backslash_escapes: true, ..Syntax::from(Postgres) }, &[(r"'a\' b' c", r"'a\' b' | c")]);
    let ansi = Syntax { has_ansi_quotes: true, ..Syntax::from(MySql) };
    assert_eq!(tokens("\"a\"", ansi).first().map(|token| token.kind), Some(TokenKind::QuotedName));
    assert_eq!(tokens("\"a\"", MySql).first().map(|token| token.kind), Some(TokenKind::Text));
}

#[test]
fn comments_end_where_each_server_ends_them() {
    check(Sqlite, &[("a/* /* */b", "a | b"), ("a--b\nc", "a | c"), ("a#b", "a | #b")]);
    check(
        Postgres,
        &[("a/* /* */b */c", "a | c"), ("a--b\rc", "a | c"), ("a/*", "a"), ("a#b", "a | # | b"), ("a@-- b", "a | @")],
    );
    check(
        MySql,
        &[
            ("a/* /* */b", "a | b"),
            ("a--b", "a | - | - | b"),
            ("a-- b\nc", "a | c"),
            ("a--\nc", "a | c"),
            ("a # b\nc", "a | c"),
            ("/*! a */ b", "/*! | a | */ | b"),
            ("/*!50503 a /* x */ '*/' */ b", "/*!50503 | a | '*/' | */ | b"),
            ("/*!123 a */", "/*! | 123 | a | */"),
            ("/*M!100000 a */", "/*M!100000 | a | */"),
            ("a */ b", "a | * | / | b"),
        ],
    );
}

#[test]
fn brackets_quote_names_on_sqlite_alone() {
    check(Sqlite, &[("[a ; b] c", "[a ; b] | c")]);
    check(Postgres, &[("a[1:2]", "a | [ | 1 | : | 2 | ]"), ("ARRAY['a]', b]", "ARRAY | [ | 'a]' | , | b | ]")]);
}

#[test]
fn placeholders_variables_and_numbers_are_told_apart() {
    let kinds = |text: &str, dialect: SqlDialect| -> Vec<TokenKind> {
        tokens(text, dialect).iter().filter(|token| !token.is_trivia()).map(|token| token.kind).collect()
    };
    assert_eq!(kinds("? ?1 :a @b $c $d::e(f)", Sqlite), [TokenKind::Placeholder; 6]);
    assert_eq!(kinds("$1 $22", Postgres), [TokenKind::Placeholder; 2]);
    assert_eq!(kinds("a ? b", Postgres)[1], TokenKind::Operator);
    assert_eq!(kinds("@a @@b @'c d' @`e`", MySql), [TokenKind::Variable; 4]);
    assert_eq!(kinds("1 1.5 .5 1e5 1.5E-7 0x1F 1_000", Postgres), [TokenKind::Number; 7]);
    assert_eq!(kinds("1a 2_b", MySql), [TokenKind::Word; 2]);
}

#[test]
fn operators_are_as_long_as_the_server_reads_them() {
    check(
        Postgres,
        &[
            ("a<=-1", "a | <= | - | 1"),
            ("a@-1", "a | @- | 1"),
            ("a::int", "a | :: | int"),
            ("a->>'b'", "a | ->> | 'b'"),
            ("1..2", "1 | .. | 2"),
            ("a*/b", "a | */ | b"),
        ],
    );
    check(MySql, &[("a<=>b:=c->>'$.d'", "a | <=> | b | := | c | ->> | '$.d'")]);
    check(Sqlite, &[("a->>'b'||c<>d", "a | ->> | 'b' | || | c | <> | d")]);
}

/// Pieces for texts that are hard to read.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "'",
        "''",
        "\"",
        "`",
        "[",
        "]",
        "\\",
        "$$",
        "$a$",
        "$",
        "E'",
        "e",
        "U&",
        "x'",
        "N'",
        "--",
        "-",
        " ",
        "\n",
        "\r",
        "/*",
        "*/",
        "/*!",
        "/*!40101",
        "/*M!",
        "#",
        ";",
        "(",
        ")",
        "?",
        "?1",
        ":a",
        "::",
        "@",
        "@@x",
        ".",
        "1",
        "1e",
        "0x",
        "é",
        "→",
        "\0",
        "BEGIN",
        "END",
        "CASE",
        "IF",
        "ATOMIC",
        "TRIGGER",
        "CREATE ",
        "FUNCTION ",
        "SELECT",
        "INSERT ",
        "PRAGMA ",
        "SET ",
        ",",
        "=",
    ]);
    prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_text_is_lost(text in hostile(), has_backslash_escapes: bool, has_ansi_quotes: bool) {
        for dialect in [Sqlite, Postgres, MySql] {
            let syntax = Syntax { has_backslash_escapes, has_ansi_quotes, ..Syntax::from(dialect) };
            let joined: String = tokens(&text, syntax).iter().map(|token| token.text).collect();
            prop_assert_eq!(&joined, &text);
            prop_assert!(tokens(&text, syntax).iter().all(|token| !token.text.is_empty()));
        }
    }

    #[test]
    fn any_text_is_read(text in hostile()) {
        for dialect in [Sqlite, Postgres, MySql] {
            for facts in crate::sql::read(&text, dialect) {
                prop_assert!(text.contains(&facts.text));
                prop_assert!(!facts.text.is_empty());
                prop_assert!(facts.is_understood || facts.may_write);
            }
        }
    }
}
