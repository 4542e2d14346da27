//! Parses the targets of a command.

use seachange_cli::Diagnostic;
use seachange_graph::{Direction, Target};

use super::context::Context;
use crate::revision::RegisteredRevision;

/// From this length on, a number that is the beginning of ids may be meant as such.
const LONG_ENOUGH: usize = 3;

/// Reads the targets of a command. Rejects those that are invalid on any database, before a database is reached or
/// created.
pub(crate) fn read(context: &Context, command: &str, texts: &[String]) -> Result<Vec<Target>, Diagnostic> {
    texts.iter().map(|text| read_one(context, command, text)).collect()
}

/// Reads one target, as [`read`] does.
pub(crate) fn read_one(context: &Context, command: &str, text: &str) -> Result<Target, Diagnostic> {
    seachange_cli::targets::read_one(&context.revisions()?, command, text)
}

/// Reads targets in which a bare number is a number of steps, unless it may also be a name.
pub(crate) fn read_with_steps(
    context: &Context,
    command: &str,
    texts: &[String],
    direction: Direction,
) -> Result<Vec<Target>, Diagnostic> {
    let names = KnownNames::of(context.project.migrations.scripts());
    texts.iter().map(|text| read_one(context, command, &with_sign(&names, text, direction)?)).collect()
}

/// Reads one target, as [`read_with_steps`] does.
pub(crate) fn read_one_with_steps(
    context: &Context,
    command: &str,
    text: &str,
    direction: Direction,
) -> Result<Target, Diagnostic> {
    let names = KnownNames::of(context.project.migrations.scripts());
    read_one(context, command, &with_sign(&names, text, direction)?)
}

/// The names of revisions.
struct KnownNames {
    ids: Vec<&'static str>,
    labels: Vec<&'static str>,
}

impl KnownNames {
    fn of(scripts: &'static [RegisteredRevision]) -> Self {
        let ids = scripts.iter().map(|script| script.revision.id).collect();
        Self { ids, labels: scripts.iter().flat_map(|script| script.revision.branch_labels).copied().collect() }
    }
}

/// Adds the sign to a bare number that is a number of steps. A number with a leading zero is a name. An id that is a
/// larger number than there are revisions is also a name.
fn with_sign(names: &KnownNames, text: &str, direction: Direction) -> Result<String, Diagnostic> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || (text.starts_with('0') && text != "0") {
        return Ok(text.to_owned());
    }
    let (sign, command) = match direction {
        Direction::Upgrade => ('+', "upgrade"),
        Direction::Downgrade => ('-', "downgrade"),
    };
    // There are fewer revisions than this number, so it can only be the id.
    if names.ids.contains(&text) && !text.parse().is_ok_and(|steps: usize| steps <= names.ids.len()) {
        return Ok(text.to_owned());
    }
    if names.ids.contains(&text) || names.labels.contains(&text) {
        return Err(Diagnostic::usage(format!("`{text}` may be a number of revisions, or the revision of that name"))
            .hint(format!("write `{sign}{text}` for the number, or `{command} {text}` for the revision")));
    }
    match names.ids.iter().find(|id| text.len() >= LONG_ENOUGH && id.starts_with(text)) {
        Some(id) => Err(Diagnostic::usage(format!("`{text}` may be a number of revisions, or the revision `{id}`"))
            .hint(format!("write `{sign}{text}` for the number, or more of the id"))),
        None => Ok(format!("{sign}{text}")),
    }
}

#[cfg(test)]
mod tests;
