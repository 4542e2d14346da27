//! Commands over many databases.

mod args;
mod check;
mod document;
mod file;
mod progress;
mod run;
mod standings;

pub(crate) use args::{FleetArgs, FleetReportArgs, FleetRunArgs, FleetUpgradeArgs};
pub(crate) use check::answer_check;
pub(crate) use run::{FleetCommand, conclude, current_ids, for_each};
pub(crate) use standings::{answer_current, answer_status, preview};
