//! The position of a constraint in the text of a table.

use super::column_text::ColumnText;
use super::constraint_text::{ConstraintKind, ConstraintText};
use super::table_text::TableText;

/// A constraint in the text: an item of the table, or part of a column's item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConstraintLocation {
    /// The item.
    Item(usize),
    /// A part of the item of a column.
    Part { item: usize, part: usize },
}

impl TableText {
    /// Returns the constraints of the columns, and then those of the table.
    pub(crate) fn all_constraints(&self) -> Vec<(ConstraintLocation, ConstraintText)> {
        let columns: Vec<ColumnText> = self.columns().collect();
        self.constraints_with(&columns).collect()
    }

    /// Returns all constraints, with the columns already parsed.
    pub(crate) fn constraints_with(
        &self,
        columns: &[ColumnText],
    ) -> impl Iterator<Item = (ConstraintLocation, ConstraintText)> {
        let of_columns = columns.iter().enumerate().flat_map(|(item, column)| {
            ConstraintText::of_column(column)
                .map(move |(part, constraint)| (ConstraintLocation::Part { item, part }, constraint))
        });
        of_columns.chain(self.constraints().map(|(at, constraint)| (ConstraintLocation::Item(at), constraint)))
    }

    /// Returns the constraints of one kind, those of the columns first.
    pub(crate) fn constraints_of(
        &self,
        kind: ConstraintKind,
    ) -> impl Iterator<Item = (ConstraintLocation, ConstraintText)> {
        self.all_constraints().into_iter().filter(move |(_, constraint)| constraint.kind == kind)
    }

    /// Removes a constraint.
    pub(crate) fn remove_constraint(&mut self, place: ConstraintLocation) {
        match place {
            ConstraintLocation::Item(at) => self.remove(at),
            ConstraintLocation::Part { item, part } => {
                if let Some(mut column) = ColumnText::parse(&self.items[item].text) {
                    column.parts.remove(part);
                    self.items[item].text = column.text();
                }
            }
        }
    }
}
