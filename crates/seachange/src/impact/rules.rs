//! The rules of `lint`: functions of what was measured of a revision. Values in, values out.

mod catalogue;
mod changes;
mod locks;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use self::catalogue::{Level, RULES, Rule, rule};
use super::measured::RevisionImpact;
use crate::autogenerate::SchemaOperation;
use crate::schema::TableName;

/// Something that a rule says of a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The rule.
    pub(crate) rule: &'static Rule,
    /// The statement, from 0; `None` if it is about the revision.
    pub(crate) statement: Option<usize>,
    /// What is wrong, without a full stop.
    pub(crate) message: String,
    /// What to do instead, if there is something.
    pub(crate) help: Option<String>,
}

/// The levels of the rules: those that a project sets, and the default ones.
pub(crate) type Levels = BTreeMap<&'static str, Level>;

/// The tables that the measured revisions have created: no other program uses them yet.
#[derive(Debug, Default)]
pub(crate) struct NewTables(BTreeSet<TableName>);

impl NewTables {
    fn note(&mut self, operations: &[SchemaOperation]) {
        for operation in operations {
            match operation {
                SchemaOperation::CreateTable(table) => drop(self.0.insert(table.name.clone())),
                SchemaOperation::RenameTable { from, to } if self.0.remove(from) => drop(self.0.insert(to.clone())),
                SchemaOperation::DropTable(table) => drop(self.0.remove(&table.name)),
                _ => {}
            }
        }
    }

    fn contains(&self, table: &TableName) -> bool {
        self.0.contains(table)
    }
}

/// Applies all rules to a revision, whatever their levels. `new` holds the tables that revisions measured before it have
/// created, and gets those that it creates.
pub(crate) fn findings(impact: &RevisionImpact, new: &mut NewTables) -> Vec<Finding> {
    let mut found = locks::findings(impact);
    for change in &impact.changes {
        found.extend(changes::findings(change, impact.backend, new));
        new.note(&change.operations);
    }
    found.sort_by_key(|finding| finding.statement);
    found
}

/// Leaves out findings of rules whose level is `allow`, and those that the revision allows with a reason. An allowance
/// that allows nothing, or that is no rule with a reason, is a finding itself.
pub(crate) fn without_allowed(impact: &RevisionImpact, found: Vec<Finding>, levels: &Levels) -> Vec<Finding> {
    let (mut kept, mut used) = (Vec::new(), BTreeSet::new());
    let allowances = impact.script.revision.allow.iter().map(|text| allowance(text));
    let allowances: Vec<_> = allowances.collect();
    for finding in found {
        let is_allowed = allowances.iter().flatten().any(|rule| rule.id == finding.rule.id);
        if is_allowed {
            used.insert(finding.rule.id);
        } else if level(finding.rule, levels) != Level::Allow {
            kept.push(finding);
        }
    }
    for (text, allowance) in impact.script.revision.allow.iter().zip(&allowances) {
        let message = match allowance {
            // What the rule would say of the revision is not known.
            Ok(_) if impact.unknown.is_some() => continue,
            Ok(rule) if used.contains(rule.id) => continue,
            Ok(rule) => format!("the revision allows `{}`, and there is no such finding", rule.id),
            Err(reason) => format!("the allowance `{text}` {reason}"),
        };
        let help = Some("remove it from `allow` of the revision, or correct it".to_owned());
        kept.push(Finding { rule: rule("unused-allowance"), statement: None, message, help });
    }
    kept
}

/// The level of a rule in a project.
pub(crate) fn level(rule: &Rule, levels: &Levels) -> Level {
    levels.get(rule.id).copied().unwrap_or(rule.level)
}

/// Reads `rule: reason`.
fn allowance(text: &str) -> Result<&'static Rule, &'static str> {
    let (id, reason) = text.split_once(':').unwrap_or((text, ""));
    let rule = Rule::find(id.trim()).ok_or("names no rule")?;
    if reason.trim().is_empty() { Err("gives no reason; expected `rule: reason`") } else { Ok(rule) }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use sea_orm::{DbBackend, DbErr};
    use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};

    use super::{Finding, Level, Levels, RULES, allowance, rule, without_allowed};
    use crate::impact::measured::RevisionImpact;
    use crate::revision::{RegisteredRevision, Revision};

    struct Nothing;

    impl MigrationName for Nothing {
        fn name(&self) -> &str {
            "nothing"
        }
    }

    #[async_trait]
    impl MigrationTrait for Nothing {
        async fn up(&self, _manager: &SchemaManager) -> Result<(), DbErr> {
            Ok(())
        }
    }

    /// The ids of what is left of a `drop-table` and a `change-default`.
    fn left(allow: &'static [&'static str], levels: &Levels) -> Vec<&'static str> {
        let script: &'static RegisteredRevision = Box::leak(Box::new(RegisteredRevision {
            revision: Revision { id: "r1", allow, ..Revision::ROOT },
            message: "",
            folder: "src/versions",
            file: "r1.rs",
            source_hash: "",
            migration: &Nothing,
        }));
        let impact =
            RevisionImpact { unknown: None, ..RevisionImpact::not_run(script, DbBackend::Sqlite, String::new()) };
        let finding = |id| Finding { rule: rule(id), statement: Some(0), message: String::new(), help: None };
        let found = vec![finding("drop-table"), finding("change-default")];
        without_allowed(&impact, found, levels).iter().map(|finding| finding.rule.id).collect()
    }

    #[test]
    fn levels_and_allowances_leave_findings_out() {
        let none = Levels::new();
        assert_eq!(left(&[], &none), ["drop-table"]);
        assert_eq!(left(&["drop-table: nothing reads it"], &none), Vec::<&str>::new());
        assert_eq!(
            left(&[], &Levels::from([("drop-table", Level::Allow), ("change-default", Level::Warn)])),
            ["change-default"]
        );
    }

    #[test]
    fn an_allowance_without_a_finding_or_a_reason_is_a_finding() {
        let none = Levels::new();
        assert_eq!(left(&["drop-column: it is empty"], &none), ["drop-table", "unused-allowance"]);
        assert_eq!(left(&["drop-table"], &none), ["drop-table", "unused-allowance"]);
        assert_eq!(allowance("drop-tables: a reason"), Err("names no rule"));
        assert_eq!(allowance("drop-table: "), Err("gives no reason; expected `rule: reason`"));
    }

    #[test]
    fn each_rule_has_one_id_and_each_level_a_word() {
        let mut ids: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), RULES.len());
        for level in [Level::Allow, Level::Warn, Level::Deny] {
            assert_eq!(Level::read(level.word()), Some(level));
        }
        assert_eq!(Level::read("error"), None);
    }
}
