//! Operations without the detour over a drop: what is dropped and created again is one change, or none.

use std::collections::BTreeMap;

use crate::autogenerate::operation::{SchemaOperation, TableChange};
use crate::schema::TableName;

/// Replaces the drop and the creation of a column by one change, and removes those of an index or a constraint that stays
/// the same. The result says what differs, and may not be possible in this order.
pub(super) fn changes(operations: Vec<SchemaOperation>) -> Vec<SchemaOperation> {
    let mut kept: Vec<Option<SchemaOperation>> = Vec::with_capacity(operations.len());
    let mut columns: BTreeMap<(TableName, String), usize> = BTreeMap::new();
    for operation in operations {
        let again = match &operation {
            SchemaOperation::Change { table, change: TableChange::AddColumn(new) } => {
                let at = columns.remove(&(table.clone(), new.name.clone()));
                at.and_then(|at| Some((at, kept[at].take()?)))
            }
            SchemaOperation::CreateIndex { .. } | SchemaOperation::Change { .. } => {
                reverted(&kept, &operation).and_then(|at| Some((at, kept[at].take()?)))
            }
            _ => None,
        };
        match (again, operation) {
            (
                Some((at, SchemaOperation::Change { change: TableChange::DropColumn(from), .. })),
                SchemaOperation::Change { table, change: TableChange::AddColumn(to) },
            ) => {
                let change = TableChange::ModifyColumn { from, to };
                kept[at] = (!is_unchanged(&change)).then_some(SchemaOperation::Change { table, change });
            }
            (Some(_), _) => {}
            (None, operation) => {
                if let SchemaOperation::Change { table, change: TableChange::DropColumn(old) } = &operation {
                    columns.insert((table.clone(), old.name.clone()), kept.len());
                }
                kept.push(Some(operation));
            }
        }
    }
    kept.into_iter().flatten().collect()
}

fn is_unchanged(change: &TableChange) -> bool {
    matches!(change, TableChange::ModifyColumn { from, to } if from == to)
}

/// The position of the operation that drops exactly what this one creates.
fn reverted(kept: &[Option<SchemaOperation>], operation: &SchemaOperation) -> Option<usize> {
    let creates = match operation {
        SchemaOperation::CreateIndex { .. } => true,
        SchemaOperation::Change { change, .. } => matches!(
            change,
            TableChange::AddUnique(_)
                | TableChange::AddForeignKey(_)
                | TableChange::AddCheck(_)
                | TableChange::AddExclusion(_)
        ),
        _ => false,
    };
    if !creates {
        return None;
    }
    let drop = operation.reverse();
    kept.iter().position(|own| own.as_ref() == Some(&drop))
}
