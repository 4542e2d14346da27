//! The reports of `lint`, compared with what other sessions experience.
//!
//! Each statement of a corpus runs on tables with many rows, while other sessions read and write single rows of them. A
//! report is a false "safe" if a session waits for a good part of the time, longer than with few rows, and the report says
//! that it does not, or if the time grows with the rows and the report says that it does not. It is a false alarm if the
//! report says that sessions wait for longer as the table grows, and none does. What the report calls unknown is neither.
//!
//! - `GROUND_TRUTH=all`: all statements, on larger tables, instead of a few.
//! - `GROUND_TRUTH=TEXT`: only the statements that contain the text, on larger tables.

mod corpus;
mod reality;
mod report;

use std::env;
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::iter;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use seachange_tests::harness::{Case, TestResult};
use seachange_tests::servers::PostgresMajor;
use seachange_tests::{Backend, TestDatabase};

use crate::guarantees::script::Outcome;
use corpus::TruthCase;
use reality::{Experience, FilledDatabase, Size, Waits};
use report::Report;

/// The number of statements for each database in each run.
const FEW: usize = 30;

/// How many false alarms are allowed, in percent.
const ALARMS: usize = 2;

/// How often a statement runs before it counts as wrongly reported: a busy machine delays sessions too.
const ATTEMPTS: usize = 3;

/// The lines of the table at the end.
static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

pub(crate) fn trials() -> Vec<Case> {
    let name = "ground_truth::reports_are_true";
    let mut cases: Vec<Case> =
        Backend::ALL.map(|backend| Case::on(backend, name, |database| compare(database, "default"))).into();
    for (edition, major) in [("oldest", PostgresMajor::Oldest), ("newest", PostgresMajor::Newest)] {
        cases.push(Case::owning(Backend::Postgres, &format!("{name}_on_the_{edition}"), move || {
            let server = major.start()?;
            compare(&TestDatabase::at(Backend::Postgres, Some(server.address().clone()))?, edition)
        }));
    }
    cases
}

/// What a report is worth.
#[derive(Debug, PartialEq)]
enum Verdict {
    True,
    Unknown(String),
    FalseSafe(String),
    FalseAlarm(String),
}

/// How much a run has time for.
struct Extent {
    only: Option<String>,
    few: Option<usize>,
    rows: usize,
    /// The shortest wait that counts as one.
    shortest: Duration,
}

impl Extent {
    fn read(backend: Backend) -> Self {
        let (small, large) = match backend {
            Backend::Postgres => (150_000, 500_000),
            Backend::MariaDb => (60_000, 150_000),
            Backend::MySql => (40_000, 120_000),
            Backend::Sqlite => (150_000, 600_000),
        };
        let shortest = Duration::from_millis(150);
        match env::var("GROUND_TRUTH").ok().filter(|value| !value.is_empty()) {
            None => Self { only: None, few: Some(FEW), rows: small, shortest },
            Some(value) => {
                let only = (value != "all").then_some(value);
                Self { only, few: None, rows: large, shortest }
            }
        }
    }
}

fn compare(database: &TestDatabase, edition: &str) -> TestResult {
    let began = Instant::now();
    let extent = Extent::read(database.backend());
    let mut cases = corpus::cases(database.backend(), version(database)?)?;
    let all = cases.len();
    if let Some(only) = &extent.only {
        cases.retain(|case| case.statement.contains(only));
    }
    if let Some(few) = extent.few {
        cases = corpus::few(cases, few);
    }
    let reports = report::reports(database, &cases)?;
    let reported = began.elapsed();
    let filled = FilledDatabase::create(database, extent.rows)?;
    let (mut unknown, mut safe, mut alarms, mut broken) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut longest = Duration::ZERO;
    for (case, report) in cases.iter().zip(&reports) {
        let said = format!("{}\n    ", case.statement.replace('\n', "\n  "));
        let (verdict, time) = match judged(&filled, case, report, extent.shortest) {
            Ok(judged) => judged,
            Err(error) => {
                broken.push(format!("  {said}{error}"));
                continue;
            }
        };
        longest = longest.max(time);
        match verdict {
            Verdict::True => {}
            Verdict::Unknown(reason) => unknown.push(format!("  {said}{reason}")),
            Verdict::FalseSafe(reason) => safe.push(format!("  {said}{reason}")),
            Verdict::FalseAlarm(reason) => alarms.push(format!("  {said}{reason}")),
        }
    }
    filled.drop()?;
    let mut text = format!(
        "{} {edition}: {} of {all} statements, {} rows, the longest took {:.1} s: {} false safe, {} false alarms, {} \
         unknown; {:.1} s for the reports, {:.1} s together",
        database.backend(),
        cases.len(),
        extent.rows,
        longest.as_secs_f64(),
        safe.len(),
        alarms.len(),
        unknown.len(),
        reported.as_secs_f64(),
        began.elapsed().as_secs_f64(),
    );
    if extent.few.is_none() {
        for (title, list) in [("unknown", &unknown), ("false alarms", &alarms)] {
            if !list.is_empty() {
                let _ = write!(text, "\n {title}:\n{}", list.join("\n"));
            }
        }
    }
    LINES.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    let too_many = alarms.len() * 100 > cases.len() * ALARMS;
    if safe.is_empty() && broken.is_empty() && !too_many {
        return Ok(());
    }
    let parts = [("false safe", safe), ("false alarms", alarms), ("broken", broken)];
    let parts = parts.into_iter().filter(|(_, list)| !list.is_empty());
    Err(parts.map(|(title, list)| format!("{title}:\n{}", list.join("\n"))).collect::<Vec<_>>().join("\n").into())
}

/// The major version; 0 on SQLite.
fn version(database: &TestDatabase) -> Outcome<u32> {
    let text: String = match database.backend() {
        Backend::Sqlite => return Ok(0),
        Backend::Postgres => database.value("SELECT current_setting('server_version')")?,
        Backend::MariaDb | Backend::MySql => database.value("SELECT VERSION()")?,
    };
    Ok(text.split('.').next().unwrap_or_default().parse()?)
}

/// Compares a report with what happens, several times if they differ; returns how long the statement took, too.
fn judged(
    filled: &FilledDatabase<'_>,
    case: &TruthCase,
    report: &Report,
    shortest: Duration,
) -> Outcome<(Verdict, Duration)> {
    if let Some(reason) = &report.unknown {
        return Ok((Verdict::Unknown(reason.clone()), Duration::ZERO));
    }
    let mut attempt = 1;
    let mut fastest = Duration::MAX;
    loop {
        let large = filled.experience(case, Size::Large)?;
        // A short time has not grown, and an alarm is compared with the time that few rows take.
        let says_long = report.grows == Some(true) && report.objects.iter().any(|own| own.blocks_writes);
        let small = match large.time >= shortest / 2 || says_long {
            true => filled.experience(case, Size::Small)?,
            false => Experience::default(),
        };
        // Other work of the machine makes times longer, never shorter.
        fastest = fastest.min(small.time);
        let verdict = judge(report, &large, &small, fastest, shortest);
        if matches!(verdict, Verdict::True | Verdict::Unknown(_)) || attempt == ATTEMPTS {
            return Ok((verdict, large.time));
        }
        attempt += 1;
    }
}

/// `small` is what happens on few rows, and `fastest` the shortest time there. The short exclusive lock of a change that
/// lets others work, and the time that every change of a catalogue takes, are as long there.
fn judge(report: &Report, large: &Experience, small: &Experience, fastest: Duration, shortest: Duration) -> Verdict {
    let few = small.waits.iter().copied().chain(iter::repeat(Waits::default()));
    let small = small.time;
    let difference = large.time.saturating_sub(small);
    let is_long = |wait: Duration| wait.as_secs_f64() > 0.4 * large.time.as_secs_f64();
    let blocks = |says: bool, wait: Duration, few: Duration| {
        !says && is_long(wait) && wait >= shortest && wait.saturating_sub(few) >= shortest / 2
    };
    let times = format!("{:.3} s, {:.3} s with few rows", large.time.as_secs_f64(), small.as_secs_f64());
    let mut is_blocked = false;
    let mut says_blocked = false;
    for ((said, waits), few) in report.objects.iter().zip(&large.waits).zip(few) {
        if blocks(said.blocks_reads, waits.reader, few.reader) || blocks(said.blocks_writes, waits.writer, few.writer) {
            return Verdict::FalseSafe(format!("{said:?}, and {waits:?} of {times}"));
        }
        is_blocked |= said.blocks_reads && is_long(waits.reader) || said.blocks_writes && is_long(waits.writer);
        says_blocked |= said.blocks_reads || said.blocks_writes;
    }
    let has_grown = difference >= shortest / 2 && large.time >= small * 3;
    match report.grows {
        None => Verdict::Unknown("whether the time grows with the rows".to_owned()),
        Some(false) if has_grown => Verdict::FalseSafe(format!("says that the time does not grow: {times}")),
        Some(true) if says_blocked && !(is_blocked && large.time > fastest + fastest / 2) => {
            Verdict::FalseAlarm(format!("{:?}, and {:?} of {times}", report.objects, large.waits))
        }
        Some(_) => Verdict::True,
    }
}

/// Prints the table.
pub(crate) fn report() {
    let mut lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    lines.sort();
    if !lines.is_empty() {
        let _ = writeln!(io::stdout(), "\nground truth\n{}", lines.join("\n"));
    }
}
