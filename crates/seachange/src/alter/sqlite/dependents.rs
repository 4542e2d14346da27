//! The objects that would break if a column were dropped.

use super::snapshot::{DependentObject, Snapshot};
use crate::sql::{Token, TokenKind as Kind};
use crate::sqlite_ddl::column_text::{ColumnConstraintKind, ColumnText};
use crate::sqlite_ddl::constraint_text::{ConstraintKind, ConstraintText};
use crate::sqlite_ddl::reference::Reference;
use crate::sqlite_ddl::same;
use crate::sqlite_ddl::table_text::TableText;
use crate::sqlite_ddl::tokens;

/// Names every object that uses a column, apart from the column's own definition. `text` is the table after the changes
/// so far.
///
/// Views and triggers are not parsed, but searched for the names of the table and the column. So an object that uses a
/// column of this name of another table is named too.
pub(super) fn of_column(snapshot: &Snapshot, text: &TableText, column: &ColumnText) -> Vec<String> {
    let (table, name) = (snapshot.table.as_str(), column.name.as_str());
    let mut found = Vec::new();
    if column.has(ColumnConstraintKind::PrimaryKey) {
        found.push("the primary key".to_owned());
    }
    let constraints = text.constraints().filter(|(_, constraint)| constraint.mentions(table, name));
    found.extend(constraints.map(|(_, constraint)| described(&constraint)));
    let columns = text.columns().filter(|other| !same(&other.name, name) && uses(other, table, name));
    found.extend(columns.map(|other| format!("column `{}`", other.name)));
    let indexes = snapshot.indexes.iter().filter(|index| index_uses(index, name));
    found.extend(indexes.map(labelled));
    let own = snapshot.triggers.iter().filter(|trigger| mentions(trigger, name));
    found.extend(own.map(labelled));
    let others = snapshot.others.iter().filter(|other| mentions(other, table) && mentions(other, name));
    found.extend(others.map(labelled));
    found.extend(foreign_children(snapshot, name));
    found
}

fn labelled(object: &DependentObject) -> String {
    format!("{} `{}`", object.kind, object.name)
}

fn described(constraint: &ConstraintText) -> String {
    let kind = match constraint.kind {
        ConstraintKind::PrimaryKey => return "the primary key".to_owned(),
        ConstraintKind::Unique => "unique constraint",
        ConstraintKind::Check => "check",
        ConstraintKind::ForeignKey => "foreign key",
    };
    match &constraint.name {
        Some(name) => format!("{kind} `{name}`"),
        None => format!("an unnamed {kind}"),
    }
}

/// Returns whether the definition of another column, for example its check, uses the column.
fn uses(other: &ColumnText, table: &str, name: &str) -> bool {
    other.parts.iter().any(|part| {
        let tokens = part.tokens();
        match part.kind {
            ColumnConstraintKind::Check | ColumnConstraintKind::Generated | ColumnConstraintKind::Default => {
                has_name(&tokens, name)
            }
            ColumnConstraintKind::References => Reference::find(&tokens).is_some_and(|reference| {
                same(&reference.table, table) && reference.columns.iter().any(|column| same(column, name))
            }),
            _ => false,
        }
    })
}

/// Returns whether an index uses the column. The name of the index may equal that of the column, so only the text after
/// the first parenthesis counts.
fn index_uses(index: &DependentObject, name: &str) -> bool {
    let all = tokens(&index.sql);
    let open = all.iter().position(|token| token.kind == Kind::Open);
    open.is_none_or(|open| has_name(&all[open..], name))
}

fn mentions(object: &DependentObject, name: &str) -> bool {
    has_name(&tokens(&object.sql), name)
}

fn has_name(tokens: &[Token<'_>], name: &str) -> bool {
    tokens.iter().any(|token| token.is_name(name))
}

fn foreign_children(snapshot: &Snapshot, name: &str) -> Vec<String> {
    let others = snapshot.referrers.iter().filter(|referrer| !same(&referrer.table, &snapshot.table));
    others
        .filter(|referrer| referrer.column.as_deref().is_some_and(|column| same(column, name)))
        .map(|referrer| format!("a foreign key of table `{}`", referrer.table))
        .collect()
}
