//! Events, and what a run came to, as JSON: one object a line, for programs that watch.
//!
//! Each has the name of the event under `event`, in snake case, and under `time` when it was told, in UTC (RFC 3339).
//! Lengths of time are milliseconds. A step is `{"direction": "upgrade" | "downgrade", "revision": ID}`.
//!
//! | `event` | has also |
//! | --- | --- |
//! | `ahead` | `unknown`: ids |
//! | `edited` | `revisions`: ids |
//! | `waiting` | `holder` (`host`, `process`, `program`, `since`, `at`: a step or null; or null), `waited_ms` |
//! | `planned` | `steps` |
//! | `started` | `direction`, `revision`, `message`, `number`, `of`, `rolls_back` |
//! | `statement` | `sql` (without values), `duration_ms`, `failed` |
//! | `blocked` | `direction`, `revision`, `message`, `by`: each with `session`, `user`, `program`, `state`; `waited_ms` |
//! | `retrying` | `direction`, `revision`, `message`, `attempt`, `of`, `cause` |
//! | `restarted` | |
//! | `finished` | `direction`, `revision`, `message`, `duration_ms` |
//! | `overtaken`, `failed` | `direction`, `revision`, `message` |
//! | `stopped` | `left`: steps |
//! | `report` | `done`: steps with `duration_ms`, `left`: steps, `current`, `unknown`, `edited`: ids, `elapsed_ms`, `waited_ms`, `program` |
//!
//! Names may be added; those that are there stay.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use seachange_graph::{Direction, Step};
use serde::Serialize;

use super::{Blocker, Event};
use crate::report::Report;
use crate::store::Holder;

/// An event as one line of JSON, told at this moment.
///
/// # Errors
///
/// None that a value of this shape can cause.
pub fn line(event: &Event<'_>, time: DateTime<Utc>) -> serde_json::Result<String> {
    serde_json::to_string(&Line { time: moment(time), entry: entry(event) })
}

/// A report as one line of JSON, told at this moment.
///
/// # Errors
///
/// As [`line()`].
pub fn report(report: &Report, time: DateTime<Utc>) -> serde_json::Result<String> {
    let done = report.done.iter().map(|(done, elapsed)| Done { step: step(done), duration_ms: millis(*elapsed) });
    let entry = Entry::Report {
        done: done.collect(),
        left: steps(&report.left),
        current: &report.current,
        unknown: &report.notices.unknown,
        edited: &report.notices.edited,
        elapsed_ms: millis(report.elapsed()),
        waited_ms: millis(report.waited),
        program: &report.program,
    };
    serde_json::to_string(&Line { time: moment(time), entry })
}

/// A moment as these lines write it.
pub(crate) fn moment(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    entry: Entry<'a>,
    time: String,
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Entry<'a> {
    Ahead {
        unknown: &'a [String],
    },
    Edited {
        revisions: &'a [String],
    },
    Waiting {
        holder: Option<Who<'a>>,
        waited_ms: f64,
    },
    Planned {
        steps: Vec<StepEntry<'a>>,
    },
    Started {
        #[serde(flatten)]
        revision: Revision<'a>,
        number: usize,
        of: usize,
        rolls_back: bool,
    },
    Statement {
        sql: &'a str,
        duration_ms: f64,
        failed: bool,
    },
    Blocked {
        #[serde(flatten)]
        revision: Revision<'a>,
        by: Vec<BlockerEntry<'a>>,
        waited_ms: f64,
    },
    Retrying {
        #[serde(flatten)]
        revision: Revision<'a>,
        attempt: u32,
        of: u32,
        cause: String,
    },
    Restarted {},
    Finished {
        #[serde(flatten)]
        revision: Revision<'a>,
        duration_ms: f64,
    },
    Overtaken(Revision<'a>),
    Failed(Revision<'a>),
    Stopped {
        left: Vec<StepEntry<'a>>,
    },
    Report {
        done: Vec<Done<'a>>,
        left: Vec<StepEntry<'a>>,
        current: &'a [String],
        unknown: &'a [String],
        edited: &'a [String],
        elapsed_ms: f64,
        waited_ms: f64,
        program: &'a str,
    },
}

#[derive(Serialize)]
struct StepEntry<'a> {
    direction: &'static str,
    revision: &'a str,
}

#[derive(Serialize)]
struct Revision<'a> {
    #[serde(flatten)]
    step: StepEntry<'a>,
    message: &'a str,
}

#[derive(Serialize)]
struct Done<'a> {
    #[serde(flatten)]
    step: StepEntry<'a>,
    duration_ms: f64,
}

#[derive(Serialize)]
struct BlockerEntry<'a> {
    session: i64,
    user: Option<&'a str>,
    program: Option<&'a str>,
    state: Option<&'a str>,
}

#[derive(Serialize)]
struct Who<'a> {
    host: &'a str,
    process: i64,
    program: &'a str,
    since: String,
    at: Option<StepEntry<'a>>,
}

fn entry<'a>(event: &Event<'a>) -> Entry<'a> {
    match *event {
        Event::Ahead { unknown } => Entry::Ahead { unknown },
        Event::Edited { revisions } => Entry::Edited { revisions },
        Event::Waiting { holder, waited } => Entry::Waiting { holder: holder.map(who), waited_ms: millis(waited) },
        Event::Planned { steps: planned } => Entry::Planned { steps: steps(planned) },
        Event::Started { step, message, number, of, rolls_back } => {
            Entry::Started { revision: revision(step, message), number, of, rolls_back }
        }
        Event::Statement { sql, elapsed, failed } => Entry::Statement { sql, duration_ms: millis(elapsed), failed },
        Event::Blocked { step, message, by, waited } => {
            let by = by.iter().map(blocker).collect();
            Entry::Blocked { revision: revision(step, message), by, waited_ms: millis(waited) }
        }
        Event::Retrying { step, message, attempt, of, cause } => {
            Entry::Retrying { revision: revision(step, message), attempt, of, cause: cause.to_string() }
        }
        Event::Restarted => Entry::Restarted {},
        Event::Finished { step, message, elapsed } => {
            Entry::Finished { revision: revision(step, message), duration_ms: millis(elapsed) }
        }
        Event::Overtaken { step, message } => Entry::Overtaken(revision(step, message)),
        Event::Failed { step, message } => Entry::Failed(revision(step, message)),
        Event::Stopped { left } => Entry::Stopped { left: steps(left) },
    }
}

fn revision<'a>(of: &'a Step, message: &'a str) -> Revision<'a> {
    Revision { step: step(of), message }
}

fn steps(steps: &[Step]) -> Vec<StepEntry<'_>> {
    steps.iter().map(step).collect()
}

fn step(step: &Step) -> StepEntry<'_> {
    StepEntry { direction: word(step.direction), revision: &step.revision }
}

fn blocker(blocker: &Blocker) -> BlockerEntry<'_> {
    BlockerEntry {
        session: blocker.session,
        user: blocker.user.as_deref(),
        program: blocker.program.as_deref(),
        state: blocker.state.as_deref(),
    }
}

fn who(holder: &Holder) -> Who<'_> {
    let at = holder.at.as_ref();
    Who {
        host: &holder.host,
        process: holder.process,
        program: &holder.program,
        since: moment(holder.since),
        at: at.map(|(direction, revision)| StepEntry { direction: word(*direction), revision }),
    }
}

fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Upgrade => "upgrade",
        Direction::Downgrade => "downgrade",
    }
}

/// Milliseconds, to the microsecond.
fn millis(length: Duration) -> f64 {
    let micros = u32::try_from(length.as_micros()).map_or_else(|_| length.as_secs_f64() * 1e6, f64::from);
    micros.round() / 1e3
}

#[cfg(test)]
mod tests;
