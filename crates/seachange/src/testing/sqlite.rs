//! Test databases on SQLite: copies of a file.
//!
//! Beside each database is a file that the process keeps locked as long as it uses the database. A database whose file
//! can be locked is in no use: its process was killed.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::error::TestError;
use super::host::migrate;
use super::names;
use crate::revision::Migrations;
use crate::settings::{DatabaseSettings, DatabaseVariables};

/// The files that SQLite may keep beside a database, and ours.
const SUFFIXES: [&str; 5] = ["", "-wal", "-shm", "-journal", LOCK];

/// The end of the name of the locked file.
const LOCK: &str = ".lock";

/// The files of this process.
#[derive(Debug)]
pub(super) struct Sqlite {
    folder: PathBuf,
    migrations: &'static Migrations,
    template: OnceCell<PathBuf>,
    process: String,
    /// The locked files, by the path of the database.
    locks: Mutex<HashMap<String, File>>,
}

impl Sqlite {
    pub(super) fn open(migrations: &'static Migrations) -> Result<Self, TestError> {
        let (_, prefix) = names::template(migrations);
        let folder = std::env::temp_dir().join(format!("{prefix}{}", user()));
        let swept = make_folder(&folder).and_then(|()| gate(&folder)).and_then(|gate| {
            gate.lock()?;
            remove_abandoned(&folder)
        });
        swept.map_err(file("cannot make a folder for test databases"))?;
        Ok(Self {
            folder,
            migrations,
            template: OnceCell::new(),
            process: names::of_process(),
            locks: Mutex::default(),
        })
    }

    pub(super) async fn create(&self, number: u64) -> Result<(String, DatabaseSettings), TestError> {
        let template = self.template.get_or_try_init(|| self.ensure_template()).await?;
        let (name, settings) = self.create_empty(number)?;
        match fs::copy(template, &name) {
            // A process with other revisions has replaced the template.
            Err(error) if error.kind() == ErrorKind::NotFound => fs::copy(self.ensure_template().await?, &name),
            copied => copied,
        }
        .map_err(file("cannot copy the template of the test databases"))?;
        Ok((name, settings))
    }

    /// Makes the template, unless it is there. Other processes wait until it is made.
    async fn ensure_template(&self) -> Result<PathBuf, TestError> {
        let (name, prefix) = names::template(self.migrations);
        let template = self.folder.join(format!("{name}.db"));
        let _gate = gate(&self.folder)
            .and_then(|gate| gate.lock().map(|()| gate))
            .map_err(file("cannot lock the folder of the test databases"))?;
        if !template.exists() {
            make_template(self.migrations, &template).await?;
            remove_other_templates(&self.folder, &name, &prefix);
        }
        Ok(template)
    }

    pub(super) fn create_empty(&self, number: u64) -> Result<(String, DatabaseSettings), TestError> {
        let path = self.folder.join(format!("{}_{number}.db", self.process));
        let name = path.to_string_lossy().into_owned();
        let lock = self.lock(&name).map_err(file("cannot lock a test database"))?;
        self.locks.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), lock);
        let settings = settings(&name)?;
        Ok((name, settings))
    }

    /// Makes and locks the file beside a database. Meanwhile no process looks for abandoned databases.
    fn lock(&self, name: &str) -> io::Result<File> {
        let gate = gate(&self.folder)?;
        gate.lock_shared()?;
        let lock = File::create(format!("{name}{LOCK}"))?;
        lock.lock()?;
        Ok(lock)
    }

    pub(super) fn remove(&self, name: &str) -> Result<(), TestError> {
        let lock = self.locks.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        remove_files(name).map_err(file("cannot remove a test database"))?;
        drop(lock);
        Ok(())
    }
}

/// The user, for the name of the folder: one user cannot write into that of another.
#[cfg(unix)]
fn user() -> String {
    rustix::process::geteuid().as_raw().to_string()
}

#[cfg(not(unix))]
fn user() -> String {
    "user".to_owned()
}

/// Makes the folder, which only this user can read. Other users can make folders beside it, under its name too.
fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)?;
    if is_own(&fs::symlink_metadata(folder)?) {
        return Ok(());
    }
    Err(io::Error::new(ErrorKind::PermissionDenied, format!("`{}` is a link, or of another user", folder.display())))
}

#[cfg(unix)]
fn is_own(folder: &fs::Metadata) -> bool {
    folder.is_dir() && std::os::unix::fs::MetadataExt::uid(folder) == rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
fn is_own(folder: &fs::Metadata) -> bool {
    folder.is_dir()
}

/// The file by which processes wait for each other. It stays as it is: it might be a link.
fn gate(folder: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(false).open(folder.join("gate"))
}

/// Removes the databases of processes that were killed.
fn remove_abandoned(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(database) = path.to_str().and_then(|path| path.strip_suffix(LOCK)) else { continue };
        let name = Path::new(database).file_stem().unwrap_or_default().to_string_lossy();
        if names::process_of(&name).is_some() && File::open(&path).is_ok_and(|lock| lock.try_lock().is_ok()) {
            remove_files(database)?;
        }
    }
    Ok(())
}

fn remove_files(database: &str) -> io::Result<()> {
    for suffix in SUFFIXES {
        match fs::remove_file(format!("{database}{suffix}")) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Makes the template under another name first: a template that exists is complete.
async fn make_template(migrations: &'static Migrations, template: &Path) -> Result<(), TestError> {
    let new = template.with_extension("new");
    remove_files(&new.to_string_lossy()).map_err(file("cannot replace an unfinished template"))?;
    migrate(migrations, &settings(&new.to_string_lossy())?).await?;
    fs::rename(&new, template).map_err(file("cannot name the template of the test databases"))
}

fn remove_other_templates(folder: &Path, own: &str, prefix: &str) {
    for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        if names::is_other_template(&name, own, prefix) {
            let _ = fs::remove_file(&path);
        }
    }
}

fn settings(path: &str) -> Result<DatabaseSettings, TestError> {
    let variables = DatabaseVariables {
        driver: Some("sqlite".to_owned()),
        name: Some(path.to_owned()),
        ..DatabaseVariables::default()
    };
    Ok(DatabaseSettings::resolve(&variables)?)
}

/// Says what failed.
fn file(doing: &'static str) -> impl Fn(io::Error) -> TestError {
    move |source| TestError::File { doing, source }
}

#[cfg(all(test, unix))]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::{gate, make_folder};

    #[test]
    fn the_folder_is_private_and_no_link() {
        let parent = tempfile::tempdir().unwrap();
        let [own, link] = ["own", "link"].map(|name| parent.path().join(name));
        make_folder(&own).unwrap();
        make_folder(&own).unwrap();
        assert_eq!(fs::metadata(&own).unwrap().permissions().mode() & 0o777, 0o700);
        symlink(&own, &link).unwrap();
        let refused = make_folder(&link).unwrap_err().to_string();
        assert!(refused.ends_with("link` is a link, or of another user"), "{refused}");
    }

    #[test]
    fn the_gate_does_not_empty_a_file() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("gate"), "text").unwrap();
        drop(gate(folder.path()).unwrap());
        assert_eq!(fs::read_to_string(folder.path().join("gate")).unwrap(), "text");
    }
}
