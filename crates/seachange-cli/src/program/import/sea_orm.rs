//! Crates of sea-orm-migration.

use std::path::Path;

use super::ImportArgs;
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::terminal::Terminal;

/// Converts a crate of sea-orm-migration.
pub(super) fn run(_args: &ImportArgs, _here: &Path, _terminal: Terminal) -> Result<Exit, Diagnostic> {
    Err(Diagnostic::usage("crates of sea-orm-migration are not supported yet"))
}
