//! Objects of a database that are neither tables nor parts of tables: views, functions, triggers, policies …

use std::collections::BTreeSet;
use std::fmt;

use super::name::TableName;
use crate::sql::{SqlDialect, Token, significant, tokens};

/// The kinds of objects, in an order in which objects that depend on nothing of the same kind can be created.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ObjectKind {
    /// An extension (PostgreSQL).
    Extension,
    /// A composite type or a range type (PostgreSQL).
    Type,
    /// A domain (PostgreSQL).
    Domain,
    /// A sequence that no column owns (PostgreSQL).
    Sequence,
    /// A function, also one that a trigger calls.
    Function,
    /// A procedure.
    Procedure,
    /// A partition of a table, with its own indexes and checks (PostgreSQL).
    Partition,
    /// That a table inherits from another one (PostgreSQL). It has the name of the parent.
    Inheritance,
    /// A view.
    View,
    /// A view that stores its rows (PostgreSQL).
    MaterializedView,
    /// A virtual table (SQLite).
    VirtualTable,
    /// A rule of a table or a view (PostgreSQL).
    Rule,
    /// A trigger.
    Trigger,
    /// Whether policies restrict the rows of a table (PostgreSQL). It has the name of the table.
    RowLevelSecurity,
    /// A policy of row-level security (PostgreSQL).
    Policy,
    /// Statistics over several columns (PostgreSQL).
    Statistics,
    /// That a publication contains a table (PostgreSQL). It has the name of the publication.
    PublishedTable,
    /// How a table or a column is stored, and who owns a table (PostgreSQL). It has the name of the table; the arguments are
    /// the column.
    Storage,
    /// The comment of a constraint or an index (PostgreSQL). It has the name of that.
    Comment,
    /// The privileges that a role has on a table (PostgreSQL). It has the name of the role; the arguments are the column, if
    /// they are for one column.
    Grant,
    /// An event (MySQL and MariaDB).
    Event,
}

impl ObjectKind {
    /// The word for programs, such as `materialized_view`. It is the same in every version.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Extension => "extension",
            Self::Type => "user_defined_type",
            Self::Domain => "domain",
            Self::Sequence => "sequence",
            Self::Function => "function",
            Self::Procedure => "procedure",
            Self::Partition => "partition",
            Self::Inheritance => "inheritance",
            Self::View => "view",
            Self::MaterializedView => "materialized_view",
            Self::VirtualTable => "virtual_table",
            Self::Rule => "rule",
            Self::Trigger => "trigger",
            Self::RowLevelSecurity => "row_level_security",
            Self::Policy => "policy",
            Self::Statistics => "statistics",
            Self::PublishedTable => "publication",
            Self::Storage => "storage",
            Self::Comment => "object_comment",
            Self::Grant => "grant",
            Self::Event => "event",
        }
    }

    /// Whether an object of this kind only describes a table or a part of one. It goes with what it describes, and is never
    /// in the way of a change.
    pub(crate) const fn is_attached(self) -> bool {
        matches!(self, Self::Statistics | Self::Storage | Self::Comment | Self::Grant)
    }

    /// Whether an object of this kind is created before the tables, because their columns use such objects.
    pub(crate) const fn is_before_tables(self) -> bool {
        matches!(self, Self::Extension | Self::Type | Self::Domain | Self::Sequence)
    }

    /// Whether all statements of an object of this kind are its definition. Otherwise the first is the definition, and the
    /// others set properties.
    pub(crate) const fn is_defined_by_all(self) -> bool {
        matches!(self, Self::RowLevelSecurity | Self::Extension | Self::Storage | Self::Grant)
    }
}

/// The word for people, such as `materialized view`.
impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.word().replace('_', " "))
    }
}

/// What identifies an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectName {
    /// The kind.
    pub kind: ObjectKind,
    /// The name, with the schema if the kind has schemas.
    pub name: TableName,
    /// The types of the arguments of a function or procedure, where one name can have several (PostgreSQL).
    pub arguments: Option<String>,
    /// The table or view that the object belongs to, such as the table of a trigger.
    pub owner: Option<TableName>,
}

/// Writes the name for messages: ``view `active_users` ``, ``trigger `stamp` of `posts` ``, ``function `f(integer)` ``.
impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, name, arguments, owner } = self;
        match (kind, arguments, owner) {
            (ObjectKind::RowLevelSecurity, _, _) | (ObjectKind::Storage, None, _) => write!(f, "{kind} of `{name}`"),
            (ObjectKind::Storage, Some(column), _) => write!(f, "{kind} of `{name}.{column}`"),
            (ObjectKind::Grant, None, Some(owner)) => write!(f, "{kind} to `{name}` on `{owner}`"),
            (ObjectKind::Grant, Some(column), Some(owner)) => write!(f, "{kind} to `{name}` on `{owner}.{column}`"),
            (ObjectKind::Inheritance, _, Some(owner)) => write!(f, "{kind} of `{owner}` from `{name}`"),
            (_, Some(arguments), _) => write!(f, "{kind} `{name}({arguments})`"),
            (_, None, Some(owner)) => write!(f, "{kind} `{name}` of `{owner}`"),
            (_, None, None) => write!(f, "{kind} `{name}`"),
        }
    }
}

/// An object that is neither a table nor part of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseObject {
    /// What identifies it.
    pub name: ObjectName,
    /// The statements that create it with its properties (comments, grants, state), without semicolons at the end; none if
    /// the user may not read them.
    pub create: Vec<String>,
    /// The statement that drops it.
    pub drop: String,
    /// What it depends on.
    pub depends_on: BTreeSet<Dependency>,
    /// The tables whose columns, constraints or indexes use it.
    pub used_by: BTreeSet<TableName>,
}

/// Whether two statements have the same tokens. A quoted name equals the same name without quotes, in any case.
fn says_the_same(left: &str, right: &str) -> bool {
    let split = |text| {
        let dialect = if left.contains('`') { SqlDialect::MySql } else { SqlDialect::Postgres };
        significant(&tokens(text, dialect))
    };
    let is_same = |(left, right): (&Token<'_>, &Token<'_>)| {
        let names = left.name().zip(right.name()).filter(|_| left.kind != right.kind);
        left.text == right.text || names.is_some_and(|(left, right)| left.eq_ignore_ascii_case(&right))
    };
    let (left, right) = (split(left), split(right));
    left.len() == right.len() && left.iter().zip(&right).all(is_same)
}

/// What an object depends on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dependency {
    /// A table as a whole.
    Table(TableName),
    /// A column of a table.
    Column(TableName, String),
    /// A constraint of a table, by its name.
    Constraint(TableName, String),
    /// Another object.
    Object(ObjectName),
}

impl DatabaseObject {
    /// Whether two definitions are equal apart from white space and from quotes that a name does not need. SQLite, MySQL
    /// and MariaDB store the text as it was written, and write a renamed table or column in quotes.
    #[must_use]
    pub fn has_definition_of(&self, other: &Self) -> bool {
        self.create.len() == other.create.len()
            && self.create.iter().zip(&other.create).all(|(own, other)| own == other || says_the_same(own, other))
    }

    /// The object without the properties that are set after it is created. For row-level security all statements are the
    /// definition.
    pub(crate) fn definition(&self) -> Self {
        let create = match self.name.kind.is_defined_by_all() {
            true => self.create.clone(),
            false => self.create.first().cloned().into_iter().collect(),
        };
        Self { create, ..self.clone() }
    }

    /// The tables that the object reads or belongs to. The view that a trigger belongs to is one of them.
    pub(crate) fn tables(&self) -> impl Iterator<Item = &TableName> {
        let read = self.depends_on.iter().filter_map(|dependency| match dependency {
            Dependency::Table(table) | Dependency::Column(table, _) | Dependency::Constraint(table, _) => Some(table),
            Dependency::Object(_) => None,
        });
        read.chain(&self.name.owner)
    }

    /// The views and functions that the object depends on.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &ObjectName> {
        self.depends_on.iter().filter_map(|dependency| match dependency {
            Dependency::Object(name) => Some(name),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::says_the_same;

    #[test]
    fn quotes_make_no_difference() {
        assert!(says_the_same(
            "CREATE VIEW v AS SELECT name FROM People",
            "CREATE VIEW v AS SELECT \"name\" FROM \"people\""
        ));
        assert!(says_the_same("DELETE FROM people", "DELETE  FROM people -- all"));
        assert!(!says_the_same("SELECT 'name'", "SELECT name"));
        assert!(!says_the_same("SELECT \"Name\"", "SELECT \"name\""));
        assert!(!says_the_same("SELECT a", "SELECT a, b"));
    }
}
