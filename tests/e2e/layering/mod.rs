//! Checks the layers of ARCHITECTURE.md in the sources: which module may use what.
//!
//! The sources are read as text, without comments and test modules: a rule needs no compiler, and a breach is reported
//! by file and line.

mod manifests;
mod order;
mod paths;
mod words;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use seachange_tests::harness::{Case, TestResult};
use seachange_tests::workspace;

use paths::used_paths;

/// Paths that a folder of sources must not mention, except in some modules.
struct Rule {
    folder: &'static str,
    forbidden: &'static [&'static str],
    /// Modules, by path below `folder`.
    except: &'static [&'static str],
    because: &'static str,
}

const RULES: [Rule; 6] = [
    Rule {
        folder: "crates/seachange-graph/src",
        forbidden: &["std::env", "std::fs", "std::io", "std::net", "std::process", "std::time", "sea_orm", "tokio"],
        except: &[],
        because: "the graph is pure",
    },
    Rule {
        folder: "crates/seachange-source/src",
        forbidden: &["sea_orm", "sea_orm_migration", "tokio", "std::net"],
        except: &[],
        because: "revision files are read and written without a database",
    },
    Rule {
        folder: "crates/seachange-cli/src",
        forbidden: &["sea_orm", "sea_orm_migration", "tokio", "std::net"],
        // Code that is converted names its crates.
        except: &["program/import"],
        because: "the installed program has no database",
    },
    Rule {
        folder: "crates/seachange/src",
        forbidden: &[
            "anstream",
            "anstyle",
            "indicatif",
            "clap_complete",
            "std::process::exit",
            "std::process::abort",
            "std::process::ExitCode",
            "std::process::Command",
        ],
        except: &["cli"],
        because: "only `cli` knows the terminal and exit codes",
    },
    Rule {
        folder: "crates/seachange/src",
        forbidden: &["dotenvy", "std::env"],
        except: &["args", "cli", "testing"],
        because: "only `args`, `cli` and `testing` know the process environment",
    },
    Rule {
        folder: "crates/seachange/src",
        forbidden: &["DbBackend::", "DatabaseBackend::"],
        // `intercept` hands it on to SeaORM, which asks for it.
        except: &[
            "alter",
            "autogenerate",
            "backend",
            "connection",
            "impact",
            "inspect",
            "intercept",
            "revision_sql",
            "settings",
            "testing",
        ],
        because: "what differs between databases is in `backend`",
    },
];

pub(crate) fn trials() -> Vec<Case> {
    let mut cases = manifests::trials();
    cases.extend(order::trials());
    cases.extend(words::trials());
    cases.push(Case::new("layering::sources_keep_to_their_layer", sources_keep_to_their_layer));
    cases.push(Case::new("layering::breaches_are_found", breaches_are_found));
    cases
}

fn sources_keep_to_their_layer() -> TestResult {
    let mut breaches = Vec::new();
    for rule in &RULES {
        for file in sources(&workspace().join(rule.folder), &|path| !is_of_tests(path))? {
            breaches.extend(rule.breaches(&file, &fs::read_to_string(workspace().join(rule.folder).join(&file))?));
        }
    }
    assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
    Ok(())
}

fn breaches_are_found() -> TestResult {
    let text = "use std::{collections::BTreeMap, fs::{self, File}};\n\
                // std::net in a comment\n\
                fn main() { std::env::args(); }\n\
                #[cfg(test)]\nmod tests { use std::io; }\n";
    assert_eq!(
        RULES[0].breaches(Path::new("lib.rs"), text),
        [
            "crates/seachange-graph/src/lib.rs:1: `std::fs`: the graph is pure",
            "crates/seachange-graph/src/lib.rs:3: `std::env`: the graph is pure",
        ]
    );
    assert!(RULES[3].breaches(Path::new("cli/color.rs"), "use anstream::stream;").is_empty());
    assert!(RULES[3].breaches(Path::new("cli.rs"), "use anstream::stream;").is_empty());
    assert_eq!(RULES[3].breaches(Path::new("client.rs"), "use anstream::stream;").len(), 1);
    Ok(())
}

impl Rule {
    fn breaches(&self, file: &Path, text: &str) -> Vec<String> {
        if self.excepts(file) {
            return Vec::new();
        }
        let mut breaches: Vec<String> = used_paths(text)
            .into_iter()
            .filter_map(|(line, path)| {
                let word = self.forbidden.iter().find(|word| mentions(&path, word))?;
                Some(format!("{}/{}:{line}: `{word}`: {}", self.folder, file.display(), self.because))
            })
            .collect();
        breaches.dedup();
        breaches
    }

    fn excepts(&self, file: &Path) -> bool {
        let module = file.with_extension("");
        self.except.iter().any(|except| module.starts_with(except))
    }
}

/// Whether the path `path` has `word` as whole segments.
fn mentions(path: &str, word: &str) -> bool {
    format!("::{path}::").contains(&format!("::{}::", word.trim_end_matches("::")))
}

/// Whether a file or a folder holds unit tests.
fn is_of_tests(path: &Path) -> bool {
    path.file_stem().is_some_and(|stem| stem == "tests")
}

/// The source files below `folder`, whose paths are wanted.
fn sources(folder: &Path, is_wanted: &dyn Fn(&Path) -> bool) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(below) = open.pop() {
        for entry in fs::read_dir(folder.join(&below))? {
            let path = below.join(entry?.file_name());
            if !is_wanted(&path) {
                continue;
            }
            if folder.join(&path).is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
