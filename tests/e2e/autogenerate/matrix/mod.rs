//! Single changes of schemas with rows: the revision that is generated for each leads to the entities and back, and
//! keeps the rows.
//!
//! All revisions of a database are compiled in one crate, so the first test of a database waits for all of its changes.

mod conformance;
mod databases;
mod selection;
mod stage;
mod walk;

use std::{collections::BTreeMap, sync::OnceLock};

use seachange_matrix::{Case as Change, Outcome, cases};
use seachange_tests::{
    Backend,
    harness::{Case, TestResult, in_ci},
    servers::Address,
};

pub(super) use self::selection::is_complete;

/// The outcome of each change on a database, by its name.
type Outcomes = BTreeMap<String, Outcome>;

/// The run of all changes on one kind of database, which happens once.
struct Walk(OnceLock<Result<Outcomes, String>>);

impl Walk {
    fn outcomes(&self, backend: Backend, address: Option<Address>) -> Result<&Outcomes, String> {
        let walk = || walk::through(backend, address).map_err(|error| error.to_string());
        self.0.get_or_init(walk).as_ref().map_err(Clone::clone)
    }
}

/// The run of each database that is asked for, as a test of what it saw. The tests on SQLite run always; those on
/// servers, which take some minutes more, run in CI and where `MATRIX` is set: `just matrix`.
pub(super) fn runs() -> Vec<Case> {
    let check = |backend| {
        let check = move |address| conformance::check(backend, walk(backend).outcomes(backend, address)?);
        Case::with_server(backend, "matrix::conformance", check)
    };
    backends().map(check).collect()
}

/// One test for each change, which waits for the run of its database.
pub(super) fn trials() -> Vec<Case> {
    backends().flat_map(on).collect()
}

fn backends() -> impl Iterator<Item = Backend> {
    let is_asked_for = in_ci() || selection::is_asked_for();
    Backend::ALL.into_iter().filter(move |backend| *backend == Backend::Sqlite || is_asked_for)
}

fn walk(backend: Backend) -> &'static Walk {
    static WALKS: [Walk; Backend::ALL.len()] = [const { Walk(OnceLock::new()) }; Backend::ALL.len()];
    &WALKS[Backend::ALL.into_iter().position(|other| other == backend).unwrap_or_default()]
}

fn on(backend: Backend) -> Vec<Case> {
    let changes = changes(backend).into_iter().map(|change| {
        let name = format!("matrix::{}", change.slug());
        let judge = move |address| judge(change.name, walk(backend).outcomes(backend, address)?);
        Case::with_server(backend, &name, judge)
    });
    changes.collect()
}

/// The changes that apply to a database.
fn changes(backend: Backend) -> Vec<Change> {
    let url = format!("{}:", backend.scheme());
    cases::all().into_iter().filter(|change| change.is_on(&url)).collect()
}

fn judge(change: &str, outcomes: &Outcomes) -> TestResult {
    let outcome = outcomes.get(change).ok_or("nothing came of it")?;
    match outcome.faults.as_slice() {
        [] => Ok(()),
        faults => Err(faults.join("\n").into()),
    }
}
