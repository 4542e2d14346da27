//! The cost of the engine, as ratios: `cargo bench -p seachange-tests -- [upgrade|growth|nothing|touch|build|check|lint|squash|stored|backfill ...]`.
//!
//! Both sides of a ratio run alternately in one run, on the same database server.

mod backfill;
mod build;
mod check;
mod database;
mod engine;
mod figures;
mod lint;
mod nothing;
#[cfg(feature = "peers")]
mod peers;
mod raw;
mod revisions;
mod squash;
mod stored;
mod touch;
mod upgrade;

use std::collections::BTreeSet;
use std::error::Error;
use std::process::ExitCode;

use seachange_tests::Backend;
use seachange_tests::servers::SharedServers;

use database::Place;

/// Prints a line.
macro_rules! say {
    ($($arguments:tt)*) => {{
        use std::io::Write;
        let _ = writeln!(std::io::stdout(), $($arguments)*);
    }};
}
pub(crate) use say;

const USAGE: &str = "usage: bench [upgrade] [growth] [nothing] [touch] [build] [check] [lint] [squash] [stored] [backfill] [peers] [sqlite] [postgres] [mariadb] [mysql] [--rounds N]; \
                     all unless named, and `peers` with the feature of that name only";

/// The parts to measure.
#[derive(Debug)]
struct Options {
    parts: BTreeSet<&'static str>,
    backends: BTreeSet<Backend>,
    rounds: usize,
}

const PARTS: &[&str] = &[
    "upgrade",
    "growth",
    "nothing",
    "touch",
    "build",
    "check",
    "lint",
    "squash",
    "stored",
    "backfill",
    #[cfg(feature = "peers")]
    "peers",
];

fn main() -> ExitCode {
    if let Some(exit) = lint::as_program() {
        return exit;
    }
    let words: Vec<String> = std::env::args().skip(1).collect();
    let result = match words.as_slice() {
        // The separate process for `check`.
        [word, url, count] if word == "check-once" => {
            count.parse().map_err(Into::into).and_then(|count| check::once(url, count))
        }
        _ => run_all(words),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run_all(words: Vec<String>) -> Result<(), Box<dyn Error>> {
    Options::read(words.into_iter()).and_then(|options| run(&options))
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let servers = SharedServers::new();
    servers.start(options.backends.iter().copied());
    if options.has("upgrade") {
        upgrade::compare(&servers, options)?;
    }
    if options.has("growth") {
        upgrade::grow(&servers, options, &[10, 100, 1000, 3000])?;
    }
    if options.has("nothing") {
        nothing::compare(&servers, options, &[10, 100, 1000, 3000])?;
    }
    if options.has("touch") {
        touch::measure(options)?;
    }
    if options.has("build") {
        build::measure(options)?;
    }
    if options.has("check") {
        check::compare(&servers, options, &[100, 1000, 5000])?;
    }
    if options.has("lint") {
        lint::measure(&servers, options)?;
    }
    if options.has("squash") {
        squash::measure(&servers, options)?;
    }
    if options.has("stored") {
        stored::compare(&servers, options)?;
    }
    if options.has("backfill") {
        backfill::compare(&servers, options)?;
    }
    #[cfg(feature = "peers")]
    if options.has("peers") {
        peers::compare(&servers, options)?;
    }
    Ok(())
}

impl Options {
    fn read(mut args: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let mut options = Self { parts: BTreeSet::new(), backends: BTreeSet::new(), rounds: 5 };
        while let Some(arg) = args.next() {
            let part = PARTS.iter().copied().find(|part| *part == arg);
            let backend = Backend::ALL.into_iter().find(|backend| backend.name() == arg);
            options.parts.extend(part);
            options.backends.extend(backend);
            match arg.as_str() {
                "--rounds" => options.rounds = args.next().ok_or(USAGE)?.parse()?,
                // Cargo passes this argument to every benchmark.
                "--bench" => {}
                _ if part.is_none() && backend.is_none() => return Err(USAGE.into()),
                _ => {}
            }
        }
        if options.backends.is_empty() {
            options.backends.extend(Backend::ALL);
        }
        options.rounds = options.rounds.max(1);
        Ok(options)
    }

    fn has(&self, part: &str) -> bool {
        self.parts.is_empty() || self.parts.contains(part)
    }

    fn places(&self) -> impl Iterator<Item = Place> {
        Place::ALL.into_iter().filter(|place| self.backends.contains(&place.backend()))
    }
}
