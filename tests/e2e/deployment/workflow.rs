//! `deploy/github-workflow.yaml`: its commands, one after the other.

use std::time::Duration;

use seachange_tests::harness::TestResult;
use seachange_tests::{Program, TestDatabase, workspace};
use url::Url;
use yaml_rust2::Yaml;

use super::documents;
use super::project::image;
use crate::installed_program::with_cargo;

pub(super) fn runs(database: &TestDatabase) -> TestResult {
    let workflow = documents(&workspace().join("deploy/github-workflow.yaml"))?.pop().ok_or("a document")?;
    let job = &workflow["jobs"]["revisions"];
    let server = &job["services"]["postgres"];
    let steps = job["steps"].as_vec().ok_or("steps")?;
    let variables = job["env"].as_hash().ok_or("variables")?;
    for url in variables.values() {
        let url = Url::parse(url.as_str().ok_or("a URL")?)?;
        assert_eq!(url.password(), server["env"]["POSTGRES_PASSWORD"].as_str());
        assert_eq!(server["ports"][0].as_str(), url.port().map(|port| format!("{port}:5432")).as_deref());
    }
    // The project, compiled by the test of the image.
    let built = image()?.root.join("../build/src/shop").canonicalize()?;
    let mut commands: Vec<&str> = steps.iter().filter_map(|step| step["run"].as_str()).collect();
    commands.retain(|command| !command.starts_with("rustup"));
    assert!(commands.len() >= 5, "{commands:?}");
    let mut outputs = String::new();
    for command in commands {
        let program = Program::at("sh").args(["-ec", command]).folder(&built).limit(Duration::from_secs(900));
        let program = variables
            .keys()
            .filter_map(Yaml::as_str)
            .fold(with_cargo(program), |program, name| program.env(name, database.url()));
        outputs += &program.env("CARGO_NET_OFFLINE", "true").run()?.succeeded()?.stdout;
    }
    for expected in ["(base) (head)", "ok      ", "1 passed"] {
        assert!(outputs.contains(expected), "{expected}: {outputs}");
    }
    assert!(database.tables()?.is_empty(), "the database of the settings stays as it was");
    Ok(())
}
