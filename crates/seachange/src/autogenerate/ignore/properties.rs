//! Properties of a column of which some are left out.

use sea_orm::DbBackend;

use super::selection::ChosenOperation;
use crate::alter::loss::share_defaults;
use crate::autogenerate::difference::DifferenceKind;
use crate::autogenerate::operation::{SchemaOperation, TableChange};
use crate::schema::Column;

/// Gives a column of the target the properties that it has in the database, for some kinds of differences.
pub(super) fn take(column: &mut Column, from: &Column, kinds: impl Iterator<Item = DifferenceKind>) {
    for kind in kinds {
        match kind {
            DifferenceKind::Type => column.column_type.clone_from(&from.column_type),
            DifferenceKind::Nullability => column.nullable = from.nullable,
            DifferenceKind::Default => column.default.clone_from(&from.default),
            DifferenceKind::Generated => column.generated.clone_from(&from.generated),
            DifferenceKind::AutoIncrement => column.auto_increment.clone_from(&from.auto_increment),
            DifferenceKind::OnUpdate => column.on_update.clone_from(&from.on_update),
            DifferenceKind::Collation => column.collation.clone_from(&from.collation),
            DifferenceKind::Comment => column.comment.clone_from(&from.comment),
            _ => {}
        }
    }
}

/// Leaves fewer properties of a column out if the database could not have a column of what remains, such as a default
/// that is a text and a type that is a number. The type is changed only if it is not ignored: if `hides_dependents`, the
/// value is left out beside the type.
pub(super) fn require_possible(own: &mut ChosenOperation<'_>, hides_dependents: bool, backend: DbBackend) {
    let SchemaOperation::Change { change: TableChange::ModifyColumn { from, to }, .. } = own.operation else { return };
    if own.is_left_out() {
        return;
    }
    let is_other_kind = !share_defaults(backend, &from.column_type, &to.column_type);
    let changes_value = own.differences.iter().any(|(own, is_left_out)| is_value(own.kind) && !is_left_out);
    if is_other_kind && own.leaves_out(DifferenceKind::Type) && changes_value && values(to) > 0 {
        for (own, is_left_out) in &mut own.differences {
            match hides_dependents {
                true => *is_left_out |= is_value(own.kind),
                false => *is_left_out &= own.kind != DifferenceKind::Type,
            }
        }
    }
    let mut target = Column::clone(to);
    take(&mut target, from, own.differences.iter().filter(|(_, is_left_out)| *is_left_out).map(|(own, _)| own.kind));
    if values(&target) > 1 || values(&target) == 1 && is_other_kind && !own.leaves_out(DifferenceKind::Type) {
        let values = own.differences.iter_mut().filter(|(own, _)| is_value(own.kind));
        values.for_each(|(_, is_left_out)| *is_left_out = false);
    }
}

const fn is_value(kind: DifferenceKind) -> bool {
    matches!(kind, DifferenceKind::Default | DifferenceKind::Generated | DifferenceKind::AutoIncrement)
}

/// How many of the ways there are by which a column gets a value that no statement gives. More than one is impossible.
fn values(column: &Column) -> usize {
    let ways = [column.default.is_some(), column.generated.is_some(), column.auto_increment.is_some()];
    ways.into_iter().filter(|has| *has).count()
}
