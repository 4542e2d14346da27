//! The results of settings from the command line and from a file.
#![expect(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use std::ffi::OsString;

use clap::{CommandFactory, Parser, Subcommand};

use super::{DatabaseArgs, env_file};

#[derive(Parser)]
struct Program {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(subcommand)]
    command: Option<Sub>,
}

#[derive(Subcommand)]
enum Sub {
    Up,
}

#[test]
fn arguments_stand_before_or_behind_a_subcommand() {
    let url = "postgres://u:pw@db/app";
    for arguments in [["program", "--database-url", url, "up"], ["program", "up", "--database-url", url]] {
        let program = Program::parse_from(arguments);
        assert!(program.command.is_some());
        let settings = program.database.resolve().unwrap();
        assert_eq!(settings.to_string(), "postgres://u:***@db/app");
        assert!(!format!("{:?}", program.database).contains("pw"));
    }
}

#[test]
fn help_shows_every_variable() {
    let help = Program::command().render_long_help().to_string();
    for name in [
        "URL",
        "DRIVER",
        "HOSTNAME",
        "PORT",
        "USERNAME",
        "PASSWORD",
        "PASSWORD_FILE",
        "NAME",
        "SCHEMA",
        "TLS_MODE",
        "TLS_CA_FILE",
    ] {
        assert!(help.contains(&format!("[env: DATABASE_{name}]")), "{name}: {help}");
    }
    assert!(help.contains(env_file::VARIABLE), "{help}");
    assert!(help.starts_with("Usage:"), "it leaves the description alone: {help}");
}

fn load(path: &std::path::Path) -> Result<(), String> {
    let arguments = ["program", "up", "--env-file"].map(OsString::from);
    let arguments = arguments.into_iter().chain([path.into()]);
    env_file::load(arguments).map(drop).map_err(|error| error.to_string().replace(path.to_str().unwrap(), "FILE"))
}

#[test]
fn a_named_file_has_to_exist() {
    let folder = tempfile::tempdir().unwrap();
    let error = load(&folder.path().join("none")).unwrap_err();
    assert_eq!(error, "no file `FILE`, which `--env-file` names");
}

#[test]
fn a_malformed_line_is_named_without_its_value() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".env");
    for (text, line) in [
        ("secret", 1),
        ("A_=1\nB_=2\nse cret=1\n", 3),
        ("# A\n\nA_=1\n\nsecret\nB_=2\n", 5),
        ("A_=1\nB_='secret\nB_=2\n", 2),
        ("A_='1\n2'\nsecret", 3),
        ("A_=1\r\nsecret\r\n", 2),
        ("A_='x\ny' secret z\nB_=1", 1),
    ] {
        std::fs::write(&path, text).unwrap();
        let error = load(&path).unwrap_err();
        let expect = format!("line {line} of `FILE` is not `NAME=value`, or has a quote too many or too few");
        assert_eq!(error, expect, "{text:?}");
        assert!(std::env::var("A_").is_err(), "nothing is set by half");
    }
}

#[test]
fn the_default_is_meant_in_a_project_or_while_it_is_built() {
    assert!(super::is_default_meant(false, false));
    assert!(super::is_default_meant(false, true));
    assert!(super::is_default_meant(true, true));
    assert!(!super::is_default_meant(true, false));
    let parse = |arguments: &[&str]| Program::parse_from(["program"].iter().chain(arguments)).database;
    if std::env::var_os("DATABASE_URL").is_none() {
        assert!(parse(&[]).is_unset());
        assert!(parse(&["--database-url", " "]).is_unset());
    }
    assert!(!parse(&["--database-url", "sqlite:data/app.db"]).is_unset());
    assert!(!parse(&["--database-driver", "sqlite"]).is_unset());
}

#[test]
fn the_environment_wins_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("my.env");
    std::fs::write(&path, "\u{feff}SEACHANGE_TEST_ONE='P@ss w%rd/:?#é'\nCARGO_PKG_NAME=other\n").unwrap();
    load(&path).unwrap();
    assert_eq!(std::env::var("SEACHANGE_TEST_ONE").unwrap(), "P@ss w%rd/:?#é");
    assert_eq!(std::env::var("CARGO_PKG_NAME").unwrap(), "seachange");
}

/// The example is next to the workspace, and is not part of the published crate.
fn example() -> Option<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.env.example");
    std::fs::read_to_string(path).ok()
}

#[test]
fn the_example_changes_nothing_and_names_every_variable() {
    let Some(text) = example() else { return };
    assert_eq!(dotenvy::from_read_iter(text.as_bytes()).count(), 0);
    let command = Program::command();
    let variables = command.get_arguments().filter_map(|argument| argument.get_env());
    for variable in variables {
        let line = format!("# {}=", variable.to_str().unwrap());
        assert!(text.contains(&line), "{line}");
    }
    assert!(text.contains("# MIGRATE_WAIT="));
}

#[test]
fn the_example_is_well_formed_once_it_is_uncommented() {
    let Some(text) = example() else { return };
    let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let uncommented = text.lines().filter_map(|line| {
        let line = line.strip_prefix("# ")?;
        line.split_once('=').filter(|(name, _)| is_name(name)).map(|_| line)
    });
    let uncommented: Vec<_> = uncommented.collect();
    let joined = uncommented.join("\n");
    let read = dotenvy::from_read_iter(joined.as_bytes()).collect::<Result<Vec<_>, _>>().unwrap();
    assert_eq!(read.len(), uncommented.len());
    assert!(read.len() > 15, "{read:?}");
}
