//! Tells an alteration that its statements go to an offline script, and marks the statements of an alteration, and those
//! that only check it.
//!
//! An offline script runs later, on a database that cannot be queried now. The alteration therefore leaves to that
//! database what it would otherwise query, and its checks stay out of the script. The scope is the task in which the
//! code of a revision runs; the connection that this code holds reads the scope there.

tokio::task_local! {
    static WRITTEN_DOWN: Recording;
    static ALTERATION: ();
    static CHECK: ();
    static PRECONDITION: ();
    static LOST_VALUES: LostValues;
}

/// For which databases statements are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recording {
    /// For any: MariaDB finds the checks in the definitions of columns when the statements run.
    AnyDatabase,
    /// For one in which the definitions of the columns have no checks, or for people who read the statements.
    WithoutColumnChecks,
}

/// Values of a column that an alteration would not keep, which it counts before it changes anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LostValues {
    /// The schema of the table as the code names it, and the table.
    pub(crate) table: (Option<String>, String),
    /// The column, by its name at this time.
    pub(crate) column: String,
    /// The condition for a row with such a value.
    pub(crate) condition: String,
}

/// Runs `future`, whose statements go to an offline script.
pub(crate) async fn written_down<F: Future>(recording: Recording, future: F) -> F::Output {
    WRITTEN_DOWN.scope(recording, future).await
}

/// Whether the code of a revision runs only so that its statements are recorded: for an offline script, or for the
/// downgrade that an upgrade stores in the database. Call it in the task in which `up` or `down` runs, before an effect
/// outside the database.
///
/// ```
/// assert!(!seachange::is_recorded());
/// ```
#[must_use]
pub fn is_recorded() -> bool {
    is_written_down()
}

/// Whether statements go to an offline script now.
pub(super) fn is_written_down() -> bool {
    recording().is_some()
}

/// For which databases statements are recorded now; `None` where they are executed.
pub(super) fn recording() -> Option<Recording> {
    WRITTEN_DOWN.try_with(|recording| *recording).ok()
}

/// Runs `future`, whose statements are those of an alteration: they change a table, and move its rows if they have to.
pub(super) async fn alteration<F: Future>(future: F) -> F::Output {
    ALTERATION.scope((), future).await
}

/// Whether a statement that is sent now belongs to an alteration.
#[cfg(feature = "cli")]
pub(crate) fn is_alteration() -> bool {
    ALTERATION.try_with(|()| ()).is_ok()
}

/// Runs `future`, whose statements check an alteration and are not part of it.
pub(super) async fn check<F: Future>(future: F) -> F::Output {
    CHECK.scope((), future).await
}

/// Whether a statement that is sent now is such a check.
pub(crate) fn is_check() -> bool {
    CHECK.try_with(|()| ()).is_ok()
}

/// Runs `future`, whose queries decide whether a change is made, and do not decide how.
pub(super) async fn precondition<F: Future>(future: F) -> F::Output {
    PRECONDITION.scope((), future).await
}

/// Whether a query that is sent now is such a query.
pub(crate) fn is_precondition() -> bool {
    PRECONDITION.try_with(|()| ()).is_ok()
}

/// Runs `future`, a precondition that counts these values.
pub(super) async fn counting<F: Future>(values: LostValues, future: F) -> F::Output {
    LOST_VALUES.scope(values, future).await
}

/// The values that a query that is sent now counts.
pub(crate) fn lost_values() -> Option<LostValues> {
    LOST_VALUES.try_with(Clone::clone).ok()
}
