//! The code that the commands which write an offline script share.

use std::path::PathBuf;

use clap::Args;
use seachange_cli::{Diagnostic, Exit, describe, output_file, terminal::write_raw};
use seachange_graph::{Direction, Target};

use super::code_args::CodeArgs;
use crate::cli::context::Context;
use crate::cli::{revision_scope, targets};
use crate::offline::{ScriptWriter, SqlScript};

/// Whether an offline script is written, and to which file.
#[derive(Debug, Default, Args)]
pub(crate) struct ScriptArgs {
    /// Write an SQL script instead, for a database that cannot be reached; `A:B` names its start and end
    #[arg(long, conflicts_with = "dry_run", group = "document")]
    pub(crate) sql: bool,
    /// Write the script to a file, replacing an existing one; of a fleet, a report of all targets, as `.json` or `.html`
    #[arg(short, long, value_name = "FILE", requires = "document")]
    pub(crate) output: Option<PathBuf>,
}

/// The start and the end of a script.
struct ScriptRange {
    from: Target,
    to: Target,
}

/// Writes an upgrade: from base to a target, or along a range.
pub(crate) async fn upgrade(
    context: &Context,
    words: &[String],
    args: &ScriptArgs,
    code: &CodeArgs,
) -> Result<Exit, Diagnostic> {
    let ends = ScriptRange::read(context, "up --sql", words, Some(Direction::Upgrade))?;
    let writer = ScriptWriter::new(context.project.migrations, context.settings()?)?;
    let offline = writer.count_losses(code.counts_losses()).arguments(code.arguments());
    let script = revision_scope::writing_script(offline.upgrade(&ends.from, &[ends.to])).await;
    args.answer(context, &script?)
}

/// Writes a downgrade along a range.
pub(crate) async fn downgrade(
    context: &Context,
    words: &[String],
    args: &ScriptArgs,
    code: &CodeArgs,
) -> Result<Exit, Diagnostic> {
    let ends = ScriptRange::read(context, "down --sql", words, Some(Direction::Downgrade))?;
    let writer = ScriptWriter::new(context.project.migrations, context.settings()?)?;
    let offline = writer.count_losses(code.counts_losses()).arguments(code.arguments());
    let script = revision_scope::writing_script(offline.downgrade(&ends.from, &[ends.to])).await;
    args.answer(context, &script?)
}

/// Writes a stamp: from base to a target, or along a range.
pub(crate) fn stamp(context: &Context, words: &[String], args: &ScriptArgs) -> Result<Exit, Diagnostic> {
    let ends = ScriptRange::read(context, "stamp --sql", words, None)?;
    let offline = ScriptWriter::new(context.project.migrations, context.settings()?)?;
    args.answer(context, &offline.stamp(&ends.from, &[ends.to])?)
}

impl ScriptRange {
    /// Reads `A:B` or, except for a downgrade, `B`. Bare numbers are steps for `up` and `down`.
    fn read(
        context: &Context,
        command: &str,
        words: &[String],
        direction: Option<Direction>,
    ) -> Result<Self, Diagnostic> {
        let [word] = words else {
            return Err(Diagnostic::usage(format!("`{command}` takes one target or one range")));
        };
        let is_down = direction == Some(Direction::Downgrade);
        let (from, to) = match word.split_once(':') {
            Some((from, to)) if !is_down || !(from.is_empty() || to.is_empty()) => (from, to),
            None if !is_down => ("", word.as_str()),
            _ => return Err(no_range(word)),
        };
        let from = if from.is_empty() { Target::BASE } else { targets::read_one(context, command, from)? };
        let to = match (to, direction) {
            ("", _) => Target::HEADS,
            (to, None) => targets::read_one(context, command, to)?,
            (to, Some(direction)) => targets::read_one_with_steps(context, command, to, direction)?,
        };
        Ok(Self { from, to })
    }
}

fn no_range(word: &str) -> Diagnostic {
    Diagnostic::usage(format!("`down --sql` needs the current revision of the database: `{word}` is no range"))
        .hint("name its start and end, as in `down --sql head:base` or `down --sql ae10:-1`")
}

impl ScriptArgs {
    fn answer(&self, context: &Context, script: &SqlScript) -> Result<Exit, Diagnostic> {
        if script.revisions.is_empty() {
            context
                .terminal
                .status("nothing to do: there are no revisions between these places, and no script was written");
            return Ok(Exit::Success);
        }
        match &self.output {
            None => write_raw(&script.sql),
            Some(path) => {
                output_file::write(path, &script.sql)?;
                let count = describe::revisions(script.revisions.len());
                context.terminal.status(format!("wrote {count} to `{}`; nothing was run", path.display()));
            }
        }
        Ok(Exit::Success)
    }
}
