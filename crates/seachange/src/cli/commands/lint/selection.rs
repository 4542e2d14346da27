//! Which revisions are measured, and which run before them.

use std::collections::HashSet;
use std::path::Path;

use seachange_cli::{Diagnostic, describe, git::Commit};
use seachange_graph::{Plan, Range, Target};

use crate::Error;
use crate::cli::context::Context;
use crate::cli::hints::autogenerate;
use crate::impact::{RevisionImpact, measure};
use crate::revision::RegisteredRevision;
use crate::settings::DatabaseSettings;

/// Revisions in the order in which they run.
pub(super) type Scripts = Vec<&'static RegisteredRevision>;

/// What is measured.
pub(super) struct Selection {
    /// The revisions that run before, unmeasured.
    pub(super) below: Scripts,
    /// The measured revisions.
    pub(super) revisions: Scripts,
}

impl Selection {
    /// The revisions that `up` would apply, after the applied ones.
    pub(super) async fn pending(context: &Context) -> Result<Self, Diagnostic> {
        let migrator = context.connect_to_read().await?;
        let pending = migrator.pending().await?;
        migrator.close().await?;
        Ok(Self { below: all_but(context, &pending)?, revisions: pending })
    }

    /// The revisions that a plan runs, after the applied ones: those that the plan for all heads does not have.
    pub(super) fn of_plan(context: &Context, plan: &Plan, for_heads: &Plan) -> Result<Self, Diagnostic> {
        let scripts = |plan: &Plan| -> Scripts {
            let steps = plan.steps.iter().filter(|step| !step.records_only);
            steps.filter_map(|step| context.project.migrations.get(&step.revision)).collect()
        };
        Ok(Self { below: all_but(context, &scripts(for_heads))?, revisions: scripts(plan) })
    }

    /// Measures the revisions on a scratch database.
    pub(super) async fn measure(
        &self,
        context: &Context,
        scratch: &DatabaseSettings,
    ) -> Result<Vec<RevisionImpact>, Diagnostic> {
        if self.revisions.is_empty() {
            return Ok(Vec::new());
        }
        let count = describe::revisions(self.revisions.len());
        context.terminal.status(format!("measuring {count} on a copy of the schema"));
        let measured = measure(&self.below, &self.revisions, scratch).await;
        measured.map_err(|error| autogenerate::problem(&error))
    }

    /// The revisions of a range, after all others below its end.
    pub(super) fn range(context: &Context, range: &str) -> Result<Self, Diagnostic> {
        let graph = context.graph()?;
        let range: Range = range.parse()?;
        let wanted = graph.history(&graph.all_applied(), &range)?;
        let targets: Vec<_> = wanted.iter().copied().map(Target::revision).collect();
        let wanted: HashSet<&str> = wanted.iter().map(|own| own.id.as_str()).collect();
        Self::on_empty(context, &targets, |id| wanted.contains(id))
    }

    /// The revisions that a commit, such as `git:main`, does not have, after those that it has.
    pub(super) fn since(context: &Context, place: &str) -> Result<Self, Diagnostic> {
        let commit = Commit::find(&context.project.manifest_dir, place, "--since")?;
        let folders: Vec<&Path> = context.project.migrations.folders().iter().map(Path::new).collect();
        let files = commit.files(&folders)?;
        // A file of another form is no revision of ours: what it may have been is measured.
        let known = files.iter().filter_map(|file| seachange_source::parse_place(&file.path, &file.text).ok());
        let known: HashSet<String> = known.map(|revision| revision.revision.id).collect();
        Self::on_empty(context, &[Target::HEADS], |id| !known.contains(id))
    }

    /// The wanted revisions among those that lead from an empty database to `targets`. A revision that is not wanted but
    /// follows a wanted one is left out.
    fn on_empty(context: &Context, targets: &[Target], is_wanted: impl Fn(&str) -> bool) -> Result<Self, Diagnostic> {
        let graph = context.graph()?;
        let plan = graph.upgrade(&graph.none_applied(), targets).map_err(Error::from)?;
        let mut above: HashSet<&str> = HashSet::new();
        let mut selection = Self { below: Vec::new(), revisions: Vec::new() };
        for step in &plan.steps {
            let (Some(script), Some(revision)) =
                (context.project.migrations.get(&step.revision), graph.find_step(&step.revision))
            else {
                continue;
            };
            if is_wanted(&step.revision) {
                above.insert(&step.revision);
                selection.revisions.push(script);
            } else if revision.down_revision.iter().chain(&revision.depends_on).any(|id| above.contains(id.as_str())) {
                above.insert(&step.revision);
            } else {
                selection.below.push(script);
            }
        }
        Ok(selection)
    }
}

/// The revisions of the program without some.
fn all_but(context: &Context, without: &Scripts) -> Result<Scripts, Diagnostic> {
    let all = context.graph()?.iter().filter_map(|revision| context.project.migrations.get(&revision.id));
    let is_left = |script: &&RegisteredRevision| without.iter().all(|own| own.revision.id != script.revision.id);
    Ok(all.filter(is_left).collect())
}
