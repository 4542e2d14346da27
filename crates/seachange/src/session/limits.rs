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
pub(crate) async fn limited<T>(
    context: RunContext<'_>,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    check(context).await?;
    let wanted = wanted(context);
    let mut found = Vec::new();
    let outcome = match impose(context, wanted, &mut found).await {
        Ok(()) => work.await,
        Err(error) => Err(error),
    };
    if !outcome.as_ref().is_err_and(Error::is_lost_connection) {
        lift(context, found).await;
    }
    outcome
}

/// Sets the limits in a session that is not used for anything else.
///
/// # Errors
///
/// What the database says.
pub(crate) async fn limit(context: RunContext<'_>, session: &DatabaseConnection) -> Result<(), DbErr> {
    for (name, value) in wanted(context) {
        context.backend.set(session, name, &value).await?;
    }
    match context.limits.statement_limit() {
        Some(_) => context.backend.enforce_deadline(session, Some(context.deadline)).await,
        None => Ok(()),
    }
}

/// The settings of the limits, and on a cluster the one by which the record is read as other servers left it.
fn wanted(context: RunContext<'_>) -> Vec<SessionSetting> {
    let mut wanted = context.backend.limit_settings(context.limits);
    wanted.extend(context.lease.get().map(|lease| lease.causal_reads()).map(|(name, value)| (name, value.to_owned())));
    wanted
}

/// Refuses a limit that the database would ignore.
async fn check(context: RunContext<'_>) -> Result<(), Error> {
    if context.limits.statement_limit().is_none() {
        return Ok(());
    }
    let unlimited = context.backend.statement_timeout_unsupported(context.connection).await;
    match unlimited.map_err(Error::database("cannot limit how long statements take"))? {
        Some(system) => Err(Error::NoStatementTimeout { system }),
        None => Ok(()),
    }
}

/// Sets the limits; `found` receives the former values of the settings that were changed.
async fn impose(
    context: RunContext<'_>,
    wanted: Vec<SessionSetting>,
    found: &mut Vec<SessionSetting>,
) -> Result<(), Error> {
    let refused = || Error::database("cannot limit how long statements wait and take");
    for (name, value) in wanted {
        let before = context.backend.setting(context.connection, name).await.map_err(refused())?;
        context.backend.set(context.connection, name, &value).await.map_err(refused())?;
        found.push((name, before));
    }
    if context.limits.statement_limit().is_some() {
        context.backend.enforce_deadline(context.connection, Some(context.deadline)).await.map_err(refused())?;
    }
    Ok(())
}

/// Restores the former settings. A session that refuses this is lost, or of no more use to the caller.
async fn lift(context: RunContext<'_>, found: Vec<SessionSetting>) {
    for (name, value) in found {
        let _ = context.backend.set(context.connection, name, &value).await;
    }
    if context.limits.statement_limit().is_some() {
        let _ = context.backend.enforce_deadline(context.connection, None).await;
    }
}
