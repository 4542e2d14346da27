//! The settings as clap arguments and environment variables, for the command line and for
//! applications alike.
//!
//! This is the only place where the engine's settings meet the process: the command line wins over
//! the environment, and the environment over a `.env` file (see [`env_file`]). An application flattens
//! [`DatabaseArgs`] into its own arguments:
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

mod ahead;
pub mod env_file;
mod flags;
#[cfg(test)]
mod tests;

use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, FromArgMatches};

use crate::settings::{DatabaseSettings, SettingsError, Variables};
use flags::Flags;

/// Arguments that name the database, each with the environment variable that it falls back on.
///
/// `--database-url` on the command line stands alone: what the environment says about the database is
/// left out then, so that a URL can be tried without emptying the environment first. They are
/// global, so that they may stand before or behind a subcommand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DatabaseArgs {
    variables: Variables,
}

impl DatabaseArgs {
    /// Resolves the arguments to one database.
    ///
    /// # Errors
    ///
    /// See [`DatabaseSettings::resolve`].
    pub fn resolve(&self) -> Result<DatabaseSettings, SettingsError> {
        DatabaseSettings::resolve(&self.variables)
    }

    /// Returns the values as they were given.
    #[must_use]
    pub const fn variables(&self) -> &Variables {
        &self.variables
    }
}

impl FromArgMatches for DatabaseArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let source = |id: &str| matches.value_source(id);
        let url_alone = source("database_url") == Some(ValueSource::CommandLine);
        let is_left_out = |id: &str| url_alone && source(id) == Some(ValueSource::EnvVariable);
        let variables = Flags::from_arg_matches(matches)?.into_variables(is_left_out);
        Ok(Self { variables })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for DatabaseArgs {
    fn augment_args(command: Command) -> Command {
        Flags::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Flags::augment_args_for_update(command)
    }
}
