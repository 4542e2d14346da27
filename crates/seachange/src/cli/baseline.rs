//! The file of accepted differences: which differences `check` does not report any more.
//!
//! The file is in JSON Lines: one difference a line, sorted, so that a version control system shows and merges single
//! differences. It holds the differences of several database systems, because their texts differ.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use seachange_cli::{Diagnostic, Exit, output_file, printable, project};
use serde::{Deserialize, Serialize};

use super::context::MigrationCrate;
use crate::autogenerate::{Difference, DifferenceKind, IgnoreRule, TableFilter};
use crate::schema::TableName;
use crate::settings::{Driver, reason};

/// The name of the file in the migration crate.
pub(crate) const FILE_NAME: &str = "accepted-differences.jsonl";

/// The accepted differences of a project.
#[derive(Debug)]
pub(crate) struct Baseline {
    path: PathBuf,
    /// The path as the user would type it.
    shown: String,
    /// The folder that has to contain the file, unless the user named the file.
    folder: Option<PathBuf>,
    exists: bool,
    entries: BTreeSet<AcceptedDifference>,
}

/// An accepted difference. The order of the fields is the order of the lines.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcceptedDifference {
    driver: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    table: Option<String>,
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    database: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    entities: Option<String>,
}

/// What a comparison sees of the accepted differences: those of one database system, without those that options of the
/// command leave out.
pub(crate) struct BaselineView<'v> {
    pub(crate) driver: Driver,
    pub(crate) filter: &'v TableFilter,
    pub(crate) rules: &'v [IgnoreRule],
}

impl Baseline {
    /// Reads the file that the user named, or that of the migration crate. The latter may be absent; the former only if
    /// `may_be_absent`.
    pub(crate) fn read(
        project: &MigrationCrate,
        named: Option<&Path>,
        may_be_absent: bool,
    ) -> Result<Self, Diagnostic> {
        let folder = &project.manifest_dir;
        let path = named.map_or_else(|| folder.join(FILE_NAME), Path::to_path_buf);
        let folder = named.is_none().then(|| folder.clone());
        let shown = project::shown(&path);
        let (exists, entries) = match fs::read(&path) {
            Ok(bytes) => (true, parse(&shown, &bytes)?),
            Err(error) if error.kind() == ErrorKind::NotFound && (named.is_none() || may_be_absent) => {
                (false, BTreeSet::new())
            }
            Err(error) => {
                let problem = Diagnostic::new(Exit::Failure, format!("cannot read `{shown}`: {}", reason(&error)));
                return Err(match error.kind() {
                    ErrorKind::NotFound => problem.hint("`check --accept --baseline FILE` writes it"),
                    _ => problem,
                });
            }
        };
        Ok(Self { path, shown, folder, exists, entries })
    }

    /// The path as the user would type it.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// The differences that are accepted.
    pub(crate) fn accepted(&self, found: &[Difference], driver: Driver) -> Vec<Difference> {
        let is_accepted = |own: &&Difference| self.entries.contains(&AcceptedDifference::of(own, driver));
        found.iter().filter(is_accepted).cloned().collect()
    }

    /// The accepted differences that are not found any more.
    pub(crate) fn disappeared(&self, found: &[Difference], view: &BaselineView<'_>) -> Vec<&AcceptedDifference> {
        let found: BTreeSet<_> = found.iter().map(|own| AcceptedDifference::of(own, view.driver)).collect();
        self.entries.iter().filter(|own| view.contains(own) && !found.contains(own)).collect()
    }

    /// Accepts what was found, and forgets what has disappeared. Returns whether the file has changed.
    pub(crate) fn accept(&mut self, found: &[Difference], view: &BaselineView<'_>) -> Result<bool, Diagnostic> {
        let mut entries = self.entries.clone();
        entries.retain(|own| !view.contains(own));
        entries.extend(found.iter().map(|own| AcceptedDifference::of(own, view.driver)));
        if entries == self.entries && (self.exists || entries.is_empty()) {
            return Ok(false);
        }
        self.require_inside()?;
        let lines = entries.iter().map(AcceptedDifference::line).collect::<Result<String, _>>();
        output_file::write(&self.path, &lines.map_err(Diagnostic::json)?)?;
        self.entries = entries;
        Ok(true)
    }

    /// An error if the file of the migration crate is a link that leads out of it.
    fn require_inside(&self) -> Result<(), Diagnostic> {
        let Some(folder) = &self.folder else { return Ok(()) };
        match (fs::canonicalize(&self.path), fs::canonicalize(folder)) {
            (Ok(target), Ok(folder)) if !target.starts_with(&folder) => {
                let message =
                    format!("`{}` is a link out of the migration crate, to `{}`", self.shown, target.display());
                Err(Diagnostic::usage(message).hint("name the file with `--baseline`"))
            }
            _ => Ok(()),
        }
    }
}

impl BaselineView<'_> {
    fn contains(&self, own: &AcceptedDifference) -> bool {
        let is_compared = match &own.table {
            Some(table) => self.filter.matches(&TableName::new(table)),
            None => *self.filter == TableFilter::default(),
        };
        let table = own.table.as_deref().map(TableName::new);
        let is_ignored = DifferenceKind::of_word(&own.kind).is_some_and(|kind| {
            self.rules.iter().any(|rule| rule.may_leave_out(kind, table.as_ref(), own.name.as_deref()))
        });
        own.driver == self.driver.feature() && is_compared && !is_ignored
    }
}

const DRIVERS: [Driver; 3] = [Driver::Sqlite, Driver::Postgres, Driver::MySql];

impl AcceptedDifference {
    fn of(difference: &Difference, driver: Driver) -> Self {
        Self {
            driver: driver.feature().to_owned(),
            table: difference.table.as_ref().map(ToString::to_string),
            kind: difference.kind.word().to_owned(),
            name: difference.name.clone(),
            database: difference.database.clone(),
            entities: difference.entities.clone(),
        }
    }

    fn line(&self) -> Result<String, serde_json::Error> {
        Ok(format!("{}\n", printable::json(&serde_json::to_string(self)?)))
    }

    /// The difference in a few words, such as `index odd of table posts`.
    pub(crate) fn title(&self) -> String {
        let kind = self.kind.replace('_', " ");
        match (&self.name, &self.table) {
            (Some(name), Some(table)) => format!("{kind} `{name}` of table `{table}`"),
            (Some(name), None) => format!("{kind} `{name}`"),
            (None, Some(table)) if self.kind == DifferenceKind::Table.word() => format!("table `{table}`"),
            (None, Some(table)) => format!("{kind} of table `{table}`"),
            (None, None) => kind,
        }
    }
}

fn parse(file: &str, bytes: &[u8]) -> Result<BTreeSet<AcceptedDifference>, Diagnostic> {
    let lines = bytes.split(|byte| *byte == b'\n').enumerate();
    let lines = lines
        .map(|(at, line)| (at + 1, if at == 0 { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line) } else { line }));
    let lines = lines.filter(|(_, line)| !line.trim_ascii().is_empty());
    lines.map(|(number, line)| parse_line(line).map_err(|reason| broken(file, number, line, &reason))).collect()
}

fn parse_line(line: &[u8]) -> Result<AcceptedDifference, String> {
    let own: AcceptedDifference = serde_json::from_slice(line).map_err(|error| {
        let text = error.to_string();
        // The position is that in the line.
        let reason = text.split(" at line ").next().unwrap_or(&text);
        format!("{reason} at column {}", error.column())
    })?;
    let drivers = DRIVERS.map(Driver::feature);
    if !drivers.contains(&own.driver.as_str()) {
        return Err(format!("unknown driver `{}`, not one of {}", own.driver, drivers.join(", ")));
    }
    match DifferenceKind::of_word(&own.kind) {
        Some(_) => Ok(own),
        None => Err(format!("unknown kind of difference `{}`", own.kind)),
    }
}

fn broken(file: &str, number: usize, line: &[u8], reason: &str) -> Diagnostic {
    let is_conflict = [b"<<<<<<<", b"=======", b">>>>>>>"].iter().any(|marker| line.starts_with(*marker));
    let problem = Diagnostic::usage(printable::name(&format!("{file}:{number}: not an accepted difference: {reason}")));
    match is_conflict {
        true => problem.hint("resolve the merge conflict: the lines of both sides can stay, in any order"),
        false => problem.hint("correct or remove the line; `check --accept` writes the others anew"),
    }
}

#[cfg(test)]
mod tests;
