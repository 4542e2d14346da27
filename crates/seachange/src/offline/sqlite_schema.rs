//! The schema of a SQLite database as statements, for a scratch copy, and as a hash, by which a captured downgrade
//! recognises the tables that it was made from.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DbErr, Statement};
use sha2::{Digest, Sha256};

use crate::sql::{SqlDialect, tokens};
use crate::store::hexadecimal;

/// An object of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SchemaObject {
    /// The table to which it belongs; the name of the table itself, or of the view.
    pub(crate) table: String,
    /// The statement that creates it.
    pub(crate) sql: String,
}

/// The objects in one row: SQLx takes longer to return a row than SQLite takes to write it into JSON. The tables that a
/// virtual table makes for itself are omitted.
const OBJECTS: &str = "SELECT json_group_array(json_array(tbl_name, sql)) AS objects FROM (
    SELECT tbl_name, sql FROM main.sqlite_schema
    WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite~_%' ESCAPE '~'
        AND name NOT IN (SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow')
    ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'view' THEN 1 WHEN 'index' THEN 2 ELSE 3 END, rowid)";

/// Reads the schema, tables first.
///
/// # Errors
///
/// What the database says.
pub(crate) async fn read(session: &impl ConnectionTrait) -> Result<Vec<SchemaObject>, DbErr> {
    let row = session.query_one_raw(Statement::from_string(session.get_database_backend(), OBJECTS)).await?;
    let objects: String = row.map(|row| row.try_get("", "objects")).transpose()?.unwrap_or_else(|| "[]".to_owned());
    let objects: Vec<(String, String)> =
        serde_json::from_str(&objects).map_err(|error| DbErr::Type(format!("the schema cannot be read: {error}")))?;
    Ok(objects.into_iter().map(|(table, sql)| SchemaObject { table, sql }).collect())
}

/// A hash of the definitions of all tables that `statements` name, with their indexes and triggers. It does not depend
/// on white space, comments, quotes and the case of names.
pub(crate) fn hash_of<'a>(schema: &[SchemaObject], statements: impl Iterator<Item = &'a str>) -> String {
    let named: BTreeSet<String> = statements.flat_map(names).collect();
    let mut definitions: Vec<String> = schema
        .iter()
        .filter(|object| named.contains(&object.table.to_lowercase()))
        .map(|object| names(&object.sql).collect::<Vec<_>>().join(" "))
        .collect();
    definitions.sort_unstable();
    hexadecimal(&Sha256::digest(definitions.join("\n").as_bytes()))
}

/// A hash of all definitions, as they are written.
pub(crate) fn hash_of_texts(schema: &[SchemaObject]) -> String {
    let mut digest = Sha256::new();
    for object in schema {
        digest.update(object.sql.as_bytes());
        digest.update([0]);
    }
    hexadecimal(&digest.finalize())
}

/// The tokens of a statement, in small letters and without the quotes of names.
fn names(sql: &str) -> impl Iterator<Item = String> {
    let all = tokens(sql, SqlDialect::Sqlite).into_iter().filter(|token| !token.is_trivia());
    all.map(|token| token.name().map_or_else(|| token.text.to_owned(), |name| name.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(table: &str, sql: &str) -> SchemaObject {
        SchemaObject { table: table.to_owned(), sql: sql.to_owned() }
    }

    #[test]
    fn the_hash_is_that_of_the_named_tables() {
        let schema = [object("a", "CREATE TABLE a (id INT)"), object("b", "CREATE TABLE b (id INT)")];
        let hash = |schema: &[SchemaObject]| hash_of(schema, ["DROP TABLE \"A\""].into_iter());
        let spelled = [object("a", "create table \"A\"  (id INT) -- a table"), schema[1].clone()];
        let other = [schema[0].clone(), object("b", "CREATE TABLE b (id INT, name TEXT)")];
        let changed = [object("a", "CREATE TABLE a (id INT, name TEXT)"), schema[1].clone()];
        assert_eq!(hash(&schema), hash(&spelled));
        assert_eq!(hash(&schema), hash(&other));
        assert_ne!(hash(&schema), hash(&changed));
        assert_ne!(hash(&schema), hash(&schema[1..]));
    }
}
