//! Hints for fleets that cannot be run.

use seachange_cli::{Diagnostic, Exit, printable};

use super::database;
use crate::fleet::FleetError;

impl From<FleetError> for Diagnostic {
    fn from(error: FleetError) -> Self {
        let plain = Self::usage(printable::name(&error.to_string()));
        match error {
            FleetError::Connect(error) => database::connect(&error),
            FleetError::Run(error) => (*error).into(),
            FleetError::Settings { target, source } => {
                let problem = Self::from(*source);
                Self {
                    message: format!("the settings of `{}` are invalid: {}", printable::name(&target), problem.message),
                    ..problem
                }
            }
            FleetError::SameName { .. } => plain.hint("give one of them another name, or its group a name"),
            FleetError::SameDatabase { .. } => plain.hint("remove one of them"),
            FleetError::Schema { .. } => plain.hint("rename the schema, or leave it out of the fleet"),
            FleetError::SeveralSystems { .. } => {
                plain.hint("run each system by itself: `--only PATTERN` and `--tagged TAG` select targets")
            }
            FleetError::NoMatch { what: "schema" | "database", .. } => {
                plain.hint("those of the system are never matched; this user may not see all of them")
            }
            FleetError::Database { ref source, .. } => {
                database::with_remarks(Self { exit: Exit::Connection, ..plain }, source)
            }
            FleetError::TooFewConnections { .. } => Self { exit: Exit::Connection, ..plain }
                .detail("each target that runs takes two connections, and a third one for moments")
                .hint("lower `--jobs` or `--jobs-per-server`, or raise the limit of the server"),
            FleetError::TooFewPrepared { .. } => Self { exit: Exit::Connection, ..plain }
                .hint("raise `max_prepared_transactions` of the server, which is 0 by default; it takes a restart"),
            FleetError::NotTogether { .. } => plain.hint(
                "`revision --autogenerate --online` writes changes with which old and new versions work meanwhile",
            ),
            FleetError::Undecided { .. } => Self { exit: Exit::Mismatch, ..plain }.hint(
                "run the command with the fleet of that run; the prepared transaction keeps its locks until then",
            ),
            FleetError::Unsupported { .. } => {
                plain.hint("`--databases` takes the databases of a server, `--files` the files of SQLite")
            }
            _ => plain,
        }
    }
}
