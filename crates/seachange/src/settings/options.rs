//! Settings as `sea_orm::ConnectOptions`.
//!
//! **Invariant:** no password is ever part of the URL in these options. SeaORM prints that URL in
//! errors and in spans, so the password goes to the driver through a callback instead.

use std::time::Duration;

use sea_orm::ConnectOptions;

use super::{DatabaseLocation, DatabaseSettings};

/// The time limit for making one connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The name that PostgreSQL shows for the engine's connection in `pg_stat_activity`.
#[cfg(feature = "postgres")]
const APPLICATION_NAME: &str = "seachange";

/// Whether the driver caches prepared statements.
///
/// On SQLite, a cached statement reads columns by their old names after the table has changed; PostgreSQL refuses to
/// run it. On MySQL, the driver reads the columns again each time. It must cache statements there: it closes other
/// statements by a packet that has no answer, and until the server acknowledges that packet, TCP delays the next one
/// by about 40 ms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StatementCache {
    /// As many statements as the driver caches by default.
    Kept,
    /// No statements, on databases where caching is dangerous.
    Fresh,
}

impl DatabaseSettings {
    /// Returns options for an application's own pool: SeaORM's defaults, on this database.
    ///
    /// The URL in them contains no password, but connections made with them use it. Statements are logged at the
    /// level `debug`. Set the size of the pool and other options on the returned value, except
    /// `map_sqlx_postgres_opts` and `map_sqlx_mysql_opts`, which would replace the callback that carries the
    /// password.
    #[must_use]
    pub fn connect_options(&self) -> ConnectOptions {
        let mut options = self.bare_options(StatementCache::Kept);
        // The type of the level is in the crate `log`, which this crate does not use otherwise.
        if let Ok(level) = "debug".parse() {
            options.sqlx_logging_level(level);
        }
        options
    }

    /// Returns options for exactly one connection that stays open, as locks, `PRAGMA`s and `search_path` need it.
    #[must_use]
    pub fn pinned_options(&self) -> ConnectOptions {
        let mut options = self.bare_options(StatementCache::Fresh);
        if let Ok(level) = "debug".parse() {
            options.sqlx_logging_level(level);
        }
        #[cfg(feature = "sqlite")]
        options.map_sqlx_sqlite_opts(|options| options.statement_cache_capacity(0));
        options
            .max_connections(1)
            // The pool makes one connection when it is created. With a minimum of one, it would replace a lost
            // connection, and could not be closed while it tries.
            .min_connections(0)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .record_stmt_in_spans(false)
            .connect_timeout(CONNECT_TIMEOUT);
        #[cfg(feature = "postgres")]
        if !self.has_parameter("application_name") {
            options.set_application_name(APPLICATION_NAME);
        }
        options
    }

    #[cfg(feature = "postgres")]
    fn has_parameter(&self, key: &str) -> bool {
        match &self.target {
            DatabaseLocation::Server(server) => server.parameters.iter().any(|(name, _)| name == key),
            DatabaseLocation::Sqlite(_) => false,
        }
    }

    fn bare_options(&self, prepared: StatementCache) -> ConnectOptions {
        #[cfg(not(feature = "postgres"))]
        let _ = prepared;
        match &self.target {
            #[cfg(feature = "sqlite")]
            DatabaseLocation::Sqlite(sqlite) => ConnectOptions::new(sqlite.url()),
            #[cfg(feature = "postgres")]
            DatabaseLocation::Server(server) if server.driver == super::Driver::Postgres => postgres(server, prepared),
            #[cfg(feature = "mysql")]
            DatabaseLocation::Server(server) if server.driver == super::Driver::MySql => mysql(server),
            // `resolve` rejects a driver that is not built.
            #[cfg(not(all(feature = "sqlite", feature = "postgres", feature = "mysql")))]
            other => ConnectOptions::new(other.to_string()),
            #[cfg(all(feature = "sqlite", feature = "postgres", feature = "mysql"))]
            DatabaseLocation::Server(server) => ConnectOptions::new(server.to_string()),
        }
    }
}

/// Returns the URL for SQLx without the password. Everything is in the query, where SQLx accepts sockets, IPv6
/// addresses and unusual names.
#[cfg(feature = "postgres")]
pub(super) fn postgres_url(server: &super::server::ServerLocation) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let port = server.port.map(|port| port.to_string());
    let tls = server.tls_mode().map(super::TlsMode::postgres);
    let pairs = [
        ("host", server.host.as_deref()),
        ("port", port.as_deref()),
        ("user", server.username.as_deref()),
        ("dbname", Some(&*server.name)),
        ("sslmode", tls),
        ("sslrootcert", server.tls_ca.as_deref()),
    ];
    for (key, value) in pairs {
        query.extend_pairs(value.map(|value| (key, value)));
    }
    query.extend_pairs(&server.parameters);
    format!("postgres:///?{}", query.finish())
}

#[cfg(feature = "postgres")]
fn postgres(server: &super::server::ServerLocation, prepared: StatementCache) -> ConnectOptions {
    let mut options = ConnectOptions::new(postgres_url(server));
    let password = server.password.clone();
    // The schema is the only one in the search path: with `public` after it, a schema that does not exist would be
    // skipped.
    let search_path = server.schema.as_deref().map(quote);
    options.map_sqlx_postgres_opts(move |mut options| {
        if let Some(password) = &password {
            options = options.password(password.reveal());
        }
        if prepared == StatementCache::Fresh {
            options = options.statement_cache_capacity(0);
        }
        match &search_path {
            Some(path) => options.options([("search_path", path)]),
            None => options,
        }
    });
    options
}

#[cfg(feature = "postgres")]
fn quote(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}

/// Returns the URL for SQLx with the values that SQLx reads only from a URL.
#[cfg(feature = "mysql")]
fn mysql_url(server: &super::server::ServerLocation) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let tls = server.tls_mode().map(super::TlsMode::mysql);
    query.extend_pairs(tls.map(|mode| ("ssl-mode", mode)));
    query.extend_pairs(server.tls_ca.as_ref().map(|file| ("ssl-ca", file)));
    query.extend_pairs(&server.parameters);
    format!("mysql://localhost/?{}", query.finish())
}

#[cfg(feature = "mysql")]
fn mysql(server: &super::server::ServerLocation) -> ConnectOptions {
    let mut options = ConnectOptions::new(mysql_url(server));
    let server = server.clone();
    options.map_sqlx_mysql_opts(move |options| mysql_fields(options, &server));
    options
}

/// Sets values that SQLx would read wrongly from a URL: it keeps the brackets of an IPv6 address, and does not decode
/// a host.
#[cfg(feature = "mysql")]
pub(super) fn mysql_fields(
    options: sea_orm::sqlx::mysql::MySqlConnectOptions,
    server: &super::server::ServerLocation,
) -> sea_orm::sqlx::mysql::MySqlConnectOptions {
    let mut options = options.database(&server.name);
    match server.host.as_deref() {
        Some(socket) if socket.starts_with('/') => options = options.socket(socket),
        Some(host) => options = options.host(host),
        None => {}
    }
    if let Some(port) = server.port {
        options = options.port(port);
    }
    if let Some(username) = &server.username {
        options = options.username(username);
    }
    match &server.password {
        Some(password) => options.password(password.reveal()),
        None => options,
    }
}
