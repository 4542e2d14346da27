//! Arguments of a run that the code of its revisions can read.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Arguments of a run for its revisions, as `-x NAME=VALUE` and `--tag TAG` give them on the command line.
///
/// ```
/// use seachange::{RunArguments, RunOptions};
///
/// let arguments = RunArguments::new().x("tenant", "acme").tag("release 7");
/// let options = RunOptions::new().arguments(arguments);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct RunArguments {
    values: BTreeMap<String, String>,
    tag: Option<String>,
}

impl RunArguments {
    /// No arguments.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value, which [`x_argument`] returns; a later value of a name replaces an earlier one.
    pub fn x(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.values.insert(name.into(), value.into());
        self
    }

    /// Sets the tag, which [`tag_argument`] returns.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tag = Some(tag.into());
        self
    }
}

tokio::task_local! {
    static ARGUMENTS: Arc<RunArguments>;
}

/// Returns the value of `-x NAME=VALUE`; `None` if the run has no such argument. Call it in the code of a revision, in
/// the task in which `up` or `down` runs.
///
/// A revision should do the same on every database: an argument is for what differs on purpose, such as the name of a
/// tenant. A run that is resumed needs the same arguments.
#[must_use]
pub fn x_argument(name: &str) -> Option<String> {
    ARGUMENTS.try_with(|arguments| arguments.values.get(name).cloned()).ok().flatten()
}

/// Returns the tag of `--tag TAG`, in the code of a revision as [`x_argument`]; `None` if the run has none.
#[must_use]
pub fn tag_argument() -> Option<String> {
    ARGUMENTS.try_with(|arguments| arguments.tag.clone()).ok().flatten()
}

/// Runs `future`, in which the arguments can be read.
pub(crate) async fn within<F: Future>(arguments: Arc<RunArguments>, future: F) -> F::Output {
    ARGUMENTS.scope(arguments, future).await
}
