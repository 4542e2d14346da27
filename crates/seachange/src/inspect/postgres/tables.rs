//! Tables and their comments.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DbErr};

use super::scope::{CatalogScope, Oid};
use super::sequences::is_default;
use crate::inspect::cells::{RowReader, rows};
use crate::schema::{KeptOptions, Schema, Table};

/// The tables by their number in the catalogue.
pub(super) type TablesByOid = HashMap<Oid, TableRow>;

/// A table, with the numbers of its columns.
pub(super) struct TableRow {
    pub(super) table: Table,
    /// The numbers in the order of the columns, ascending.
    pub(super) numbers: Vec<i32>,
}

impl TableRow {
    /// The names of columns, by their numbers, which are separated by commas.
    pub(super) fn names(&self, numbers: &str) -> Vec<String> {
        let position = |number: &str| self.numbers.binary_search(&number.parse().ok()?).ok();
        let columns = numbers.split(',').filter_map(|number| self.table.columns.get(position(number)?));
        columns.map(|column| column.name.clone()).collect()
    }
}

/// Reads the tables, without their columns, keys and constraints.
pub(super) async fn read(connection: &impl ConnectionTrait, place: &CatalogScope) -> Result<TablesByOid, DbErr> {
    let sql = format!(
        "SELECT c.oid::int8, c.relnamespace::int8, c.relname::text, d.description,
            coalesce(CASE c.relkind WHEN 'p' THEN 'PARTITION BY ' || pg_get_partkeydef(c.oid) END, '')
        FROM pg_class c
        LEFT JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = 0
        WHERE {} AND NOT EXISTS (SELECT FROM pg_depend e
            WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')",
        place.tables()
    );
    let mut tables = TablesByOid::new();
    for row in rows(connection, &sql, []).await? {
        let mut cells = RowReader::of(&row);
        let oid = cells.take()?;
        let name = place.name(cells.take()?, String::new(), cells.take()?);
        let (comment, options) = (cells.take()?, KeptOptions(cells.take()?));
        let table = Table { comment, options, ..Table::new(name) };
        tables.insert(oid, TableRow { table, numbers: Vec::new() });
    }
    Ok(tables)
}

/// Adds the tables that have to be created before others: the sequences of their `serial` and identity columns give a
/// default its numbers, or a column has their row type or an array of it.
pub(super) async fn add_prerequisites(
    connection: &impl ConnectionTrait,
    place: &CatalogScope,
    schema: &mut Schema,
) -> Result<(), DbErr> {
    let (tables, is_default) = (place.tables(), is_default(place));
    let sql = format!(
        "SELECT c.relnamespace::int8, c.relname::text, t.relnamespace::int8, n.nspname::text, t.relname::text
        FROM (
            SELECT x.adrelid AS needing, d.refobjid AS needed
            FROM pg_attrdef x
            JOIN pg_depend o ON o.classid = 'pg_attrdef'::regclass AND o.objid = x.oid
                AND o.refclassid = 'pg_class'::regclass
            JOIN pg_sequence s ON s.seqrelid = o.refobjid
            JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.objsubid = 0
                AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0
                AND (d.deptype = 'i' OR d.deptype = 'a' AND {is_default})
            UNION
            SELECT a.attrelid, y.typrelid
            FROM pg_attribute a JOIN pg_type u ON u.oid = a.atttypid JOIN pg_type y ON y.oid IN (u.oid, u.typelem)
            WHERE y.typrelid <> 0 AND a.attnum > 0 AND NOT a.attisdropped
        ) s
        JOIN pg_class c ON c.oid = s.needing JOIN pg_class t ON t.oid = s.needed AND t.relkind IN ('r', 'p')
        JOIN pg_namespace n ON n.oid = t.relnamespace
        WHERE {tables} AND s.needing <> s.needed"
    );
    for row in rows(connection, &sql, []).await? {
        let mut cells = RowReader::of(&row);
        let needing = place.name(cells.take()?, String::new(), cells.take()?);
        let needed = place.name(cells.take()?, cells.take()?, cells.take()?);
        if let Some(table) = schema.tables.get_mut(&needing) {
            table.prerequisites.0.insert(needed);
        }
    }
    Ok(())
}
