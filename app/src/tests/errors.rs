//! Requests that are refused before a handler sees them, and internal errors.

use axum::body::Body;
use axum::http::Request;
use insta::assert_snapshot;
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::Service;

#[tokio::test]
async fn paths_and_methods() {
    let service = Service::with_tables().await;
    assert_snapshot!(service.get("/nothing").await, @r#"404 {"error":{"code":"not_found","message":"no such path"}}"#);
    assert_snapshot!(service.delete("/users").await, @r#"405 {"error":{"code":"method_not_allowed","message":"the path does not take this method"}}"#);
    assert_snapshot!(service.get("/users/ada").await, @r#"400 {"error":{"code":"bad_request","message":"an id in the path is not a 32-bit number"}}"#);
    assert_snapshot!(service.get("/users/2147483648").await, @r#"400 {"error":{"code":"bad_request","message":"an id in the path is not a 32-bit number"}}"#);
    assert_snapshot!(service.get("/posts/1/votes/ada").await, @r#"400 {"error":{"code":"bad_request","message":"an id in the path is not a 32-bit number"}}"#);
}

#[tokio::test]
async fn queries() {
    let service = Service::with_tables().await;
    assert_snapshot!(service.get("/users?limit=0").await, @r#"422 {"error":{"code":"invalid","message":"`limit` has to be from 1 to 100"}}"#);
    assert_snapshot!(service.get("/posts?limit=101").await, @r#"422 {"error":{"code":"invalid","message":"`limit` has to be from 1 to 100"}}"#);
    assert_snapshot!(service.get("/posts?limit=many").await, @r#"400 {"error":{"code":"bad_request","message":"malformed query: limit: invalid digit found in string"}}"#);
    assert_snapshot!(service.get("/posts?offset=-1").await, @r#"400 {"error":{"code":"bad_request","message":"malformed query: offset: invalid digit found in string"}}"#);
    assert_snapshot!(service.get("/posts?page=1").await, @r#"400 {"error":{"code":"bad_request","message":"malformed query: page: unknown field `page`, expected `limit` or `offset`"}}"#);
}

#[tokio::test]
async fn bodies() {
    let service = Service::with_tables().await;
    assert_snapshot!(service.json("POST", "/users", "{".to_owned()).await, @r#"400 {"error":{"code":"bad_request","message":"malformed body: EOF while parsing an object at line 1 column 1"}}"#);
    assert_snapshot!(service.json("POST", "/users", String::new()).await, @r#"400 {"error":{"code":"bad_request","message":"malformed body: EOF while parsing a value at line 1 column 0"}}"#);
    assert_snapshot!(service.post("/users", json!({ "email": "ada@example.com" })).await, @r#"422 {"error":{"code":"invalid","message":"malformed body: missing field `password` at line 1 column 27"}}"#);
    assert_snapshot!(service.post("/users", json!({ "email": 1 })).await, @r#"422 {"error":{"code":"invalid","message":"malformed body: email: invalid type: integer `1`, expected a string at line 1 column 10"}}"#);
    assert_snapshot!(service.post("/posts/1/votes", json!({ "user_id": 1, "post_id": 1 })).await, @r#"422 {"error":{"code":"invalid","message":"malformed body: post_id: unknown field `post_id`, expected `user_id` at line 1 column 10"}}"#);
    assert_snapshot!(service.send(Request::post("/users").body(Body::from("{}")).unwrap()).await, @r#"415 {"error":{"code":"unsupported_media_type","message":"the body has to be `application/json`"}}"#);
    assert_snapshot!(service.json("POST", "/users", " ".repeat(3 << 20)).await, @r#"413 {"error":{"code":"too_large","message":"the body is too large"}}"#);
}

#[tokio::test]
async fn a_broken_database_is_not_described() {
    let service = Service::with_rows().await;
    service.database.execute_unprepared("DROP TABLE votes").await.unwrap();
    assert_snapshot!(service.get("/posts").await, @r#"500 {"error":{"code":"internal","message":"something went wrong inside the service"}}"#);
}

#[tokio::test]
async fn a_database_that_is_gone() {
    let service = Service::with_rows().await;
    service.database.close_by_ref().await.unwrap();
    assert_snapshot!(service.get("/posts").await, @r#"503 {"error":{"code":"unavailable","message":"the database cannot be reached"}}"#);
}
