//! The walk through all changes on one kind of database: prepared, written, compiled together, and proven.

use std::{error::Error, fs, path::Path};

use seachange_tests::{Backend, servers::Address};

use super::{Outcomes, stage::Stage};
use crate::new_crate::NewCrate;

/// What the crate with the revisions depends on.
const DEPENDENCY: &str = "\n[dependencies]\nseachange-matrix = { path = \"ENGINE/../tests/matrix\" }\n";

/// Its program.
const PROGRAM: &str = "seachange::include_revisions!();

fn main() -> std::process::ExitCode {
    seachange_matrix::main(&MIGRATIONS)
}
";

/// Walks through all changes.
pub(super) fn through(backend: Backend, address: Option<Address>) -> Result<Outcomes, Box<dyn Error>> {
    let stages = vec![Stage::prepare("", backend, address)?];
    let new = new_crate(backend)?;
    for stage in &stages {
        stage.hand_over(&new)?;
    }
    let errors: Vec<_> = new.build()?.into_iter().filter(|line| line.starts_with("error")).collect();
    assert_eq!(errors, Vec::<String>::new());
    let mut outcomes = Outcomes::new();
    for stage in &stages {
        for (change, outcome) in stage.prove(&new)? {
            outcomes.entry(change).or_insert_with(|| outcome.without_faults()).faults.extend(outcome.faults);
        }
    }
    Ok(outcomes)
}

fn new_crate(backend: Backend) -> Result<NewCrate, Box<dyn Error>> {
    let new = NewCrate::init(match backend {
        Backend::Sqlite => "matrix-sqlite",
        Backend::Postgres => "matrix-postgres",
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
