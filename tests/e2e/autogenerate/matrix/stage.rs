//! One server, or SQLite, with a database for each change.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fs,
    io::{self, Write},
    path::Path,
    sync::Mutex,
    thread,
    time::Duration,
};

use seachange_matrix::{CASE, Case as Change, FOLDER, Job, Outcome, StoredOutcome};
use seachange_tests::{Backend, Program, TestDatabase, servers::Address};

use super::{Outcomes, databases::Databases, selection};

/// How long the program may take for all changes.
const LIMIT: Duration = Duration::from_secs(1200);

/// One server, or SQLite, with a database for each change.
pub(super) struct Stage {
    /// The major version of a PostgreSQL server.
    major: Option<i32>,
    databases: Databases,
    /// The outcomes of the preparation.
    outcomes: Outcomes,
    /// The texts of the revisions, by change.
    revisions: BTreeMap<String, String>,
}

impl Stage {
    /// Prepares each change, and lets the command line write the revisions for the differences.
    pub(super) fn prepare(
        backend: Backend,
        address: Option<Address>,
        changes: Vec<Change>,
    ) -> Result<Self, Box<dyn Error>> {
        let first = TestDatabase::at(backend, address)?;
        let major = major(&first)?;
        let databases = Databases::create(first, &possible(changes, major))?;
        let mut stage = Self { major, databases, outcomes: Outcomes::new(), revisions: BTreeMap::new() };
        stage.outcomes = stage.ask(&Program::named("matrix"), "prepare", stage.databases.jobs())?;
        stage.write();
        Ok(stage)
    }

    /// The files of the revisions, with their texts.
    pub(super) fn files(&self) -> impl Iterator<Item = (String, &str)> {
        self.revisions.iter().map(|(change, text)| (self.file(change), text.as_str()))
    }

    /// Applies and reverts the revisions; those that are not compiled, by the same calls. Returns the outcome of each
    /// change together with that of its preparation.
    pub(super) fn prove(&self, program: &Program, compiled: &BTreeSet<String>) -> Result<Outcomes, Box<dyn Error>> {
        let differing = self.databases.jobs().iter().filter(|job| self.revisions.contains_key(&job.case));
        let file = |job: &Job| Some(self.file(&job.case)).filter(|file| compiled.contains(file));
        let jobs: Vec<_> = differing.map(|job| Job { file: file(job), ..job.clone() }).collect();
        let proven = self.ask(program, "prove", &jobs)?;
        let mut outcomes = self.outcomes.clone();
        self.report_stored(proven.values());
        for (change, proof) in proven {
            outcomes.entry(change).and_modify(|outcome| outcome.faults.extend(proof.faults));
        }
        if let Some(major) = self.major {
            let faults = outcomes.values_mut().flat_map(|outcome| &mut outcome.faults);
            faults.for_each(|fault| *fault = format!("PostgreSQL {major}: {fault}"));
        }
        Ok(outcomes)
    }

    /// Makes the changes on rows on which they may fail, in the same databases, which are emptied before. All changes if
    /// `is_complete`, and otherwise one for each list of differences.
    pub(super) fn foresee(&self, is_complete: bool) -> Result<Outcomes, Box<dyn Error>> {
        let mut seen = BTreeSet::new();
        let mut is_chosen = |job: &Job| {
            let outcome = self.outcomes.get(&job.case).filter(|_| self.revisions.contains_key(&job.case));
            outcome.is_some_and(|outcome| seen.insert(outcome.differences.clone()) || is_complete)
        };
        let jobs: Vec<Job> = self.databases.jobs().iter().filter(|job| is_chosen(job)).cloned().collect();
        self.ask(&Program::named("matrix"), if is_complete { "foresee-each" } else { "foresee" }, &jobs)
    }

    /// Prints how many stored downgrades a program without the revisions has run, and why the others were not captured.
    fn report_stored<'o>(&self, outcomes: impl Iterator<Item = &'o Outcome>) {
        let mut counts: BTreeMap<&StoredOutcome, usize> = BTreeMap::new();
        outcomes.for_each(|outcome| *counts.entry(&outcome.stored).or_default() += 1);
        let major = self.major.map_or_else(String::new, |major| format!(" {major}"));
        let backend = self.databases.backend();
        for (outcome, count) in counts {
            let what = match outcome {
                StoredOutcome::Untried => "not reached".to_owned(),
                StoredOutcome::Reverted => "run by a program without the revision".to_owned(),
                StoredOutcome::NotCaptured(reason) => format!("not captured: {reason}"),
            };
            let _ = writeln!(io::stderr(), "stored downgrades on {backend}{major}: {count} {what}");
        }
    }

    fn file(&self, change: &str) -> String {
        let major = self.major.map(|major| major.to_string());
        format!("m{}_{}.rs", major.unwrap_or_default(), self.databases.name(change))
    }

    fn ask(&self, program: &Program, question: &str, jobs: &[Job]) -> Result<Outcomes, Box<dyn Error>> {
        let file = self.databases.folder().join(format!("{question}.json"));
        fs::write(&file, serde_json::to_string(jobs)?)?;
        let asked = program.clone().arg(question).arg(&file).folder(self.databases.folder()).limit(LIMIT);
        let outcomes: Vec<Outcome> = serde_json::from_str(&asked.run()?.succeeded()?.stdout)?;
        Ok(outcomes.into_iter().map(|outcome| (outcome.case.clone(), outcome)).collect())
    }

    fn write(&mut self) {
        let differs = |job: &&Job| self.outcomes.get(&job.case).is_some_and(|outcome| !outcome.differences.is_empty());
        let open: Mutex<Vec<&Job>> = Mutex::new(self.databases.jobs().iter().filter(differs).collect());
        let next = || open.lock().ok().and_then(|mut open| open.pop());
        let work = || std::iter::from_fn(next).map(|job| (job.case.clone(), self.revision(job))).collect::<Vec<_>>();
        let written = thread::scope(|scope| {
            let workers = [scope.spawn(work), scope.spawn(work)];
            workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect::<Vec<_>>()
        });
        for (change, written) in written {
            let (text, fault) = written.unwrap_or_else(|error| (None, Some(error.to_string())));
            self.revisions.extend(text.map(|text| (change.clone(), text)));
            self.outcomes.entry(change).and_modify(|outcome| outcome.faults.extend(fault));
        }
    }

    /// The text of the revision that the command line writes, and the errors that it reports in it. What each locks is
    /// measured in the complete run only: a scratch database for each takes half of the time.
    fn revision(&self, job: &Job) -> Result<(Option<String>, Option<String>), Failure> {
        let folder = self.databases.folder().join(format!("crate_{}", self.databases.name(&job.case)));
        fs::create_dir_all(folder.join("src/versions"))?;
        let output = Program::named("matrix")
            .env(CASE, &job.case)
            .env(FOLDER, &folder)
            .env("DATABASE_URL", &job.url)
            .args(["revision", "--autogenerate", "-m", &job.case])
            .args((!selection::is_complete()).then_some("--no-lint"))
            .folder(&folder)
            .run()?;
        let text = only_file(&folder.join("src/versions"))?;
        let fault = (!output.success())
            .then(|| format!("revision --autogenerate: {output}{}", text.as_deref().unwrap_or_default()));
        Ok((text, fault))
    }
}

fn major(database: &TestDatabase) -> Result<Option<i32>, Box<dyn Error>> {
    if database.backend() != Backend::Postgres {
        return Ok(None);
    }
    Ok(Some(database.value("SELECT current_setting('server_version_num')::int4 / 10000")?))
}

/// Returns the changes that are possible on a major version of PostgreSQL, and prints the others.
fn possible(changes: Vec<Change>, major: Option<i32>) -> Vec<Change> {
    let (possible, others): (Vec<_>, Vec<_>) =
        changes.into_iter().partition(|change| major.is_none_or(|major| change.since <= major));
    if let (Some(major), false) = (major, others.is_empty()) {
        let names: Vec<_> = others.iter().map(|change| change.name).collect();
        let _ = writeln!(io::stderr(), "not possible on PostgreSQL {major}: {}", names.join("; "));
    }
    possible
}

type Failure = Box<dyn Error + Send + Sync>;

fn only_file(folder: &Path) -> Result<Option<String>, Failure> {
    let file = fs::read_dir(folder)?.next().transpose()?;
    Ok(file.map(|file| fs::read_to_string(file.path())).transpose()?)
}
