//! dbmate: `VERSION_NAME.sql` with the parts `-- migrate:up` and `-- migrate:down`, in one folder or several.

use std::path::{Path, PathBuf};

use super::files::{self, Entries};
use super::text::{has_statements, without_mark};
use super::{SqlMigration, SqlProject};
use crate::diagnostic::Diagnostic;
use crate::project::shown;

/// Reads the folders. dbmate sorts the names of the files as texts, and does not look into folders.
pub(super) fn read(folders: &[PathBuf]) -> Result<SqlProject, Diagnostic> {
    let mut project = SqlProject::default();
    for folder in folders {
        for path in Entries::of(folder)?.files {
            let name = files::name_of(&path);
            match versioned(&name) {
                Some((version, rest)) => project.migrations.push(migration(&path, version, rest)?),
                None => project.others.push(path),
            }
        }
    }
    project.migrations.sort_by_key(|migration| files::name_of(&migration.path));
    Ok(project)
}

/// The version and the rest of a name: digits in front, and any text.
fn versioned(name: &str) -> Option<(&str, &str)> {
    let stem = name.strip_suffix(".sql")?;
    let end = stem.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(stem.len());
    (end > 0).then(|| (&stem[..end], stem[end..].trim_start_matches(['_', '-'])))
}

/// A part of a file.
struct Part<'a> {
    is_up: bool,
    line: usize,
    is_in_transaction: bool,
    text: &'a str,
}

fn migration(path: &Path, version: &str, name: &str) -> Result<SqlMigration, Diagnostic> {
    let text = files::read(path)?;
    let text = without_mark(&text);
    let (before, parts) = parts(text);
    let wrong = |line: usize, message: &str| {
        Err(Diagnostic::usage(format!("`{}`, line {line}: {message}", shown(path))).detail("nothing was written"))
    };
    if has_statements(before) {
        return wrong(1, "statements before `-- migrate:up`, which dbmate refuses");
    }
    let (up, down) = match parts.as_slice() {
        [up] if up.is_up => (up, None),
        [up, down] if up.is_up && !down.is_up => (up, Some(down)),
        [] => return wrong(1, "there is no line `-- migrate:up`"),
        [first, ..] if !first.is_up => return wrong(first.line, "`-- migrate:down` before `-- migrate:up`"),
        [_, second, ..] if second.is_up => {
            return wrong(second.line, "a second `-- migrate:up`: give each its own file, with a version of its own");
        }
        [.., last] => {
            return wrong(last.line, "a further part: expected one `-- migrate:up` and one `-- migrate:down`");
        }
    };
    Ok(SqlMigration {
        version: version.to_owned(),
        name: name.to_owned(),
        path: path.to_owned(),
        up: up.text.to_owned(),
        down: down.map(|down| down.text.to_owned()),
        is_in_transaction: up.is_in_transaction && down.is_none_or(|down| down.is_in_transaction),
    })
}

/// What is in front of the first part, and the parts.
fn parts(text: &str) -> (&str, Vec<Part<'_>>) {
    let mut marks = Vec::new();
    let mut start = 0;
    for (at, line) in text.split_inclusive('\n').enumerate() {
        if let Some((is_up, options)) = mark(line) {
            marks.push((start, start + line.len(), at + 1, is_up, options));
        }
        start += line.len();
    }
    let ends = marks.iter().skip(1).map(|mark| mark.0).chain([text.len()]);
    let parts = marks.iter().zip(ends).map(|(&(_, begin, line, is_up, options), end)| Part {
        is_up,
        line,
        is_in_transaction: !options.split_whitespace().any(|option| option == "transaction:false"),
        text: &text[begin..end],
    });
    let parts = parts.collect();
    (&text[..marks.first().map_or(text.len(), |mark| mark.0)], parts)
}

/// Whether a line begins a part for `up` or for `down`, and its options.
fn mark(line: &str) -> Option<(bool, &str)> {
    let word = line.strip_prefix("--")?.trim_start().strip_prefix("migrate:")?;
    let (is_up, rest) = match word.strip_prefix("up") {
        Some(rest) => (true, rest),
        None => (false, word.strip_prefix("down")?),
    };
    (rest.is_empty() || rest.starts_with(char::is_whitespace)).then(|| (is_up, rest.trim()))
}
