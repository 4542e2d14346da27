//! What is refused before a handler sees it, and what goes wrong inside.

use axum::body::Body;
use axum::http::Request;
use insta::assert_snapshot;
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::Service;

#[tokio::test]
async fn paths_and_methods() {
    let service = Service::with_tables().await;
    assert_snapshot!(service.get("/nothing").await, @"");
    assert_snapshot!(service.delete("/users").await, @"");
    assert_snapshot!(service.get("/users/ada").await, @"");
    assert_snapshot!(service.get("/users/2147483648").await, @"");
    assert_snapshot!(service.get("/posts/1/votes/ada").await, @"");
}

#[tokio::test]
async fn queries() {
    let service = Service::with_tables().await;
    assert_snapshot!(service.get("/users?limit=0").await, @"");
    assert_snapshot!(service.get("/posts?limit=101").await, @"");
    assert_snapshot!(service.get("/posts?limit=many").await, @"");
    assert_snapshot!(service.get("/posts?offset=-1").await, @"");
    assert_snapshot!(service.get("/posts?page=1").await, @"");
}

#[tokio::test]
async fn bodies() {
    let service = Service::with_tables().await;
    assert_snapshot!(service.json("POST", "/users", "{".to_owned()).await, @"");
    assert_snapshot!(service.json("POST", "/users", String::new()).await, @"");
    assert_snapshot!(service.post("/users", json!({ "email": "ada@example.com" })).await, @"");
    assert_snapshot!(service.post("/users", json!({ "email": 1 })).await, @"");
    assert_snapshot!(service.post("/posts/1/votes", json!({ "user_id": 1, "post_id": 1 })).await, @"");
    assert_snapshot!(service.send(Request::post("/users").body(Body::from("{}")).unwrap()).await, @"");
    assert_snapshot!(service.json("POST", "/users", " ".repeat(3 << 20)).await, @"");
}

#[tokio::test]
async fn a_broken_database_is_not_described() {
    let service = Service::with_rows().await;
    service.database.execute_unprepared("DROP TABLE votes").await.unwrap();
    assert_snapshot!(service.get("/posts").await, @"");
}

#[tokio::test]
async fn a_database_that_is_gone() {
    let service = Service::with_rows().await;
    service.database.close_by_ref().await.unwrap();
    assert_snapshot!(service.get("/posts").await, @"");
}
