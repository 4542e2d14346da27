//! Comments for the reader of a revision, about lost data and possible failures.

use super::CodeNode;
use crate::alter::loss::TypeLoss;
use crate::schema::TableName;

pub(super) fn rows_are_lost(table: &TableName) -> CodeNode {
    CodeNode::Note(format!("The rows of `{table}` are lost."))
}

pub(super) fn values_are_lost(column: &str) -> CodeNode {
    CodeNode::Note(format!("The values of `{column}` are lost."))
}

pub(super) fn values_are_recomputed(column: &str) -> CodeNode {
    CodeNode::Note(format!("The values of `{column}` are recomputed."))
}

pub(super) fn rows_have_no_value(column: &str) -> CodeNode {
    CodeNode::Note(format!(
        "Existing rows have no value for `{column}`: if there are any, give the column a default, or fill it before it \
         becomes NOT NULL."
    ))
}

pub(super) fn null_stops(column: &str) -> CodeNode {
    CodeNode::Note(format!("This fails if a row has no value for `{column}`."))
}

pub(super) fn values_are_converted(column: &str) -> CodeNode {
    CodeNode::Note(format!("This fails if a value of `{column}` cannot be converted."))
}

pub(super) fn values_change(loss: &TypeLoss, column: &str) -> impl Iterator<Item = CodeNode> {
    loss.sentences(column).map(|sentence| {
        let first: String = sentence.chars().take(1).flat_map(char::to_uppercase).collect();
        CodeNode::Note(format!("{first}{}.", sentence.get(1..).unwrap_or_default()))
    })
}

pub(super) fn removed_values_stop(type_name: &TableName, values: &[&str]) -> CodeNode {
    let values: Vec<_> = values.iter().map(|value| format!("`{value}`")).collect();
    CodeNode::Note(format!("This fails if a row has {} in a column of type `{type_name}`.", values.join(" or ")))
}
