//! `status`.

use std::time::Duration;

use anstyle::{AnsiColor, Style};
use clap::Args;
use seachange_cli::{
    Diagnostic, Exit,
    commands::list::answer_json,
    describe,
    format::{Format, FormatArgs},
    printable,
    terminal::styled,
    wrap::{NARROWEST, columns, wrap},
};
use serde::Serialize;

use super::run::warn_of_heads;
use crate::cli::context::Context;
use crate::cli::fleet::{self, FleetArgs};
use crate::migrator::{RevisionState, RevisionStatus};
use crate::store::RevisionRow;

/// Arguments of `status`.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    fleet: FleetArgs,
}

/// A revision with its state as JSON.
#[derive(Debug, Serialize)]
struct StatusJson<'a> {
    id: &'a str,
    state: &'static str,
    message: Option<&'a str>,
    file: Option<&'a str>,
    started_at: Option<String>,
    finished_at: Option<String>,
    duration_ms: Option<i64>,
    program: Option<&'a str>,
    /// What a pending revision waits for.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    waits_for: &'a [String],
}

impl StatusArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        if self.fleet.is_given() {
            return fleet::answer_status(context, &self.fleet.find(context).await?, self.format.format).await;
        }
        let migrator = context.connect_to_read().await?;
        let statuses = migrator.status().await?;
        // A record that no plan fits is shown nevertheless.
        let waiting = migrator.waiting().await.unwrap_or_default();
        migrator.close().await?;
        let waits_for = |status: &RevisionStatus| {
            let own = waiting.iter().find(|one| one.step.revision == status.id);
            own.map(|one| one.reasons.iter().map(ToString::to_string).collect()).unwrap_or_default()
        };
        let statuses: Vec<(RevisionStatus, Vec<String>)> = statuses
            .into_iter()
            .map(|status| {
                let waits_for = waits_for(&status);
                (status, waits_for)
            })
            .collect();
        match self.format.format {
            Format::Json => answer_json(context.terminal, &statuses.iter().map(entry).collect::<Vec<_>>())?,
            Format::Text => print(context, &statuses)?,
        }
        Ok(Exit::Success)
    }
}

fn print(context: &Context, statuses: &[(RevisionStatus, Vec<String>)]) -> Result<(), Diagnostic> {
    let settings = context.settings()?;
    context.terminal.status(format!("revisions of {settings}"));
    let id_width = statuses.iter().map(|(status, _)| printable::name(&status.id).len()).max().unwrap_or_default();
    for (status, waits_for) in statuses {
        let (word, style) = word(status);
        let (when, time) = row(&status.state).map_or_else(Default::default, |row| (when(row), time(row)));
        let message = status.script.map_or("not a revision of this program", |script| script.message);
        let word = styled(style, format!("{word:<11}"));
        let start = format!("{word}  {:<id_width$}  {when:<19}  {time:>9}  ", printable::name(&status.id));
        context.terminal.print(beside(&start, message, context.terminal.width()));
        for reason in waits_for {
            context.terminal.print(beside(
                &format!("{:11}  {:id_width$}  ", "", ""),
                &format!("waits for {reason}"),
                context.terminal.width(),
            ));
        }
    }
    context.terminal.status(summary(&statuses.iter().map(|(status, _)| status).collect::<Vec<_>>()));
    warn_of_heads(context)?;
    Ok(())
}

/// A message in its column, on several lines if it is wider than the terminal.
fn beside(start: &str, message: &str, width: Option<usize>) -> String {
    let Some(width) = width else { return format!("{start}{message}") };
    let indent = columns(start);
    let lines = wrap(&printable::name(message), width.saturating_sub(indent).max(NARROWEST));
    format!("{start}{}", lines.join(&format!("\n{}", " ".repeat(indent))))
}

/// The number of revisions in each state. Edited revisions count as applied.
fn summary(statuses: &[&RevisionStatus]) -> String {
    let count = |name| statuses.iter().filter(|status| word(status).0 == name).count();
    let applied = count("applied") + count("edited");
    let trouble = ["begun", "running", "interrupted", "unknown"].map(|name| (count(name), name));
    let trouble = trouble.iter().filter(|(count, _)| *count > 0).map(|(count, name)| format!(", {count} {name}"));
    format!("{applied} applied{}, {} pending", trouble.collect::<String>(), count("pending"))
}

fn word(status: &RevisionStatus) -> (&'static str, Style) {
    let (word, color) = match &status.state {
        RevisionState::Pending => ("pending", AnsiColor::Yellow),
        RevisionState::ByReplaced { applied, replaced } if applied == replaced => ("applied", AnsiColor::Green),
        RevisionState::ByReplaced { .. } => ("begun", AnsiColor::Yellow),
        RevisionState::Edited(_) => ("edited", AnsiColor::Yellow),
        RevisionState::Running(_) => ("running", AnsiColor::Yellow),
        RevisionState::Interrupted(_) => ("interrupted", AnsiColor::Red),
        RevisionState::Applied(_) if status.script.is_none() => ("unknown", AnsiColor::Red),
        RevisionState::Applied(_) => ("applied", AnsiColor::Green),
    };
    (word, color.on_default())
}

fn row(state: &RevisionState) -> Option<&RevisionRow> {
    match state {
        RevisionState::Pending | RevisionState::ByReplaced { .. } => None,
        RevisionState::Applied(row)
        | RevisionState::Edited(row)
        | RevisionState::Interrupted(row)
        | RevisionState::Running(row) => Some(row),
    }
}

fn when(row: &RevisionRow) -> String {
    row.finished_at.unwrap_or(row.started_at).format("%Y-%m-%d %H:%M:%S").to_string()
}

fn time(row: &RevisionRow) -> String {
    let millis = row.duration_ms.and_then(|millis| u64::try_from(millis).ok());
    match (millis, row.finished_at) {
        (Some(millis @ ..10), _) => format!("{millis} ms"),
        (Some(millis), _) => describe::time(Duration::from_millis(millis)),
        (None, Some(_)) => "stamped".to_owned(),
        (None, None) => String::new(),
    }
}

fn entry((status, waits_for): &(RevisionStatus, Vec<String>)) -> StatusJson<'_> {
    let row = row(&status.state);
    StatusJson {
        id: &status.id,
        state: word(status).0,
        message: status.script.map(|script| script.message),
        file: status.script.map(|script| script.file),
        started_at: row.map(|row| row.started_at.to_rfc3339()),
        finished_at: row.and_then(|row| row.finished_at).map(|at| at.to_rfc3339()),
        duration_ms: row.and_then(|row| row.duration_ms),
        program: row.map(|row| row.program.as_str()),
        waits_for,
    }
}

#[cfg(test)]
mod tests {
    use super::beside;

    #[test]
    fn a_long_message_stays_in_its_column() {
        let start = "applied      ae1027  ";
        insta::assert_snapshot!(beside(start, "add a column for the content of a post", Some(45)), @"
        applied      ae1027  add a column for the
                             content of a post
        ");
        assert_eq!(beside(start, "add a column", None), format!("{start}add a column"));
    }
}
