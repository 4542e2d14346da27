//! Hints for a record of another tool that cannot be taken over.

use seachange_cli::{Diagnostic, Exit, printable};
use seachange_graph::error::quoted;

use crate::adopt::{AdoptError, MigrationTool};

pub(super) fn problem(error: &AdoptError) -> Diagnostic {
    let problem = Diagnostic::new(Exit::Mismatch, printable::name(&error.to_string()));
    match error {
        AdoptError::NoTable { .. } => {
            problem.hint("`--table` and `--table-schema` name another table; the settings name the database")
        }
        AdoptError::ForeignTable { .. } => problem.hint("`--from` names the tool, `--table` its table"),
        AdoptError::Unknown { tool: MigrationTool::SeaOrm, .. } => problem
            .hint("a version is the file name, the `MigrationName` or the id of a revision: set one of them on the revision that replaces it"),
        AdoptError::Unknown { tool: MigrationTool::Alembic, .. } => {
            problem.hint("a version is the id of a revision: set it as the id of the revision that replaces it")
        }
        AdoptError::Unknown { .. } => problem
            .hint("the id of a revision begins with its version: `seachange import` writes the revisions of the other tool"),
        AdoptError::Dirty { tool: MigrationTool::GolangMigrate, version, .. } => problem
            .hint(format!("correct the database by hand; then `migrate force {version}`, or the version before it, records where it is")),
        AdoptError::Dirty { table, .. } => problem.hint(format!(
            "correct the database by hand; then delete the row in `{table}` if nothing of the version is left, or set `success` if all of it is there"
        )),
        AdoptError::Ambiguous { .. } => problem.hint("give one of them the version as its id, or as its `MigrationName`"),
        AdoptError::Missing { missing, .. } => problem
            .hint("apply them with the old program first, or move them after the applied revisions")
            .hint(format!("if the database already has the changes of {}, `stamp` records that without this table", quoted(missing))),
        AdoptError::Recorded { .. } => problem
            .hint("`status` shows what is recorded; `stamp --purge REVISION` rewrites it, `stamp --purge base` empties it"),
    }
}
