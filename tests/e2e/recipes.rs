//! The recipes of the justfile: each gives cargo the arguments that it is given.
//!
//! `just` runs them with a `cargo` that only prints its arguments.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::{env, fs};

use seachange_tests::harness::{Case, TestResult};
use seachange_tests::servers::ServerError;
use seachange_tests::{Backend, workspace};
use tempfile::TempDir;

/// A recipe as a user calls it, and the commands that it runs.
const CALLS: &[(&[&str], &str)] = &[
    (&["revision", "add content column"], "cargo [run] [-q] [-p] [migration] [--] [revision] [add content column]"),
    (
        &["revision", "--autogenerate", "it's here", "--head", "billing@head"],
        "cargo [run] [-q] [-p] [migration] [--] [revision] [--autogenerate] [it's here] [--head] [billing@head]",
    ),
    (&["up"], "cargo [run] [-q] [-p] [migration] [--] [up]"),
    (&["up", "+1", "--dry-run"], "cargo [run] [-q] [-p] [migration] [--] [up] [+1] [--dry-run]"),
    (&["down"], "cargo [run] [-q] [-p] [migration] [--] [down]"),
    (&["status"], "cargo [run] [-q] [-p] [migration] [--] [status]"),
    (&["history", "-r", "base:head"], "cargo [run] [-q] [-p] [migration] [--] [history] [-r] [base:head]"),
    (&["check"], "cargo [run] [-q] [-p] [migration] [--] [check]"),
    (&["diff"], "cargo [run] [-q] [-p] [migration] [--] [diff]"),
    (&["merge", "a1", "b2"], "cargo [run] [-q] [-p] [migration] [--] [merge] [a1] [b2]"),
    (&["edit"], "cargo [run] [-q] [-p] [migration] [--] [edit] [head]"),
    (&["edit", "+1"], "cargo [run] [-q] [-p] [migration] [--] [edit] [+1]"),
    (&["graph", "-o", "a b.svg"], "cargo [run] [-q] [-p] [migration] [--] [graph] [-o] [a b.svg]"),
    (&["app", "--port", "0"], "cargo [run] [-p] [app] [--] [--port] [0]"),
    (&["db", "postgres", "up"], "cargo [run] [-q] [-p] [seachange-tests] [--bin] [db] [--] [postgres] [up]"),
    (&["e2e", "sqlite::"], "cargo [test] [--workspace] [--locked] [--test] [e2e] [--] [sqlite::]"),
    (&["torture"], "cargo [test] [--workspace] [--locked] [--test] [e2e] [--] [torture::]"),
    (&["torture-random", "5"], "cargo [test] [--workspace] [--locked] [--test] [e2e] [--] [random_revisions::]"),
    (
        &["ground-truth"],
        "cargo [test] [--workspace] [--locked] [--test] [e2e] [--] [--test-threads] [1] [ground_truth::]",
    ),
    (&["matrix"], "cargo [test] [--workspace] [--locked] [--test] [e2e] [--] [matrix::]"),
];

/// The documents whose recipes have to exist.
const DOCUMENTS: [&str; 5] =
    ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md", "docs/src/internals/working.md"];

pub(crate) fn trials() -> Vec<Case> {
    let needing = |name, test: fn() -> TestResult| Case::owning(Backend::Sqlite, name, test).needing(find_just);
    vec![
        needing("recipes::arguments_are_passed_on", arguments_are_passed_on),
        needing("recipes::named_ones_exist", named_ones_exist),
    ]
}

/// Whether there is a `just`.
fn find_just() -> Result<(), ServerError> {
    let works = Command::new("just").arg("--version").output().is_ok_and(|output| output.status.success());
    if works { Ok(()) } else { Err(ServerError::NoProgram { program: "just" }) }
}

fn arguments_are_passed_on() -> TestResult {
    let folder = TempDir::new()?;
    let cargo = folder.path().join("cargo");
    fs::write(&cargo, "#!/bin/sh\nprintf cargo\nprintf ' [%s]' \"$@\"\necho\n")?;
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755))?;
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths([folder.path().to_owned()].into_iter().chain(env::split_paths(&path)))?;
    for (arguments, expected) in CALLS {
        let output = just(arguments).env("PATH", &path).output()?;
        let printed = String::from_utf8(output.stdout)?;
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(printed.trim_end(), *expected, "{arguments:?}");
    }
    Ok(())
}

fn named_ones_exist() -> TestResult {
    let output = just(&["--summary"]).output()?;
    let summary = String::from_utf8(output.stdout)?;
    let recipes: BTreeSet<&str> = summary.split_whitespace().collect();
    let mut found = 0;
    for document in DOCUMENTS {
        let text = fs::read_to_string(workspace().join(document))?;
        for named in text.split("`just ").skip(1) {
            let recipe = named.split([' ', '`']).next().unwrap_or_default();
            assert!(recipes.contains(recipe), "{document} names `just {recipe}`, which does not exist");
            found += 1;
        }
    }
    assert!(found > 10, "the documents name recipes, {found} were found");
    Ok(())
}

fn just(arguments: &[&str]) -> Command {
    let mut command = Command::new("just");
    command.arg("--justfile").arg(workspace().join("justfile")).args(arguments);
    command
}
