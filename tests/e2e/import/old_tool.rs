//! The old tools, as far as the tests need them: what they run, and what they record.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use seachange_tests::harness::TestResult;
use seachange_tests::{Backend, TestDatabase};

use super::fixtures;

/// A tool with files of SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OldTool {
    Sqlx,
    Dbmate,
    GolangMigrate,
    Diesel,
}

/// A migration: its version and the SQL that applies it.
struct Migration {
    version: String,
    up: String,
}

impl OldTool {
    /// The word on the command line, and the name of the folder.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Sqlx => "sqlx",
            Self::Dbmate => "dbmate",
            Self::GolangMigrate => "golang-migrate",
            Self::Diesel => "diesel",
        }
    }

    /// Applies the first migrations, as the tool does, and records them.
    pub(super) fn migrate(self, database: &TestDatabase, count: usize) -> TestResult {
        database.execute(&self.table(database.backend()))?;
        for Migration { version, up } in self.migrations()?.into_iter().take(count) {
            if !up.is_empty() {
                database.execute(&up)?;
            }
            self.record(&version).iter().try_for_each(|statement| database.execute(statement))?;
        }
        Ok(())
    }

    /// Records two versions, without their changes.
    pub(super) fn record_two(self, database: &TestDatabase) -> TestResult {
        database.execute(&self.table(database.backend()))?;
        ["1", "2"].iter().flat_map(|version| self.record(version)).try_for_each(|row| database.execute(&row))?;
        Ok(())
    }

    /// The name of its table.
    pub(super) fn table_name(self) -> &'static str {
        match self {
            Self::Sqlx => "_sqlx_migrations",
            Self::Dbmate | Self::GolangMigrate => "schema_migrations",
            Self::Diesel => "__diesel_schema_migrations",
        }
    }

    /// The statement that makes the table.
    fn table(self, backend: Backend) -> String {
        let (time, bytes) = match backend {
            Backend::Postgres => ("TIMESTAMPTZ", "BYTEA"),
            _ => ("TIMESTAMP", "BLOB"),
        };
        let columns = match self {
            Self::Sqlx => format!(
                "version BIGINT PRIMARY KEY, description TEXT NOT NULL, \
                 installed_on {time} NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, \
                 checksum {bytes} NOT NULL, execution_time BIGINT NOT NULL"
            ),
            Self::Dbmate => "version varchar(128) primary key".to_owned(),
            Self::GolangMigrate => "version bigint not null primary key, dirty boolean not null".to_owned(),
            Self::Diesel => {
                "version VARCHAR(50) PRIMARY KEY NOT NULL, run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP"
                    .to_owned()
            }
        };
        format!("CREATE TABLE {} ({columns})", self.table_name())
    }

    /// The statements that record a version.
    fn record(self, version: &str) -> Vec<String> {
        match self {
            Self::Sqlx => vec![format!(
                "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES ({version}, 'a', TRUE, '00', 1)"
            )],
            Self::Dbmate => vec![format!("INSERT INTO schema_migrations (version) VALUES ('{version}')")],
            Self::GolangMigrate => vec![
                "DELETE FROM schema_migrations".to_owned(),
                format!("INSERT INTO schema_migrations (version, dirty) VALUES ({version}, false)"),
            ],
            Self::Diesel => vec![format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{version}')")],
        }
    }

    /// The migrations in the order of the tool.
    fn migrations(self) -> Result<Vec<Migration>, Box<dyn Error>> {
        let root = fixtures().join(self.word());
        let paths = match self {
            Self::Sqlx | Self::GolangMigrate => sorted_by_number(&root)?,
            Self::Dbmate => {
                let mut paths = [listed(&root.join("db/migrations"))?, listed(&root.join("more"))?].concat();
                paths.retain(|path| name(path).starts_with("20"));
                paths.sort_by_key(|path| name(path));
                paths
            }
            Self::Diesel => {
                let folders = listed(&root.join("db"))?.into_iter().map(|folder| folder.join("up.sql"));
                folders.filter(|path| path.is_file()).collect()
            }
        };
        paths.iter().map(|path| self.migration(path)).collect()
    }

    fn migration(self, path: &Path) -> Result<Migration, Box<dyn Error>> {
        let text = fs::read_to_string(path)?;
        let up = match self {
            Self::Dbmate => {
                let is_down = |line: &&str| line.starts_with("--") && line.contains("migrate:down");
                text.lines().take_while(|line| !is_down(line)).collect::<Vec<_>>().join("\n")
            }
            _ => text,
        };
        let name = match self {
            Self::Diesel => path.parent().map(name).unwrap_or_default().replace('-', ""),
            _ => name(path),
        };
        let version = name.chars().take_while(char::is_ascii_digit).collect();
        Ok(Migration { version, up })
    }
}

fn listed(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    paths.sort();
    Ok(paths)
}

/// The files that apply a version, sorted by the version.
fn sorted_by_number(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let number = |path: &PathBuf| name(path).split('_').next().and_then(|version| version.parse::<u64>().ok());
    let mut paths = listed(folder)?;
    paths.retain(|path| number(path).is_some() && !name(path).ends_with(".down.sql"));
    paths.sort_by_key(number);
    Ok(paths)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
