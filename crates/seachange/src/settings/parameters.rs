//! The query of a database URL: the accepted parameters, their other names, and the parameters that are dropped.
//!
//! Parameters that only another library understands (`connect_timeout`, `pgbouncer`, `driver` ...) are dropped, and
//! listed in [`super::DatabaseSettings::dropped_parameters`]. Other libraries' parameters that say where or how to
//! connect (`unix_socket`, `ssl_ca`, Prisma's `schema`) are used.

use url::form_urlencoded;

use super::error::UrlProblem;
use super::search_path;
use super::secret::Secret;
use super::server::{self, ServerLocation};
use super::sqlite::{SqliteLocation, SqliteMode};
use super::{Driver, TlsMode};

/// Reads a server's query into `server`. Returns the names of the dropped parameters.
pub(super) fn read_server(server: &mut ServerLocation, query: &str) -> Result<Vec<String>, UrlProblem> {
    let read_one = match server.driver {
        Driver::Postgres => read_postgres,
        Driver::MySql | Driver::Sqlite => read_mysql,
    };
    let mut dropped = Vec::new();
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        let known = value.is_empty() || read_one(server, &key, &value)?;
        if !known {
            dropped.push(key.into_owned());
        }
    }
    Ok(dropped)
}

fn read_postgres(server: &mut ServerLocation, key: &str, value: &str) -> Result<bool, UrlProblem> {
    match key {
        "host" | "hostaddr" => server.host = Some(server::url_host(value)?),
        "port" => server.port = Some(server::port(value).ok_or(UrlProblem::Port)?),
        "user" => server.username = Some(value.to_owned()),
        "password" => server.password = Some(Secret::new(value)),
        "dbname" => server.name = value.to_owned(),
        "schema" | "currentSchema" => set_schema(server, key, value)?,
        "search_path" => read_search_path(server, key, value)?,
        "options" => read_options(server, key, value)?,
        "application_name" => keep(server, key, value),
        "options[search_path]" => read_search_path(server, key, value)?,
        _ if key.starts_with("options[") && key.ends_with(']') => keep(server, key, value),
        "ssl-root-cert" => server.tls_ca = Some(value.to_owned()),
        _ => return read_common(server, key, value),
    }
    Ok(true)
}

/// A search path with one schema sets the schema. A longer one is passed to the server unchanged.
fn read_search_path(server: &mut ServerLocation, key: &str, value: &str) -> Result<(), UrlProblem> {
    match search_path::only_schema(value) {
        Some(schema) => set_schema(server, key, &schema),
        None => {
            keep(server, "options[search_path]", value);
            Ok(())
        }
    }
}

/// Reads server options in the syntax of `psql`: a search path among them is used, the others are passed to the
/// server.
fn read_options(server: &mut ServerLocation, key: &str, value: &str) -> Result<(), UrlProblem> {
    let (path, others) = search_path::split_options(value);
    if let Some(path) = path {
        read_search_path(server, key, &path)?;
    }
    if !others.is_empty() {
        keep(server, key, &others);
    }
    Ok(())
}

/// Sets the schema, unless another parameter names a different one.
fn set_schema(server: &mut ServerLocation, key: &str, schema: &str) -> Result<(), UrlProblem> {
    match &server.schema {
        Some(known) if known != schema => Err(bad(key)),
        _ => {
            server.schema = Some(schema.to_owned());
            Ok(())
        }
    }
}

fn read_mysql(server: &mut ServerLocation, key: &str, value: &str) -> Result<bool, UrlProblem> {
    match key {
        "socket" | "unix_socket" => {
            let socket = Some(value).filter(|path| path.starts_with('/'));
            server.host = Some(socket.ok_or_else(|| bad(key))?.to_owned());
        }
        // SQLx inserts these into a statement unchanged.
        "charset" | "collation" => keep(server, key, word(key, value)?),
        "timezone" | "time-zone" => keep(server, "timezone", word(key, value)?),
        _ => return read_common(server, key, value),
    }
    Ok(true)
}

fn read_common(server: &mut ServerLocation, key: &str, value: &str) -> Result<bool, UrlProblem> {
    match key {
        "sslmode" | "ssl-mode" | "ssl_mode" | "ssl" => {
            server.tls = Some(TlsMode::from_name(value).ok_or_else(|| bad(key))?);
        }
        "sslrootcert" | "sslca" | "ssl-ca" | "ssl_ca" => server.tls_ca = Some(value.to_owned()),
        "sslcert" | "ssl-cert" | "ssl_cert" => keep(server, "sslcert", value),
        "sslkey" | "ssl-key" | "ssl_key" => keep(server, "sslkey", value),
        "statement-cache-capacity" => {
            let _: usize = value.parse().map_err(|_| bad(key))?;
            keep(server, key, value);
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// Reads a SQLite query into `sqlite`. Returns the names of the dropped parameters.
pub(super) fn read_sqlite(sqlite: &mut SqliteLocation, query: &str) -> Result<Vec<String>, UrlProblem> {
    let mut dropped = Vec::new();
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        match (&*key, &*value) {
            ("mode", "ro") => sqlite.mode = SqliteMode::ReadOnly,
            ("mode", "rw") => sqlite.mode = SqliteMode::ReadWrite,
            ("mode", "rwc") => sqlite.mode = SqliteMode::Create,
            ("mode", "memory") => sqlite.path = None,
            ("cache", "private" | "shared") | ("immutable", "true" | "1" | "false" | "0") | ("vfs", _) => {
                sqlite.parameters.push((key.into_owned(), value.into_owned()))
            }
            ("mode" | "cache" | "immutable", _) => return Err(bad(&key)),
            _ => dropped.push(key.into_owned()),
        }
    }
    Ok(dropped)
}

fn keep(server: &mut ServerLocation, key: &str, value: &str) {
    server.parameters.push((key.to_owned(), value.to_owned()));
}

fn word<'a>(key: &str, value: &'a str) -> Result<&'a str, UrlProblem> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "_-+:/".contains(c);
    if value.chars().all(is_word) { Ok(value) } else { Err(bad(key)) }
}

fn bad(key: &str) -> UrlProblem {
    UrlProblem::Parameter(key.to_owned())
}
