//! Five runners, started at once on an empty database: those of seachange, and sea-orm-migration's `Migrator` with the
//! same revisions. `cargo run -p seachange-tests --bin five-runners -- 10` prints the results of ten rounds each, side
//! by side.

use std::{
    collections::BTreeMap,
    error::Error,
    fs,
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use seachange_tests::{Backend, Program, Running, TestDatabase, servers::SharedServers};

/// How many runners start at once.
const RUNNERS: usize = 5;

/// The programs that are compared, each with its arguments.
const PROGRAMS: [(&str, &str, &[&str]); 2] =
    [("seachange", "ten-migration", &["up"]), ("sea-orm-migration", "ten-seaql", &[])];

/// The results of some rounds.
#[derive(Default)]
struct Tally {
    succeeded: usize,
    failed: usize,
    /// Revisions whose code ran to its end more than once.
    run_twice: usize,
    /// Rounds after which the rows were those of an undisturbed run.
    right: usize,
    /// Rounds after which, and after one more run, the rows were those of an undisturbed run.
    right_later: usize,
}

fn main() -> ExitCode {
    let rounds = std::env::args().nth(1).map_or(Ok(10), |text| text.parse());
    let result = rounds.map_err(Into::into).and_then(compare);
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(rounds: usize) -> Result<(), Box<dyn Error>> {
    let servers = SharedServers::new();
    let mut table = format!(
        "{RUNNERS} runners started at once on an empty database, {rounds} rounds\n\
         {:<11} {:<18} {:>6} {:>7} {:>10} {:>11} {:>19}\n",
        "database", "runner", "exit 0", "failed", "run twice", "rows right", "after one more run",
    );
    for backend in Backend::ALL {
        for program in PROGRAMS {
            let tally = tally(&servers, backend, program, rounds)?;
            let right = [tally.right, tally.right_later].map(|count| format!("{count}/{rounds}"));
            let Tally { succeeded, failed, run_twice, .. } = tally;
            table += &format!(
                "{backend:<11} {:<18} {succeeded:>6} {failed:>7} {run_twice:>10} {:>11} {:>19}\n",
                program.0, right[0], right[1],
            );
        }
    }
    Ok(io::stdout().write_all(table.as_bytes())?)
}

type Contestant = (&'static str, &'static str, &'static [&'static str]);

fn tally(
    servers: &SharedServers,
    backend: Backend,
    program: Contestant,
    rounds: usize,
) -> Result<Tally, Box<dyn Error>> {
    let fresh = || TestDatabase::create(servers, backend).map_err(|error| error.to_string());
    let alone = fresh()?;
    command(&alone, program).run()?.succeeded()?;
    let expected = alone.rows()?;
    let mut tally = Tally::default();
    for _ in 0..rounds {
        let database = fresh()?;
        tally.add_round(&database, program, &expected)?;
    }
    Ok(tally)
}

fn command(database: &TestDatabase, (_, name, arguments): Contestant) -> Program {
    let log = database.folder().join("log");
    Program::named(name).database(database).env("TEN_LOG", log).args(arguments).limit(Duration::from_secs(120))
}

impl Tally {
    fn add_round(
        &mut self,
        database: &TestDatabase,
        program: Contestant,
        expected: &str,
    ) -> Result<(), Box<dyn Error>> {
        let signal = database.folder().join("start");
        let start = |_| command(database, program).env("TEN_START", &signal).start();
        let running: Vec<Running> = (0..RUNNERS).map(start).collect::<Result<_, _>>()?;
        fs::write(&signal, "")?;
        for runner in running {
            let output = runner.finish()?;
            *(if output.success() { &mut self.succeeded } else { &mut self.failed }) += 1;
        }
        self.run_twice += run_twice(database)?;
        self.right += usize::from(database.rows()? == expected);
        command(database, program).run()?;
        self.right_later += usize::from(database.rows()? == expected);
        Ok(())
    }
}

/// Counts the names of revisions that are in the log more than once. Its other lines are numbers.
fn run_twice(database: &TestDatabase) -> io::Result<usize> {
    let text = fs::read_to_string(database.folder().join("log"))?;
    let mut counts = BTreeMap::<&str, usize>::new();
    for name in text.lines().filter(|line| line.parse::<usize>().is_err()) {
        *counts.entry(name).or_default() += 1;
    }
    Ok(counts.values().filter(|count| **count > 1).count())
}
