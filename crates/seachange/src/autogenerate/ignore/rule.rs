//! Rules that leave out kinds of differences, everywhere or at one place.

use std::fmt;
use std::str::FromStr;

use crate::autogenerate::difference::{Difference, DifferenceKind};
use crate::autogenerate::filter::NamePattern;
use crate::schema::TableName;

/// A kind of differences that an [`IgnoreRule`] leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IgnoredKind {
    /// Differences of one kind.
    Difference(DifferenceKind),
    /// Differences between a type whose length or precision the entity does not state, such as that of a bare `String`,
    /// and a type of the database that differs from it in nothing else.
    UnstatedType,
    /// Differences between the name that an entity declares for an index or a constraint and the name of an equal one in
    /// the database.
    Name,
}

impl IgnoredKind {
    /// The word for the kind, such as `foreign-key`.
    #[must_use]
    pub fn word(self) -> String {
        match self {
            Self::Difference(kind) => kind.word().replace('_', "-"),
            Self::UnstatedType => "type-unstated".to_owned(),
            Self::Name => "name".to_owned(),
        }
    }

    /// All kinds.
    pub fn all() -> impl Iterator<Item = Self> {
        let parts = [Self::UnstatedType, Self::Name];
        DifferenceKind::all().map(Self::Difference).chain(parts)
    }

    fn of_word(word: &str) -> Option<Self> {
        let word = word.replace('_', "-");
        Self::all().find(|kind| kind.word() == word)
    }
}

impl From<DifferenceKind> for IgnoredKind {
    fn from(kind: DifferenceKind) -> Self {
        Self::Difference(kind)
    }
}

/// A rule that leaves out differences of one kind: everywhere, or only at the places that match a pattern. What is left
/// out stays as the database has it.
///
/// As text, a rule is `KIND`, or `KIND@PLACE`. The kind is a [word](IgnoredKind::word), or `*` for every kind. The place
/// is a table, or a column, an index or a constraint of a table; `*` matches any text: `index`, `default@posts.title`,
/// `*@audit_*`, `comment@*.created_at`.
///
/// ```
/// use seachange::autogenerate::{DifferenceKind, IgnoreRule};
///
/// let rule: IgnoreRule = "default@posts.*".parse()?;
/// assert_eq!(rule, IgnoreRule::new(DifferenceKind::Default).at("posts.*"));
/// # Ok::<(), seachange::autogenerate::IgnoreRuleError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoreRule {
    /// `None` for every kind.
    kind: Option<IgnoredKind>,
    place: Option<NamePattern>,
}

/// Why a text is not an [`IgnoreRule`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IgnoreRuleError {
    /// The word names no kind of differences.
    #[error("unknown kind of difference `{word}`, not one of {}", words())]
    UnknownKind {
        /// The word.
        word: String,
    },
    /// There is nothing after the `@`.
    #[error("no place after `@` in `{rule}`")]
    NoPlace {
        /// The text.
        rule: String,
    },
}

fn words() -> String {
    IgnoredKind::all().map(IgnoredKind::word).collect::<Vec<_>>().join(", ")
}

impl IgnoreRule {
    /// Leaves out differences of a kind.
    #[must_use]
    pub fn new(kind: impl Into<IgnoredKind>) -> Self {
        Self { kind: Some(kind.into()), place: None }
    }

    /// Restricts the rule to the places that match a pattern, in which `*` matches any text: `posts`, `posts.title`,
    /// `audit_*`, `*.created_at`. A pattern that matches a table matches everything in it. An enumerated type and a view
    /// have only a name.
    #[must_use]
    pub fn at(self, place: &str) -> Self {
        Self { place: Some(NamePattern::new(place)), ..self }
    }

    /// Whether the rule is about a difference. `is_unstated` says that the entity does not state the length or precision
    /// of the type, and that the types do not differ otherwise.
    pub(super) fn leaves_out(&self, difference: &Difference, is_unstated: bool) -> bool {
        let is_of_kind = match self.kind {
            None => true,
            Some(IgnoredKind::Difference(kind)) => kind == difference.kind,
            Some(IgnoredKind::UnstatedType) => difference.kind == DifferenceKind::Type && is_unstated,
            Some(IgnoredKind::Name) => false,
        };
        is_of_kind && self.is_at(difference.table.as_ref(), difference.name.as_deref())
    }

    /// Whether the rule may be about a difference of which only the text is known.
    #[cfg(feature = "cli")]
    pub(crate) fn may_leave_out(&self, kind: DifferenceKind, table: Option<&TableName>, name: Option<&str>) -> bool {
        let is_of_kind = match self.kind {
            None => true,
            Some(IgnoredKind::Difference(own)) => own == kind,
            Some(IgnoredKind::UnstatedType) => kind == DifferenceKind::Type,
            Some(IgnoredKind::Name) => name.is_some(),
        };
        is_of_kind && self.is_at(table, name)
    }

    /// Whether the rule leaves out the name of an index or a constraint.
    pub(super) fn leaves_out_name(&self, table: &TableName, name: &str) -> bool {
        matches!(self.kind, None | Some(IgnoredKind::Name)) && self.is_at(Some(table), Some(name))
    }

    fn is_at(&self, table: Option<&TableName>, name: Option<&str>) -> bool {
        let Some(place) = &self.place else { return true };
        let in_table = |name: &str| match table {
            Some(table) => place.fits_text(&format!("{table}.{name}")),
            None => place.fits_text(name),
        };
        // A function has the types of its arguments in its name.
        let without_arguments = || name.and_then(|name| name.split_once('(')).is_some_and(|(name, _)| in_table(name));
        table.is_some_and(|table| place.fits(table)) || name.is_some_and(in_table) || without_arguments()
    }
}

impl FromStr for IgnoreRule {
    type Err = IgnoreRuleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (word, place) = match text.split_once('@') {
            Some((word, place)) => (word.trim(), Some(place.trim())),
            None => (text.trim(), None),
        };
        let kind = match word {
            "*" => None,
            word => {
                let unknown = || IgnoreRuleError::UnknownKind { word: word.to_owned() };
                Some(IgnoredKind::of_word(word).ok_or_else(unknown)?)
            }
        };
        match place {
            Some("") => Err(IgnoreRuleError::NoPlace { rule: text.to_owned() }),
            place => Ok(Self { kind, place: place.map(NamePattern::new) }),
        }
    }
}

/// Writes the rule as it is read.
impl fmt::Display for IgnoreRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind.map_or_else(|| "*".to_owned(), IgnoredKind::word))?;
        self.place.as_ref().map_or(Ok(()), |place| write!(f, "@{place}"))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::{IgnoreRule, IgnoreRuleError, IgnoredKind};
    use crate::autogenerate::difference::{Difference, DifferenceKind};

    fn difference(kind: DifferenceKind, table: Option<&str>, name: Option<&str>) -> Difference {
        let (table, name) = (table.map(Into::into), name.map(str::to_owned));
        Difference { kind, table, name, database: Some("a".to_owned()), entities: None }
    }

    #[test]
    fn rules_are_read_and_written() {
        let words: Vec<String> = IgnoredKind::all().map(IgnoredKind::word).collect();
        for word in &words {
            for text in [word.clone(), format!("{word}@posts.*")] {
                assert_eq!(text.parse::<IgnoreRule>().unwrap().to_string(), text);
            }
        }
        assert_eq!("foreign_key".parse(), Ok(IgnoreRule::new(DifferenceKind::ForeignKey)));
        assert_eq!(" index @ a ".parse(), Ok(IgnoreRule::new(DifferenceKind::Index).at("a")));
        assert_eq!("*@a".parse::<IgnoreRule>().unwrap().to_string(), "*@a");
        for (text, word) in [("indexes", "indexes"), ("", ""), ("x@index", "x"), ("@posts", "")] {
            let unknown = IgnoreRuleError::UnknownKind { word: word.to_owned() };
            assert_eq!(text.parse::<IgnoreRule>(), Err(unknown), "{text}");
        }
        assert_eq!("index@".parse::<IgnoreRule>(), Err(IgnoreRuleError::NoPlace { rule: "index@".to_owned() }));
        let message = "x".parse::<IgnoreRule>().unwrap_err().to_string();
        assert!(words.iter().all(|word| message.contains(word)), "{message}");
    }

    #[test]
    fn a_rule_is_about_a_kind_at_a_place() {
        let check = |rule: &str, kind, table, name, expected: bool| {
            let rule: IgnoreRule = rule.parse().unwrap();
            assert_eq!(rule.leaves_out(&difference(kind, table, name), false), expected, "{rule}");
        };
        let (index, default) = (DifferenceKind::Index, DifferenceKind::Default);
        check("index", index, Some("posts"), Some("odd"), true);
        check("index", default, Some("posts"), Some("title"), false);
        check("*", default, Some("posts"), Some("title"), true);
        check("default@posts", default, Some("posts"), Some("title"), true);
        check("default@posts.title", default, Some("posts"), Some("title"), true);
        check("default@posts.title", default, Some("posts"), Some("content"), false);
        check("default@*.title", default, Some("posts"), Some("title"), true);
        check("default@title", default, Some("posts"), Some("title"), false);
        check("default@p*", default, Some("users"), Some("title"), false);
        check("enumeration@mood", DifferenceKind::Enumeration, None, Some("mood"), true);
        let function = DifferenceKind::of_word("function").unwrap();
        check("function@total", function, None, Some("total(integer)"), true);
        check("type-unstated", DifferenceKind::Type, Some("posts"), Some("title"), false);
        let rule = IgnoreRule::new(IgnoredKind::UnstatedType);
        assert!(rule.leaves_out(&difference(DifferenceKind::Type, Some("posts"), Some("title")), true));
        assert!(!rule.leaves_out(&difference(default, Some("posts"), Some("title")), true));
    }
}
