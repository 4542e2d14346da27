//! One plan, run undisturbed and disturbed, and checks of the results.

use std::fs;
use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, TransactionTrait};
use seachange_tests::proxy::{Proxy, StopAt};
use seachange_tests::{Output, Program, TestDatabase, block_on};

use super::counts::{What, count};
use super::plan::Plan;
use super::random::Random;
use crate::guarantees::script::{Outcome, Script, record, says_nothing_is_left};

/// The exit code of a run that finds an interrupted one.
const INTERRUPTED: i32 = 4;

/// How long another session holds its lock at most.
const PATIENCE: Duration = Duration::from_secs(4);

/// The contents of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Contents {
    schema: String,
    rows: String,
}

/// The contents, the record, and the output of the last run.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    contents: Contents,
    record: Vec<String>,
    code: Option<i32>,
}

impl Contents {
    fn of(database: &TestDatabase) -> Result<Self, DbErr> {
        Ok(Self { schema: database.schema()?, rows: database.rows()? })
    }

    fn check(&self, expected: &Self, place: &str) -> Outcome<()> {
        for (found, expected) in [(&self.schema, &expected.schema), (&self.rows, &expected.rows)] {
            if found != expected {
                return Err(format!("{place}: found\n{found}\n--- instead of\n{expected}").into());
            }
        }
        Ok(())
    }
}

impl Place {
    fn of(database: &TestDatabase, output: &Output) -> Outcome<Self> {
        Ok(Self { contents: Contents::of(database)?, record: record(database)?, code: output.code })
    }

    fn check(&self, expected: &Self, place: &str) -> Outcome<()> {
        self.contents.check(&expected.contents, place)?;
        if (&self.record, self.code) != (&expected.record, expected.code) {
            let (found, expected) = ((&self.record, self.code), (&expected.record, expected.code));
            return Err(format!("{place}: record and exit code are {found:?} instead of {expected:?}").into());
        }
        Ok(())
    }
}

/// A plan, and the contents after an undisturbed run of it.
struct Subject<'d> {
    database: &'d TestDatabase,
    plan: &'d Plan,
    /// The contents after each number of revisions, with one run for each revision.
    steps: Vec<Place>,
    /// The contents after one run of all revisions.
    whole: Place,
    /// The points of this run between actions of the revisions, as the program logs them.
    moments: Vec<String>,
    /// The number of requests that it sent to its server.
    requests: usize,
}

/// Where a run is killed.
#[derive(Clone, Debug)]
enum Kill {
    /// At a point between actions, counted from 1 in the log.
    Moment(usize),
    /// Before or after a request to the server.
    Request(StopAt),
}

/// Runs a plan in each way. `database` is used only for its server.
pub(super) fn disturb(database: &TestDatabase, plan: &Plan, seed: u64) -> Outcome<()> {
    count(database.backend(), What::Plan);
    let mut random = Random::new(seed ^ 0x5eed);
    let subject = Subject::run(database, plan)?;
    subject.killed(&subject.pick(&mut random))?;
    if random.chance(40) {
        subject.compared()?;
    }
    if random.chance(40) {
        subject.locked(&mut random)?;
    }
    Ok(())
}

fn another(database: &TestDatabase) -> Outcome<TestDatabase> {
    Ok(TestDatabase::at(database.backend(), database.address().cloned())?)
}

/// The number of applied revisions, and whether one was begun.
fn read(record: &[String]) -> (usize, bool) {
    let applied = record.iter().filter(|row| row.ends_with(" applied")).count();
    (applied, applied < record.len())
}

impl<'d> Subject<'d> {
    /// Runs the plan in one run, and in one run for each revision. Both leave the same contents.
    fn run(database: &'d TestDatabase, plan: &'d Plan) -> Outcome<Self> {
        let together = another(database)?;
        let script = Script::of(&together, &plan.entries);
        let log = script.path("log");
        let proxy = lead_to(&together, None)?;
        let output = behind(&together, proxy.as_ref(), script.program("up")?.env("SCRIPTED_LOG", &log)).run()?;
        let requests = proxy.as_ref().map_or(0, Proxy::requests);
        let whole = Place::of(&together, &output)?;
        let text = fs::read_to_string(log).unwrap_or_default();
        // Revisions that do nothing have no point to kill at.
        let is_of_plan = |line: &&str| line.split(' ').nth(1).is_some_and(|id| plan.entries.get(id).is_some());
        let moments: Vec<String> = text.lines().filter(is_of_plan).map(str::to_owned).collect();
        let mut subject = Self { database, plan, steps: Vec::new(), whole, moments, requests };
        subject.run_apart(&output)?;
        if !output.success() {
            count(database.backend(), What::Failing);
        }
        subject.check_words(&subject.whole, &output, "undisturbed")?;
        if plan.is_plain && !output.success() {
            return Err(format!("plain DDL and DML failed: {output}").into());
        }
        Ok(subject)
    }

    fn run_apart(&mut self, together: &Output) -> Outcome<()> {
        let apart = another(self.database)?;
        let script = Script::of(&apart, &self.plan.entries);
        let nothing = Output { stdout: String::new(), stderr: String::new(), code: Some(0) };
        self.steps.push(Place::of(&apart, &nothing)?);
        for _ in 0..self.plan.revisions {
            let output = script.run("up 1")?;
            let step = Place::of(&apart, &output)?;
            self.check_words(&step, &output, "in a run of its own")?;
            if !output.success() {
                return self.whole.check(&step, &format!("in one run, against runs of one each\n{together}\n{output}"));
            }
            self.steps.push(step);
        }
        let output = script.run("up")?;
        let last = Place::of(&apart, &output)?;
        self.whole.check(&last, &format!("in one run, against runs of one each\n{together}\n{output}"))
    }

    /// Checks that what a run says is left is what is left.
    fn check_words(&self, found: &Place, output: &Output, place: &str) -> Outcome<()> {
        let (applied, is_begun) = read(&found.record);
        if output.success() {
            if is_begun {
                return Err(format!("{place}: the run succeeded, and the record is {:?}", found.record).into());
            }
            return Ok(());
        }
        if output.code.is_none() {
            return Err(format!("{place}: it was killed by something else: {output}").into());
        }
        if let Some(step) = self.steps.get(applied).filter(|_| !is_begun && says_nothing_is_left(output)) {
            found.contents.check(&step.contents, &format!("{place}: something is left: {output}"))?;
        }
        if is_begun && says_nothing_is_left(output) {
            return Err(format!("{place}: it says that nothing is left, and is in the record: {output}").into());
        }
        Ok(())
    }

    /// A point at which to kill a run, mostly one where no transaction holds the changes of the revision.
    fn pick(&self, random: &mut Random) -> Kill {
        if self.requests > 0 && random.chance(30) {
            let number = 1 + random.below(self.requests);
            return Kill::Request(if random.chance(50) { StopAt::Before(number) } else { StopAt::After(number) });
        }
        let is_outside = |line: &String| {
            let entry = line.split(' ').nth(1).and_then(|id| self.plan.entries.get(id));
            self.database.backend().is_like_mysql() || entry.is_some_and(|entry| entry["use_transaction"] == false)
        };
        let places = |is_kept: &dyn Fn(&String) -> bool| -> Vec<usize> {
            let numbered = self.moments.iter().zip(1..);
            numbered.filter(|(line, _)| !line.contains(" l1 ") && is_kept(line)).map(|(_, number)| number).collect()
        };
        let outside = places(&is_outside);
        let all = if outside.is_empty() || random.chance(25) { places(&|_| true) } else { outside };
        // A plan that fails in its first revision has no other points.
        Kill::Moment(if all.is_empty() { 1 } else { random.pick(&all) })
    }

    /// Kills a run. Returns the point, unless the run ended before.
    fn kill(&self, script: &Script<'_>, kill: &Kill) -> Outcome<Option<String>> {
        match kill {
            Kill::Moment(moment) => {
                let output = script.program("up")?.env("SCRIPTED_AT", format!("{moment}: kill")).run()?;
                let place = format!("killed before {}", self.moments[moment - 1]);
                if output.code.is_some() {
                    return Err(format!("{place}: it was not killed: {output}").into());
                }
                Ok(Some(place))
            }
            Kill::Request(hold) => {
                let proxy = lead_to(script.database, Some(*hold))?;
                let mut running = behind(script.database, proxy.as_ref(), script.program("up")?).start()?;
                let is_held = proxy.as_ref().is_some_and(|proxy| proxy.wait_until_held(&mut running).unwrap_or(false));
                running.kill();
                Ok(is_held.then(|| format!("killed {hold:?}")))
            }
        }
    }

    /// Kills a run, and resumes as the program offers.
    fn killed(&self, kill: &Kill) -> Outcome<()> {
        let (backend, database) = (self.database.backend(), another(self.database)?);
        let script = Script::of(&database, &self.plan.entries);
        let Some(place) = self.kill(&script, kill)? else {
            return Ok(());
        };
        count(backend, What::Killed);
        if self.plan.is_plain {
            count(backend, What::PlainKilled);
        }
        let (applied, is_begun) = read(&record(&database)?);
        if let Some(step) = self.steps.get(applied).filter(|_| !is_begun) {
            Contents::of(&database)?.check(&step.contents, &format!("{place}, and nothing is begun"))?;
        }
        let what = self.go_on(&script, &place)?;
        count(backend, what);
        if self.plan.is_plain && matches!(what, What::Repeated | What::Resumed) {
            count(backend, What::PlainResumed);
        }
        Ok(())
    }

    /// Continues with `up`, or with `repair --resume` where the record says that a revision was begun.
    fn go_on(&self, script: &Script<'_>, place: &str) -> Outcome<What> {
        let database = script.database;
        let up = script.run("up")?;
        if up.code != Some(INTERRUPTED) {
            let found = Place::of(database, &up)?;
            self.check_words(&found, &up, place)?;
            found.check(&self.whole, &format!("{place}, then `up`\n{up}"))?;
            return Ok(if up.success() { What::Repeated } else { What::FailedAlike });
        }
        script.run("repair")?.succeeded().map_err(|output| format!("{place}, then `repair`: {output}"))?;
        let resumed = script.run("repair --resume")?;
        if resumed.success() {
            let up = script.run("up")?;
            let found = Place::of(database, &up)?;
            found.check(&self.whole, &format!("{place}, then `repair --resume`, then `up`\n{resumed}\n{up}"))?;
            return Ok(if up.success() { What::Resumed } else { What::FailedAlike });
        }
        let found = Place::of(database, &resumed)?;
        if !read(&found.record).1 {
            return Err(format!("{place}: it refused, and the record has nothing begun: {resumed}").into());
        }
        if resumed.stderr.contains("--not-run") {
            return Ok(What::InDoubt);
        }
        Ok(if found == self.whole { What::FailedAlike } else { What::Refused })
    }

    /// Checks that sea-orm-migration leaves the same contents, where both runners apply the plan.
    fn compared(&self) -> Outcome<()> {
        // Without autocommit, sea-orm-migration's own record is not committed.
        if self.whole.code != Some(0) || self.plan.entries.to_string().contains("autocommit") {
            return Ok(());
        }
        let database = another(self.database)?;
        let script = Script::of(&database, &self.plan.entries);
        for _ in 0..self.plan.revisions {
            if !script.with_sea_orm_migration("1")?.run()?.success() {
                return Ok(());
            }
        }
        let mut contents = Contents::of(&database)?;
        contents.schema = without_its_record(&contents.schema);
        self.whole.contents.check(&contents, "against sea-orm-migration")?;
        count(self.database.backend(), What::Compared);
        Ok(())
    }

    /// Runs while another session holds a lock, which it releases when the run is retried, or after some time.
    fn locked(&self, random: &mut Random) -> Outcome<()> {
        if self.whole.code != Some(0) {
            return Ok(());
        }
        let (backend, database) = (self.database.backend(), another(self.database)?);
        let script = Script::of(&database, &self.plan.entries);
        script.succeed("up 1")?;
        let table = random.pick(&["t1", "t2"]);
        let statement = match random.below(2) {
            0 => format!("SELECT * FROM {table}"),
            _ => format!("UPDATE {table} SET n = n + 1"),
        };
        // Some locks are released while the run still waits.
        let (limit, patience) = match random.below(2) {
            0 => ("2s", Duration::from_millis(300)),
            _ if backend.is_like_mysql() => ("1s", PATIENCE),
            _ => ("300ms", PATIENCE),
        };
        let holder = hold(&database, &statement)?;
        let start = Instant::now();
        let mut running = script.program(&format!("up --lock-timeout {limit} --retries 5"))?.start()?;
        while !running.has_ended()? && !running.has_said("trying again") && start.elapsed() < patience {
            running.pause()?;
        }
        block_on(holder.rollback())?;
        let output = running.finish()?;
        let place = format!("beside a session with `{statement}`");
        count(backend, What::Locked);
        let found = Place::of(&database, &output)?;
        self.check_words(&found, &output, &place)?;
        if output.success() && has_ignored_a_lock_timeout(&script) {
            // The revision has gone on without the rows of that statement, as its code says.
            count(backend, What::LockedIgnored);
        } else if output.success() {
            found.check(&self.whole, &format!("{place}\n{output}"))?;
            count(backend, What::LockedApplied);
        } else {
            count(backend, What::LockedStopped);
            self.go_on(&script, &format!("{place}, which stopped it"))?;
        }
        Ok(())
    }
}

/// Whether the code of a revision went on after a statement of it had waited too long for a lock.
fn has_ignored_a_lock_timeout(script: &Script<'_>) -> bool {
    let timeouts = ["Lock wait timeout", "lock timeout", "database is locked"];
    let is_timeout = |line: &String| timeouts.iter().any(|timeout| line.contains(timeout));
    script.printed().iter().any(|line| line.starts_with("swallowed: ") && is_timeout(line))
}

/// A schema without the table in which sea-orm-migration keeps its record.
fn without_its_record(schema: &str) -> String {
    let objects = schema.split('\n').scan(false, |is_record, line| {
        // The text of a MariaDB table has several lines, so it is removed from its first to its last line.
        let begins = line.contains("seaql_migrations");
        let is_hidden = begins || *is_record;
        *is_record = is_hidden && line.starts_with("CREATE TABLE `") || *is_record && !line.starts_with(')');
        Some((!is_hidden).then_some(line))
    });
    objects.flatten().collect::<Vec<_>>().join("\n")
}

/// A proxy before the server of a database; SQLite has none.
fn lead_to(database: &TestDatabase, hold: Option<StopAt>) -> Outcome<Option<Proxy>> {
    let Some(address) = database.address() else {
        return Ok(None);
    };
    Ok(Some(Proxy::start(database.backend(), address.socket()?, hold)?))
}

/// The program, which reaches its server through a proxy.
fn behind(database: &TestDatabase, proxy: Option<&Proxy>, program: Program) -> Program {
    match (database.address(), proxy) {
        (Some(address), Some(proxy)) => program.env("DATABASE_URL", address.behind(proxy.port()).url(database.name())),
        _ => program,
    }
}

/// A transaction of another session.
fn hold(database: &TestDatabase, statement: &str) -> Outcome<DatabaseTransaction> {
    Ok(block_on(async {
        let transaction = database.connect().await?.begin().await?;
        transaction.execute_unprepared(statement).await?;
        Ok::<_, DbErr>(transaction)
    })?)
}
