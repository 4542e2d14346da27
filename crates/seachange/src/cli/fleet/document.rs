//! Events and reports of a fleet as JSON, and a report as a page.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, Utc};
use seachange_cli::{Diagnostic, output_file};
use seachange_graph::Direction;
use serde::Serialize;

use crate::cli::hints::problem;
use crate::event::json::{self, moment};
use crate::fleet::{FleetEvent, FleetReport, TargetReport};

/// The page without its data.
const PAGE: &str = include_str!("page.html");

/// Where the data of the page stand.
const DATA: &str = "/* the report */ null";

/// An event as a line of JSON; `None` for an event that has no line.
pub(super) fn line(event: &FleetEvent<'_>, time: DateTime<Utc>) -> serde_json::Result<Option<String>> {
    let event = match event {
        FleetEvent::Planned { targets, open } => EventJson::FleetPlanned { targets: *targets, open: *open },
        FleetEvent::Started { target } => EventJson::TargetStarted { target: &target.name },
        FleetEvent::Deferred { target } => EventJson::TargetDeferred { target: &target.name },
        FleetEvent::Settled { target, transaction, commits } => {
            EventJson::TransactionSettled { target: &target.name, transaction, committed: *commits }
        }
        FleetEvent::Finished { report } => EventJson::TargetFinished(TargetJson::of(report)),
        FleetEvent::Target { target, event } => {
            let event = serde_json::from_str(&json::line(event, time)?)?;
            return serde_json::to_string(&OfTarget { target: &target.name, event }).map(Some);
        }
    };
    serde_json::to_string(&Line { event, time: moment(time) }).map(Some)
}

/// The last line of a run.
pub(super) fn last_line(report: &FleetReport, program: &str, time: DateTime<Utc>) -> serde_json::Result<String> {
    let counts = counts(report);
    let FleetReport { was_halted, second_look, .. } = report;
    let event = EventJson::FleetReport {
        targets: report.targets.len(),
        counts,
        elapsed_ms: json::millis(report.elapsed),
        was_halted: *was_halted,
        second_look: second_look.as_deref(),
        program,
    };
    serde_json::to_string(&Line { event, time: moment(time) })
}

fn counts(report: &FleetReport) -> BTreeMap<&'static str, usize> {
    report.counts().into_iter().map(|(outcome, count)| (outcome.as_str(), count)).collect()
}

/// Checks before a run that a report can be written to a file.
///
/// # Errors
///
/// The ending of the file names no format; it is a folder, or in none.
pub(super) fn check(path: &Path) -> Result<(), Diagnostic> {
    ReportFormat::of(path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let refused = |what: &str| Diagnostic::usage(format!("cannot write `{}`: {what}", path.display()));
    match folder {
        _ if path.is_dir() => Err(refused("it is a folder")),
        Some(folder) if !folder.is_dir() => Err(refused("its folder does not exist")),
        _ => Ok(()),
    }
}

/// Writes a report to a file, as its ending says.
///
/// # Errors
///
/// The ending is unknown, or the file cannot be written.
pub(super) fn write(path: &Path, document: &ReportDocument<'_>) -> Result<(), Diagnostic> {
    let text = match ReportFormat::of(path)? {
        ReportFormat::Json => serde_json::to_string_pretty(document).map_err(Diagnostic::json)? + "\n",
        ReportFormat::Html => page(document).map_err(Diagnostic::json)?,
    };
    output_file::write(path, &text)
}

/// The format of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReportFormat {
    Json,
    Html,
}

impl ReportFormat {
    /// The format that the ending of a file names.
    ///
    /// # Errors
    ///
    /// It names none.
    pub(super) fn of(path: &Path) -> Result<Self, Diagnostic> {
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("json") => Ok(Self::Json),
            Some("html") => Ok(Self::Html),
            _ => Err(Diagnostic::usage(format!("cannot tell the format of the report from `{}`", path.display()))
                .hint("end the name in `.json` or `.html`")),
        }
    }
}

/// The page. The data cannot end the element that they stand in.
fn page(document: &ReportDocument<'_>) -> serde_json::Result<String> {
    let data = serde_json::to_string(document)?.replace('<', "\\u003c");
    Ok(PAGE.replacen(DATA, &data, 1))
}

/// A report of a fleet.
#[derive(Debug, Serialize)]
pub(super) struct ReportDocument<'a> {
    /// What was done: the name of the command.
    pub(super) command: &'a str,
    pub(super) program: &'a str,
    /// When the report was written.
    pub(super) time: String,
    pub(super) elapsed_ms: f64,
    pub(super) counts: BTreeMap<&'static str, usize>,
    pub(super) was_halted: bool,
    pub(super) targets: Vec<TargetJson<'a>>,
}

impl<'a> ReportDocument<'a> {
    pub(super) fn of(report: &'a FleetReport, command: &'a str, program: &'a str) -> Self {
        Self {
            command,
            program,
            time: moment(Utc::now()),
            elapsed_ms: json::millis(report.elapsed),
            counts: counts(report),
            was_halted: report.was_halted,
            targets: report.targets.iter().map(TargetJson::of).collect(),
        }
    }
}

/// A target in a report.
#[derive(Debug, Serialize)]
pub(super) struct TargetJson<'a> {
    target: &'a str,
    database: String,
    tags: &'a [String],
    outcome: &'static str,
    /// The current revisions; null where they are unknown.
    current: Option<&'a [String]>,
    error: Option<String>,
    /// What is left, and other facts about the error.
    details: Vec<String>,
    /// How to go on.
    hints: Vec<String>,
    applied: Vec<&'a str>,
    reverted: Vec<&'a str>,
    waiting: Vec<&'a str>,
    elapsed_ms: f64,
}

impl<'a> TargetJson<'a> {
    fn of(report: &'a TargetReport) -> Self {
        let problem = report.error.as_ref().map(problem);
        let (details, hints) = problem.as_ref().map(|own| (own.details.clone(), own.hints.clone())).unwrap_or_default();
        let of = |direction| {
            let steps = report.done.iter().filter(move |(step, _)| step.direction == direction);
            steps.map(|(step, _)| step.revision.as_str()).collect()
        };
        Self {
            target: &report.target.name,
            database: report.target.database(),
            tags: &report.target.tags,
            outcome: report.outcome.as_str(),
            current: report.current.as_deref(),
            error: problem.map(|own| own.message),
            details,
            hints,
            applied: of(Direction::Upgrade),
            reverted: of(Direction::Downgrade),
            waiting: report.waiting.iter().map(|one| one.step.revision.as_str()).collect(),
            elapsed_ms: json::millis(report.elapsed),
        }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    event: EventJson<'a>,
    time: String,
}

/// An event of one target, with the name of the target.
#[derive(Serialize)]
struct OfTarget<'a> {
    target: &'a str,
    #[serde(flatten)]
    event: serde_json::Map<String, serde_json::Value>,
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum EventJson<'a> {
    FleetPlanned {
        targets: usize,
        open: usize,
    },
    TargetStarted {
        target: &'a str,
    },
    TargetDeferred {
        target: &'a str,
    },
    TransactionSettled {
        target: &'a str,
        transaction: &'a str,
        committed: bool,
    },
    TargetFinished(TargetJson<'a>),
    FleetReport {
        targets: usize,
        counts: BTreeMap<&'static str, usize>,
        elapsed_ms: f64,
        was_halted: bool,
        second_look: Option<&'a str>,
        program: &'a str,
    },
}
