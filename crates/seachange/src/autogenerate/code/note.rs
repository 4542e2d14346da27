//! Comments for whoever reads a revision before it runs.

use super::CodeNode;
use crate::schema::TableName;

pub(super) fn rows_are_lost(table: &TableName) -> CodeNode {
    CodeNode::Note(format!("The rows of `{table}` are lost."))
}

pub(super) fn values_are_lost(column: &str) -> CodeNode {
    CodeNode::Note(format!("The values of `{column}` are lost."))
}

pub(super) fn values_are_computed_anew(column: &str) -> CodeNode {
    CodeNode::Note(format!("The values of `{column}` are computed anew."))
}

pub(super) fn rows_have_no_value(column: &str) -> CodeNode {
    CodeNode::Note(format!(
        "Rows that are there have no value for `{column}`: if there are any, give it a default, or fill it before it \
         becomes NOT NULL."
    ))
}

pub(super) fn null_stops(column: &str) -> CodeNode {
    CodeNode::Note(format!("A row without a value for `{column}` stops this."))
}

pub(super) fn values_are_converted(column: &str) -> CodeNode {
    CodeNode::Note(format!("A value of `{column}` that cannot be converted stops this."))
}

pub(super) fn removed_values_stop(type_name: &TableName, values: &[&str]) -> CodeNode {
    let values: Vec<_> = values.iter().map(|value| format!("`{value}`")).collect();
    CodeNode::Note(format!("A row with {} for its `{type_name}` stops this.", values.join(" or ")))
}
