//! What is read from texts is what SQLite says in its pragmas.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use super::{database, inspect};
use crate::inspect::Scope;
use crate::schema::{Action, ForeignKey, Table};

/// Everything that SQLite's grammar has, in forms that are apt to confuse.
const SCRIPT: &str = "\
CREATE TABLE users (id integer PRIMARY KEY, email text UNIQUE);
CREATE TABLE pairs (x, y, z AS (x + y), PRIMARY KEY (y, x), UNIQUE (x, y)) WITHOUT ROWID;
CREATE TABLE t (
    a int CONSTRAINT \"check\" UNIQUE ON CONFLICT REPLACE REFERENCES users ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
    b text DEFAULT 'UNIQUE (a)' COLLATE NOCASE CHECK (b IN ('REFERENCES x', 'y')) REFERENCES users (email) ON UPDATE CASCADE,
    c int GENERATED ALWAYS AS (a + 1) UNIQUE, d DEFAULT (CASE WHEN 1 THEN 2 END), \"unique\" int, [primary] text,
    UNIQUE (b COLLATE RTRIM, a DESC), CONSTRAINT u UNIQUE (\"unique\", 'primary') CHECK (a <> d) FOREIGN KEY (a, d) REFERENCES
    pairs (x, y) ON DELETE NO ACTION ON UPDATE SET DEFAULT MATCH FULL, FOREIGN KEY ([primary]) REFERENCES \"t\" (b) ON DELETE RESTRICT);
CREATE UNIQUE INDEX i ON t (a DESC, lower(b), \"unique\") WHERE a > 0;
CREATE INDEX j ON t (b, c COLLATE NOCASE);";

#[tokio::test]
async fn keys_and_indexes() {
    check(&database(SCRIPT).await).await;
}

/// Asserts that every pragma says what the inspected schema says.
pub(super) async fn check(connection: &DatabaseConnection) {
    let schema = inspect(connection, &Scope::default()).await.unwrap();
    for table in schema.tables.values() {
        let name = table.name.name.replace('\'', "''");
        let keys = format!(
            "SELECT group_concat(\"from\") || ' ' || \"table\" || ' ' || on_update || ' ' || on_delete \
                            FROM (SELECT * FROM pragma_foreign_key_list('{name}') ORDER BY id DESC, seq) GROUP BY id ORDER BY id DESC"
        );
        let own: Vec<_> = table.foreign_keys.iter().map(foreign_key).collect();
        assert_eq!(own, texts(connection, &keys).await, "{name}");
        let indexes = format!(
            "SELECT l.origin || l.\"unique\" || l.partial || ' ' || \
                               (SELECT group_concat(coalesce(name, '?') || iif(l.origin = 'c', \"desc\", '')) FROM pragma_index_xinfo(l.name) WHERE key) \
                               FROM pragma_index_list('{name}') l"
        );
        let mut found = texts(connection, &indexes).await;
        found.retain(|index| !index.starts_with("pk"));
        found.sort();
        assert_eq!(indexes_of(table), found, "{name}");
    }
}

fn foreign_key(key: &ForeignKey) -> String {
    let action = |action| match action {
        Action::NoAction => "NO ACTION",
        Action::Restrict => "RESTRICT",
        Action::Cascade => "CASCADE",
        Action::SetNull => "SET NULL",
        Action::SetDefault => "SET DEFAULT",
    };
    let (columns, table) = (key.columns.join(","), &key.referenced_table);
    format!("{columns} {table} {} {}", action(key.on_update), action(key.on_delete))
}

/// The unique constraints and indexes, each as the pragmas would write it. One that another makes superfluous has no
/// index.
fn indexes_of(table: &Table) -> Vec<String> {
    let key = table.primary_key.as_ref().map(|key| key.columns.clone()).unwrap_or_default();
    let uniques = table.uniques.iter().filter(|unique| unique.columns != key);
    let mut all: Vec<_> = uniques.map(|unique| format!("u10 {}", unique.columns.join(","))).collect();
    all.sort();
    all.dedup();
    all.extend(table.indexes.iter().map(|index| {
        let parts = index.parts.iter().map(|part| match &part.key {
            crate::schema::IndexKey::Column(name) => format!("{name}{}", u8::from(part.descending)),
            crate::schema::IndexKey::Expression(_) => format!("?{}", u8::from(part.descending)),
        });
        let parts: Vec<_> = parts.collect();
        format!("c{}{} {}", u8::from(index.unique), u8::from(index.predicate.is_some()), parts.join(","))
    }));
    all.sort();
    all
}

async fn texts(connection: &DatabaseConnection, sql: &str) -> Vec<String> {
    let rows = connection.query_all_raw(Statement::from_string(DbBackend::Sqlite, sql)).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}
