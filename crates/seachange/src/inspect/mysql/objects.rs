//! Views, triggers, routines and events, as the server prints them.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

use sea_orm::{ConnectionTrait, DbBackend, DbErr};

use super::scope::CatalogScope;
use crate::alter::clause::quoted;
use crate::database_error::mysql_number;
use crate::inspect::cells::{RowReader, rows};
use crate::schema::{DatabaseObject, Dependency, ObjectKind, ObjectName, TableName};
use crate::sql::{SqlDialect, Token, TokenKind, significant, tokens};

/// The query for the objects: their kind, name, table and text. The text is that of the body, which is enough to find
/// what an object depends on. A trigger is in the schema of its table, and MariaDB finds it by that one.
const OBJECTS: &str = "SELECT 'view', CAST(TABLE_NAME AS CHAR), NULL, CAST(VIEW_DEFINITION AS CHAR)
        FROM information_schema.VIEWS WHERE TABLE_SCHEMA = ?
    UNION ALL SELECT 'trigger', CAST(TRIGGER_NAME AS CHAR), CAST(EVENT_OBJECT_TABLE AS CHAR),
        CAST(ACTION_STATEMENT AS CHAR) FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = ?
    UNION ALL SELECT LOWER(CAST(ROUTINE_TYPE AS CHAR)), CAST(ROUTINE_NAME AS CHAR), NULL,
        COALESCE(CAST(ROUTINE_DEFINITION AS CHAR), '') FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ?
    UNION ALL SELECT 'event', CAST(EVENT_NAME AS CHAR), NULL, CAST(EVENT_DEFINITION AS CHAR)
        FROM information_schema.EVENTS WHERE EVENT_SCHEMA = ?";

/// The tables and views of a database.
const NAMES: &str = "SELECT CAST(TABLE_NAME AS CHAR) FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?";

/// A row of the query.
struct CatalogObject {
    kind: ObjectKind,
    name: String,
    table: Option<String>,
    body: String,
}

/// Reads the objects of one database. The definition of each is a query of its own (`SHOW CREATE`): the catalogue does
/// not have all of its parts.
pub(super) async fn read(
    connection: &impl ConnectionTrait,
    place: &CatalogScope,
    database: &str,
) -> Result<Vec<DatabaseObject>, DbErr> {
    let values = || (0..4).map(|_| database.into());
    let mut found = Vec::new();
    for row in rows(connection, OBJECTS, values()).await? {
        let mut cells = RowReader::of(&row);
        let kind = match cells.take::<String>()?.as_str() {
            "view" => ObjectKind::View,
            "trigger" => ObjectKind::Trigger,
            "function" => ObjectKind::Function,
            "procedure" => ObjectKind::Procedure,
            "event" => ObjectKind::Event,
            // A package of MariaDB's Oracle mode.
            _ => continue,
        };
        found.push(CatalogObject { kind, name: cells.take()?, table: cells.take()?, body: cells.take()? });
    }
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let mut names = BTreeSet::new();
    for row in rows(connection, NAMES, [database.into()]).await? {
        names.insert(RowReader::of(&row).take::<String>()?);
    }
    let named = |name: &str| place.name(database, name.to_owned());
    let mut objects = Vec::new();
    for object in &found {
        let depends_on = dependencies(object, database, &names, &found, &named);
        let create = definition(connection, database, object).await?;
        let drop = format!("DROP {} {}", word(object.kind), quoted(DbBackend::MySql, &object.name));
        objects.push(DatabaseObject {
            name: object_name(object, &named),
            create,
            drop,
            depends_on,
            used_by: BTreeSet::new(),
        });
    }
    add_order_of_triggers(connection, database, &mut objects).await?;
    objects.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(objects)
}

/// Triggers of a table for the same event run in the order in which they were created.
async fn add_order_of_triggers(
    connection: &impl ConnectionTrait,
    database: &str,
    objects: &mut [DatabaseObject],
) -> Result<(), DbErr> {
    const ORDER: &str = "SELECT CAST(CONCAT(EVENT_OBJECT_TABLE, ' ', ACTION_TIMING, ' ', EVENT_MANIPULATION) AS CHAR),
            CAST(TRIGGER_NAME AS CHAR)
        FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = ? ORDER BY 1, ACTION_ORDER";
    let mut before: Option<(String, ObjectName)> = None;
    for row in rows(connection, ORDER, [database.into()]).await? {
        let mut cells = RowReader::of(&row);
        let (event, name): (String, String) = (cells.take()?, cells.take()?);
        let is_it =
            |object: &&mut DatabaseObject| object.name.kind == ObjectKind::Trigger && object.name.name.name == name;
        let Some(object) = objects.iter_mut().find(is_it) else { continue };
        if let Some((_, earlier)) = before.take_if(|(own, _)| *own == event) {
            object.depends_on.insert(Dependency::Object(earlier));
        }
        before = Some((event, object.name.clone()));
    }
    Ok(())
}

fn word(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Trigger => "TRIGGER",
        ObjectKind::Function => "FUNCTION",
        ObjectKind::Procedure => "PROCEDURE",
        ObjectKind::Event => "EVENT",
        _ => "VIEW",
    }
}

fn object_name(object: &CatalogObject, named: &impl Fn(&str) -> TableName) -> ObjectName {
    let owner = object.table.as_deref().map(named);
    ObjectName { kind: object.kind, name: named(&object.name), arguments: None, owner }
}

/// Whether the user may not read a definition: ER_TABLEACCESS_DENIED_ERROR, ER_COLUMNACCESS_DENIED_ERROR,
/// ER_PROCACCESS_DENIED_ERROR, ER_VIEW_INVALID (a view whose tables the user may not read).
fn is_denied(error: &DbErr) -> bool {
    mysql_number(error).is_some_and(|number| [1142, 1143, 1370, 1356].contains(&number))
}

/// The statements that create an object, without its database; none if the user may not read them. Those of a trigger, a routine or an event are surrounded
/// by the `sql_mode` that it was created with, if the session has another one.
async fn definition(
    connection: &impl ConnectionTrait,
    database: &str,
    object: &CatalogObject,
) -> Result<Vec<String>, DbErr> {
    let name = quoted(DbBackend::MySql, &object.name);
    // MariaDB answers a prepared `SHOW CREATE VIEW` with the definition from the time when it was prepared, and the driver
    // prepares equal texts once.
    static QUERIES: AtomicU64 = AtomicU64::new(0);
    let number = QUERIES.fetch_add(1, Ordering::Relaxed);
    let sql = format!("SHOW CREATE {} {}.{name} /* {number} */", word(object.kind), quoted(DbBackend::MySql, database));
    let shown = match rows(connection, &sql, []).await {
        Err(error) if is_denied(&error) => return Ok(Vec::new()),
        shown => shown?,
    };
    let Some(row) = shown.first() else { return Ok(Vec::new()) };
    let column = match object.kind {
        ObjectKind::Trigger => "SQL Original Statement",
        ObjectKind::Function => "Create Function",
        ObjectKind::Procedure => "Create Procedure",
        ObjectKind::Event => "Create Event",
        _ => "Create View",
    };
    let Some(text) = row.try_get::<Option<String>>("", column)? else { return Ok(Vec::new()) };
    let create = without_database(text.trim_end().trim_end_matches(';'), database);
    if object.kind == ObjectKind::View {
        return Ok(vec![create]);
    }
    let mode: String = row.try_get("", "sql_mode")?;
    let session = rows(connection, "SELECT @@SESSION.sql_mode", []).await?;
    let session: String = session.first().map_or_else(|| Ok(mode.clone()), |row| row.try_get_by_index(0))?;
    if session == mode {
        return Ok(vec![create]);
    }
    let set = |mode: &str| format!("SET SESSION sql_mode = '{mode}'");
    Ok(vec![set(&mode), create, set(&session)])
}

/// Removes the name of the database before the names of its objects.
fn without_database(text: &str, database: &str) -> String {
    let tokens = tokens(text, SqlDialect::MySql);
    let mut kept = String::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let is_after_dot = at > 0 && tokens[at - 1].kind == TokenKind::Dot;
        let is_before_dot = tokens.get(at + 1).is_some_and(|next| next.kind == TokenKind::Dot);
        if token.kind == TokenKind::QuotedName
            && token.name().as_deref() == Some(database)
            && is_before_dot
            && !is_after_dot
        {
            at += 2;
            continue;
        }
        kept.push_str(token.text);
        at += 1;
    }
    kept
}

/// What an object depends on. In a view the server has qualified every column. In other bodies a column belongs to each
/// table that the body names.
fn dependencies(
    object: &CatalogObject,
    database: &str,
    names: &BTreeSet<String>,
    objects: &[CatalogObject],
    named: &impl Fn(&str) -> TableName,
) -> BTreeSet<Dependency> {
    let body = without_database(&object.body, database);
    let tokens = significant(&tokens(&body, SqlDialect::MySql));
    let is_view = |name: &str| objects.iter().any(|other| other.kind == ObjectKind::View && other.name == name);
    let tables: Vec<(String, String)> = match object.kind {
        ObjectKind::View => aliases(&tokens, names),
        _ => mentioned(&tokens, names).map(|name| (name.clone(), name)).collect(),
    };
    let mut found = BTreeSet::new();
    for (alias, table) in &tables {
        if is_view(table) {
            let view = objects.iter().find(|other| other.kind == ObjectKind::View && other.name == *table);
            found.extend(view.map(|view| Dependency::Object(object_name(view, named))));
            continue;
        }
        found.insert(Dependency::Table(named(table)));
        let columns = match object.kind {
            ObjectKind::View => qualified_by(&tokens, &[alias]),
            _ => tokens.iter().filter_map(|token| token.name().map(|name| name.into_owned())).collect(),
        };
        found.extend(columns.into_iter().map(|column| Dependency::Column(named(table), column)));
    }
    if let Some(table) = &object.table {
        let columns = qualified_by(&tokens, &["NEW", "OLD"]);
        found.extend(columns.into_iter().map(|column| Dependency::Column(named(table), column)));
    }
    let routines = objects.iter().filter(|other| matches!(other.kind, ObjectKind::Function | ObjectKind::Procedure));
    let called = routines.filter(|other| other.name != object.name && calls(&tokens, &other.name));
    found.extend(called.map(|routine| Dependency::Object(object_name(routine, named))));
    found
}

/// The tables that a view names, each with the name by which it calls it.
fn aliases(tokens: &[Token<'_>], names: &BTreeSet<String>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Some(name) = token.name().filter(|name| names.contains(&**name)) else { continue };
        let is_part = at > 0 && tokens[at - 1].kind == TokenKind::Dot
            || tokens.get(at + 1).is_some_and(|next| next.kind == TokenKind::Dot);
        let is_alias = at > 0 && (tokens[at - 1].is_word("as") || tokens[at - 1].kind == TokenKind::QuotedName);
        if is_part || is_alias {
            continue;
        }
        let alias = tokens.get(at + 1).filter(|next| next.kind == TokenKind::QuotedName).and_then(Token::name);
        found.push((alias.unwrap_or_else(|| name.clone()).into_owned(), name.into_owned()));
    }
    found
}

/// The names in a list that the tokens contain.
fn mentioned<'t>(tokens: &'t [Token<'_>], names: &'t BTreeSet<String>) -> impl Iterator<Item = String> + 't {
    let found: BTreeSet<String> = tokens.iter().filter_map(|token| names.get(&*token.name()?).cloned()).collect();
    found.into_iter()
}

/// The names after a qualifier and a dot.
fn qualified_by(tokens: &[Token<'_>], qualifiers: &[impl AsRef<str>]) -> Vec<String> {
    let named = tokens.windows(3).filter_map(|part| {
        let is_qualified = qualifiers.iter().any(|qualifier| part[0].is_name(qualifier.as_ref()));
        (is_qualified && part[1].kind == TokenKind::Dot).then(|| part[2].name()).flatten()
    });
    named.map(|name| name.into_owned()).collect()
}

fn calls(tokens: &[Token<'_>], routine: &str) -> bool {
    tokens.iter().any(|token| token.is_name(routine))
}
