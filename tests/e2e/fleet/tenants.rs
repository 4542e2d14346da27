//! The databases of a fleet, made for one test.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbErr};
use seachange_tests::servers::Address;
use seachange_tests::{Backend, Output, Program, TestDatabase, block_on, pool_options};
use serde_json::Value;
use tempfile::TempDir;

/// What the targets of a fleet are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Files of SQLite in the folder `data`.
    Files,
    /// Schemas of a PostgreSQL database.
    Schemas,
    /// Databases of a server.
    Databases,
}

/// Empty targets. Databases are dropped with the value; files and schemas end with the database of the test.
pub(super) struct Tenants<'a> {
    pub(super) database: &'a TestDatabase,
    pub(super) kind: Kind,
    names: Vec<String>,
    /// Where many files are.
    memory: Option<TempDir>,
}

/// How long a command may take: a thousand files are a minute's work without optimisation.
const LIMIT: Duration = Duration::from_secs(300);

/// From this number of files on, they are in memory where that is possible: a disk writes some hundred times a second.
const MANY: usize = 100;

impl<'a> Tenants<'a> {
    /// Makes some targets, which are called `t1`, `t2` and so on after a common beginning.
    pub(super) fn create(database: &'a TestDatabase, kind: Kind, count: usize) -> Result<Self, Box<dyn Error>> {
        let memory = Path::new("/dev/shm");
        let memory = (kind == Kind::Files && count > MANY && has_room(memory)).then(|| tempfile::tempdir_in(memory));
        let mut tenants = Self { database, kind, names: Vec::new(), memory: memory.transpose()? };
        let folder = database.folder().join("data");
        match &tenants.memory {
            Some(memory) => std::os::unix::fs::symlink(memory.path(), folder)?,
            None => fs::create_dir_all(folder)?,
        }
        tenants.add(count)?;
        Ok(tenants)
    }

    /// Makes more targets.
    pub(super) fn add(&mut self, count: usize) -> Result<(), Box<dyn Error>> {
        let from = self.names.len();
        let names: Vec<String> = (from + 1..=from + count).map(|number| self.name_of(number)).collect();
        match self.kind {
            Kind::Files => {
                for name in &names {
                    fs::write(self.database.folder().join(name), "")?;
                }
            }
            Kind::Schemas => {
                let sql: Vec<String> = names.iter().map(|name| format!("CREATE SCHEMA {name}")).collect();
                self.database.execute(&sql.join("; "))?;
            }
            Kind::Databases => block_on(self.administrate(names.iter().map(|name| format!("CREATE DATABASE {name}"))))?,
        }
        self.names.extend(names);
        Ok(())
    }

    fn name_of(&self, number: usize) -> String {
        match self.kind {
            Kind::Files => format!("data/t{number}.db"),
            Kind::Schemas => format!("tenant_t{number}"),
            Kind::Databases => format!("{}_t{number}", self.database.name()),
        }
    }

    async fn administrate(&self, statements: impl Iterator<Item = String>) -> Result<(), DbErr> {
        let connection = self.database.connect().await?;
        for sql in statements {
            connection.execute_unprepared(&sql).await?;
        }
        connection.close().await
    }

    fn url_of(&self, name: &str) -> String {
        self.database.address().map(|address: &Address| address.url(name)).unwrap_or_default()
    }

    /// The names of the targets, in the order in which they were made.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// The name of the target with this number, from 1.
    pub(super) fn name(&self, number: usize) -> &str {
        &self.names[number - 1]
    }

    /// The arguments that name the fleet.
    pub(super) fn arguments(&self) -> [String; 2] {
        match self.kind {
            Kind::Files => ["--files".to_owned(), "data/*.db".to_owned()],
            Kind::Schemas => ["--schemas".to_owned(), "tenant_*".to_owned()],
            Kind::Databases => ["--databases".to_owned(), format!("{}_t*", self.database.name())],
        }
    }

    /// A command of a migration program over the fleet.
    pub(super) fn program(&self, program: &str, arguments: &str) -> Program {
        Program::named(program).limit(LIMIT).database(self.database).args(arguments.split(' ')).args(self.arguments())
    }

    /// Runs a command of the migration program of the workspace over the fleet.
    pub(super) fn run(&self, arguments: &str) -> Result<Output, Box<dyn Error>> {
        Ok(self.program("migration", arguments).run()?)
    }

    /// Connects to a target with one connection, outside of the programs under test.
    pub(super) async fn connect(&self, number: usize) -> Result<DatabaseConnection, DbErr> {
        let name = self.name(number);
        let url = match self.kind {
            Kind::Files => format!("sqlite:{}", self.database.folder().join(name).display()),
            Kind::Databases => self.url_of(name),
            Kind::Schemas => self.database.url(),
        };
        let mut options = pool_options(url);
        options.max_connections(1);
        if self.kind == Kind::Schemas {
            options.set_schema_search_path(name);
        }
        Database::connect(options).await
    }

    /// Runs statements in a target.
    pub(super) fn execute(&self, number: usize, sql: &str) -> Result<(), DbErr> {
        block_on(async {
            let connection = self.connect(number).await?;
            connection.execute_unprepared(sql).await?;
            connection.close().await
        })
    }

    /// Where each target stands, by `status --format json`.
    pub(super) fn standings(&self) -> Result<Vec<Value>, Box<dyn Error>> {
        let output = self.run("status --format json")?;
        Ok(serde_json::from_str(&output.stdout).map_err(|error| format!("{error}: {output}"))?)
    }

    /// Checks that every target is at the head, and that each revision was applied once in each.
    pub(super) fn all_are_at_head(&self) -> Result<(), Box<dyn Error>> {
        let standings = self.standings()?;
        assert_eq!(standings.len(), self.names.len());
        for own in standings {
            let is_empty = |field: &str| own[field].as_array().is_some_and(Vec::is_empty);
            let is_done = ["pending", "unknown", "edited", "unfinished"].into_iter().all(is_empty);
            assert!(is_done && own["error"].is_null(), "{own}");
        }
        Ok(())
    }
}

impl Drop for Tenants<'_> {
    fn drop(&mut self) {
        if self.kind == Kind::Databases {
            let force = if self.database.backend() == Backend::Postgres { " WITH (FORCE)" } else { "" };
            let drops = self.names.iter().map(|name| format!("DROP DATABASE IF EXISTS {name}{force}"));
            // The test may have killed its server.
            let _ = block_on(self.administrate(drops));
        }
    }
}

/// Whether a folder exists and has room for a thousand databases: half a gibibyte.
fn has_room(folder: &Path) -> bool {
    let Ok(output) = Command::new("df").args(["-P", "-k"]).arg(folder).output() else { return false };
    let text = String::from_utf8_lossy(&output.stdout);
    let free = text.lines().nth(1).and_then(|line| line.split_whitespace().nth(3)?.parse::<u64>().ok());
    free.is_some_and(|kibibytes| kibibytes > 512 * 1024)
}

/// The report that a command has written, by the names of the targets.
pub(super) fn report(database: &TestDatabase, file: &str) -> Result<Value, Box<dyn Error>> {
    Ok(serde_json::from_str(&fs::read_to_string(database.folder().join(file))?)?)
}

/// The outcome of a target in a report.
pub(super) fn outcome<'r>(report: &'r Value, target: &str) -> &'r str {
    let targets = report["targets"].as_array().map(Vec::as_slice).unwrap_or_default();
    targets.iter().find(|own| own["target"] == target).and_then(|own| own["outcome"].as_str()).unwrap_or("missing")
}
