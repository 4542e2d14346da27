//! Tables, their comments and their collations.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbErr};

use super::scope::CatalogScope;
use crate::inspect::cells::{RowReader, rows};
use crate::schema::Table;

/// The tables of one database by name.
pub(super) type TablesByName = BTreeMap<String, TableRow>;

/// A table, and the default collation of its columns.
pub(super) struct TableRow {
    pub(super) table: Table,
    pub(super) collation: Option<String>,
}

/// The query for tables, which include tables with a history of their rows (MariaDB).
const TABLES: &str = "SELECT CAST(TABLE_NAME AS CHAR), CAST(TABLE_COLLATION AS CHAR), CAST(TABLE_COMMENT AS CHAR)
    FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')";

/// Reads the tables, without their columns, keys and constraints.
pub(super) async fn read(
    connection: &impl ConnectionTrait,
    place: &CatalogScope,
    database: &str,
) -> Result<TablesByName, DbErr> {
    let mut tables = TablesByName::new();
    for row in rows(connection, TABLES, [database.into()]).await? {
        let mut cells = RowReader::of(&row);
        let name: String = cells.take()?;
        let collation = cells.take()?;
        let comment = cells.take::<Option<String>>()?.filter(|comment| !comment.is_empty());
        let table = Table { comment, ..Table::new(place.name(database, name.clone())) };
        tables.insert(name, TableRow { table, collation });
    }
    Ok(tables)
}
