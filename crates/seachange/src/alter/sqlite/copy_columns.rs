//! The columns of a table that hold data, and how to copy them.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult};

use super::conversion::Conversion;
use super::plan::RebuiltTable;
use super::snapshot::statement;
use crate::alter::clause::quoted;
use crate::alter::foreign_keys::json_value;
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
        let row = connection.query_one_raw(statement(&format!("SELECT {COPY_COLUMNS}"), [table.into()])).await?;
        Self::from_row(&row.ok_or_else(|| DbErr::RecordNotFound("the columns of a table".to_owned()))?, 0)
    }

    /// Takes the columns from the three values of [`COPY_COLUMNS`], which begin at a column of a row.
    pub(super) fn from_row(row: &QueryResult, at: usize) -> Result<Self, DbErr> {
        let columns: Vec<(String, i32, i32)> = json_value(row, at)?;
        let stored = columns.iter().filter(|(_, hidden, _)| *hidden == 0);
        let stored = stored.map(|(name, ..)| name.clone()).collect();
        let mut key: Vec<_> = columns.iter().filter(|(_, _, place)| *place > 0).collect();
        key.sort_by_key(|(_, _, place)| *place);
        let key = key.into_iter().map(|(name, ..)| name.clone()).collect();
        let names = columns.into_iter().map(|(name, ..)| name).collect();
        let rowid = row.try_get_by_index::<Option<bool>>(at + 1)?.unwrap_or_default();
        let hidden_rowid = rowid && row.try_get_by_index(at + 2)?;
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

/// Three values: the name, the kind and the place in the primary key of each column of table `?1`; whether its rows have
/// numbers, and whether no column contains them. Every table has row numbers, except a table `WITHOUT ROWID`. A primary key
/// without an index of its own is the row number.
pub(super) const COPY_COLUMNS: &str = "(SELECT json_group_array(json_array(name, hidden, pk)) \
     FROM (SELECT * FROM pragma_table_xinfo(?1, 'main') ORDER BY cid)), \
     (SELECT wr FROM pragma_table_list(?1) WHERE schema = 'main') = 0, \
     (SELECT count(*) FROM pragma_table_xinfo(?1, 'main') WHERE pk > 0) = 0 \
     OR (SELECT count(*) FROM pragma_index_list(?1, 'main') WHERE origin = 'pk') > 0";
