//! Which tables are compared.

use std::fmt;

use crate::schema::TableName;

/// A pattern for table names, in which `*` matches any text. The name of a table outside the default schema includes
/// its schema: `billing.invoices`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamePattern(String);

/// Which tables are compared: those that match a pattern of `only`, if it has any, and no pattern of `except`.
///
/// ```
/// use seachange::autogenerate::{NamePattern, TableFilter};
///
/// let filter = TableFilter { except: vec![NamePattern::new("audit_*")], ..TableFilter::default() };
/// assert!(filter.matches(&"posts".into()));
/// assert!(!filter.matches(&"audit_posts".into()));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableFilter {
    /// Patterns of the tables to compare. If the list is empty, all tables are compared.
    pub only: Vec<NamePattern>,
    /// Patterns of tables to leave alone.
    pub except: Vec<NamePattern>,
}

impl NamePattern {
    /// Reads a pattern: `posts`, `audit_*`, `billing.*`.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        Self(pattern.to_owned())
    }

    pub(super) fn fits(&self, table: &TableName) -> bool {
        self.fits_text(&table.to_string())
    }

    pub(crate) fn fits_text(&self, text: &str) -> bool {
        fits(&self.0, text)
    }
}

/// Whether a text matches a pattern. Each `*` matches as little as possible. This is enough, because the last `*` may
/// match the rest.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(first) else {
        return false;
    };
    let mut pieces: Vec<&str> = rest.split('*').collect();
    let last = pieces.pop().unwrap_or_default();
    for piece in pieces {
        match text.find(piece) {
            Some(at) => text = &text[at + piece.len()..],
            None => return false,
        }
    }
    text.ends_with(last)
}

/// Writes the pattern as it was read.
impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TableFilter {
    /// Whether a table is compared.
    #[must_use]
    pub fn matches(&self, table: &TableName) -> bool {
        let any = |patterns: &[NamePattern]| patterns.iter().any(|pattern| pattern.fits(table));
        (self.only.is_empty() || any(&self.only)) && !any(&self.except)
    }
}

#[cfg(test)]
mod tests {
    use super::{NamePattern, TableFilter};
    use crate::schema::TableName;

    #[test]
    fn patterns() {
        let check = |pattern: &str, name: &str, expected: bool| {
            assert_eq!(NamePattern::new(pattern).fits(&TableName::new(name)), expected, "{pattern} on {name}");
        };
        check("posts", "posts", true);
        check("posts", "posts_old", false);
        check("audit_*", "audit_log", true);
        check("audit_*", "my_audit_log", false);
        check("*_log", "audit_log", true);
        check("a*b*b", "ab", false);
        check("a*b*b", "axbyb", true);
        check("*", "anything", true);
        assert!(NamePattern::new("billing.*").fits(&TableName::within("billing", "invoices")));
        assert!(!NamePattern::new("invoices").fits(&TableName::within("billing", "invoices")));
    }

    #[test]
    fn what_is_left_alone_wins() {
        let filter = TableFilter { only: vec![NamePattern::new("p*")], except: vec![NamePattern::new("posts")] };
        assert!(filter.matches(&"people".into()));
        assert!(!filter.matches(&"posts".into()));
        assert!(!filter.matches(&"users".into()));
    }
}
