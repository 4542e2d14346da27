//! `/posts`.

use insta::assert_snapshot;
use serde_json::json;

use super::Service;

#[tokio::test]
async fn creates_a_post() {
    let service = Service::with_rows().await;
    let draft = json!({ "title": " Draft ", "content": "", "published": false, "owner_id": 2 });
    assert_snapshot!(service.post("/posts", draft).await, @r#"201 -> /posts/2 {"content":"","id":2,"owner_id":2,"published":false,"title":"Draft","votes":0}"#);
}

#[tokio::test]
async fn publishes_by_default() {
    let service = Service::with_rows().await;
    assert_snapshot!(service.get("/posts/1").await, @r#"200 {"content":"G.","id":1,"owner_id":1,"published":true,"title":"Notes","votes":0}"#);
}

#[tokio::test]
async fn counts_votes() {
    let service = Service::with_rows().await;
    service.created("/posts", json!({ "title": "More", "content": "H.", "owner_id": 2 })).await;
    service.created("/posts/1/votes", json!({ "user_id": 1 })).await;
    service.created("/posts/1/votes", json!({ "user_id": 2 })).await;
    assert_snapshot!(service.get("/posts").await, @r#"200 {"items":[{"content":"G.","id":1,"owner_id":1,"published":true,"title":"Notes","votes":2},{"content":"H.","id":2,"owner_id":2,"published":true,"title":"More","votes":0}],"limit":20,"offset":0,"total":2}"#);
    assert_snapshot!(service.get("/posts/1").await, @r#"200 {"content":"G.","id":1,"owner_id":1,"published":true,"title":"Notes","votes":2}"#);
    assert_snapshot!(service.patch("/posts/1", json!({ "title": "Noted" })).await, @r#"200 {"content":"G.","id":1,"owner_id":1,"published":true,"title":"Noted","votes":2}"#);
}

#[tokio::test]
async fn reads_pages() {
    let service = Service::with_rows().await;
    assert_snapshot!(service.get("/posts?limit=100&offset=1").await, @r#"200 {"items":[],"limit":100,"offset":1,"total":1}"#);
    assert_snapshot!(service.get("/posts/2").await, @r#"404 {"error":{"code":"not_found","message":"no post has the id 2"}}"#);
}

#[tokio::test]
async fn updates_what_is_given() {
    let service = Service::with_rows().await;
    let all = json!({ "title": "New", "content": "Text.", "published": false, "owner_id": 2 });
    assert_snapshot!(service.patch("/posts/1", all).await, @r#"200 {"content":"Text.","id":1,"owner_id":2,"published":false,"title":"New","votes":0}"#);
    assert_snapshot!(service.patch("/posts/1", json!({ "published": true })).await, @r#"200 {"content":"Text.","id":1,"owner_id":2,"published":true,"title":"New","votes":0}"#);
    assert_snapshot!(service.patch("/posts/2", json!({})).await, @r#"404 {"error":{"code":"not_found","message":"no post has the id 2"}}"#);
}

#[tokio::test]
async fn an_owner_has_to_exist() {
    let service = Service::with_rows().await;
    let post = json!({ "title": "Lost", "content": "", "owner_id": 99 });
    assert_snapshot!(service.post("/posts", post).await, @r#"422 {"error":{"code":"invalid","message":"`owner_id` names user 99, who does not exist"}}"#);
    assert_snapshot!(service.patch("/posts/1", json!({ "owner_id": 99 })).await, @r#"422 {"error":{"code":"invalid","message":"`owner_id` names user 99, who does not exist"}}"#);
}

#[tokio::test]
async fn refuses_bad_fields() {
    let service = Service::with_rows().await;
    for (title, content, message) in [
        (" ", "", "`title` is empty"),
        (&*"x".repeat(256), "", "`title` may have 255 characters at most"),
        ("a\0b", "", "`title` contains a NUL character"),
        ("a", "\0", "`content` contains a NUL character"),
        ("a", &*"é".repeat(32_768), "`content` may have 65535 bytes at most"),
    ] {
        let answer = service.post("/posts", json!({ "title": title, "content": content, "owner_id": 1 })).await;
        assert_eq!(answer.status, 422, "{message}");
        assert_eq!(answer.body, json!({ "error": { "code": "invalid", "message": message } }));
        let answer = service.patch("/posts/1", json!({ "title": title, "content": content })).await;
        assert_eq!(answer.status, 422, "{message}");
    }
}

#[tokio::test]
async fn deletes_a_post_and_its_votes() {
    let service = Service::with_rows().await;
    service.created("/posts/1/votes", json!({ "user_id": 2 })).await;
    assert_snapshot!(service.delete("/posts/1").await, @"204");
    assert_snapshot!(service.delete("/posts/1").await, @r#"404 {"error":{"code":"not_found","message":"no post has the id 1"}}"#);
    assert_snapshot!(service.get("/posts/1/votes/2").await, @r#"404 {"error":{"code":"not_found","message":"user 2 has not voted for post 1"}}"#);
}
