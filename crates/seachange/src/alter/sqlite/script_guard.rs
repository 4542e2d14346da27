//! Statements that stop an offline script, where the script cannot ask the database.

use sea_orm::DbBackend;
use sea_orm::sea_query::{QueryBuilder, SqliteQueryBuilder};

use super::snapshot::Snapshot;
use crate::alter::clause::quoted;

/// Writes statements that fail with `reason` if the rest of a query, from `FROM` on, finds a row. They violate the check
/// of a temporary table; SQLite's message contains the name of this check.
pub(super) fn stop_if_any(reason: &str, from: &str) -> Vec<String> {
    let guard = "\"temp\".\"seachange_guard\"";
    vec![
        format!(
            "CREATE TABLE {guard} (\"rows\" CONSTRAINT {} CHECK (\"rows\" = 0))",
            quoted(DbBackend::Sqlite, reason)
        ),
        format!("INSERT INTO {guard} SELECT count(*) {from}"),
        format!("DROP TABLE {guard}"),
    ]
}

/// Writes statements that fail if the table of the database has an index or a trigger that the snapshot does not have: a
/// rebuild would lose it.
pub(super) fn stop_if_unknown(snapshot: &Snapshot) -> Vec<String> {
    let text = |text: &str| SqliteQueryBuilder.value_to_string(&text.into());
    let list = |texts: Vec<String>| texts.join(", ");
    let indexes = list(snapshot.indexes.iter().map(|index| text(&index.name)).collect());
    let triggers = list(snapshot.triggers.iter().map(|trigger| text(&trigger.sql)).collect());
    let from = format!(
        "FROM \"main\".\"sqlite_schema\" WHERE \"sql\" IS NOT NULL AND \"tbl_name\" = {} COLLATE NOCASE \
         AND (\"type\" = 'index' AND \"name\" COLLATE NOCASE NOT IN ({indexes}) \
         OR \"type\" = 'trigger' AND \"sql\" NOT IN ({triggers}))",
        text(&snapshot.table)
    );
    stop_if_any(&format!("table {} has an index or a trigger that this script would lose", snapshot.table), &from)
}
