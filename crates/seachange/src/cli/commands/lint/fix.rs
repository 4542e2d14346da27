//! `lint --fix`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use chrono::{SecondsFormat, Utc};
use clap::Args;
use seachange_cli::git::Commit;
use seachange_cli::{
    Diagnostic, Exit, crate_config::CrateConfig, file_plan::FilePlan, printable, project::shown, prompt,
};
use seachange_source::{
    NewRevision, RevisionFile, RevisionFiles, RevisionStep, StepCode, new_id, parse, parse_place, render, step_body,
    with_constant, with_step,
};

use crate::cli::commands::new_files::{SHOWN, SYSTEMS, check_graph, fill, free_path};
use crate::cli::commands::revision::check_compiled;
use crate::cli::context::Context;
use crate::cli::hints::autogenerate;
use crate::impact::fix::{Fills, FixError, FixRequest, FixedRevision, backend_path, fix};
use crate::impact::{Levels, NewTables, RevisionImpact, RuleOptions, findings, without_allowed};
use crate::revision::RegisteredRevision;
use crate::settings::DatabaseSettings;

/// The branches in which a revision counts as published, if the user names none.
const BRANCHES: [&str; 2] = ["git:main", "git:master"];

const HEADING: &str = "Rewriting";

/// Arguments of `lint --fix`.
#[derive(Debug, Args)]
pub(super) struct FixArgs {
    /// Rewrite the pending revisions that block other sessions into several that do not; both are run and compared on
    /// scratch databases first. It is refused for a revision that the database or the main branch has
    #[arg(long, conflicts_with_all = ["data", "format"], help_heading = HEADING)]
    fix: bool,
    /// Do not ask for confirmation
    #[arg(long, requires = "fix", help_heading = HEADING)]
    yes: bool,
    /// Rewrite also files with changes that are not committed
    #[arg(long, requires = "fix", help_heading = HEADING)]
    allow_dirty: bool,
    /// Refuse a revision that this commit, branch or tag has, such as `git:v1.4.0` [default: `git:main` or `git:master`]
    #[arg(long, value_name = "PLACE", requires = "fix", help_heading = HEADING)]
    published: Option<String>,
    /// The value for the rows that are there, where a new column is required and has no default: an expression in SQL;
    /// may be repeated
    #[arg(long, value_name = "TABLE.COLUMN=EXPRESSION", value_parser = fill, requires = "fix", help_heading = HEADING)]
    fill: Vec<(String, String)>,
}

/// The measured revisions, and what is needed to measure others.
pub(super) struct MeasuredRevisions<'a> {
    pub(super) below: &'a [&'static RegisteredRevision],
    pub(super) measured: &'a [RevisionImpact],
    pub(super) levels: &'a Levels,
    pub(super) options: &'a RuleOptions,
    pub(super) scratch: &'a DatabaseSettings,
}

impl FixArgs {
    pub(super) fn is_asked_for(&self) -> bool {
        self.fix
    }

    /// Rewrites the revisions with findings. One that is not rewritten is a warning; if it is the only one and no other is
    /// rewritten, it is the error of the command.
    pub(super) async fn run(&self, context: &Context, all: MeasuredRevisions<'_>) -> Result<Exit, Diagnostic> {
        let sources = context.files()?;
        check_compiled(context, &sources)?;
        let fills: Fills = self.fill.iter().cloned().collect();
        let (mut new, mut plan, mut exit) = (NewTables::default(), FilePlan::default(), Exit::Success);
        let (mut written, mut refused, mut published) = (Vec::new(), Vec::new(), None);
        let mut files = sources.files().to_vec();
        for (number, impact) in all.measured.iter().enumerate() {
            if without_allowed(impact, findings(impact, &mut new, all.options), all.levels, &|_| true).is_empty() {
                continue;
            }
            let request = FixRequest {
                below: all.below,
                measured: all.measured,
                number,
                levels: all.levels,
                options: all.options,
                fills: &fills,
                scratch: all.scratch,
            };
            let named = named(impact.script);
            context.terminal.status(format!("looking for safe statements in the place of {named}"));
            let fixed = match Box::pin(fix(request)).await {
                Ok(fixed) => fixed,
                Err(FixError::Autogenerate(error)) => return Err(autogenerate::problem(&error)),
                Err(error) => {
                    refused.push(problem(&error, impact.script));
                    continue;
                }
            };
            for own in &fixed.unfixed {
                exit = Exit::Findings;
                let statement = printable::one_line(&own.statement, SHOWN);
                let warning = format!("{}[{named}]: {}: {statement}", own.rule, own.reason);
                context.terminal.warn(printable::name(&warning));
            }
            if fixed.steps.is_empty() {
                continue;
            }
            let published = match &mut published {
                Some(published) => published,
                none => none.insert(self.published(context, &sources).await?),
            };
            let rewritten = match published.refusal(context, impact.script)? {
                Some(refusal) => Err(refusal),
                None => Rewrite::new(&sources, impact.script, self.allow_dirty)
                    .and_then(|rewrite| rewrite.written(&fixed, &files)),
            };
            match rewritten {
                Ok(rewritten) => {
                    for (own, parsed) in rewritten {
                        own.add_to(&mut plan)?;
                        files.retain(|file| file.path != own.path);
                        files.push(parsed);
                        written.push(own);
                    }
                }
                Err(problem) => refused.push(problem),
            }
        }
        if written.is_empty() && refused.len() == 1 {
            return Err(refused.remove(0).detail("nothing was written"));
        }
        for problem in refused {
            exit = Exit::Findings;
            context.terminal.warn(&problem.message);
            problem.hints.iter().for_each(|hint| context.terminal.hint(hint));
        }
        if written.is_empty() {
            context.terminal.status("nothing to rewrite");
            return Ok(exit);
        }
        self.write(context, &sources, &plan, &files, &written)?;
        Ok(exit)
    }

    /// Shows the files, asks, and writes them.
    fn write(
        &self,
        context: &Context,
        sources: &RevisionFiles,
        plan: &FilePlan,
        files: &[RevisionFile],
        written: &[WrittenFile],
    ) -> Result<(), Diagnostic> {
        check_graph(files.to_vec())?;
        plan.check_within(sources.root())?;
        for WrittenFile { path, text, before } in written {
            let word = if before.is_none() { "a new file" } else { "changed" };
            context.terminal.status(format!("\n{}, {word}:\n", shown(path)));
            context.terminal.status(text.trim_end());
        }
        let count = match written.len() {
            1 => "1 file".to_owned(),
            count => format!("{count} files"),
        };
        context.terminal.status("");
        prompt::agree(&format!("write {count}"), self.yes)?;
        plan.apply(context.terminal)?;
        let config = CrateConfig::read(sources.root())?;
        written.iter().try_for_each(|own| config.run_hooks(&own.path, context.terminal))?;
        context.terminal.status("on scratch databases, they make the same schema, and each `down` leads back");
        Ok(())
    }

    /// Reads which revisions the connected database and the main branch have.
    async fn published(&self, context: &Context, sources: &RevisionFiles) -> Result<Published, Diagnostic> {
        let migrator = context.connect_to_read().await?;
        let pending = migrator.pending().await;
        migrator.close().await?;
        let pending = pending?.iter().map(|own| own.revision.id).collect();
        let branch = match &self.published {
            Some(place) => Some(Commit::find(sources.root(), place, "--published")?),
            None => BRANCHES.iter().find_map(|place| Commit::find(sources.root(), place, "--published").ok()),
        };
        let Some(commit) = branch else {
            let warning = "no branch `main` or `master`: only the database says whether a revision is published";
            context.terminal.warn(warning);
            return Ok(Published { pending, branch: None });
        };
        let folders: Vec<&Path> = sources.folders().iter().map(PathBuf::as_path).collect();
        let files = commit.files(&folders)?;
        let read = files.iter().filter_map(|file| parse_place(&file.path, &file.text).ok());
        let ids = read.map(|file| file.revision.id).collect();
        Ok(Published { pending, branch: Some((printable::name(commit.name()).into_owned(), ids)) })
    }
}

/// The revisions that are not rewritten.
struct Published {
    /// Those that the connected database does not have.
    pending: HashSet<&'static str>,
    /// The name of the commit, and the ids that it has.
    branch: Option<(String, HashSet<String>)>,
}

impl Published {
    /// Why a revision is not rewritten, if the connected database or the main branch has it.
    fn refusal(&self, context: &Context, script: &RegisteredRevision) -> Result<Option<Diagnostic>, Diagnostic> {
        let reason = match &self.branch {
            _ if !self.pending.contains(script.revision.id) => format!("`{}` has it", context.settings()?),
            Some((branch, ids)) if ids.contains(script.revision.id) => {
                format!("`{branch}` has it, so a database may have it too")
            }
            _ => return Ok(None),
        };
        let message = format!("{} is not rewritten: {reason}", named(script));
        Ok(Some(Diagnostic::usage(message).hint("write a new revision")))
    }
}

fn named(script: &RegisteredRevision) -> String {
    format!("`{}`", script.revision.id)
}

fn problem(error: &FixError, script: &RegisteredRevision) -> Diagnostic {
    let message = |exit| {
        let text = format!("{} cannot be rewritten: {error}", named(script));
        Diagnostic::new(exit, printable::name(&text)).detail(format!("its file is `{}`", script.path().display()))
    };
    match error {
        FixError::Autogenerate(error) => autogenerate::problem(error),
        FixError::Unknown(_) | FixError::Squash | FixError::Undivided(_) | FixError::NotReverted(_) => {
            message(Exit::Findings).hint("`lint` says what it found, and how to make it safe by hand")
        }
        FixError::Refused(_) | FixError::Differs(_) | FixError::Found { .. } => {
            message(Exit::Differs).hint("make the change by hand")
        }
    }
}

/// A file that is to be written.
struct WrittenFile {
    path: PathBuf,
    text: String,
    /// Its text until now; `None` for a new file.
    before: Option<String>,
}

impl WrittenFile {
    fn add_to(&self, plan: &mut FilePlan) -> Result<(), Diagnostic> {
        match self.before.clone() {
            Some(before) => plan.edit(self.path.clone(), before, self.text.clone()),
            None => plan.create(self.path.clone(), self.text.clone())?,
        }
        Ok(())
    }
}

/// A revision that is rewritten.
struct Rewrite<'a> {
    script: &'static RegisteredRevision,
    path: &'a Path,
    /// As it is on the disk.
    text: String,
    file: RevisionFile,
    template: Option<String>,
}

impl<'a> Rewrite<'a> {
    /// Reads the file. It has to be that which was compiled, and committed unless `allow_dirty`.
    fn new(
        sources: &'a RevisionFiles,
        script: &'static RegisteredRevision,
        allow_dirty: bool,
    ) -> Result<Self, Diagnostic> {
        let named = named(script);
        let known = sources.file(script.revision.id);
        let path = known.map(|file| file.path.as_path()).ok_or_else(|| {
            Diagnostic::new(Exit::Mismatch, format!("{named} has no file")).hint("build the program again")
        })?;
        let unread =
            |reason: String| Diagnostic::new(Exit::Failure, format!("`{}` cannot be read: {reason}", shown(path)));
        let text = std::fs::read_to_string(path).map_err(|error| unread(error.to_string()))?;
        let file = parse(path, &text).map_err(|_| unread("it is not a revision".to_owned()))?;
        if file.source.as_ref().is_some_and(|source| source.digest != script.source_hash) {
            let message = format!("this program was built before `{}` was changed", shown(path));
            return Err(Diagnostic::new(Exit::Mismatch, message).hint("build it again"));
        }
        if !allow_dirty && is_dirty(sources.root(), path, &text) {
            let message = format!("`{}` has changes that are not committed", shown(path));
            return Err(Diagnostic::usage(message).hint("commit them, or allow it with `--allow-dirty`"));
        }
        let template = CrateConfig::read(sources.root())?.template;
        Ok(Self { script, path, text, file, template })
    }

    /// The files, with what the graph reads of each. `present` are those that are there.
    fn written(
        &self,
        fixed: &FixedRevision,
        present: &[RevisionFile],
    ) -> Result<Vec<(WrittenFile, RevisionFile)>, Diagnostic> {
        // The code for other systems stays in the file, and so do the files of SQL that it includes.
        let includes = self.file.source.as_ref().is_some_and(|source| !source.included.is_empty());
        let only = (SYSTEMS > 1 || includes).then(|| backend_path(fixed.backend));
        let mut revisions = self.revisions(fixed, only);
        let last = revisions.pop().ok_or_else(|| self.unwritable())?;
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let mut written: Vec<(WrittenFile, RevisionFile)> = Vec::new();
        for (new, step) in revisions {
            let remark = format!("Written by `lint --fix` in the place of a part of `{}`.", self.script.revision.id);
            let new = NewRevision { bodies: Some(step_body(&step, only, vec![remark])), ..new };
            let paths = present.iter().map(|file| &file.path).chain(written.iter().map(|(own, _)| &own.path));
            let path = free_path(folder, &new, paths);
            let text = render(&new);
            let parsed = parse(&path, &text).map_err(|_| self.unwritable())?;
            written.push((WrittenFile { path, text, before: None }, parsed));
        }
        let (new, step) = last;
        let text = match only {
            Some(backend) => with_constant(&self.text, &new).and_then(|text| with_step(&text, &step, backend)),
            None => {
                let remarks = self.file.description.lines().map(str::to_owned).collect();
                Some(render(&NewRevision { bodies: Some(step_body(&step, None, remarks)), ..new }))
            }
        };
        let text = text.ok_or_else(|| self.unwritable())?;
        let parsed = parse(self.path, &text).map_err(|_| self.unwritable())?;
        let before = Some(self.text.clone());
        written.push((WrittenFile { path: self.path.to_owned(), text, before }, parsed));
        Ok(written)
    }

    /// The revisions with their places in the graph. The last one keeps the id, so that the revisions above it stay as
    /// they are; labels and dependencies are those of the first one.
    fn revisions(&self, fixed: &FixedRevision, only: Option<&str>) -> Vec<(NewRevision, RevisionStep)> {
        let mut steps: Vec<_> =
            fixed.steps.iter().map(|own| (own.message.clone(), own.code.clone(), own.allow.clone())).collect();
        let is_outside = self.script.migration.use_transaction() == Some(false);
        if only.is_some() && steps.last().is_none_or(|(_, code, _)| code.outside_transaction != is_outside) {
            // The file keeps the code for the other systems, with its transaction.
            let nothing = || StepCode::Statements(Vec::new());
            let code = RevisionStep { up: nothing(), down: nothing(), outside_transaction: is_outside };
            steps.push((String::new(), code, Vec::new()));
        }
        let own = &self.file.revision;
        let created = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
        let count = steps.len();
        let mut parents = own.down_revision.clone();
        let mut revisions = Vec::new();
        for (number, (message, code, allow)) in steps.into_iter().enumerate() {
            let (is_first, is_last) = (number == 0, number + 1 == count);
            let id = if is_last { own.id.clone() } else { new_id() };
            let new = NewRevision {
                id: id.clone(),
                message: if is_last { self.file.message.clone() } else { message },
                down_revision: std::mem::replace(&mut parents, vec![id]),
                depends_on: if is_first { own.depends_on.clone() } else { Vec::new() },
                branch_labels: if is_first { own.branch_labels.clone() } else { Vec::new() },
                after_backfills: if is_first { texts(self.script.revision.after_backfills) } else { Vec::new() },
                not_before: if is_first { self.script.revision.not_before.to_owned() } else { String::new() },
                lock_timeout: self.script.revision.lock_timeout.to_owned(),
                allow: if is_last && only.is_some() { self.allowances(allow) } else { allow },
                created: if is_last { self.file.created.clone().unwrap_or_default() } else { created.clone() },
                template: self.template.clone(),
                ..NewRevision::default()
            };
            revisions.push((new, code));
        }
        revisions
    }

    /// The allowances of the original, which other systems may need, and those of a step.
    fn allowances(&self, of_step: Vec<String>) -> Vec<String> {
        let mut all = texts(self.script.revision.allow);
        all.extend(of_step.into_iter().filter(|text| !self.script.revision.allow.contains(&text.as_str())));
        all
    }

    fn unwritable(&self) -> Diagnostic {
        let message = format!("`{}` has a form that cannot be rewritten", shown(self.path));
        Diagnostic::new(Exit::Failure, message)
            .detail("the methods `up` and `down` have to be in `impl MigrationTrait for Migration`")
    }
}

fn texts(all: &[&str]) -> Vec<String> {
    all.iter().map(ToString::to_string).collect()
}

/// Whether a file differs from the one of the last commit. A file that is not in it, or that is in no repository, does
/// not.
fn is_dirty(root: &Path, path: &Path, text: &str) -> bool {
    let relative = path.strip_prefix(root).unwrap_or(path);
    let committed = Commit::find(root, "git:HEAD", "--fix").and_then(|commit| commit.files(&[relative]));
    committed.is_ok_and(|files| files.iter().any(|file| file.text != text))
}
