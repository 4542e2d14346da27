//! `/health`.

use insta::assert_snapshot;
use seachange::Migrator;
use serde_json::json;

use super::Service;
use crate::migrate;

#[tokio::test]
async fn lives_without_tables() {
    assert_snapshot!(Service::empty().await.get("/health/live").await, @r#"200 {"status":"live"}"#);
}

#[tokio::test]
async fn is_ready_at_the_heads_only() {
    let service = Service::empty().await;
    let migrator = migrate::watch(&service.database).unwrap();
    names_what_is_pending(&service, &migrator).await;

    migrator.upgrade("heads").await.unwrap();
    assert_snapshot!(service.get("/health/ready").await, @r#"200 {"status":"ready"}"#);

    migrator.downgrade("-1").await.unwrap();
    names_what_is_pending(&service, &migrator).await;
}

/// Holds whatever revisions there are.
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
