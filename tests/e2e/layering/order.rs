//! The layers of the engine: a module uses those above it in the list, and none below.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use seachange_tests::harness::{Case, TestResult};
use seachange_tests::workspace;

use super::paths::used_paths;
use super::{is_of_tests, sources};

/// The folder of the modules.
const ENGINE: &str = "crates/seachange/src";

/// The modules of the engine from the bottom to the top, as ARCHITECTURE.md prints them.
const LAYERS: [&str; 37] = [
    "sql",
    "revision_sql",
    "schema",
    "settings",
    "database_error",
    "limits",
    "revision",
    "report",
    "sqlite_ddl",
    "alter",
    "run_arguments",
    "intercept",
    "backend",
    "store",
    "connection",
    "error",
    "record",
    "event",
    "lease",
    "run_context",
    "lock",
    "session",
    "journal",
    "backfill",
    "synchronise",
    "gate",
    "runner",
    "adopt",
    "offline",
    "migrator",
    "fleet",
    "inspect",
    "autogenerate",
    "impact",
    "testing",
    "args",
    "cli",
];

/// Modules that only say which names belong to the crate.
const FACADES: [&str; 2] = ["lib", "prelude"];

pub(super) fn trials() -> Vec<Case> {
    vec![
        Case::new("layering::modules_use_lower_layers_only", modules_use_lower_layers_only),
        Case::new("layering::layers_are_documented", layers_are_documented),
        Case::new("layering::every_file_is_a_module", every_file_is_a_module),
    ]
}

fn modules_use_lower_layers_only() -> TestResult {
    let place: BTreeMap<&str, usize> = LAYERS.into_iter().zip(0..).collect();
    let mut breaches = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for file in sources(&workspace().join(ENGINE), &|path| !is_of_tests(path))? {
        let module = module_of(&file);
        if FACADES.contains(&module.as_str()) {
            continue;
        }
        let Some(own) = place.get(module.as_str()) else {
            breaches.insert(format!("{module} is in no layer"));
            continue;
        };
        seen.insert(module.clone());
        for (line, path) in used_paths(&fs::read_to_string(workspace().join(ENGINE).join(&file))?) {
            let used = path.strip_prefix("crate::").and_then(|path| path.split("::").next());
            if let Some(used) = used.filter(|used| place.get(used).is_some_and(|layer| layer > own)) {
                breaches.insert(format!("{ENGINE}/{}:{line}: {module} uses {used}, which is above it", file.display()));
            }
        }
    }
    assert!(breaches.is_empty(), "\n{}", breaches.into_iter().collect::<Vec<_>>().join("\n"));
    assert_eq!(seen.len(), LAYERS.len(), "every layer is a module: {seen:?}");
    Ok(())
}

fn module_of(file: &Path) -> String {
    let first = file.components().next().map(|first| first.as_os_str().to_string_lossy().into_owned());
    first.unwrap_or_default().trim_end_matches(".rs").to_owned()
}

fn layers_are_documented() -> TestResult {
    let text = fs::read_to_string(workspace().join("ARCHITECTURE.md"))?;
    let list = LAYERS.map(|layer| format!("`{layer}`")).join(", ");
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains(&list), "ARCHITECTURE.md prints the layers from the bottom to the top: {list}");
    Ok(())
}

/// A file that no `mod` item names is never compiled.
fn every_file_is_a_module() -> TestResult {
    let mut orphans = Vec::new();
    for krate in ["crates/seachange", "crates/seachange-graph", "crates/seachange-source"] {
        let folder = workspace().join(krate).join("src");
        for file in sources(&folder, &|_| true)? {
            let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let parent = file.parent().unwrap_or(Path::new(""));
            let (name, declarers) = match stem.as_str() {
                "lib" | "main" if parent == Path::new("") => continue,
                "mod" => {
                    let name = parent.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    (name, declaring(parent.parent().unwrap_or(Path::new(""))))
                }
                _ => (stem, declaring(parent)),
            };
            let is_declared = declarers.iter().any(|declarer| {
                let text = fs::read_to_string(folder.join(declarer)).unwrap_or_default();
                text.lines().any(|line| line.trim_end().ends_with(&format!("mod {name};")))
            });
            if !is_declared {
                orphans.push(format!("{krate}/src/{}", file.display()));
            }
        }
    }
    assert!(orphans.is_empty(), "no module item names {}", orphans.join(", "));
    Ok(())
}

/// The files that can declare the modules of a folder.
fn declaring(folder: &Path) -> Vec<std::path::PathBuf> {
    if folder == Path::new("") {
        return vec!["lib.rs".into(), "main.rs".into()];
    }
    vec![folder.join("mod.rs"), folder.with_extension("rs")]
}
