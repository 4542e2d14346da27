//! The fields that every manifest of the workspace must have, and its allowed dependencies.

use std::{error::Error, fs, io, path::PathBuf};

use seachange_tests::harness::{Case, TestResult};
use seachange_tests::workspace;

const PUBLISHED: [&str; 4] =
    ["crates/seachange-graph", "crates/seachange-source", "crates/seachange-cli", "crates/seachange"];

pub(super) fn trials() -> Vec<Case> {
    vec![
        Case::new("layering::versions_are_in_one_table", versions_are_in_one_table),
        Case::new("layering::licences_are_there", licences_are_there),
        Case::new("layering::graph_depends_on_nothing_of_the_database", graph_is_alone),
        Case::new("layering::installed_program_has_no_database", installed_program_has_no_database),
        Case::new("layering::service_leaves_the_command_line_out", service_leaves_the_command_line_out),
    ]
}

fn versions_are_in_one_table() -> TestResult {
    for member in members()? {
        for (name, requirement) in dependencies(&member, "")? {
            assert!(requirement.contains("workspace = true"), "{member}: `{name}` has a version of its own");
        }
    }
    Ok(())
}

fn licences_are_there() -> TestResult {
    assert!(manifest("")?.contains("license = \"MIT OR Apache-2.0\""));
    for member in members()? {
        let manifest = manifest(&member)?;
        for field in ["license.workspace = true", "edition.workspace = true", "rust-version.workspace = true"] {
            assert!(manifest.contains(field), "{member}: no `{field}`");
        }
    }
    for folder in PUBLISHED.into_iter().chain([""]) {
        for name in ["LICENSE-MIT", "LICENSE-APACHE"] {
            assert!(workspace().join(folder).join(name).is_file(), "{folder}: no `{name}`");
        }
    }
    Ok(())
}

fn graph_is_alone() -> TestResult {
    let names: Vec<String> =
        dependencies("crates/seachange-graph", "[dependencies]")?.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["hashbrown", "strsim", "thiserror"]);
    Ok(())
}

fn installed_program_has_no_database() -> TestResult {
    let names = dependencies("crates/seachange-cli", "[dependencies]")?.into_iter().map(|(name, _)| name);
    let heavy = ["sea-orm", "sea-orm-migration", "seachange", "sqlx", "tokio"];
    let found: Vec<String> = names.filter(|name| heavy.contains(&name.as_str())).collect();
    assert_eq!(found, Vec::<String>::new());
    Ok(())
}

fn service_leaves_the_command_line_out() -> TestResult {
    let all = dependencies("app", "[dependencies]")?;
    let engine = all.iter().find(|(name, _)| name == "seachange");
    assert!(engine.is_some_and(|(_, requirement)| !requirement.contains("\"cli\"")));
    Ok(())
}

/// The folders of all members of the workspace.
fn members() -> Result<Vec<String>, Box<dyn Error>> {
    let manifest = manifest("")?;
    let list = manifest.split_once("members = [").and_then(|(_, rest)| rest.split_once(']'));
    let (list, _) = list.ok_or("the workspace lists no members")?;
    let members: Vec<String> = list.split('"').skip(1).step_by(2).map(str::to_owned).collect();
    assert!(members.len() > 10, "the members are found");
    Ok(members)
}

/// Names and requirements in all sections of dependencies, or in the section with this heading.
fn dependencies(member: &str, heading: &str) -> io::Result<Vec<(String, String)>> {
    let manifest = manifest(member)?;
    let mut inside = false;
    let mut found = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]") && (heading.is_empty() || line == heading);
        } else if let Some((key, value)) = line.split_once('=')
            && inside
            && !line.starts_with(['#', ' '])
        {
            let name = key.trim().trim_end_matches(".workspace");
            let requirement = if key.contains(".workspace") { "workspace = true" } else { value };
            found.push((name.to_owned(), requirement.to_owned()));
        }
    }
    Ok(found)
}

fn manifest(member: &str) -> io::Result<String> {
    let path: PathBuf = workspace().join(member).join("Cargo.toml");
    fs::read_to_string(path)
}
