//! `seachange import`: migrations of other tools become revisions, and databases continue from them.

mod alembic;
mod old_tool;
mod refusals;
mod sql_folders;

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use seachange_tests::harness::Case;
use seachange_tests::{Output, Program, TestDatabase, target, workspace};

use crate::installed_program::with_cargo;
use crate::new_crate::NewCrate;

pub(crate) fn trials() -> Vec<Case> {
    sql_folders::trials().into_iter().chain(alembic::trials()).chain(refusals::trials()).collect()
}

/// The projects of other tools.
fn fixtures() -> PathBuf {
    workspace().join("tests/fixtures/import")
}

/// The installed program in the folder of a migration crate, which is built in the target folder of the workspace.
fn import(krate: &NewCrate, arguments: &[&str]) -> Result<Output, Box<dyn Error>> {
    let program = Program::named("seachange").folder(krate.folder()).arg("import").args(arguments);
    let program = program.env("CARGO_TARGET_DIR", target().canonicalize()?).env("CARGO_NET_OFFLINE", "true");
    Ok(with_cargo(program.limit(Duration::from_secs(600))).run()?)
}

/// The program of a migration crate, on a database.
fn run(krate: &NewCrate, database: &TestDatabase, arguments: &[&str]) -> Result<Output, Box<dyn Error>> {
    Ok(krate.program(database)?.args(arguments).run()?)
}
