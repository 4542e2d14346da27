//! `revision --autogenerate --online`: the files of a change in two halves.

mod bodies;
mod branches;

use std::path::PathBuf;

use chrono::{SecondsFormat, Utc};
use seachange_cli::commands::revision::NewRevisionArgs;
use seachange_cli::{Diagnostic, Exit, crate_config::CrateConfig, file_plan::FilePlan, printable, project::shown};
use seachange_source::{NewRevision, RevisionFiles, new_id, parse, render};

use self::bodies::Bodies;
use self::branches::{Branches, branches};
use crate::autogenerate::online::{FillError, SideValue};
use crate::autogenerate::{Comparison, Renames, SchemaOperation};
use crate::cli::commands::lint::RuleArgs;
use crate::cli::commands::new_files::{SHOWN, SYSTEMS, check_graph, free_path};
use crate::cli::context::Context;
use crate::cli::hints::autogenerate;
use crate::impact::fix::{Fills, FixError, Unfixed, backend_path};
use crate::impact::online::{
    END_OF_REBUILD, OnlineBranch, OnlineCode, OnlineError, OnlinePlanRequest, OnlineRevision, OnlineRevisions,
    revisions,
};
use crate::settings::DatabaseSettings;

/// A change that is to be written.
#[derive(Clone, Copy)]
pub(super) struct OnlineWriter<'a> {
    pub(super) context: &'a Context,
    pub(super) sources: &'a RevisionFiles,
    pub(super) comparison: &'a Comparison,
    pub(super) renames: &'a Renames,
    pub(super) operations: &'a [SchemaOperation],
    pub(super) fills: &'a Fills,
    pub(super) scratch: &'a DatabaseSettings,
}

impl OnlineWriter<'_> {
    /// Finds the revisions, proves them, and writes their files.
    pub(super) async fn write(self, new: &NewRevisionArgs) -> Result<Exit, Diagnostic> {
        let terminal = self.context.terminal;
        let branches = branches(self.sources, new)?;
        let (levels, options) = RuleArgs::default().settings(self.context)?;
        let message = new.message();
        let request = OnlinePlanRequest {
            comparison: self.comparison,
            renames: self.renames,
            message: &message,
            operations: self.operations,
            fills: self.fills,
            levels: &levels,
            options: &options,
            scratch: self.scratch,
        };
        let planned = Box::pin(revisions(request)).await.map_err(|error| problem(&error))?;
        for remark in &planned.remarks {
            terminal.warn(printable::name(&remark.to_string()));
        }
        self.warn_of_unfixed(&planned.unfixed);
        if !planned.rebuilding.is_empty() {
            let statements: Vec<&str> = planned.rebuilding.iter().map(String::as_str).collect();
            self.warn_of(END_OF_REBUILD, &statements);
        }
        if planned.has_one_writer {
            terminal.warn("SQLite has one lock for all writers of a file: each revision holds it to its end");
        }
        let swapped = planned.swapped();
        if !swapped.is_empty() {
            let name = |(table, column)| format!("`{table}.{column}`");
            let names: Vec<String> = swapped.iter().filter_map(|own| own.place()).map(name).collect();
            terminal
                .warn(printable::name(&format!("contracting changes types under their names: {}", names.join(", "))));
            terminal.hint(
                "the version that runs then has to read both types; with another name for the new column \
                 (`renamed_from`), each version reads its own",
            );
            // Where a column of another type has to be cast.
            let first = swapped.first().and_then(|own| own.new.first());
            if let Some(SideValue::Cast { to, .. }) = first.map(|own| &own.value) {
                terminal.hint(format!("or `#[sea_orm(select_as = \"{to}\")]` in the entity converts what it reads"));
            }
        }
        let files = self.files(planned, &branches, &message)?;
        self.create(&files)?;
        let labels = [&branches.expand.label, &branches.contract.label];
        let has = |branch| files.iter().any(|file| file.branch == branch);
        if has(OnlineBranch::Expand) {
            terminal.status(format!("before the new version is deployed: `up {}@head`", labels[0]));
        }
        if has(OnlineBranch::Contract) {
            terminal.status(format!("when no old version runs any more: `up {}@head`", labels[1]));
        }
        Ok(Exit::Success)
    }

    /// Warns of the statements that block, each reason once.
    fn warn_of_unfixed(self, unfixed: &[Unfixed]) {
        let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
        for Unfixed { statement, reason, .. } in unfixed {
            match reasons.iter_mut().find(|(own, _)| own == reason) {
                Some((_, statements)) if statements.contains(&statement.as_str()) => {}
                Some((_, statements)) => statements.push(statement),
                None => reasons.push((reason, vec![statement])),
            }
        }
        for (reason, statements) in reasons {
            self.warn_of(reason, &statements);
        }
    }

    /// A warning, with the statements of which it is true.
    fn warn_of(self, reason: &str, statements: &[&str]) {
        self.context.terminal.warn(printable::name(reason));
        for statement in statements {
            self.context.terminal.status(format!("  {}", printable::one_line(statement, SHOWN)));
        }
    }

    /// The files, in the order in which the revisions run.
    fn files(
        self,
        planned: OnlineRevisions,
        branches: &Branches,
        message: &str,
    ) -> Result<Vec<OnlineFile>, Diagnostic> {
        let config = CrateConfig::read(self.sources.root())?;
        let only = (SYSTEMS > 1).then(|| backend_path(self.comparison.backend()));
        let bodies = Bodies { comparison: self.comparison, only };
        let created = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
        let mut known = self.sources.files().to_vec();
        let (mut files, mut filled, mut last_expanding) = (Vec::new(), Vec::new(), None);
        let mut places = [Some(&branches.expand), Some(&branches.contract)];
        let mut parents = [branches.expand.down_revision.clone(), branches.contract.down_revision.clone()];
        let mut all: Vec<_> = planned.revisions.iter().map(Some).collect();
        // Other database systems get the change at once, at its end.
        all.extend(only.map(|_| None));
        for own in all {
            let branch = own.map_or_else(|| last_branch(&planned.revisions), |own| own.branch);
            let at = usize::from(branch == OnlineBranch::Contract);
            let id = new_id();
            // The first revision of this run on its branch.
            let first = places[at].take();
            let new = NewRevision {
                id: id.clone(),
                message: title(message, own, branch),
                down_revision: std::mem::replace(&mut parents[at], vec![id.clone()]),
                depends_on: match first {
                    Some(_) if branch == OnlineBranch::Contract => last_expanding.clone().into_iter().collect(),
                    _ => Vec::new(),
                },
                branch_labels: first
                    .filter(|place| place.is_new)
                    .map(|place| place.label.clone())
                    .into_iter()
                    .collect(),
                allow: own.map(|own| own.allow.clone()).unwrap_or_default(),
                after_backfills: match first {
                    Some(_) if branch == OnlineBranch::Contract => std::mem::take(&mut filled),
                    _ => Vec::new(),
                },
                lock_timeout: own.map_or("", |own| own.lock_timeout(self.comparison.backend())).to_owned(),
                bodies: Some(match own {
                    Some(own) => bodies.body(own, remarks(message, own.branch)),
                    None => bodies.elsewhere(self.operations),
                }),
                created: created.clone(),
                template: config.template.clone(),
                ..NewRevision::default()
            };
            if let Some(OnlineCode::Fill(columns)) = own.map(|own| &own.up) {
                let number = |number: usize| if number == 1 { id.clone() } else { format!("{id}-{number}") };
                filled.extend((1..=columns.len()).map(number));
            }
            if branch == OnlineBranch::Expand {
                last_expanding = Some(id);
            }
            let folder = [&branches.expand.folder, &branches.contract.folder][at];
            let path = free_path(folder, &new, known.iter().map(|file| &file.path));
            let text = render(&new);
            known.push(parse(&path, &text).map_err(|_| unwritable(&path))?);
            files.push(OnlineFile { branch, path, text });
        }
        check_graph(known)?;
        Ok(files)
    }

    fn create(self, files: &[OnlineFile]) -> Result<(), Diagnostic> {
        let mut plan = FilePlan::default();
        for file in files {
            plan.create(file.path.clone(), file.text.clone())?;
        }
        plan.check_within(self.sources.root())?;
        plan.apply(self.context.terminal)?;
        let config = CrateConfig::read(self.sources.root())?;
        for file in files {
            config.run_hooks(&file.path, self.context.terminal)?;
        }
        Ok(())
    }
}

/// A file that is to be written.
struct OnlineFile {
    branch: OnlineBranch,
    path: PathBuf,
    text: String,
}

fn unwritable(path: &std::path::Path) -> Diagnostic {
    let hint = "the template of the crate has to give a revision that can be read";
    Diagnostic::new(Exit::Failure, format!("`{}` would not be a revision", shown(path))).hint(hint)
}

fn last_branch(revisions: &[OnlineRevision]) -> OnlineBranch {
    revisions.last().map_or(OnlineBranch::Expand, |own| own.branch)
}

/// The message of a revision: what it does of the change.
fn title(message: &str, own: Option<&OnlineRevision>, branch: OnlineBranch) -> String {
    match (own, branch) {
        (None, _) => format!("{message}: on other database systems"),
        (Some(OnlineRevision { message: Some(own), .. }), _) => own.clone(),
        (Some(_), OnlineBranch::Expand) => format!("{message}: expand"),
        (Some(_), OnlineBranch::Contract) => format!("{message}: contract"),
    }
}

/// Of what a revision is a part, and when it is to run.
fn remarks(message: &str, branch: OnlineBranch) -> Vec<String> {
    let time = match branch {
        OnlineBranch::Expand => "before the new version of the service is deployed.",
        OnlineBranch::Contract => "when no old version of the service runs any more.",
    };
    vec![format!("A part of \"{message}\", to be applied"), time.to_owned()]
}

fn problem(error: &OnlineError) -> Diagnostic {
    match error {
        OnlineError::Fill(fill) => {
            let problem = Diagnostic::usage(printable::name(&error.to_string()));
            match (fill.missing(), fill) {
                (Some(column), _) => {
                    problem.hint(format!("`--fill {column}=EXPRESSION` gives it, an expression in SQL"))
                }
                (None, FillError::Unchanged { .. }) => {
                    problem.hint("nothing was written; `--fill` is for columns that one of the versions does not know")
                }
                (None, _) => problem.hint(
                    "nothing was written; `seachange::synchronise` in a revision written by hand takes any columns",
                ),
            }
        }
        OnlineError::Fix(FixError::Autogenerate(error)) => autogenerate::problem(error),
        OnlineError::Fix(error) => {
            Diagnostic::new(Exit::Differs, printable::name(&format!("the change cannot be made online: {error}")))
                .hint("nothing was written; without `--online`, it is one revision")
        }
    }
}
