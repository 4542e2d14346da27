//! The declaration of a test.

use std::{fmt, sync::Arc};

use libtest_mimic::Failed;

use crate::{
    Backend, TestDatabase,
    servers::{Address, Cluster, ClusterKind, ServerError},
};

/// The result of a test: `?` accepts every error that implements `Display`.
pub type TestResult = Result<(), Failed>;

/// A test that is given a fresh database.
pub type DatabaseTest = fn(&TestDatabase) -> TestResult;

/// A test with a name, and the database that it needs.
pub struct Case {
    pub(crate) name: String,
    pub(crate) body: Body,
}

/// Checks whether a program that a test needs is installed.
pub type Requirement = fn() -> Result<(), ServerError>;

/// What a test does.
pub(crate) enum Body {
    /// Needs no database.
    Plain(Box<dyn FnOnce() -> TestResult + Send>),
    /// Gets a fresh database.
    On(Backend, Box<dyn FnOnce(&TestDatabase) -> TestResult + Send>),
    /// Gets the administrator's address of a server of this kind; SQLite has none.
    WithServer(Backend, Box<dyn FnOnce(Option<Address>) -> TestResult + Send>),
    /// Gets a cluster of this kind, alone.
    WithCluster(ClusterKind, Box<dyn FnOnce(&mut Cluster) -> TestResult + Send>),
    /// Starts servers of its own.
    Owning(Backend, Requirement, Box<dyn FnOnce() -> TestResult + Send>),
}

impl Case {
    /// A test that needs no database.
    pub fn new(name: &str, test: impl FnOnce() -> TestResult + Send + 'static) -> Self {
        Self { name: name.to_owned(), body: Body::Plain(Box::new(test)) }
    }

    /// A test that gets a fresh database of one kind.
    pub fn on(backend: Backend, name: &str, test: impl FnOnce(&TestDatabase) -> TestResult + Send + 'static) -> Self {
        Self { name: format!("{}::{name}", backend.name()), body: Body::On(backend, Box::new(test)) }
    }

    /// A test that makes databases itself, on the server of this kind that all tests share; SQLite has none.
    pub fn with_server(
        backend: Backend,
        name: &str,
        test: impl FnOnce(Option<Address>) -> TestResult + Send + 'static,
    ) -> Self {
        Self { name: format!("{}::{name}", backend.name()), body: Body::WithServer(backend, Box::new(test)) }
    }

    /// A test that gets a cluster of this kind. No other test uses it at the same time; it has all of its servers then,
    /// and must have them at the end.
    pub fn with_cluster(
        kind: ClusterKind,
        name: &str,
        test: impl FnOnce(&mut Cluster) -> TestResult + Send + 'static,
    ) -> Self {
        Self { name: format!("{kind}::{name}"), body: Body::WithCluster(kind, Box::new(test)) }
    }

    /// A test that starts a private server of this kind itself, in order to kill it.
    pub fn owning(backend: Backend, name: &str, test: impl FnOnce() -> TestResult + Send + 'static) -> Self {
        Self { name: format!("{}::{name}", backend.name()), body: Body::Owning(backend, || Ok(()), Box::new(test)) }
    }

    /// The same test, skipped where a program that it needs beside the server is not installed.
    #[must_use]
    pub fn needing(mut self, need: Requirement) -> Self {
        if let Body::Owning(_, needed, _) = &mut self.body {
            *needed = need;
        }
        self
    }

    /// The database under which the test is counted.
    pub(crate) const fn backend(&self) -> Option<Backend> {
        match self.body {
            Body::Plain(_) => None,
            Body::WithCluster(kind, _) => Some(kind.backend()),
            Body::On(backend, _) | Body::WithServer(backend, _) | Body::Owning(backend, ..) => Some(backend),
        }
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("Case");
        debug.field("name", &self.name).finish_non_exhaustive()
    }
}

/// The same test on each kind of database, as `sqlite::name`, `postgres::name`, `mariadb::name` and `mysql::name`.
pub fn each_backend(name: &str, test: impl Fn(&TestDatabase) -> TestResult + Send + Sync + 'static) -> Vec<Case> {
    let test = Arc::new(test);
    let case = |backend| {
        let test = Arc::clone(&test);
        Case::on(backend, name, move |database| test(database))
    };
    Backend::ALL.map(case).into()
}

/// Tests with their names: `named![a, b]` is `[("a", a), ("b", b)]`, where both are a [`DatabaseTest`].
#[macro_export]
macro_rules! named {
    ($($test:ident),+ $(,)?) => {
        [$((stringify!($test), $test as $crate::harness::DatabaseTest)),+]
    };
}
