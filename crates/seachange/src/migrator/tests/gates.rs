//! Revisions that wait for a time or for a backfill.

use sea_orm::ConnectionTrait;

use super::{migrator, nodes};
use crate::RunOptions;
use crate::migrator::Migrator;
use crate::report::WaitReason;
use crate::revision::Revision;

/// A revision `a`, one above it with gates, one above that, and one beside them.
async fn with_gates(gated: Revision) -> Migrator {
    let revisions = [
        Revision { id: "a", ..Revision::ROOT },
        Revision { id: "b", down_revision: &["a"], ..gated },
        Revision { id: "c", down_revision: &["b"], ..Revision::ROOT },
        Revision { id: "d", down_revision: &["a"], ..Revision::ROOT },
    ];
    migrator(nodes(&revisions)).await
}

#[tokio::test]
async fn a_time_in_the_future_is_waited_for() {
    let gated = Revision { not_before: "2999-01-01T00:00:00Z", ..Revision::ROOT };
    let migrator = with_gates(gated).await;
    let report = migrator.upgrade("heads").await.unwrap();
    let done: Vec<&str> = report.done.iter().map(|(step, _)| step.revision.as_str()).collect();
    assert_eq!(done, ["a", "d"]);
    let waiting: Vec<(&str, String)> =
        report.waiting.iter().map(|one| (one.step.revision.as_str(), one.reasons[0].to_string())).collect();
    assert_eq!(waiting, [("b", "2999-01-01 00:00:00 UTC".to_owned()), ("c", "`b`".to_owned())]);
    assert_eq!(report.current, ["d"]);
    assert_eq!(migrator.waiting().await.unwrap().len(), 2);
    let again = migrator.upgrade("heads").await.unwrap();
    assert_eq!((again.done.len(), again.waiting.len()), (0, 2));
    let migrator = migrator.with_options(RunOptions::new().ignore_gates(true));
    assert_eq!(migrator.upgrade("heads").await.unwrap().done.len(), 2);
}

#[tokio::test]
async fn a_time_in_the_past_is_over() {
    let gated = Revision { not_before: "2020-01-01T00:00:00Z", ..Revision::ROOT };
    let report = with_gates(gated).await.upgrade("heads").await.unwrap();
    assert_eq!((report.done.len(), report.waiting.len()), (4, 0));
}

/// A run that is one transaction leaves the same revisions.
#[tokio::test]
async fn one_transaction_leaves_what_waits() {
    let gated = Revision { not_before: "2999-01-01T00:00:00Z", ..Revision::ROOT };
    let migrator = with_gates(gated).await.with_options(RunOptions::new().single_transaction(true));
    let report = migrator.upgrade("heads").await.unwrap();
    assert_eq!((report.done.len(), report.waiting.len()), (2, 2));
    assert_eq!(report.current, ["d"]);
}

/// What was recorded without running has no backfill, and counts as done.
#[tokio::test]
async fn a_backfill_is_waited_for() {
    let gated = Revision { after_backfills: &["a", "keys"], ..Revision::ROOT };
    let migrator = with_gates(gated).await;
    let report = migrator.upgrade("heads").await.unwrap();
    assert_eq!(report.waiting[0].reasons, [WaitReason::Backfill { name: "keys".to_owned(), state: None }]);
    migrator
        .connection()
        .execute_unprepared(
            "INSERT INTO seachange_revision_backfill (name, table_name, database_system, definition_hash, key_columns,
                state, rows_passed, rows_changed, rows_expected, batch_rows, started_at)
            VALUES ('keys', 'a', 'SQLite', '', '[]', 'paused', 5, 5, 100, 10, '2026-01-01 00:00:00+00:00')",
        )
        .await
        .unwrap();
    let report = migrator.upgrade("heads").await.unwrap();
    assert_eq!(report.waiting[0].reasons[0].to_string(), "the backfill `keys` (paused, 5 of about 100 rows)");
    migrator
        .connection()
        .execute_unprepared("UPDATE seachange_revision_backfill SET state = 'complete'")
        .await
        .unwrap();
    assert_eq!(migrator.upgrade("heads").await.unwrap().waiting, []);
}
