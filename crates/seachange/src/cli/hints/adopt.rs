//! What can be done where the record of another tool cannot be taken over.

use seachange_graph::error::quoted;

use crate::adopt::{AdoptError, MigrationTool};
use crate::cli::exit::Exit;
use crate::cli::printable;
use crate::cli::problem::Diagnostic;

pub(super) fn problem(error: &AdoptError) -> Diagnostic {
    let problem = Diagnostic::new(Exit::Mismatch, printable::name(&error.to_string()));
    match error {
        AdoptError::NoTable { .. } => {
            problem.hint("`--table` and `--table-schema` name another one; the settings say which database is asked")
        }
        AdoptError::ForeignTable { .. } => problem.hint("`--from` says whose table it is, `--table` which"),
        AdoptError::Unknown { tool: MigrationTool::SeaOrm, .. } => problem
            .hint("a version is the file name, the `MigrationName` or the id of a revision: give the revision that it became one of them"),
        AdoptError::Unknown { tool: MigrationTool::Alembic, .. } => {
            problem.hint("a version is the id of a revision: give it to the revision that it became")
        }
        AdoptError::Ambiguous { .. } => problem.hint("give one of them the version as its id, or as its `MigrationName`"),
        AdoptError::Missing { missing, .. } => problem
            .hint("apply them with the old program first, or put them after what is applied")
            .hint(format!("if the database has what {} would do, `stamp` says so without this table", quoted(missing))),
        AdoptError::Recorded { .. } => problem
            .hint("`status` shows what is recorded; `stamp --purge REVISION` writes it anew, `stamp --purge base` empties it"),
    }
}
