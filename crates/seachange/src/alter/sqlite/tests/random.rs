//! Random changes of random tables: the schema differs by the changes alone, and everything else stays the same.

mod change;
mod values;

use proptest::prelude::*;
use sea_orm::{ConnectionTrait, DatabaseConnection};
use sea_orm_migration::SchemaManager;

use self::change::{Change, changes};
use super::{alter, column, database, foreign_keys_on, value};
use crate::alter::AlterError;
use crate::inspect::{InspectScope, inspect};
use crate::schema::{Schema, Table, TableName};
use crate::sqlite_ddl::random::{Key, RandomTable, TABLE, table};

const NAME: &str = "t \"x";

/// What the changes must not alter.
#[derive(Debug, PartialEq, Eq)]
struct Kept {
    rows: Vec<String>,
    others: Vec<String>,
    children: String,
    sequence: String,
    foreign_keys: bool,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_change_changes_nothing_else(random in table(), changes in changes()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(check(&random, &changes));
    }
}

async fn check(random: &RandomTable, changes: &[Change]) {
    let connection = database(&random.script()).await;
    let before = inspected(&connection).await;
    let stored = stored_columns(&before);
    let kept = kept(&connection, random, &stored).await;
    let mut expected = before.clone();
    let manager = SchemaManager::new(&connection);
    let mut request = alter(&manager, NAME);
    let mut made = Vec::new();
    for &change in changes {
        let table = expected.tables.get_mut(&NAME.into()).unwrap();
        if change.is_possible(table, random) {
            request = change.ask(table, request);
            change.expect(table);
            made.push(change);
        }
    }
    match request.apply().await {
        Ok(()) => {
            assert_eq!(canonical(inspected(&connection).await), canonical(expected), "{made:?}\n{}", random.script())
        }
        Err(error) => {
            assert!(is_fair(&error, &made), "{error}: {made:?}\n{}", random.script());
            assert_eq!(canonical(inspected(&connection).await), canonical(before));
            return;
        }
    }
    let now = self::kept(&connection, random, &renamed(&stored, &made)).await;
    assert_same(&kept, &now, &made, random);
    check_works(&connection, random, &made).await;
}

/// Whether an error is a permitted refusal of the changes.
fn is_fair(error: &AlterError, made: &[Change]) -> bool {
    match error {
        AlterError::AmbiguousConstraint { .. } => {
            made.contains(&Change::DropUnique) || made.contains(&Change::DropForeignKey)
        }
        // A constraint that was added in the same request uses the column.
        AlterError::ColumnInUse { .. } => made.contains(&Change::Drop) && made.len() > 1,
        // A blob cannot become a text.
        AlterError::ValuesNotKept(error) => {
            made.contains(&Change::Modify) && error.column == "spare" && error.from == "blob"
        }
        _ => false,
    }
}

async fn inspected(connection: &DatabaseConnection) -> Schema {
    inspect(connection, &InspectScope::default()).await.unwrap()
}

/// Sorts the constraints, so that their positions in the text do not matter.
fn canonical(mut schema: Schema) -> Vec<Table> {
    for table in schema.tables.values_mut() {
        table.uniques.sort_by_key(|unique| format!("{unique:?}"));
        table.checks.sort_by_key(|check| format!("{:?}{}", check.name, check.expression.normal));
        table.foreign_keys.sort_by_key(|key| format!("{key:?}"));
    }
    schema.tables.into_values().collect()
}

/// The columns whose values are compared. Some changes alter the last column, so it is left out.
fn stored_columns(schema: &Schema) -> Vec<String> {
    let table = schema.table(&TableName::new(NAME)).unwrap();
    let names = table.columns.iter().map(|column| column.name.clone());
    names.filter(|name| name != "spare").collect()
}

fn renamed(columns: &[String], made: &[Change]) -> Vec<String> {
    let is_renamed = |name: &String| name == "plain" && made.contains(&Change::RenameUsed);
    columns.iter().map(|name| if is_renamed(name) { "fancy".to_owned() } else { name.clone() }).collect()
}

async fn kept(connection: &DatabaseConnection, random: &RandomTable, columns: &[String]) -> Kept {
    let values = columns.iter().map(|name| format!("quote(\"{}\")", name.replace('"', "\"\"")));
    let values: Vec<_> = values.collect();
    let rows = format!("SELECT {} FROM {TABLE} ORDER BY id", values.join(" || '|' || "));
    let others = "SELECT type || name || rtrim(coalesce(sql, ''), char(10)) FROM sqlite_schema WHERE name <> 't \"x' \
                  AND name NOT LIKE 'sqlite%' ORDER BY type, name";
    let children = if random.child { "SELECT group_concat(of) FROM child" } else { "SELECT ''" };
    let sequence = "SELECT group_concat(name || seq) FROM sqlite_sequence WHERE seq > 0";
    Kept {
        rows: column(connection, &rows).await,
        others: column(connection, others).await,
        children: optional(connection, children).await,
        sequence: if random.key == Key::Autoincrement { optional(connection, sequence).await } else { String::new() },
        foreign_keys: foreign_keys_on(connection).await.unwrap(),
    }
}

async fn optional(connection: &DatabaseConnection, sql: &str) -> String {
    let sql = format!("SELECT coalesce(({sql}), '')");
    value(connection, &sql).await
}

fn assert_same(before: &Kept, after: &Kept, made: &[Change], random: &RandomTable) {
    let told = || format!("{made:?}\n{}", random.script());
    assert_eq!(before.rows, after.rows, "{}", told());
    assert_eq!((&before.children, before.foreign_keys), (&after.children, after.foreign_keys), "{}", told());
    if !made.contains(&Change::RenameUsed) {
        assert_eq!(before.others, after.others, "{}", told());
    }
    if !made.contains(&Change::DropPrimaryKey) {
        assert_eq!(before.sequence, after.sequence, "{}", told());
    }
}

/// Asserts that the triggers and views work and that no key or index is broken.
async fn check_works(connection: &DatabaseConnection, random: &RandomTable, made: &[Change]) {
    let plain = if made.contains(&Change::RenameUsed) { "fancy" } else { "plain" };
    let statement = format!("UPDATE {TABLE} SET {plain} = {plain}");
    connection.execute_unprepared(&statement).await.unwrap();
    let rows = random.rows.to_string();
    assert_eq!(value(connection, "SELECT count(*) || '' FROM log").await, rows);
    assert_eq!(value(connection, "SELECT count(*) || '' FROM v").await, rows);
    connection.execute_unprepared("DELETE FROM log").await.unwrap();
    assert_eq!(value(connection, "PRAGMA integrity_check").await, "ok");
    assert_eq!(column(connection, "SELECT \"table\" FROM pragma_foreign_key_check").await, Vec::<String>::new());
    assert_eq!(value(connection, "SELECT legacy_alter_table || '' FROM pragma_legacy_alter_table").await, "0");
    let left = "SELECT name FROM sqlite_schema WHERE name LIKE '%seachange%'";
    assert_eq!(column(connection, left).await, Vec::<String>::new());
}
