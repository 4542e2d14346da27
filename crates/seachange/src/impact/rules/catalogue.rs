//! The rules as data.

/// What becomes of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// It is left out.
    Allow,
    /// It is printed as a warning.
    Warn,
    /// It is printed as an error.
    Deny,
}

impl Level {
    /// Reads `allow`, `warn` or `deny`.
    pub(crate) fn read(text: &str) -> Option<Self> {
        [Self::Allow, Self::Warn, Self::Deny].into_iter().find(|level| level.word() == text)
    }

    /// The word in settings.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }
}

/// A rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// The name in settings, allowances and output.
    pub(crate) id: &'static str,
    /// The level, unless the project sets another one.
    pub(crate) level: Level,
}

impl Rule {
    /// The rule of an id that a user gives.
    pub(crate) fn find(id: &str) -> Option<&'static Self> {
        RULES.iter().find(|rule| rule.id == id)
    }
}

const fn deny(id: &'static str) -> Rule {
    Rule { id, level: Level::Deny }
}

const fn warn(id: &'static str) -> Rule {
    Rule { id, level: Level::Warn }
}

const fn allow(id: &'static str) -> Rule {
    Rule { id, level: Level::Allow }
}

/// All rules, those about locks first.
pub(crate) const RULES: [Rule; 30] = [
    deny("index-blocks-writes"),
    deny("change-type-blocks"),
    deny("add-column-blocks"),
    deny("set-not-null-blocks"),
    deny("add-foreign-key-blocks"),
    deny("add-check-blocks"),
    deny("add-unique-blocks"),
    deny("add-primary-key-blocks"),
    deny("add-exclusion-blocks"),
    deny("rewrite-blocks"),
    deny("scan-blocks"),
    deny("lock-held"),
    warn("rows-and-schema"),
    warn("drop-table"),
    warn("drop-column"),
    warn("drop-constraint"),
    warn("drop-not-null"),
    warn("rename-table"),
    warn("rename-column"),
    warn("lossy-type"),
    warn("drop-enum-value"),
    deny("add-required-column"),
    warn("set-not-null-on-rows"),
    warn("add-unique-on-rows"),
    deny("fails-on-rows"),
    allow("change-default"),
    allow("foreign-key-without-index"),
    allow("wide-index"),
    allow("fixed-length-text"),
    warn("unused-allowance"),
];

/// The rule of an id in [`RULES`].
///
/// # Panics
///
/// There is no such rule: an error of this crate.
pub(crate) fn rule(id: &str) -> &'static Rule {
    Rule::find(id).unwrap_or_else(|| unreachable!("there is no rule `{id}`"))
}
