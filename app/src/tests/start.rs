//! The command line, and what stops the service from starting.

use clap::{CommandFactory, Parser};
use insta::assert_snapshot;

use crate::args::{Args, MigrateMode};
use crate::migrate::SchemaError;
use crate::start::StartError;

#[test]
fn the_command_line_is_sound() {
    Args::command().debug_assert();
}

#[test]
fn modes_have_names() {
    let mode = |name| Args::try_parse_from(["app", "--migrate", name]).map(|args| args.migrate);
    assert_eq!(mode("up").unwrap(), MigrateMode::Up);
    assert_eq!(mode("check").unwrap(), MigrateMode::Check);
    assert_eq!(mode("off").unwrap(), MigrateMode::Off);
    assert!(mode("down").is_err());
}

#[test]
fn a_database_that_is_behind() {
    let error = StartError::from(SchemaError::Behind { pending: vec!["1975ea83b712", "ae1027a6acf4"] });
    assert_snapshot!(error, @"the database is behind this program, pending: `1975ea83b712`, `ae1027a6acf4`");
    assert_snapshot!(error.hint().unwrap(), @"apply them with `cargo run -p migration -- up`, or start with `--migrate up`");
}
