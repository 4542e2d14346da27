//! Fleets that are disturbed at random moments: the program is killed, the server crashes, connections are cut, a node of a
//! cluster is killed. The next run ends with every target at the head, and no statement has run twice.
//!
//! By default there are five moments in all; `FLEET_KILLS=50` asks for fifty.

use std::env;
use std::error::Error;
use std::fmt::Display;
use std::thread;
use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, Statement};
use seachange_tests::harness::{Case, TestResult};
use seachange_tests::proxy::Proxy;
use seachange_tests::servers::{Cluster, ClusterKind, MariaDbServer, PostgresServer, ServerSoftware, TemporaryServer};
use seachange_tests::{Backend, Program, Running, TestDatabase, block_on};

use super::tenants::{Kind, Tenants, outcome, report};
use crate::torture;

pub(super) fn trials() -> Vec<Case> {
    use Disturbance::{Connection, Program, Server};
    let name = "fleet::disturbed_at_random_moments";
    vec![
        Case::owning(Backend::Postgres, name, || {
            disturbed(PostgresServer::start(), Kind::Schemas, 3 * fifth(), [Server, Program, Connection])
        }),
        Case::owning(Backend::MariaDb, name, || {
            disturbed(MariaDbServer::start(), Kind::Databases, fifth(), [Server, Program, Connection])
        }),
        Case::with_cluster(ClusterKind::Galera, "fleet::disturbed_by_the_end_of_a_node", node_is_killed),
    ]
}

/// A fifth of the wanted number of moments.
fn fifth() -> usize {
    let wanted = env::var("FLEET_KILLS").ok().and_then(|text| text.parse::<usize>().ok());
    wanted.unwrap_or(5).div_ceil(5)
}

/// How many targets a fleet has.
const TARGETS: usize = 5;

/// The run that is disturbed. A failure ends it for no other target.
const UP: &str = "up -j 3 --max-failures 9";

#[derive(Debug, Clone, Copy)]
enum Disturbance {
    /// The program is killed.
    Program,
    /// The server is killed with all its processes, and started again.
    Server,
    /// All connections are cut; later ones are possible.
    Connection,
}

fn disturbed<E: ServerSoftware>(
    server: Result<TemporaryServer<E>, impl Display>,
    kind: Kind,
    count: usize,
    disturbances: [Disturbance; 3],
) -> TestResult {
    let mut server = server?;
    let (expected, mut whole) = undisturbed(&TestDatabase::at(E::BACKEND, Some(server.address()))?, kind)?;
    let mut disturbances = disturbances.into_iter().cycle();
    for number in 0..count {
        let disturbance = disturbances.next().unwrap_or(Disturbance::Program);
        loop {
            let database = TestDatabase::at(E::BACKEND, Some(server.address()))?;
            let tenants = Tenants::create(&database, kind, TARGETS)?;
            let moment = torture::random_moment(number, whole);
            let place = format!("{disturbance:?} {number}, after {moment:?} of {whole:?}");
            let took = disturb(&mut server, &tenants, disturbance, moment)?;
            recover(&tenants, &|program| program, &expected).map_err(|error| format!("{place}: {error}"))?;
            match took {
                Some(took) => whole = took,
                None => break,
            }
        }
    }
    Ok(())
}

/// The contents of a target after an undisturbed run, and how long the run over all targets took.
fn undisturbed(database: &TestDatabase, kind: Kind) -> Result<(Vec<String>, Duration), Box<dyn Error>> {
    let tenants = Tenants::create(database, kind, TARGETS)?;
    let start = Instant::now();
    tenants.program("ten-migration", UP).run()?.succeeded()?;
    Ok((contents(&tenants, 1)?, start.elapsed()))
}

/// Waits until a moment. Returns after what time the run ended, if it ended before.
fn wait_until(moment: Duration, running: &mut Running) -> Result<Option<Duration>, Box<dyn Error>> {
    let start = Instant::now();
    while start.elapsed() < moment {
        if running.has_ended()? {
            return Ok(Some(start.elapsed()));
        }
        thread::sleep(Duration::from_millis(2).min(moment.saturating_sub(start.elapsed())));
    }
    Ok(None)
}

/// Disturbs a run at a moment. If the run ended before that, returns after what time: the machine has less to do now.
fn disturb<E: ServerSoftware>(
    server: &mut TemporaryServer<E>,
    tenants: &Tenants<'_>,
    disturbance: Disturbance,
    moment: Duration,
) -> Result<Option<Duration>, Box<dyn Error>> {
    let address = server.address();
    let proxy = match disturbance {
        Disturbance::Connection => Some(Proxy::start(E::BACKEND, address.socket()?, None)?),
        Disturbance::Program | Disturbance::Server => None,
    };
    let program = tenants.program("ten-migration", UP);
    let program = match &proxy {
        Some(proxy) => program.env("DATABASE_URL", address.behind(proxy.port()).url(tenants.database.name())),
        None => program,
    };
    let mut running = program.start()?;
    if let Some(took) = wait_until(moment, &mut running)? {
        running.finish()?.succeeded()?;
        return Ok(Some(took));
    }
    match &proxy {
        Some(proxy) => proxy.cut(),
        None if matches!(disturbance, Disturbance::Program) => {
            running.kill();
            return Ok(None);
        }
        None => {
            server.crash()?;
            server.restart()?;
        }
    }
    running.finish()?;
    Ok(None)
}

/// A node of a cluster is killed, and the next run goes on at another one.
fn node_is_killed(cluster: &mut Cluster) -> TestResult {
    let addresses = cluster.addresses();
    let database = || TestDatabase::at(Backend::MariaDb, Some(addresses[0].clone()));
    let (expected, mut whole) = undisturbed(&database()?, Kind::Databases)?;
    let mut number = 0;
    while number < fifth() {
        let database = database()?;
        let tenants = Tenants::create(&database, Kind::Databases, TARGETS)?;
        let reading =
            |index: usize, program: Program| program.env("DATABASE_URL", addresses[index].url(database.name()));
        let at = |index: usize, program: Program| reading(index, program).args(["--lease", "4s"]);
        // A node that was started again applies what the others did before, and accepts connections meanwhile.
        let deadline = Instant::now() + Duration::from_secs(60);
        while !reading(2, tenants.program("ten-migration", "status"))
            .run()?
            .stdout
            .starts_with(&format!("{TARGETS} targets"))
        {
            assert!(Instant::now() < deadline, "the node has not caught up");
            thread::sleep(Duration::from_millis(50));
        }
        let moment = torture::random_moment(number, whole);
        let mut running = at(2, tenants.program("ten-migration", UP)).start()?;
        if let Some(took) = wait_until(moment, &mut running)? {
            running.finish()?.succeeded()?;
            whole = took;
            continue;
        }
        number += 1;
        cluster.kill(2)?;
        running.finish()?;
        let recovered = recover(&tenants, &|program| at(1, program), &expected);
        // Another process may have taken a port of the node for a moment.
        let mut attempts = 0;
        while let Err(error) = cluster.restart(2) {
            attempts += 1;
            if attempts > 9 {
                return Err(error.into());
            }
            thread::sleep(Duration::from_secs(1));
        }
        recovered.map_err(|error| format!("node {number}, after {moment:?} of {whole:?}: {error}"))?;
    }
    Ok(())
}

/// Continues as the program offers it, and checks that every target has the contents of an undisturbed run. `at` says on
/// which server a program runs.
fn recover(tenants: &Tenants<'_>, at: &dyn Fn(Program) -> Program, expected: &[String]) -> Result<(), Box<dyn Error>> {
    let run = |arguments: &str| at(tenants.program("ten-migration", arguments)).run();
    let up = run("up --max-failures 9 -o up.json")?;
    if up.code == Some(11) {
        resume_mismatches(tenants, at, "up.json")?;
        run("up")?.succeeded()?;
    } else {
        up.succeeded()?;
    }
    for number in 1..=TARGETS {
        let found = contents(tenants, number)?;
        if found != expected {
            return Err(format!("{} has {found:?}, and not {expected:?}", tenants.name(number)).into());
        }
    }
    Ok(())
}

/// Resumes the revisions of the targets that a report calls a mismatch.
pub(super) fn resume_mismatches(
    tenants: &Tenants<'_>,
    at: &dyn Fn(Program) -> Program,
    file: &str,
) -> Result<(), Box<dyn Error>> {
    let written = report(tenants.database, file)?;
    let names = tenants.names();
    names.iter().filter(|name| outcome(&written, name) == "mismatch").try_for_each(|name| resume(tenants, at, name))
}

/// Resumes the revision of one target. Where the program asks whether a statement took effect, the answer is looked up.
fn resume(tenants: &Tenants<'_>, at: &dyn Fn(Program) -> Program, name: &str) -> Result<(), Box<dyn Error>> {
    let run = |arguments: &str| at(tenants.program("ten-migration", arguments)).run();
    let resumed = run(&format!("repair --resume --only {name}"))?;
    if resumed.success() || !resumed.stderr.contains("--not-run") {
        resumed.succeeded()?;
        return Ok(());
    }
    let number = tenants.names().iter().position(|own| own == name).unwrap_or_default() + 1;
    let answer = torture::answer(&resumed.stderr, |sql| Ok(values(tenants, number, sql)?[0].parse()?))?;
    run(&format!("repair --resume {answer} --only {name}"))?.succeeded()?;
    Ok(())
}

/// The rows of all tables of a target, and its applied revisions.
fn contents(tenants: &Tenants<'_>, number: usize) -> Result<Vec<String>, Box<dyn Error>> {
    const TABLES: [(&str, &str); 7] = [
        ("accounts", "id, balance, currency, owner_id"),
        ("owners", "id, name, visits"),
        ("entries", "account_id, amount, note, kind"),
        ("kinds", "code, uses"),
        ("transfers", "account_id, amount"),
        ("totals", "account_id, amount"),
        ("seachange_revision", "revision, state"),
    ];
    let mut rows = Vec::new();
    for (table, columns) in TABLES {
        let sql = format!("SELECT concat_ws(' ', '{table}', {columns}) FROM {table} ORDER BY 1");
        rows.extend(values(tenants, number, &sql)?);
    }
    Ok(rows)
}

/// The first column of a query in a target, as text.
fn values(tenants: &Tenants<'_>, number: usize, sql: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let rows = block_on(async {
        let connection = tenants.connect(number).await?;
        let rows = connection.query_all_raw(Statement::from_string(connection.get_database_backend(), sql)).await?;
        connection.close().await?;
        Ok::<_, sea_orm::DbErr>(rows)
    })?;
    let text = |row: &sea_orm::QueryResult| {
        row.try_get_by_index::<String>(0).or_else(|_| row.try_get_by_index::<i64>(0).map(|value| value.to_string()))
    };
    Ok(rows.iter().map(text).collect::<Result<_, _>>()?)
}
