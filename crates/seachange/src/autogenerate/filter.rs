//! Which tables are compared.

use crate::schema::TableName;

/// A name in which `*` stands for any text. One without a dot is of a table in the default schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

/// Which tables are compared: those that some pattern of `only` fits, where there is one, and none of `except`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Patterns of the tables to compare; without one, all.
    pub only: Vec<Pattern>,
    /// Patterns of tables to leave alone.
    pub except: Vec<Pattern>,
}

impl Pattern {
    /// Reads a pattern: `posts`, `audit_*`, `billing.*`.
    #[must_use]
    pub fn new(pattern: &str) -> Self {
        Self(pattern.to_owned())
    }

    pub(super) fn fits(&self, table: &TableName) -> bool {
        fits(&self.0, &table.to_string())
    }
}

/// Whether a text is as a pattern says. Each `*` takes as little as it can, which is enough, because the last one is free to
/// take the rest.
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

impl Filter {
    /// Whether a table is compared.
    #[must_use]
    pub fn admits(&self, table: &TableName) -> bool {
        let any = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.fits(table));
        (self.only.is_empty() || any(&self.only)) && !any(&self.except)
    }
}

#[cfg(test)]
mod tests {
    use super::{Filter, Pattern};
    use crate::schema::TableName;

    #[test]
    fn patterns() {
        let check = |pattern: &str, name: &str, expected: bool| {
            assert_eq!(Pattern::new(pattern).fits(&TableName::new(name)), expected, "{pattern} on {name}");
        };
        check("posts", "posts", true);
        check("posts", "posts_old", false);
        check("audit_*", "audit_log", true);
        check("audit_*", "my_audit_log", false);
        check("*_log", "audit_log", true);
        check("a*b*b", "ab", false);
        check("a*b*b", "axbyb", true);
        check("*", "anything", true);
        assert!(Pattern::new("billing.*").fits(&TableName::within("billing", "invoices")));
        assert!(!Pattern::new("invoices").fits(&TableName::within("billing", "invoices")));
    }

    #[test]
    fn what_is_left_alone_wins() {
        let filter = Filter { only: vec![Pattern::new("p*")], except: vec![Pattern::new("posts")] };
        assert!(filter.admits(&"people".into()));
        assert!(!filter.admits(&"posts".into()));
        assert!(!filter.admits(&"users".into()));
    }
}
