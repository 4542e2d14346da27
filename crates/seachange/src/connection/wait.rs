//! Waits for a server that is still starting, or is not reachable yet, as an init container has to.

use std::time::{Duration, Instant};

use super::{ConnectError, connect};
use crate::settings::{DatabaseSettings, Driver};

/// The pause after the first attempt. Each later pause is twice as long, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How often the caller is informed of a wait for the same reason.
const INTERVAL: Duration = Duration::from_secs(10);

/// Waits until the server of `settings` accepts a connection, for `limit` at most. The connection is closed again.
///
/// `tell` is called when the wait begins, when its reason changes, and every ten seconds. For a SQLite file, and where
/// `limit` is zero, this does nothing.
///
/// ```no_run
/// # async fn example(settings: &seachange::DatabaseSettings) -> Result<(), seachange::connection::ConnectError> {
/// use std::time::Duration;
///
/// use seachange::connection::wait_for_server;
///
/// wait_for_server(settings, Duration::from_secs(60), |error| eprintln!("waiting: {error}")).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// The error of the last attempt when the limit is reached; an error that waiting does not resolve, such as a refused
/// password, is returned at once. See [`ConnectError`].
pub async fn wait_for_server(
    settings: &DatabaseSettings,
    limit: Duration,
    mut tell: impl FnMut(&ConnectError),
) -> Result<(), ConnectError> {
    if limit.is_zero() || settings.driver() == Driver::Sqlite {
        return Ok(());
    }
    let started = Instant::now();
    let mut pause = FIRST_PAUSE;
    let mut told: Option<(String, Instant)> = None;
    loop {
        let left = limit.saturating_sub(started.elapsed());
        let error = match tokio::time::timeout(left.max(FIRST_PAUSE), connect(settings)).await {
            Ok(Ok(connection)) => {
                let _ = connection.close().await;
                return Ok(());
            }
            Ok(Err(error)) => error,
            Err(_) => ConnectError::timed_out(settings),
        };
        if !error.is_passing() || started.elapsed() + pause >= limit {
            return Err(error);
        }
        let reason = error.to_string();
        if told.as_ref().is_none_or(|(last, at)| *last != reason || at.elapsed() >= INTERVAL) {
            tell(&error);
            told = Some((reason, Instant::now()));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

impl ConnectError {
    /// Returns whether waiting may resolve the error without a change by the user: the server is starting, or not
    /// reachable yet.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::TimedOut { .. } | Self::Busy { .. })
    }
}
