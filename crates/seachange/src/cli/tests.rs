//! Command lines of other tools, and what is said about them.

use std::error::Error;
use std::fs;
use std::path::Path;

use clap::CommandFactory;
use seachange_cli::{
    elsewhere::{COMMANDS, OPTIONS, explain},
    spec::CommandSpec,
};

use super::arguments::Arguments;

/// The answer to a command line: the message and the hint.
fn answer(line: &str) -> String {
    let words: Vec<String> = ["migration"].into_iter().chain(line.split(' ')).map(str::to_owned).collect();
    match Arguments::command().try_get_matches_from(&words) {
        Ok(_) => "accepted".to_owned(),
        Err(error) => match explain(&error, &words) {
            Some(problem) => format!("{}: {}", problem.message, problem.hints.join("; ")),
            None => format!("clap: {:?}", error.kind()),
        },
    }
}

#[test]
fn spellings_of_alembic_are_answered() {
    let lines = [
        "-c alembic.ini upgrade head",
        "--config=alembic.ini upgrade head",
        "-n other upgrade head",
        "--name other current",
        "-x data=true upgrade head",
        "upgrade head --tag v1",
        "upgrade head -x data=true",
        "list_templates",
        "ensure_version",
        "revision --sql -m x",
        "init -t async alembic",
    ];
    insta::assert_snapshot!(lines.map(|line| format!("{line}\n    {}", answer(line))).join("\n"), @r"
    -c alembic.ini upgrade head
        there is no option `-c`: settings are arguments, variables and `.env`, of which `--env-file` names another
    --config=alembic.ini upgrade head
        there is no option `--config`: settings are arguments, variables and `.env`, of which `--env-file` names another
    -n other upgrade head
        accepted
    --name other current
        there is no option `--name`: `-n NAME` (`--settings NAME`) uses `NAME_DATABASE_URL` as the database
    -x data=true upgrade head
        there is no option `-x`: only commands that run revisions take arguments for them: `up -x NAME=VALUE`
    upgrade head --tag v1
        accepted
    upgrade head -x data=true
        accepted
    list_templates
        there is no command `list_templates`: there is one template of revision files, unless `[package.metadata.seachange]` names another with `template`
    ensure_version
        accepted
    revision --sql -m x
        there is no option `--sql`: `revision` writes Rust; `up --sql` writes the script of revisions
    init -t async alembic
        there is no option `-t`: there is one template: `init DIR` writes it
    ");
}

#[test]
fn spellings_of_sea_orm_cli_are_answered() {
    let lines = [
        "migrate up",
        "migrate up -n 1",
        "migrate",
        "up -n 1",
        "up -n3",
        "down --num=2",
        "up -u postgres://db/app",
        "up -s app",
        "status -d migration",
        "generate add_users --universal-time",
    ];
    insta::assert_snapshot!(lines.map(|line| format!("{line}\n    {}", answer(line))).join("\n"), @r"
    migrate up
        there is no command `migrate`: omit `migrate`: `up`
    migrate up -n 1
        there is no command `migrate`: omit `migrate`: `up 1`
    migrate
        there is no command `migrate`: commands have no prefix here: `up`, `down`, `status`, `fresh`
    up -n 1
        accepted
    up -n3
        accepted
    down --num=2
        there is no option `--num`: write only the number: `down 2`
    up -u postgres://db/app
        there is no option `-u`: the database is `--database-url URL`
    up -s app
        there is no option `-s`: the schema is `--database-schema SCHEMA`
    status -d migration
        there is no option `-d`: the program knows its own folder; `revision --version-path DIR` chooses one of several
    generate add_users --universal-time
        there is no option `--universal-time`: files are named after the day in UTC, and ids have no time in them
    ");
}

#[test]
fn what_is_ours_is_not_explained_away() {
    assert_eq!(answer("upp"), "clap: InvalidSubcommand");
    assert_eq!(answer("up --fast"), "clap: UnknownArgument");
    let command = Arguments::command();
    for name in COMMANDS.iter().flat_map(|(names, _)| *names) {
        assert!(command.find_subcommand(name).is_none(), "{name}");
    }
    for name in OPTIONS.iter().flat_map(|(names, _, _)| *names) {
        let name = name.trim_start_matches('-');
        assert!(!command.get_arguments().any(|argument| argument.get_long() == Some(name)), "{name}");
    }
}

/// The installed program has a description of this command line. `UPDATE_COMMANDS=1` writes it.
#[test]
fn the_installed_program_knows_every_command() -> Result<(), Box<dyn Error>> {
    let command = Arguments::command().name("migration");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../seachange-cli/src/commands.json");
    let found = serde_json::to_string_pretty(&CommandSpec::of(&command))? + "\n";
    if std::env::var_os("UPDATE_COMMANDS").is_some() {
        fs::write(&file, &found)?;
    }
    assert!(
        fs::read_to_string(&file)? == found,
        "`{}` describes another command line: `UPDATE_COMMANDS=1` before the test writes it",
        file.display()
    );
    Ok(())
}
