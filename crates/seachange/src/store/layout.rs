//! The tables of the engine: created when they are missing, and updated from earlier versions.
//!
//! A program that was built with an earlier version can still read and write them: versions only add columns, and each
//! new column has a default.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait, DbErr, Statement, Value};

use super::{RevisionStore, table_text};
use crate::backend::Backend;
use crate::sql::{SqlDialect, quoted_name};

/// What the catalogue says about a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct CatalogTable {
    columns: Vec<String>,
    /// Whether its storage is what the engine requires.
    is_stored_well: bool,
}

/// The tables that a write needs. On a server, a table costs the work of several statements and its place in the
/// catalogue, for each target of a fleet, so that a run makes only what its plan needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NeededTables {
    /// All of them.
    All,
    /// All but that of backfills, which a backfill makes when it begins.
    WithJournal,
    /// All but that of backfills and the journal: every revision of the plan commits with its row.
    WithoutJournal,
}

/// The tables of the engine as they are in a database.
#[derive(Debug, Default)]
pub(crate) struct TableLayout(HashMap<String, CatalogTable>);

impl RevisionStore {
    /// Creates the missing tables, and updates those of earlier versions.
    ///
    /// # Errors
    ///
    /// The error of the database, for instance that the user may not create tables.
    pub(crate) async fn prepare(&self, connection: &impl ConnectionTrait, backend: &dyn Backend) -> Result<(), DbErr> {
        let layout = self.layout(connection, backend).await?;
        for statement in self.missing(&layout, NeededTables::All, backend) {
            connection.execute_unprepared(&statement).await?;
        }
        Ok(())
    }

    /// Reads which tables exist.
    ///
    /// # Errors
    ///
    /// The error of the database.
    pub(crate) async fn layout(
        &self,
        connection: &impl ConnectionTrait,
        backend: &dyn Backend,
    ) -> Result<TableLayout, DbErr> {
        self.shapes(connection, backend.sql_dialect()).await.map(TableLayout)
    }

    /// The names of all tables of the engine, quoted.
    pub(crate) fn table_names(&self, dialect: SqlDialect) -> Vec<String> {
        let beside = [self.holders(), self.journal(), self.downgrades(), self.backfill_store()];
        [self].into_iter().chain(&beside).map(|store| store.quoted(dialect)).collect()
    }

    /// Whether the table of the record exists.
    pub(crate) fn has_record(&self, TableLayout(shapes): &TableLayout) -> bool {
        shapes.contains_key(&self.table.name)
    }

    /// Whether the journal exists.
    pub(crate) fn has_journal(&self, TableLayout(shapes): &TableLayout) -> bool {
        shapes.contains_key(&self.journal().table.name)
    }

    /// The statements that lead from the existing tables to those of this version, as far as they are needed.
    pub(crate) fn missing(
        &self,
        TableLayout(shapes): &TableLayout,
        needed: NeededTables,
        backend: &dyn Backend,
    ) -> Vec<String> {
        let (holders, journal, downgrades) = (self.holders(), self.journal(), self.downgrades());
        let backfills = self.backfill_store();
        let definitions = [
            (self, self.definition(backend), true),
            (&holders, holders.holders_definition(backend), true),
            (&journal, journal.journal_definition(backend), needed != NeededTables::WithoutJournal),
            (&downgrades, downgrades.downgrade_definition(backend), true),
            (&backfills, backfills.backfill_definition(backend), needed == NeededTables::All),
        ];
        let dialect = backend.sql_dialect();
        let mut statements = Vec::new();
        for (store, definition, is_needed) in definitions {
            let create = table_text(&definition, dialect);
            match shapes.get(&store.table.name) {
                None if is_needed => statements.push(create),
                None => {}
                Some(shape) => statements.extend(store.upgrade(shape, create, self, backend)),
            }
        }
        statements
    }

    /// The statements that update a table of an earlier version.
    fn upgrade(&self, shape: &CatalogTable, create: String, record: &Self, backend: &dyn Backend) -> Vec<String> {
        let dialect = backend.sql_dialect();
        let name = self.quoted(dialect);
        let lacks = |column: &str| !shape.columns.iter().any(|found| found == column);
        let (is_holders, is_journal) = (self.table == record.holders().table, self.table == record.journal().table);
        let mut statements = Vec::new();
        if is_holders && (lacks("id") || lacks("origin")) {
            // The entry only informs waiting runs, and this run holds the lock or the write lock of SQLite.
            return vec![format!("DROP TABLE {name}"), create];
        }
        if is_journal && lacks("reads") {
            statements.push(table_text(&self.addition_of_reads(backend), dialect));
        }
        if dialect == SqlDialect::MySql && !shape.is_stored_well {
            statements.push(format!("ALTER TABLE {name} ENGINE = InnoDB, CONVERT TO CHARACTER SET utf8mb4"));
        }
        if dialect == SqlDialect::Sqlite && is_journal && !shape.is_stored_well {
            statements.extend(self.rebuilt(&create));
        }
        statements
    }

    /// SQLite cannot remove the row ids of a table: its rows are copied to a new one.
    fn rebuilt(&self, create: &str) -> [String; 4] {
        let (old, new) = (self.beside("old"), self);
        let (old_name, new_name) = (old.quoted(SqlDialect::Sqlite), new.quoted(SqlDialect::Sqlite));
        [
            format!("ALTER TABLE {new_name} RENAME TO \"{}\"", old.table.name.replace('"', "\"\"")),
            create.to_owned(),
            format!(
                "INSERT INTO {new_name} (revision, number, sql, fingerprint, state, rows_affected, last_insert_id, answer,
                    started_at, reads)
                SELECT revision, number, sql, fingerprint, state, rows_affected, last_insert_id, answer, started_at, reads
                FROM {old_name}"
            ),
            format!("DROP TABLE {old_name}"),
        ]
    }

    /// The name with its schema, quoted for a statement.
    pub(crate) fn quoted(&self, dialect: SqlDialect) -> String {
        let parts = self.table.schema.iter().chain([&self.table.name]);
        parts.map(|part| quoted_name(dialect, part)).collect::<Vec<_>>().join(".")
    }

    /// The existing tables of the engine.
    async fn shapes(
        &self,
        connection: &impl ConnectionTrait,
        dialect: SqlDialect,
    ) -> Result<HashMap<String, CatalogTable>, DbErr> {
        let tables = self.tables();
        let schema = self.table.schema.clone().unwrap_or_default();
        let schemas = match dialect {
            SqlDialect::Sqlite => 0,
            SqlDialect::Postgres => 1,
            SqlDialect::MySql => 2,
        };
        let schemas = std::iter::repeat_n(schema, schemas);
        let values: Vec<Value> = schemas.chain(tables.iter().cloned()).map(Value::from).collect();
        let (database, sql) = (connection.get_database_backend(), catalogue(dialect));
        let mut shapes: HashMap<String, CatalogTable> = HashMap::new();
        for row in connection.query_all_raw(Statement::from_sql_and_values(database, sql, values)).await? {
            let shape = shapes.entry(row.try_get("", "table_is")?).or_default();
            shape.columns.push(row.try_get::<String>("", "column_is")?.to_lowercase());
            shape.is_stored_well = row.try_get::<i64>("", "stored_well")? == 1;
        }
        Ok(shapes)
    }
}

/// A query for the columns of the tables of the engine, and whether their storage is what the engine requires.
///
/// MariaDB reads the tables of all databases for each view of the catalogue that is not compared with a constant, and an
/// equality of two views takes the constant away from one of them.
fn catalogue(dialect: SqlDialect) -> &'static str {
    match dialect {
        SqlDialect::Sqlite => {
            "SELECT t.name AS table_is, c.name AS column_is, t.sql LIKE '%WITHOUT ROWID%' AS stored_well
            FROM main.sqlite_schema t JOIN pragma_table_info(t.name, 'main') c
            WHERE t.type = 'table' AND t.name IN (?, ?, ?, ?, ?)"
        }
        SqlDialect::Postgres => {
            "SELECT c.relname::text AS table_is, a.attname::text AS column_is, 1::bigint AS stored_well
            FROM pg_catalog.pg_class c
            JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE c.relnamespace = (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = $1)
                AND c.relname IN ($2, $3, $4, $5, $6)"
        }
        SqlDialect::MySql => {
            "SELECT CAST(t.table_name AS CHAR) AS table_is, CAST(c.column_name AS CHAR) AS column_is,
                CAST(t.table_type <> 'BASE TABLE'
                    OR t.engine = 'InnoDB' AND t.table_collation LIKE 'utf8mb4%' AS SIGNED) AS stored_well
            FROM information_schema.tables t JOIN information_schema.columns c
                ON c.table_name = t.table_name
            WHERE t.table_schema = ? AND c.table_schema = ? AND t.table_name IN (?, ?, ?, ?, ?)"
        }
    }
}
