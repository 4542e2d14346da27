//! Databases that another tool has migrated before.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;
use sea_orm_migration::prelude::*;

use super::{current, memory, tables};
use crate::Error;
use crate::adopt::{AdoptError, AdoptionPlan, ForeignVersionTable, MigrationTool};
use crate::migrator::{Migrator, OtherRecordPolicy, RunOptions};
use crate::revision::{Migrations, RegisteredRevision, Revision};

/// A migration of this name.
struct Named(&'static str);

impl MigrationName for Named {
    fn name(&self) -> &'static str {
        self.0
    }
}

#[async_trait]
impl MigrationTrait for Named {
    async fn up(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
        Ok(())
    }
}

/// `a <- b <- c`, in files of these names, and two more roots; `c` has a migration name that differs from its file's.
async fn migrator() -> Migrator {
    let script = |id, down_revision, file, name| RegisteredRevision {
        revision: Revision { id, down_revision, ..Revision::ROOT },
        message: "a step",
        folder: "src/versions",
        file,
        source_hash: "hash",
        migration: Box::leak(Box::new(Named(name))),
    };
    let scripts: &'static [RegisteredRevision] = Box::leak(Box::new([
        script("a", &[], "m1_a.rs", "m1_a"),
        script("b", &["a"], "m2_b.rs", "m2_b"),
        script("c", &["b"], "m3_c.rs", "old name of c"),
        script("x", &[], "x.rs", "twice"),
        script("y", &[], "y.rs", "twice"),
    ]));
    let migrations: &'static Migrations = Box::leak(Box::new(Migrations::new("tests 1.0.0", scripts)));
    Migrator::new(migrations, memory().await).unwrap()
}

async fn execute(migrator: &Migrator, sql: &str) {
    migrator.connection().execute_unprepared(sql).await.unwrap();
}

/// A database with these rows in the table of sea-orm-migration.
async fn seaql(versions: &[(&str, i64)]) -> Migrator {
    let migrator = migrator().await;
    execute(&migrator, "CREATE TABLE seaql_migrations (version varchar NOT NULL PRIMARY KEY, applied_at bigint)").await;
    for (version, seconds) in versions {
        execute(&migrator, &format!("INSERT INTO seaql_migrations VALUES ('{version}', {seconds})")).await;
    }
    migrator
}

/// A database with these heads in the table of Alembic.
async fn alembic(heads: &[&str]) -> Migrator {
    let migrator = migrator().await;
    execute(&migrator, "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)").await;
    for head in heads {
        execute(&migrator, &format!("INSERT INTO alembic_version VALUES ('{head}')")).await;
    }
    migrator
}

fn of(tool: MigrationTool) -> ForeignVersionTable {
    ForeignVersionTable::of(tool)
}

fn adopted(adoption: &AdoptionPlan) -> Vec<(Option<&str>, &str)> {
    adoption.adopted.iter().map(|adopted| (adopted.version.as_deref(), adopted.script.revision.id)).collect()
}

fn pending(adoption: &AdoptionPlan) -> Vec<&str> {
    adoption.pending.iter().map(|script| script.revision.id).collect()
}

async fn refusal(migrator: &Migrator, old: &ForeignVersionTable) -> AdoptError {
    let rows = migrator.read().await.unwrap().rows;
    let before = tables(migrator).await;
    let error = match migrator.adopt(old).await {
        Err(Error::Adopt(error)) => error,
        other => unreachable!("it is refused: {other:?}"),
    };
    assert_eq!(migrator.read().await.unwrap().rows, rows, "nothing was written");
    assert_eq!(tables(migrator).await, before, "nothing was made");
    error
}

#[tokio::test]
async fn versions_are_file_names_or_names_or_ids() {
    let migrator = seaql(&[("old name of c", 1_700_000_300), ("m1_a", 1_700_000_100), ("b", 1_700_000_200)]).await;
    let plan = migrator.plan_adoption(&of(MigrationTool::SeaOrm)).await.unwrap();
    assert_eq!(adopted(&plan), [(Some("m1_a"), "a"), (Some("b"), "b"), (Some("old name of c"), "c")]);
    assert_eq!(pending(&plan), ["x", "y"]);
    assert_eq!(tables(&migrator).await, ["seaql_migrations"], "a plan makes no table");

    migrator.adopt(&of(MigrationTool::SeaOrm)).await.unwrap();
    assert_eq!(current(&migrator).await, ["c"]);
    let row = migrator.read().await.unwrap().row("b").unwrap().clone();
    let moment = DateTime::from_timestamp(1_700_000_200, 0).unwrap();
    assert_eq!((row.started_at, row.finished_at, row.duration_ms), (moment, Some(moment), None));
    assert_eq!((row.source_hash.as_str(), row.down_revision.as_slice()), ("hash", &["a".to_owned()][..]));
    assert_eq!(tables(&migrator).await, ["seachange_revision", "seaql_migrations"]);
    assert_eq!(migrator.upgrade("heads").await.unwrap().done.len(), 2);
}

#[tokio::test]
async fn a_moment_that_makes_no_sense_is_now() {
    for seconds in [-1, 1_700_000_000_000, i64::MAX] {
        let migrator = seaql(&[("m1_a", seconds)]).await;
        let before = Utc::now();
        migrator.adopt(&of(MigrationTool::SeaOrm)).await.unwrap();
        assert!(migrator.read().await.unwrap().rows[0].started_at >= before, "{seconds}");
    }
}

#[tokio::test]
async fn heads_of_alembic_bring_what_is_below_them() {
    let migrator = alembic(&["x", "b"]).await;
    let adoption = migrator.adopt(&of(MigrationTool::Alembic)).await.unwrap();
    assert_eq!(adopted(&adoption), [(None, "a"), (Some("b"), "b"), (Some("x"), "x")]);
    assert_eq!(pending(&adoption), ["c", "y"]);
    assert_eq!(current(&migrator).await, ["b", "x"]);
    assert_eq!(tables(&migrator).await, ["alembic_version", "seachange_revision"]);
}

#[tokio::test]
async fn alembic_knows_ids_alone() {
    let error = refusal(&alembic(&["m1_a"]).await, &of(MigrationTool::Alembic)).await;
    assert_eq!(error.to_string(), "`m1_a` of `alembic_version` is not a revision of this program");
}

#[tokio::test]
async fn an_empty_table_says_that_nothing_is_applied() {
    for (migrator, tool) in [(seaql(&[]).await, MigrationTool::SeaOrm), (alembic(&[]).await, MigrationTool::Alembic)] {
        let adoption = migrator.adopt(&of(tool)).await.unwrap();
        assert_eq!((adoption.adopted.len(), adoption.pending.len()), (0, 5));
        assert_eq!(tables(&migrator).await, [tool.default_table()]);
    }
}

#[tokio::test]
async fn the_table_may_have_another_name() {
    let migrator = migrator().await;
    execute(&migrator, "CREATE TABLE \"my \"\"old\"\" table\" (version_num VARCHAR(32))").await;
    execute(&migrator, "INSERT INTO \"my \"\"old\"\" table\" VALUES ('a')").await;
    let table = "my \"old\" table".to_owned();
    let old = ForeignVersionTable { tool: MigrationTool::Alembic, schema: Some("main".to_owned()), table };
    assert_eq!(adopted(&migrator.adopt(&old).await.unwrap()), [(Some("a"), "a")]);
}

#[tokio::test]
async fn tables_that_cannot_be_read_as_the_tools() {
    let migrator = migrator().await;
    let error = refusal(&migrator, &of(MigrationTool::SeaOrm)).await;
    assert_eq!(error.to_string(), "the database has no table `seaql_migrations`");
    execute(&migrator, "CREATE TABLE seaql_migrations (version varchar)").await;
    let error = refusal(&migrator, &of(MigrationTool::SeaOrm)).await;
    let expected =
        "the table `seaql_migrations` is not one of sea-orm-migration: no such column: seaql_migrations.applied_at";
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn versions_that_no_revision_is_or_several_are() {
    let migrator = seaql(&[("m1_a", 1), ("zebra", 2), ("m0_gone", 3)]).await;
    let error = refusal(&migrator, &of(MigrationTool::SeaOrm)).await;
    assert_eq!(error.to_string(), "`m0_gone`, `zebra` of `seaql_migrations` are not revisions of this program");
    let error = refusal(&seaql(&[("twice", 1)]).await, &of(MigrationTool::SeaOrm)).await;
    assert_eq!(error.to_string(), "`twice` matches several revisions: `x`, `y`");
}

#[tokio::test]
async fn a_version_in_the_middle_that_is_not_applied() {
    let error = refusal(&seaql(&[("m1_a", 1), ("c", 2)]).await, &of(MigrationTool::SeaOrm)).await;
    assert_eq!(error.to_string(), "`b` is not in `seaql_migrations`, but revisions that come after are: `c`");
}

#[tokio::test]
async fn a_record_that_is_there_has_to_agree() {
    let migrator = seaql(&[("m1_a", 1_700_000_000), ("m2_b", 1_700_000_000)]).await;
    migrator.stamp("a").await.unwrap();
    let stamped = migrator.read().await.unwrap().rows[0].clone();
    let adoption = migrator.adopt(&of(MigrationTool::SeaOrm)).await.unwrap();
    assert_eq!(adoption.unrecorded().map(|adopted| adopted.script.revision.id).collect::<Vec<_>>(), ["b"]);
    assert_eq!(migrator.read().await.unwrap().rows[0], stamped, "a row that was there stays");

    migrator.upgrade("heads").await.unwrap();
    let again = migrator.adopt(&of(MigrationTool::SeaOrm)).await.unwrap();
    assert_eq!((again.unrecorded().count(), pending(&again).len()), (0, 0), "the record says more, which is no matter");
}

#[tokio::test]
async fn another_record_is_left_alone() {
    let migrator = seaql(&[("m1_a", 1)]).await;
    migrator.stamp("x").await.unwrap();
    let error = refusal(&migrator, &of(MigrationTool::SeaOrm)).await;
    assert_eq!(error.to_string(), "`a` is only in `seaql_migrations`, and `x` is only in the record");
    execute(&migrator, "UPDATE seachange_revision SET state = 'upgrading'").await;
    assert!(matches!(migrator.adopt(&of(MigrationTool::SeaOrm)).await, Err(Error::Interrupted { .. })));
}

/// No revision is recorded, so that an upgrade would begin at the first revision again.
#[tokio::test]
async fn an_upgrade_of_a_database_of_another_tool_is_refused() {
    let migrator = seaql(&[("m1_a", 1), ("m2_b", 2)]).await;
    let refused = |outcome: Result<crate::Report, Error>| match outcome {
        Err(error @ Error::Unadopted { .. }) => error.to_string(),
        other => unreachable!("{other:?}"),
    };
    let message = "sea-orm-migration has migrated this database: `seaql_migrations` has 2 rows, and no revision is recorded as applied";
    assert_eq!(refused(migrator.upgrade("heads").await), message);
    assert_eq!(migrator.check().await.unwrap_err().to_string(), message);
    assert_eq!(migrator.plan_upgrade(&["heads".parse().unwrap()]).await.unwrap_err().to_string(), message);
    assert_eq!(tables(&migrator).await, ["seaql_migrations"]);

    migrator.adopt(&of(MigrationTool::SeaOrm)).await.unwrap();
    migrator.upgrade("heads").await.unwrap();

    let migrator = alembic(&["b"]).await;
    assert_eq!(
        refused(migrator.upgrade("a").await),
        "Alembic has migrated this database: `alembic_version` has 1 row, and no revision is recorded as applied"
    );
    let migrator = migrator.with_options(RunOptions::new().other_records(OtherRecordPolicy::Ignore));
    migrator.upgrade("heads").await.unwrap();
}

#[tokio::test]
async fn an_empty_or_strange_table_of_that_name_is_no_record() {
    let migrator = seaql(&[]).await;
    execute(&migrator, "CREATE TABLE alembic_version (flight INT)").await;
    migrator.upgrade("heads").await.unwrap();
}

/// `0001_a <- 2_b <- 10_c <- 20230131120000_d`, as they are imported, and a revision of our own.
async fn imported() -> Migrator {
    let script = |id, down_revision, file| RegisteredRevision {
        revision: Revision { id, down_revision, ..Revision::ROOT },
        message: "a step",
        folder: "src/versions",
        file,
        source_hash: "hash",
        migration: Box::leak(Box::new(Named("a"))),
    };
    let scripts: &'static [RegisteredRevision] = Box::leak(Box::new([
        script("0001_a", &[], "m0001_a.rs"),
        script("2_b", &["0001_a"], "m2_b.rs"),
        script("10_c", &["2_b"], "m10_c.rs"),
        script("20230131120000_d", &["10_c"], "m20230131120000_d.rs"),
        script("e", &["20230131120000_d"], "e.rs"),
    ]));
    let migrations: &'static Migrations = Box::leak(Box::new(Migrations::new("tests 1.0.0", scripts)));
    Migrator::new(migrations, memory().await).unwrap()
}

/// A database with the table of a tool, and these rows.
async fn versioned(tool: MigrationTool, rows: &[&str]) -> Migrator {
    let migrator = imported().await;
    let columns = match tool {
        MigrationTool::Sqlx => {
            "version BIGINT PRIMARY KEY, description TEXT NOT NULL, installed_on TIMESTAMP NOT NULL DEFAULT \
             CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, checksum BLOB NOT NULL, execution_time BIGINT NOT NULL"
        }
        MigrationTool::Dbmate => "version varchar(128) primary key",
        MigrationTool::GolangMigrate => "version uint64, dirty bool",
        _ => "version VARCHAR(50) PRIMARY KEY NOT NULL, run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP",
    };
    let table = tool.default_table();
    execute(&migrator, &format!("CREATE TABLE {table} ({columns})")).await;
    for row in rows {
        execute(&migrator, &format!("INSERT INTO {table} VALUES ({row})")).await;
    }
    migrator
}

fn ids(adoption: &AdoptionPlan) -> Vec<&str> {
    adoption.adopted.iter().map(|adopted| adopted.script.revision.id).collect()
}

#[tokio::test]
async fn versions_are_what_ids_begin_with() {
    let sqlx = ["1, 'a', '2023-02-01 10:00:00', true, x'00', 5", "2, 'b', '2023-02-01 10:00:01', 1, x'00', 5"];
    let databases: [(MigrationTool, &[&str]); 4] = [
        (MigrationTool::Sqlx, &sqlx),
        (MigrationTool::Dbmate, &["'0001'", "'2'"]),
        (MigrationTool::GolangMigrate, &["2, false"]),
        (MigrationTool::Diesel, &["'2', '2023-02-01 10:00:01'", "'1', '2023-02-01 10:00:00'"]),
    ];
    for (tool, rows) in databases {
        let migrator = versioned(tool, rows).await;
        let message = migrator.upgrade("heads").await.unwrap_err().to_string();
        assert!(message.starts_with(&format!("{} has migrated this database", tool.name())), "{message}");
        let adoption = migrator.adopt(&of(tool)).await.unwrap();
        assert_eq!(ids(&adoption), ["0001_a", "2_b"], "{tool:?}");
        assert_eq!(pending(&adoption), ["10_c", "20230131120000_d", "e"], "{tool:?}");
        if matches!(tool, MigrationTool::Sqlx | MigrationTool::Diesel) {
            let moment = "2023-02-01T10:00:01Z".parse::<DateTime<Utc>>().unwrap();
            assert_eq!(migrator.read().await.unwrap().row("2_b").unwrap().started_at, moment, "{tool:?}");
        }
        migrator.upgrade("heads").await.unwrap();
    }
}

#[tokio::test]
async fn a_version_that_was_not_finished() {
    let sqlx = versioned(MigrationTool::Sqlx, &["1, 'a', '2023-02-01 10:00:00', false, x'00', 5"]).await;
    let error = refusal(&sqlx, &of(MigrationTool::Sqlx)).await;
    let message = "sqlx did not finish the version 1, says `_sqlx_migrations`: what it left in the database is unknown";
    assert_eq!(error.to_string(), message);
    let go = versioned(MigrationTool::GolangMigrate, &["10, true"]).await;
    let error = refusal(&go, &of(MigrationTool::GolangMigrate)).await;
    assert!(matches!(error, AdoptError::Dirty { version, .. } if version == "10"));
}

#[tokio::test]
async fn a_table_of_another_tool_or_version() {
    let go = versioned(MigrationTool::GolangMigrate, &["2, false"]).await;
    let error = refusal(&go, &of(MigrationTool::Dbmate)).await;
    assert!(matches!(error, AdoptError::ForeignTable { .. }), "{error}");
    let dbmate = versioned(MigrationTool::Dbmate, &["'1'", "'3'"]).await;
    let error = refusal(&dbmate, &of(MigrationTool::GolangMigrate)).await;
    assert!(matches!(error, AdoptError::ForeignTable { .. }), "{error}");
    let error = refusal(&dbmate, &of(MigrationTool::Dbmate)).await;
    assert_eq!(error.to_string(), "`3` of `schema_migrations` is not a revision of this program");
}

/// Tables of these names belong to many frameworks: without imported revisions they are no reason to refuse.
#[tokio::test]
async fn versions_count_only_for_imported_revisions() {
    let migrator = migrator().await;
    execute(&migrator, "CREATE TABLE schema_migrations (version varchar(255) NOT NULL)").await;
    execute(&migrator, "INSERT INTO schema_migrations VALUES ('20230131120000')").await;
    migrator.upgrade("heads").await.unwrap();
}
