//! Views, which protect what they read: PostgreSQL neither drops a column that a view reads nor changes its type.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, DbErr};

use crate::inspect::cells::{RowReader, rows};
use crate::schema::{TableName, View};

/// The views that read tables of the schema that the connection works in. Rules of tables are excluded.
pub(in crate::inspect) async fn read(connection: &impl ConnectionTrait) -> Result<Vec<View>, DbErr> {
    const QUERY: &str =
        "SELECT DISTINCT nullif(n.nspname, current_schema())::text, v.relname::text, c.relname::text, a.attname::text
        FROM pg_depend d
        JOIN pg_rewrite r ON r.oid = d.objid
        JOIN pg_class v ON v.oid = r.ev_class AND v.relkind IN ('v', 'm')
        JOIN pg_namespace n ON n.oid = v.relnamespace
        JOIN pg_class c ON c.oid = d.refobjid AND c.relkind IN ('r', 'p')
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid AND d.refobjsubid > 0
        WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
            AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())";
    let mut views = BTreeMap::new();
    for row in rows(connection, QUERY, []).await? {
        let mut cells = RowReader::of(&row);
        let name = TableName { schema: cells.take()?, name: cells.take()? };
        let view = views.entry(name.clone()).or_insert_with(|| View { name, reads: BTreeMap::new() });
        let columns = view.reads.entry(TableName::new(cells.take::<String>()?)).or_default();
        columns.extend(cells.take::<Option<String>>()?);
    }
    Ok(views.into_values().collect())
}
