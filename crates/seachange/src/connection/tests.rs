//! Connections to SQLite files. The end-to-end tests connect to servers.
#![expect(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

use std::fs;
use std::path::Path;
use std::time::Duration;

use sea_orm::ConnectionTrait;
use tempfile::TempDir;

use super::{ConnectError, connect, connect_with};
use crate::settings::{DatabaseSettings, DatabaseVariables};

fn settings(path: &Path) -> DatabaseSettings {
    DatabaseSettings::resolve(&DatabaseVariables {
        driver: Some("sqlite".to_owned()),
        name: Some(path.to_str().unwrap().to_owned()),
        ..DatabaseVariables::default()
    })
    .unwrap()
}

async fn refused(folder: &TempDir, settings: &DatabaseSettings) -> String {
    let error = connect(settings).await.unwrap_err();
    error.to_string().replace(folder.path().to_str().unwrap(), "TMP")
}

#[tokio::test]
async fn creates_the_file_with_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a b/50%/é?#.db");
    let connection = connect(&settings(&path)).await.unwrap();
    connection.execute_unprepared("CREATE TABLE a (id INT)").await.unwrap();
    connection.close().await.unwrap();
    assert!(fs::metadata(&path).unwrap().len() > 0);
    connect(&settings(&path)).await.unwrap();
}

#[tokio::test]
async fn memory_is_a_database() {
    let connection = connect(&"sqlite::memory:".parse().unwrap()).await.unwrap();
    connection.execute_unprepared("CREATE TABLE a (id INT)").await.unwrap();
    connection.execute_unprepared("INSERT INTO a VALUES (1)").await.unwrap();
}

#[tokio::test]
async fn a_file_that_may_not_be_created_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sub/a.db");
    for mode in ["ro", "rw"] {
        let url = format!("sqlite:{}?mode={mode}", path.display());
        let error = refused(&folder, &url.parse().unwrap()).await;
        assert_eq!(error, "the database file `TMP/sub/a.db` does not exist");
    }
    assert!(!folder.path().join("sub").exists());
}

/// Three slashes may mean another folder, so that no folder is created.
#[tokio::test]
async fn no_folder_is_made_for_three_slashes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sub/a.db");
    let of_sqlx = format!("sqlite://{}?mode=rwc", path.display());
    let error = refused(&folder, &of_sqlx.parse().unwrap()).await;
    assert_eq!(error, "the folder `TMP/sub` for the database file does not exist");
    assert!(!folder.path().join("sub").exists());

    fs::create_dir(folder.path().join("sub")).unwrap();
    connect(&of_sqlx.parse().unwrap()).await.unwrap();
    assert!(path.is_file());

    let relative = refused(&folder, &"sqlite:///no/such/folder/a.db".parse().unwrap()).await;
    assert_eq!(relative, "the folder `no/such/folder` for the database file does not exist");
    assert!(!Path::new("no").exists());
}

#[tokio::test]
async fn what_is_no_database_file_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let error = refused(&folder, &settings(folder.path())).await;
    assert_eq!(error, "the database file `TMP` is a folder");

    let text = folder.path().join("notes.txt");
    fs::write(&text, "not a database at all, but a longer text\n".repeat(50)).unwrap();
    let error = refused(&folder, &settings(&text)).await;
    assert_eq!(error, "the file `TMP/notes.txt` is not a SQLite database");

    let below = text.join("deeper/a.db");
    let error = refused(&folder, &settings(&below)).await;
    assert_eq!(error, "cannot open the database file `TMP/notes.txt/deeper/a.db`: not a directory");
}

#[tokio::test]
async fn a_statement_finds_out_that_a_file_is_read_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    connect(&settings(&path)).await.unwrap();
    let read_only = format!("sqlite:{}?mode=ro", path.display()).parse().unwrap();
    let connection = connect(&read_only).await.unwrap();
    let created = connection.execute_unprepared("CREATE TABLE a (id INT)");
    let error = ConnectError::classify(&read_only, &created.await.unwrap_err());
    assert!(matches!(error, ConnectError::ReadOnly { .. }), "{error:?}");
}

#[tokio::test]
async fn a_locked_file_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&folder.path().join("a.db"));
    let holder = connect(&settings).await.unwrap();
    holder.execute_unprepared("BEGIN EXCLUSIVE").await.unwrap();
    let mut options = settings.pinned_options();
    options.map_sqlx_sqlite_opts(|options| options.busy_timeout(Duration::ZERO));
    let error = connect_with(&settings, options).await.unwrap_err();
    assert!(matches!(error, ConnectError::Locked { .. }), "{error:?}");
}

/// A port that refuses connections.
#[cfg(feature = "postgres")]
fn closed_port() -> u16 {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    free.local_addr().unwrap().port()
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn a_wait_ends_in_time_and_is_told() {
    let port = closed_port();
    let settings: DatabaseSettings = format!("postgres://u:pw@127.0.0.1:{port}/app").parse().unwrap();
    let (started, mut told) = (std::time::Instant::now(), Vec::new());
    let waited = super::wait_for_server(&settings, Duration::from_secs(2), |error| told.push(error.to_string())).await;
    let expect = format!("cannot reach the database server at `127.0.0.1:{port}`: connection refused");
    assert_eq!(waited.unwrap_err().to_string(), expect);
    assert_eq!(told, [expect]);
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
}

#[tokio::test]
async fn no_wait_makes_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(&folder.path().join("a.db"));
    super::wait_for_server(&settings, Duration::from_secs(60), |_| {}).await.unwrap();
    assert!(!folder.path().join("a.db").exists());
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn an_unreachable_server_is_told_at_once() {
    let port = closed_port();
    let url = format!("postgres://u:pw@127.0.0.1:{port}/app");
    let started = std::time::Instant::now();
    let error = connect(&url.parse().unwrap()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("cannot reach the database server at `127.0.0.1:{port}`: connection refused")
    );
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
}
