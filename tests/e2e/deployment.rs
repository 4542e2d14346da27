//! The files for deployments: those that `init` writes, and those of the folder `deploy`. No container engine is needed:
//! the commands in these files run in folders and on the servers of the tests.

mod compose;
mod dockerfile;
mod kubernetes;
mod project;
mod workflow;

use std::error::Error;
use std::path::Path;

use seachange_tests::harness::{Case, TestResult};
use seachange_tests::{Backend, Program, Running, TestDatabase};
use yaml_rust2::{Yaml, YamlLoader};

pub(crate) fn trials() -> Vec<Case> {
    let on_each = [Backend::Sqlite, Backend::Postgres, Backend::MariaDb];
    let compose = on_each.map(|backend| Case::on(backend, "deployment::compose", compose::starts));
    let on_postgres = [
        ("deployment::kubernetes", kubernetes::starts as fn(&TestDatabase) -> TestResult),
        ("deployment::workflow", workflow::runs),
    ];
    let on_postgres = on_postgres.map(|(name, test)| Case::on(Backend::Postgres, name, test));
    compose.into_iter().chain(on_postgres).collect()
}

/// The documents of a file in YAML.
fn documents(file: &Path) -> Result<Vec<Yaml>, Box<dyn Error>> {
    let text = std::fs::read_to_string(file)?;
    Ok(YamlLoader::load_from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?)
}

/// The texts in a list.
fn texts(list: &Yaml) -> Vec<String> {
    list.as_vec().into_iter().flatten().filter_map(Yaml::as_str).map(str::to_owned).collect()
}

/// Starts the service of the new project, writes a post, and stops the service with the signal of the image.
fn serves(program: Program) -> TestResult {
    let mut service: Running = program.env("APP_ADDRESS", "127.0.0.1:0").start()?;
    let line = service.wait_for_line("listening on http://")?;
    let url = format!("{}/posts", line.trim_start_matches("listening on "));
    let new = ureq::post(&url).header("content-type", "application/json").send(r#"{"title": "first"}"#)?;
    assert_eq!(new.status(), 201);
    assert!(ureq::get(&url).call()?.body_mut().read_to_string()?.contains("first"));
    assert_eq!(project::image()?.stop_signal, "SIGINT");
    service.interrupt()?;
    service.finish()?.succeeded()?;
    Ok(())
}
