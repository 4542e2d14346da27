//! `/users`.

use argon2::Argon2;
use argon2::password_hash::{PasswordVerifier, phc::PasswordHash};
use entity::users;
use insta::assert_snapshot;
use sea_orm::EntityTrait;
use serde_json::json;

use super::Service;

async fn hash_of(service: &Service, id: i32) -> String {
    users::Entity::find_by_id(id).one(&service.database).await.unwrap().unwrap().password_hash
}

fn verifies(password: &str, hash: &str) -> bool {
    Argon2::default().verify_password(password.as_bytes(), &PasswordHash::new(hash).unwrap()).is_ok()
}

#[tokio::test]
async fn creates_a_user() {
    let service = Service::with_tables().await;
    let answer = service.post("/users", json!({ "email": " Ada@Example.com", "password": "correct horse" })).await;
    assert_snapshot!(answer, @r#"201 -> /users/1 {"email":"ada@example.com","id":1}"#);
    let created_at = answer.body["created_at"].as_str().unwrap();
    let created_at: sea_orm::prelude::DateTimeUtc = created_at.parse().unwrap();
    assert!(created_at > "2026-01-01T00:00:00Z".parse::<sea_orm::prelude::DateTimeUtc>().unwrap());
}

#[tokio::test]
async fn stores_a_hash() {
    let service = Service::with_rows().await;
    let hash = hash_of(&service, 1).await;
    assert!(hash.starts_with("$argon2id$"));
    assert!(verifies("correct horse", &hash));
    assert_ne!(hash, hash_of(&service, 2).await, "each has a salt of its own");
}

#[tokio::test]
async fn reads_a_user() {
    let service = Service::with_rows().await;
    assert_snapshot!(service.get("/users/2").await, @r#"200 {"email":"grace@example.com","id":2}"#);
    assert_snapshot!(service.get("/users/3").await, @r#"404 {"error":{"code":"not_found","message":"no user has the id 3"}}"#);
}

#[tokio::test]
async fn lists_users_in_pages() {
    let service = Service::with_rows().await;
    assert_snapshot!(service.get("/users").await, @r#"200 {"items":[{"email":"ada@example.com","id":1},{"email":"grace@example.com","id":2}],"limit":20,"offset":0,"total":2}"#);
    assert_snapshot!(service.get("/users?limit=1&offset=1").await, @r#"200 {"items":[{"email":"grace@example.com","id":2}],"limit":1,"offset":1,"total":2}"#);
    assert_snapshot!(service.get("/users?offset=4294967295").await, @r#"200 {"items":[],"limit":20,"offset":4294967295,"total":2}"#);
}

#[tokio::test]
async fn updates_what_is_given() {
    let service = Service::with_rows().await;
    assert_snapshot!(service.patch("/users/1", json!({ "email": "lovelace@example.com" })).await, @r#"200 {"email":"lovelace@example.com","id":1}"#);
    assert!(verifies("correct horse", &hash_of(&service, 1).await));

    assert_snapshot!(service.patch("/users/1", json!({ "password": "battery staple" })).await, @r#"200 {"email":"lovelace@example.com","id":1}"#);
    assert!(verifies("battery staple", &hash_of(&service, 1).await));

    assert_snapshot!(service.patch("/users/1", json!({})).await, @r#"200 {"email":"lovelace@example.com","id":1}"#);
    assert_snapshot!(service.patch("/users/3", json!({})).await, @r#"404 {"error":{"code":"not_found","message":"no user has the id 3"}}"#);
}

#[tokio::test]
async fn an_email_address_is_taken_once() {
    let service = Service::with_rows().await;
    let ada = json!({ "email": "ADA@example.com", "password": "correct horse" });
    assert_snapshot!(service.post("/users", ada).await, @r#"409 {"error":{"code":"conflict","message":"the email address is taken"}}"#);
    assert_snapshot!(service.patch("/users/2", json!({ "email": "ada@example.com" })).await, @r#"409 {"error":{"code":"conflict","message":"the email address is taken"}}"#);
}

#[tokio::test]
async fn refuses_bad_fields() {
    let service = Service::with_tables().await;
    for (email, password, message) in [
        ("", "correct horse", "`email` is empty"),
        ("ada", "correct horse", "`email` is not an email address"),
        ("@example.com", "correct horse", "`email` is not an email address"),
        ("ada@", "correct horse", "`email` is not an email address"),
        ("a@b@c", "correct horse", "`email` is not an email address"),
        ("a b@c", "correct horse", "`email` is not an email address"),
        (&format!("{}@c", "a".repeat(254)), "correct horse", "`email` may have 255 characters at most"),
        ("a\0@c", "correct horse", "`email` contains a NUL character"),
        ("ada@example.com", "seven77", "`password` has to have 8 characters at least"),
        ("ada@example.com", &"x".repeat(1025), "`password` may have 1024 bytes at most"),
    ] {
        let answer = service.post("/users", json!({ "email": email, "password": password })).await;
        assert_eq!(answer.status, 422, "{message}");
        assert_eq!(answer.body, json!({ "error": { "code": "invalid", "message": message } }));
    }
}

#[tokio::test]
async fn deletes_a_user_and_what_is_theirs() {
    let service = Service::with_rows().await;
    service.created("/posts/1/votes", json!({ "user_id": 2 })).await;
    assert_snapshot!(service.delete("/users/1").await, @"204");
    assert_snapshot!(service.delete("/users/1").await, @r#"404 {"error":{"code":"not_found","message":"no user has the id 1"}}"#);
    assert_snapshot!(service.get("/posts").await, @r#"200 {"items":[],"limit":20,"offset":0,"total":0}"#);
}
