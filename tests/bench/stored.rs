//! What it costs that an upgrade stores the downgrade of each revision.

use std::error::Error;
use std::time::Duration;

use seachange_tests::block_on;
use seachange_tests::servers::SharedServers;

use crate::figures::Figures;
use crate::revisions::migrations;
use crate::upgrade::{REVISIONS, in_turns};
use crate::{Options, engine, say};

/// How many rounds of the few revisions of the torture tests are made for one of the many.
const SHORT_ROUNDS: usize = 15;

/// Prints the time and the processor time of upgrades, divided by those of upgrades that store no downgrades.
pub(crate) fn compare(servers: &SharedServers, options: &Options) -> Result<(), Box<dyn Error>> {
    let many = migrations(REVISIONS);
    let revisions = [
        (format!("{REVISIONS} revisions of a statement"), many, options.rounds),
        ("ten revisions of the torture tests".to_owned(), &ten_migration::MIGRATIONS, SHORT_ROUNDS * options.rounds),
    ];
    for (what, migrations, rounds) in revisions {
        say!("Applying {what}: with / without stored downgrades; time, median (least-greatest); processor in all");
        for place in options.places() {
            let [with, without] = in_turns(servers, place, rounds, [true, false], |stores, url| {
                let before = processor_time()?;
                let time = match stores {
                    true => block_on(engine::apply(url, migrations))?,
                    false => block_on(engine::apply_alone(url, migrations))?,
                };
                Ok((time, processor_time()? - before))
            })?;
            let times = |all: &[(Duration, Duration)]| all.iter().map(|(time, _)| *time).collect::<Vec<_>>();
            let processor = |all: &[(Duration, Duration)]| all.iter().map(|(_, time)| time.as_secs_f64()).sum::<f64>();
            let time = Figures::ratios(&times(&with), &times(&without));
            say!("{place:18}{time:>22}{:>22.2}", processor(&with) / processor(&without));
        }
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
