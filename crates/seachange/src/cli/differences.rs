//! Differences between a database and the entities as text: `-` marks what only the database has, `+` what only the
//! entities have.

use std::collections::BTreeMap;

use anstyle::{AnsiColor, Style};
use seachange_cli::{printable, terminal::styled};

use crate::autogenerate::{Difference, DifferenceKind, RenameCandidate};
use crate::schema::TableName;

const ADDED: Style = AnsiColor::Green.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();
const CHANGED: Style = AnsiColor::Yellow.on_default();

/// One line per difference; those of a table follow its name.
pub(crate) fn lines(differences: &[Difference]) -> Vec<String> {
    let mut lines = Vec::new();
    let types = differences.iter().filter(|difference| difference.table.is_none());
    lines.extend(types.map(|difference| line(difference, "")));
    for (table, own) in tables(differences) {
        lines.extend(own.iter().filter(|own| own.kind == DifferenceKind::Table).map(|own| line(own, "")));
        let inner: Vec<_> = own.iter().filter(|own| own.kind != DifferenceKind::Table).collect();
        if !inner.is_empty() {
            lines.push(format!("  table {}", printable::name(&table.to_string())));
            lines.extend(inner.iter().map(|own| line(own, "  ")));
        }
    }
    lines
}

/// The number of differences, and of tables with differences.
pub(crate) fn summary(differences: &[Difference]) -> String {
    let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let tables = tables(differences).len();
    match tables {
        0 => plural(differences.len(), "difference"),
        tables => format!("{} in {}", plural(differences.len(), "difference"), plural(tables, "table")),
    }
}

/// Hints for possible renames.
pub(crate) fn hints(candidates: &[RenameCandidate]) -> Vec<String> {
    let hint = |candidate: &RenameCandidate| match candidate {
        RenameCandidate::Table { from, to } => format!(
            "if `{from}` was renamed to `{to}`, declare it: `EntityTable::of({to}::Entity).renamed_from(\"{from}\")`"
        ),
        RenameCandidate::Column { table, from, to } => {
            format!("if `{table}.{from}` was renamed to `{to}`, declare it: `#[sea_orm(renamed_from = \"{from}\")]`")
        }
    };
    candidates.iter().map(hint).map(|hint| printable::name(&hint).into_owned()).collect()
}

/// The question about a possible rename.
pub(crate) fn question(candidate: &RenameCandidate) -> String {
    let question = match candidate {
        RenameCandidate::Table { from, to } => format!("was table `{from}` renamed to `{to}`?"),
        RenameCandidate::Column { table, from, to } => {
            format!("was column `{table}.{from}` renamed to `{to}`?")
        }
    };
    printable::name(&question).into_owned()
}

/// The tables with differences, in alphabetical order, each with its differences.
fn tables(differences: &[Difference]) -> BTreeMap<&TableName, Vec<&Difference>> {
    let mut tables = BTreeMap::<_, Vec<_>>::new();
    for difference in differences {
        if let Some(table) = &difference.table {
            tables.entry(table).or_default().push(difference);
        }
    }
    tables
}

fn line(difference: &Difference, indent: &str) -> String {
    let subject = match (difference.kind, &difference.table, &difference.name) {
        (DifferenceKind::Table, Some(table), _) => format!("table {table}"),
        (kind, _, Some(name)) => format!("{kind} {name}"),
        (kind, _, None) => kind.to_string(),
    };
    let (mark, style, text) = match (&difference.database, &difference.entities) {
        (Some(before), Some(after)) => ('~', CHANGED, format!("{before} -> {after}")),
        (Some(before), None) => ('-', REMOVED, before.clone()),
        (None, after) => ('+', ADDED, after.clone().unwrap_or_default()),
    };
    styled(style, printable::name(&format!("{indent}{mark} {subject}: {text}")))
}
