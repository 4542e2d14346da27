//! From variables to settings: precedence, consistency checks, and errors.

use std::io;
use std::path::Path;

use super::error::{SettingsError, UrlProblem};
use super::mask::mask;
use super::secret::Secret;
use super::server::ServerLocation;
use super::sqlite::SqliteLocation;
use super::variables::DatabaseVariables;
use super::{DEFAULT_PATH, DatabaseLocation, DatabaseSettings, Driver, TlsMode, server, server_url, sqlite};

/// The two questions that settings ask the file system, so that everything else is a function of values.
pub(super) trait FileSystem {
    /// Returns the text of a file.
    fn read(&self, path: &Path) -> io::Result<String>;
    /// Returns whether the path is a file, not a folder.
    fn is_file(&self, path: &Path) -> bool;
}

/// The file system of this computer.
pub(super) struct OsFileSystem;

impl FileSystem for OsFileSystem {
    fn read(&self, path: &Path) -> io::Result<String> {
        std::fs::read_to_string(path)
    }

    fn is_file(&self, path: &Path) -> bool {
        path.is_file()
    }
}

pub(super) fn resolve(
    variables: &DatabaseVariables,
    disk: &impl FileSystem,
) -> Result<DatabaseSettings, SettingsError> {
    let variables = variables.cleaned();
    let settings = match &variables.url {
        Some(url) => from_url(url, &variables, disk)?,
        None => from_parts(&variables, disk)?,
    };
    match settings.driver() {
        driver if driver.is_built() => Ok(settings),
        driver => Err(SettingsError::DriverNotBuilt { driver }),
    }
}

fn from_url(
    url: &str,
    variables: &DatabaseVariables,
    disk: &impl FileSystem,
) -> Result<DatabaseSettings, SettingsError> {
    let wrong = |problem| SettingsError::Url { url: mask(url), problem };
    let (scheme, driver, rest) = split_scheme(url).map_err(wrong)?;
    if let Some(named) = named_driver(variables)?
        && named != driver
    {
        return Err(disagrees("DATABASE_DRIVER"));
    }
    if driver == Driver::Sqlite {
        let parsed = sqlite::parse(rest, !scheme.contains('+')).map_err(wrong)?;
        if let Some(other) = &parsed.other_reading {
            refuse_ambiguity(url, &parsed.sqlite, other, disk)?;
        }
        agree_sqlite(&parsed.sqlite, variables)?;
        return Ok(settings(DatabaseLocation::Sqlite(parsed.sqlite), parsed.dropped));
    }
    let rest = rest.strip_prefix("//").ok_or(wrong(UrlProblem::NoScheme))?;
    let (mut server, dropped) = server_url::parse(driver, rest).map_err(wrong)?;
    agree_server(&server, variables)?;
    add_password(&mut server, variables, disk)?;
    add_schema_and_tls(&mut server, variables)?;
    Ok(settings(DatabaseLocation::Server(server), dropped))
}

/// Splits a URL after its first colon. An invalid scheme is not repeated in a message, because it may be the start of
/// a secret.
fn split_scheme(url: &str) -> Result<(&str, Driver, &str), UrlProblem> {
    let (scheme, rest) = url.split_once(':').ok_or(UrlProblem::NoScheme)?;
    if let Some(driver) = Driver::from_name(scheme) {
        return Ok((scheme, driver, rest));
    }
    let is_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    if rest.starts_with("//") && !scheme.is_empty() && scheme.chars().all(is_scheme) {
        return Err(UrlProblem::UnknownScheme(scheme.to_owned()));
    }
    Err(UrlProblem::NoScheme)
}

/// Rejects a path that does not exist if `other`, the path as another library would read the URL, exists: otherwise a
/// second database would be created beside the existing one.
fn refuse_ambiguity(
    url: &str,
    sqlite: &SqliteLocation,
    other: &str,
    disk: &impl FileSystem,
) -> Result<(), SettingsError> {
    match sqlite.path() {
        Some(path) if !disk.is_file(Path::new(path)) && disk.is_file(Path::new(other)) => {
            let (missing, existing) = (path.to_owned(), other.to_owned());
            Err(SettingsError::AmbiguousPath { url: mask(url), missing, existing })
        }
        _ => Ok(()),
    }
}

fn from_parts(variables: &DatabaseVariables, disk: &impl FileSystem) -> Result<DatabaseSettings, SettingsError> {
    let Some(driver) = named_driver(variables)? else {
        let name = variables.name.as_ref().map(|_| "DATABASE_NAME");
        return match variables.server_parts().next().or(name) {
            Some(variable) => Err(SettingsError::MissingDriver { variable }),
            None => Ok(settings(DatabaseLocation::Sqlite(SqliteLocation::named(DEFAULT_PATH)), vec![])),
        };
    };
    if driver == Driver::Sqlite {
        refuse_server_parts(variables)?;
        let name = variables.name.as_deref().unwrap_or(DEFAULT_PATH);
        return Ok(settings(DatabaseLocation::Sqlite(SqliteLocation::named(name)), vec![]));
    }
    let mut server = ServerLocation::new(driver);
    server.host = hostname(variables)?;
    server.port = port(variables)?;
    server.username.clone_from(&variables.username);
    server.name = match &variables.name {
        Some(name) => name.clone(),
        None => return Err(SettingsError::MissingName { driver }),
    };
    add_password(&mut server, variables, disk)?;
    add_schema_and_tls(&mut server, variables)?;
    Ok(settings(DatabaseLocation::Server(server), vec![]))
}

fn agree_sqlite(sqlite: &SqliteLocation, variables: &DatabaseVariables) -> Result<(), SettingsError> {
    refuse_server_parts(variables)?;
    match &variables.name {
        Some(name) if SqliteLocation::named(name).path != sqlite.path => Err(disagrees("DATABASE_NAME")),
        _ => Ok(()),
    }
}

fn agree_server(server: &ServerLocation, variables: &DatabaseVariables) -> Result<(), SettingsError> {
    agree(hostname(variables)?, server.host.as_ref(), "DATABASE_HOSTNAME")?;
    agree(port(variables)?, server.port.as_ref(), "DATABASE_PORT")?;
    let username = variables.username.clone();
    agree(username, server.username.as_ref(), "DATABASE_USERNAME")?;
    agree(variables.name.clone(), Some(&server.name), "DATABASE_NAME")
}

fn agree<T: PartialEq>(part: Option<T>, in_url: Option<&T>, variable: &'static str) -> Result<(), SettingsError> {
    match part {
        Some(part) if Some(&part) != in_url => Err(disagrees(variable)),
        _ => Ok(()),
    }
}

/// Adds the password that is set in addition to the URL, or as one of the parts.
fn add_password(
    server: &mut ServerLocation,
    variables: &DatabaseVariables,
    disk: &impl FileSystem,
) -> Result<(), SettingsError> {
    let (variable, password) = match (&variables.password, &variables.password_file) {
        (Some(_), Some(_)) => {
            return Err(SettingsError::Both { first: "DATABASE_PASSWORD", second: "DATABASE_PASSWORD_FILE" });
        }
        (Some(password), None) => ("DATABASE_PASSWORD", password.clone()),
        (None, Some(path)) => ("DATABASE_PASSWORD_FILE", read_password(path, disk)?),
        (None, None) => return Ok(()),
    };
    let password = Secret::new(password);
    match &server.password {
        Some(in_url) if *in_url != password => Err(disagrees(variable)),
        _ => {
            server.password = Some(password);
            Ok(())
        }
    }
}

fn read_password(path: &str, disk: &impl FileSystem) -> Result<String, SettingsError> {
    let path = Path::new(path);
    let text =
        disk.read(path).map_err(|error| SettingsError::PasswordFile { path: path.to_owned(), kind: error.kind() })?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}

fn add_schema_and_tls(server: &mut ServerLocation, variables: &DatabaseVariables) -> Result<(), SettingsError> {
    if variables.schema.is_some() && server.driver != Driver::Postgres {
        return Err(SettingsError::NotApplicable { variable: "DATABASE_SCHEMA", driver: server.driver });
    }
    add(&mut server.schema, variables.schema.clone(), "DATABASE_SCHEMA")?;
    add(&mut server.tls, tls_mode(variables)?, "DATABASE_TLS_MODE")?;
    let tls_ca = variables.tls_ca_file.clone();
    add(&mut server.tls_ca, tls_ca, "DATABASE_TLS_CA_FILE")
}

fn add<T: PartialEq>(slot: &mut Option<T>, part: Option<T>, variable: &'static str) -> Result<(), SettingsError> {
    match (&slot, part) {
        (Some(in_url), Some(part)) if *in_url != part => Err(disagrees(variable)),
        (_, Some(part)) => {
            *slot = Some(part);
            Ok(())
        }
        (_, None) => Ok(()),
    }
}

fn refuse_server_parts(variables: &DatabaseVariables) -> Result<(), SettingsError> {
    match variables.server_parts().next() {
        Some(variable) => Err(SettingsError::NotApplicable { variable, driver: Driver::Sqlite }),
        None => Ok(()),
    }
}

fn named_driver(variables: &DatabaseVariables) -> Result<Option<Driver>, SettingsError> {
    let unknown = |name: &String| SettingsError::UnknownDriver { name: shown(name) };
    let driver = variables.driver.as_ref();
    driver.map(|name| Driver::from_name(name).ok_or_else(|| unknown(name))).transpose()
}

/// The host and the port, as far as they are set.
pub(super) fn address(variables: &DatabaseVariables) -> Result<(Option<String>, Option<u16>), SettingsError> {
    Ok((hostname(variables)?, port(variables)?))
}

fn hostname(variables: &DatabaseVariables) -> Result<Option<String>, SettingsError> {
    let wrong = |value: &String| match value.contains(',') {
        true => SettingsError::SeveralHosts { value: shown(value) },
        false => SettingsError::Hostname { value: shown(value) },
    };
    let hostname = variables.hostname.as_ref();
    hostname.map(|value| server::host(value).ok_or_else(|| wrong(value))).transpose()
}

fn port(variables: &DatabaseVariables) -> Result<Option<u16>, SettingsError> {
    let wrong = |value: &String| SettingsError::Port { value: shown(value) };
    let port = variables.port.as_ref();
    port.map(|value| server::port(value).ok_or_else(|| wrong(value))).transpose()
}

fn tls_mode(variables: &DatabaseVariables) -> Result<Option<TlsMode>, SettingsError> {
    let wrong = |value: &String| SettingsError::TlsMode { value: shown(value) };
    let mode = variables.tls_mode.as_ref();
    mode.map(|value| TlsMode::from_name(value).ok_or_else(|| wrong(value))).transpose()
}

/// Returns a value for a message, unless it may be a URL in the wrong variable.
fn shown(value: &str) -> String {
    if value.contains('@') { mask(value) } else { value.to_owned() }
}

fn disagrees(variable: &'static str) -> SettingsError {
    SettingsError::Disagrees { variable }
}

fn settings(target: DatabaseLocation, dropped: Vec<String>) -> DatabaseSettings {
    DatabaseSettings { target, dropped, is_for_scratch: false }
}
