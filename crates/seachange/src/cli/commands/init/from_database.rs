//! The first revision of an existing database.

use std::path::{Path, PathBuf};

use chrono::{SecondsFormat, Utc};
use seachange_cli::{Diagnostic, Exit, printable, project::shown};
use seachange_source::{NewRevision, RevisionFile, new_id, parse, write_new};

use crate::autogenerate::{Comparison, Renames};
use crate::cli::commands::revision::{Proof, verified};
use crate::cli::compare_args::CompareArgs;
use crate::cli::context::Context;
use crate::cli::hints::autogenerate;

/// The folder for the first revision of this crate, which must have no revisions.
pub(super) fn own_folder(context: &Context) -> Result<PathBuf, Diagnostic> {
    let sources = context.files()?;
    if !sources.graph().is_empty() {
        return Err(Diagnostic::usage("this crate has revisions already")
            .hint("`revision --autogenerate` writes the next one")
            .hint("`stamp` records revisions as applied in a database that they did not create"));
    }
    let folder = sources.paths().into_iter().next();
    folder.ok_or_else(|| Diagnostic::usage("the build script of this crate names no folder of revisions"))
}

/// The first revision.
pub(super) struct InitialRevision<'a> {
    pub(super) message: &'a str,
    /// Whether it is verified before it is written.
    pub(super) is_verified: bool,
    pub(super) comparing: &'a CompareArgs,
}

impl InitialRevision<'_> {
    /// Writes a revision that creates what the database has, and records it as applied there. `folder` is called only
    /// if there is something to write.
    pub(super) async fn write(
        self,
        context: &Context,
        folder: impl FnOnce() -> Result<PathBuf, Diagnostic>,
    ) -> Result<Exit, Diagnostic> {
        let comparison = compare(context, self.comparing).await?;
        let operations = comparison.operations(&Renames::default());
        let proof = if self.is_verified { Proof::Creation } else { Proof::None };
        let (mut bodies, mut exit) = verified(context, self.comparing, &comparison, &operations, proof).await?;
        for omitted in comparison.omitted() {
            context.terminal.warn(printable::name(&format!("not written: {omitted}")));
            bodies.remarks.push(format!("not written: {omitted}"));
        }
        if exit == Exit::Success && !comparison.omitted().is_empty() {
            exit = Exit::Incomplete;
        }
        let new = NewRevision {
            id: new_id(),
            message: self.message.to_owned(),
            created: Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
            bodies: Some(bodies),
            ..NewRevision::default()
        };
        let path = write_new(&folder()?, &new)?;
        context.terminal.print(shown(&path));
        record(context, &path, &new.id).await?;
        context.terminal.status(format!("recorded `{}` as applied in {}", new.id, context.settings()?));
        Ok(exit)
    }
}

/// Compares the database, in which no revision is recorded, with an empty list of entities.
async fn compare(context: &Context, comparing: &CompareArgs) -> Result<Comparison, Diagnostic> {
    let migrator = context.connect_to_read().await?;
    let is_recorded = !migrator.read().await?.rows.is_empty();
    let compared = Comparison::of_database(migrator.connection(), &context.project.entities, &comparing.filter()).await;
    migrator.close().await?;
    let settings = context.settings()?;
    if is_recorded {
        return Err(Diagnostic::new(Exit::Mismatch, format!("revisions are applied in {settings} already"))
            .hint("`status` lists them"));
    }
    let comparison = compared.map_err(|error| autogenerate::problem(&error))?;
    match comparison.operations(&Renames::default()).is_empty() {
        false => Ok(comparison),
        true => Err(Diagnostic::usage(format!("{settings} has no tables"))
            .hint("`revision` writes the first revision of an empty database")),
    }
}

/// Records the new revision, which is not compiled into this program.
async fn record(context: &Context, path: &Path, id: &str) -> Result<(), Diagnostic> {
    let left = |problem: Diagnostic| {
        problem
            .detail(format!("the revision was written, and is not recorded: `{}`", shown(path)))
            .hint(format!("build the program again, and record it with `stamp {id}`"))
    };
    let RevisionFile { revision, source, .. } =
        read(path).map_err(|reason| left(Diagnostic::new(Exit::Failure, reason)))?;
    let recorded = async {
        let migrator = context.connect().await?;
        let hash = source.map(|source| source.digest).unwrap_or_default();
        migrator.record_written(&revision, &hash).await?;
        Ok::<_, Diagnostic>(migrator.close().await?)
    };
    recorded.await.map_err(left)
}

fn read(path: &Path) -> Result<RevisionFile, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    parse(path, &text).map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}
