//! Databases and entities that cannot be compared.

use super::database;
use crate::autogenerate::{AutogenerateError, EntityError, ScratchError};
use crate::cli::exit::Exit;
use crate::cli::problem::Problem;

pub(crate) fn problem(error: &AutogenerateError) -> Problem {
    let plain = |exit| Problem::new(exit, error.to_string());
    match error {
        AutogenerateError::Scratch(ScratchError::Connect(error)) => database::connect(error)
            .hint("it is the scratch database: `--scratch-url` or `SCRATCH_DATABASE_URL` says where"),
        AutogenerateError::Scratch(ScratchError::Forbidden { .. }) => plain(Exit::Connection)
            .detail("the tables of the entities are built there for a moment, to see what the database makes of them")
            .hint("name another place with `--scratch-url` or `SCRATCH_DATABASE_URL`, or grant the user the right"),
        AutogenerateError::Entities(EntityError::Schema { .. }) => {
            plain(Exit::Usage).hint("leave it out with `--exclude-table`, and out of the entities")
        }
        AutogenerateError::Entities(EntityError::Enumeration { .. }) => {
            plain(Exit::Usage).hint("give the types different names, or the same values")
        }
        AutogenerateError::Entities(EntityError::Duplicate { .. }) => {
            plain(Exit::Usage).hint("name only the entity that has all columns")
        }
        AutogenerateError::Entities(_) => {
            plain(Exit::Usage).hint("nothing was changed: it is the entities that have to be")
        }
        AutogenerateError::Replay(error) => {
            let problem = super::problem(error);
            Problem { message: format!("the revisions cannot be replayed: {}", problem.message), ..problem }
        }
        _ => plain(Exit::Failure),
    }
}
