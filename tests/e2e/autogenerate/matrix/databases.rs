//! A database for each change.

use std::{error::Error, path::Path};

use seachange_matrix::{Case as Change, Job};
use seachange_tests::{Backend, TestDatabase};

/// A database for each change: a file, a schema, or a database of the server. They are removed when the value is
/// dropped.
pub(super) struct Databases {
    /// The database with the working folder, and, on PostgreSQL, the schemas.
    first: TestDatabase,
    /// The other databases, where each change has its own.
    _others: Vec<TestDatabase>,
    jobs: Vec<Job>,
    names: Vec<String>,
}

impl Databases {
    pub(super) fn create(first: TestDatabase, changes: &[Change]) -> Result<Self, Box<dyn Error>> {
        let backend = first.backend();
        let names: Vec<String> = changes.iter().map(Change::slug).collect();
        let mut others = Vec::new();
        let mut urls = Vec::new();
        for name in &names {
            urls.push(match backend {
                Backend::Sqlite => format!("sqlite:{}/{name}.db?mode=rwc", first.folder().display()),
                Backend::Postgres => format!("{}?schema={name}", first.url()),
                Backend::MariaDb | Backend::MySql => {
                    let database = TestDatabase::at(backend, first.address().cloned())?;
                    let url = database.url();
                    others.push(database);
                    url
                }
            });
        }
        if backend == Backend::Postgres {
            let schemas: String = names.iter().map(|name| format!("CREATE SCHEMA {name};")).collect();
            first.execute(&schemas)?;
        }
        let jobs = changes.iter().zip(urls);
        let jobs = jobs.map(|(change, url)| Job { case: change.name.to_owned(), url, file: None }).collect();
        Ok(Self { first, _others: others, jobs, names })
    }

    pub(super) fn backend(&self) -> Backend {
        self.first.backend()
    }

    pub(super) fn folder(&self) -> &Path {
        self.first.folder()
    }

    pub(super) fn jobs(&self) -> &[Job] {
        &self.jobs
    }

    /// The name of a change, for use in file names.
    pub(super) fn name(&self, change: &str) -> &str {
        let at = self.jobs.iter().position(|job| job.case == change).unwrap_or_default();
        &self.names[at]
    }
}
