//! Reads a table and all objects that depend on it from the database.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, Value};

use crate::alter::error::AlterError;
use crate::alter::foreign_keys::json_value;
use crate::sqlite_ddl::table_text::TableText;

/// A table, as stored, with the objects that depend on it.
#[derive(Debug, Clone)]
pub(super) struct Snapshot {
    /// The name that the table was created with.
    pub(super) table: String,
    pub(super) text: TableText,
    pub(super) indexes: Vec<DependentObject>,
    pub(super) triggers: Vec<DependentObject>,
    /// Views, and triggers of other tables.
    pub(super) others: Vec<DependentObject>,
    /// Foreign keys of all tables, this one included, that refer to the table.
    pub(super) referrers: Vec<IncomingForeignKey>,
}

/// An object that has its own statement.
#[derive(Debug, Clone)]
pub(super) struct DependentObject {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) sql: String,
}

/// A column that a foreign key refers to.
#[derive(Debug, Clone)]
pub(super) struct IncomingForeignKey {
    /// The table that has the foreign key.
    pub(super) table: String,
    /// The referenced column, unless the key refers to the primary key.
    pub(super) column: Option<String>,
}

impl Snapshot {
    /// Reads the table, and refuses an object that is not an ordinary table.
    pub(super) async fn read(connection: &impl ConnectionTrait, table: &str) -> Result<Self, AlterError> {
        let row = connection.query_one_raw(statement(DEFINITION, [table.into()])).await?;
        let row = row.ok_or_else(|| AlterError::NoSuchTable { table: table.to_owned() })?;
        let (name, sql) = definition(&row, table)?;
        let text = TableText::parse(&sql)
            .ok_or_else(|| AlterError::Uneditable { table: name.clone(), reason: "its text has no body".to_owned() })?;
        let (own, others): (Vec<_>, Vec<_>) = objects(connection)
            .await?
            .into_iter()
            .partition(|(of, object)| object.kind != "view" && of.eq_ignore_ascii_case(&name));
        let (triggers, indexes) =
            own.into_iter().map(|(_, object)| object).partition(|object| object.kind == "trigger");
        let others = others.into_iter().map(|(_, object)| object).filter(|object| object.kind != "index").collect();
        let referrers = json_value::<Vec<(String, Option<String>)>>(&row, 3)?;
        let referrers = referrers.into_iter().map(|(table, column)| IncomingForeignKey { table, column }).collect();
        Ok(Self { text, indexes, triggers, others, referrers, table: name })
    }

    /// Whether the database has a trigger or a view, on whichever table.
    pub(super) fn has_triggers_or_views(&self) -> bool {
        !self.triggers.is_empty() || !self.others.is_empty()
    }

    /// Returns the names of the table and of all tables that refer to it, each once.
    pub(super) fn family(&self) -> Vec<String> {
        let mut names = vec![self.table.clone()];
        for referrer in &self.referrers {
            if !names.iter().any(|name| name.eq_ignore_ascii_case(&referrer.table)) {
                names.push(referrer.table.clone());
            }
        }
        names
    }
}

/// Builds a statement.
pub(super) fn statement<const N: usize>(sql: &str, values: [Value; N]) -> Statement {
    Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)
}

/// The kind, the name and the text of the table, and the foreign keys that refer to it.
pub(super) const DEFINITION: &str = "SELECT l.type, s.name, s.sql, \
     (SELECT json_group_array(json_array(name, \"to\")) FROM (SELECT t.name, f.\"to\" \
     FROM main.sqlite_schema t, pragma_foreign_key_list(t.name, 'main') f \
     WHERE t.type = 'table' AND f.\"table\" = ?1 COLLATE NOCASE ORDER BY t.name, f.id, f.seq)) \
     FROM pragma_table_list(?1) l LEFT JOIN main.sqlite_schema s ON s.type = 'table' AND s.name = ?1 COLLATE NOCASE \
     WHERE l.schema = 'main'";

/// Reads indexes, triggers and views with the table that each belongs to, oldest first. Indexes of constraints have no
/// statement; they are created again with the table. The answer may be long, and is one by itself: of a long answer the journal
/// keeps a digest, which the change of the table must not change.
async fn objects(connection: &impl ConnectionTrait) -> Result<Vec<(String, DependentObject)>, DbErr> {
    let sql = "SELECT tbl_name, type, name, sql FROM main.sqlite_schema \
               WHERE type IN ('index', 'trigger', 'view') AND sql IS NOT NULL ORDER BY rowid";
    let rows = connection.query_all_raw(statement(sql, [])).await?;
    rows.iter().map(object).collect()
}

fn object(row: &QueryResult) -> Result<(String, DependentObject), DbErr> {
    let object = DependentObject {
        kind: row.try_get_by_index(1)?,
        name: row.try_get_by_index(2)?,
        sql: row.try_get_by_index(3)?,
    };
    Ok((row.try_get_by_index(0)?, object))
}

/// The name and the text of the table. Refuses an object that is not an ordinary table.
fn definition(row: &QueryResult, table: &str) -> Result<(String, String), AlterError> {
    let kind: String = row.try_get_by_index(0)?;
    match kind.as_str() {
        "table" => {}
        "view" => return Err(AlterError::NotOrdinary { table: table.to_owned(), kind }),
        _ => return Err(AlterError::NotOrdinary { table: table.to_owned(), kind: format!("{kind} table") }),
    }
    let found = row.try_get_by_index::<Option<String>>(1)?.zip(row.try_get_by_index(2)?);
    found.ok_or_else(|| AlterError::NoSuchTable { table: table.to_owned() })
}
