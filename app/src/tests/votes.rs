//! `/posts/{id}/votes`.

use insta::assert_snapshot;
use serde_json::json;

use super::Service;

#[tokio::test]
async fn votes() {
    let service = Service::with_rows().await;
    assert_snapshot!(service.post("/posts/1/votes", json!({ "user_id": 2 })).await, @r#"201 -> /posts/1/votes/2 {"post_id":1,"user_id":2}"#);
    assert_snapshot!(service.get("/posts/1/votes/2").await, @r#"200 {"post_id":1,"user_id":2}"#);
}

#[tokio::test]
async fn lists_votes_in_pages() {
    let service = Service::with_rows().await;
    service.created("/posts/1/votes", json!({ "user_id": 2 })).await;
    service.created("/posts/1/votes", json!({ "user_id": 1 })).await;
    assert_snapshot!(service.get("/posts/1/votes").await, @r#"200 {"items":[{"post_id":1,"user_id":1},{"post_id":1,"user_id":2}],"limit":20,"offset":0,"total":2}"#);
    assert_snapshot!(service.get("/posts/1/votes?limit=1").await, @r#"200 {"items":[{"post_id":1,"user_id":1}],"limit":1,"offset":0,"total":2}"#);
    assert_snapshot!(service.get("/posts/2/votes").await, @r#"404 {"error":{"code":"not_found","message":"no post has the id 2"}}"#);
}

#[tokio::test]
async fn one_vote_a_person() {
    let service = Service::with_rows().await;
    service.created("/posts/1/votes", json!({ "user_id": 1 })).await;
    assert_snapshot!(service.post("/posts/1/votes", json!({ "user_id": 1 })).await, @r#"409 {"error":{"code":"conflict","message":"user 1 has already voted for post 1"}}"#);
}

#[tokio::test]
async fn the_post_and_the_voter_have_to_exist() {
    let service = Service::with_rows().await;
    assert_snapshot!(service.post("/posts/9/votes", json!({ "user_id": 1 })).await, @r#"404 {"error":{"code":"not_found","message":"no post has the id 9"}}"#);
    assert_snapshot!(service.post("/posts/1/votes", json!({ "user_id": 9 })).await, @r#"422 {"error":{"code":"invalid","message":"`user_id` names user 9, who does not exist"}}"#);
}

#[tokio::test]
async fn takes_a_vote_back() {
    let service = Service::with_rows().await;
    service.created("/posts/1/votes", json!({ "user_id": 1 })).await;
    assert_snapshot!(service.delete("/posts/1/votes/1").await, @"204");
    assert_snapshot!(service.delete("/posts/1/votes/1").await, @r#"404 {"error":{"code":"not_found","message":"user 1 has not voted for post 1"}}"#);
    assert_snapshot!(service.get("/posts/1/votes/1").await, @r#"404 {"error":{"code":"not_found","message":"user 1 has not voted for post 1"}}"#);
    assert_snapshot!(service.get("/posts/1").await, @r#"200 {"content":"G.","id":1,"owner_id":1,"published":true,"title":"Notes","votes":0}"#);
}
