//! The limits of a run as arguments: how long it waits, and how often it retries.

use std::time::Duration;

use clap::Args;

use crate::limits::Limits;

// Clap would use the doc comments of these groups as the description of the program that flattens them.

#[cfg_attr(doc, doc = "How long a run waits for locks and statements, and how often it retries.")]
#[cfg_attr(not(doc), expect(missing_docs, reason = "clap does not see it"))]
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitArgs {
    #[command(flatten)]
    lock: LockTimeoutArgs,

    /// How long a statement of a revision may take, such as `90s` or `5m`; 0 for no limit [the default]
    ///
    /// A statement that takes longer fails its revision. MySQL, unlike MariaDB, has no such limit: there the engine
    /// refuses to run with this option.
    #[arg(
        long,
        env = "MIGRATE_STATEMENT_TIMEOUT",
        value_name = "DURATION",
        value_parser = duration,
        help_heading = "Limits",
        hide_env_values = true
    )]
    statement_timeout: Option<OptionalValue<Duration>>,

    /// How often to retry a revision that was rolled back because it waited too long for a lock [default: 0]
    #[arg(
        long,
        env = "MIGRATE_RETRIES",
        value_name = "N",
        value_parser = number,
        help_heading = "Limits",
        hide_env_values = true
    )]
    retries: Option<OptionalValue<u32>>,

    #[command(flatten)]
    lease: LeaseArgs,
}

/// For tests of the engine.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
struct LeaseArgs {
    #[arg(long, value_name = "DURATION", value_parser = duration, hide = true)]
    lease: Option<OptionalValue<Duration>>,
}

#[cfg_attr(doc, doc = "How long to wait for another run, for commands that run no revision.")]
#[cfg_attr(not(doc), expect(missing_docs, reason = "clap does not see it"))]
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct LockTimeoutArgs {
    /// How long to wait for another run, and a statement for a lock, such as `500ms` or `30s` [default for a run:
    /// 10m]
    ///
    /// A number without a unit is in seconds. By default, the database decides how long a statement waits for a lock.
    #[arg(
        long,
        env = "MIGRATE_LOCK_TIMEOUT",
        value_name = "DURATION",
        value_parser = duration,
        help_heading = "Limits",
        hide_env_values = true
    )]
    lock_timeout: Option<OptionalValue<Duration>>,
}

impl LimitArgs {
    /// The limits that were given.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits {
            statement_timeout: self.statement_timeout.and_then(|given| given.0),
            retries: self.retries.and_then(|given| given.0).unwrap_or_default(),
            lease: self.lease.lease.and_then(|given| given.0),
            ..self.lock.limits()
        }
    }
}

impl LockTimeoutArgs {
    /// The limits that were given.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits { lock_timeout: self.lock_timeout.and_then(|given| given.0), ..Limits::default() }
    }
}

/// A value, or none: an empty variable counts as not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OptionalValue<T>(pub(super) Option<T>);

fn given<T>(text: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<OptionalValue<T>, String> {
    let text = text.trim();
    if text.is_empty() { Ok(OptionalValue(None)) } else { parse(text).map(|value| OptionalValue(Some(value))) }
}

fn number(text: &str) -> Result<OptionalValue<u32>, String> {
    given(text, |text| text.parse().map_err(|error: std::num::ParseIntError| error.to_string()))
}

/// A duration: a number of seconds, or numbers with units.
pub(super) fn duration(text: &str) -> Result<OptionalValue<Duration>, String> {
    given(text, |text| match text.parse() {
        Ok(seconds) => Ok(Duration::from_secs(seconds)),
        Err(_) => humantime::parse_duration(text).map_err(|error| error.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        limits: LimitArgs,
    }

    fn check(arguments: &[&str], expected: Result<Limits, &str>) {
        let parsed = Program::try_parse_from(["program"].iter().chain(arguments));
        match (parsed, expected) {
            (Ok(program), expected) => assert_eq!(Ok(program.limits.limits()), expected),
            (Err(error), Err(reason)) => assert!(error.to_string().contains(reason), "{error}"),
            (Err(error), Ok(limits)) => unreachable!("{limits:?} is refused: {error}"),
        }
    }

    fn lock(timeout: Duration) -> Result<Limits, &'static str> {
        Ok(Limits { lock_timeout: Some(timeout), ..Limits::default() })
    }

    #[test]
    fn lengths_of_time_have_units_or_are_seconds() {
        check(&["--lock-timeout", "500ms"], lock(Duration::from_millis(500)));
        check(&["--lock-timeout", "30s"], lock(Duration::from_secs(30)));
        check(&["--lock-timeout", "1m 30s"], lock(Duration::from_secs(90)));
        check(&["--lock-timeout", "45"], lock(Duration::from_secs(45)));
        check(&["--lock-timeout", "0"], lock(Duration::ZERO));
        check(&["--lock-timeout", "soon"], Err("expected number at 0"));
        check(&["--lock-timeout", "5 parsecs"], Err("parsecs"));
        check(&["--lock-timeout=-1s"], Err("expected number at 0"));
    }

    #[test]
    fn nothing_is_limited_where_nothing_is_said() {
        check(&[], Ok(Limits::default()));
        check(&["--lock-timeout", "", "--statement-timeout", " ", "--retries", ""], Ok(Limits::default()));
    }

    #[test]
    fn every_limit_arrives() {
        let limits =
            Limits { lock_timeout: None, statement_timeout: Some(Duration::from_secs(120)), retries: 3, lease: None };
        check(&["--statement-timeout", "2m", "--retries", "3"], Ok(limits));
        check(&["--retries", "many"], Err("invalid digit"));
    }
}
