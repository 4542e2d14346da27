//! PostgreSQL.

use async_trait::async_trait;
use sea_orm::sea_query::ColumnDef;
use sea_orm::{DatabaseConnection, DbErr, TransactionTrait};

use super::{Backend, drop_listed};
use crate::database_error::has_code;

/// PostgreSQL: table changes roll back.
pub(super) struct Postgres;

/// Relations and types of the current schema that belong to no extension, and sequences that belong to no column
/// either; CASCADE takes what hangs on them, so each is dropped IF EXISTS. The row types of tables and the types of
/// arrays fall with what they belong to.
const OBJECTS: &str = "SELECT kind, name FROM (
    SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence'
            WHEN 'f' THEN 'foreign table' ELSE 'table' END AS kind,
        c.relname::text AS name, c.oid, 'pg_class'::regclass AS catalogue
    FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
    UNION ALL
    SELECT CASE t.typtype WHEN 'd' THEN 'domain' ELSE 'type' END, t.typname::text, t.oid, 'pg_type'::regclass
    FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
    WHERE t.typnamespace = current_schema()::regnamespace
        AND (t.typtype IN ('e', 'd', 'r') OR t.typtype = 'c' AND c.relkind = 'c')
) objects WHERE NOT EXISTS (
    SELECT 1 FROM pg_depend d WHERE d.classid = catalogue AND d.objid = oid
        AND (d.deptype = 'e' OR kind = 'sequence' AND d.deptype IN ('a', 'i'))
)";

#[async_trait]
impl Backend for Postgres {
    fn name(&self) -> &'static str {
        "PostgreSQL"
    }

    fn rolls_back_ddl(&self) -> bool {
        true
    }

    fn moment<'c>(&self, column: &'c mut ColumnDef) -> &'c mut ColumnDef {
        column.timestamp_with_time_zone()
    }

    /// SQLSTATE 42P01, `undefined_table`.
    fn is_missing_table(&self, error: &DbErr) -> bool {
        has_code(error, "42P01")
    }

    /// SQLSTATE 42703, `undefined_column`.
    fn is_missing_column(&self, error: &DbErr) -> bool {
        has_code(error, "42703")
    }

    async fn drop_everything(&self, connection: &DatabaseConnection) -> Result<(), DbErr> {
        let transaction = connection.begin().await?;
        drop_listed(&transaction, OBJECTS, '"', " CASCADE").await?;
        transaction.commit().await
    }
}
