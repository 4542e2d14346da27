//! The safe revisions in the place of one that blocks other sessions: what `lint --fix` writes.
//!
//! They are made of the statements that were measured, not of the code. `postgres` and `mysql` know the safe statements;
//! `prove` runs the original and what would be written on scratch databases, and compares both. Nothing is written here.

mod alter_table;
mod migration;
mod mysql;
mod postgres;
mod prove;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use sea_orm::DbBackend;
use seachange_source::{RevisionStep, StepCode};

use self::migration::registered;
pub(crate) use self::migration::run_step;
use super::foresee::DatabaseVersion;
use super::measured::RevisionImpact;
use super::rules::{Finding, Levels, NewTables, RuleOptions, findings, without_allowed};
use super::{StatementImpact, measure};
use crate::autogenerate::{AutogenerateError, SchemaOperation};
use crate::revision::RegisteredRevision;
use crate::settings::DatabaseSettings;
use crate::sql::{SqlDialect, statements};

/// Why a revision cannot be rewritten. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FixError {
    /// The scratch database cannot be used or read.
    #[error(transparent)]
    Autogenerate(#[from] AutogenerateError),
    /// What the revision does is not known.
    #[error("what it does is not known: {0}")]
    Unknown(String),
    /// It stands in the place of others.
    #[error("it is a squash revision")]
    Squash,
    /// Its own downgrade leaves differences.
    #[error("its `down` does not revert its `up`: {}", .0.join(", "))]
    NotReverted(Vec<String>),
    /// The downgrade cannot be divided.
    #[error("its `down` cannot be divided among the new revisions: {0}")]
    Undivided(String),
    /// What would be written fails on the copy.
    #[error("the database refuses what would be written: {0}")]
    Refused(String),
    /// What would be written makes another schema.
    #[error("what would be written makes another schema: {}", .0.join(", "))]
    Differs(Vec<String>),
    /// What would be written has a finding that it should not have.
    #[error("`lint` would still find `{rule}` in what would be written: {message}")]
    Found { rule: &'static str, message: String },
}

/// The revisions in the place of one.
#[derive(Debug)]
pub(crate) struct FixedRevision {
    /// The database system on which they were proven.
    pub(crate) backend: DbBackend,
    /// In the order in which they run. The last one keeps the id of the original.
    pub(crate) steps: Vec<FixedStep>,
    /// What could not be made safe, each with the reason.
    pub(crate) unfixed: Vec<Unfixed>,
}

/// The path of a database system in the code of a revision.
pub(crate) fn backend_path(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => "sea_orm::DbBackend::Postgres",
        DbBackend::MySql => "sea_orm::DbBackend::MySql",
        _ => "sea_orm::DbBackend::Sqlite",
    }
}

/// One of the revisions in the place of another.
#[derive(Debug)]
pub(crate) struct FixedStep {
    /// What it does, in a few words; the last one keeps the message of the original.
    pub(crate) message: String,
    pub(crate) code: RevisionStep,
    /// What `lint` does not report of it: texts `rule: reason`.
    pub(crate) allow: Vec<String>,
}

/// A finding for which there are no safe statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unfixed {
    pub(crate) rule: &'static str,
    /// The statement.
    pub(crate) statement: String,
    pub(crate) reason: String,
}

/// The values for the rows that are there when a column becomes required, by `table.column`: expressions in SQL.
pub(crate) type Fills = BTreeMap<String, String>;

/// What to rewrite, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FixRequest<'a> {
    /// The revisions that run before the measured ones.
    pub(crate) below: &'a [&'static RegisteredRevision],
    /// The measured revisions, in the order in which they run.
    pub(crate) measured: &'a [RevisionImpact],
    /// Which of them to rewrite.
    pub(crate) number: usize,
    pub(crate) levels: &'a Levels,
    pub(crate) options: &'a RuleOptions,
    pub(crate) fills: &'a Fills,
    /// Names the server for scratch databases.
    pub(crate) scratch: &'a DatabaseSettings,
}

impl FixRequest<'_> {
    fn original(&self) -> &RevisionImpact {
        &self.measured[self.number]
    }

    /// The tables that measured revisions before it create.
    fn new_tables(&self) -> NewTables {
        let mut new = NewTables::default();
        self.measured[..self.number].iter().for_each(|impact| drop(findings(impact, &mut new, self.options)));
        new
    }

    /// All revisions before it.
    fn before(&self) -> Vec<&'static RegisteredRevision> {
        let earlier = self.measured[..self.number].iter().map(|impact| impact.script);
        self.below.iter().copied().chain(earlier).collect()
    }
}

/// Finds the safe revisions in the place of a measured one, and proves them. Without steps, there is nothing to write.
///
/// # Errors
///
/// See [`FixError`].
pub(crate) async fn fix(request: FixRequest<'_>) -> Result<FixedRevision, FixError> {
    let original = request.original();
    if let Some(reason) = &original.unknown {
        return Err(FixError::Unknown(reason.clone()));
    }
    if !original.script.revision.replaces.is_empty() {
        return Err(FixError::Squash);
    }
    let version = original.server.version;
    let divided = divided(request).await?;
    let impact = divided.as_ref().unwrap_or(original);
    let found = without_allowed(
        original,
        findings(impact, &mut request.new_tables(), request.options),
        request.levels,
        &|_| true,
    );
    let plan = plan(impact, &found, version, request.fills);
    let mut fixed = FixedRevision { backend: original.backend, steps: Vec::new(), unfixed: plan.unfixed };
    if plan.is_changed {
        fixed.steps = prove::prove(request, plan.steps, &found).await?;
    }
    Ok(fixed)
}

/// The revision measured again, with each statement on its own, if it has sent texts of several statements.
async fn divided(request: FixRequest<'_>) -> Result<Option<RevisionImpact>, FixError> {
    let original = request.original();
    let grammar = SqlDialect::of(original.backend);
    let texts: Vec<String> = original
        .statements
        .iter()
        .flat_map(|own| match statements(&own.text, grammar).as_slice() {
            [] | [_] => vec![own.text.clone()],
            several => several.iter().map(|one| one.text.to_owned()).collect(),
        })
        .collect();
    if texts.len() == original.statements.len() {
        return Ok(None);
    }
    let step = RevisionStep {
        up: StepCode::Statements(texts),
        down: StepCode::Statements(Vec::new()),
        outside_transaction: original.script.migration.use_transaction() == Some(false),
    };
    let script = registered(original.script, &step);
    let mut measured = measure(&request.before(), &[script], request.scratch).await?;
    let mut impact = measured.pop().ok_or_else(|| FixError::Unknown("it was not measured".to_owned()))?;
    match impact.unknown.take() {
        Some(reason) => Err(FixError::Unknown(reason)),
        None => Ok(Some(impact)),
    }
}

/// A step before it is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
struct PlannedStep {
    message: String,
    up: StepCode,
    down: PlannedDown,
    outside_transaction: bool,
    /// Rules whose findings in this step mean nothing, each with the reason.
    harmless: Vec<(&'static str, &'static str)>,
}

/// How a step is reverted.
#[derive(Debug, Clone, PartialEq, Eq)]
enum PlannedDown {
    /// By these statements.
    Statements(Vec<String>),
    /// By those statements of the original downgrade that lead back.
    OfTheOriginal,
}

/// What a statement becomes.
enum Part {
    /// A statement as it was; it can be in one revision with those before and after it.
    Kept(String),
    /// A revision of its own.
    Step(Box<PlannedStep>),
}

/// The steps in the place of a revision.
struct Plan {
    steps: Vec<PlannedStep>,
    unfixed: Vec<Unfixed>,
    /// Whether the steps are more than the statements as they were.
    is_changed: bool,
}

/// A statement, with what was measured of it.
struct FixedStatement<'a> {
    impact: &'a StatementImpact,
    operations: Vec<&'a SchemaOperation>,
    /// The ids of the rules that have found something in it.
    rules: BTreeSet<&'static str>,
    version: DatabaseVersion,
    fills: &'a Fills,
}

/// The rules that a division into several revisions answers.
const DIVIDED: [&str; 2] = ["lock-held", "rows-and-schema"];

/// The rules about the rows that only `--data` or a person answers.
const LEFT_TO_PEOPLE: [&str; 4] = ["drop-table", "drop-column", "rename-table", "rename-column"];

fn plan(impact: &RevisionImpact, found: &[Finding], version: DatabaseVersion, fills: &Fills) -> Plan {
    let mut steps: Vec<PlannedStep> = Vec::new();
    let (mut unfixed, mut is_changed, mut is_open) = (Vec::new(), false, false);
    for (number, own) in impact.statements.iter().enumerate() {
        let rules: BTreeSet<&'static str> =
            found.iter().filter(|finding| finding.statement == Some(number)).map(|finding| finding.rule.id).collect();
        let changes = impact.changes.iter().filter(|change| change.statement == Some(number));
        let statement = FixedStatement {
            impact: own,
            operations: changes.flat_map(|change| &change.operations).collect(),
            version,
            fills,
            rules,
        };
        if statement.rules.iter().any(|rule| DIVIDED.contains(rule)) && is_open {
            (is_open, is_changed) = (false, true);
        }
        let safe = match impact.backend {
            DbBackend::Postgres => postgres::parts(&statement),
            DbBackend::MySql => mysql::parts(&statement),
            _ => Err(sqlite_reason(&statement)),
        };
        let parts = match safe {
            Ok(parts) => parts,
            Err(reason) => {
                let wanted = statement.rules.iter().filter(|rule| is_about_blocking(rule));
                unfixed.extend(wanted.map(|rule| Unfixed {
                    rule,
                    statement: own.text.clone(),
                    reason: reason.clone(),
                }));
                vec![Part::Kept(own.text.clone())]
            }
        };
        for part in parts {
            match part {
                Part::Step(step) => {
                    steps.push(*step);
                    (is_open, is_changed) = (false, true);
                }
                Part::Kept(text) => {
                    match steps.last_mut().filter(|_| is_open).map(|step| &mut step.up) {
                        Some(StepCode::Statements(statements)) => statements.push(text),
                        _ => {
                            let number = steps.len() + 1;
                            steps.push(kept(impact, format!("{}, part {number}", impact.script.message), text));
                        }
                    }
                    is_open = true;
                }
            }
        }
    }
    let mut seen = HashSet::new();
    unfixed.retain(|own: &Unfixed| seen.insert((own.rule, own.statement.clone())));
    Plan { steps, unfixed, is_changed }
}

/// A step of statements as they were.
fn kept(impact: &RevisionImpact, message: String, text: String) -> PlannedStep {
    PlannedStep {
        message,
        up: StepCode::Statements(vec![text]),
        down: PlannedDown::OfTheOriginal,
        outside_transaction: impact.script.migration.use_transaction() == Some(false),
        harmless: Vec::new(),
    }
}

/// Whether a rule is about what other sessions wait for, or what they cannot write any more.
pub(crate) fn is_about_blocking(rule: &str) -> bool {
    (rule.ends_with("-blocks") || rule == "index-blocks-writes" || rule == "add-required-column")
        && !LEFT_TO_PEOPLE.contains(&rule)
}

/// A statement that does not block, with what makes the server refuse it rather than block, where there is such a clause.
pub(crate) fn stated(statement: &StatementImpact, backend: DbBackend) -> String {
    match backend {
        DbBackend::MySql => mysql::stated(statement),
        _ => statement.text.clone(),
    }
}

/// Why a statement stays as it is on SQLite.
fn sqlite_reason(_statement: &FixedStatement<'_>) -> String {
    "no online way: SQLite has one lock for all writers of a file, and each statement that writes holds it to its end"
        .to_owned()
}
