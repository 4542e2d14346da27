//! Events and the report of a run as JSON: one object a line, for programs that read them.
//!
//! Each object has the name of the event in snake case under `event`, and the time when it was emitted under `time`, in
//! UTC (RFC 3339). Durations are in milliseconds. A step is `{"direction": "upgrade" | "downgrade", "revision": ID}`.
//!
//! | `event` | has also |
//! | --- | --- |
//! | `ahead` | `unknown`: ids |
//! | `edited` | `revisions`: ids |
//! | `untried` | `system` |
//! | `standby` | `primary` or null, `waited_ms` |
//! | `waiting` | `holder` (`host`, `process`, `program`, `since`, `at`: a step or null; or null), `waited_ms` |
//! | `planned` | `steps` |
//! | `started` | `direction`, `revision`, `message`, `number`, `of`, `rolls_back` |
//! | `statement` | `sql` (without values), `duration_ms`, `failed` |
//! | `blocked` | `direction`, `revision`, `message`, `by`: each with `session`, `prepared`, `user`, `program`, `state`, `transaction_ms`, `statement`, `restricted`; `waited_ms` |
//! | `statement_progress` | `direction`, `revision`, `message`, `phase`, `stage`, `stages`, `unit`, `done`, `total`, `remaining_ms`, `elapsed_ms` |
//! | `waits` | `direction`, `revision`, `message`, `reasons`: texts |
//! | `backfill` | `name`, `table`, `phase` (`running`, `paused`, `waiting_for_replicas`, `registered`, `stopped`, `complete`), `rows_passed`, `rows_changed`, `rows_expected`, `rows_per_second`, `remaining_ms`, `elapsed_ms` |
//! | `retrying` | `direction`, `revision`, `message`, `attempt`, `of`, `cause` |
//! | `restarted` | |
//! | `finished` | `direction`, `revision`, `message`, `duration_ms` |
//! | `overtaken`, `failed` | `direction`, `revision`, `message` |
//! | `stopped` | `left`: steps |
//! | `report` | `done`: steps with `duration_ms`, `left`: steps, `waiting`, `current`, `unknown`, `edited`: ids, `elapsed_ms`, `waited_ms`, `program` |
//!
//! Later versions may add names; existing names stay.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use seachange_graph::{Direction, Step};
use serde::Serialize;

use super::{Blocker, Event, StatementProgress};
use crate::report::Report;
use crate::store::Holder;

/// An event as one line of JSON; `time` is when it was emitted.
///
/// ```
/// use seachange::event::{Event, json};
///
/// let line = json::line(&Event::Restarted, chrono::DateTime::UNIX_EPOCH)?;
/// assert_eq!(line, r#"{"event":"restarted","time":"1970-01-01T00:00:00.000Z"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// # Errors
///
/// None for the values that an event can hold.
pub fn line(event: &Event<'_>, time: DateTime<Utc>) -> serde_json::Result<String> {
    serde_json::to_string(&JsonLine { time: moment(time), entry: entry(event) })
}

/// A report as one line of JSON; `time` is when it was emitted.
///
/// # Errors
///
/// As [`line()`].
pub fn report(report: &Report, time: DateTime<Utc>) -> serde_json::Result<String> {
    let done = report.done.iter().map(|(done, elapsed)| StepJson { step: step(done), duration_ms: millis(*elapsed) });
    let entry = EventJson::Report {
        done: done.collect(),
        left: steps(&report.left),
        waiting: report.waiting.iter().map(|one| one.step.revision.as_str()).collect(),
        current: &report.current,
        unknown: &report.notices.unknown,
        edited: &report.notices.edited,
        elapsed_ms: millis(report.elapsed()),
        waited_ms: millis(report.waited),
        program: &report.program,
    };
    serde_json::to_string(&JsonLine { time: moment(time), entry })
}

/// A timestamp in the format of these lines.
pub(crate) fn moment(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[derive(Serialize)]
struct JsonLine<'a> {
    #[serde(flatten)]
    entry: EventJson<'a>,
    time: String,
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum EventJson<'a> {
    Ahead {
        unknown: &'a [String],
    },
    Edited {
        revisions: &'a [String],
    },
    Untried {
        system: &'static str,
    },
    Standby {
        primary: Option<&'a str>,
        waited_ms: f64,
    },
    Waiting {
        holder: Option<HolderJson<'a>>,
        waited_ms: f64,
    },
    Planned {
        steps: Vec<StepRef<'a>>,
    },
    Started {
        #[serde(flatten)]
        revision: RevisionRef<'a>,
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
        revision: RevisionRef<'a>,
        by: Vec<BlockerJson<'a>>,
        waited_ms: f64,
    },
    StatementProgress {
        #[serde(flatten)]
        revision: RevisionRef<'a>,
        phase: &'a str,
        stage: Option<u64>,
        stages: Option<u64>,
        unit: Option<&'static str>,
        done: Option<u64>,
        total: Option<u64>,
        remaining_ms: Option<f64>,
        elapsed_ms: f64,
    },
    Waits {
        #[serde(flatten)]
        revision: RevisionRef<'a>,
        reasons: Vec<String>,
    },
    Backfill {
        name: &'a str,
        table: &'a str,
        phase: &'static str,
        rows_passed: u64,
        rows_changed: u64,
        rows_expected: Option<u64>,
        rows_per_second: Option<f64>,
        remaining_ms: Option<f64>,
        elapsed_ms: f64,
    },
    Retrying {
        #[serde(flatten)]
        revision: RevisionRef<'a>,
        attempt: u32,
        of: Option<u32>,
        cause: String,
    },
    Restarted {},
    Finished {
        #[serde(flatten)]
        revision: RevisionRef<'a>,
        duration_ms: f64,
    },
    Overtaken(RevisionRef<'a>),
    Failed(RevisionRef<'a>),
    Stopped {
        left: Vec<StepRef<'a>>,
    },
    Report {
        done: Vec<StepJson<'a>>,
        left: Vec<StepRef<'a>>,
        waiting: Vec<&'a str>,
        current: &'a [String],
        unknown: &'a [String],
        edited: &'a [String],
        elapsed_ms: f64,
        waited_ms: f64,
        program: &'a str,
    },
}

#[derive(Serialize)]
struct StepRef<'a> {
    direction: &'static str,
    revision: &'a str,
}

#[derive(Serialize)]
struct RevisionRef<'a> {
    #[serde(flatten)]
    step: StepRef<'a>,
    message: &'a str,
}

#[derive(Serialize)]
struct StepJson<'a> {
    #[serde(flatten)]
    step: StepRef<'a>,
    duration_ms: f64,
}

#[derive(Serialize)]
struct BlockerJson<'a> {
    session: i64,
    prepared: Option<&'a str>,
    user: Option<&'a str>,
    program: Option<&'a str>,
    state: Option<&'a str>,
    transaction_ms: Option<f64>,
    statement: Option<&'a str>,
    restricted: bool,
}

#[derive(Serialize)]
struct HolderJson<'a> {
    host: &'a str,
    process: i64,
    program: &'a str,
    since: String,
    at: Option<StepRef<'a>>,
}

fn entry<'a>(event: &Event<'a>) -> EventJson<'a> {
    match *event {
        Event::Ahead { unknown } => EventJson::Ahead { unknown },
        Event::Edited { revisions } => EventJson::Edited { revisions },
        Event::Untried { system } => EventJson::Untried { system },
        Event::Standby { primary, waited } => EventJson::Standby { primary, waited_ms: millis(waited) },
        Event::Waiting { holder, waited } => EventJson::Waiting { holder: holder.map(who), waited_ms: millis(waited) },
        Event::Planned { steps: planned } => EventJson::Planned { steps: steps(planned) },
        Event::Started { step, message, number, of, rolls_back } => {
            EventJson::Started { revision: revision(step, message), number, of, rolls_back }
        }
        Event::Statement { sql, elapsed, failed } => EventJson::Statement { sql, duration_ms: millis(elapsed), failed },
        Event::Blocked { step, message, by, waited } => {
            let by = by.iter().map(blocker).collect();
            EventJson::Blocked { revision: revision(step, message), by, waited_ms: millis(waited) }
        }
        Event::StatementProgress { step, message, progress, remaining, elapsed } => {
            let StatementProgress { phase, stage, unit, done, total } = progress;
            EventJson::StatementProgress {
                revision: revision(step, message),
                phase,
                stage: stage.map(|(stage, _)| stage),
                stages: stage.map(|(_, stages)| stages),
                unit: *unit,
                done: unit.map(|_| *done),
                total: unit.map(|_| *total),
                remaining_ms: remaining.map(millis),
                elapsed_ms: millis(elapsed),
            }
        }
        Event::Waits { waiting, message } => EventJson::Waits {
            revision: revision(&waiting.step, message),
            reasons: waiting.reasons.iter().map(ToString::to_string).collect(),
        },
        Event::Backfill { progress } => EventJson::Backfill {
            name: &progress.name,
            table: &progress.table,
            phase: progress.phase.as_str(),
            rows_passed: progress.rows_passed,
            rows_changed: progress.rows_changed,
            rows_expected: progress.rows_expected,
            rows_per_second: progress.rows_per_second,
            remaining_ms: progress.remaining.map(millis),
            elapsed_ms: millis(progress.elapsed),
        },
        Event::Retrying { step, message, attempt, of, cause } => {
            EventJson::Retrying { revision: revision(step, message), attempt, of, cause: cause.to_string() }
        }
        Event::Restarted => EventJson::Restarted {},
        Event::Finished { step, message, elapsed } => {
            EventJson::Finished { revision: revision(step, message), duration_ms: millis(elapsed) }
        }
        Event::Overtaken { step, message } => EventJson::Overtaken(revision(step, message)),
        Event::Failed { step, message } => EventJson::Failed(revision(step, message)),
        Event::Stopped { left } => EventJson::Stopped { left: steps(left) },
    }
}

fn revision<'a>(of: &'a Step, message: &'a str) -> RevisionRef<'a> {
    RevisionRef { step: step(of), message }
}

fn steps(steps: &[Step]) -> Vec<StepRef<'_>> {
    steps.iter().map(step).collect()
}

fn step(step: &Step) -> StepRef<'_> {
    StepRef { direction: word(step.direction), revision: &step.revision }
}

fn blocker(blocker: &Blocker) -> BlockerJson<'_> {
    BlockerJson {
        session: blocker.session,
        prepared: blocker.prepared.as_deref(),
        user: blocker.user.as_deref(),
        program: blocker.program.as_deref(),
        state: blocker.state.as_deref(),
        transaction_ms: blocker.transaction.map(millis),
        statement: blocker.statement.as_deref(),
        restricted: blocker.is_restricted,
    }
}

fn who(holder: &Holder) -> HolderJson<'_> {
    let at = holder.at.as_ref();
    HolderJson {
        host: &holder.host,
        process: holder.process,
        program: &holder.program,
        since: moment(holder.since),
        at: at.map(|(direction, revision)| StepRef { direction: word(*direction), revision }),
    }
}

fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Upgrade => "upgrade",
        Direction::Downgrade => "downgrade",
    }
}

/// A duration in milliseconds, to the microsecond.
pub(crate) fn millis(length: Duration) -> f64 {
    let micros = u32::try_from(length.as_micros()).map_or_else(|_| length.as_secs_f64() * 1e6, f64::from);
    micros.round() / 1e3
}

#[cfg(test)]
mod tests;
