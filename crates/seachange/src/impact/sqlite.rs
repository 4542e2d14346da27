//! What a statement does on SQLite, where one session at a time may write, to any table.
//!
//! A writer holds `RESERVED`, beside which others read. When the pages that it has changed exceed its cache, it needs
//! `EXCLUSIVE` to write them to the file, and keeps it until the end, unless the file is in the mode WAL (the
//! documentation of SQLite, "File Locking And Concurrency").

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr, Statement};

use super::measured::{StatementImpact, TableCost, TableImpact};
use crate::settings::{DatabaseLocation, DatabaseSettings};
use crate::sql::{SqlDialect, StatementFacts, StatementKind, Token, tokens, words};

/// Where the header of a file has the version that is needed to read it, which is 2 in the mode WAL.
const READ_VERSION: usize = 19;

/// Whether readers of the connected database wait for a writer whose changes exceed its cache: not in the mode WAL. A
/// file that is not there yet is made without that mode.
pub(super) fn readers_wait(settings: &DatabaseSettings) -> bool {
    let DatabaseLocation::Sqlite(location) = settings.target() else { return true };
    let Some(path) = location.path() else { return true };
    let mut header = [0; READ_VERSION + 1];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut header));
    read.is_err() || header[READ_VERSION] != 2
}

/// Describes a statement from its text, and from the plan of a change of rows: the system has one lock, for the whole
/// file.
pub(super) async fn describe(
    connection: &DatabaseConnection,
    facts: &[StatementFacts],
    known: &[String],
    readers_wait: bool,
    impact: &mut StatementImpact,
) -> Result<(), DbErr> {
    for facts in facts {
        let words = words(&facts.text, SqlDialect::Sqlite);
        let first = words.first().map_or("", String::as_str);
        let has = |word: &str| words.iter().any(|own| own == word);
        let is_check = has("INTEGRITY_CHECK") || has("QUICK_CHECK");
        if has("FOREIGN_KEY_CHECK") {
            impact.unknown = Some("it reads the tables that have foreign keys".to_owned());
        }
        let is_whole = first == "PRAGMA" && is_check || first == "VACUUM" && !has("INTO");
        if !facts.may_write && !is_whole {
            continue;
        }
        if !facts.is_understood && !is_whole {
            impact.unknown = Some("the statement is not understood".to_owned());
        }
        let tables = match first {
            "REINDEX" | "ANALYZE" => of_index(connection, facts, known).await?,
            _ if is_whole => known.to_vec(),
            _ => facts.reads.iter().chain(&facts.writes).filter(|table| known.contains(table)).cloned().collect(),
        };
        let cost = cost(connection, facts, &words).await?;
        // A check reads; what it reads cannot be written meanwhile.
        let (lock, changes_pages) = match first {
            "PRAGMA" => ("SHARED", false),
            _ if changes_many_pages(&words, cost) => ("EXCLUSIVE", true),
            _ => ("RESERVED", false),
        };
        for table in tables {
            if impact.tables.iter().any(|own| own.table == table) {
                continue;
            }
            impact.tables.push(TableImpact {
                table,
                lock: format!("{}, the whole file", if readers_wait || lock == "SHARED" { lock } else { "RESERVED" }),
                blocks_reads: readers_wait && changes_pages,
                blocks_writes: true,
                cost,
            });
        }
    }
    Ok(())
}

/// The known tables that `REINDEX` or `ANALYZE` names, itself or by an index; without a name, all.
async fn of_index(
    connection: &DatabaseConnection,
    facts: &StatementFacts,
    known: &[String],
) -> Result<Vec<String>, DbErr> {
    let tokens = tokens(&facts.text, SqlDialect::Sqlite);
    let names: Vec<_> = tokens.iter().filter_map(Token::name).skip(1).collect();
    let (mut tables, mut is_found) = (Vec::new(), false);
    for row in connection
        .query_all_raw(Statement::from_string(DbBackend::Sqlite, "SELECT name, tbl_name FROM sqlite_master"))
        .await?
    {
        let (name, table): (String, String) = (row.try_get("", "name")?, row.try_get("", "tbl_name")?);
        if names.iter().any(|own| own.eq_ignore_ascii_case(&name)) {
            is_found = true;
            tables.extend(known.contains(&table).then_some(table));
        }
    }
    // A name may be that of a collation, too.
    Ok(if is_found { tables } else { known.to_vec() })
}

/// Whether the changes of a statement may exceed the cache: it writes each row, or a new table or index.
fn changes_many_pages(words: &[String], cost: Option<TableCost>) -> bool {
    let has = |word: &str| words.iter().any(|own| own == word);
    match words.first().map(String::as_str) {
        Some("ANALYZE" | "ALTER") if cost == Some(TableCost::Scan) => false,
        _ => cost == Some(TableCost::Rewrite) || cost == Some(TableCost::Scan) && !has("ANALYZE"),
    }
}

/// `ALTER TABLE` changes the catalogue, except that `DROP COLUMN` writes each row again, and that a new column with a
/// check, or a generated one that may not be null, is checked for each row (the documentation of SQLite, "ALTER TABLE").
async fn cost(
    connection: &DatabaseConnection,
    facts: &StatementFacts,
    words: &[String],
) -> Result<Option<TableCost>, DbErr> {
    let has = |word: &str| words.iter().any(|own| own == word);
    Ok(match (facts.kind, words.first().map(String::as_str)) {
        (StatementKind::Rows, Some("INSERT" | "REPLACE")) if !has("SELECT") => Some(TableCost::Catalogue),
        (StatementKind::Rows, Some("INSERT" | "REPLACE" | "WITH")) => Some(TableCost::Scan),
        (StatementKind::Rows, _) if has("WHERE") && !reads_each_row(connection, facts).await? => None,
        (StatementKind::Rows, _) => Some(TableCost::Rewrite),
        (StatementKind::Schema, Some("ALTER")) if has("DROP") => match drops_virtual_column(connection, facts).await? {
            true => Some(TableCost::Catalogue),
            false => Some(TableCost::Rewrite),
        },
        (StatementKind::Schema, Some("ALTER")) if has("ADD") && (has("CHECK") || has("NOT") && has("AS")) => {
            Some(TableCost::Scan)
        }
        (StatementKind::Schema, Some("CREATE")) if has("INDEX") || has("TABLE") && has("SELECT") => {
            Some(TableCost::Scan)
        }
        (StatementKind::Schema, Some("DROP")) if has("TABLE") => Some(TableCost::Rewrite),
        (_, Some("REINDEX" | "ANALYZE")) => Some(TableCost::Scan),
        (_, Some("VACUUM")) => Some(TableCost::Rewrite),
        (_, Some("PRAGMA")) => Some(TableCost::Scan),
        (StatementKind::Schema, Some("ALTER" | "CREATE" | "DROP")) => Some(TableCost::Catalogue),
        _ => None,
    })
}

/// Whether `ALTER TABLE name DROP COLUMN name` names a column of which no row has a value: a virtual one.
async fn drops_virtual_column(connection: &DatabaseConnection, facts: &StatementFacts) -> Result<bool, DbErr> {
    const VIRTUAL: &str = "SELECT count(*) FROM pragma_table_xinfo(?) WHERE name = ? COLLATE NOCASE AND hidden = 2";
    let tokens = tokens(&facts.text, SqlDialect::Sqlite);
    let names: Vec<String> = tokens.iter().filter_map(Token::name).map(Cow::into_owned).collect();
    let table = names.iter().position(|name| name.eq_ignore_ascii_case("table")).and_then(|place| names.get(place + 1));
    let (Some(table), Some(column)) = (table, names.last()) else { return Ok(false) };
    let query = Statement::from_sql_and_values(DbBackend::Sqlite, VIRTUAL, [table.into(), column.into()]);
    let found = connection.query_one_raw(query).await?;
    Ok(found.map_or(Ok(0), |row| row.try_get_by_index::<i64>(0))? > 0)
}

/// Whether the plan of a change of rows reads a whole table, instead of looking for rows by an index.
async fn reads_each_row(connection: &DatabaseConnection, facts: &StatementFacts) -> Result<bool, DbErr> {
    let plan = format!("EXPLAIN QUERY PLAN {}", facts.text);
    let Ok(rows) = connection.query_all_raw(Statement::from_string(DbBackend::Sqlite, plan)).await else {
        return Ok(true);
    };
    for row in rows {
        if row.try_get::<String>("", "detail")?.starts_with("SCAN") {
            return Ok(true);
        }
    }
    Ok(false)
}
