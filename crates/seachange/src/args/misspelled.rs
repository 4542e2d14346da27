//! Variables without effect that look like settings.

use std::collections::BTreeSet;
use std::env;

use clap::{Args, Command};

use super::{DatabaseArgs, LimitArgs, WaitArgs};

/// Variables that are not part of [`DatabaseArgs`], [`LimitArgs`] and [`WaitArgs`], but have similar names.
const OTHERS: [&str; 3] = ["MIGRATE_AHEAD", "MIGRATE_ON_START", "SCRATCH_DATABASE_URL"];

/// Names that other programs use for the same settings, so they are not typing errors.
const ELSEWHERE: [(&str, &str); 6] = [
    ("DATABASE_HOST", "DATABASE_HOSTNAME"),
    ("DATABASE_USER", "DATABASE_USERNAME"),
    ("DATABASE_PASS", "DATABASE_PASSWORD"),
    ("DATABASE_PASSWD", "DATABASE_PASSWORD"),
    ("DATABASE_SSLMODE", "DATABASE_TLS_MODE"),
    ("DATABASE_SSL_MODE", "DATABASE_TLS_MODE"),
];

/// The minimum length of the last part of a name for two typing errors to be accepted; in shorter names, one is
/// accepted.
const LONG: usize = 6;

/// A variable without effect that looks like a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misspelled {
    /// The variable that is set.
    pub found: String,
    /// The setting that was probably intended; it is not set.
    pub meant: String,
}

/// Returns the variables of the environment that look like settings but are not, sorted. The variables of a `.env`
/// file are part of the environment after it is [loaded](super::env_file::load).
#[must_use]
pub fn misspelled() -> Vec<Misspelled> {
    let set = env::vars_os().filter(|(_, value)| !value.is_empty());
    similar_names(&set.map(|(name, _)| name.to_string_lossy().into_owned()).collect())
}

fn similar_names(set: &BTreeSet<String>) -> Vec<Misspelled> {
    let known = known();
    let unset: Vec<&String> = known.iter().filter(|name| !set.contains(*name)).collect();
    let candidates = set.iter().filter(|name| !known.contains(*name));
    let found = candidates.filter_map(|name| {
        let meant = closest(name, &unset)?.clone();
        Some(Misspelled { found: name.clone(), meant })
    });
    found.collect()
}

/// The known name that was probably intended, if one is similar enough.
fn closest<'a>(name: &str, unset: &[&'a String]) -> Option<&'a String> {
    let upper = name.trim().to_ascii_uppercase().replace('-', "_");
    if let Some((_, meant)) = ELSEWHERE.iter().find(|(elsewhere, _)| *elsewhere == upper) {
        return unset.iter().find(|known| known.as_str() == *meant).copied();
    }
    let distance = |known: &str| strsim::damerau_levenshtein(&upper, known);
    let near = unset.iter().filter(|known| distance(known) <= allowed(known));
    near.min_by_key(|known| distance(known)).copied()
}

/// The number of letters that may differ from a known name.
fn allowed(known: &str) -> usize {
    let last = known.split_once('_').map_or(known, |(_, last)| last);
    if last.len() < LONG { 1 } else { 2 }
}

/// The names of all variables that are read.
fn known() -> BTreeSet<String> {
    let command = WaitArgs::augment_args(LimitArgs::augment_args(DatabaseArgs::augment_args(Command::new("names"))));
    let variables = command.get_arguments().filter_map(|argument| argument.get_env());
    variables.map(|name| name.to_string_lossy().into_owned()).chain(OTHERS.map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::similar_names;

    fn check(set: &[&str], expect: &[(&str, &str)]) {
        let found = similar_names(&set.iter().map(ToString::to_string).collect());
        let found: Vec<_> = found.iter().map(|it| (it.found.as_str(), it.meant.as_str())).collect();
        assert_eq!(found, expect, "{set:?}");
    }

    #[test]
    fn a_slip_is_told() {
        check(&["database_hostname"], &[("database_hostname", "DATABASE_HOSTNAME")]);
        check(&["DATABASE_HOSTNAME "], &[("DATABASE_HOSTNAME ", "DATABASE_HOSTNAME")]);
        check(&["DATABASE_HOSTNAEM"], &[("DATABASE_HOSTNAEM", "DATABASE_HOSTNAME")]);
        check(&["DATABSE_URL"], &[("DATABSE_URL", "DATABASE_URL")]);
        check(&["database-url"], &[("database-url", "DATABASE_URL")]);
        check(&["DATABASE_HOST"], &[("DATABASE_HOST", "DATABASE_HOSTNAME")]);
        check(&["MIGRATE_LOCK_TIMOUT"], &[("MIGRATE_LOCK_TIMOUT", "MIGRATE_LOCK_TIMEOUT")]);
        check(&["SEACHANGE_ENVFILE"], &[("SEACHANGE_ENVFILE", "SEACHANGE_ENV_FILE")]);
    }

    #[test]
    fn what_is_right_or_of_another_program_is_not() {
        check(&["DATABASE_URL", "DATABASE_PORT", "MIGRATE_ON_START"], &[]);
        check(&["DATABASE_URL", "database_url", "DATABASE_URI"], &[]);
        check(&["TEST_DATABASE_URL", "DATABASE_POOL_SIZE", "PGHOST", "HOSTNAME", "DB_URL", "DATABASE_DATE"], &[]);
    }
}
