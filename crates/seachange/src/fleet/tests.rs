//! Fleets of SQLite files, without revisions: what is refused, what is listed and in which order it runs.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use sea_orm::DbErr;
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

use super::*;
use crate::revision::{RegisteredRevision, Revision};
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

struct Empty;

impl MigrationName for Empty {
    fn name(&self) -> &'static str {
        "empty"
    }
}

#[async_trait]
impl MigrationTrait for Empty {
    async fn up(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}

/// Two revisions in a line that do nothing.
fn two_revisions() -> &'static Migrations {
    let script = |id, down_revision| RegisteredRevision {
        revision: Revision { id, down_revision, ..Revision::ROOT },
        message: "a step",
        folder: "src/versions",
        file: "m20261121_a_step.rs",
        source_hash: "hash",
        migration: Box::leak(Box::new(Empty)),
    };
    Box::leak(Box::new(Migrations::new("tests 1.0.0", vec![script("r1", &[]), script("r2", &["r1"])].leak())))
}

/// A target that has done a step gets no other turn: `+1` would count from there anew. Its report has the step.
#[tokio::test]
async fn a_target_with_a_step_done_is_not_begun_again() {
    let folder = folder(&["a.db", "b.db"]);
    let turns: Arc<Mutex<Vec<bool>>> = Arc::default();
    let fleet = Fleet::discover(two_revisions(), files(folder.path())).await.unwrap();
    let (seen, steps) = (Arc::clone(&turns), ["+1".parse::<Target>().unwrap()]);
    let report = fleet
        .each(move |migrator| {
            let (seen, steps) = (Arc::clone(&seen), steps.clone());
            Box::pin(async move {
                let is_first = migrator
                    .connection()
                    .get_sqlite_connection_pool()
                    .connect_options()
                    .get_filename()
                    .ends_with("a.db");
                seen.lock().unwrap().push(is_first);
                if is_first {
                    migrator.upgrade_to(&steps).await?;
                }
                Err(Error::LockTimeout { holder: None, waited: Duration::ZERO })
            })
        })
        .await
        .unwrap();
    assert_eq!(turns.lock().unwrap().iter().filter(|is_first| **is_first).count(), 1);
    assert_eq!(turns.lock().unwrap().len(), 3, "the other one gets a second turn");
    let found: Vec<_> = report.targets.iter().map(|own| (own.outcome, own.done.len())).collect();
    assert_eq!(found, [(TargetOutcome::Locked, 1), (TargetOutcome::Locked, 0)]);
}

/// A canary that cannot be reached has not succeeded.
#[tokio::test]
async fn a_missing_canary_holds_up_the_others() {
    let folder = folder(&["a.db"]);
    let place = |name: &str| DatabaseSettings::in_existing_file(&folder.path().join(name).to_string_lossy());
    let targets = [FleetTarget::new("gone", place("gone.db")), FleetTarget::new("a", place("a.db"))];
    let fleet = Fleet::new(two_revisions(), targets).unwrap();
    let fleet = fleet.with_schedule(FleetSchedule::new().canaries(Canaries::First(1)).max_failures(9));
    let report = fleet.upgrade("heads").await.unwrap();
    let found: Vec<_> = report.targets.iter().map(|own| own.outcome).collect();
    assert_eq!(found, [TargetOutcome::Unreachable, TargetOutcome::NotBegun]);
    assert!(report.was_halted_by_canaries);
}

#[cfg(feature = "postgres")]
#[test]
fn schemas_that_postgres_takes_for_others_are_refused() {
    let of = |schema: &str| target("a", "postgres://one@db/app").settings.in_schema(schema);
    let refused = |schema: &str| refusal(&[FleetTarget::new("a", of(schema))]);
    assert_eq!(refused("tenant"), "");
    assert_eq!(refused(&"x".repeat(63)), "");
    assert!(refused(&"x".repeat(64)).ends_with("PostgreSQL cuts names to 63 bytes"));
    assert!(refused("$user").ends_with("PostgreSQL reads this name as that of the role"));
}
