//! How the copies for forecasts are filled: how many rows each table gets, and which keys match.

use std::collections::{BTreeMap, BTreeSet};

use super::measured::{RevisionImpact, TableCost};
use super::samples::TableSamples;
use super::sizes::{TableSizes, connected_name};
use crate::autogenerate::WantedRows;
use crate::schema::{ForeignKey, Schema, TableName};

/// A table that is smaller than others of its statement gets this part of the rows at least, or as many as it has.
const LEAST_PART: u64 = 10;

/// The rows for the tables of statements that read or write a table as a whole, by their names before the first revision.
/// The largest table of a statement gets `rows`, and the others are in proportion to it.
pub(super) fn wanted_rows(
    measured: &[RevisionImpact],
    sizes: &TableSizes,
    samples: &TableSamples,
    rows: u64,
) -> BTreeMap<String, WantedRows> {
    let mut wanted: BTreeMap<String, WantedRows> = BTreeMap::new();
    for (revision, impact) in measured.iter().enumerate() {
        for (number, statement) in impact.statements.iter().enumerate() {
            if statement.tables.iter().all(|table| table.cost == Some(TableCost::Catalogue)) {
                continue;
            }
            let size = |table: &str| sizes.of(measured, revision, number, table);
            let own_rows = |table: &str| size(table).rows.ok().filter(|own| !own.is_upper_bound).map(|own| own.rows);
            let largest = statement.tables.iter().map(|table| own_rows(&table.table)).max().flatten();
            for table in &statement.tables {
                let name = connected_name(measured, revision, number, &table.table);
                let own = match (own_rows(&table.table), largest) {
                    (Some(own), Some(largest)) => in_proportion(own, largest, rows),
                    _ => rows,
                };
                let column_widths = samples.column_widths(&name);
                let width = size(&table.table).row_width();
                let entry = wanted.entry(name).or_insert(WantedRows { rows: own, width, column_widths });
                entry.rows = entry.rows.min(own);
            }
        }
    }
    wanted
}

fn in_proportion(own: u64, largest: u64, rows: u64) -> u64 {
    if own >= largest {
        return rows;
    }
    let part = u128::from(rows) * u128::from(own) / u128::from(largest);
    u64::try_from(part).unwrap_or(rows).max(own.min(rows / LEAST_PART)).max(1)
}

/// Adds the foreign keys that the revisions add between tables that are there before, so that the values of their columns
/// are those of referenced rows. One that would close a circle is left out: the first of its tables could not be filled.
pub(super) fn add_new_foreign_keys(schema: &mut Schema, measured: &[RevisionImpact]) {
    for impact in measured {
        let Some(states) = &impact.states else { continue };
        for (table, key) in new_foreign_keys(schema, &states.1.schema) {
            let is_circle = refers_to(schema, &key.referenced_table, &table);
            if let Some(own) = schema.tables.get_mut(&table).filter(|_| !is_circle) {
                own.foreign_keys.push(key);
            }
        }
    }
}

/// The foreign keys that a later schema has, on columns that are there before.
pub(super) fn new_foreign_keys(before: &Schema, after: &Schema) -> Vec<(TableName, ForeignKey)> {
    let mut new = Vec::new();
    for (name, table) in &after.tables {
        let Some(own) = before.tables.get(name) else { continue };
        for key in &table.foreign_keys {
            let Some(referenced) = before.tables.get(&key.referenced_table) else { continue };
            let is_same = |other: &ForeignKey| {
                (&other.columns, &other.referenced_table, &other.referenced_columns)
                    == (&key.columns, &key.referenced_table, &key.referenced_columns)
            };
            let has_columns = key.columns.iter().all(|column| own.column(column).is_some())
                && key.referenced_columns.iter().all(|column| referenced.column(column).is_some());
            if has_columns && !own.foreign_keys.iter().any(is_same) {
                new.push((name.clone(), key.clone()));
            }
        }
    }
    new
}

/// Whether a table refers to another one, directly or not.
fn refers_to(schema: &Schema, table: &TableName, target: &TableName) -> bool {
    let mut seen: BTreeSet<&TableName> = BTreeSet::new();
    let mut left = vec![table];
    while let Some(own) = left.pop().and_then(|name| schema.tables.get(name)) {
        let referenced = own.foreign_keys.iter().map(|key| &key.referenced_table).filter(|name| **name != own.name);
        for name in referenced.filter(|name| seen.insert(name)) {
            left.push(name);
        }
    }
    seen.contains(target)
}

#[cfg(test)]
mod tests {
    use super::{in_proportion, refers_to};
    use crate::schema::{ForeignKey, KeptOptions, ReferentialAction, Schema, Table};

    #[test]
    fn rows_are_in_proportion() {
        for (own, largest, rows, expected) in [
            (5_000_000, 5_000_000, 100_000, 100_000),
            (1_000_000, 5_000_000, 100_000, 20_000),
            // So few rows would take no time.
            (50_000, 5_000_000, 100_000, 10_000),
            (500, 5_000_000, 100_000, 500),
            (0, 5_000_000, 100_000, 1),
        ] {
            assert_eq!(in_proportion(own, largest, rows), expected, "{own} {largest} {rows}");
        }
    }

    #[test]
    fn tables_that_refer_to_others() {
        let key = |table: &str| ForeignKey {
            name: None,
            columns: vec!["x".to_owned()],
            referenced_table: table.into(),
            referenced_columns: vec!["id".to_owned()],
            on_delete: ReferentialAction::NoAction,
            on_delete_columns: Vec::new(),
            on_update: ReferentialAction::NoAction,
            deferrable: None,
            options: KeptOptions::default(),
        };
        let mut schema = Schema::default();
        for (name, referenced) in [("a", vec!["b"]), ("b", vec!["b", "c"]), ("c", vec![])] {
            let mut table = Table::new(name);
            table.foreign_keys.extend(referenced.into_iter().map(key));
            schema.tables.insert(name.into(), table);
        }
        for (table, target, expected) in [("a", "c", true), ("b", "c", true), ("b", "a", false), ("c", "a", false)] {
            assert_eq!(refers_to(&schema, &table.into(), &target.into()), expected, "{table} {target}");
        }
    }
}
