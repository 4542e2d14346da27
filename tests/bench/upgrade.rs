//! Applying many revisions to an empty database.

use std::error::Error;
use std::time::Duration;

use seachange_tests::block_on;
use seachange_tests::servers::SharedServers;

use crate::database::Place;
use crate::figures::Figures;
use crate::raw::{self, Sending};
use crate::revisions::{Change, migrations};
use crate::{Options, engine, say};

pub(crate) const REVISIONS: usize = 1000;

/// How many revisions a contender applies at most to show one step of growth, in all rounds together where there are
/// several.
const LONGEST: usize = 3000;

/// The tool that applies the changes.
#[derive(Debug, Clone, Copy)]
enum Contender {
    Engine,
    Driver(Sending),
}

const ENGINE: Contender = Contender::Engine;
const PREPARED: Contender = Contender::Driver(Sending::Prepared);
const PLAIN: Contender = Contender::Driver(Sending::Plain);

/// Prints the engine's time divided by the driver's.
pub(crate) fn compare(servers: &SharedServers, options: &Options) -> Result<(), Box<dyn Error>> {
    say!("Applying {REVISIONS} revisions: engine / driver, median (least-greatest) of {} rounds", options.rounds);
    say!("{:18}{:>22}{:>22}{:>26}", "", "/ sqlx::query", "/ sqlx::raw_sql", "engine, ms per revision");
    for place in options.places() {
        let [engine, prepared, plain] = measure(servers, place, REVISIONS, options.rounds, [ENGINE, PREPARED, PLAIN])?;
        let (over_prepared, over_plain) = (Figures::ratios(&engine, &prepared), Figures::ratios(&engine, &plain));
        say!("{place:18}{over_prepared:>22}{over_plain:>22}{:>26}", per_revision(&engine, REVISIONS));
    }
    Ok(())
}

/// Prints the time for each revision of a short and of a long history.
pub(crate) fn grow(servers: &SharedServers, options: &Options, counts: &[usize]) -> Result<(), Box<dyn Error>> {
    say!("Milliseconds per revision, engine / sqlx::query, medians, by the number of revisions");
    print_header(counts);
    for place in options.places() {
        let mut line = format!("{place:18}");
        for &count in counts {
            let rounds = (LONGEST / count).clamp(1, options.rounds);
            let [engine, prepared] = measure(servers, place, count, rounds, [ENGINE, PREPARED])?;
            let (engine, prepared) = (per_revision(&engine, count), per_revision(&prepared, count));
            line.push_str(&format!("{:>16}", format!("{:.3} / {:.3}", engine.median(), prepared.median())));
        }
        say!("{line}");
    }
    Ok(())
}

pub(crate) fn print_header(counts: &[usize]) {
    let counts: String = counts.iter().map(|count| format!("{count:>16}")).collect();
    say!("{:18}{counts}", "");
}

fn per_revision(durations: &[Duration], count: usize) -> Figures {
    let each: Vec<Duration> = durations.iter().map(|duration| duration.div_f64(count as f64)).collect();
    Figures::milliseconds(&each)
}

/// The times of each contender.
fn measure<const N: usize>(
    servers: &SharedServers,
    place: Place,
    count: usize,
    rounds: usize,
    contenders: [Contender; N],
) -> Result<[Vec<Duration>; N], Box<dyn Error>> {
    let migrations = migrations(count);
    let changes: Vec<Change> = Change::first(count).collect();
    in_turns(servers, place, rounds, contenders, |contender, url| match contender {
        Contender::Engine => block_on(engine::apply(url, migrations)),
        Contender::Driver(sending) => block_on(raw::apply(place.backend(), url, &changes, sending)),
    })
}

/// The result of each contender for a new database, round by round. The contender that begins changes from round to
/// round.
pub(crate) fn in_turns<C: Copy, T, const N: usize>(
    servers: &SharedServers,
    place: Place,
    rounds: usize,
    contenders: [C; N],
    run: impl Fn(C, &str) -> Result<T, Box<dyn Error>>,
) -> Result<[Vec<T>; N], Box<dyn Error>> {
    let mut results = [const { Vec::new() }; N];
    for turn in 0..rounds * N {
        let index = (turn + turn / N) % N;
        let database = place.create(servers)?;
        results[index].push(run(contenders[index], &database.url)?);
    }
    Ok(results)
}
