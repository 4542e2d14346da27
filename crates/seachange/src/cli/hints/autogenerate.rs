//! Hints for databases and entities that cannot be compared.

use seachange_cli::{Diagnostic, Exit, printable};

use super::{database, failure};
use crate::autogenerate::{AutogenerateError, EntityError, ScratchError};
use crate::database_error::reason;
use crate::error::Error;

pub(crate) fn problem(error: &AutogenerateError) -> Diagnostic {
    let plain = |exit| Diagnostic::new(exit, printable::name(&error.to_string()));
    match error {
        AutogenerateError::Scratch(ScratchError::Connect(error)) => database::connect(error)
            .hint("it is the scratch database; `--scratch-url` or `SCRATCH_DATABASE_URL` sets its URL"),
        AutogenerateError::Scratch(ScratchError::Forbidden { .. }) => plain(Exit::Connection)
            .detail("the engine creates the tables of the entities there temporarily, to read them back as the database stores them")
            .hint("name another place with `--scratch-url` or `SCRATCH_DATABASE_URL`, or grant the user the right"),
        AutogenerateError::Entities(EntityError::Schema { .. }) => {
            plain(Exit::Usage).hint("exclude it with `--exclude-table`, and remove it from the entities")
        }
        AutogenerateError::Entities(EntityError::Enumeration { .. }) => {
            plain(Exit::Usage).hint("give the types different names, or the same values")
        }
        AutogenerateError::Entities(EntityError::Duplicate { .. }) => {
            plain(Exit::Usage).hint("name only the entity that has all columns")
        }
        AutogenerateError::Entities(
            EntityError::RenamedColumnIsThere { from, .. },
        ) => plain(Exit::Usage)
            .detail("nothing was changed: a rename would lose the values of one of them")
            .hint(format!("if it is renamed already, remove `renamed_from`; if `{}` is another column, drop it or give it an entity's column first", printable::name(from))),
        AutogenerateError::Entities(EntityError::RenamedTableIsThere { .. }) => plain(Exit::Usage)
            .detail("nothing was changed: a rename would lose the rows of one of them")
            .hint("if it is renamed already, remove `renamed_from`; otherwise drop or rename one of them in a revision first"),
        AutogenerateError::Entities(EntityError::RenamedInCircle { .. }) => plain(Exit::Usage)
            .hint("write this revision by hand, with a name in between, and remove `renamed_from`"),
        AutogenerateError::Entities(EntityError::NoKeyToReferTo { .. }) => plain(Exit::Usage)
            .hint("if the relation only joins, mark it with `skip_fk`; otherwise make the columns unique"),
        AutogenerateError::Entities(EntityError::NameTooLong { .. }) => plain(Exit::Usage)
            .hint("choose a shorter name: the server would cut it, and two names could become one"),
        AutogenerateError::Entities(_) => {
            plain(Exit::Usage).hint("nothing was changed; correct the entities")
        }
        AutogenerateError::Replay(error) => replay(error),
        AutogenerateError::Statement(source) => {
            let message = format!("the database refuses the steps: {}", reason(source));
            database::with_remarks(Diagnostic::new(Exit::Failure, printable::name(&message)), source)
        }
        AutogenerateError::Inspect(source) => {
            let message = format!("cannot read the schema: {}", reason(source));
            database::with_remarks(Diagnostic::new(Exit::Failure, printable::name(&message)), source)
        }
        _ => plain(Exit::Failure),
    }
}

/// A revision that failed in a temporary database, which is dropped: nothing remains of the run.
fn replay(error: &Error) -> Diagnostic {
    let problem = match error {
        Error::Failed(failure) => failure::problem_of_replay(failure),
        other => super::problem(other),
    };
    Diagnostic { message: format!("the revisions cannot be replayed: {}", problem.message), ..problem }
}
