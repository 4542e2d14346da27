//! Properties of what is written and read back.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::path::Path;

use proptest::prelude::*;
use seachange_source::{MAX_SLUG_LENGTH, NewRevision, RevisionFile, normalise, parse, render, slug};

fn read(text: &str) -> RevisionFile {
    parse(Path::new("m20261121_x.rs"), text).unwrap()
}

/// Any text, rich in what is special to Rust, to comments and to terminals.
fn message() -> impl Strategy<Value = String> {
    let special = prop::sample::select(vec![
        "*/",
        "/*",
        "//",
        "//!",
        "\"",
        "'",
        "\\",
        "\n",
        "\r\n",
        "\r",
        "\t",
        "\0",
        "\u{1b}[31m",
        "\u{202e}",
        "\u{2028}",
        "\u{feff}",
        "#![",
        "]",
        "{",
        "}",
        "r#\"",
        "fn",
        "async",
        "🦀",
        "👩‍🚀",
        "é",
        "表",
        "```",
        " ",
    ]);
    let any = prop_oneof![special.prop_map(str::to_owned), any::<String>(), "[a-z ]{0,40}"];
    prop::collection::vec(any, 0..20).prop_map(|parts| parts.concat())
}

fn ids() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(any::<String>(), 0..8)
}

prop_compose! {
    fn revision()(
        id in any::<String>(),
        message in message(),
        down_revision in ids(),
        depends_on in ids(),
        branch_labels in ids(),
        replaces in ids(),
        created in any::<String>(),
    ) -> NewRevision {
        NewRevision { id, message, down_revision, depends_on, branch_labels, replaces, created, ..NewRevision::default() }
    }
}

/// Takes the comments away, and adds others and white space in many places.
fn disturb(code: &str, noise: &str) -> String {
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code: String = lines.map(|line| format!("{line}\n")).collect();
    code.replace('(', &format!("( {noise}\n")).replace(";\n", &format!(" ; {noise}\n\n")).replace('\n', "\r\n")
}

proptest! {
    #[test]
    fn a_new_revision_reads_back(new in revision()) {
        let file = read(&render(&new));
        prop_assert_eq!(file.message, normalise(&new.message));
        prop_assert_eq!(file.description.is_empty(), new.down_revision.len() < 2, "only a merge says why it is empty");
        prop_assert_eq!(file.revision.id, new.id);
        prop_assert_eq!(file.revision.down_revision, new.down_revision);
        prop_assert_eq!(file.revision.depends_on, new.depends_on);
        prop_assert_eq!(file.revision.branch_labels, new.branch_labels);
        prop_assert_eq!(file.created.unwrap_or_default(), new.created);
    }

    #[test]
    fn a_message_is_normal_at_once(message in message()) {
        let normal = normalise(&message);
        prop_assert_eq!(normalise(&normal), normal.clone());
        prop_assert!(!normal.is_empty() && !normal.chars().any(char::is_control));
    }

    #[test]
    fn a_slug_is_the_end_of_a_module_name(message in message()) {
        let slug = slug(&message);
        prop_assert!((1..=MAX_SLUG_LENGTH).contains(&slug.len()));
        prop_assert!(slug.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_')), "{}", slug);
        prop_assert!(!slug.starts_with('_') && !slug.ends_with('_') && !slug.contains("__"), "{}", slug);
        let path = format!("m20261121_{slug}.rs");
        prop_assert_eq!(parse(Path::new(&path), &render(&NewRevision::default())).unwrap().file_name(), path);
    }

    #[test]
    fn comments_and_white_space_leave_the_hash(
        message in message(),
        noise in "//[ a-z(;\"]{0,20}|/\\*[ a-z(;']{0,20}\\*/|[ \t]{0,9}",
    ) {
        let text = render(&NewRevision::default());
        let other = render(&NewRevision { message, ..NewRevision::default() });
        let (doc, code) = other.split_once('\n').unwrap();
        let disturbed = format!("{doc}\n{}", disturb(code, &noise));
        prop_assert_eq!(read(&disturbed).source, read(&text).source);
    }

    #[test]
    fn an_edit_changes_the_hash(name in "[a-z]{1,8}", other in "[a-z]{1,8}") {
        let with = |name: &str| format!("{}\nfn extra() -> &'static str {{ \"{name}\" }}", render(&NewRevision::default()));
        prop_assert_eq!(name == other, read(&with(&name)).source == read(&with(&other)).source);
    }

    #[test]
    fn any_text_is_read_or_refused(text in message()) {
        let _ = parse(Path::new("a.rs"), &text);
        let _ = parse(Path::new("a.rs"), &format!("pub const REVISION: R = R {{ {text} }}; pub struct Migration;"));
    }
}
