//! One comparison in its own process, whose memory is measured.

use std::error::Error;
use std::time::Instant;

use sea_orm::Database;
use seachange::DatabaseSettings;
use seachange::autogenerate::{Comparison, Entities, EntityTable, TableFilter};
use seachange_tests::{block_on, pool_options};

use super::tables::table;
use crate::say;

/// Compares, and prints the time in milliseconds and the peak memory of the process in megabytes.
pub(crate) fn once(url: &str, count: usize) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let entities = (0..count).fold(Entities::new(), |entities, number| {
        let (table, index) = table(number);
        entities.with(EntityTable::stated(&table).index(index))
    });
    let differences = block_on(async {
        let settings: DatabaseSettings = url.parse()?;
        let connection = Database::connect(pool_options(url)).await?;
        let comparison = Comparison::compare(&connection, &settings, &entities, &TableFilter::default()).await?;
        connection.close().await?;
        Ok::<_, Box<dyn Error>>(comparison.operations(&comparison.renames()).len())
    })?;
    if differences > 0 {
        return Err(format!("{differences} differences").into());
    }
    say!("{} {}", start.elapsed().as_secs_f64() * 1e3, peak_megabytes()?);
    Ok(())
}

/// The peak memory of this process, as Linux counts it.
fn peak_megabytes() -> Result<f64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()).ok_or("no VmHWM in /proc/self/status")?;
    Ok(kilobytes.parse::<f64>()? / 1024.0)
}
