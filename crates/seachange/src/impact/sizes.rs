//! How large the tables of the connected database are, by its own statistics: no table is read as a whole.
//!
//! The revisions are measured on a copy, whose tables have other names once a pending revision renames them.
//! [`TableSizes::of`] follows the renames back.

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{DatabaseConnection, DbBackend};

use super::changes::renamed_tables;
use super::measured::{RevisionImpact, SchemaChange};
use crate::database_error::full_reason;

/// The size of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableSize {
    /// How many rows it has, or why that is unknown.
    pub(crate) rows: Result<RowEstimate, String>,
    /// The bytes of the rows, with large values that are stored apart; `None` if unknown.
    pub(crate) bytes: Option<u64>,
    /// The bytes of the indexes; `None` if unknown. On MySQL and MariaDB the primary key is a part of the rows.
    pub(crate) index_bytes: Option<u64>,
}

/// A number of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RowEstimate {
    /// The estimate.
    pub(crate) rows: u64,
    /// Whether there are at most so many rows, and there may be far fewer.
    pub(crate) is_upper_bound: bool,
}

impl TableSize {
    /// A table of which nothing is known.
    pub(crate) fn unknown(reason: impl Into<String>) -> Self {
        Self { rows: Err(reason.into()), bytes: None, index_bytes: None }
    }

    /// The average bytes of a row, if they are known.
    pub(super) fn row_width(&self) -> Option<u64> {
        let rows = self.rows.as_ref().ok().filter(|rows| rows.rows > 0 && !rows.is_upper_bound)?;
        Some(self.bytes? / rows.rows)
    }
}

/// The sizes of the tables that statements lock.
#[derive(Debug)]
pub(crate) struct TableSizes {
    /// By the names of the tables in the connected database.
    tables: BTreeMap<String, TableSize>,
    /// Why no size is known.
    unknown: Option<String>,
}

impl TableSizes {
    /// No size is known, for a reason.
    pub(crate) fn unknown(reason: impl Into<String>) -> Self {
        Self { tables: BTreeMap::new(), unknown: Some(reason.into()) }
    }

    /// Asks the connected database for the sizes of the tables that the revisions lock. If it does not answer, the sizes
    /// are unknown.
    pub(crate) async fn read(connection: &DatabaseConnection, measured: &[RevisionImpact]) -> Self {
        let mut names: BTreeSet<String> = BTreeSet::new();
        for (revision, impact) in measured.iter().enumerate() {
            for (number, statement) in impact.statements.iter().enumerate() {
                for table in &statement.tables {
                    names.insert(connected_name(measured, revision, number, &table.table));
                    names.insert(table.table.clone());
                }
            }
        }
        if names.is_empty() {
            return Self { tables: BTreeMap::new(), unknown: None };
        }
        let names: Vec<String> = names.into_iter().collect();
        let tables = match connection.get_database_backend() {
            #[cfg(feature = "postgres")]
            DbBackend::Postgres => postgres::sizes(connection, &names).await,
            #[cfg(feature = "mysql")]
            DbBackend::MySql => mysql::sizes(connection, &names).await,
            #[cfg(feature = "sqlite")]
            DbBackend::Sqlite => sqlite::sizes(connection, &names).await,
            _ => Ok(BTreeMap::new()),
        };
        match tables {
            Ok(tables) => Self { tables, unknown: None },
            Err(error) => Self::unknown(full_reason(&error)),
        }
    }

    /// The size of a table that a statement locks, by the table's name when the statement runs.
    pub(crate) fn of(&self, measured: &[RevisionImpact], revision: usize, statement: usize, table: &str) -> TableSize {
        if let Some(reason) = &self.unknown {
            return TableSize::unknown(reason);
        }
        let name = connected_name(measured, revision, statement, table);
        let found = self.tables.get(&name).or_else(|| self.tables.get(table));
        found.cloned().unwrap_or_else(|| TableSize::unknown(format!("the database has no table `{name}`")))
    }
}

/// The name that a table has before the first revision, if it has another one when a statement runs.
pub(super) fn connected_name(measured: &[RevisionImpact], revision: usize, statement: usize, table: &str) -> String {
    let mut name = table.to_owned();
    for (number, impact) in measured.iter().enumerate().take(revision + 1).rev() {
        let is_before = |change: &&SchemaChange| {
            number < revision
                || match change.statement {
                    Some(own) => own < statement,
                    // Several statements make the change, and this one may be among them.
                    None => !has_table(impact, &name),
                }
        };
        let before: Vec<_> = impact.changes.iter().filter(is_before).cloned().collect();
        for (from, to) in renamed_tables(&before).into_iter().rev() {
            if to.to_string() == name {
                name = from.to_string();
            }
        }
    }
    name
}

/// Whether a revision begins with a table of this name.
fn has_table(impact: &RevisionImpact, name: &str) -> bool {
    impact.before.iter().any(|schema| schema.tables.keys().any(|own| own.to_string() == name))
}

#[cfg(test)]
mod tests {
    use sea_orm::DbBackend;

    use super::connected_name;
    use crate::autogenerate::SchemaOperation;
    use crate::impact::measured::{RevisionImpact, SchemaChange, WrittenTables};
    use crate::impact::test_revision::test_revision;
    use crate::revision::Revision;
    use crate::schema::{Schema, Table};

    /// A revision that begins with some tables, and renames tables in the statements of these numbers.
    fn revision(tables: &[&str], renames: &[(Option<usize>, &str, &str)]) -> RevisionImpact {
        let script = test_revision(Revision { id: "r1", ..Revision::ROOT });
        let mut before = Schema::default();
        before.tables.extend(tables.iter().map(|name| ((*name).into(), Table::new(*name))));
        let change = |(statement, from, to): &(Option<usize>, &str, &str)| SchemaChange {
            statement: *statement,
            operations: vec![SchemaOperation::RenameTable { from: (*from).into(), to: (*to).into() }],
            written: WrittenTables::Unknown,
            is_computed: false,
        };
        let not_run = RevisionImpact::not_run(script, DbBackend::Postgres, String::new());
        RevisionImpact { before: Some(before), changes: renames.iter().map(change).collect(), ..not_run }
    }

    #[test]
    fn renamed_tables_are_followed_back() {
        let measured = [
            revision(&["posts", "users"], &[(Some(1), "posts", "articles")]),
            revision(&["articles", "users"], &[(Some(0), "articles", "essays"), (Some(2), "users", "articles")]),
        ];
        let name = |revision, statement, table| connected_name(&measured, revision, statement, table);
        assert_eq!(name(0, 0, "posts"), "posts");
        assert_eq!(name(0, 2, "articles"), "posts");
        assert_eq!(name(1, 0, "articles"), "posts");
        assert_eq!(name(1, 1, "essays"), "posts");
        assert_eq!(name(1, 3, "articles"), "users");
        assert_eq!(name(1, 3, "users"), "users");
    }

    #[test]
    fn a_change_by_several_statements_is_before_those_that_use_the_new_name() {
        let measured = [revision(&["posts"], &[(None, "posts", "articles")])];
        assert_eq!(connected_name(&measured, 0, 0, "posts"), "posts");
        assert_eq!(connected_name(&measured, 0, 1, "articles"), "posts");
    }
}
