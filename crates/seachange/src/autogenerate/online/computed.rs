//! Columns that are removed, and the new ones that are computed from them, as where a column is split or several are merged.
//! The differences between two schemas do not tell that they belong together: the expressions of the request do.

use std::collections::BTreeSet;

use super::expanded::relaxed;
use super::{OnlineRequest, SideColumn, SideValue, SynchronisedColumns};
use crate::autogenerate::comparison::Comparison;
use crate::autogenerate::expression::tokens;
use crate::schema::{Column, Table};

/// What is missing or wrong in the values that a request gives to columns. Columns are `table.column`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FillError {
    #[error(
        "column `{column}` is new, required and without a default: its value for rows that the old version writes is not known"
    )]
    Required { column: String },
    #[error(
        "column `{column}` is computed from `{from}`, and the other way round is not known: the value of `{from}` for rows \
         that the new version writes"
    )]
    MissingOld { column: String, from: String },
    #[error(
        "column `{column}` is computed from `{from}`, and the other way round is not known: the value of `{from}` for rows \
         that the old version writes"
    )]
    MissingNew { column: String, from: String },
    #[error(
        "the value of `{column}` is computed from `{from}`, which stays: only columns that are removed have another side"
    )]
    Stays { column: String, from: String },
    #[error(
        "`{column}` has a value for rows of the other version, and is neither a new column of a table nor a removed one"
    )]
    Unchanged { column: String },
    #[error("{columns} cannot be synchronised: {reason}")]
    Refused { columns: String, reason: String },
}

impl FillError {
    /// The column whose value is not known.
    pub(crate) fn missing(&self) -> Option<&str> {
        match self {
            Self::Required { column } => Some(column),
            Self::MissingOld { from, .. } | Self::MissingNew { from, .. } => Some(from),
            Self::Stays { .. } | Self::Unchanged { .. } | Self::Refused { .. } => None,
        }
    }
}

/// Refuses values of columns that both versions have, or none.
pub(super) fn check(comparison: &Comparison, request: OnlineRequest<'_>) -> Result<(), FillError> {
    let mut known = BTreeSet::new();
    for (name, new) in &comparison.to.tables {
        let Some(old) = comparison.from.tables.get(name) else { continue };
        let (added, removed) = (added(request, old, new), removed(request, old, new));
        known.extend(added.chain(removed).map(|column| key(old, column)));
    }
    match request.fills.keys().find(|column| !known.contains(*column)) {
        Some(column) => Err(FillError::Unchanged { column: column.clone() }),
        None => Ok(()),
    }
}

/// How a request names a column.
pub(super) fn key(table: &Table, column: &Column) -> String {
    format!("{}.{}", table.name, column.name)
}

/// The columns that only the new version has, under no other name.
fn added<'a>(request: OnlineRequest<'a>, old: &'a Table, new: &'a Table) -> impl Iterator<Item = &'a Column> {
    let is_renamed = |name: &String| {
        request.renames.columns.iter().any(|((table, _), renamed)| *table == old.name && renamed == name)
    };
    new.columns.iter().filter(move |column| old.column(&column.name).is_none() && !is_renamed(&column.name))
}

/// The columns that only the old version has, under no other name.
fn removed<'a>(request: OnlineRequest<'a>, old: &'a Table, new: &'a Table) -> impl Iterator<Item = &'a Column> {
    let is_renamed = |name: &String| request.renames.columns.contains_key(&(old.name.clone(), name.clone()));
    old.columns.iter().filter(move |column| new.column(&column.name).is_none() && !is_renamed(&column.name))
}

/// Whether an expression names a column.
fn names(expression: &str, column: &Column) -> bool {
    let is_column = |name: &str| name.eq_ignore_ascii_case(&column.name);
    tokens(expression).iter().any(|token| token.name().is_some_and(|name| is_column(&name)))
}

/// The removed columns of a table with the new ones that are computed from them, each side from the other. Columns that one
/// expression names belong together.
pub(super) fn groups(
    request: OnlineRequest<'_>,
    old: &Table,
    new: &Table,
) -> Result<Vec<SynchronisedColumns>, FillError> {
    let added: Vec<&Column> = added(request, old, new).collect();
    let removed: Vec<&Column> = removed(request, old, new).collect();
    let value = |column: &Column| request.fills.get(&key(old, column)).map(String::as_str);
    let mut links = Vec::new();
    for (place, column) in added.iter().enumerate() {
        let Some(value) = value(column) else { continue };
        let from: Vec<usize> = (0..removed.len()).filter(|other| names(value, removed[*other])).collect();
        let stays = || old.columns.iter().find(|own| names(value, own));
        if let (true, Some(from)) = (from.is_empty(), stays()) {
            return Err(FillError::Stays { column: key(old, column), from: key(old, from) });
        }
        links.extend(from.into_iter().map(|other| (other, place)));
    }
    for (place, column) in removed.iter().enumerate() {
        let Some(value) = value(column) else { continue };
        links.extend((0..added.len()).filter(|other| names(value, added[*other])).map(|other| (place, other)));
    }
    let mut groups = Vec::new();
    while let Some(&(first, _)) = links.first() {
        let (old_places, new_places) = connected(&mut links, first);
        let side = |places: BTreeSet<usize>, columns: &[&Column], missing: &dyn Fn(String) -> FillError| {
            let column = |place: usize| {
                let column = columns[place];
                let value = value(column).ok_or_else(|| missing(key(old, column)))?;
                let value = SideValue::Expression(value.to_owned());
                Ok(SideColumn { column: relaxed(column), value })
            };
            places.into_iter().map(column).collect::<Result<Vec<_>, FillError>>()
        };
        let other = |places: &BTreeSet<usize>, columns: &[&Column]| {
            places.iter().map(|place| columns[*place]).find(|column| value(column).is_some()).map(|own| key(old, own))
        };
        let (of_old, of_new) = (other(&old_places, &removed), other(&new_places, &added));
        let missing_old = |from| FillError::MissingOld { column: of_new.clone().unwrap_or_default(), from };
        let missing_new = |from| FillError::MissingNew { column: of_old.clone().unwrap_or_default(), from };
        groups.push(SynchronisedColumns {
            table: old.name.clone(),
            old: side(old_places, &removed, &missing_old)?,
            new: side(new_places, &added, &missing_new)?,
            takes_name: false,
            follows: false,
        });
    }
    Ok(groups)
}

/// Takes the links that lead to an old column, directly or over others. Returns the places of the old columns and of the new
/// ones.
fn connected(links: &mut Vec<(usize, usize)>, first: usize) -> (BTreeSet<usize>, BTreeSet<usize>) {
    let (mut old, mut new) = (BTreeSet::from([first]), BTreeSet::new());
    loop {
        let known = old.len() + new.len();
        for (from, to) in &*links {
            if old.contains(from) || new.contains(to) {
                old.insert(*from);
                new.insert(*to);
            }
        }
        if old.len() + new.len() == known {
            break;
        }
    }
    links.retain(|(from, _)| !old.contains(from));
    (old, new)
}
