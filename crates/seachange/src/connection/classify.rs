//! Converts an error of the driver into a [`ConnectError`]: by SQLSTATE and error numbers, not by messages, which
//! servers translate.

use std::io::ErrorKind;
use std::path::PathBuf;

use sea_orm::sqlx::Error as SqlxError;
use sea_orm::sqlx::error::DatabaseError;
use sea_orm::{ConnAcquireErr, DbErr};

use super::{ConnectError, Endpoint};
use crate::database_error::sqlx_error;
use crate::settings::{DatabaseLocation, DatabaseSettings, reason};

/// What an error code of a server says about the settings.
enum ServerErrorClass {
    User,
    #[cfg_attr(not(feature = "mysql"), expect(dead_code, reason = "MySQL alone says so in a way that is known"))]
    Unencrypted,
    UnknownDatabase,
    Database,
    Busy,
}

impl ConnectError {
    /// Says what an error of the driver means for the database of `settings`.
    ///
    /// Also useful for later errors: for instance, only a statement shows that a SQLite file is read-only. An error
    /// that is not one of the connection is [`ConnectError::Other`].
    #[must_use]
    pub fn classify(settings: &DatabaseSettings, error: &DbErr) -> Self {
        classify(settings, error)
    }

    /// The error for a server that has not answered in time.
    pub(super) fn timed_out(settings: &DatabaseSettings) -> Self {
        match Endpoint::of(settings) {
            Some(endpoint) => Self::TimedOut { endpoint },
            None => Self::Other { database: settings.to_string(), reason: "it does not answer".to_owned() },
        }
    }
}

fn classify(settings: &DatabaseSettings, error: &DbErr) -> ConnectError {
    let classified = match settings.target() {
        DatabaseLocation::Sqlite(sqlite) => sqlite.path().and_then(|path| classify_file(path.into(), error)),
        DatabaseLocation::Server(_) => Endpoint::of(settings).and_then(|at| classify_server(settings, at, error)),
    };
    classified.unwrap_or_else(|| ConnectError::Other {
        database: settings.to_string(),
        reason: sqlx_error(error).map_or_else(|| error.to_string(), ToString::to_string),
    })
}

fn classify_file(path: PathBuf, error: &DbErr) -> Option<ConnectError> {
    let SqlxError::Database(error) = sqlx_error(error)? else {
        return None;
    };
    let extended: i32 = error.code()?.parse().ok()?;
    // The lowest byte is the primary result code: https://www.sqlite.org/rescode.html
    match extended & 0xff {
        5 | 6 => Some(ConnectError::Locked { path }),
        8 => Some(ConnectError::ReadOnly { path }),
        26 => Some(ConnectError::NotADatabase { path }),
        _ => None,
    }
}

fn classify_server(settings: &DatabaseSettings, endpoint: Endpoint, error: &DbErr) -> Option<ConnectError> {
    if matches!(error, DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)) {
        return Some(ConnectError::TimedOut { endpoint });
    }
    match sqlx_error(error)? {
        SqlxError::PoolTimedOut => Some(ConnectError::TimedOut { endpoint }),
        // A problem with a certificate is reported as invalid data of the stream.
        SqlxError::Io(error) if error.kind() == ErrorKind::InvalidData => {
            Some(ConnectError::Tls { endpoint, reason: reason(error) })
        }
        SqlxError::Io(error) => Some(ConnectError::Unreachable { endpoint, reason: reason(error) }),
        SqlxError::Tls(error) => Some(ConnectError::Tls { endpoint, reason: error.to_string() }),
        SqlxError::Configuration(error) if error.to_string().starts_with("RSA auth backend disabled") => {
            let reason =
                "without encryption, the server does not take this user's password yet (`caching_sha2_password`)";
            Some(ConnectError::Tls { endpoint, reason: reason.to_owned() })
        }
        SqlxError::Protocol(reason) => Some(ConnectError::Protocol {
            endpoint,
            driver: settings.driver(),
            reason: without_location(reason).to_owned(),
        }),
        SqlxError::Database(error) => refused(settings, endpoint, &**error),
        _ => None,
    }
}

/// Removes the location in SQLx's own source where it detected a breach of the protocol.
fn without_location(reason: &str) -> &str {
    reason.split(" (sqlx_").next().unwrap_or(reason)
}

fn refused(settings: &DatabaseSettings, endpoint: Endpoint, error: &dyn DatabaseError) -> Option<ConnectError> {
    let DatabaseLocation::Server(server) = settings.target() else {
        return None;
    };
    let username = settings.effective_username().unwrap_or_default();
    let name = server.name().to_owned();
    Some(match refusal(error)? {
        ServerErrorClass::User => ConnectError::AccessDenied { endpoint, username, reason: error.message().to_owned() },
        ServerErrorClass::Unencrypted => ConnectError::Tls { endpoint, reason: error.message().to_owned() },
        ServerErrorClass::UnknownDatabase => ConnectError::UnknownDatabase { endpoint, name },
        ServerErrorClass::Database => ConnectError::DatabaseDenied { endpoint, username, name },
        ServerErrorClass::Busy => ConnectError::Busy { endpoint, reason: error.message().to_owned() },
    })
}

fn refusal(error: &dyn DatabaseError) -> Option<ServerErrorClass> {
    #[cfg(feature = "mysql")]
    if let Some(error) = error.try_downcast_ref::<sea_orm::SqlxMySqlError>() {
        // https://mariadb.com/kb/en/mariadb-error-codes/
        // https://dev.mysql.com/doc/mysql-errors/en/server-error-reference.html
        return match error.number() {
            1045 | 1130 | 1251 | 1698 | 1862 | 3118 | 3955 | 4151 => Some(ServerErrorClass::User),
            1044 => Some(ServerErrorClass::Database),
            1049 => Some(ServerErrorClass::UnknownDatabase),
            1040 | 1053 | 1203 | 1226 | 3032 => Some(ServerErrorClass::Busy),
            3159 => Some(ServerErrorClass::Unencrypted),
            _ => None,
        };
    }
    // https://www.postgresql.org/docs/current/errcodes-appendix.html
    match &*error.code()? {
        "28000" | "28P01" => Some(ServerErrorClass::User),
        "3D000" => Some(ServerErrorClass::UnknownDatabase),
        "42501" => Some(ServerErrorClass::Database),
        "53300" | "57P03" => Some(ServerErrorClass::Busy),
        _ => None,
    }
}
