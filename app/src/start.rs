//! From settings to a service that takes requests.

use std::io::ErrorKind;
use std::time::Duration;

use sea_orm::DatabaseConnection;
use seachange::DatabaseSettings;
use seachange::args::{DatabaseArgs, Misspelled, misspelled};
use seachange::connection::{self, ConnectError};
use seachange::graph::AppliedError;
use seachange::settings::{DEFAULT_PATH, SettingsError};
use tracing::{info, warn};

use crate::args::Args;
use crate::logging::LoggingError;
use crate::migrate;
use crate::routes;
use crate::serve::{self, ServeError};
use crate::signal::Signals;
use crate::state::AppState;

/// How long a request waits for a connection of the pool.
const ACQUIRE_LIMIT: Duration = Duration::from_secs(5);
/// How long the shutdown waits for connections to be closed properly.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);

/// The reason for which the service did not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// The file of environment variables cannot be used.
    #[error(transparent)]
    EnvFile(#[from] seachange::args::env_file::EnvFileError),
    /// The settings do not name one database.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// `RUST_LOG` is malformed.
    #[error(transparent)]
    Logging(#[from] LoggingError),
    /// The operating system could not create the threads.
    #[error("cannot start the runtime: {0}")]
    Runtime(std::io::Error),
    /// The schema does not match this program.
    #[error(transparent)]
    Schema(#[from] seachange::Error),
    /// The first connection of the pool could not be made.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// After a second signal, the service did not wait for the running revision.
    #[error("ended before the schema was up to date, because of a second signal")]
    Aborted,
    /// The listener failed.
    #[error(transparent)]
    Serve(#[from] ServeError),
}

impl StartError {
    /// Returns a hint for the person who started the service.
    pub(crate) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Schema(seachange::Error::Behind { .. }) => {
                Some("apply them with `cargo run -p migration -- up`, or start with `--migrate up`")
            }
            Self::Schema(seachange::Error::Unadopted { .. }) => {
                Some("`cargo run -p migration -- adopt --from seaql`, or `--from alembic`, continues from there")
            }
            Self::Settings(SettingsError::Unset) => Some("set `DATABASE_URL`, or its parts"),
            Self::Aborted => Some("`cargo run -p migration -- status` shows which revisions are applied"),
            Self::Schema(seachange::Error::Applied(AppliedError::Ahead { .. })) => {
                Some("a newer version migrated the database: start that one, or start with `--ahead allow`")
            }
            Self::Schema(seachange::Error::Applied(AppliedError::Diverged { .. })) => {
                Some("the database belongs to another program, or to another line of this one: check the settings")
            }
            Self::Serve(ServeError::Bind { source, .. }) if source.kind() == ErrorKind::AddrInUse => {
                Some("another program listens there; choose another `--port`, or `--port 0` for a free one")
            }
            _ => None,
        }
    }
}

/// Upgrades or checks the schema, connects, and serves until a signal stops the service. After an earlier signal it
/// does not serve.
pub(crate) async fn start(args: &Args) -> Result<(), StartError> {
    let settings = args.database.resolve()?;
    announce(&args.database);
    let signals = Signals::listen();
    let prepared = tokio::select! {
        prepared = prepare(args, &settings, &signals) => prepared?,
        () = signals.second() => return Err(StartError::Aborted),
    };
    let Some(pool) = prepared else {
        info!("stopped before the first request");
        return Ok(());
    };
    info!(database = %settings, "connected");
    let router = routes::router(AppState::new(pool.clone(), args.ahead)?);
    serve::until_stopped(&args.host, args.port, router, args.shutdown_limit(), &signals).await?;
    // An aborted request may still hold its connection, which is closed when the process ends.
    let _ = tokio::time::timeout(CLOSE_LIMIT, pool.close()).await;
    Ok(())
}

/// Warns of variables that are probably misspelled settings, and of a database that no setting names.
fn announce(database: &DatabaseArgs) {
    for Misspelled { found, meant } in misspelled() {
        warn!("the variable `{}` is set and means nothing; did you mean `{meant}`?", found.escape_debug());
    }
    if database.is_unset() {
        warn!("no database is configured: this is the default, the SQLite file `{DEFAULT_PATH}`");
    }
}

/// Upgrades or checks the schema, and connects. Returns `None` when a signal has stopped the service before.
async fn prepare(
    args: &Args,
    settings: &DatabaseSettings,
    signals: &Signals,
) -> Result<Option<DatabaseConnection>, StartError> {
    tokio::select! {
        waited = connection::wait_for_server(settings, args.wait.limit(), |error| info!(%error, "waiting")) => waited?,
        () = signals.first() => return Ok(None),
    }
    migrate::on_start(args, settings, signals).await?;
    if signals.have_come() {
        return Ok(None);
    }
    let pool = connect(settings).await?;
    Ok(if signals.have_come() { None } else { Some(pool) })
}

/// Opens the pool for the requests.
async fn connect(settings: &DatabaseSettings) -> Result<DatabaseConnection, ConnectError> {
    let mut options = settings.connect_options();
    options.acquire_timeout(ACQUIRE_LIMIT);
    connection::connect_with(settings, options).await
}
