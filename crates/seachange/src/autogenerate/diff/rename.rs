//! Tables and columns that are renamed. A rename keeps the rows and values; a drop and an addition would lose them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::declared_renames::{self, in_order};
use super::equivalence;
use crate::autogenerate::error::EntityError;
use crate::autogenerate::expression::tokens;
use crate::autogenerate::hints::EntityHints;
use crate::autogenerate::operation::{SchemaOperation, TableChange};
use crate::schema::{Column, Expression, IndexKey, Schema, Table, TableName};
use crate::sql::Token;

/// The tables and columns to rename.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Renames {
    /// Tables: the new names, by the old names.
    pub tables: BTreeMap<TableName, TableName>,
    /// Columns: the new names, by the new name of the table and the old name of the column.
    pub columns: BTreeMap<(TableName, String), String>,
}

/// A dropped and an added object. The second may be the first under a new name, although no entity declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RenameCandidate {
    /// A dropped table and an added table.
    Table {
        /// The dropped table.
        from: TableName,
        /// The added table.
        to: TableName,
    },
    /// A dropped column and an added column.
    Column {
        /// The table, by its new name.
        table: TableName,
        /// The dropped column.
        from: String,
        /// The added column.
        to: String,
    },
}

impl Renames {
    /// The renames that the entities declare and that are not made yet.
    ///
    /// # Errors
    ///
    /// The database has both names of a rename, or names are renamed in a circle.
    pub(in crate::autogenerate) fn asked_for(
        from: &Schema,
        to: &Schema,
        hints: &EntityHints,
    ) -> Result<Self, EntityError> {
        let tables = declared_renames::tables(from, to, hints)?;
        let mut columns = BTreeMap::new();
        let declaring: BTreeSet<&TableName> = hints.renamed_columns.keys().map(|(table, _)| table).collect();
        for table in declaring {
            let old_table = tables.iter().find(|(_, new)| *new == table).map_or(table, |(old, _)| old);
            for (old, new) in declared_renames::columns((from, old_table), (to, table), hints)? {
                columns.insert((table.clone(), old), new);
            }
        }
        Ok(Self { tables, columns })
    }

    /// Accepts a candidate as a rename.
    pub fn accept(&mut self, candidate: &RenameCandidate) {
        match candidate.clone() {
            RenameCandidate::Table { from, to } => {
                self.tables.insert(from, to);
            }
            RenameCandidate::Column { table, from, to } => {
                self.columns.insert((table, from), to);
            }
        }
    }

    /// Whether a candidate is still possible with the accepted renames.
    #[must_use]
    pub fn is_unresolved(&self, candidate: &RenameCandidate) -> bool {
        match candidate {
            RenameCandidate::Table { from, to } => {
                !self.tables.contains_key(from) && self.tables.values().all(|taken| taken != to)
            }
            RenameCandidate::Column { table, from, to } => {
                let of_table = || self.columns.iter().filter(|((own, _), _)| own == table);
                of_table().all(|((_, old), new)| old != from && new != to)
            }
        }
    }

    /// The renames of tables, old and new names, in an order in which they are possible.
    fn tables_in_order(&self) -> Vec<(&TableName, &TableName)> {
        in_order(&self.tables.iter().collect::<Vec<_>>())
    }

    /// The renames of columns, each with its table, in an order in which they are possible.
    fn columns_in_order(&self) -> Vec<(&TableName, &String, &String)> {
        let tables: BTreeSet<&TableName> = self.columns.keys().map(|(table, _)| table).collect();
        let of_table = |table| {
            let own = self.columns.iter().filter(move |((own, _), _)| own == table);
            own.map(|((_, old), new)| (old, new)).collect::<Vec<_>>()
        };
        let ordered = tables.into_iter().map(|table| (table, in_order(&of_table(table))));
        ordered.flat_map(|(table, renames)| renames.into_iter().map(move |(old, new)| (table, old, new))).collect()
    }
}

/// The schema after the renames. Names in expressions are replaced as far as their text tells columns apart.
pub(in crate::autogenerate) fn apply(from: &Schema, renames: &Renames) -> Schema {
    let mut schema = from.clone();
    for (old, new) in renames.tables_in_order() {
        rename_table(&mut schema, old, new);
    }
    for (table, old, new) in renames.columns_in_order() {
        rename_column(&mut schema, table, old, new);
    }
    schema
}

/// The operations that make the renames.
pub(in crate::autogenerate) fn operations(renames: &Renames) -> Vec<SchemaOperation> {
    let tables = renames.tables_in_order().into_iter();
    let tables = tables.map(|(old, new)| SchemaOperation::RenameTable { from: old.clone(), to: new.clone() });
    let columns = renames.columns_in_order().into_iter().map(|(table, old, new)| {
        let change = TableChange::RenameColumn { from: old.clone(), to: new.clone() };
        SchemaOperation::Change { table: table.clone(), change }
    });
    tables.chain(columns).collect()
}

fn rename_table(schema: &mut Schema, old: &TableName, new: &TableName) {
    if let Some(table) = schema.tables.remove(old) {
        schema.tables.insert(new.clone(), Table { name: new.clone(), ..table });
    }
    let keys = schema.tables.values_mut().flat_map(|table| &mut table.foreign_keys);
    for key in keys.filter(|key| key.referenced_table == *old) {
        key.referenced_table = new.clone();
    }
}

fn rename_column(schema: &mut Schema, table: &TableName, old: &str, new: &str) {
    if let Some(table) = schema.tables.get_mut(table) {
        rename_in_table(table, old, new);
    }
    let keys = schema.tables.values_mut().flat_map(|table| &mut table.foreign_keys);
    for key in keys.filter(|key| key.referenced_table == *table) {
        replace(&mut key.referenced_columns, old, new);
    }
}

fn rename_in_table(table: &mut Table, old: &str, new: &str) {
    for column in table.columns.iter_mut().filter(|column| column.name == old) {
        column.name = new.to_owned();
    }
    table.primary_key.iter_mut().for_each(|key| replace(&mut key.columns, old, new));
    table.uniques.iter_mut().for_each(|unique| replace(&mut unique.columns, old, new));
    table.foreign_keys.iter_mut().for_each(|key| {
        replace(&mut key.columns, old, new);
        replace(&mut key.on_delete_columns, old, new);
    });
    for index in &mut table.indexes {
        replace(&mut index.include, old, new);
        index.parts.iter_mut().for_each(|part| match &mut part.key {
            IndexKey::Column(name) if name == old => *name = new.to_owned(),
            IndexKey::Column(_) => {}
            IndexKey::Expression(expression) => rename_in(expression, old, new),
        });
    }
    expressions(table).for_each(|expression| rename_in(expression, old, new));
}

/// The expressions of a table that may name its columns, except those in the keys of indexes.
fn expressions(table: &mut Table) -> impl Iterator<Item = &mut Expression> {
    let generated = table.columns.iter_mut().filter_map(|column| column.generated.as_mut());
    let checks = table.checks.iter_mut().map(|check| &mut check.expression);
    let predicates = table.indexes.iter_mut().filter_map(|index| index.predicate.as_mut());
    generated.map(|generated| &mut generated.expression).chain(checks).chain(predicates)
}

fn rename_in(expression: &mut Expression, old: &str, new: &str) {
    expression.text = renamed(&expression.text, old, new);
    expression.normal = renamed(&expression.normal, old, new);
}

fn replace(names: &mut [String], old: &str, new: &str) {
    for name in names.iter_mut().filter(|name| *name == old) {
        *name = new.to_owned();
    }
}

/// Returns the tables and columns that may have been renamed. Each dropped and each added object has at most one
/// candidate. The columns of tables that `renames` renames are compared too.
pub(in crate::autogenerate) fn candidates(from: &Schema, to: &Schema, renames: &Renames) -> Vec<RenameCandidate> {
    let from = apply(from, renames);
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

/// Returns the expression with a column renamed. Strings stay as they are.
pub(in crate::autogenerate) fn renamed(expression: &str, old: &str, new: &str) -> String {
    tokens(expression).iter().map(|token| token_renamed(token, old, new)).collect()
}

/// Whether an expression names a column.
pub(in crate::autogenerate) fn mentions(expression: &str, column: &str) -> bool {
    tokens(expression).iter().any(|token| token.name().is_some_and(|name| name == column))
}

fn token_renamed(token: &Token<'_>, old: &str, new: &str) -> String {
    match token.text.chars().next() {
        _ if token.name().is_none_or(|name| name != old) => token.text.to_owned(),
        Some(quote @ ('"' | '`')) => format!("{quote}{}{quote}", new.replace(quote, &format!("{quote}{quote}"))),
        Some('[') => format!("[{new}]"),
        _ => new.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::renamed;

    #[test]
    fn only_the_column_is_renamed() {
        let check = |expression: &str, expected: &str| assert_eq!(renamed(expression, "price", "cost"), expected);
        check("price > 0 AND price_net > 0", "cost > 0 AND price_net > 0");
        check("label <> 'price' OR price IS NULL", "label <> 'price' OR cost IS NULL");
        check("\"price\" > 0", "\"cost\" > 0");
        check("`price` > 0 and label <> 'it''s price'", "`cost` > 0 and label <> 'it''s price'");
        check("label = 'open", "label = 'open");
    }
}
