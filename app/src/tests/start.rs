//! The command line, and errors that prevent the service from starting.

use clap::{CommandFactory, Parser};
use insta::assert_snapshot;
use seachange::AheadPolicy;
use seachange::graph::AppliedError;
use serde_json::json;

use super::Service;
use crate::args::{Args, MigrateMode};
use crate::start::StartError;

#[test]
fn the_command_line_is_sound() {
    Args::command().debug_assert();
}

#[test]
fn modes_have_names() {
    let mode = |name| Args::try_parse_from(["app", "--migrate", name]).map(|args| args.migrate);
    assert_eq!(mode("up").unwrap(), MigrateMode::Up);
    assert_eq!(mode("check").unwrap(), MigrateMode::Check);
    assert_eq!(mode("off").unwrap(), MigrateMode::Off);
    assert!(mode("down").is_err());
}

#[test]
fn a_database_that_is_behind() {
    let error = StartError::from(seachange::Error::Behind {
        pending: vec!["1975ea83b712".to_owned(), "ae1027a6acf4".to_owned()],
    });
    assert_snapshot!(error, @"the database is behind this program: `1975ea83b712`, `ae1027a6acf4` pending");
    assert_snapshot!(error.hint().unwrap(), @"apply them with `cargo run -p migration -- up`, or start with `--migrate up`");
}

#[test]
fn a_database_that_is_ahead_is_served_unless_told_otherwise() {
    let ahead = |arguments: &[&str]| Args::try_parse_from(arguments).map(|args| args.ahead);
    assert_eq!(ahead(&["app"]).unwrap(), AheadPolicy::Allow);
    assert_eq!(ahead(&["app", "--ahead", "refuse"]).unwrap(), AheadPolicy::Refuse);
    let error =
        StartError::from(seachange::Error::from(AppliedError::Ahead { unknown: vec!["ae1027a6acf4".to_owned()] }));
    assert_snapshot!(error, @"the database is ahead of this program: `ae1027a6acf4` is applied and unknown here");
    assert_snapshot!(error.hint().unwrap(), @"a newer version migrated the database: start that one, or start with `--ahead allow`");
}

#[tokio::test]
async fn serves_from_the_tables_that_the_revisions_make() {
    let service = Service::empty().await;
    service.migrator().upgrade("heads").await.unwrap();
    service.created("/users", json!({ "email": "ada@example.com", "password": "correct horse" })).await;
    service.created("/posts", json!({ "title": "Notes", "content": "G.", "owner_id": 1 })).await;
    service.created("/posts/1/votes", json!({ "user_id": 1 })).await;
    assert_snapshot!(service.get("/posts").await, @r#"200 {"items":[{"content":"G.","id":1,"owner_id":1,"published":true,"title":"Notes","votes":1}],"limit":20,"offset":0,"total":1}"#);
    assert_snapshot!(service.delete("/users/1").await, @"204");
    assert_snapshot!(service.get("/posts").await, @r#"200 {"items":[],"limit":20,"offset":0,"total":0}"#);
}
