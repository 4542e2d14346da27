//! The layout of the program's revisions, with their state in the database.

use std::collections::HashSet;

use seachange_graph::Graph;
use seachange_graph::draw::{GraphLayout, NodeLabel};

use super::context::Context;
use super::describe;
use super::problem::Diagnostic;
use crate::migrator::RevisionState;
use crate::revision::Migrations;

/// The layout of a graph; `applied` are the applied revisions, if the database was read.
pub(crate) fn picture<'a>(
    graph: &'a Graph,
    migrations: &Migrations,
    applied: Option<&HashSet<String>>,
) -> GraphLayout<'a> {
    GraphLayout::new(graph, |revision| {
        let caption = NodeLabel::new(migrations.get(&revision.id).map_or("", |script| script.message));
        match applied {
            Some(applied) => caption.applied(applied.contains(&revision.id)),
            None => caption,
        }
    })
}

/// Reads the applied revisions from the database. Warns of those that the program does not know, because they cannot
/// be drawn.
pub(crate) async fn applied(context: &Context) -> Result<HashSet<String>, Diagnostic> {
    let migrator = context.connect_to_read().await?;
    let statuses = migrator.status().await?;
    migrator.close().await?;
    let is_applied = |state: &RevisionState| matches!(state, RevisionState::Applied(_) | RevisionState::Edited(_));
    let applied = statuses.iter().filter(|status| is_applied(&status.state));
    let (known, unknown): (Vec<_>, Vec<_>) = applied.partition(|status| status.script.is_some());
    if !unknown.is_empty() {
        let count = describe::revisions(unknown.len());
        context.terminal.warn(format!("the database has {count} that this program does not know; `status` names them"));
    }
    Ok(known.into_iter().map(|status| status.id.clone()).collect())
}
