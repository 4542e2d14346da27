//! Where the statements of a revision are in its file.

use std::fs;
use std::path::PathBuf;

use seachange_cli::project::shown;

use crate::cli::context::Context;
use crate::impact::{RevisionImpact, StatementImpact};

/// How much of the first line of a statement is looked for in the file of its revision, in characters.
const SOUGHT: usize = 40;

/// The file of a measured revision.
pub(super) struct RevisionSource<'a> {
    impact: &'a RevisionImpact,
    path: PathBuf,
    text: String,
}

/// A place in the file of a revision.
pub(super) struct Place {
    /// The file, relative to the working directory if it is below it.
    pub(super) file: String,
    /// The line, from 1: that of the statement if the file has its text, else that of `fn up`.
    pub(super) line: usize,
}

impl<'a> RevisionSource<'a> {
    /// Reads the file. One that cannot be read counts as empty.
    pub(super) fn read(context: &Context, impact: &'a RevisionImpact) -> Self {
        let path = context.project.manifest_dir.join(impact.script.path());
        let text = fs::read_to_string(&path).unwrap_or_default();
        Self { impact, path, text }
    }

    /// The text of the file.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The statement of a number from 0.
    pub(super) fn statement(&self, number: Option<usize>) -> Option<&'a StatementImpact> {
        self.impact.statements.get(number?)
    }

    /// Finds the place of a statement; without one, that of `fn up`.
    pub(super) fn place(&self, number: Option<usize>) -> Place {
        let statement = self.statement(number).map_or("", |own| own.text.trim());
        let sought: String = statement.lines().next().unwrap_or_default().chars().take(SOUGHT).collect();
        let position = |part: &str| self.text.lines().position(|line| line.contains(part));
        let found = (!sought.is_empty()).then(|| position(&sought)).flatten();
        let line = found.or_else(|| position("fn up")).map_or(1, |line| line + 1);
        Place { file: shown(&self.path), line }
    }
}
