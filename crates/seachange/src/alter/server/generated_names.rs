//! The names that MySQL and MariaDB generated for the indexes of foreign keys and for unnamed unique constraints.

use std::collections::BTreeMap;

use sea_orm::sea_query::TableName;
use sea_orm::{ConnectionTrait, DbBackend, DbErr};

use super::column_checks::ColumnChecks;
use super::deferred_names;
use super::implicit_index::{IndexDispositions, KeyColumns, columns, implicit_indexes};
use crate::alter::clause::quoted;
use crate::alter::default_name;
use crate::alter::offline_scope::Recording;
use crate::alter::operation::{AlterOperation, text};

/// The generated names that the statements need.
#[derive(Debug, Default)]
pub(super) struct GeneratedNames {
    /// What happens to the indexes of dropped foreign keys.
    pub(super) indexes: IndexDispositions,
    /// The indexes of unique constraints, by the requested name, if the index has another one.
    pub(super) uniques: BTreeMap<String, UniqueIndex>,
    /// The checks in the definitions of columns, which have no names.
    pub(super) checks: ColumnChecks,
}

/// The index of a unique constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum UniqueIndex {
    /// The index has this name.
    Named(String),
    /// The server finds the name when the statement runs.
    LeftToServer,
}

impl GeneratedNames {
    /// Queries the server.
    pub(super) async fn read(
        connection: &impl ConnectionTrait,
        table: &TableName,
        operations: &[AlterOperation],
    ) -> Result<Self, DbErr> {
        let indexes = implicit_indexes(connection, table, operations).await?;
        let dropped: Vec<&str> = dropped_uniques(operations).collect();
        let uniques = if dropped.is_empty() {
            BTreeMap::new()
        } else {
            found(&text(&table.1), &unique_indexes(connection, table).await?, &dropped)
        };
        Ok(Self { indexes, uniques, checks: ColumnChecks::read(connection, table, operations).await? })
    }

    /// Leaves it to the server to find the names, where necessary.
    pub(super) fn left_to_server(table: &TableName, operations: &[AlterOperation], recording: Recording) -> Self {
        let prefix = format!("{}_", text(&table.1));
        // Any other name is the constraint's actual name.
        let unnamed = dropped_uniques(operations).filter(|name| name.starts_with(&prefix) && name.ends_with("_key"));
        Self {
            indexes: deferred_names::fates(operations),
            uniques: unnamed.map(|name| (name.to_owned(), UniqueIndex::LeftToServer)).collect(),
            checks: ColumnChecks::left_to_server(recording),
        }
    }

    /// Writes the name of the index of a unique constraint.
    pub(super) fn unique(&self, name: &str) -> String {
        match self.uniques.get(name) {
            Some(UniqueIndex::Named(own)) => quoted(DbBackend::MySql, own),
            Some(UniqueIndex::LeftToServer) => deferred_names::place_of_unique(name),
            None => quoted(DbBackend::MySql, name),
        }
    }
}

/// Finds the index for each name that no index has, if PostgreSQL would have given this name to exactly one unique
/// constraint on the columns of an index.
pub(super) fn found(table: &str, indexes: &KeyColumns, dropped: &[&str]) -> BTreeMap<String, UniqueIndex> {
    let is_own = |name: &str| indexes.keys().any(|own| own.eq_ignore_ascii_case(name));
    let unnamed = dropped.iter().filter(|name| !is_own(name)).filter_map(|&name| {
        let fits =
            |(_, columns): &(&String, &Vec<String>)| default_name::unique(table, columns).eq_ignore_ascii_case(name);
        let mut fitting = indexes.iter().filter(fits);
        let (own, _) = fitting.next()?;
        fitting.next().is_none().then(|| (name.to_owned(), UniqueIndex::Named(own.clone())))
    });
    unnamed.collect()
}

fn dropped_uniques(operations: &[AlterOperation]) -> impl Iterator<Item = &str> {
    operations.iter().filter_map(|operation| match operation {
        AlterOperation::DropUnique(name) => Some(name.as_str()),
        _ => None,
    })
}

async fn unique_indexes(connection: &impl ConnectionTrait, table: &TableName) -> Result<KeyColumns, DbErr> {
    let sql = "SELECT CAST(INDEX_NAME AS CHAR), CAST(COLUMN_NAME AS CHAR) FROM information_schema.STATISTICS \
               WHERE TABLE_SCHEMA = COALESCE(?, DATABASE()) AND TABLE_NAME = ? AND NON_UNIQUE = 0 \
               AND INDEX_NAME <> 'PRIMARY' AND COLUMN_NAME IS NOT NULL ORDER BY INDEX_NAME, SEQ_IN_INDEX";
    columns(connection, sql, table).await
}
