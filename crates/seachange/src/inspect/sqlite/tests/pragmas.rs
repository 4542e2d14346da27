//! The schema that is read from texts matches SQLite's pragmas.

use proptest::prelude::*;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};

use super::{database, inspect};
use crate::inspect::InspectScope;
use crate::schema::{Column, ForeignKey, ReferentialAction, Table};
use crate::sqlite_ddl::expression::{default_value, type_name};
use crate::sqlite_ddl::random;

/// Every construct of SQLite's grammar, in forms that are hard to parse.
const SCRIPT: &str = "\
CREATE TABLE users (id integer PRIMARY KEY, email text UNIQUE);
CREATE TABLE pairs (x, y, z AS (x + y), PRIMARY KEY (y, x), UNIQUE (x, y)) WITHOUT ROWID;
CREATE TABLE t (
    a int CONSTRAINT \"check\" UNIQUE ON CONFLICT REPLACE REFERENCES users ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
    b text DEFAULT 'UNIQUE (a)' COLLATE NOCASE CHECK (b IN ('REFERENCES x', 'y')) REFERENCES users (email) ON UPDATE CASCADE,
    c int GENERATED ALWAYS AS (a + 1) UNIQUE, d DEFAULT (CASE WHEN 1 THEN 2 END) /* ) */ NOT NULL, e REFERENCES t (b) DEFAULT -1.5e-3 -- x\n NOT DEFERRABLE, \"unique\" int, [primary] text,
    UNIQUE (b COLLATE RTRIM, a DESC), CONSTRAINT u UNIQUE (\"unique\", 'primary') CHECK (a <> d) FOREIGN KEY (a, d) REFERENCES
    pairs (x, y) ON DELETE NO ACTION ON UPDATE SET DEFAULT MATCH FULL, FOREIGN KEY ([primary]) REFERENCES \"t\" (b) ON DELETE RESTRICT);
CREATE UNIQUE INDEX i ON t (a DESC, lower(b), \"unique\") WHERE a > 0;
CREATE INDEX j ON t (b, c COLLATE NOCASE);";

#[tokio::test]
async fn keys_and_indexes() {
    check(&database(SCRIPT).await).await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn keys_and_indexes_of_random_tables(table in random::table()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { check(&database(&table.script()).await).await });
    }
}

/// Asserts that every pragma agrees with the inspected schema.
async fn check(connection: &DatabaseConnection) {
    let schema = inspect(connection, &InspectScope::default()).await.unwrap();
    for table in schema.tables.values() {
        let name = table.name.name.replace('\'', "''");
        let keys = format!(
            "SELECT group_concat(\"from\") || ' ' || \"table\" || ' ' || on_update || ' ' || on_delete \
                            FROM (SELECT * FROM pragma_foreign_key_list('{name}') ORDER BY id DESC, seq) GROUP BY id ORDER BY id DESC"
        );
        let columns = format!(
            "SELECT name || ': ' || type || '|' || pk || '|' || hidden || '|' || \"notnull\" || '|' || coalesce(dflt_value, 'NULL') \
             FROM pragma_table_xinfo('{name}') ORDER BY cid"
        );
        let found: Vec<_> = texts(connection, &columns).await.iter().map(|told| told_column(told, table)).collect();
        assert_eq!(table.columns.iter().map(|column| own_column(column, table)).collect::<Vec<_>>(), found);
        let own_index = format!("SELECT name FROM pragma_index_list('{name}') WHERE origin = 'pk'");
        let is_number = table.columns.iter().any(|column| column.auto_increment.is_some());
        let has_index = !texts(connection, &own_index).await.is_empty();
        assert_eq!(is_number, table.primary_key.is_some() && !has_index, "{name}");
        // SQLite spells the referenced table as the foreign key does.
        let own: Vec<_> = table.foreign_keys.iter().map(|key| foreign_key(key).to_ascii_lowercase()).collect();
        let found: Vec<_> = texts(connection, &keys).await.iter().map(|key| key.to_ascii_lowercase()).collect();
        assert_eq!(own, found, "{name}");
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
        ReferentialAction::NoAction => "NO ACTION",
        ReferentialAction::Restrict => "RESTRICT",
        ReferentialAction::Cascade => "CASCADE",
        ReferentialAction::SetNull => "SET NULL",
        ReferentialAction::SetDefault => "SET DEFAULT",
    };
    let (columns, table) = (key.columns.join(","), &key.referenced_table);
    format!("{columns} {table} {} {}", action(key.on_update), action(key.on_delete))
}

/// A column in the compared form: name, type, position in the key, how it is generated, whether it needs a value,
/// default.
fn own_column(column: &Column, table: &Table) -> String {
    let key = table.primary_key.iter().flat_map(|key| &key.columns).position(|name| *name == column.name);
    let key = key.map_or(0, |at| at + 1);
    let hidden = column.generated.as_ref().map_or(0, |generated| if generated.stored { 3 } else { 2 });
    let default = column.default.as_ref().map_or("NULL", |default| &default.normal);
    let needs_value = u8::from(!column.nullable);
    format!("{}: {}|{key}|{hidden}|{needs_value}|{default}", column.name, column.column_type.text)
}

/// The same form, from SQLite's pragma. SQLite does not report that a row number needs a value.
fn told_column(told: &str, table: &Table) -> String {
    let (name, told) = told.split_once(": ").unwrap();
    let [declared, key, hidden, needs_value, default] = *told.splitn(5, '|').collect::<Vec<_>>() else {
        unreachable!()
    };
    let is_number = table.column(name).is_some_and(|column| column.auto_increment.is_some());
    let needs_value = if is_number { "1" } else { needs_value };
    let default = default_value(default).map_or("NULL".to_owned(), |(_, normal)| normal);
    format!("{name}: {}|{key}|{hidden}|{needs_value}|{default}", type_name(declared))
}

/// The unique constraints and indexes, each in the form of the pragmas. A constraint that another one makes superfluous
/// has no index.
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
