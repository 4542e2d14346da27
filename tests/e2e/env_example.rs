//! `.env.example` has every variable that the programs read.

use std::fs;

use seachange_tests::harness::{Case, TestResult};
use seachange_tests::workspace;

/// Where variables are read.
const READERS: [&str; 5] = [
    "crates/seachange/src/args/flags.rs",
    "crates/seachange/src/args/env_file.rs",
    "crates/seachange/src/args/limits.rs",
    "crates/seachange/src/cli/commands/run.rs",
    "app/src/args.rs",
];

pub(crate) fn trials() -> Vec<Case> {
    vec![Case::new("env_example::names_every_variable", names_every_variable)]
}

fn names_every_variable() -> TestResult {
    let example = fs::read_to_string(workspace().join(".env.example"))?;
    let mut found = 0;
    for reader in READERS {
        let text = fs::read_to_string(workspace().join(reader))?;
        for variable in quoted_variables(&text) {
            found += 1;
            assert!(example.contains(&format!("\n# {variable}=")), "`{variable}` of {reader} is not in .env.example");
        }
    }
    assert!(found >= 15, "the sources name {found} variables");
    Ok(())
}

/// Words in double quotes that have the form of variables: `"DATABASE_URL"`.
fn quoted_variables(text: &str) -> impl Iterator<Item = &str> {
    let is_variable =
        |word: &&str| word.contains('_') && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    text.split('"').skip(1).step_by(2).filter(is_variable)
}
