//! The program.

use std::env;
use std::error::Error;
use std::fs;
use std::io::Write;
use std::iter;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;

use seachange::Migrations;
use seachange::cli::Cli;

use crate::{Case, Job, Outcome, cases, compare_foreseen, prepare, prove, wander};

/// The variable that names the change whose command line the program is.
pub const CASE: &str = "MATRIX_CASE";

/// The value of [`CASE`] for entities that refer to each other in a circle.
pub const CIRCLE: &str = "circle of relations";

/// The variable that names the crate folder of that command line.
pub const FOLDER: &str = "MATRIX_FOLDER";

/// Runs the program: `prepare JOBS`, `prove JOBS`, `foresee JOBS` and `foresee-each JOBS`, with a file of [`Job`]s, print their [`Outcome`]s as JSON;
/// `list URL` prints the names of the changes; `wander URL NUMBER` migrates between this number of pairs of random
/// schemas in an empty database. With [`CASE`] and [`FOLDER`] set, it is the command line of a program whose entities
/// are those after the change.
pub fn main(migrations: &'static Migrations) -> ExitCode {
    if let (Ok(name), Ok(folder)) = (env::var(CASE), env::var(FOLDER)) {
        let url = env::var("DATABASE_URL").unwrap_or_default();
        let entities = match name.as_str() {
            CIRCLE => cases::circle(),
            name => cases::find(name, &url).map(|case| case.after).unwrap_or_default(),
        };
        return Cli::new(migrations).manifest_dir(folder).entities(entities).run();
    }
    let mut arguments = env::args().skip(1);
    let answered = match (arguments.next().as_deref(), arguments.next()) {
        (Some("prepare"), Some(file)) => answer(&file, prepare),
        (Some("prove"), Some(file)) => answer(&file, |case, job| prove(case, job, migrations)),
        (Some("foresee"), Some(file)) => answer(&file, |case, job| compare_foreseen(case, job, false)),
        (Some("foresee-each"), Some(file)) => answer(&file, |case, job| compare_foreseen(case, job, true)),
        (Some("list"), Some(url)) => list(&url),
        (Some("wander"), Some(url)) => match arguments.next().map(|number| number.parse()) {
            Some(Ok(pairs)) => wander(&url, pairs),
            _ => Err("wander URL NUMBER".into()),
        },
        _ => Err("prepare JOBS, prove JOBS, foresee JOBS, foresee-each JOBS, list URL or wander URL NUMBER".into()),
    };
    match answered {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the jobs of a file, two at a time.
fn answer<F: Future<Output = Result<Outcome, Box<dyn Error>>>>(
    file: &str,
    walk: impl Fn(Case, Job) -> F + Sync,
) -> Result<(), Box<dyn Error>> {
    let jobs: Vec<Job> = serde_json::from_str(&fs::read_to_string(Path::new(file))?)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let jobs = Mutex::new(jobs.into_iter());
    let outcome = |job: Job| {
        let failed = |fault| Outcome::new(&job.case, Vec::new(), vec![fault]);
        let Some(case) = cases::find(&job.case, &job.url) else { return failed("no such change".to_owned()) };
        let walked = runtime.block_on(walk(case, job.clone()));
        walked.unwrap_or_else(|error| failed(error.to_string()))
    };
    let next = || jobs.lock().ok().and_then(|mut jobs| jobs.next());
    let work = || iter::from_fn(next).map(outcome).collect::<Vec<_>>();
    let outcomes = thread::scope(|scope| {
        let other = scope.spawn(work);
        let mut outcomes = work();
        outcomes.extend(other.join().unwrap_or_default());
        outcomes
    });
    Ok(writeln!(std::io::stdout(), "{}", serde_json::to_string(&outcomes)?)?)
}

fn list(url: &str) -> Result<(), Box<dyn Error>> {
    let names: Vec<_> = cases::all().into_iter().filter(|case| case.is_on(url)).map(|case| case.name).collect();
    Ok(writeln!(std::io::stdout(), "{}", serde_json::to_string(&names)?)?)
}
