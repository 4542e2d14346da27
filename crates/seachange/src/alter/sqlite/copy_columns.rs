//! The columns of a table that hold data, and how to copy them.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult};

use super::conversion::Conversion;
use super::plan::RebuiltTable;
use super::snapshot::statement;
use crate::alter::clause::quoted;
use crate::sqlite_ddl::same;

/// The columns to copy from one table to another.
#[derive(Debug)]
pub(super) struct CopyColumns {
    /// All columns.
    names: Vec<String>,
    /// The columns that are not generated.
    stored: Vec<String>,
    /// The columns that identify a row: the primary key, or a name of the row number.
    key: Vec<String>,
    /// Whether rows have a row number.
    rowid: bool,
    /// Whether rows have a row number that no column contains.
    hidden_rowid: bool,
}

impl CopyColumns {
    /// Reads the columns of a table.
    pub(super) async fn read(connection: &impl ConnectionTrait, table: &str) -> Result<Self, DbErr> {
        let sql = format!("SELECT name, hidden, pk, {ROW_NUMBERS} FROM pragma_table_xinfo(?1, 'main') ORDER BY cid");
        let rows = connection.query_all_raw(statement(&sql, [table.into()])).await?;
        let columns: Vec<(String, i32, i32)> = rows.iter().map(column).collect::<Result<_, _>>()?;
        let stored = columns.iter().filter(|(_, hidden, _)| *hidden == 0);
        let stored = stored.map(|(name, ..)| name.clone()).collect();
        let mut key: Vec<_> = columns.iter().filter(|(_, _, place)| *place > 0).collect();
        key.sort_by_key(|(_, _, place)| *place);
        let key = key.into_iter().map(|(name, ..)| name.clone()).collect();
        let names = columns.into_iter().map(|(name, ..)| name).collect();
        let (rowid, hidden_rowid) = rows.first().map(row_numbers).transpose()?.unwrap_or((false, false));
        let mut contents = Self { names, stored, key, rowid, hidden_rowid };
        if contents.key.is_empty() && rowid {
            contents.key.extend(ROWIDS.into_iter().find(|name| contents.is_free(name)).map(str::to_owned));
        }
        Ok(contents)
    }

    /// The columns that identify a row: those of the primary key, or a name of the row number. Empty if there is no
    /// such name.
    pub(super) fn key(&self) -> &[String] {
        &self.key
    }

    /// Writes the statement that copies the columns that both tables have. `from` and `to` are quoted. The statement
    /// fails where a row has no value in the column that becomes the row number, because SQLite would generate one.
    pub(super) fn copy_to(&self, new: &Self, table: &RebuiltTable, from: &str, to: &str) -> String {
        let is_kept = |name: &&String| {
            let has_place = new.stored.iter().any(|other| same(name, other));
            has_place && !table.dropped.iter().any(|dropped| same(name, dropped))
        };
        let kept: Vec<&String> = self.stored.iter().filter(is_kept).collect();
        let mut columns: Vec<String> = kept.iter().map(|name| quoted(DbBackend::Sqlite, name)).collect();
        let value = |name: &&String| {
            let column = quoted(DbBackend::Sqlite, name);
            let said = Conversion::expression(&table.conversions, name);
            let value = said.map_or(column, |expression| format!("({expression})"));
            if table.numbered.as_ref().is_some_and(|numbered| same(numbered, name)) {
                format!("ifnull({value}, 'no value')")
            } else {
                value
            }
        };
        let mut values: Vec<String> = kept.iter().map(value).collect();
        if let Some(rowid) = self.rowid_for(new) {
            columns.insert(0, rowid.to_owned());
            values.insert(0, rowid.to_owned());
        }
        if columns.is_empty() {
            // Every column was dropped. SQLite does not allow this, and reports it when the table is created.
            columns.push(quoted(DbBackend::Sqlite, "rowid"));
            values.clone_from(&columns);
        }
        let (columns, values) = (columns.join(", "), values.join(", "));
        // An expression may qualify its columns with the name of the table.
        let has_expressions = kept.iter().any(|name| Conversion::expression(&table.conversions, name).is_some());
        let alias = if has_expressions { format!(" AS {to}") } else { String::new() };
        // The table's own ON CONFLICT IGNORE or REPLACE would omit rows without an error.
        format!("INSERT OR ABORT INTO \"main\".{to} ({columns}) SELECT {values} FROM \"main\".{from}{alias}")
    }

    /// Returns a name of the row number that is free in both tables, if rows have a number in both and no column of the
    /// new table contains it.
    fn rowid_for(&self, new: &Self) -> Option<&'static str> {
        let both = self.rowid && new.hidden_rowid;
        ROWIDS.into_iter().find(|name| both && self.is_free(name) && new.is_free(name))
    }

    fn is_free(&self, name: &str) -> bool {
        !self.names.iter().any(|column| same(column, name))
    }
}

/// The names of the row number in SQLite. A column of the same name hides it.
const ROWIDS: [&str; 3] = ["rowid", "_rowid_", "oid"];

fn column(row: &QueryResult) -> Result<(String, i32, i32), DbErr> {
    Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?))
}

/// Whether the rows of a table have numbers, and whether no column contains them. Every table has row numbers, except a table
/// `WITHOUT ROWID`. A primary key without an index of its own is the row number.
const ROW_NUMBERS: &str = "(SELECT wr FROM pragma_table_list(?1) WHERE schema = 'main') = 0, \
     (SELECT count(*) FROM pragma_table_xinfo(?1, 'main') WHERE pk > 0) = 0 \
     OR (SELECT count(*) FROM pragma_index_list(?1, 'main') WHERE origin = 'pk') > 0";

/// The answer of [`ROW_NUMBERS`].
fn row_numbers(row: &QueryResult) -> Result<(bool, bool), DbErr> {
    let rowid: bool = row.try_get_by_index(3)?;
    Ok((rowid, rowid && row.try_get_by_index(4)?))
}
