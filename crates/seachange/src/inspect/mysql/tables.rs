//! Tables, their comments and their collations.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbErr};

use super::place::Place;
use crate::inspect::cells::{Cells, rows};
use crate::schema::Table;

/// The tables of one database by name.
pub(super) type Tables = BTreeMap<String, Found>;

/// A table, and what its columns have when they say nothing else.
pub(super) struct Found {
    pub(super) table: Table,
    pub(super) collation: Option<String>,
}

/// Tables with a history of their rows (MariaDB) are some as well.
const TABLES: &str = "SELECT CAST(TABLE_NAME AS CHAR), CAST(TABLE_COLLATION AS CHAR), CAST(TABLE_COMMENT AS CHAR)
    FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')";

/// Reads the tables, without what is in them.
pub(super) async fn read(connection: &impl ConnectionTrait, place: &Place, database: &str) -> Result<Tables, DbErr> {
    let mut tables = Tables::new();
    for row in rows(connection, TABLES, [database.into()]).await? {
        let mut cells = Cells::of(&row);
        let name: String = cells.take()?;
        let collation = cells.take()?;
        let comment = cells.take::<Option<String>>()?.filter(|comment| !comment.is_empty());
        let table = Table { comment, ..Table::new(place.name(database, name.clone())) };
        tables.insert(name, Found { table, collation });
    }
    Ok(tables)
}
