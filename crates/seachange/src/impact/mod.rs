//! What pending changes would do to a database, before they are made.
//!
//! [`foresee`](mod@foresee) finds the rows on which a change of the schema would fail. It does not know the text of the
//! statements that make a change. `measure` runs revisions on a scratch database and records what each statement locks
//! and rewrites; `measured` holds the results. `sizes` asks the connected database how large its tables are, and
//! `forecast` how long statements will take on them. `old_code` compares the schema after each revision with the entities
//! of the versions of the service that run.

mod changes;
mod filled_copy;
pub(crate) mod fix;
mod forecast;
pub mod foresee;
mod measure;
mod measured;
#[cfg(feature = "mysql")]
mod mysql;
mod old_code;
pub(crate) mod online;
#[cfg(feature = "postgres")]
mod postgres;
mod row_failures;
mod rules;
mod samples;
mod sending;
mod sizes;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(test)]
pub(crate) mod test_revision;
mod text_renames;

pub(crate) use self::forecast::{Forecast, Forecasts, forecasts};
pub(crate) use self::measure::measure;
pub(crate) use self::measured::{RevisionImpact, StatementImpact, TableCost, TableImpact};
#[cfg(test)]
pub(crate) use self::measured::{SchemaChange, WrittenTables};
pub(crate) use self::old_code::{BREAKS, DeploymentOrder, MAY_BREAK, RevisionDeployment, VersionEntities, deployment};
pub(crate) use self::row_failures::{RowAnswer, RowFailure, row_failures};
pub(crate) use self::rules::{
    Finding, Level, Levels, NewTables, RULES, Rule, RuleOptions, findings, level, without_allowed, without_small_tables,
};
pub(crate) use self::samples::TableSamples;
#[cfg(test)]
pub(crate) use self::sizes::RowEstimate;
pub(crate) use self::sizes::{TableSize, TableSizes};
