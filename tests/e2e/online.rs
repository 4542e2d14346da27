//! Two versions of a service on one database, while its table is expanded, filled and contracted.
#![expect(clippy::print_stdout, reason = "the times are for the reader of the tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};

use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ActiveValue, Database, DbErr, EntityTrait, QuerySelect};
use seachange_tests::harness::{Case, TestResult, each_backend};
use seachange_tests::{Output, Program, TestDatabase, block_on};

use crate::guarantees::script::{Outcome, check_says};

/// The entity of the old version.
mod old {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "users")]
    pub(super) struct Model {
        #[sea_orm(primary_key)]
        pub(super) id: i32,
        pub(super) name: Option<String>,
        pub(super) score: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The entity of the new version.
mod new {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "users")]
    pub(super) struct Model {
        #[sea_orm(primary_key)]
        pub(super) id: i32,
        pub(super) full_name: Option<String>,
        #[sea_orm(column_type = "Double")]
        pub(super) rating: f64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) fn trials() -> Vec<Case> {
    let mut cases = each_backend("online::two_versions_of_a_service", two_versions_of_a_service);
    cases.extend(each_backend("online::contract_waits_for_the_backfill", contract_waits_for_the_backfill));
    cases
        .extend(each_backend("online::contract_waits_for_the_running_version", contract_waits_for_the_running_version));
    cases
}

fn run(database: &TestDatabase, arguments: &str) -> Outcome<Output> {
    let program = Program::named("online-migration").database(database).args(arguments.split(' '));
    Ok(program.limit(Duration::from_secs(60)).run()?)
}

fn succeed(database: &TestDatabase, arguments: &str) -> Outcome<Output> {
    Ok(run(database, arguments)?.succeeded()?)
}

/// A version of the service, which writes until it is stopped. It returns how often it wrote, and the longest write.
struct Service {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<(u32, Duration), DbErr>>,
}

impl Service {
    fn start(database: &TestDatabase, is_new: bool) -> Self {
        let (url, stop) = (database.url(), Arc::new(AtomicBool::new(false)));
        let seen = Arc::clone(&stop);
        let thread = thread::spawn(move || block_on(serve(&url, is_new, &seen)));
        Self { stop, thread }
    }

    fn stop(self) -> Outcome<(u32, Duration)> {
        self.stop.store(true, Ordering::Relaxed);
        Ok(self.thread.join().map_err(|_| "a service panicked")??)
    }
}

/// Inserts, reads, updates, upserts and deletes users, and checks what it reads of its own.
async fn serve(url: &str, is_new: bool, stop: &AtomicBool) -> Result<(u32, Duration), DbErr> {
    let connection = Database::connect(url).await?;
    let (mut writes, mut longest) = (0, Duration::ZERO);
    while !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        let (name, score) = (format!("user {writes}"), i32::try_from(writes % 1000).unwrap_or_default());
        if is_new {
            use new::{ActiveModel, Column, Entity};

            let user = ActiveModel {
                full_name: ActiveValue::Set(Some(name.clone())),
                rating: ActiveValue::Set(f64::from(score)),
                ..Default::default()
            };
            let user = user.insert(&connection).await?;
            let read = Entity::find_by_id(user.id).one(&connection).await?;
            check(
                read.map(|read| (read.full_name, read.rating)) == Some((Some(name.clone()), f64::from(score))),
                &name,
            )?;
            let changed = ActiveModel {
                id: ActiveValue::Set(user.id),
                full_name: ActiveValue::Set(Some(format!("{name} again"))),
                rating: ActiveValue::Set(f64::from(score) + 1.0),
            };
            let upsert = OnConflict::column(Column::Id).update_columns([Column::FullName, Column::Rating]).to_owned();
            Entity::insert(changed).on_conflict(upsert).exec_without_returning(&connection).await?;
            if writes % 3 == 0 {
                Entity::delete_by_id(user.id).exec(&connection).await?;
            }
            Entity::find().limit(5).all(&connection).await?;
        } else {
            use old::{ActiveModel, Column, Entity};

            let user = ActiveModel {
                name: ActiveValue::Set(Some(name.clone())),
                score: ActiveValue::Set(score),
                ..Default::default()
            };
            let user = user.insert(&connection).await?;
            let read = Entity::find_by_id(user.id).one(&connection).await?;
            check(read.map(|read| (read.name, read.score)) == Some((Some(name.clone()), score)), &name)?;
            let changed = ActiveModel {
                id: ActiveValue::Set(user.id),
                name: ActiveValue::Set(Some(format!("{name} again"))),
                score: ActiveValue::Set(score + 1),
            };
            let upsert = OnConflict::column(Column::Id).update_columns([Column::Name, Column::Score]).to_owned();
            Entity::insert(changed).on_conflict(upsert).exec_without_returning(&connection).await?;
            if writes % 3 == 0 {
                Entity::delete_by_id(user.id).exec(&connection).await?;
            }
            Entity::find().limit(5).all(&connection).await?;
        }
        longest = longest.max(begun.elapsed());
        writes += 1;
    }
    Ok((writes, longest))
}

fn check(is_right: bool, what: &str) -> Result<(), DbErr> {
    if is_right { Ok(()) } else { Err(DbErr::Custom(format!("{what} was not read as it was written"))) }
}

fn two_versions_of_a_service(database: &TestDatabase) -> TestResult {
    succeed(database, "up a1")?;
    for chunk in 0..20 {
        let rows: Vec<String> = (0..500).map(|id| format!("('first {chunk} {id}', {id})")).collect();
        database.execute(&format!("INSERT INTO users (name, score) VALUES {}", rows.join(", ")))?;
    }
    let old = Service::start(database, false);
    sleep(Duration::from_millis(300));
    succeed(database, "up b1")?;
    let new = Service::start(database, true);
    succeed(database, "up b2 --rows-per-second 20000")?;
    sleep(Duration::from_millis(300));
    let (old_writes, old_longest) = old.stop()?;
    const DIFFERENT: &str =
        "SELECT COUNT(*) FROM users WHERE COALESCE(name, '-') <> COALESCE(full_name, '-') OR score <> rating";
    assert_eq!(database.value::<i64>(DIFFERENT)?, 0);
    assert_eq!(database.value::<i64>("SELECT COUNT(*) FROM users WHERE full_name IS NULL")?, 0);
    succeed(database, "up")?;
    sleep(Duration::from_millis(300));
    let (new_writes, new_longest) = new.stop()?;
    println!(
        "{}: {old_writes} rounds of the old version, the longest {old_longest:?}; {new_writes} of the new one, the longest \
         {new_longest:?}",
        database.backend()
    );
    assert!(old_writes > 3 && new_writes > 3, "{old_writes} {new_writes}");
    let kept = database.value::<i64>("SELECT COUNT(*) FROM users WHERE full_name LIKE 'first %'")?;
    assert_eq!(kept, 10_000);
    // Back to the old version.
    succeed(database, "down contract@-1")?;
    assert_eq!(database.value::<i64>(DIFFERENT)?, 0);
    succeed(database, "down base")?;
    Ok(())
}

fn contract_waits_for_the_backfill(database: &TestDatabase) -> TestResult {
    succeed(database, "up a1")?;
    database.execute("INSERT INTO users (name, score) VALUES ('Ada', 7)")?;
    let up = succeed(database, "up --register-backfills")?;
    check_says(
        &up,
        &["Waiting c1", "the backfill `b2` (active, 0", "the backfill `b2-2`", "the same command applies"],
    )?;
    let status = succeed(database, "status")?;
    check_says(&status, &["waits for the backfill `b2`"])?;
    // Nothing can be applied now.
    let again = succeed(database, "up")?;
    check_says(&again, &["Waiting c1", "nothing to do"])?;
    succeed(database, "backfill run b2")?;
    let half = succeed(database, "up --dry-run")?;
    check_says(&half, &["c1"])?;
    assert_eq!(database.value::<i64>("SELECT COUNT(*) FROM users WHERE full_name = name")?, 1);
    succeed(database, "backfill run")?;
    let last = succeed(database, "up")?;
    check_says(&last, &["applied 1 revision"])?;
    assert_eq!(database.value::<f64>("SELECT rating FROM users WHERE full_name = 'Ada'")?.to_string(), "7");
    // Elsewhere one run does all of it, and a person can decide not to wait.
    succeed(database, "down base")?;
    check_says(&succeed(database, "up")?, &["applied 4 revisions"])?;
    succeed(database, "down base")?;
    check_says(&succeed(database, "up --register-backfills --ignore-gates")?, &["applied 4 revisions"])?;
    Ok(())
}

/// `up --running` leaves what would break the version that runs.
fn contract_waits_for_the_running_version(database: &TestDatabase) -> TestResult {
    let entity = |columns: &str| {
        format!(
            "use sea_orm::entity::prelude::*;\n\n#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]\n\
             #[sea_orm(table_name = \"users\")]\npub struct Model {{\n    #[sea_orm(primary_key)]\n    pub id: i32,\n\
             {columns}}}\n\n#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]\npub enum Relation {{}}\n\n\
             impl ActiveModelBehavior for ActiveModel {{}}\n"
        )
    };
    for (version, columns) in [
        ("old", "    pub name: Option<String>,\n    pub score: i32,\n"),
        ("new", "    pub full_name: Option<String>,\n    pub rating: f64,\n"),
    ] {
        let folder = database.folder().join(version).join("src");
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join("user.rs"), entity(columns))?;
    }
    let place = |version: &str| database.folder().join(version).display().to_string();
    let command = |running: &str| format!("up --running path:{} --entities {}", place(running), place("new"));
    let up = succeed(database, &command("old"))?;
    check_says(&up, &["applied 3 revisions", "Waiting c1", "the running version", "users"])?;
    let up = succeed(database, &command("new"))?;
    check_says(&up, &["applied 1 revision"])?;
    Ok(())
}
