//! One server, or SQLite, with a database for each change.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fs,
    path::Path,
    sync::Mutex,
    thread,
    time::Duration,
};

use seachange_matrix::{CASE, FOLDER, Job, Outcome};
use seachange_tests::{Backend, Program, servers::Address};

use super::{Outcomes, changes, databases::Databases, selection};
use crate::new_crate::NewCrate;

/// How long the program may take for all changes.
const LIMIT: Duration = Duration::from_secs(300);

/// One server, or SQLite, with a database for each change.
pub(super) struct Stage {
    /// What tells it from others of its kind.
    edition: &'static str,
    databases: Databases,
    /// What came of the preparation.
    outcomes: Outcomes,
    /// The texts of the revisions, by change.
    revisions: BTreeMap<String, String>,
    /// The changes whose revisions are compiled.
    compiled: BTreeSet<String>,
}

impl Stage {
    /// Builds the start of each change, and lets the command line write the revisions of what differs.
    pub(super) fn prepare(
        edition: &'static str,
        backend: Backend,
        address: Option<Address>,
    ) -> Result<Self, Box<dyn Error>> {
        let databases = Databases::create(backend, address, &changes(backend))?;
        let (outcomes, revisions) = (Outcomes::new(), BTreeMap::new());
        let compiled = BTreeSet::new();
        let mut stage = Self { edition, databases, outcomes, revisions, compiled };
        stage.outcomes = stage.ask(&Program::named("matrix"), "prepare", stage.databases.jobs())?;
        stage.write();
        stage.compiled = selection::select(&stage.revisions);
        Ok(stage)
    }

    /// Puts the revisions that are to be compiled into a crate.
    pub(super) fn hand_over(&self, new: &NewCrate) -> Result<(), Box<dyn Error>> {
        for change in &self.compiled {
            new.write(&self.file(change), &self.revisions[change])?;
        }
        Ok(())
    }

    /// Applies the revisions and takes them back; those that are not compiled, by the same calls. What came of each change
    /// comes back, with that of its preparation.
    pub(super) fn prove(&self, new: &NewCrate) -> Result<Outcomes, Box<dyn Error>> {
        let differing = self.databases.jobs().iter().filter(|job| self.revisions.contains_key(&job.case));
        let jobs: Vec<_> = differing
            .map(|job| Job { file: self.compiled.contains(&job.case).then(|| self.file(&job.case)), ..job.clone() })
            .collect();
        let proven = self.ask(&new.binary(), "prove", &jobs)?;
        let mut outcomes = self.outcomes.clone();
        for (change, proof) in proven {
            outcomes.entry(change).and_modify(|outcome| outcome.faults.extend(proof.faults));
        }
        for outcome in outcomes.values_mut() {
            outcome.faults.iter_mut().for_each(|fault| *fault = format!("{}{fault}", self.edition));
        }
        Ok(outcomes)
    }

    fn file(&self, change: &str) -> String {
        let edition: String = self.edition.chars().filter(char::is_ascii_alphanumeric).collect();
        format!("m{}_{}.rs", edition.to_lowercase(), self.databases.name(change))
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

    /// The text of the revision that the command line writes, and what it found wrong with it.
    fn revision(&self, job: &Job) -> Result<(Option<String>, Option<String>), Failure> {
        let folder = self.databases.folder().join(format!("crate_{}", self.databases.name(&job.case)));
        fs::create_dir_all(folder.join("src/versions"))?;
        let output = Program::named("matrix")
            .env(CASE, &job.case)
            .env(FOLDER, &folder)
            .env("DATABASE_URL", &job.url)
            .args(["revision", "--autogenerate", "-m", &job.case])
            .folder(&folder)
            .run()?;
        let text = only_file(&folder.join("src/versions"))?;
        let fault = (!output.success())
            .then(|| format!("revision --autogenerate: {output}{}", text.as_deref().unwrap_or_default()));
        Ok((text, fault))
    }
}

type Failure = Box<dyn Error + Send + Sync>;

fn only_file(folder: &Path) -> Result<Option<String>, Failure> {
    let file = fs::read_dir(folder)?.next().transpose()?;
    Ok(file.map(|file| fs::read_to_string(file.path())).transpose()?)
}
