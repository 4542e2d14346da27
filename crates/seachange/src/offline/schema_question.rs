//! Decides which queries a scratch database of SQLite answers as the real one: those that read only the schema.

use sea_orm::{ConnectionTrait, DatabaseExecutor, DbErr, QueryResult, Statement};

use crate::sql::{self, SqlDialect, words};

/// The pragmas that read the schema, or session settings that a script sets as the engine does.
const PRAGMAS: [&str; 9] = [
    "TABLE_INFO",
    "TABLE_XINFO",
    "TABLE_LIST",
    "INDEX_LIST",
    "INDEX_INFO",
    "INDEX_XINFO",
    "FOREIGN_KEY_LIST",
    "FOREIGN_KEYS",
    "LEGACY_ALTER_TABLE",
];

/// The functions whose results depend on earlier statements of the session.
const OF_THE_SESSION: [&str; 4] = ["changes", "total_changes", "last_insert_rowid", "random"];

/// Whether a query reads only the schema, which is the same in the scratch database and in the real one.
pub(super) async fn reads_schema_alone(
    executor: &DatabaseExecutor<'_>,
    statement: &Statement,
    grammar: SqlDialect,
) -> Result<bool, DbErr> {
    let words = words(&statement.sql, grammar);
    match words.first().map(String::as_str) {
        Some("PRAGMA") => {
            let name = words.iter().skip(1).find(|word| *word != "MAIN");
            Ok(name.is_some_and(|name| PRAGMAS.contains(&name.as_str())))
        }
        Some("SELECT" | "WITH" | "VALUES") => opens_schema_alone(executor, statement).await,
        _ => Ok(false),
    }
}

/// Asks SQLite for the program of a query. An invalid query counts as harmless, so that it runs and returns its
/// error.
async fn opens_schema_alone(executor: &DatabaseExecutor<'_>, statement: &Statement) -> Result<bool, DbErr> {
    let explain = Statement { sql: format!("EXPLAIN {}", statement.sql), ..statement.clone() };
    let Ok(program) = executor.query_all_raw(explain).await else { return Ok(true) };
    let mut opens_virtual_table = false;
    for instruction in &program {
        match instruction.try_get::<String>("", "opcode")?.as_str() {
            "VOpen" => opens_virtual_table = true,
            opcode if !is_harmless(opcode, instruction)? => return Ok(false),
            _ => {}
        }
    }
    Ok(!opens_virtual_table || !names_virtual_table(executor, statement).await?)
}

/// The schema table has root page 1.
fn is_harmless(opcode: &str, instruction: &QueryResult) -> Result<bool, DbErr> {
    Ok(match opcode {
        "OpenRead" => instruction.try_get::<i64>("", "p2")? == 1,
        "OpenWrite" => false,
        "Function" | "PureFunc" => {
            let function: Option<String> = instruction.try_get("", "p4").unwrap_or_default();
            let is_it = |name: &&str| function.as_deref().is_some_and(|function| function.starts_with(*name));
            !OF_THE_SESSION.iter().any(is_it)
        }
        _ => true,
    })
}

/// Whether a query names a virtual table of the schema. The virtual tables of functions such as `pragma_table_info`
/// are not in the schema.
async fn names_virtual_table(executor: &DatabaseExecutor<'_>, statement: &Statement) -> Result<bool, DbErr> {
    let tables = "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND rootpage = 0";
    let rows = executor.query_all_raw(Statement::from_string(statement.db_backend, tables)).await?;
    let names: Vec<String> = rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?;
    let facts = sql::read(&statement.sql, SqlDialect::Sqlite);
    let is_understood = facts.iter().all(|facts| facts.is_understood);
    let tables: Vec<String> = facts.iter().flat_map(|facts| &facts.reads).map(|table| table.to_lowercase()).collect();
    let text = statement.sql.to_lowercase();
    Ok(names.iter().map(|name| name.to_lowercase()).any(|name| match is_understood {
        true => tables.iter().any(|table| *table == name || table.ends_with(&format!(".{name}"))),
        false => text.contains(&name),
    }))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use sea_orm::{ConnectOptions, Database};

    use super::*;

    #[tokio::test]
    async fn a_virtual_table_is_named_by_the_tables_of_a_query() {
        let mut options = ConnectOptions::new("sqlite::memory:");
        options.max_connections(1).sqlx_logging(false);
        let connection = Database::connect(options).await.unwrap();
        connection
            .execute_unprepared("CREATE TABLE t (a); CREATE VIRTUAL TABLE array USING fts5 (body)")
            .await
            .unwrap();
        for (sql, is_alone) in [
            ("SELECT json_group_array(json_array(name)) FROM pragma_table_info('t')", true),
            ("SELECT name AS \"array\" FROM pragma_table_info('t')", true),
            ("SELECT body FROM array", false),
            ("SELECT body FROM main.\"Array\" x", false),
            ("SELECT name FROM pragma_table_info('t') WHERE EXISTS (SELECT 1 FROM array)", false),
        ] {
            let statement = Statement::from_string(connection.get_database_backend(), sql);
            assert_eq!(opens_schema_alone(&(&connection).into(), &statement).await.unwrap(), is_alone, "{sql}");
        }
    }
}
