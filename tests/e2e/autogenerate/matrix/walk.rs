//! The run of all changes on one kind of database: prepared, written, compiled together, and proven.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fs,
    io::{self, Write},
    path::Path,
    thread,
};

use seachange_tests::{
    Backend, Program,
    harness::in_ci,
    servers::{Address, PostgresMajor, PostgresServer, ServerError},
};

use super::{Outcomes, changes, selection, stage::Stage};
use crate::new_crate::NewCrate;

/// The dependencies of the crate with the revisions.
const DEPENDENCY: &str = "\n[dependencies]\nseachange-matrix = { path = \"ENGINE/../tests/matrix\" }\n";

/// Its program.
const PROGRAM: &str = "seachange::include_revisions!();

fn main() -> std::process::ExitCode {
    seachange_matrix::main(&MIGRATIONS)
}
";

/// Runs all changes; on PostgreSQL, on its newest major version, and some of them on its oldest.
pub(super) fn through(backend: Backend, address: Option<Address>) -> Result<Outcomes, Box<dyn Error>> {
    let editions = editions(backend)?;
    let mut servers: Vec<_> = editions.iter().map(|server| Some(server.address())).collect();
    if servers.is_empty() {
        servers.push(address);
    }
    let stages = prepare(backend, servers)?;
    let (program, compiled) = compile(backend, &stages)?;
    let mut outcomes = Outcomes::new();
    for stage in &stages {
        for (change, outcome) in stage.prove(&program, &compiled)? {
            outcomes.entry(change).or_insert_with(|| outcome.without_faults()).faults.extend(outcome.faults);
        }
        for (change, outcome) in stage.foresee(selection::is_complete())? {
            outcomes.entry(change).and_modify(|own| own.faults.extend(outcome.faults));
        }
    }
    Ok(outcomes)
}

/// Compiles revisions, and returns the program that contains them, and their files. The revisions for MySQL make the
/// same calls as those for MariaDB, so none of them is compiled unless all revisions are.
fn compile(backend: Backend, stages: &[Stage]) -> Result<(Program, BTreeSet<String>), Box<dyn Error>> {
    if backend == Backend::MySql && !selection::is_complete() {
        return Ok((Program::named("matrix"), BTreeSet::new()));
    }
    let files: BTreeMap<_, _> = stages.iter().flat_map(Stage::files).collect();
    let compiled = selection::select(&files);
    let new = new_crate(backend)?;
    for file in &compiled {
        new.write(file, files[file])?;
    }
    let errors: Vec<_> = new.build()?.into_iter().filter(|line| line.starts_with("error")).collect();
    assert_eq!(errors, Vec::<String>::new());
    Ok((new.binary(), compiled))
}

/// Servers of other major versions.
fn editions(backend: Backend) -> Result<Vec<PostgresServer>, ServerError> {
    if backend != Backend::Postgres {
        return Ok(Vec::new());
    }
    let mut servers = Vec::new();
    for edition in [PostgresMajor::Newest, PostgresMajor::Oldest] {
        match edition.start() {
            Err(error @ ServerError::Missing { .. }) if !in_ci() => {
                let _ = writeln!(io::stderr(), "{edition:?} major left out: {error}");
            }
            started => servers.push(started?),
        }
    }
    Ok(servers)
}

/// Prepares the changes on all servers at once: all of them on the first, and those that are selected on the others.
fn prepare(backend: Backend, servers: Vec<Option<Address>>) -> Result<Vec<Stage>, Box<dyn Error>> {
    let prepared: Vec<_> = thread::scope(|scope| {
        let stage = |number: usize, address| {
            let changes = changes(backend).into_iter();
            let changes = if number == 0 { changes.collect() } else { selection::for_another_version(changes) };
            Stage::prepare(backend, address, changes).map_err(|error| error.to_string())
        };
        let servers = servers.into_iter().enumerate();
        let workers: Vec<_> = servers.map(|(number, address)| scope.spawn(move || stage(number, address))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| Err("a stage panicked".to_owned()))).collect()
    });
    Ok(prepared.into_iter().collect::<Result<_, _>>()?)
}

fn new_crate(backend: Backend) -> Result<NewCrate, Box<dyn Error>> {
    let new = NewCrate::init(match backend {
        Backend::Sqlite => "matrix-sqlite",
        Backend::Postgres => "matrix-postgres",
        Backend::MariaDb => "matrix-mariadb",
        Backend::MySql => "matrix-mysql",
    })?;
    let engine = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates").canonicalize()?;
    let manifest = new.folder().join("Cargo.toml");
    let text = fs::read_to_string(&manifest)?;
    let dependency = DEPENDENCY.replace("ENGINE", &engine.to_string_lossy());
    fs::write(&manifest, text.replacen("\n[dependencies]\n", &dependency, 1))?;
    fs::write(new.folder().join("src/main.rs"), PROGRAM)?;
    new.clear()?;
    Ok(new)
}
