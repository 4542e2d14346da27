//! The settings as clap arguments and environment variables, for the command line and for
//! applications alike.
//!
//! Only this module reads the engine's settings from the process: the command line takes precedence over the
//! environment, and the environment over a `.env` file (see [`env_file`]). An application flattens [`DatabaseArgs`]
//! into its own arguments:
//!
//! ```
//! use clap::Parser;
//! use seachange::args::DatabaseArgs;
//!
//! #[derive(Parser)]
//! struct Args {
//!     #[command(flatten)]
//!     database: DatabaseArgs,
//! }
//!
//! let args = Args::parse_from(["app", "--database-url", "sqlite::memory:"]);
//! assert_eq!(args.database.resolve()?.to_string(), "sqlite::memory:");
//! # Ok::<(), seachange::settings::SettingsError>(())
//! ```
//!
//! An application that migrates at startup also uses [`LimitArgs`], for
//! [`RunOptions::limits`](crate::RunOptions::limits), and [`WaitArgs`], for
//! [`connection::wait_for_server`](crate::connection::wait_for_server).

mod ahead;
pub mod env_file;
mod flags;
mod limits;
mod misspelled;
pub mod named;
#[cfg(test)]
mod tests;
mod wait;

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, FromArgMatches};

use crate::settings::{DatabaseSettings, DatabaseVariables, SettingsError};
use flags::DatabaseFlags;
pub use limits::{LimitArgs, LockTimeoutArgs};
pub use misspelled::{Misspelled, misspelled};
pub use wait::WaitArgs;

/// Arguments that name the database, each with an environment variable as its fallback.
///
/// If `--database-url` is on the command line, the database variables of the environment are ignored, so that a URL
/// can be tried without unsetting them. The arguments are global: they can precede or follow a subcommand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DatabaseArgs {
    variables: DatabaseVariables,
}

impl DatabaseArgs {
    /// Resolves the arguments to one database.
    ///
    /// Without any setting, this is the SQLite file [`DEFAULT_PATH`](crate::settings::DEFAULT_PATH), which is
    /// intended for the first steps in a cargo project. A release build accepts this default only inside a cargo
    /// project, because elsewhere a missing variable is probably a mistake.
    ///
    /// # Errors
    ///
    /// [`SettingsError::Unset`] in that case; otherwise see [`DatabaseSettings::resolve`].
    pub fn resolve(&self) -> Result<DatabaseSettings, SettingsError> {
        if self.is_unset() && !is_default_meant(!cfg!(debug_assertions), is_in_project()) {
            return Err(SettingsError::Unset);
        }
        DatabaseSettings::resolve(&self.variables)
    }

    /// Returns whether no setting names a database, so that the default is used.
    #[must_use]
    pub fn is_unset(&self) -> bool {
        self.variables.is_unset()
    }

    /// Returns the values as they were given.
    #[must_use]
    pub const fn variables(&self) -> &DatabaseVariables {
        &self.variables
    }
}

/// Whether the default is acceptable if no setting names a database.
const fn is_default_meant(is_release: bool, is_in_project: bool) -> bool {
    !is_release || is_in_project
}

/// Whether the working directory, or one above it, is a cargo project.
fn is_in_project() -> bool {
    let folder = std::env::current_dir().unwrap_or_default();
    folder.ancestors().any(|folder| folder.join("Cargo.toml").is_file())
}

impl FromArgMatches for DatabaseArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let source = |id: &str| matches.value_source(id);
        let url_alone = source("database_url") == Some(ValueSource::CommandLine);
        let is_left_out = |id: &str| url_alone && source(id) == Some(ValueSource::EnvVariable);
        let variables = DatabaseFlags::from_arg_matches(matches)?.into_variables(is_left_out);
        Ok(Self { variables })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for DatabaseArgs {
    fn augment_args(command: Command) -> Command {
        DatabaseFlags::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        DatabaseFlags::augment_args_for_update(command)
    }
}
