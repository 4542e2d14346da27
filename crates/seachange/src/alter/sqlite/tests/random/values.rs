//! Random values in columns whose type changes: an accepted value can be converted back, and a refused one cannot.

use proptest::prelude::*;
use sea_orm::sea_query::{ColumnDef, ColumnType};
use sea_orm::{ConnectionTrait, DatabaseConnection};

use super::super::{change, check_left_clean, column, database, value};
use crate::alter::AlterError;

const FROM: [&str; 10] = [
    "",
    "text",
    "varchar(20) COLLATE NOCASE",
    "integer",
    "real",
    "numeric",
    "blob",
    "boolean",
    "date_text",
    "uuid_text",
];

/// Types with the storage classes that their columns hold, and whether only SQLite's own conversion matters.
fn types() -> impl Strategy<Value = (ColumnType, &'static [&'static str], bool)> {
    prop_oneof![
        Just((ColumnType::Integer, &["integer"] as &[&str], true)),
        Just((ColumnType::Double, &["real"] as &[&str], true)),
        Just((ColumnType::Decimal(Some((10, 2))), &["real"] as &[&str], true)),
        Just((ColumnType::custom("numeric(5)"), &["integer", "real"] as &[&str], true)),
        Just((ColumnType::Text, &["text"] as &[&str], true)),
        Just((ColumnType::Blob, &["blob"] as &[&str], true)),
        Just((ColumnType::Boolean, &["integer"] as &[&str], false)),
        Just((ColumnType::Date, &["text"] as &[&str], false)),
        Just((ColumnType::DateTime, &["text"] as &[&str], false)),
        Just((ColumnType::Json, &["text"] as &[&str], false)),
        Just((ColumnType::Uuid, &["blob"] as &[&str], false)),
    ]
}

/// A value, in SQL.
fn literal() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        any::<i64>().prop_map(|it| it.to_string()),
        (-20_i64..20).prop_map(|it| it.to_string()),
        any::<f64>().prop_filter("a number", |it| it.is_finite()).prop_map(|it| format!("{it:e}")),
        (-1000_i32..1000, 0_u32..4).prop_map(|(it, scale)| format!("{it}e-{scale}")),
        (0_u32..64).prop_map(|it| format!("{}", 2_f64.powi(it.try_into().unwrap()))),
        Just("9223372036854775807".to_owned()),
        Just("-9223372036854775808".to_owned()),
        Just("9007199254740993".to_owned()),
        Just("9e999".to_owned()),
        Just("-0.0".to_owned()),
    ];
    let number = number.boxed();
    prop_oneof![
        number.clone(),
        number.clone().prop_map(|it| format!("'{it}'")),
        number.clone().prop_map(|it| format!("CAST({it} AS TEXT)")),
        number.prop_map(|it| format!("x'{}'", hex(it.as_bytes()))),
        "[ +-]?0{0,2}[0-9]{1,19}(\\.[0-9]{0,17})?(e[0-9])?[ a]?".prop_map(|it| format!("'{it}'")),
        "[a-zA-Z '\u{e9}\u{1f980}]{0,4}".prop_map(|it| format!("'{}'", it.replace('\'', "''"))),
        "(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]([ T][0-2][0-9]:[0-5][0-9](:[0-5][0-9])?)?"
            .prop_map(|it| format!("'{it}'")),
        prop::collection::vec(any::<u8>(), 0..17).prop_map(|it| format!("x'{}'", hex(&it))),
        Just("NULL".to_owned()),
        Just("'7' || char(0) || 'x'".to_owned()),
        Just("'{\"a\": 1}'".to_owned()),
        Just("x'550e8400e29b41d4a716446655440000'".to_owned()),
    ]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_value_is_kept_or_refused(
        from in prop::sample::select(FROM.to_vec()),
        to in types(),
        values in prop::collection::vec(literal(), 1..5),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(check(from, to, &values));
    }
}

async fn check(from: &str, (to, classes, is_plain): (ColumnType, &[&str], bool), values: &[String]) {
    let told = format!("{from} -> {to:?}: {values:?}");
    let connection = database(&format!("CREATE TABLE t (id integer PRIMARY KEY, v {from})")).await;
    let insert = format!("INSERT INTO t (v) VALUES ({})", values.join("), ("));
    connection.execute_unprepared(&insert).await.unwrap();
    connection.execute_unprepared("CREATE TABLE old AS SELECT id, 0 AS v FROM t; ALTER TABLE old ADD w").await.unwrap();
    connection.execute_unprepared("UPDATE old SET w = (SELECT v FROM t WHERE t.id = old.id)").await.unwrap();
    let new = || ColumnDef::new_with_type("v", to.clone());
    let before = column(&connection, "SELECT quote(v) FROM t").await;
    match change(&connection, "t", |t| t.modify_column(new())).await {
        Ok(()) if is_asked(&connection, from).await => {
            assert_eq!(lost(&connection, "t", from, classes).await, Vec::<String>::new(), "{told}");
        }
        Ok(()) => assert_eq!(column(&connection, "SELECT quote(v) FROM t").await, before, "{told}"),
        Err(AlterError::ValuesNotKept(error)) => {
            assert_eq!(column(&connection, "SELECT quote(v) FROM t").await, before, "{told}");
            if is_plain {
                // SQLite itself decides which rows would have been changed.
                let declared = declared(&connection, &to).await;
                connection
                    .execute_unprepared(&format!("CREATE TABLE n (id integer PRIMARY KEY, v {declared})"))
                    .await
                    .unwrap();
                connection.execute_unprepared("INSERT INTO n SELECT id, v FROM t").await.unwrap();
                let spoilt = lost(&connection, "n", from, classes).await;
                assert_eq!(error.keys, spoilt, "{told}");
                assert_eq!(error.rows, i64::try_from(spoilt.len()).unwrap(), "{told}");
            }
        }
        Err(error) => assert_eq!(error.to_string(), "", "{told}"),
    }
    check_left_clean(&connection).await;
}

/// Whether the two types differ for SQLite or SeaORM, so that the values are checked.
async fn is_asked(connection: &DatabaseConnection, from: &str) -> bool {
    use super::super::super::content::ColumnContent;
    let now = value(connection, "SELECT type FROM pragma_table_xinfo('t') WHERE name = 'v'").await;
    let from = from.split(" COLLATE").next().unwrap();
    ColumnContent::of(from, false) != ColumnContent::of(&now, false)
}

async fn declared(connection: &DatabaseConnection, to: &ColumnType) -> String {
    change(connection, "t", |t| t.add_column(ColumnDef::new_with_type("probe", to.clone()))).await.unwrap();
    value(connection, "SELECT type FROM pragma_table_xinfo('t') WHERE name = 'probe'").await
}

/// The rows of a table whose value has none of the classes, or is not the old value when it is stored in a column of
/// the old type again. A number also counts as the old value when it is equal, and a text of digits when it is that
/// number.
async fn lost(connection: &DatabaseConnection, table: &str, from: &str, classes: &[&str]) -> Vec<String> {
    let back =
        format!("CREATE TABLE back (id integer PRIMARY KEY, v {from}); INSERT INTO back SELECT id, v FROM {table}");
    connection.execute_unprepared(&back).await.unwrap();
    let classes: Vec<_> = classes.iter().map(|class| format!("'{class}'")).collect();
    let sql = format!(
        "SELECT id || '' FROM old JOIN {table} AS n USING (id) JOIN back USING (id) WHERE w IS NOT NULL AND NOT ( \
         typeof(n.v) IN ({}) AND ( \
         typeof(w) = typeof(back.v) AND +w = +back.v COLLATE BINARY OR typeof(w) <> 'text' AND +w = +n.v \
         OR typeof(w) <> 'text' AND typeof(n.v) = 'text' AND CAST(n.v AS NUMERIC) = +w \
         OR typeof(w) = 'text' AND CAST(n.v AS TEXT) = w COLLATE BINARY \
         OR CAST(CAST(n.v AS INTEGER) AS TEXT) = w COLLATE BINARY AND abs(n.v) <= 9007199254740992)) ORDER BY id",
        classes.join(", ")
    );
    column(connection, &sql).await
}
