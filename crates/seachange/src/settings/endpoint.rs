//! The host, port and user that the driver chooses if the settings do not name them.

use super::{DatabaseLocation, DatabaseSettings, ServerLocation};

impl DatabaseSettings {
    /// Returns the host and port that the driver will use, or the path of a socket and its port.
    pub(crate) fn endpoint(&self) -> Option<(String, u16)> {
        match &self.target {
            DatabaseLocation::Sqlite(_) => None,
            DatabaseLocation::Server(server) => server_endpoint(server),
        }
    }

    /// Returns the user name that the driver will use.
    pub(crate) fn effective_username(&self) -> Option<String> {
        match &self.target {
            DatabaseLocation::Sqlite(_) => None,
            DatabaseLocation::Server(server) => server_username(server),
        }
    }
}

#[cfg(feature = "postgres")]
fn postgres_options(server: &ServerLocation) -> Option<sea_orm::sqlx::postgres::PgConnectOptions> {
    let is_postgres = server.driver == super::Driver::Postgres;
    let url = is_postgres.then(|| super::options::postgres_url(server))?;
    url.parse().ok()
}

#[cfg(feature = "mysql")]
fn mysql_options(server: &ServerLocation) -> Option<sea_orm::sqlx::mysql::MySqlConnectOptions> {
    let is_mysql = server.driver == super::Driver::MySql;
    is_mysql.then(|| super::options::mysql_fields(Default::default(), server))
}

fn server_endpoint(server: &ServerLocation) -> Option<(String, u16)> {
    #[cfg(feature = "postgres")]
    if let Some(options) = postgres_options(server) {
        let port = options.get_port();
        let folder = match options.get_socket() {
            Some(folder) => folder.to_string_lossy().into_owned(),
            None => options.get_host().to_owned(),
        };
        if folder.starts_with('/') {
            let folder = folder.trim_end_matches('/');
            return Some((format!("{folder}/.s.PGSQL.{port}"), port));
        }
        return Some((folder, port));
    }
    #[cfg(feature = "mysql")]
    if let Some(options) = mysql_options(server) {
        let host = match options.get_socket() {
            Some(socket) => socket.to_string_lossy().into_owned(),
            None => options.get_host().to_owned(),
        };
        return Some((host, options.get_port()));
    }
    Some((server.host.clone()?, server.port?))
}

fn server_username(server: &ServerLocation) -> Option<String> {
    #[cfg(feature = "postgres")]
    if let Some(options) = postgres_options(server) {
        return Some(options.get_username().to_owned());
    }
    #[cfg(feature = "mysql")]
    if let Some(options) = mysql_options(server) {
        return Some(options.get_username().to_owned());
    }
    server.username.clone()
}
