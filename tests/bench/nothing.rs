//! An upgrade that finds nothing to do, as at every start of a service.

use std::error::Error;
use std::time::{Duration, Instant};

use seachange_tests::block_on;
use seachange_tests::servers::SharedServers;

use crate::database::Place;
use crate::figures::Figures;
use crate::revisions::migrations;
use crate::upgrade::print_header;
use crate::{Options, engine, raw, say};

/// The rounds are short, so many are possible.
const TIMES: usize = 20;

/// Prints the engine's time divided by that of connecting and reading the same rows.
pub(crate) fn compare(servers: &SharedServers, options: &Options, counts: &[usize]) -> Result<(), Box<dyn Error>> {
    let rounds = options.rounds * TIMES;
    say!("Finding nothing to do: engine / connecting and one SELECT, by the number of revisions, {rounds} rounds");
    print_header(counts);
    for place in options.places().filter(|place| *place != Place::Memory) {
        let mut ratios = format!("{place:18}");
        let mut times = format!("{:18}", "  engine, ms");
        for &count in counts {
            let (engine, driver) = measure(servers, place, count, rounds)?;
            ratios.push_str(&format!("{:>16.2}", Figures::ratios(&engine, &driver).median()));
            times.push_str(&format!("{:>16.2}", Figures::milliseconds(&engine).median()));
        }
        say!("{ratios}\n{times}");
    }
    Ok(())
}

fn measure(
    servers: &SharedServers,
    place: Place,
    count: usize,
    rounds: usize,
) -> Result<(Vec<Duration>, Vec<Duration>), Box<dyn Error>> {
    let migrations = migrations(count);
    let database = place.create(servers)?;
    block_on(engine::stamp(&database.url, migrations))?;
    let (mut engine, mut driver) = (Vec::new(), Vec::new());
    for turn in 0..2 * rounds {
        let start = Instant::now();
        // The contender that begins changes from round to round.
        if (turn + turn / 2) % 2 == 0 {
            let done = block_on(engine::up(&database.url, migrations))?;
            engine.push(start.elapsed());
            expect(done, 0)?;
        } else {
            let rows = block_on(raw::look(place.backend(), &database.url))?;
            driver.push(start.elapsed());
            expect(rows, count)?;
        }
    }
    Ok((engine, driver))
}

fn expect(found: usize, expected: usize) -> Result<(), Box<dyn Error>> {
    if found == expected { Ok(()) } else { Err(format!("{found} revisions in place of {expected}").into()) }
}
