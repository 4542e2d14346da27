//! What a project sets for rules besides their levels.

use super::Rule;
use crate::autogenerate::NamePattern;

/// The options of rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RuleOptions {
    /// `wide-index`: how many columns an index may have.
    pub(super) columns: usize,
    /// `padded-columns`: how many bytes the order of the columns may waste.
    pub(super) bytes: usize,
    /// `naming`: the patterns of names; without one, lower case with underscores.
    pub(super) names: NamePatterns,
    /// Whether runs have a limit for how long a statement waits for a lock.
    pub(super) limits_locks: bool,
    /// Whether runs have a limit for how long a statement takes.
    pub(super) limits_statements: bool,
    /// Up to how many rows a table counts as small: how long it is locked is no finding.
    pub(crate) small_table_rows: Option<u64>,
}

/// Patterns for names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct NamePatterns {
    pub(super) table: Option<NamePattern>,
    pub(super) column: Option<NamePattern>,
    pub(super) index: Option<NamePattern>,
    pub(super) constraint: Option<NamePattern>,
}

impl Default for RuleOptions {
    fn default() -> Self {
        Self {
            columns: 3,
            bytes: 8,
            names: NamePatterns::default(),
            limits_locks: false,
            limits_statements: false,
            small_table_rows: None,
        }
    }
}

impl RuleOptions {
    /// The options of a project that sets none, whose runs have limits or not.
    pub(crate) fn of_runs(limits_locks: bool, limits_statements: bool) -> Self {
        Self { limits_locks, limits_statements, ..Self::default() }
    }

    /// Sets an option of a rule.
    ///
    /// # Errors
    ///
    /// What was expected.
    pub(crate) fn set(&mut self, rule: &Rule, name: &str, value: &str) -> Result<(), String> {
        let number = || value.parse().map_err(|_| format!("`{name}` of `{}` is a number", rule.id));
        let pattern = || Some(NamePattern::new(value));
        match (rule.id, name) {
            ("wide-index", "columns") => self.columns = number()?,
            ("padded-columns", "bytes") => self.bytes = number()?,
            ("naming", "table") => self.names.table = pattern(),
            ("naming", "column") => self.names.column = pattern(),
            ("naming", "index") => self.names.index = pattern(),
            ("naming", "constraint") => self.names.constraint = pattern(),
            ("wide-index", _) => return Err("its options are `level` and `columns`".to_owned()),
            ("padded-columns", _) => return Err("its options are `level` and `bytes`".to_owned()),
            ("naming", _) => {
                return Err("its options are `level`, `table`, `column`, `index` and `constraint`".to_owned());
            }
            _ => return Err("its only option is `level`".to_owned()),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::RuleOptions;
    use crate::impact::rules::rule;

    #[test]
    fn options_are_those_of_their_rule() {
        let mut options = RuleOptions::default();
        assert_eq!(options.set(rule("wide-index"), "columns", "4"), Ok(()));
        assert_eq!(options.columns, 4);
        assert_eq!(
            options.set(rule("wide-index"), "columns", "many"),
            Err("`columns` of `wide-index` is a number".to_owned())
        );
        assert!(options.set(rule("wide-index"), "bytes", "4").is_err());
        assert!(options.set(rule("drop-table"), "columns", "4").is_err());
    }
}
