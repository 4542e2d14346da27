//! The applied revisions, for a drawing.

use std::collections::HashSet;

use seachange_cli::{Diagnostic, describe};

use super::context::Context;
use crate::migrator::RevisionState;

/// Reads the applied revisions from the database. Warns of those that the program does not know, because they cannot
/// be drawn.
pub(crate) async fn applied(context: &Context) -> Result<HashSet<String>, Diagnostic> {
    let migrator = context.connect_to_read().await?;
    let statuses = migrator.status().await?;
    migrator.close().await?;
    let is_applied = |state: &RevisionState| match state {
        RevisionState::Applied(_) | RevisionState::Edited(_) => true,
        RevisionState::ByReplaced { applied, replaced } => applied == replaced,
        _ => false,
    };
    let applied = statuses.iter().filter(|status| is_applied(&status.state));
    let (known, unknown): (Vec<_>, Vec<_>) = applied.partition(|status| status.script.is_some());
    if !unknown.is_empty() {
        let count = describe::revisions(unknown.len());
        context.terminal.warn(format!("the database has {count} that this program does not know; `status` names them"));
    }
    Ok(known.into_iter().map(|status| status.id.clone()).collect())
}
