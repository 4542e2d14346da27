//! The rendered code is valid Rust, and rustfmt does not change it.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fs;
use std::process::Command;

use seachange_source::{NewRevision, RevisionBody};

/// Asserts that files with these bodies are valid Rust, and are formatted as rustfmt does by default.
pub(super) fn check(bodies: &[RevisionBody]) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rustfmt.toml"), "").unwrap();
    let mut rustfmt = Command::new("rustfmt");
    rustfmt.args(["--check", "--edition", "2024"]);
    for (number, bodies) in bodies.iter().enumerate() {
        let new = NewRevision { id: "a".to_owned(), bodies: Some(bodies.clone()), ..NewRevision::default() };
        let text = seachange_source::render(&new);
        assert_eq!(syn::parse_file(&text).map_err(|error| error.to_string()).err(), None, "{text}");
        let path = folder.path().join(format!("m{number}.rs"));
        fs::write(&path, text).unwrap();
        rustfmt.arg(path);
    }
    let output = rustfmt.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
}
