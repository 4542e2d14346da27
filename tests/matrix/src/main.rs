//! The program without revisions: it prepares databases, and writes the revisions.

use std::process::ExitCode;

use seachange::Migrations;

static MIGRATIONS: Migrations = Migrations::new("matrix 0.1.0", &[]);

fn main() -> ExitCode {
    seachange_matrix::main(&MIGRATIONS)
}
