//! The service on each database: how it treats the schema when it starts, and what it serves then.

use seachange_tests::{
    App, Output, Program, TestDatabase,
    harness::{Case, TestResult, each_backend},
    snapshot,
};
use serde_json::{Value, json};

pub(crate) fn trials() -> Vec<Case> {
    let mut cases = each_backend("app::empty_database_is_migrated_and_served", empty_database_is_migrated_and_served);
    cases.extend(each_backend("app::check_refuses_an_empty_database", check_refuses_an_empty_database));
    cases.extend(each_backend("app::off_starts_and_is_not_ready", off_starts_and_is_not_ready));
    cases
}

/// The status and the body that the service answers with.
type Answer = Result<(u16, Value), Box<dyn std::error::Error>>;

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).build().into()
}

fn get(app: &App, path: &str) -> Answer {
    let mut response = agent().get(format!("{}{path}", app.base_url())).call()?;
    Ok((response.status().as_u16(), response.body_mut().read_json()?))
}

fn post(app: &App, path: &str, body: &Value) -> Answer {
    let mut response = agent().post(format!("{}{path}", app.base_url())).send_json(body)?;
    Ok((response.status().as_u16(), response.body_mut().read_json()?))
}

/// SIGTERM causes a graceful shutdown.
fn stop(app: App) -> Result<Output, Box<dyn std::error::Error>> {
    let output = app.stop()?;
    assert_eq!(output.code, Some(0), "{output}");
    Ok(output)
}

fn empty_database_is_migrated_and_served(database: &TestDatabase) -> TestResult {
    let app = App::start(database, &[])?;
    assert_eq!(get(&app, "/health/ready")?.0, 200);

    let (status, user) = post(&app, "/users", &json!({"email": "ada@example.org", "password": "long enough"}))?;
    assert_eq!(status, 201, "{user}");
    let new = json!({"title": "Größe", "content": "Ein Wort 🦀", "owner_id": user["id"]});
    let (status, created) = post(&app, "/posts", &new)?;
    assert_eq!(status, 201, "{created}");
    let path = format!("/posts/{}", created["id"]);
    let (status, vote) = post(&app, &format!("{path}/votes"), &json!({"user_id": user["id"]}))?;
    assert_eq!(status, 201, "{vote}");
    is_served(&get(&app, &path)?);
    let output = stop(app)?;
    assert!(!output.to_string().contains("long enough"), "{output}");

    // A second start finds the database unchanged.
    let app = App::start(database, &["--migrate", "check"])?;
    is_served(&get(&app, &path)?);
    stop(app)?;
    Ok(())
}

fn is_served((status, post): &(u16, Value)) {
    assert_eq!((*status, &post["title"], &post["content"]), (200, &json!("Größe"), &json!("Ein Wort 🦀")));
    assert_eq!((&post["published"], &post["votes"]), (&json!(true), &json!(1)));
}

fn check_refuses_an_empty_database(database: &TestDatabase) -> TestResult {
    let output = Program::named("app").database(database).args(["--migrate", "check", "--port", "0"]).run()?;
    snapshot::settings(database).bind(|| insta::assert_snapshot!("app_check", output));
    assert!(!database.file().exists());
    assert!(database.tables()?.is_empty());
    Ok(())
}

fn off_starts_and_is_not_ready(database: &TestDatabase) -> TestResult {
    let app = App::start(database, &["--migrate", "off"])?;
    assert_eq!(get(&app, "/health/live")?.0, 200);
    let (status, body) = get(&app, "/health/ready")?;
    assert_eq!(status, 503, "{body}");
    assert!(database.tables()?.is_empty());

    // The service becomes ready by itself after another process has migrated.
    Program::migration().database(database).arg("up").run()?.succeeded()?;
    assert_eq!(get(&app, "/health/ready")?.0, 200);
    stop(app)?;
    Ok(())
}
