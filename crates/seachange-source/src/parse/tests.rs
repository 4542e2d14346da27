#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::path::Path;

use super::{ParseScope, RevisionFile, parse, parse_scope};

const PATH: &str = "v/m20261121_add_content.rs";

fn read(text: &str) -> RevisionFile {
    parse(Path::new(PATH), text).unwrap()
}

/// Compares all errors of a file with `expected`.
fn check_errors(text: &str, expected: &[&str]) {
    let errors = parse(Path::new("a.rs"), text).unwrap_err();
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(errors, expected, "{text}");
}

/// Makes a file of the fields of a constant, which begin on line 2.
fn fields(fields: &str) -> String {
    format!("pub const REVISION: Revision = Revision {{\n{fields}\n}};\npub struct Migration;")
}

#[test]
fn everything_that_a_file_says() {
    let file = read(
        "//! add  content column\n//!\n//! Posts had a title only.\n//!   More.\n\nuse seachange::prelude::*;\n
        pub const REVISION: seachange::Revision = ::seachange::Revision { // comment
            id: \"ae1027a6acf4\", down_revision: &[\"1975ea83b712\", r\"3b9f\",],
            depends_on: &[\"feed\"], branch_labels: &[], /* comment */ created: \"2026\\u{2d}11\",
            ..seachange::Revision::ROOT
        };\n#[derive(Debug)] pub(crate) struct Migration;",
    );
    assert_eq!(file.message, "add content column");
    assert_eq!(file.description, "Posts had a title only.\nMore.");
    assert_eq!(file.revision.id, "ae1027a6acf4");
    assert_eq!(file.revision.down_revision, ["1975ea83b712", "3b9f"]);
    assert_eq!(file.revision.depends_on, ["feed"]);
    assert!(file.revision.branch_labels.is_empty());
    assert_eq!(file.created.as_deref(), Some("2026-11"));
    assert_eq!(file.module, "m20261121_add_content");
    assert_eq!(file.file_name(), "m20261121_add_content.rs");
    assert_eq!((file.line, file.source.map(|source| source.digest.len())), (8, Some(64)));
}

#[test]
fn a_byte_order_mark_and_line_endings_are_no_matter() {
    let text = format!("//! hello\n{}", fields("id: \"a\", ..Revision::ROOT"));
    let sql = "const SQL: [&str; 2] = [\"SELECT 1,\n  2\", r#\"SELECT\n  \\ 3\"#];";
    let text = format!("{text}\n/* two\n   lines */\n{sql}\n");
    let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
    assert_eq!(read(&text), read(&windows));
}

#[test]
fn a_message_has_many_spellings() {
    let check = |doc: &str, message: &str, description: &str| {
        let file = read(&format!("{doc}\n{}", fields("id: \"a\"")));
        assert_eq!((file.message.as_str(), file.description.as_str()), (message, description), "{doc}");
    };
    check("/*! block\n    more */", "block", "more");
    check("#![doc = \"attribute\"]", "attribute", "");
    check("//!\n//! late", "late", "");
    check("// no doc", "add content", "");
    check("#![cfg(unix)]", "add content", "");
}

#[test]
fn a_constant_that_cannot_be_read() {
    check_errors(
        "pub struct Migration;",
        &["a.rs:1: no `REVISION`; expected `pub const REVISION: Revision = Revision { id: \"..\", \
           ..Revision::ROOT };`"],
    );
    check_errors(
        "\nconst REVISION: R = R { id: \"a\" };\npub struct Migration;",
        &["a.rs:2: `REVISION` is private; expected `pub` in front of it"],
    );
    check_errors(
        &format!("{}\npub const REVISION: R = R {{ id: \"b\" }};", fields("id: \"a\"")),
        &["a.rs:5: a second `REVISION`; expected one in a file"],
    );
    for value in ["new(\"a\")", "R::new(\"a\")", "OTHER", "{ R { id: \"a\" } }", "&R { id: \"a\" }"] {
        check_errors(
            &format!("pub const REVISION: R = {value};\npub struct Migration;"),
            &["a.rs:1: the value of `REVISION` cannot be read; expected `Revision { id: \"..\", .. }`, without \
               calls or names"],
        );
    }
}

#[test]
fn fields_that_cannot_be_read() {
    check_errors(
        &fields("id: ID,\ndown_revision: [\"a\"],\ndepends_on: &[\"a\", B],\ncreated: 2026"),
        &[
            "a.rs:2: `id` is not a literal; expected a string such as `\"ae1027a6acf4\"`",
            "a.rs:3: `down_revision` is not a literal; expected a list of strings such as `&[\"1975ea83b712\"]`",
            "a.rs:4: `depends_on` is not a literal; expected a list of strings such as `&[\"1975ea83b712\"]`",
            "a.rs:5: `created` is not a literal; expected a string such as `\"2026-11-21T09:03:11Z\"`",
        ],
    );
    check_errors(
        &fields("id,\nid: \"a\",\nid: \"b\",\n..base()"),
        &[
            "a.rs:2: a part of `REVISION` cannot be read; expected `field: value`, or `..Revision::ROOT` at the end",
            "a.rs:4: field `id` twice in `REVISION`; expected it once",
            "a.rs:5: the rest of `REVISION` cannot be read; expected `..Revision::ROOT`",
        ],
    );
    check_errors(
        &fields("message: \"a\""),
        &[
            "a.rs:2: unknown field `message` in `REVISION`; expected `id`, `down_revision`, `depends_on`, \
             `branch_labels`, `replaces`, `allow`, `after_backfills`, `not_before`, `lock_timeout` or `created`",
            "a.rs:1: no `id` in `REVISION`; expected a field such as `id: \"ae1027a6acf4\"`",
        ],
    );
}

#[test]
fn a_migration_that_is_not_there() {
    let constant = "pub const REVISION: R = R { id: \"a\" };";
    let missing = "a.rs:1: no `Migration`; expected `pub struct Migration;` with an `impl MigrationTrait`";
    check_errors(constant, &[missing]);
    check_errors(&format!("{constant} pub struct Migration {{}}"), &[missing]);
    check_errors(
        &format!("{constant}\nstruct Migration;"),
        &["a.rs:2: `Migration` is private; expected `pub` in front of it"],
    );
}

#[test]
fn a_text_that_is_not_rust() {
    let message = "not Rust: a bracket, a string or a comment is not closed, or a character is out of place";
    check_errors("fn a() {}\n}", &[&format!("a.rs:2: {message}")]);
    check_errors("\nfn a() {\n\n", &[&format!("a.rs:2: {message}")]);
}

#[test]
fn a_name_that_no_module_has() {
    for name in ["1_a.rs", "a-b.rs", "a b.rs", "type.rs", "r#type.rs", "_.rs", "a.b.rs"] {
        let errors = parse(Path::new(name), "").unwrap_err();
        assert!(errors[0].to_string().contains("cannot name a Rust module"), "{name}: {errors:?}");
    }
}

#[test]
fn without_the_hash_the_place_is_the_same() {
    let constant = "pub const REVISION: R = R { id: \"a\", down_revision: &[\"b\"] };";
    let texts = [
        format!("//! add x\n{constant}\npub struct Migration;\nimpl M for Migration {{}}"),
        // The constant is below, or the declaration is in a comment or in a string before it.
        format!("//! add x\nuse a::b;\npub struct Migration;\n{constant}"),
        format!("//! add x\n/*\npub struct Migration;\n*/\n{constant}\npub struct Migration;"),
        format!("//! add x\nconst A: &str = \"\npub struct Migration;\n\";\n{constant}\npub struct Migration;"),
        format!("//! add x\nmod a {{\npub struct Migration;\n}}\n{constant}\n pub struct Migration;"),
    ];
    for text in texts {
        let whole = parse(Path::new("a.rs"), &text).unwrap();
        let place = parse_scope(Path::new("a.rs"), &text, ParseScope::WithoutHash).unwrap();
        assert!(whole.source.is_some() && place.source.is_none(), "{text}");
        assert_eq!(RevisionFile { source: None, ..whole }, place, "{text}");
    }
    let broken = format!("{constant}\npub struct Migration {{}}");
    let errors = |scope| parse_scope(Path::new("a.rs"), &broken, scope).unwrap_err();
    assert_eq!(errors(ParseScope::WithHash), errors(ParseScope::WithoutHash));
}
