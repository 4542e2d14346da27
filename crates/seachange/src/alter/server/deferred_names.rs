//! Generated names of MySQL, and checks in the definitions of columns of MariaDB, in an offline script, which cannot query
//! the server now. The server finds them when the statements run, by the rules of
//! [`TableKeys::fates`](super::implicit_index::TableKeys::fates) and of [`found`](super::generated_names::found). Only
//! `found` also cuts long names.

use sea_orm::DbBackend;
use sea_orm::sea_query::{SchemaName, TableName};

use super::implicit_index::{IndexDisposition, IndexDispositions, dropped_foreign_key};
use crate::alter::clause::{self, quoted};
use crate::alter::operation::{AlterOperation, text};

/// Encloses the name of a constraint at each position where the server inserts what it finds. No statement contains
/// this character.
const MARK: char = '\0';
/// Precedes the name of a unique constraint at such a position.
const UNIQUE: char = '\u{1}';
/// Precedes the name of a column at such a position.
const CHECK: char = '\u{2}';

/// What the names of variables with names and clauses of indexes begin with.
const INDEX_VARIABLE: &str = "@seachange_index_";
/// What those of variables with checks begin with.
const CHECK_VARIABLE: &str = "@seachange_check_";

/// Whether a statement gives a column a definition with the check that the server has found.
#[cfg(feature = "mysql")]
pub(crate) fn finds_checks(statement: &str) -> bool {
    statement.contains(CHECK_VARIABLE)
}

/// Leaves to the server what happens to the index of every foreign key that `operations` drop.
pub(super) fn fates(operations: &[AlterOperation]) -> IndexDispositions {
    let dropped = operations.iter().filter_map(dropped_foreign_key);
    dropped.map(|name| (name.to_owned(), IndexDisposition::LeftToServer)).collect()
}

/// A placeholder for the clause about the index of a foreign key.
pub(super) fn place_of_index(foreign_key: &str) -> String {
    format!("{MARK}{foreign_key}{MARK}")
}

/// A placeholder for the name of the index of a unique constraint.
pub(super) fn place_of_unique(name: &str) -> String {
    format!("{MARK}{UNIQUE}{name}{MARK}")
}

/// A placeholder for the clause with the check of a column.
pub(super) fn place_of_check(column: &str) -> String {
    format!("{MARK}{CHECK}{column}{MARK}")
}

/// The statements for one statement that may have placeholders. They query the texts, insert them, and run the result.
pub(super) fn statements(table: &TableName, dropped: &IndexDispositions, statement: &str) -> Vec<String> {
    let parts: Vec<&str> = statement.split(MARK).collect();
    if parts.len() == 1 {
        return vec![statement.to_owned()];
    }
    let (mut found, mut pieces) = (Vec::new(), Vec::new());
    for (number, part) in parts.iter().enumerate() {
        if number % 2 == 0 {
            pieces.push(literal(part));
        } else {
            let (kind, question) = match (part.strip_prefix(UNIQUE), part.strip_prefix(CHECK)) {
                (Some(unique), _) => (INDEX_VARIABLE, unique_index(table, unique)),
                (_, Some(column)) => (CHECK_VARIABLE, check_clause(table, column)),
                _ => (INDEX_VARIABLE, index_clause(table, dropped, part)),
            };
            let variable = format!("{kind}{}", number / 2 + 1);
            found.push(format!("SET {variable} = ({question})"));
            pieces.push(variable);
        }
    }
    found.push(format!("SET @seachange_alter = CONCAT({})", pieces.join(", ")));
    found.push("PREPARE seachange_alter FROM @seachange_alter".to_owned());
    found.push("EXECUTE seachange_alter".to_owned());
    found.push("DEALLOCATE PREPARE seachange_alter".to_owned());
    found
}

/// The query for the clause to add to the statement that drops a foreign key.
fn index_clause(TableName(schema, table): &TableName, dropped: &IndexDispositions, foreign_key: &str) -> String {
    let (schema, table) = (schema_of(schema.as_ref()), literal(&text(table)));
    let gone: Vec<String> = dropped.keys().map(|name| literal(name)).collect();
    let (gone, name, index) = (gone.join(", "), literal(foreign_key), quoted(DbBackend::MySql, foreign_key));
    let drop = literal(&format!(", DROP INDEX {index}"));
    let rename = literal(&format!(", RENAME INDEX {index} TO `"));
    format!(
        "WITH
    own_indexes AS (
        SELECT INDEX_NAME AS name, GROUP_CONCAT(COLUMN_NAME ORDER BY SEQ_IN_INDEX) AS own_columns
        FROM information_schema.STATISTICS
        WHERE TABLE_SCHEMA = {schema} AND TABLE_NAME = {table} AND NON_UNIQUE = 1 AND COLUMN_NAME IS NOT NULL
        GROUP BY INDEX_NAME),
    own_keys AS (
        SELECT CONSTRAINT_NAME AS name, GROUP_CONCAT(COLUMN_NAME ORDER BY ORDINAL_POSITION) AS own_columns,
            MAX(CASE WHEN ORDINAL_POSITION = 1 THEN COLUMN_NAME END) AS first_column
        FROM information_schema.KEY_COLUMN_USAGE
        WHERE TABLE_SCHEMA = {schema} AND TABLE_NAME = {table} AND REFERENCED_TABLE_NAME IS NOT NULL
        GROUP BY CONSTRAINT_NAME),
    dropped AS (SELECT * FROM own_keys WHERE name = {name}),
    staying AS (SELECT * FROM own_keys WHERE name NOT IN ({gone})),
    referring AS (
        SELECT REFERENCED_COLUMN_NAME AS first_column FROM information_schema.KEY_COLUMN_USAGE
        WHERE REFERENCED_TABLE_SCHEMA = {schema} AND REFERENCED_TABLE_NAME = {table} AND ORDINAL_POSITION = 1),
    heir AS (
        SELECT MIN(name) AS name FROM staying
        WHERE own_columns = (SELECT own_columns FROM dropped) AND name NOT IN (SELECT name FROM own_indexes))
SELECT CASE
    WHEN NOT EXISTS (SELECT 1 FROM own_indexes JOIN dropped USING (name, own_columns)) THEN ''
    WHEN (SELECT name FROM heir) IS NOT NULL
        THEN CONCAT({rename}, REPLACE((SELECT name FROM heir), '`', '``'), '`')
    WHEN EXISTS (SELECT 1 FROM staying JOIN dropped USING (first_column))
        OR EXISTS (SELECT 1 FROM referring JOIN dropped USING (first_column)) THEN ''
    ELSE {drop} END"
    )
}

/// The query for the quoted name of the index of a unique constraint.
fn unique_index(TableName(schema, table): &TableName, name: &str) -> String {
    let (schema, table, name) = (schema_of(schema.as_ref()), literal(&text(table)), literal(name));
    format!(
        "WITH
    own_indexes AS (
        SELECT INDEX_NAME AS name, CONCAT({table}, '_', GROUP_CONCAT(COLUMN_NAME ORDER BY SEQ_IN_INDEX SEPARATOR '_'), '_key')
            AS default_name
        FROM information_schema.STATISTICS
        WHERE TABLE_SCHEMA = {schema} AND TABLE_NAME = {table} AND NON_UNIQUE = 0 AND INDEX_NAME <> 'PRIMARY'
        GROUP BY INDEX_NAME)
SELECT CONCAT('`', REPLACE(CASE
    WHEN EXISTS (SELECT 1 FROM own_indexes WHERE name = {name}) THEN {name}
    WHEN (SELECT COUNT(*) FROM own_indexes WHERE default_name = {name}) = 1
        THEN (SELECT MIN(name) FROM own_indexes WHERE default_name = {name})
    ELSE {name} END, '`', '``'), '`')"
    )
}

/// The query for the clause with the check in the definition of a column. MySQL has no such checks, and no columns `LEVEL`
/// and `TABLE_NAME` in this view: they are then those of `none`, and null.
fn check_clause(TableName(schema, table): &TableName, column: &str) -> String {
    let (schema, table) = (schema_of(schema.as_ref()), literal(&text(table)));
    // MariaDB adds this one for the type `JSON`.
    let of_json = literal(&format!("json_valid({})", quoted(DbBackend::MySql, column)));
    let column = literal(column);
    format!(
        "SELECT COALESCE((
        SELECT CONCAT(' CHECK (', MAX(CHECK_CLAUSE), ')') FROM information_schema.CHECK_CONSTRAINTS
        WHERE CONSTRAINT_SCHEMA = {schema} AND TABLE_NAME = {table} AND LEVEL = 'Column' AND CONSTRAINT_NAME = {column}
            AND CHECK_CLAUSE <> {of_json}), '')
    FROM (SELECT NULL AS TABLE_NAME, NULL AS LEVEL) none"
    )
}

fn schema_of(schema: Option<&SchemaName>) -> String {
    schema.map_or_else(|| "DATABASE()".to_owned(), |SchemaName(_, schema)| literal(&text(schema)))
}

fn literal(text: &str) -> String {
    clause::literal(DbBackend::MySql, text)
}
