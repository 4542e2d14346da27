//! `conformance.md`: the result of the engine for each change, beside Alembic's.

use std::{env, fmt::Write, fs, path::Path, sync::Mutex};

use seachange_matrix::cases::{self, LISTED};
use seachange_tests::{Backend, harness::TestResult};

use super::Outcomes;

const FILE: &str = "e2e/autogenerate/conformance.md";

/// If this variable is set, the table is written anew.
const UPDATE: &str = "UPDATE_CONFORMANCE";

const HEAD: &str = "# What autogenerate sees

Each change is tested with rows: prepared, compared, written as a revision, applied, compared, reverted, compared. Tests check each
column: that of PostgreSQL on its newest major version (and on its oldest, every fourth change in CI, all by `just matrix`), that of MySQL
on the latest version that was available, 9.7.4.
\"Nothing\" is correct where nothing changes, and \"—\" stands where the change does not apply.
Alembic is version 1.20.1, as it was measured; with options, it compares more than it does by default.

";

/// The tests of several databases share the file.
static FILE_IN_USE: Mutex<()> = Mutex::new(());

/// Compares the column of a database with the outcomes of the changes.
pub(super) fn check(backend: Backend, outcomes: &Outcomes) -> TestResult {
    let _in_use = FILE_IN_USE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let found = fs::read_to_string(&path).unwrap_or_default();
    let expected = table(&found, backend, outcomes);
    if found == expected {
        return Ok(());
    }
    if env::var_os(UPDATE).is_some() {
        return Ok(fs::write(&path, expected)?);
    }
    Err(format!("{FILE} tells something else ({UPDATE}=1 writes it):\n{}", changed_lines(&found, &expected)).into())
}

fn changed_lines(found: &str, expected: &str) -> String {
    let missing = |from: &str, to: &str, sign: char| {
        let lines = from.lines().filter(|line| !to.lines().any(|other| other == *line));
        lines.map(|line| format!("{sign}{line}\n")).collect::<String>()
    };
    missing(found, expected, '-') + &missing(expected, found, '+')
}

/// Returns the page with one new column and the other columns unchanged.
fn table(found: &str, backend: Backend, outcomes: &Outcomes) -> String {
    let mut text = HEAD.to_owned();
    let ours = |change: &str| {
        Backend::ALL.map(|column| match column == backend {
            true => cell(change, backend, outcomes),
            false => old_cell(found, change, column),
        })
    };
    text += "| change | Alembic on SQLite | Alembic on PostgreSQL | SQLite | PostgreSQL | MariaDB | MySQL |\n";
    text += "| --- | --- | --- | --- | --- | --- | --- |\n";
    for (change, sqlite, postgres) in LISTED {
        let _ = writeln!(text, "| {change} | {sqlite} | {postgres} | {} |", ours(change).join(" | "));
    }
    text +=
        "\n## More changes\n\n| change | SQLite | PostgreSQL | MariaDB | MySQL |\n| --- | --- | --- | --- | --- |\n";
    let mut others: Vec<_> = cases::all().iter().map(|case| case.name).collect();
    others.retain(|name| !LISTED.iter().any(|(listed, ..)| listed == name));
    others.dedup();
    for change in others {
        let _ = writeln!(text, "| {change} | {} |", ours(change).join(" | "));
    }
    text
}

fn cell(change: &str, backend: Backend, outcomes: &Outcomes) -> String {
    let url = format!("{}:", backend.scheme());
    match (cases::find(change, &url), outcomes.get(change)) {
        (Some(_), Some(outcome)) if outcome.differences.is_empty() => "nothing".to_owned(),
        (Some(_), Some(outcome)) => outcome.differences.join(", "),
        _ => "—".to_owned(),
    }
}

fn old_cell(found: &str, change: &str, backend: Backend) -> String {
    let row = found.lines().find(|line| line.starts_with(&format!("| {change} |")));
    let cells: Vec<&str> = row.unwrap_or_default().trim_matches('|').split('|').map(str::trim).collect();
    let from_the_end = Backend::ALL.len() - Backend::ALL.iter().position(|own| *own == backend).unwrap_or_default();
    let cell = cells.len().checked_sub(from_the_end).and_then(|at| cells.get(at)).filter(|cell| !cell.is_empty());
    cell.map_or_else(|| "—".to_owned(), |cell| (*cell).to_owned())
}
