//! `compose.yaml`, in the order that its services depend on each other.

use std::collections::BTreeMap;
use std::error::Error;

use seachange_tests::harness::TestResult;
use seachange_tests::{Backend, TestDatabase};
use url::Url;
use yaml_rust2::Yaml;

use super::project::{image, new_project};
use super::{documents, serves, texts};

pub(super) fn starts(database: &TestDatabase) -> TestResult {
    let databases: &[&str] = match database.backend() {
        Backend::Sqlite => &["sqlite"],
        Backend::Postgres => &["sqlite", "postgres", "mysql"],
        _ => &["sqlite", "mysql"],
    };
    let place = new_project(databases)?;
    let file = documents(&place.path().join("shop/compose.yaml"))?.pop().ok_or("a document")?;
    let (services, volumes) = (&file["services"], &file["volumes"]);
    let (migration, app) = (&services["migration"], &services["app"]);
    for service in [migration, app] {
        assert_eq!(service["build"]["context"].as_str(), Some("."));
        assert!(
            service["build"]["additional_contexts"]["seachange"].as_str().is_some_and(|path| path.starts_with('/'))
        );
    }
    assert_eq!(app["depends_on"]["migration"]["condition"].as_str(), Some("service_completed_successfully"));
    for mount in services.as_hash().ok_or("services")?.values().flat_map(|service| texts(&service["volumes"])) {
        let volume = mount.split(':').next().unwrap_or_default();
        assert!(
            !volumes
                .as_hash()
                .ok_or("volumes")?
                .get(&Yaml::String(volume.to_owned()))
                .unwrap_or(&Yaml::BadValue)
                .is_badvalue()
        );
    }
    let settings = environment(&migration["environment"], database)?;
    if database.backend() != Backend::Sqlite {
        check_server(&services["database"], &environment(&migration["environment"], database)?)?;
        assert_eq!(migration["depends_on"]["database"]["condition"].as_str(), Some("service_healthy"));
    }

    // The service of the database is the server of the test.
    let settings = replaced(settings, database)?;
    let program = |command: &[String]| -> Result<_, Box<dyn Error>> {
        let program = image()?.program(command)?;
        Ok(settings.iter().fold(program, |program, (name, value)| program.env(name, value)))
    };
    let applied = program(&texts(&migration["command"]))?.run()?.succeeded()?;
    assert!(applied.stderr.contains("applied 1 revision"), "{applied}");
    assert!(app["command"].is_badvalue(), "the service is what the image starts");
    let port =
        image()?.environment.get("APP_ADDRESS").and_then(|address| address.rsplit(':').next().map(str::to_owned));
    assert_eq!(port.as_ref(), Some(&image()?.port));
    assert!(
        texts(&app["ports"])
            .iter()
            .all(|mapped| mapped.ends_with(&format!(":{}", image().map_or("", |image| &image.port))))
    );
    assert!(image()?.user.split(':').all(|id| id.parse::<u32>().is_ok_and(|id| id != 0)), "not root's");
    serves(program(&image()?.command)?)
}

/// The variables of a service, with the defaults of variables that are not set.
fn environment(node: &Yaml, database: &TestDatabase) -> Result<BTreeMap<String, String>, Box<dyn Error>> {
    let pairs = node.as_hash().ok_or_else(|| format!("an environment on {}", database.backend().name()))?;
    let text = |node: &Yaml| node.as_str().map(interpolated).ok_or("a text");
    Ok(pairs.iter().map(|(name, value)| Ok((text(name)?, text(value)?))).collect::<Result<_, &str>>()?)
}

/// `${NAME:-default}` as Compose reads it, where no variable is set.
fn interpolated(text: &str) -> String {
    match text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')?.split_once(":-")) {
        Some((_, default)) => default.to_owned(),
        None => text.to_owned(),
    }
}

/// The server has the user, the password and the database that the other services name.
fn check_server(server: &Yaml, settings: &BTreeMap<String, String>) -> TestResult {
    assert!(!server["healthcheck"]["test"].is_badvalue());
    let own = server["environment"].as_hash().ok_or("the server's environment")?;
    for (suffixes, setting) in
        [(["_USER", "_USER"], "USERNAME"), (["_PASSWORD", "_PASSWORD"], "PASSWORD"), (["_DB", "_DATABASE"], "NAME")]
    {
        let value = own.iter().find(|(name, _)| {
            name.as_str()
                .is_some_and(|name| suffixes.iter().any(|suffix| name.ends_with(suffix)) && !name.contains("ROOT"))
        });
        let value = value.and_then(|(_, value)| value.as_str()).map(interpolated);
        assert_eq!(value.as_ref(), settings.get(&format!("DATABASE_{setting}")), "{setting}");
    }
    assert_eq!(settings.get("DATABASE_HOSTNAME").map(String::as_str), Some("database"));
    Ok(())
}

/// The settings with the address of the test's server in place of the service's.
fn replaced(
    mut settings: BTreeMap<String, String>,
    database: &TestDatabase,
) -> Result<BTreeMap<String, String>, Box<dyn Error>> {
    if database.backend() == Backend::Sqlite {
        // The folder `data` is in the image.
        let file = image()?.folder().join("data/app.db");
        assert!(file.parent().is_some_and(|folder| folder.is_dir()) && !file.exists());
        return Ok(settings);
    }
    let url = Url::parse(&database.url())?;
    let decoded = |text: &str| {
        url::form_urlencoded::parse(format!("a={}", text.replace('+', "%2B")).as_bytes())
            .next()
            .map(|(_, text)| text.into_owned())
            .unwrap_or_default()
    };
    let address = [
        ("HOSTNAME", url.host_str().unwrap_or_default().to_owned()),
        ("PORT", url.port().ok_or("a port")?.to_string()),
        ("USERNAME", decoded(url.username())),
        ("PASSWORD", decoded(url.password().unwrap_or_default())),
        ("NAME", database.name().to_owned()),
    ];
    for (name, value) in address {
        let former = settings.insert(format!("DATABASE_{name}"), value);
        assert!(former.is_some() || name == "PORT", "the file does not set `DATABASE_{name}`");
    }
    Ok(settings)
}
