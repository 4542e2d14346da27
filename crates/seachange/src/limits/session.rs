//! Sets limits as settings of a session.

use sea_orm::{DatabaseConnection, DbErr};

use crate::error::Error;
use crate::run_context::RunContext;

/// A setting of a session with its value.
type SessionSetting = (&'static str, String);

/// Does some work in a session that has the limits, and restores its settings afterwards.
///
/// # Errors
///
/// Those of the work; [`Error::NoStatementTimeout`] when the database has no such limit, and [`Error::Database`] when
/// it refuses one. In both cases, the work is not begun.
pub(crate) async fn limited<T>(site: RunContext<'_>, work: impl AsyncFnOnce() -> Result<T, Error>) -> Result<T, Error> {
    check(site).await?;
    let wanted = site.backend.limit_settings(site.limits);
    let mut found = Vec::new();
    let outcome = match impose(site, wanted, &mut found).await {
        Ok(()) => work().await,
        Err(error) => Err(error),
    };
    if !outcome.as_ref().is_err_and(Error::is_lost_connection) {
        lift(site, found).await;
    }
    outcome
}

/// Sets the limits in a session that is not used for anything else.
///
/// # Errors
///
/// What the database says.
pub(crate) async fn limit(site: RunContext<'_>, session: &DatabaseConnection) -> Result<(), DbErr> {
    for (name, value) in site.backend.limit_settings(site.limits) {
        site.backend.set(session, name, &value).await?;
    }
    match site.limits.statement_limit() {
        Some(_) => site.backend.enforce_deadline(session, Some(site.deadline)).await,
        None => Ok(()),
    }
}

/// Refuses a limit that the database would ignore.
async fn check(site: RunContext<'_>) -> Result<(), Error> {
    if site.limits.statement_limit().is_none() {
        return Ok(());
    }
    let unlimited = site.backend.statement_timeout_unsupported(site.connection).await;
    match unlimited.map_err(Error::database("cannot limit how long statements take"))? {
        Some(system) => Err(Error::NoStatementTimeout { system }),
        None => Ok(()),
    }
}

/// Sets the limits; `found` receives the former values of the settings that were changed.
async fn impose(
    site: RunContext<'_>,
    wanted: Vec<SessionSetting>,
    found: &mut Vec<SessionSetting>,
) -> Result<(), Error> {
    let refused = || Error::database("cannot limit how long statements wait and take");
    for (name, value) in wanted {
        let before = site.backend.setting(site.connection, name).await.map_err(refused())?;
        site.backend.set(site.connection, name, &value).await.map_err(refused())?;
        found.push((name, before));
    }
    if site.limits.statement_limit().is_some() {
        site.backend.enforce_deadline(site.connection, Some(site.deadline)).await.map_err(refused())?;
    }
    Ok(())
}

/// Restores the former settings. A session that refuses this is lost, or of no more use to the caller.
async fn lift(site: RunContext<'_>, found: Vec<SessionSetting>) {
    for (name, value) in found {
        let _ = site.backend.set(site.connection, name, &value).await;
    }
    if site.limits.statement_limit().is_some() {
        let _ = site.backend.enforce_deadline(site.connection, None).await;
    }
}
