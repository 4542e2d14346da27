//! `squash`.

use std::collections::HashSet;
use std::path::PathBuf;
use std::str::FromStr;

use chrono::{SecondsFormat, Utc};
use clap::Args;
use seachange_cli::{Diagnostic, Exit, crate_config::CrateConfig, describe, printable, project::shown};
use seachange_graph::{Graph, Range, Revision};
use seachange_source::{NewRevision, RevisionFiles, SquashBody, new_id, render, squash_body, write_new_in};

use super::revision::check_compiled;
use crate::args::LockTimeoutArgs;
use crate::autogenerate::squash::{SquashError, SquashRange, SquashedRange, squash};
use crate::cli::compare_args::ScratchArgs;
use crate::cli::context::Context;
use crate::cli::hints::squash as hints;
use crate::migrator::RunOptions;
use crate::revision::RegisteredRevision;
use crate::settings::DatabaseSettings;

/// Arguments of `squash`.
#[derive(Debug, Args)]
pub(crate) struct SquashArgs {
    /// The revisions to replace: `A:B`, `:B` from the base, or `A:` up to the head; both ends belong to the range
    #[arg(value_name = "RANGE", required_unless_present = "prune", allow_hyphen_values = true)]
    range: Option<String>,
    /// What the new revision is, in a few words: the first line of the file, and its name [default: the ids of both ends]
    #[arg(short, long)]
    message: Option<String>,
    /// The id, instead of a random one of 12 hexadecimal digits
    #[arg(long, value_name = "ID")]
    rev_id: Option<String>,
    /// The folder of the file, one of those in `build.rs`; by default that of the last replaced revision
    #[arg(long, value_name = "DIR")]
    version_path: Option<PathBuf>,
    /// Database of another system for which the revision is made as well; only scratch databases are created there; may
    /// be repeated
    #[arg(long, value_name = "URL")]
    also: Vec<String>,
    /// Prove the revision and print its file, and write nothing; with `--prune`, list the rows
    #[arg(long)]
    dry_run: bool,
    /// Delete the rows of replaced revisions from the record, where the new revision is recorded: from then on, a program
    /// without it does not know where the database is
    #[arg(long, conflicts_with_all = ["range", "message", "rev_id", "version_path", "also", "scratch_url"])]
    prune: bool,
    #[command(flatten)]
    scratch: ScratchArgs,
    #[command(flatten)]
    limits: LockTimeoutArgs,
}

impl SquashArgs {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Diagnostic> {
        if self.prune {
            return self.prune(context).await;
        }
        let sources = context.files()?;
        check_compiled(context, &sources)?;
        let graph = context.graph()?;
        let range = Range::from_str(self.range.as_deref().unwrap_or_default())?;
        let replaced = replaced(graph, &range)?;
        let pointers = Pointers::of(&replaced);
        let scripts = scripts(context, &replaced);
        let below = below(graph, &pointers)?;
        let below = self::scripts(context, &below);
        let mut parts: Vec<SquashedRange> = Vec::new();
        for settings in self.databases(context)? {
            context
                .terminal
                .status(format!("running {} on a scratch database of {settings}", describe::revisions(scripts.len())));
            let range = SquashRange { below: &below, replaced: &scripts, has_rows: !below.is_empty() };
            let part = squash_or_without_rows(context, range, &settings).await?;
            if parts.iter().any(|other| other.backend == part.backend) {
                return Err(Diagnostic::usage(format!(
                    "`--also` names a second database of the system of `{settings}`"
                )));
            }
            list_rows(context, &part);
            parts.push(part);
        }
        let new = self.new_revision(&replaced, pointers, &parts, &sources)?;
        if self.dry_run {
            context.terminal.answer_raw(render(&new));
            return Ok(Exit::Success);
        }
        self.write(context, &sources, &new, scripts.last().copied())
    }

    /// The settings of the scratch databases.
    fn databases(&self, context: &Context) -> Result<Vec<DatabaseSettings>, Diagnostic> {
        let mut databases = vec![self.scratch.settings(context.settings()?)?];
        for url in &self.also {
            databases.push(DatabaseSettings::from_str(url)?);
        }
        Ok(databases)
    }

    fn new_revision(
        &self,
        replaced: &[&Revision],
        pointers: Pointers,
        parts: &[SquashedRange],
        sources: &RevisionFiles,
    ) -> Result<NewRevision, Diagnostic> {
        let ids: Vec<String> = replaced.iter().map(|revision| revision.id.clone()).collect();
        let (first, last) = (ids.first().cloned().unwrap_or_default(), ids.last().cloned().unwrap_or_default());
        let remark = format!("Stands in the place of {}, from `{first}` to `{last}`.", describe::revisions(ids.len()));
        let bodies: Vec<SquashBody> = parts.iter().map(SquashedRange::body).collect();
        Ok(NewRevision {
            id: self.rev_id.clone().unwrap_or_else(new_id),
            message: self.message.clone().unwrap_or_else(|| format!("squash {first} to {last}")),
            down_revision: pointers.parents,
            depends_on: pointers.dependencies,
            branch_labels: replaced.iter().flat_map(|revision| revision.branch_labels.iter().cloned()).collect(),
            replaces: ids,
            created: Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
            bodies: Some(squash_body(&bodies, vec![remark])),
            template: CrateConfig::read(sources.root())?.template,
            ..NewRevision::default()
        })
    }

    fn write(
        &self,
        context: &Context,
        sources: &RevisionFiles,
        new: &NewRevision,
        last: Option<&RegisteredRevision>,
    ) -> Result<Exit, Diagnostic> {
        let folder = match &self.version_path {
            Some(folder) => sources.root().join(folder),
            None => sources.root().join(last.map_or("", |script| script.folder)),
        };
        let path = write_new_in(&sources.paths(), &folder, new)?;
        context.terminal.print(shown(&path));
        CrateConfig::read(sources.root())?.run_hooks(&path, context.terminal)?;
        let count = describe::revisions(new.replaces.len());
        context
            .terminal
            .status(format!("the revision makes the same schema and rows as {count}, on a scratch database"));
        context.terminal.hint(
            "keep the replaced files until every database has applied all of them; `up` then records the new one",
        );
        context
            .terminal
            .hint("after that, delete the files, and `squash --prune` deletes the rows of the replaced revisions");
        Ok(Exit::Success)
    }

    /// `squash --prune`.
    async fn prune(self, context: &Context) -> Result<Exit, Diagnostic> {
        if self.dry_run {
            let migrator = context.connect_to_read().await?;
            let rows = migrator.plan_prune().await;
            migrator.close().await?;
            let rows = rows?;
            rows.iter().for_each(|id| context.terminal.print(printable::name(id)));
            context.terminal.status(format!("{} to delete; nothing was changed", rows_of(rows.len())));
            return Ok(Exit::Success);
        }
        let migrator = context.connect_to_record().await?;
        let migrator = migrator.with_options(RunOptions::new().limits(self.limits.limits()));
        let pruned = migrator.prune_replaced().await;
        migrator.close().await?;
        context.terminal.status(match pruned?.len() {
            0 => "nothing to delete: the record has no rows of replaced revisions".to_owned(),
            count => format!("deleted {} from the record", rows_of(count)),
        });
        Ok(Exit::Success)
    }
}

fn rows_of(count: usize) -> String {
    let rows = if count == 1 { "row" } else { "rows" };
    format!("{count} {rows} of replaced revisions")
}

/// The revisions of a range, in the order in which they run.
fn replaced<'g>(graph: &'g Graph, range: &Range) -> Result<Vec<&'g Revision>, Diagnostic> {
    let found = graph.history(&graph.all_applied(), range)?;
    if let Some(squash) = found.iter().find(|revision| !revision.replaces.is_empty()) {
        return Err(Diagnostic::usage(format!(
            "`{}` is a squash revision, and is not replaced while it replaces others",
            squash.id
        ))
        .hint("delete the files that it replaces, run `squash --prune` on every database, and remove `replaces`"));
    }
    if found.len() < 2 {
        return Err(Diagnostic::usage(format!("the range `{range}` has {}", describe::revisions(found.len())))
            .hint("name two revisions at least, `A:B`"));
    }
    Ok(found)
}

/// Squashes a range. Where a revision fails because there are rows below the range, it is proven without them.
async fn squash_or_without_rows(
    context: &Context,
    range: SquashRange<'_>,
    settings: &DatabaseSettings,
) -> Result<SquashedRange, Diagnostic> {
    let part = match Box::pin(squash(range, settings)).await {
        Err(SquashError::Revision { revision, .. }) if range.has_rows => {
            let warning =
                format!("revision `{revision}` fails on tables with rows: the proof has none below the range");
            context.terminal.warn(warning);
            Box::pin(squash(SquashRange { has_rows: false, ..range }, settings)).await
        }
        part => part,
    };
    part.map_err(|error| hints::problem(&error))
}

/// What a squash revision points at: the revisions outside of the range at which those of the range point.
struct Pointers {
    parents: Vec<String>,
    dependencies: Vec<String>,
}

impl Pointers {
    fn of(replaced: &[&Revision]) -> Self {
        let inside: HashSet<&String> = replaced.iter().map(|revision| &revision.id).collect();
        let mut seen = HashSet::new();
        let mut outside = |list: &mut dyn Iterator<Item = &String>| -> Vec<String> {
            list.filter(|id| !inside.contains(id) && seen.insert((*id).clone())).cloned().collect()
        };
        let parents = outside(&mut replaced.iter().flat_map(|revision| &revision.down_revision));
        let dependencies = outside(&mut replaced.iter().flat_map(|revision| &revision.depends_on));
        Self { parents, dependencies }
    }
}

/// All revisions below a range, in the order in which they run.
fn below<'g>(graph: &'g Graph, pointers: &Pointers) -> Result<Vec<&'g Revision>, Diagnostic> {
    let ids = pointers.parents.iter().chain(&pointers.dependencies);
    let targets: Vec<_> = ids.filter_map(|id| graph.get(id)).map(seachange_graph::Target::revision).collect();
    let plan = graph.upgrade(&graph.none_applied(), &targets).map_err(crate::Error::from)?;
    Ok(plan.steps.iter().filter_map(|step| graph.get(&step.revision)).collect())
}

fn scripts(context: &Context, revisions: &[&Revision]) -> Vec<&'static RegisteredRevision> {
    revisions.iter().filter_map(|revision| context.project.migrations.get(&revision.id)).collect()
}

/// Lists the statements that change rows.
fn list_rows(context: &Context, part: &SquashedRange) {
    for statement in &part.data {
        let text = statement.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text: String = text.chars().take(SHOWN).collect();
        context.terminal.status(printable::name(&format!("  {}, {}: {text}", statement.revision, statement.file)));
    }
    match part.data.len() {
        0 => context.terminal.status("no statement of the range changes rows"),
        1 => context.terminal.status("1 statement that changes rows is kept"),
        count => context.terminal.status(format!("{count} statements that change rows are kept, in their order")),
    }
}

/// How much of a statement is shown.
const SHOWN: usize = 80;
