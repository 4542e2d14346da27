//! Fleets of SQLite files, without revisions: what is refused, what is listed and in which order it runs.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::*;
use crate::settings::DatabaseSettings;

static MIGRATIONS: Migrations = Migrations::new("test 0.1.0", &[]);

fn target(name: &str, url: &str) -> FleetTarget {
    FleetTarget::new(name, url.parse::<DatabaseSettings>().unwrap())
}

fn refusal(targets: &[FleetTarget]) -> String {
    Fleet::new(&MIGRATIONS, targets.to_vec()).err().map(|error| error.to_string()).unwrap_or_default()
}

/// A folder with empty files.
fn folder(names: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    names.iter().for_each(|name| fs::write(folder.path().join(name), "").unwrap());
    folder
}

fn files(folder: &Path) -> Vec<TargetSource> {
    vec![TargetSource::Files { pattern: folder.join("*").to_string_lossy().into_owned() }]
}

#[test]
fn a_target_is_listed_once() {
    let (a, b) = (target("a", "sqlite:a.db"), target("b", "sqlite:b.db"));
    assert_eq!(refusal(&[a.clone(), b.clone()]), "");
    assert_eq!(refusal(&[a.clone(), target("a", "sqlite:c.db")]), "two targets are called `a`");
    assert_eq!(refusal(&[a, target("c", "sqlite:a.db")]), "`a` and `c` are the same database: sqlite:a.db");
    assert_eq!(refusal(&[]), "the fleet has no target");
    assert!(refusal(&[b, target("m", "sqlite::memory:")]).contains("a database in memory"));
}

#[cfg(feature = "postgres")]
#[test]
fn schemas_and_users_distinguish_targets_as_the_server_does() {
    let of = |name, url| target(name, url);
    let first = of("a", "postgres://one@db/app?search_path=a");
    assert_eq!(refusal(&[first.clone(), of("b", "postgres://one@db/app?search_path=b")]), "");
    let again = refusal(&[first.clone(), of("b", "postgres://two:secret@db/app?search_path=a")]);
    assert!(again.contains("the same database") && !again.contains("secret"), "{again}");
    let mixed = refusal(&[first, of("b", "sqlite:b.db")]);
    assert!(mixed.ends_with("`a` is on PostgreSQL, and `b` on SQLite"), "{mixed}");
}

#[tokio::test]
async fn files_of_sqlite_beside_a_database_are_no_targets() {
    let folder = folder(&["a.db", "a.db-wal", "a.db-shm", "b.db-wal"]);
    let fleet = Fleet::discover(&MIGRATIONS, files(folder.path())).await.unwrap();
    let names: Vec<&str> = fleet.targets().iter().map(|own| own.name.rsplit('/').next().unwrap()).collect();
    assert_eq!(names, ["a.db", "b.db-wal"], "a file without the database that it would belong to is one itself");
}

#[tokio::test]
async fn a_selection_names_what_it_does_not_find() {
    let folder = folder(&["a.db", "b.db"]);
    let select = async |only: &str, tag: Option<&str>| {
        let fleet = Fleet::discover(&MIGRATIONS, files(folder.path())).await.unwrap();
        let tags = tag.map(str::to_owned).into_iter().collect();
        let selection = TargetSelection { only: vec![only.to_owned()], tags, ..TargetSelection::default() };
        fleet.select(&selection).map(|fleet| fleet.targets().len()).map_err(|error| error.to_string())
    };
    assert_eq!(select("*a.db", None).await, Ok(1));
    assert_eq!(select("c", None).await, Err("no target matches `c`".to_owned()));
    assert_eq!(select("*", Some("eu")).await, Err("no target has the tag `eu`".to_owned()));
    assert!(select("[", None).await.unwrap_err().contains("is no pattern"));
}

/// Without revisions nothing is to be done, and nothing is written.
#[tokio::test]
async fn a_fleet_with_nothing_to_do_is_left_as_it_was() {
    let folder = folder(&["a.db", "b.db", "c.db"]);
    let events: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&events);
    let fleet = Fleet::discover(&MIGRATIONS, files(folder.path()))
        .await
        .unwrap()
        .with_schedule(FleetSchedule::new().jobs(NonZeroUsize::MIN).canaries(Canaries::First(1)))
        .on_event(Arc::new(move |event| seen.lock().unwrap().push(format!("{event:?}"))));
    let report = fleet.upgrade("heads").await.unwrap();
    assert!(report.is_success() && report.failures().is_empty());
    assert_eq!(report.counts().into_iter().collect::<Vec<_>>(), [(TargetOutcome::Unchanged, 3)]);
    assert_eq!(*events.lock().unwrap(), ["Planned { targets: 3, open: 0 }"]);
    assert!(fs::read_dir(folder.path()).unwrap().all(|file| file.unwrap().metadata().unwrap().len() == 0));
    let standings = fleet.standings().await;
    assert!(standings.iter().all(|own| own.as_ref().is_ok_and(|own| own.is_complete())));
}
