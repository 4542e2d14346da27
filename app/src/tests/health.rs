//! `/health`.

use insta::assert_snapshot;
use sea_orm::ConnectionTrait;
use seachange::{AheadPolicy, Migrator};
use serde_json::json;

use super::Service;
use crate::routes;
use crate::state::AppState;

#[tokio::test]
async fn lives_without_tables() {
    assert_snapshot!(Service::empty().await.get("/health/live").await, @r#"200 {"status":"live"}"#);
}

#[tokio::test]
async fn is_ready_at_the_heads_only() {
    let service = Service::empty().await;
    let migrator = service.migrator();
    names_what_is_pending(&service, &migrator).await;

    migrator.upgrade("heads").await.unwrap();
    assert_snapshot!(service.get("/health/ready").await, @r#"200 {"status":"ready"}"#);

    migrator.downgrade("-1").await.unwrap();
    names_what_is_pending(&service, &migrator).await;
}

const NEWER: &str =
    "INSERT INTO seachange_revision SELECT 'ffffffffffff', 'd08a87fea5b1', depends_on, source_hash, state,
    started_at, finished_at, duration_ms, program FROM seachange_revision WHERE revision = 'd08a87fea5b1'";

#[tokio::test]
async fn is_ready_where_a_newer_version_migrates() {
    let service = Service::empty().await;
    service.migrator().upgrade("heads").await.unwrap();
    service.database.execute_unprepared(NEWER).await.unwrap();
    assert_snapshot!(service.get("/health/ready").await, @r#"200 {"status":"ready"}"#);
    let begun = "UPDATE seachange_revision SET state = 'upgrading' WHERE revision = 'ffffffffffff'";
    service.database.execute_unprepared(begun).await.unwrap();
    assert_snapshot!(service.get("/health/ready").await, @r#"200 {"status":"ready"}"#);

    let state = AppState::new(service.database.clone(), AheadPolicy::Refuse).unwrap();
    let strict = Service { router: routes::router(state), database: service.database.clone(), test_database: None };
    service.database.execute_unprepared("UPDATE seachange_revision SET state = 'applied'").await.unwrap();
    assert_snapshot!(strict.get("/health/ready").await, @r#"503 {"error":{"code":"not_ready","message":"not ready: the database is ahead of this program: `ffffffffffff` is applied and unknown here"}}"#);

    let other = "UPDATE seachange_revision SET down_revision = 'eeeeeeeeeeee' WHERE revision = 'ffffffffffff'";
    service.database.execute_unprepared(other).await.unwrap();
    assert_snapshot!(service.get("/health/ready").await, @r#"503 {"error":{"code":"not_ready","message":"not ready: the database has diverged from this program: `ffffffffffff` is applied and unknown here"}}"#);
}

/// Passes for any set of revisions.
async fn names_what_is_pending(service: &Service, migrator: &Migrator) {
    let pending = migrator.pending().await.unwrap();
    assert!(!pending.is_empty());
    let ids: Vec<_> = pending.iter().map(|script| format!("`{}`", script.revision.id)).collect();
    let message = format!("not ready: the database is behind this program: {} pending", ids.join(", "));
    let answer = service.get("/health/ready").await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.body, json!({ "error": { "code": "not_ready", "message": message } }));
}

#[tokio::test]
async fn is_not_ready_without_a_database() {
    let service = Service::empty().await;
    service.database.close_by_ref().await.unwrap();
    assert_snapshot!(service.get("/health/ready").await, @r#"503 {"error":{"code":"not_ready","message":"not ready: cannot read which revisions are applied: Failed to acquire connection from pool: Connection closed"}}"#);
}
