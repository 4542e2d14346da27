//! Tables and columns that may have been renamed, judged by their names and definitions.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::equivalence;
use super::rename::{RenameCandidate, Renames, apply};
use crate::schema::{Column, Schema, Table};

/// Returns the tables and columns that may have been renamed. Each dropped and each added object has at most one
/// candidate. The columns of tables that `renames` renames are compared too.
pub(in crate::autogenerate) fn candidates(from: &Schema, to: &Schema, renames: &Renames) -> Vec<RenameCandidate> {
    let (from, _) = apply(from, renames);
    let gone: Vec<_> = from.tables.values().filter(|table| !to.tables.contains_key(&table.name)).collect();
    let come: Vec<_> = to.tables.values().filter(|table| !from.tables.contains_key(&table.name)).collect();
    let tables = one_each(similar_tables(&gone, &come));
    let tables = tables.into_iter().map(|(old, new)| {
        let (from, to) = (gone[old].name.clone(), come[new].name.clone());
        RenameCandidate::Table { from, to }
    });
    let both = to.tables.values().filter_map(|new| Some((from.table(&new.name)?, new)));
    tables.chain(both.flat_map(|(old, new)| column_candidates(old, new))).collect()
}

/// The positions of a dropped object and an added object, and how similar their names are.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct CandidatePair {
    similarity: Reverse<usize>,
    old: usize,
    new: usize,
}

/// Selects the pairs with the most similar names. Each object is in at most one pair.
fn one_each(mut pairs: Vec<CandidatePair>) -> Vec<(usize, usize)> {
    pairs.sort_unstable();
    let (mut gone, mut come) = (BTreeSet::new(), BTreeSet::new());
    let mut taken = Vec::new();
    for CandidatePair { old, new, .. } in pairs {
        if !gone.contains(&old) && !come.contains(&new) {
            gone.insert(old);
            come.insert(new);
            taken.push((old, new));
        }
    }
    taken.sort_unstable();
    taken
}

/// The common beginning and end of two names, in thousandths of the longer name.
fn similarity(old: &str, new: &str) -> usize {
    let length = |name: &str| name.chars().count();
    let shorter = length(old).min(length(new));
    let before = old.chars().zip(new.chars()).take_while(|(left, right)| left == right).count();
    let after = old.chars().rev().zip(new.chars().rev()).take_while(|(left, right)| left == right).count();
    (before + after).min(shorter) * 1000 / length(old).max(length(new)).max(1)
}

/// The pairs of tables that share three quarters of their columns. For each dropped table, only the pairs with the most
/// similar names.
fn similar_tables(gone: &[&Table], come: &[&Table]) -> Vec<CandidatePair> {
    const AT_MOST: usize = 10;
    let with_column = with_column(come);
    let mut shared = vec![0; come.len()];
    let mut pairs = Vec::new();
    for (old, table) in gone.iter().enumerate() {
        let same = table.columns.iter().filter_map(|column| with_column.get(&key(table, column))).flatten();
        let mut touched = Vec::new();
        for &new in same {
            if shared[new] == 0 {
                touched.push(new);
            }
            shared[new] += 1;
        }
        let is_similar = |new: &usize| shared[*new] * 4 >= table.columns.len().max(come[*new].columns.len()) * 3;
        let similar = touched.iter().copied().filter(is_similar).map(|new| {
            let similarity = Reverse(similarity(&table.name.name, &come[new].name.name));
            CandidatePair { similarity, old, new }
        });
        let mut similar: Vec<_> = similar.collect();
        similar.sort_unstable();
        similar.truncate(AT_MOST);
        pairs.extend(similar);
        touched.into_iter().for_each(|new| shared[new] = 0);
    }
    pairs
}

/// What two tables share if they have the same column: the schema, and the name and type of the column.
type ColumnKey<'s> = (Option<&'s str>, &'s str, &'s str);

fn key<'s>(table: &'s Table, column: &'s Column) -> ColumnKey<'s> {
    (table.name.schema.as_deref(), &column.name, &column.column_type.text)
}

/// The positions of the tables that have a column, by column.
fn with_column<'s>(tables: &[&'s Table]) -> BTreeMap<ColumnKey<'s>, Vec<usize>> {
    let mut places: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (place, table) in tables.iter().enumerate() {
        for column in &table.columns {
            places.entry(key(table, column)).or_default().push(place);
        }
    }
    places
}

fn column_candidates(old: &Table, new: &Table) -> Vec<RenameCandidate> {
    let absent = |own: &'_ Table, other: &Table| -> Vec<Column> {
        own.columns.iter().filter(|column| other.column(&column.name).is_none()).cloned().collect()
    };
    let (gone, come) = (absent(old, new), absent(new, old));
    let pairs = gone.iter().enumerate().flat_map(|(at, before)| {
        let same = come.iter().enumerate().filter(move |(_, after)| is_same_column(old, before, new, after));
        same.map(move |(to, after)| CandidatePair {
            similarity: Reverse(similarity(&before.name, &after.name)),
            old: at,
            new: to,
        })
    });
    let taken = one_each(pairs.collect()).into_iter();
    let candidate = |(before, after): (usize, usize)| RenameCandidate::Column {
        table: new.name.clone(),
        from: gone[before].name.clone(),
        to: come[after].name.clone(),
    };
    taken.map(candidate).collect()
}

fn is_same_column(old: &Table, before: &Column, new: &Table, after: &Column) -> bool {
    let in_key = [equivalence::is_in_key(old, &before.name), equivalence::is_in_key(new, &after.name)];
    in_key[0] == in_key[1]
        && before.column_type == after.column_type
        && (in_key[0] || before.nullable == after.nullable)
}
