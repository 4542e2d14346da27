//! The help of the command line, and its behaviour without a terminal.

use seachange_tests::{
    Backend, Output, Program, TestDatabase,
    harness::{Case, TestResult},
    named, snapshot,
};

/// The commands with their own help text.
const COMMANDS: [&str; 29] = [
    "up",
    "upgrade",
    "down",
    "downgrade",
    "status",
    "current",
    "heads",
    "branches",
    "history",
    "graph",
    "show",
    "revision",
    "check",
    "lint",
    "diff",
    "merge",
    "squash",
    "edit",
    "stamp",
    "ensure-version",
    "adopt",
    "test",
    "repair",
    "backfill",
    "reset",
    "refresh",
    "fresh",
    "init",
    "completions",
];

pub(crate) fn trials() -> Vec<Case> {
    let tests = named![
        help_teaches,
        version_is_told,
        completions_know_the_commands,
        colors_are_for_terminals,
        quiet_says_nothing,
        reader_may_go_away,
        a_lost_answer_is_an_error,
        every_command_is_known_here,
        another_project_of_that_name
    ];
    tests.map(|(name, test)| Case::on(Backend::Sqlite, &format!("command_line::{name}"), test)).into()
}

fn succeed(database: &TestDatabase, arguments: &[&str]) -> Result<Output, Box<dyn std::error::Error>> {
    Ok(Program::migration().database(database).args(arguments).run()?.succeeded()?)
}

fn help_teaches(database: &TestDatabase) -> TestResult {
    let check = |name: String, arguments: &[&str]| -> TestResult {
        let output = Program::migration().folder(database.folder()).args(arguments).run()?.succeeded()?;
        assert_eq!(output.stderr, "");
        snapshot::settings(database).bind(|| insta::assert_snapshot!(name, output.stdout));
        Ok(())
    };
    check("help".to_owned(), &["-h"])?;
    check("help_long".to_owned(), &["--help"])?;
    for command in COMMANDS {
        check(format!("help_{command}"), &[command, "-h"])?;
    }
    Ok(())
}

fn every_command_is_known_here(database: &TestDatabase) -> TestResult {
    let help = succeed(database, &["-h"])?.stdout;
    let list = help.split("Commands:\n").nth(1).and_then(|rest| rest.split("\n\n").next()).ok_or("a list")?;
    let names = list.lines().filter_map(|line| line.split_whitespace().next());
    // Continued descriptions are not at the margin.
    let names: Vec<&str> =
        names.zip(list.lines()).filter(|(_, line)| !line.starts_with("   ")).map(|(name, _)| name).collect();
    assert_eq!(names, [&COMMANDS[..], &["help"]].concat());
    Ok(())
}

fn version_is_told(database: &TestDatabase) -> TestResult {
    let output = succeed(database, &["--version"])?;
    assert_eq!(output.stdout, format!("migration {}\n", env!("CARGO_PKG_VERSION")));
    Ok(())
}

fn completions_know_the_commands(database: &TestDatabase) -> TestResult {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = succeed(database, &["completions", shell])?;
        let unknown: Vec<&str> = COMMANDS.into_iter().filter(|command| !output.stdout.contains(command)).collect();
        assert!(unknown.is_empty(), "{shell}: {unknown:?}");
        assert_eq!(output.stderr, "");
    }
    Ok(())
}

fn colors_are_for_terminals(database: &TestDatabase) -> TestResult {
    let is_colored = |arguments: &[&str], variable: Option<&str>| -> Result<bool, Box<dyn std::error::Error>> {
        let mut program = Program::migration().database(database).args(arguments);
        program = variable.into_iter().fold(program, |program, name| program.env(name, "1"));
        Ok(program.run()?.to_string().contains('\u{1b}'))
    };
    for command in [&["history"][..], &["up", "1"], &["down"], &["up", "nonsense"], &["--help"], &["upp"]] {
        let with = |choice| [command, &["--color", choice]].concat();
        assert!(!is_colored(command, None)?, "{command:?}: a pipe has no colours");
        assert!(!is_colored(command, Some("NO_COLOR"))?, "{command:?}");
        assert!(!is_colored(&with("never"), Some("CLICOLOR_FORCE"))?, "{command:?}");
    }
    for command in [&["history"][..], &["history", "--graph"], &["status"], &["up", "nonsense"]] {
        let always = [command, &["--color", "always"]].concat();
        assert!(is_colored(&always, None)?, "{command:?}");
        assert!(is_colored(&always, Some("NO_COLOR"))?, "{command:?}: an argument wins over the environment");
    }
    Ok(())
}

fn quiet_says_nothing(database: &TestDatabase) -> TestResult {
    for command in [&["up"][..], &["up"], &["down", "2"], &["stamp", "head"], &["fresh", "--yes"], &["reset", "--yes"]]
    {
        let output = succeed(database, &[command, &["-q"]].concat())?;
        assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", ""), "{command:?}");
    }
    Ok(())
}

/// As in `history | head -1`, but the reader reads nothing at all.
fn reader_may_go_away(database: &TestDatabase) -> TestResult {
    let program = Program::migration().executable()?.display().to_string();
    for arguments in [
        "history",
        "history --format json",
        "history --graph",
        "graph --format svg",
        "status",
        "--help",
        "completions bash",
        "heads",
    ] {
        let script = format!("set -o pipefail; '{program}' {arguments} | true");
        let output = Program::at("bash").args(["-c", &script]).database(database).run()?;
        assert!(!output.stderr.contains("panicked"), "{arguments}: {output}");
        assert_ne!(output.code, Some(101), "{arguments}: {output}");
    }
    Ok(())
}

/// As on a full disk: a later reader of the file must not take it for the complete output.
fn a_lost_answer_is_an_error(database: &TestDatabase) -> TestResult {
    let program = Program::migration().executable()?.display().to_string();
    for arguments in [
        "history",
        "history --graph",
        "heads --format json",
        "status",
        "graph",
        "completions bash",
        "up --dry-run",
        "--help",
        "--version",
    ] {
        let script = format!("'{program}' {arguments} >/dev/full");
        let output = Program::at("bash").args(["-c", &script]).database(database).run()?;
        assert_eq!(output.code, Some(1), "{arguments}: {output}");
        let last = output.stderr.lines().last().unwrap_or_default();
        assert_eq!(last, "error: cannot write the answer: no storage space", "{arguments}");
    }
    Ok(())
}

/// Two projects with a crate of the same name share a target directory: cargo may start the program of the other one.
fn another_project_of_that_name(database: &TestDatabase) -> TestResult {
    let program = |root: &std::path::Path| {
        let program = Program::migration().database(database).arg("up").env("CARGO_PKG_NAME", "migration");
        program.env("CARGO_MANIFEST_DIR", root).run()
    };
    let refused = program(database.folder())?;
    assert_eq!(refused.code, Some(4), "{refused}");
    assert!(refused.stderr.contains("cargo runs it for `"), "{refused}");
    assert_eq!(database.tables()?, Vec::<String>::new(), "nothing was run");
    program(&seachange_tests::workspace().join("migration"))?.succeeded()?;
    Ok(())
}
