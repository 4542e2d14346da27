//! Runs on clusters of three servers, on which a lock of a session holds on one server only.
//!
//! The revisions are those of `ten-migration`, whose rows show when a statement ran twice. By default two rounds are run
//! with twenty processes; ten with `TORTURE=all`.

use std::env;
use std::error::Error;
use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use seachange_tests::harness::{Case, TestResult};
use seachange_tests::servers::{Address, Cluster, ClusterKind};
use seachange_tests::{Program, Running, TestDatabase};
use serde_json::json;

use crate::guarantees::script::Script;

/// How many processes are started together.
const CROWD: usize = 20;

/// How long a run may take while others work at the same time.
const LIMIT: Duration = Duration::from_secs(180);

/// The length of a lease in tests that wait for its end.
const LEASE: &str = "4s";

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A test that leaves all servers running.
type ClusterTest = fn(&Members) -> TestResult;

pub(crate) fn trials() -> Vec<Case> {
    let tests: [(&str, ClusterTest); 4] = [
        ("clusters::crowd_runs_each_revision_once", crowd_runs_each_revision_once),
        ("clusters::stopped_run_sends_nothing_afterwards", stopped_run_sends_nothing_afterwards),
        ("clusters::running_statement_is_in_doubt", running_statement_is_in_doubt),
        ("clusters::services_and_programs_share_the_lock", services_and_programs_share_the_lock),
    ];
    let mut cases = Vec::new();
    for kind in ClusterKind::ALL {
        for (name, test) in tests {
            cases.push(Case::with_cluster(kind, name, move |cluster| test(&Members::all(cluster, kind))));
        }
        cases.push(Case::with_cluster(kind, "clusters::killed_server_is_told", move |cluster| {
            killed_server_is_told(cluster, kind)
        }));
    }
    cases.push(Case::with_cluster(ClusterKind::Galera, "clusters::long_change_keeps_the_lease", |cluster| {
        long_change_keeps_the_lease(&Members::all(cluster, ClusterKind::Galera))
    }));
    cases
}

/// The servers of a cluster.
struct Members {
    kind: ClusterKind,
    addresses: Vec<Address>,
}

impl Members {
    fn all(cluster: &Cluster, kind: ClusterKind) -> Self {
        Self { kind, addresses: cluster.addresses() }
    }

    /// A new database, which all servers have.
    fn database(&self) -> Outcome<TestDatabase> {
        Ok(TestDatabase::everywhere(self.kind.backend(), &self.addresses)?)
    }

    /// The URL of a database on one of the servers.
    fn url(&self, index: usize, database: &TestDatabase) -> String {
        self.addresses[index % self.addresses.len()].url(database.name())
    }

    /// The program with ten revisions on one of the servers.
    fn program(&self, index: usize, database: &TestDatabase, arguments: &str) -> Program {
        let program = Program::named("ten-migration").database(database).env("DATABASE_URL", self.url(index, database));
        program.env("TEN_LOG", database.folder().join("log")).args(arguments.split(' ')).limit(LIMIT)
    }

    /// Waits until the first server has what the others committed before.
    fn catch_up(&self, database: &TestDatabase) -> TestResult {
        let waits = match self.kind {
            ClusterKind::Galera => "SET SESSION wsrep_sync_wait = 15",
            ClusterKind::GroupReplication => "SET SESSION group_replication_consistency = 'BEFORE'",
        };
        database.execute(&format!("{waits}; SELECT COUNT(*) FROM seachange_revision"))?;
        Ok(())
    }

    /// How long Galera lets a read wait for what others committed.
    fn limit_causal_reads(&self, limit: &str) -> TestResult {
        for address in &self.addresses {
            let database = TestDatabase::at(self.kind.backend(), Some(address.clone()))?;
            database.execute(&format!("SET GLOBAL wsrep_provider_options = 'repl.causal_read_timeout={limit}'"))?;
        }
        Ok(())
    }

    /// The contents after all revisions, which one process has run alone.
    fn undisturbed(&self) -> Outcome<(String, String)> {
        let database = self.database()?;
        let output = self.program(0, &database, "up").run()?.succeeded()?;
        assert!(!output.stderr.contains("Waiting"), "{output}");
        Ok((database.schema()?, database.rows()?))
    }

    /// Fails unless each revision is applied, and every server has the contents of an undisturbed run.
    fn check_head(&self, database: &TestDatabase, expected: &(String, String)) -> TestResult {
        for index in 0..self.addresses.len() {
            let settled = || -> Outcome<bool> {
                let output = self.program(index, database, "current --check-heads").run()?;
                Ok(output.success())
            };
            wait_until(&format!("server {index} is at the head"), settled)?;
        }
        self.catch_up(database)?;
        assert_eq!(&(database.schema()?, database.rows()?), expected);
        let token: String = database.value("SELECT token FROM seachange_revision_lease")?;
        assert_eq!(token, "", "the lease is released");
        Ok(())
    }
}

/// The revisions whose code ran to its end. A revision that did so twice is listed twice.
fn ended(database: &TestDatabase) -> Vec<String> {
    let text = fs::read_to_string(database.folder().join("log")).unwrap_or_default();
    let mut ended: Vec<String> =
        text.lines().filter(|line| line.parse::<usize>().is_err()).map(str::to_owned).collect();
    ended.sort();
    ended
}

fn wait_until(what: &str, is_done: impl Fn() -> Outcome<bool>) -> TestResult {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_done()? {
        if Instant::now() > deadline {
            return Err(format!("waited in vain: {what}").into());
        }
        sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn wait_for_moment(database: &TestDatabase, running: &mut Running) -> TestResult {
    while !database.folder().join("reached").exists() {
        if running.has_ended()? {
            return Err(format!("it never waited:\n{}", running.kill()).into());
        }
        running.pause()?;
    }
    Ok(())
}

fn rounds() -> usize {
    let wanted = env::var("TORTURE").unwrap_or_default();
    if wanted == "all" { 10 } else { 2 }
}

fn crowd_runs_each_revision_once(cluster: &Members) -> TestResult {
    let expected = cluster.undisturbed()?;
    for round in 0..rounds() {
        let database = cluster.database()?;
        let signal = database.folder().join("start");
        let start = |index| cluster.program(index, &database, "up").env("TEN_START", &signal).start();
        let processes: Vec<Running> = (0..CROWD).map(start).collect::<Result<_, _>>()?;
        fs::write(&signal, "")?;
        for running in processes {
            running.finish()?.succeeded()?;
        }
        let ended = ended(&database);
        assert_eq!(ended.len(), 10, "round {round}: {ended:?}");
        cluster.check_head(&database, &expected)?;
    }
    Ok(())
}

/// What a server received since its general log was switched on, except what the test itself sent, and what ends a session
/// or gives the lock and the lease back.
fn received(database: &TestDatabase) -> Outcome<Vec<String>> {
    const EXPECTED: [&str; 6] = ["SET ", "ROLLBACK", "COMMIT", "TRUNCATE", "SELECT RELEASE_LOCK", "UPDATE"];
    let log = "SELECT CAST(argument AS CHAR) FROM mysql.general_log WHERE command_type IN ('Query', 'Execute')";
    let mut received = database.values::<String>(log)?;
    received.retain(|sql| !EXPECTED.iter().any(|start| sql.starts_with(start)));
    Ok(received)
}

/// A process that is stopped for longer than its lease.
fn stopped_run_sends_nothing_afterwards(cluster: &Members) -> TestResult {
    let expected = cluster.undisturbed()?;
    let database = cluster.database()?;
    let run = cluster.program(0, &database, "up").args(["--lease", LEASE]).env("TEN_AT", "30: wait");
    let mut stopped = run.start()?;
    wait_for_moment(&database, &mut stopped)?;
    // The second server may be behind the first one.
    wait_until("the second server shows the run", || {
        let status = cluster.program(1, &database, "status").run()?.succeeded()?;
        Ok(status.stdout.contains("running"))
    })?;
    stopped.pause_process()?;

    let mut other = cluster.program(1, &database, "up").start()?;
    other.wait_for(&format!("process {}", stopped.id()))?;
    let other = other.finish()?;
    assert_eq!(other.code, Some(4), "{other}");
    assert!(other.stderr.contains("did not finish"), "{other}");
    cluster.catch_up(&database)?;
    let before = (database.schema()?, database.rows()?, journal(&database)?);

    database.execute("SET GLOBAL log_output = 'TABLE'; TRUNCATE mysql.general_log; SET GLOBAL general_log = ON")?;
    fs::write(database.folder().join("go"), "")?;
    stopped.continue_process()?;
    let output = stopped.finish()?;
    database.execute("SET GLOBAL general_log = OFF")?;
    assert_eq!(received(&database)?, Vec::<String>::new());
    assert_eq!(output.code, Some(5), "{output}");
    assert!(output.stderr.contains("the lease that keeps other runs out has ended"), "{output}");
    assert_eq!((database.schema()?, database.rows()?, journal(&database)?), before);

    let up = cluster.program(2, &database, "up").run()?;
    assert_eq!(up.code, Some(4), "{up}");
    cluster.program(2, &database, "repair --resume").run()?.succeeded()?;
    cluster.program(1, &database, "up").run()?.succeeded()?;
    cluster.check_head(&database, &expected)
}

fn journal(database: &TestDatabase) -> Outcome<Vec<String>> {
    let entries = "SELECT CONCAT(revision, ' ', number, ' ', state) FROM seachange_revision_statement ORDER BY 1";
    Ok(database.values(entries)?)
}

/// The process is stopped while the server executes a statement that no transaction holds.
fn running_statement_is_in_doubt(cluster: &Members) -> TestResult {
    let database = cluster.database()?;
    let table = "CREATE TABLE slow (id INT PRIMARY KEY, s INT) SELECT 1 AS id, SLEEP(2) AS s";
    let script =
        Script::new(&database).up("l1", json!([table])).up("l2", json!(["CREATE TABLE b (id INT PRIMARY KEY)"]));
    let at = |index: usize, arguments: &str| -> Outcome<Program> {
        Ok(script.program(arguments)?.env("DATABASE_URL", cluster.url(index, &database)).limit(LIMIT))
    };
    let stopped = at(0, "up")?.args(["--lease", LEASE]).start()?;
    let is_running = || -> Outcome<bool> {
        let running = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'CREATE TABLE slow%'";
        Ok(database.value::<i64>(running)? > 0)
    };
    wait_until("the statement runs", is_running)?;
    stopped.pause_process()?;
    let other = at(1, "up")?.run()?;
    assert_eq!(other.code, Some(4), "{other}");
    stopped.continue_process()?;
    let output = stopped.finish()?;
    assert_eq!(output.code, Some(5), "{output}");
    assert!(output.stderr.contains("the lease that keeps other runs out has ended"), "{output}");
    assert!(output.stderr.contains("is in doubt"), "{output}");
    let repair = at(2, "repair")?.run()?;
    assert!(repair.stdout.contains("statement 1 was running: CREATE TABLE slow"), "{repair}");
    at(2, "repair --resume")?.run()?.succeeded()?;
    at(1, "up")?.run()?.succeeded()?;
    assert_eq!(database.tables()?, ["b", "seachange_revision", "slow"]);
    Ok(())
}

/// A change of a table keeps all writes of a Galera cluster waiting for longer than the lease, and the renewals with them.
/// The run keeps its lease, although another one waits for it.
fn long_change_keeps_the_lease(cluster: &Members) -> TestResult {
    let database = cluster.database()?;
    let rows = "INSERT INTO large SELECT seq, seq, REPEAT('x', 100) FROM seq_1_to_600000";
    let copy = "ALTER TABLE large ADD COLUMN c INT NOT NULL DEFAULT 1, ADD INDEX (name), ALGORITHM = COPY";
    let script = Script::new(&database)
        .up("l1", json!(["CREATE TABLE large (id INT PRIMARY KEY, number INT, name VARCHAR(100))", rows]))
        .up("l2", json!([copy]))
        .up("l3", json!(["INSERT INTO large VALUES (0, 0, '', 0)"]));
    let at = |index: usize, arguments: &str| -> Outcome<Program> {
        let program = script.program(arguments)?.args(["--lease", "2s"]);
        Ok(program.env("DATABASE_URL", cluster.url(index, &database)).limit(LIMIT))
    };
    at(0, "up 1")?.run()?.succeeded()?;
    cluster.limit_causal_reads("PT1S")?;
    let first = at(0, "up")?.env("SCRIPTED_AT", "1: wait").start()?;
    let folder = database.folder();
    wait_until("the change of the table is next", || Ok(folder.join("reached").exists()))?;
    // They wait before the change begins, however short it is on this machine.
    let mut others = [at(1, "up")?.start()?, at(2, "up")?.start()?];
    for other in &mut others {
        other.wait_for("Waiting for `")?;
    }
    fs::write(folder.join("go"), "")?;
    let (first, others) = (first.finish(), others.map(Running::finish));
    cluster.limit_causal_reads("PT30S")?;
    let output = first?.succeeded()?;
    assert!(!output.stderr.contains("Waiting"), "{output}");
    for other in others {
        let output = other?.succeeded()?;
        assert!(output.stderr.contains("Waiting for `"), "{output}");
    }
    cluster.catch_up(&database)?;
    assert_eq!(database.value::<i64>("SELECT COUNT(*) FROM large")?, 600_001);
    Ok(())
}

/// Services that lend their pool to the engine, each on another server, beside programs.
fn services_and_programs_share_the_lock(cluster: &Members) -> TestResult {
    let database = cluster.database()?;
    let mut script = Script::new(&database);
    for number in 1..=6 {
        let table = format!("CREATE TABLE t{number} (id INT PRIMARY KEY)");
        script = script.up(&format!("l{number}"), json!([table, format!("INSERT INTO t{number} VALUES (1)")]));
    }
    let mut running = Vec::new();
    for index in 0..6 {
        let program = if index < 3 { script.service("upgrade heads")? } else { script.program("up")? };
        running.push(program.env("DATABASE_URL", cluster.url(index, &database)).limit(LIMIT).start()?);
    }
    for running in running {
        running.finish()?.succeeded()?;
    }
    cluster.catch_up(&database)?;
    assert_eq!(database.values::<String>("SELECT state FROM seachange_revision")?, ["applied"; 6]);
    for number in 1..=6 {
        assert_eq!(database.value::<i64>(&format!("SELECT COUNT(*) FROM t{number}"))?, 1);
    }
    Ok(())
}

/// A server is killed while a run works on it. The next run goes on at another server.
fn killed_server_is_told(cluster: &mut Cluster, kind: ClusterKind) -> TestResult {
    let members = Members::all(cluster, kind);
    let expected = members.undisturbed()?;
    let database = members.database()?;
    let run = members.program(2, &database, "up").args(["--lease", LEASE]).env("TEN_AT", "30: wait");
    let mut running = run.start()?;
    wait_for_moment(&database, &mut running)?;
    cluster.kill(2)?;
    fs::write(database.folder().join("go"), "")?;
    let killed = running.finish()?;
    let outcome = go_on(&members, &database);
    cluster.restart(2)?;
    outcome?;
    assert!(!killed.success(), "{killed}");
    assert!(killed.stderr.contains("repair"), "{killed}");
    members.check_head(&database, &expected)
}

fn go_on(members: &Members, database: &TestDatabase) -> TestResult {
    let up = members.program(1, database, "up").run()?;
    if up.code == Some(4) {
        members.program(0, database, "repair --resume").run()?.succeeded()?;
        members.program(1, database, "up").run()?.succeeded()?;
        return Ok(());
    }
    up.succeeded()?;
    Ok(())
}
