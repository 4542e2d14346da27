//! What it costs that an upgrade stores the downgrade of each revision.

use std::error::Error;
use std::time::Duration;

use seachange_tests::block_on;
use seachange_tests::servers::SharedServers;

use crate::figures::Figures;
use crate::revisions::migrations;
use crate::upgrade::{REVISIONS, in_turns};
use crate::{Options, engine, say};

/// Prints the time and the processor time of an upgrade, divided by those of one that stores no downgrades.
pub(crate) fn compare(servers: &SharedServers, options: &Options) -> Result<(), Box<dyn Error>> {
    say!("Applying {REVISIONS} revisions: with / without stored downgrades, median (least-greatest)");
    say!("{:18}{:>22}{:>22}", "", "time", "processor");
    let migrations = migrations(REVISIONS);
    for place in options.places() {
        let [with, without] = in_turns(servers, place, options.rounds, [true, false], |stores, url| {
            let before = processor_time()?;
            let time = match stores {
                true => block_on(engine::apply(url, migrations))?,
                false => block_on(engine::apply_alone(url, migrations))?,
            };
            Ok((time, processor_time()? - before))
        })?;
        let times = |all: &[(Duration, Duration)]| all.iter().map(|(time, _)| *time).collect::<Vec<_>>();
        let processor = |all: &[(Duration, Duration)]| all.iter().map(|(_, time)| *time).collect::<Vec<_>>();
        let (time, processor) = (
            Figures::ratios(&times(&with), &times(&without)),
            Figures::ratios(&processor(&with), &processor(&without)),
        );
        say!("{place:18}{time:>22}{processor:>22}");
    }
    Ok(())
}

/// The processor time of this process so far, which the kernel counts in hundredths of a second.
fn processor_time() -> Result<Duration, Box<dyn Error>> {
    let text = std::fs::read_to_string("/proc/self/stat")?;
    // The name of the program, in parentheses, may hold spaces.
    let fields = text.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>).sum::<Result<u64, _>>()?;
    Ok(Duration::from_millis(10 * ticks))
}
