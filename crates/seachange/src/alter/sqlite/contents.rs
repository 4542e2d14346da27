//! The columns of a table that hold data, and how to copy them.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult};

use super::snapshot::statement;
use crate::alter::clause::quoted;
use crate::sqlite_text::same;

/// What has to be copied from one table to another.
#[derive(Debug)]
pub(super) struct Contents {
    /// All columns.
    names: Vec<String>,
    /// The columns that are not generated.
    stored: Vec<String>,
    /// Whether rows have a number that no column shows.
    hidden_rowid: bool,
}

impl Contents {
    /// Reads the columns of a table.
    pub(super) async fn read(connection: &impl ConnectionTrait, table: &str) -> Result<Self, DbErr> {
        let sql = "SELECT name, hidden FROM pragma_table_xinfo(?1, 'main') ORDER BY cid";
        let rows = connection.query_all_raw(statement(sql, [table.into()])).await?;
        let columns: Vec<(String, i32)> = rows.iter().map(column).collect::<Result<_, _>>()?;
        let stored = columns.iter().filter(|(_, hidden)| *hidden == 0);
        Ok(Self {
            stored: stored.map(|(name, _)| name.clone()).collect(),
            names: columns.into_iter().map(|(name, _)| name).collect(),
            hidden_rowid: has_hidden_rowid(connection, table).await?,
        })
    }

    /// Writes the statement that copies the columns which both tables have, `from` and `to` being quoted. It fails where a
    /// row has no value in the column `numbered`, which becomes the row number: SQLite would make one up.
    pub(super) fn copy_to(&self, new: &Self, numbered: Option<&str>, from: &str, to: &str) -> String {
        let kept = self.stored.iter().filter(|name| new.stored.iter().any(|other| same(name, other)));
        let kept: Vec<String> = kept.cloned().collect();
        let mut columns: Vec<String> = kept.iter().map(|name| quoted(DbBackend::Sqlite, name)).collect();
        let value = |name: &String| {
            let column = quoted(DbBackend::Sqlite, name);
            if numbered.is_some_and(|numbered| same(numbered, name)) {
                format!("ifnull({column}, 'no value')")
            } else {
                column
            }
        };
        let mut values: Vec<String> = kept.iter().map(value).collect();
        if let Some(rowid) = self.rowid_for(new) {
            columns.insert(0, rowid.to_owned());
            values.insert(0, rowid.to_owned());
        }
        if columns.is_empty() {
            // Every column went, which SQLite does not allow; it says so when the table is created.
            columns.push(quoted(DbBackend::Sqlite, "rowid"));
            values.clone_from(&columns);
        }
        let (columns, values) = (columns.join(", "), values.join(", "));
        // A table's own ON CONFLICT IGNORE or REPLACE would leave rows out in silence.
        format!("INSERT OR ABORT INTO \"main\".{to} ({columns}) SELECT {values} FROM \"main\".{from}")
    }

    /// Returns a name for the hidden row number that is free in both tables.
    fn rowid_for(&self, new: &Self) -> Option<&'static str> {
        let is_free = |name: &&str| !self.names.iter().chain(&new.names).any(|column| same(column, name));
        let both = self.hidden_rowid && new.hidden_rowid;
        ["rowid", "_rowid_", "oid"].into_iter().find(|name| both && is_free(name))
    }
}

fn column(row: &QueryResult) -> Result<(String, i32), DbErr> {
    Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))
}

/// Every table has row numbers but those `WITHOUT ROWID`. A primary key that has no index of its own is the number.
async fn has_hidden_rowid(connection: &impl ConnectionTrait, table: &str) -> Result<bool, DbErr> {
    let sql = "SELECT (SELECT wr FROM pragma_table_list(?1) WHERE schema = 'main') = 0 AND ( \
               (SELECT count(*) FROM pragma_table_xinfo(?1, 'main') WHERE pk > 0) = 0 \
               OR (SELECT count(*) FROM pragma_index_list(?1, 'main') WHERE origin = 'pk') > 0)";
    let row = connection.query_one_raw(statement(sql, [table.into()])).await?;
    row.map_or(Ok(false), |row| row.try_get_by_index(0))
}
