//! `/health`.

use insta::assert_snapshot;
use migration::MIGRATIONS;
use seachange::Migrator;

use super::Service;

#[tokio::test]
async fn lives_without_tables() {
    assert_snapshot!(Service::empty().await.get("/health/live").await, @r#"200 {"status":"live"}"#);
}

#[tokio::test]
async fn is_ready_at_the_heads_only() {
    let service = Service::empty().await;
    let behind = service.get("/health/ready").await;
    assert_eq!(behind.status, 503);
    assert_eq!(behind.body["error"]["code"], "not_ready");
    let mut migrator = Migrator::new(&MIGRATIONS, service.database.clone());
    for script in migrator.pending().await.unwrap() {
        let id = format!("`{}`", script.revision.id);
        assert!(behind.body["error"]["message"].as_str().unwrap().contains(&id), "{id} is named");
    }

    migrator.upgrade("heads").await.unwrap();
    assert_snapshot!(service.get("/health/ready").await, @r#"200 {"status":"ready"}"#);
}
