//! Short functions that build tables.

use std::fmt;

use sea_orm::sea_query::{
    Alias, ColumnDef, ForeignKey, ForeignKeyAction, ForeignKeyCreateStatement, Iden, Index, IndexCreateStatement,
    Table, TableCreateStatement,
};
use sea_orm::{DbBackend, IdenStatic};
use seachange::autogenerate::EntityTable;

pub(super) use seachange::prelude::{
    big_integer, boolean, decimal_len, integer, integer_null, json, pk_auto, string, string_len, string_null, text,
    timestamp, timestamp_with_time_zone,
};

#[expect(non_upper_case_globals, reason = "read as the variants that they are")]
mod backends {
    use sea_orm::DbBackend;

    pub(in super::super) const MySql: DbBackend = DbBackend::MySql;
    pub(in super::super) const Postgres: DbBackend = DbBackend::Postgres;
    pub(in super::super) const Sqlite: DbBackend = DbBackend::Sqlite;
}

pub(super) use self::backends::{MySql, Postgres, Sqlite};

pub(super) const SERVERS: &[DbBackend] = &[Postgres, MySql];
pub(super) const POSTGRES: &[DbBackend] = &[Postgres];
pub(super) const SQLITE_AND_POSTGRES: &[DbBackend] = &[Sqlite, Postgres];

/// A name in the place where SeaORM expects that of an entity's column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Name(pub(super) &'static str);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Iden for Name {
    fn unquoted(&self) -> &str {
        self.0
    }
}

impl IdenStatic for Name {
    fn as_str(&self) -> &'static str {
        self.0
    }
}

pub(super) fn id() -> ColumnDef {
    pk_auto("id")
}

/// The statement that makes a table.
pub(super) fn statement(name: &str, columns: impl IntoIterator<Item = ColumnDef>) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(Alias::new(name));
    for column in columns {
        table.col(column);
    }
    table
}

/// A table of these columns alone.
pub(super) fn table(name: &str, columns: impl IntoIterator<Item = ColumnDef>) -> EntityTable {
    EntityTable::stated(&statement(name, columns))
}

/// A table with a key, and these columns.
pub(super) fn keyed(name: &str, columns: impl IntoIterator<Item = ColumnDef>) -> EntityTable {
    table(name, std::iter::once(id()).chain(columns))
}

/// The table of most changes.
pub(super) fn people(columns: impl IntoIterator<Item = ColumnDef>) -> EntityTable {
    keyed("people", columns)
}

/// A table with a key and foreign keys.
pub(super) fn referring(
    name: &str,
    columns: impl IntoIterator<Item = ColumnDef>,
    keys: impl IntoIterator<Item = ForeignKeyCreateStatement>,
) -> EntityTable {
    let mut statement = statement(name, std::iter::once(id()).chain(columns));
    for mut key in keys {
        key.from_tbl(Alias::new(name));
        statement.foreign_key(&mut key);
    }
    EntityTable::stated(&statement)
}

pub(super) fn index(name: &str, columns: &[&str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(name);
    for column in columns {
        index.col(Alias::new(*column));
    }
    index
}

/// A foreign key to the `id` of a table.
pub(super) fn key(name: &str, column: &str, to: &str) -> ForeignKeyCreateStatement {
    let mut key = ForeignKey::create();
    key.name(name).from_col(Alias::new(column)).to(Alias::new(to), Alias::new("id"));
    key
}

/// The same, with the action on a delete of the referenced row.
pub(super) fn key_on_delete(name: &str, column: &str, to: &str, action: ForeignKeyAction) -> ForeignKeyCreateStatement {
    let mut key = key(name, column, to);
    key.on_delete(action);
    key
}
