//! The sizes of the connected database, and how long statements will take on them.

use clap::Args;
use seachange_cli::Diagnostic;

use super::selection::Selection;
use crate::autogenerate::MOST_ROWS;
use crate::cli::context::Context;
use crate::cli::hints::autogenerate;
use crate::impact::{Forecasts, RevisionImpact, TableSamples, TableSizes, forecasts};
use crate::settings::{DatabaseSettings, Driver};

/// The arguments of `lint` about forecasts.
#[derive(Debug, Args)]
pub(super) struct ForecastArgs {
    /// Fill two copies of the tables with up to this number of rows, and forecast from the times of the statements there
    /// how long they will take on the connected database; at most 100000, and 0 fills none [default: 100000 on the
    /// server of `--scratch-url`, otherwise 0]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(0..=MOST_ROWS))]
    measure_rows: Option<u64>,
}

/// What is known of the tables of the connected database.
pub(super) struct Figures {
    pub(super) sizes: TableSizes,
    /// How long each statement will take; `None` if no copy was filled.
    pub(super) forecasts: Option<Forecasts>,
}

impl Figures {
    /// Without a look at the connected database: no finding depends on the figures.
    pub(super) fn unread() -> Self {
        Self { sizes: TableSizes::unknown("not read"), forecasts: None }
    }

    /// The sizes alone; they are unknown if the database cannot be reached.
    pub(super) async fn sizes(context: &Context, measured: &[RevisionImpact]) -> Self {
        Self { sizes: connected(context, measured, false).await.0, forecasts: None }
    }
}

/// The sizes, and if `is_sampled` samples of the rows; they are unknown if the database cannot be reached.
async fn connected(context: &Context, measured: &[RevisionImpact], is_sampled: bool) -> (TableSizes, TableSamples) {
    let migrator = match context.connect_to_read().await {
        Ok(migrator) => migrator,
        Err(problem) => return (TableSizes::unknown(problem.message), TableSamples::default()),
    };
    let sizes = TableSizes::read(migrator.connection(), measured).await;
    let samples = match is_sampled {
        true => TableSamples::read(migrator.connection(), measured).await,
        false => TableSamples::default(),
    };
    // What was read stays true.
    let _ = migrator.close().await;
    (sizes, samples)
}

impl ForecastArgs {
    /// The sizes, and the forecasts if copies are to be filled for them.
    ///
    /// # Errors
    ///
    /// The scratch database cannot be used.
    pub(super) async fn figures(
        &self,
        context: &Context,
        selection: &Selection,
        measured: &[RevisionImpact],
        scratch: &DatabaseSettings,
        has_scratch_url: bool,
    ) -> Result<Figures, Diagnostic> {
        let is_filled = has_scratch_url && scratch.driver() != Driver::Sqlite;
        let rows = self.measure_rows.unwrap_or(if is_filled { MOST_ROWS } else { 0 });
        if rows == 0 || measured.is_empty() {
            return Ok(Figures::sizes(context, measured).await);
        }
        context.terminal.status(format!("measuring times on copies with up to {rows} rows in each table"));
        let (sizes, samples) = connected(context, measured, true).await;
        let folder = std::env::temp_dir();
        let forecasts = forecasts(&selection.below, measured, (scratch, &folder), (&sizes, &samples), rows);
        let forecasts = Box::pin(forecasts).await;
        let forecasts = forecasts.map_err(|error| autogenerate::problem(&error))?;
        Ok(Figures { sizes, forecasts: Some(forecasts) })
    }
}
