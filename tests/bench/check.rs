//! `check` of a database that matches its entities, beside Alembic's on the same tables.
//!
//! Alembic is measured where `ALEMBIC_PYTHON` names a Python that has Alembic, SQLAlchemy and a driver for PostgreSQL:
//! `just bench-check` installs one.

mod once;
mod tables;

use std::error::Error;
use std::path::Path;
use std::process::Command;

use seachange_tests::servers::SharedServers;
use seachange_tests::{Backend, block_on};

use crate::database::{Database, Place};
use crate::figures::Figures;
use crate::{Options, say};

pub(crate) use once::once;

/// One measured run, in its own process.
#[derive(Debug, Clone, Copy)]
struct Run {
    milliseconds: f64,
    /// The peak memory of the process.
    megabytes: f64,
}

/// Prints times and memory by the number of tables, alone and with as many undeclared views and functions, and Alembic's
/// time divided by that of the engine.
pub(crate) fn compare(servers: &SharedServers, options: &Options, counts: &[usize]) -> Result<(), Box<dyn Error>> {
    let alembic = std::env::var("ALEMBIC_PYTHON").ok();
    say!("Comparing entities with a database that fits them, {} rounds, medians", options.rounds);
    if alembic.is_none() {
        say!("(Alembic is not measured: `ALEMBIC_PYTHON` names no Python that has it)");
    }
    let columns = ["tables", "objects"].map(|column| format!("{column:>8}")).concat();
    say!("{:18}{columns}{:>12}{:>10}{:>14}{:>10}{:>10}", "", "ours, ms", "MB", "Alembic, ms", "MB", "ratio");
    for place in options.places().filter(|place| [Backend::Sqlite, Backend::Postgres].contains(&place.backend())) {
        for &count in counts.iter().filter(|_| place != Place::Memory) {
            let database = place.create(servers)?;
            block_on(tables::create(&database.url, count))?;
            for objects in [0, count] {
                block_on(tables::create_objects(&database.url, objects))?;
                let (ours, theirs) = measure(&database, count, options.rounds, alembic.as_deref())?;
                say!("{place:18}{count:>8}{objects:>8}{}", line(&ours, &theirs));
            }
        }
    }
    Ok(())
}

fn measure(
    database: &Database,
    count: usize,
    rounds: usize,
    alembic: Option<&str>,
) -> Result<(Vec<Run>, Vec<Run>), Box<dyn Error>> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let count = count.to_string();
    for _ in 0..rounds {
        ours.push(run(Command::new(std::env::current_exe()?).args(["check-once", &database.url, &count]))?);
        if let Some(python) = alembic {
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/check/alembic_check.py");
            theirs.push(run(Command::new(python).arg(script).args([&database.url, &count]))?);
        }
    }
    Ok((ours, theirs))
}

/// Runs a process that prints its time in milliseconds and its peak memory in megabytes.
fn run(command: &mut Command) -> Result<Run, Box<dyn Error>> {
    let output = command.output()?;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].concat();
        return Err(String::from_utf8_lossy(&said).into_owned().into());
    }
    let text = String::from_utf8(output.stdout)?;
    let mut numbers = text.split_whitespace().map(str::parse);
    let (Some(milliseconds), Some(megabytes)) = (numbers.next(), numbers.next()) else {
        return Err(format!("no measurement: {text}").into());
    };
    Ok(Run { milliseconds: milliseconds?, megabytes: megabytes? })
}

fn line(ours: &[Run], theirs: &[Run]) -> String {
    let time = |runs: &[Run]| Figures::new(runs.iter().map(|run| run.milliseconds)).median();
    let memory = |runs: &[Run]| Figures::new(runs.iter().map(|run| run.megabytes)).median();
    let start = format!("{:>12.0}{:>10.0}", time(ours), memory(ours));
    if theirs.is_empty() {
        return start;
    }
    format!("{start}{:>14.0}{:>10.0}{:>10.1}", time(theirs), memory(theirs), time(theirs) / time(ours))
}
