//! Many databases as one run.

mod bad_input;
mod concurrent;
mod file;
mod kills;
mod page;
mod runs;
mod sessions;
mod tenants;
mod together;
mod troubles;

use seachange_tests::harness::{Case, TestResult};
use seachange_tests::{Backend, TestDatabase};
use tenants::Kind;

pub(crate) fn trials() -> Vec<Case> {
    [
        runs::trials(),
        troubles::trials(),
        concurrent::trials(),
        sessions::trials(),
        together::trials(),
        file::trials(),
        kills::trials(),
        bad_input::trials(),
        page::trials(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The kinds of targets, each with its database system.
const KINDS: [(Backend, Kind, &str); 5] = [
    (Backend::Sqlite, Kind::Files, "files"),
    (Backend::Postgres, Kind::Schemas, "schemas"),
    (Backend::Postgres, Kind::Databases, "databases"),
    (Backend::MariaDb, Kind::Databases, "databases"),
    (Backend::MySql, Kind::Databases, "databases"),
];

/// The same test for each kind of targets.
fn each_kind(name: &str, test: fn(&TestDatabase, Kind) -> TestResult) -> Vec<Case> {
    KINDS
        .into_iter()
        .map(|(backend, kind, word)| {
            Case::on(backend, &format!("fleet::{name}_{word}"), move |database| test(database, kind))
        })
        .collect()
}

/// The test on the schemas of PostgreSQL, the files of SQLite and the databases of MariaDB.
fn each_way(name: &str, test: fn(&TestDatabase, Kind) -> TestResult) -> Vec<Case> {
    each_kind(name, test)
        .into_iter()
        .zip(KINDS)
        .filter(|(_, (backend, kind, _))| {
            *backend != Backend::MySql && (*backend, *kind) != (Backend::Postgres, Kind::Databases)
        })
        .map(|(case, _)| case)
        .collect()
}
