//! Whether two objects of a schema are equal apart from their names.

use crate::schema::{AutoIncrement, Column, ForeignKey, Index, IndexKey, IndexPart, SequenceOptions, Table, Unique};

/// Whether two columns are equal. `in_key` says that both are part of the primary key, and thus never `NULL`.
pub(super) fn columns(old: &Column, new: &Column, in_key: bool) -> bool {
    old.column_type == new.column_type
        && (in_key || old.nullable == new.nullable)
        && old.default == new.default
        && old.generated == new.generated
        && numbering(old.auto_increment.as_ref(), new.auto_increment.as_ref())
        && old.on_update == new.on_update
        && old.collation == new.collation
        && old.comment == new.comment
}

/// Whether two columns number rows in the same way. SeaORM has one attribute for all ways. So if the entities declare
/// nothing more, a `serial` or an identity with any options is accepted. An `INTEGER PRIMARY KEY` is accepted with or
/// without `AUTOINCREMENT`.
pub(super) fn numbering(old: Option<&AutoIncrement>, new: Option<&AutoIncrement>) -> bool {
    match (old, new) {
        (Some(AutoIncrement::Rowid { .. }), Some(AutoIncrement::Rowid { .. })) => true,
        (Some(old), Some(new)) => old == new || is_sequence(old) && is_plain(new),
        (old, new) => old == new,
    }
}

fn is_sequence(numbering: &AutoIncrement) -> bool {
    matches!(numbering, AutoIncrement::Serial | AutoIncrement::Identity { .. })
}

fn is_plain(numbering: &AutoIncrement) -> bool {
    match numbering {
        AutoIncrement::Serial => true,
        AutoIncrement::Identity { always, options } => !always && *options == SequenceOptions::default(),
        AutoIncrement::Rowid { .. } | AutoIncrement::Counter => false,
    }
}

pub(super) fn uniques(old: &Unique, new: &Unique) -> bool {
    old.columns == new.columns && old.deferrable == new.deferrable && old.nulls_not_distinct == new.nulls_not_distinct
}

pub(super) fn foreign_keys(old: &ForeignKey, new: &ForeignKey) -> bool {
    let pairs = |key: &ForeignKey| {
        let mut pairs: Vec<_> = key.columns.iter().cloned().zip(key.referenced_columns.iter().cloned()).collect();
        pairs.sort();
        pairs
    };
    pairs(old) == pairs(new)
        && old.referenced_table == new.referenced_table
        && old.on_delete == new.on_delete
        && sorted(&old.on_delete_columns) == sorted(&new.on_delete_columns)
        && old.on_update == new.on_update
        && old.deferrable == new.deferrable
}

fn sorted(names: &[String]) -> Vec<&String> {
    let mut names: Vec<_> = names.iter().collect();
    names.sort();
    names
}

pub(super) fn indexes(old: &Index, new: &Index) -> bool {
    let anonymous = |index: &Index| Index { name: String::new(), ..index.clone() };
    anonymous(old) == anonymous(new)
}

/// Whether an index has the effect of a unique constraint that is not deferrable.
pub(super) fn index_and_unique(index: &Index, unique: &Unique) -> bool {
    let columns: Option<Vec<&String>> = index.parts.iter().map(plain_column).collect();
    index.unique
        && !index.invalid
        && index.method.is_none()
        && index.include.is_empty()
        && index.predicate.is_none()
        && index.nulls_not_distinct == unique.nulls_not_distinct
        && unique.deferrable.is_none()
        && columns.is_some_and(|columns| columns.into_iter().eq(&unique.columns))
}

fn plain_column(part: &IndexPart) -> Option<&String> {
    match part {
        IndexPart {
            key: IndexKey::Column(name),
            descending: false,
            nulls_first: None,
            collation: None,
            operator_class: None,
            length: None,
        } => Some(name),
        _ => None,
    }
}

/// Whether a column is part of the primary key.
pub(super) fn is_in_key(table: &Table, column: &str) -> bool {
    table.primary_key.as_ref().is_some_and(|key| key.columns.iter().any(|own| own == column))
}
