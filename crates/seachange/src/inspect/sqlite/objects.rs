//! Views, triggers and virtual tables, with the texts that SQLite stores.

use std::collections::BTreeSet;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use crate::alter::clause::quoted;
use crate::schema::{DatabaseObject, Dependency, ObjectKind, ObjectName, TableName};
use crate::sqlite_ddl::{same, tokens};

/// A row of `sqlite_schema`.
struct StoredObject {
    kind: ObjectKind,
    name: String,
    /// The table or view of a trigger, otherwise the object itself.
    table: String,
    sql: String,
}

/// Reads the objects of the database file that has the name `database` in SQLite. What they depend on is found by the
/// names in their texts: a text that contains the name of a table depends on the table.
pub(super) async fn read(connection: &impl ConnectionTrait, database: &str) -> Result<Vec<DatabaseObject>, DbErr> {
    let sql = format!(
        "SELECT type, name, tbl_name, coalesce(sql, ''), rootpage = 0 FROM {}.sqlite_schema \
         WHERE type IN ('table', 'view', 'trigger') ORDER BY rowid",
        quoted(DbBackend::Sqlite, database)
    );
    let (mut tables, mut stored) = (Vec::new(), Vec::new());
    for row in connection.query_all_raw(Statement::from_string(DbBackend::Sqlite, sql)).await? {
        let (kind, name): (String, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        // A virtual table has no pages of its own.
        let kind = match (kind.as_str(), row.try_get_by_index::<bool>(4)?) {
            ("view", _) => ObjectKind::View,
            ("trigger", _) => ObjectKind::Trigger,
            (_, true) => ObjectKind::VirtualTable,
            _ => {
                tables.push(name);
                continue;
            }
        };
        stored.push(StoredObject { kind, name, table: row.try_get_by_index(2)?, sql: row.try_get_by_index(3)? });
    }
    let mut objects: Vec<_> = stored.iter().map(|object| described(object, &tables, &stored)).collect();
    objects.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(objects)
}

fn described(object: &StoredObject, tables: &[String], others: &[StoredObject]) -> DatabaseObject {
    // A virtual table names its tables in strings: `content='posts'`.
    let words: BTreeSet<String> = tokens(&object.sql)
        .iter()
        .filter_map(|token| if object.kind == ObjectKind::VirtualTable { token.spelled() } else { token.name() })
        .map(|name| name.to_ascii_lowercase())
        .collect();
    let is_named = |name: &str| words.contains(&name.to_ascii_lowercase());
    let read = tables.iter().filter(|table| is_named(table));
    let read = read.map(|table| Dependency::Table(TableName::new(table.clone())));
    let needed = others
        .iter()
        .filter(|other| other.kind != ObjectKind::Trigger && !same(&other.name, &object.name) && is_named(&other.name));
    let needed = needed.map(|other| Dependency::Object(name(other, tables)));
    let word = match object.kind {
        ObjectKind::View => "VIEW",
        ObjectKind::Trigger => "TRIGGER",
        _ => "TABLE",
    };
    DatabaseObject {
        name: name(object, tables),
        create: vec![object.sql.clone()],
        drop: format!("DROP {word} {}", quoted(DbBackend::Sqlite, &object.name)),
        depends_on: read.chain(needed).collect(),
        used_by: BTreeSet::new(),
    }
}

/// The name of an object. A trigger belongs to its table, in the spelling of the table.
fn name(object: &StoredObject, tables: &[String]) -> ObjectName {
    let owner = tables.iter().find(|table| same(table, &object.table)).unwrap_or(&object.table);
    ObjectName {
        kind: object.kind,
        name: TableName::new(object.name.clone()),
        arguments: None,
        owner: (object.kind == ObjectKind::Trigger).then(|| TableName::new(owner.clone())),
    }
}
