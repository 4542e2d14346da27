//! Whether the entities of a version of the service work on the schema after each revision, and in which order revisions
//! and versions are deployed. Values in, values out.
//!
//! An entity is not compared with a schema, but with the difference between two schemas: what is the same in both cannot
//! break an entity that works on the first one. So an entity of another database, or of a table that no revision makes,
//! changes no verdict, and a difference that no rule below explains is never taken for safe.

mod differences;
mod types;
mod verdict;

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::DbBackend;
use seachange_source::columns::SourceEntity;

use self::differences::{Difference, differences};
use self::verdict::{Verdict, of_view, verdict};
use super::measured::RevisionImpact;
use super::rules::{Finding, rule};
use crate::autogenerate::{DatabaseState, SchemaOperation, TableChange};
use crate::schema::{ObjectKind, TableName};

/// The entities of a version of the service.
#[derive(Debug, Clone)]
pub(crate) struct VersionEntities {
    /// The version, as messages name it.
    pub(crate) name: String,
    /// The entities, each with its file.
    pub(crate) entities: Vec<(String, SourceEntity)>,
    /// What may be an entity and cannot be read: its place, and why.
    pub(crate) unreadable: Vec<(String, String)>,
}

/// What a revision means for the deployment of a new version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RevisionDeployment {
    /// What the running versions cannot do after it.
    pub(crate) findings: Vec<Finding>,
    /// What is not known.
    pub(crate) unknown: Vec<String>,
    pub(crate) order: DeploymentOrder,
    /// Why, without full stops.
    pub(crate) reasons: Vec<String>,
}

/// When a revision may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeploymentOrder {
    /// The running versions and the new one work on the schemas before and after it.
    Any,
    /// Before the new version starts: the running versions work after it, and the new one does not work before it.
    Before,
    /// After the running versions have ended: the new version works before and after it.
    After,
    /// There is no such time.
    Neither,
    /// The rows that the versions write decide whether there is such a time.
    Depends,
    /// It is not known.
    Unknown,
}

/// The rule about what the entities of a running version cannot do.
pub(crate) const BREAKS: &str = "breaks-running-code";

/// The rule about what depends on the rows that versions write.
pub(crate) const MAY_BREAK: &str = "may-break-running-code";

/// Compares the entities of the running versions, and those of the new one, with the schema before and after each
/// revision.
pub(crate) fn deployment(
    measured: &[RevisionImpact],
    running: &[VersionEntities],
    new: &VersionEntities,
) -> Vec<RevisionDeployment> {
    let mut found: Vec<RevisionDeployment> = Vec::new();
    for (number, impact) in measured.iter().enumerate() {
        let mut own = of_revision(impact, running, new);
        follow_ancestors(&mut own, &measured[..number], &found, impact);
        found.push(own);
    }
    found
}

fn of_revision(impact: &RevisionImpact, running: &[VersionEntities], new: &VersionEntities) -> RevisionDeployment {
    let Some(states) = &impact.states else {
        let reason = "the revision did not run on the copy".to_owned();
        return RevisionDeployment {
            findings: Vec::new(),
            unknown: Vec::new(),
            order: DeploymentOrder::Unknown,
            reasons: vec![reason],
        };
    };
    let (before, after) = &**states;
    let forward = Change::new(impact, before, after);
    let backward = Change::new(impact, after, before);
    let mut own = RevisionDeployment {
        findings: Vec::new(),
        unknown: Vec::new(),
        order: DeploymentOrder::Any,
        reasons: Vec::new(),
    };
    let (mut old_fails, mut is_unknown) = (false, impact.unknown.is_some());
    // Whether a version fails whatever the rows are.
    let mut is_hard = false;
    if let Some(reason) = &impact.unknown {
        own.reasons.push(reason.clone());
    }
    for version in running {
        for Judged { statement, object, verdict, .. } in forward.verdicts(version) {
            let (id, message, help) = match verdict {
                Verdict::Works => continue,
                Verdict::Breaks { message, help } => (BREAKS, message, help),
                Verdict::MayBreak { message, help } => (MAY_BREAK, message, help),
                Verdict::Unknown(reason) => {
                    is_unknown = true;
                    own.unknown.push(format!("whether `{}` works after it: {reason}", version.name));
                    continue;
                }
            };
            (old_fails, is_hard) = (true, is_hard || id == BREAKS);
            let message = format!("`{}` {message}", version.name);
            own.reasons.push(message.clone());
            own.findings.push(Finding { rule: rule(id), statement, object, message, help: Some(help.to_owned()) });
        }
    }
    let (mut new_needs, mut new_breaks) = (false, false);
    for Judged { statement, object, verdict, is_of_type } in forward.verdicts(new) {
        match verdict {
            Verdict::Breaks { message, help } => {
                new_breaks = true;
                own.reasons.push(format!("after it {} {message}", new.name));
                if !is_hard {
                    let message = format!("{} {message}", new.name);
                    own.findings.push(Finding {
                        rule: rule(BREAKS),
                        statement,
                        object,
                        message,
                        help: Some(help.to_owned()),
                    });
                }
            }
            Verdict::Unknown(reason) if !is_of_type => {
                is_unknown = true;
                own.unknown.push(format!("whether {} works after it: {reason}", new.name));
            }
            // The new version is made for the types after the revision, and for what is refused then.
            Verdict::Works | Verdict::MayBreak { .. } | Verdict::Unknown(_) => {}
        }
    }
    for Judged { verdict, is_of_type, .. } in backward.verdicts(new) {
        match verdict {
            // What does not work after it either is not made for it.
            Verdict::Unknown(_) if is_of_type && new_breaks => {}
            Verdict::Works => {}
            Verdict::Breaks { ref message, .. } | Verdict::MayBreak { ref message, .. } => {
                new_needs = true;
                is_hard |= matches!(verdict, Verdict::Breaks { .. });
                own.reasons.push(format!("without it {} {message}", new.name));
            }
            Verdict::Unknown(reason) => {
                is_unknown = true;
                own.unknown.push(format!("whether {} can start before it: {reason}", new.name));
            }
        }
    }
    own.unknown.dedup();
    own.order = match (old_fails, new_needs) {
        _ if new_breaks => DeploymentOrder::Neither,
        (true, true) if is_hard => DeploymentOrder::Neither,
        _ if is_unknown => DeploymentOrder::Unknown,
        (false, false) => DeploymentOrder::Any,
        (false, true) => DeploymentOrder::Before,
        (true, false) => DeploymentOrder::After,
        (true, true) => DeploymentOrder::Depends,
    };
    if own.order == DeploymentOrder::Unknown {
        own.reasons.extend(own.unknown.iter().cloned());
    }
    own
}

/// A revision runs after those below it: where one of these has to wait, it waits too.
fn follow_ancestors(
    own: &mut RevisionDeployment,
    earlier: &[RevisionImpact],
    found: &[RevisionDeployment],
    impact: &RevisionImpact,
) {
    let below = ancestors(impact, earlier);
    for (other, order) in earlier.iter().zip(found).map(|(other, found)| (other.script.revision.id, found.order)) {
        if !below.contains(other) {
            continue;
        }
        let (combined, reason) = match (order, own.order) {
            (DeploymentOrder::After, DeploymentOrder::Any) => (DeploymentOrder::After, "has to wait"),
            (DeploymentOrder::After, DeploymentOrder::Before) => {
                (DeploymentOrder::Neither, "has to wait until the running version has ended")
            }
            (DeploymentOrder::Neither, DeploymentOrder::Any | DeploymentOrder::Before | DeploymentOrder::After) => {
                (DeploymentOrder::Neither, "cannot run before or after")
            }
            (
                DeploymentOrder::Unknown | DeploymentOrder::Depends,
                DeploymentOrder::Any | DeploymentOrder::Before | DeploymentOrder::After,
            ) => (order, "may have to wait"),
            _ => continue,
        };
        own.order = combined;
        own.reasons.push(format!("`{other}`, which runs before it, {reason}"));
    }
}

/// The revisions among the earlier ones that have to run before a revision.
fn ancestors(impact: &RevisionImpact, earlier: &[RevisionImpact]) -> BTreeSet<&'static str> {
    let mut below: BTreeSet<&'static str> = BTreeSet::new();
    let pointers = |impact: &RevisionImpact| {
        let revision = &impact.script.revision;
        revision.down_revision.iter().chain(revision.depends_on).copied().collect::<Vec<_>>()
    };
    below.extend(pointers(impact));
    for other in earlier.iter().rev() {
        if below.contains(other.script.revision.id) {
            below.extend(pointers(other));
        }
    }
    below
}

/// What a change means for an entity.
struct Judged {
    /// The statement that makes the change, from 0.
    statement: Option<usize>,
    /// The table or the column that changes; empty if that is not known.
    object: String,
    /// Whether it is about the type of a column.
    is_of_type: bool,
    verdict: Verdict,
}

impl Judged {
    fn of_version(verdict: Verdict) -> Self {
        Self { statement: None, object: String::new(), is_of_type: false, verdict }
    }
}

/// The change of a schema, in the direction of a revision or against it.
struct Change<'a> {
    impact: &'a RevisionImpact,
    backend: DbBackend,
    before: &'a DatabaseState,
    after: &'a DatabaseState,
    differences: BTreeMap<&'a TableName, Vec<Difference<'a>>>,
}

impl<'a> Change<'a> {
    fn new(impact: &'a RevisionImpact, before: &'a DatabaseState, after: &'a DatabaseState) -> Self {
        Self { impact, backend: impact.backend, before, after, differences: differences(impact, before, after) }
    }

    /// What the change means for each entity of a version that it concerns.
    fn verdicts(&self, version: &VersionEntities) -> Vec<Judged> {
        let mut found = Vec::new();
        for (file, entity) in &version.entities {
            let place = format!("the entity of `{}` ({file}:{})", qualified(entity), entity.line);
            match self.table_of(entity) {
                Some(table) => {
                    for difference in self.differences.get(table).into_iter().flatten() {
                        let verdict = verdict(entity, &place, table, difference, self.backend);
                        let is_of_type = matches!(difference, Difference::Retyped { .. });
                        let statement = self.statement(table, difference.column());
                        let object = match difference.column() {
                            Some(column) => format!("{table}.{column}"),
                            None => table.to_string(),
                        };
                        found.push(Judged { statement, object, is_of_type, verdict });
                    }
                }
                None => found.extend(self.of_view(entity, &place).map(Judged::of_version)),
            }
        }
        let changes_views = || self.before.objects().any(|(name, _)| is_view(name.kind) && self.view_changes(name));
        if let [(first, reason), others @ ..] = version.unreadable.as_slice()
            && (!self.differences.is_empty() || changes_views())
        {
            let others = match others.len() {
                0 => String::new(),
                1 => ", and 1 place more".to_owned(),
                count => format!(", and {count} places more"),
            };
            found.push(Judged::of_version(Verdict::Unknown(format!("{first}: {reason}{others}"))));
        }
        found.retain(|own| own.verdict != Verdict::Works);
        found
    }

    /// The table of an entity in the schema before. A schema that the entity names, or leaves to the connection, may be
    /// another one on the copy.
    fn table_of(&self, entity: &SourceEntity) -> Option<&'a TableName> {
        let tables = || self.before.schema.tables.keys();
        let ignores_case = self.backend != DbBackend::Postgres;
        let is_name = |own: &str, other: &str| own == other || (ignores_case && own.eq_ignore_ascii_case(other));
        let is_table = |table: &&TableName| is_name(&table.name, &entity.table);
        let is_exact = |table: &&TableName| is_table(table) && table.schema == entity.schema;
        tables().find(is_exact).or_else(|| tables().find(is_table))
    }

    /// What the change means for an entity that may be that of a view.
    fn of_view(&self, entity: &SourceEntity, place: &str) -> Option<Verdict> {
        let (name, _) = self
            .before
            .objects()
            .find(|(name, _)| is_view(name.kind) && name.name.name.eq_ignore_ascii_case(&entity.table))?;
        let is_gone = !self.after.objects().any(|(own, _)| own == name);
        (is_gone || self.view_changes(name)).then(|| of_view(place, &name.name, is_gone))
    }

    /// Whether a view has another definition, or what it reads changes.
    fn view_changes(&self, name: &crate::schema::ObjectName) -> bool {
        let find = |state: &'a DatabaseState| state.objects().find(|(own, _)| *own == name).map(|(_, own)| own);
        let (Some(before), Some(after)) = (find(self.before), find(self.after)) else { return true };
        let text = before.create.join(" ").to_lowercase();
        let concerns = |difference: &Difference<'_>| match difference {
            Difference::TableGone { .. } | Difference::Required { .. } | Difference::Restricted { .. } => true,
            _ => difference.column().is_none_or(|own| text.contains('*') || text.contains(&own.to_lowercase())),
        };
        let mut of_tables = before.tables().filter_map(|table| self.differences.get(table));
        !before.has_definition_of(after) || of_tables.any(|own| own.iter().any(concerns))
    }

    /// The statement that changes a table, and a column of it if one is given.
    fn statement(&self, table: &TableName, column: Option<&str>) -> Option<usize> {
        let of_column = |operation: &SchemaOperation| match operation {
            SchemaOperation::Change { table: own, change } => {
                own == table
                    && match change {
                        TableChange::AddColumn(own) | TableChange::DropColumn(own) => Some(own.name.as_str()),
                        TableChange::ModifyColumn { to, .. } => Some(to.name.as_str()),
                        TableChange::RenameColumn { from, .. } => Some(from.as_str()),
                        _ => None,
                    } == column
            }
            _ => false,
        };
        let of_table = |operation: &SchemaOperation| {
            operation.tables().contains(&table)
                || matches!(operation, SchemaOperation::RenameTable { from, .. } if from == table)
        };
        let changes = &self.impact.changes;
        let has = |is: &dyn Fn(&SchemaOperation) -> bool| changes.iter().find(|own| own.operations.iter().any(is));
        has(&of_column).or_else(|| has(&of_table))?.statement
    }
}

fn is_view(kind: ObjectKind) -> bool {
    matches!(kind, ObjectKind::View | ObjectKind::MaterializedView)
}

fn qualified(entity: &SourceEntity) -> String {
    match &entity.schema {
        Some(schema) => format!("{schema}.{}", entity.table),
        None => entity.table.clone(),
    }
}

#[cfg(test)]
mod tests;
