//! Starts and stops a local database server for experiments: `cargo run -p seachange-tests --bin db -- postgres up`.
//!
//! The server's data is in `target/db/`. The server runs until `down`. It is configured for speed, not for safety: its
//! data does not survive a crash of the machine.

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use seachange_tests::{
    servers::{MariaDb, MySql, PersistentServer, Postgres, ServerSoftware},
    target,
};

const USAGE: &str = "usage: db <postgres|mariadb|mysql> <up|down|url>";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match args[..] {
        ["postgres", command] => perform::<Postgres>("postgres", command),
        ["mariadb", command] => perform::<MariaDb>("mariadb", command),
        ["mysql", command] => perform::<MySql>("mysql", command),
        _ => Err(USAGE.into()),
    };
    match result {
        Ok(line) => {
            let _ = writeln!(io::stdout(), "{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn perform<E: ServerSoftware>(name: &str, command: &str) -> Result<String, Box<dyn Error>> {
    let server = PersistentServer::<E>::new(target().join("db").join(name));
    match command {
        "up" => Ok(assignment(&server.up()?)),
        "url" => match server.url() {
            Some(url) => Ok(assignment(&url)),
            None => Err(format!("`{name}` does not run: start it with `just db {name} up`").into()),
        },
        "down" if server.down()? => Ok(format!("`{name}` stopped; its data stays")),
        "down" => Ok(format!("`{name}` did not run")),
        _ => Err(USAGE.into()),
    }
}

/// A line for the shell, or for `.env`.
fn assignment(url: &str) -> String {
    format!("DATABASE_URL={url}")
}
