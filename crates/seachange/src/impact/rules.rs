//! The rules of `lint`: functions of what was measured of a revision. Values in, values out.

mod allowances;
mod catalogue;
mod changes;
mod locks;
mod options;
mod statements;
mod style;
mod words;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use self::allowances::without_allowed;
pub(crate) use self::catalogue::{Level, RULES, Rule, rule};
pub(crate) use self::locks::without_small_tables;
pub(crate) use self::options::RuleOptions;
use self::words::SentStatement;
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
    /// What it is about: a table, a column as `table.column`, the name of an index … An allowance can name it.
    pub(crate) object: String,
    /// What is wrong, without a full stop.
    pub(crate) message: String,
    /// What to do instead, if there is something.
    pub(crate) help: Option<String>,
}

impl Finding {
    /// A finding of the rule with an id in [`RULES`], without help.
    pub(crate) fn new(
        rule_id: &str,
        statement: Option<usize>,
        object: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self { rule: rule(rule_id), statement, object: object.into(), message: message.into(), help: None }
    }

    /// Adds what to do instead.
    pub(crate) fn with_help(self, help: &str) -> Self {
        Self { help: Some(help.to_owned()), ..self }
    }
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
pub(crate) fn findings(impact: &RevisionImpact, new: &mut NewTables, options: &RuleOptions) -> Vec<Finding> {
    let statements = SentStatement::all(impact);
    let mut found = locks::findings(impact, &statements, options);
    found.extend(statements::findings(impact, &statements, new));
    found.extend(style::findings(impact, &statements, options));
    found.extend(changes::lost_enum_values(impact));
    for change in &impact.changes {
        found.extend(changes::findings(change, impact.backend, new));
        new.note(&change.operations);
    }
    // The difference of the schema shows a value under a new name as another value.
    let renamed = found.iter().filter(|own| own.rule.id == "rename-enum-value");
    let renamed: Vec<String> = renamed.map(|own| own.object.clone()).collect();
    found.retain(|own| own.rule.id != "drop-enum-value" || !renamed.contains(&own.object));
    found.sort_by_key(|finding| finding.statement);
    found
}

/// The level of a rule in a project.
pub(crate) fn level(rule: &Rule, levels: &Levels) -> Level {
    levels.get(rule.id).copied().unwrap_or(rule.level)
}
