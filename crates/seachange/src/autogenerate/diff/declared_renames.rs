//! The renames that entities declare: which are not made yet, and which cannot be made.

use std::collections::{BTreeMap, BTreeSet};

use crate::autogenerate::error::EntityError;
use crate::autogenerate::hints::EntityHints;
use crate::schema::{Schema, TableName};

/// The names of one kind in one place, before and after: of tables, or of the columns of a table.
struct NameSets<'n, N> {
    before: BTreeSet<&'n N>,
    after: BTreeSet<&'n N>,
}

/// Why declared renames are not possible.
#[derive(Debug, PartialEq, Eq)]
enum RenameConflict<N> {
    /// The database has both names.
    Both { from: N, to: N },
    /// The names are renamed in a circle.
    Circle { from: N, to: N },
}

impl<N: Ord + Clone> NameSets<'_, N> {
    /// The declared renames, old and new names, that are not made yet. A name can become free in the same step: `a`
    /// becomes `b`, and `b` becomes `c`.
    fn open<'d>(&self, declared: &[(&'d N, &'d N)]) -> Result<Vec<(&'d N, &'d N)>, RenameConflict<N>> {
        let declared_news: BTreeSet<&N> = declared.iter().map(|(_, new)| *new).collect();
        let mut open: Vec<_> = declared.to_vec();
        open.retain(|(old, new)| {
            let is_left = !self.after.contains(old) || declared_news.contains(old);
            old != new && self.before.contains(old) && self.after.contains(new) && is_left
        });
        loop {
            let olds: BTreeSet<&N> = open.iter().map(|(old, _)| *old).collect();
            let blocked = open.iter().position(|(_, new)| self.before.contains(new) && !olds.contains(new));
            let Some(at) = blocked else { break };
            let (from, to) = open.remove(at);
            // If both names are asked for, the rename was made, and another column has got the old name.
            if !self.after.contains(from) {
                return Err(RenameConflict::Both { from: from.clone(), to: to.clone() });
            }
        }
        match open.first().filter(|_| in_order(&open).len() < open.len()) {
            None => Ok(open),
            Some(_) => {
                let ordered = in_order(&open);
                let in_circle = open.iter().find(|rename| !ordered.contains(rename)).or(open.first());
                match in_circle {
                    Some((from, to)) => Err(RenameConflict::Circle { from: (*from).clone(), to: (*to).clone() }),
                    None => Ok(open),
                }
            }
        }
    }
}

/// Puts each rename after the one that makes its new name free. Renames in a circle are left out.
pub(super) fn in_order<'d, N: Ord>(renames: &[(&'d N, &'d N)]) -> Vec<(&'d N, &'d N)> {
    let mut waiting: Vec<_> = renames.to_vec();
    let mut ordered = Vec::with_capacity(waiting.len());
    loop {
        let olds: BTreeSet<&N> = waiting.iter().map(|(old, _)| *old).collect();
        let (ready, blocked): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(_, new)| !olds.contains(new));
        if ready.is_empty() {
            return ordered;
        }
        ordered.extend(ready);
        waiting = blocked;
    }
}

/// The tables to rename: the new names, by the old names.
pub(super) fn tables(
    from: &Schema,
    to: &Schema,
    hints: &EntityHints,
) -> Result<BTreeMap<TableName, TableName>, EntityError> {
    let names = NameSets { before: from.tables.keys().collect(), after: to.tables.keys().collect() };
    let declared: Vec<_> = hints.renamed_tables.iter().map(|(new, old)| (old, new)).collect();
    let open = names.open(&declared).map_err(|conflict| match conflict {
        RenameConflict::Both { from, to } => EntityError::RenamedTableIsThere { from, to },
        RenameConflict::Circle { from, to } => {
            EntityError::RenamedInCircle { from: format!("table `{from}`"), to: format!("table `{to}`") }
        }
    })?;
    Ok(open.into_iter().map(|(old, new)| (old.clone(), new.clone())).collect())
}

/// The columns of a table to rename: the new names, by the old names. `old_table` is the name of the table in `from`.
pub(super) fn columns(
    (from, old_table): (&Schema, &TableName),
    (to, table): (&Schema, &TableName),
    hints: &EntityHints,
) -> Result<BTreeMap<String, String>, EntityError> {
    let (Some(before), Some(after)) = (from.table(old_table), to.table(table)) else { return Ok(BTreeMap::new()) };
    let names = NameSets {
        before: before.columns.iter().map(|column| &column.name).collect(),
        after: after.columns.iter().map(|column| &column.name).collect(),
    };
    let of_table = hints.renamed_columns.iter().filter(|((own, _), _)| own == table);
    let declared: Vec<_> = of_table.map(|((_, new), old)| (old, new)).collect();
    let open = names.open(&declared).map_err(|conflict| match conflict {
        RenameConflict::Both { from, to } => EntityError::RenamedColumnIsThere { table: table.clone(), from, to },
        RenameConflict::Circle { from, to } => EntityError::RenamedInCircle {
            from: format!("column `{table}.{from}`"),
            to: format!("column `{table}.{to}`"),
        },
    })?;
    Ok(open.into_iter().map(|(old, new)| (old.clone(), new.clone())).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{NameSets, RenameConflict, in_order};

    fn open(
        before: &str,
        after: &str,
        declared: &[(&'static str, &'static str)],
    ) -> Result<String, RenameConflict<String>> {
        let split = |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
        let (before, after) = (split(before), split(after));
        let declared: Vec<_> = declared.iter().map(|(old, new)| ((*old).to_owned(), (*new).to_owned())).collect();
        let declared: Vec<_> = declared.iter().map(|(old, new)| (old, new)).collect();
        let names: NameSets<'_, String> =
            NameSets { before: before.iter().collect::<BTreeSet<_>>(), after: after.iter().collect() };
        let open = in_order(&names.open(&declared)?);
        Ok(open.into_iter().map(|(old, new)| format!("{old}->{new}")).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn renames_are_made_once_and_in_a_possible_order() {
        assert_eq!(open("a", "b", &[("a", "b")]), Ok("a->b".to_owned()));
        assert_eq!(open("b", "b", &[("a", "b")]), Ok(String::new()), "made");
        assert_eq!(open("a b", "a b", &[("a", "b")]), Ok(String::new()), "made, and the old name is used again");
        assert_eq!(open("a b", "b c", &[("a", "b"), ("b", "c")]), Ok("b->c a->b".to_owned()), "a chain");
        assert_eq!(open("b c", "b c", &[("a", "b"), ("b", "c")]), Ok(String::new()), "a chain that is made");
        assert_eq!(open("b x", "b c", &[("a", "b"), ("b", "c")]), Ok("b->c".to_owned()));
    }

    #[test]
    fn renames_that_would_lose_values_are_conflicts() {
        let both = |from: &str, to: &str| Err(RenameConflict::Both { from: from.to_owned(), to: to.to_owned() });
        assert_eq!(open("a b", "b", &[("a", "b")]), both("a", "b"));
        assert_eq!(open("a b c", "b c", &[("a", "b"), ("b", "c")]), both("a", "b"));
        let circle = Err(RenameConflict::Circle { from: "a".to_owned(), to: "b".to_owned() });
        assert_eq!(open("a b", "a b", &[("a", "b"), ("b", "a")]), circle);
    }
}
