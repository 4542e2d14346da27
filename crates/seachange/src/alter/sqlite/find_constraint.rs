//! Finds constraints by their names, and unnamed constraints by the name that PostgreSQL would give them.

use seachange_graph::error::quoted;

use super::edit::Edit;
use crate::alter::default_name;
use crate::alter::error::AlterError;
use crate::sqlite_ddl::constraint_text::{ConstraintKind, ConstraintText};
use crate::sqlite_ddl::place::ConstraintLocation;
use crate::sqlite_ddl::{same, tokens};

impl Edit<'_> {
    /// Finds a constraint by its name.
    pub(super) fn named(&self, kind: ConstraintKind, name: &str) -> Result<Option<ConstraintLocation>, AlterError> {
        let has_name = |constraint: &ConstraintText| constraint.name.as_deref().is_some_and(|own| same(own, name));
        let named = self.text.constraints_of(kind).find(|(_, constraint)| has_name(constraint));
        if let Some((place, _)) = named {
            return Ok(Some(place));
        }
        let fits = |constraint: &ConstraintText| {
            constraint.name.is_none() && self.default_name(constraint).is_some_and(|default| same(&default, name))
        };
        let mut fitting = self.text.constraints_of(kind).filter(|(_, constraint)| fits(constraint));
        match (fitting.next(), fitting.next()) {
            (None, _) => Ok(None),
            (Some((place, _)), None) => Ok(Some(place)),
            (Some(_), Some(_)) => {
                Err(AlterError::AmbiguousConstraint { table: self.table(), kind: label(kind), name: name.to_owned() })
            }
        }
    }

    /// Returns the error that there is no such constraint, with the existing ones.
    pub(super) fn no_such(&self, kind: ConstraintKind, name: &str) -> AlterError {
        AlterError::NoSuchConstraint {
            table: self.table(),
            kind: label(kind),
            name: name.to_owned(),
            found: self.text.constraints_of(kind).map(|(_, constraint)| described(&constraint)).collect(),
        }
    }

    /// Returns the name that PostgreSQL gives to an unnamed constraint.
    fn default_name(&self, constraint: &ConstraintText) -> Option<String> {
        let table = &self.snapshot.table;
        match constraint.kind {
            ConstraintKind::PrimaryKey => None,
            ConstraintKind::Unique => Some(default_name::unique(table, &constraint.columns)),
            ConstraintKind::ForeignKey => Some(default_name::foreign_key(table, &constraint.columns)),
            ConstraintKind::Check => Some(default_name::check(table, &self.mentioned(&constraint.body))),
        }
    }

    /// Returns the columns that an expression mentions, each once.
    fn mentioned(&self, expression: &str) -> Vec<String> {
        let all = tokens(expression);
        let columns = self.text.columns().map(|column| column.name);
        columns.filter(|name| all.iter().any(|token| token.is_name(name))).collect()
    }
}

fn label(kind: ConstraintKind) -> &'static str {
    match kind {
        ConstraintKind::PrimaryKey => "primary key",
        ConstraintKind::Unique => "unique constraint",
        ConstraintKind::Check => "check",
        ConstraintKind::ForeignKey => "foreign key",
    }
}

fn described(constraint: &ConstraintText) -> String {
    match (&constraint.name, &constraint.references) {
        (Some(name), _) => format!("`{name}`"),
        (None, Some(reference)) => {
            format!("an unnamed one on {} to `{}`", quoted(&constraint.columns), reference.table)
        }
        (None, None) => format!("an unnamed one on {}", quoted(&constraint.columns)),
    }
}
