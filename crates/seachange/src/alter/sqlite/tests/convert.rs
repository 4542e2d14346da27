//! Changes of a column's type: values that SQLite would change are found before anything is copied.

use sea_orm::sea_query::{ColumnDef, ColumnType, Expr, ExprTrait};

use super::{change, check_left_clean, column, database, schema, value};

/// Changes the type of the column `v` of a table, and returns the values afterwards, or the message.
async fn converted(from: &str, values: &str, to: ColumnType) -> Result<String, String> {
    changed(from, values, ColumnDef::new_with_type("v", to)).await
}

async fn changed(from: &str, values: &str, new: ColumnDef) -> Result<String, String> {
    let connection = database(&format!("CREATE TABLE t (id integer PRIMARY KEY, v {from})")).await;
    let insert = format!("INSERT INTO t (v) VALUES ({})", values.split(", ").collect::<Vec<_>>().join("), ("));
    sea_orm::ConnectionTrait::execute_unprepared(&connection, &insert).await.unwrap();
    let before = (schema(&connection).await, rows(&connection).await);
    let made = change(&connection, "t", |t| t.modify_column(new)).await;
    check_left_clean(&connection).await;
    match made {
        Ok(()) => Ok(rows(&connection).await),
        Err(error) => {
            assert_eq!((schema(&connection).await, rows(&connection).await), before);
            Err(error.to_string())
        }
    }
}

async fn rows(connection: &sea_orm::DatabaseConnection) -> String {
    column(connection, "SELECT quote(v) FROM t ORDER BY id").await.join(", ")
}

/// Asserts that a type keeps these values as they are written, and refuses each of the others.
async fn check(from: &str, to: ColumnType, kept: &str, expected: &str, refused: &[&str]) {
    assert_eq!(converted(from, kept, to.clone()).await.as_deref(), Ok(expected), "{from} {to:?}");
    for value in refused {
        let outcome = converted(from, value, to.clone()).await;
        assert!(outcome.as_ref().is_err_and(|error| error.contains("in 1 row ")), "{from} {to:?} {value}: {outcome:?}");
    }
}

#[tokio::test]
async fn texts_that_are_no_integers() {
    let values = "'12345678901234567890', '007', 'abc', '42', NULL, '-7'";
    insta::assert_snapshot!(converted("text", values, ColumnType::Integer).await.unwrap_err(), @"column `v` of table `t` cannot change from `text` to `integer`: in 3 rows SQLite would change the value, or it would not be of that type (`id`: 1, 2, 3); correct these rows, say how to convert them with `using` on the column, or accept this with `allow_loss()`");
    let many = "'a', 'b', 'c', 'd', 'e', 'f', '1'";
    insta::assert_snapshot!(converted("text", many, ColumnType::Integer).await.unwrap_err(), @"column `v` of table `t` cannot change from `text` to `integer`: in 6 rows SQLite would change the value, or it would not be of that type (`id`: 1, 2, 3, 4, 5, …); correct these rows, say how to convert them with `using` on the column, or accept this with `allow_loss()`");
}

#[tokio::test]
async fn text_to_numbers() {
    let integers = ["'007'", "' 7'", "'7 '", "'+7'", "'7.0'", "'1e3'", "''", "'abc'", "'7a'", "'9223372036854775808'"];
    let kept = "'0', '-7', '9223372036854775807', '-9223372036854775808', NULL";
    let expected = "0, -7, 9223372036854775807, -9223372036854775808, NULL";
    check("text", ColumnType::Integer, kept, expected, &integers).await;
    check("varchar(20) COLLATE NOCASE", ColumnType::BigInteger, kept, expected, &integers).await;
    check("", ColumnType::SmallInteger, kept, expected, &integers).await;
    let reals = ["'007'", "'1.50'", "'1e3'", "'.5'", "'9007199254740993'", "'0.1234567890123456789'", "'x'", "''"];
    check("text", ColumnType::Double, "'1.5', '10', '-0.25'", "1.5, 10.0, -0.25", &reals).await;
    check("text", ColumnType::Decimal(Some((10, 2))), "'1.5', '10', '-0.25'", "1.5, 10.0, -0.25", &reals).await;
    check("text", ColumnType::custom("numeric"), "'1.5', '10'", "1.5, 10", &["'1.0'", "'007'", "'x'"]).await;
}

#[tokio::test]
async fn numbers_to_numbers() {
    check("real", ColumnType::Integer, "2, -3.0, NULL", "2, -3, NULL", &["1.5", "1e19", "-9223372036854775808.0"])
        .await;
    check("integer", ColumnType::Double, "7, 1048576, NULL", "7.0, 1048576.0, NULL", &["9007199254740993"]).await;
    check("integer", ColumnType::Double, "-1", "-1.0", &["9223372036854775807", "-9223372036854775807", "1 << 62 | 1"])
        .await;
    check("numeric", ColumnType::Integer, "5, 6.0", "5, 6", &["5.5", "'x'"]).await;
}

#[tokio::test]
async fn values_to_text_and_bytes() {
    check("integer", ColumnType::Text, "7, -1, NULL", "'7', '-1', NULL", &["x'00'", "1.25e300 * 1e10"]).await;
    check("real", ColumnType::Text, "7, 0.5", "'7.0', '0.5'", &["0.1 + 0.2", "1.0 / 3", "9e999"]).await;
    check("blob", ColumnType::Text, "NULL, 'text'", "NULL, 'text'", &["x'61'", "x''"]).await;
    check("text", ColumnType::Blob, "NULL, x'61'", "NULL, X'61'", &["'a'", "''"]).await;
    check("integer", ColumnType::Binary(16), "NULL", "NULL", &["1"]).await;
}

#[tokio::test]
async fn what_seaorm_stores_in_a_column_of_another_form() {
    check("text", ColumnType::Boolean, "'0', '1', NULL", "0, 1, NULL", &["'true'", "'2'", "'1.0'", "'01'"]).await;
    check("integer", ColumnType::Boolean, "0, 1", "0, 1", &["2", "-1"]).await;
    check("boolean", ColumnType::Integer, "0, TRUE", "0, 1", &["'yes'"]).await;
    let dates = ["'2024-02-30'", "'2024-1-1'", "'2024-01-01 10:00:00'", "'now'", "'20240101'", "''"];
    check("text", ColumnType::Date, "'2024-02-29', NULL", "'2024-02-29', NULL", &dates).await;
    check("integer", ColumnType::Date, "NULL", "NULL", &["20240101", "1700000000"]).await;
    let moments = ["'2024-01-01'", "'2024-02-30 10:00:00'", "'10:00'", "'now'", "'2024-01-01 25:00:00'"];
    let kept = "'2024-01-01 10:00:00', '2024-01-01T10:00:00.123456789+02:00', '2024-01-01T10:00Z'";
    check("text", ColumnType::DateTime, kept, kept, &moments).await;
    check("date_text", ColumnType::TimestampWithTimeZone, "NULL", "NULL", &["'2024-01-01'"]).await;
    check("datetime_text", ColumnType::Date, "NULL", "NULL", &["'2024-01-01 10:00:00'"]).await;
    check("datetime_text", ColumnType::Timestamp, "'what there was'", "'what there was'", &[]).await;
    check("text", ColumnType::Time, "'10:00:00', '23:59:59.5'", "'10:00:00', '23:59:59.5'", &["'24:00:00'", "'9:00'"])
        .await;
    check("text", ColumnType::Json, "'{\"a\": 1}', '1'", "'{\"a\": 1}', '1'", &["'{a'", "''"]).await;
    let uuid = "x'550e8400e29b41d4a716446655440000'";
    check("blob(16)", ColumnType::Uuid, uuid, &uuid.to_uppercase(), &["x'00'"]).await;
    check("text", ColumnType::Uuid, "NULL", "NULL", &["'550e8400-e29b-41d4-a716-446655440000'"]).await;
    check("uuid_text", ColumnType::Text, "'a'", "'a'", &[uuid]).await;
    check("date", ColumnType::Date, "'2024-02-29'", "'2024-02-29'", &["2460000", "'x'"]).await;
}

#[tokio::test]
async fn an_expression_says_how_values_are_converted() {
    let cast = || ColumnDef::new("v").integer().using(Expr::col("v").cast_as("integer")).take();
    assert_eq!(changed("text", "'007', 'abc', '42', NULL", cast()).await.as_deref(), Ok("7, 0, 42, NULL"));
    let qualified = || ColumnDef::new("v").integer().using(Expr::cust("length(\"t\".v) + id")).take();
    assert_eq!(changed("text", "'abc', 'de'", qualified()).await.as_deref(), Ok("4, 4"));
    let same_type = || ColumnDef::new("v").text().using(Expr::cust("upper(v)")).take();
    assert_eq!(changed("text", "'abc'", same_type()).await.as_deref(), Ok("'ABC'"));
    let bytes = || ColumnDef::new("v").uuid().using(Expr::cust("unhex(replace(v, '-', ''))")).take();
    insta::assert_snapshot!(changed("text", "'550e8400-e29b-41d4-a716-446655440000', NULL", bytes()).await.unwrap(), @"X'550E8400E29B41D4A716446655440000', NULL");
    let unsaid = || ColumnDef::new("v").integer().using(Expr::cust("trim(v)")).take();
    insta::assert_snapshot!(changed("text", "' 7', 'x', ' y'", unsaid()).await.unwrap_err(), @"column `v` of table `t` cannot change from `text` to `integer`: in 2 rows SQLite would change the result of `using`, or it would not be of that type (`id`: 2, 3); correct the expression, or accept this with `allow_loss()`");
}

#[tokio::test]
async fn rows_are_named_by_their_key() {
    let refusal = async |script: &str| {
        let connection = database(script).await;
        change(&connection, "t", |t| t.modify_column(ColumnDef::new("v").integer())).await.unwrap_err().to_string()
    };
    insta::assert_snapshot!(refusal("CREATE TABLE t (v text); INSERT INTO t VALUES ('1'), ('x'), ('y')").await, @"column `v` of table `t` cannot change from `text` to `integer`: in 2 rows SQLite would change the value, or it would not be of that type (`rowid`: 2, 3); correct these rows, say how to convert them with `using` on the column, or accept this with `allow_loss()`");
    insta::assert_snapshot!(refusal("CREATE TABLE t (a text, b, v text, PRIMARY KEY (b, a)) WITHOUT ROWID; INSERT INTO t VALUES ('it''s', 1, 'x'), (char(10, 27), x'00', 'y')").await, @"column `v` of table `t` cannot change from `text` to `integer`: in 2 rows SQLite would change the value, or it would not be of that type (`b`, `a`: (1, 'it''s'), (X'00', '  ')); correct these rows, say how to convert them with `using` on the column, or accept this with `allow_loss()`");
    insta::assert_snapshot!(refusal("CREATE TABLE t (rowid, _rowid_, oid, v text); INSERT INTO t VALUES (1, 2, 3, 'x')").await, @"column `v` of table `t` cannot change from `text` to `integer`: in 1 row SQLite would change the value, or it would not be of that type; correct these rows, say how to convert them with `using` on the column, or accept this with `allow_loss()`");
    insta::assert_snapshot!(refusal("CREATE TABLE t (rowid, v text); INSERT INTO t VALUES (1, 'x')").await, @"column `v` of table `t` cannot change from `text` to `integer`: in 1 row SQLite would change the value, or it would not be of that type (`_rowid_`: 1); correct these rows, say how to convert them with `using` on the column, or accept this with `allow_loss()`");
    insta::assert_snapshot!(refusal("CREATE TABLE t (v text PRIMARY KEY); INSERT INTO t VALUES ('1'), ('01')").await, @"column `v` of table `t` cannot change from `text` to `integer`: in 1 row SQLite would change the value, or it would not be of that type (`v`: '01'); correct these rows, say how to convert them with `using` on the column, or accept this with `allow_loss()`");
    insta::assert_snapshot!(refusal("CREATE TABLE t (id text PRIMARY KEY, v text); INSERT INTO t VALUES (printf('%.200c', 'k'), 'x')").await, @"column `v` of table `t` cannot change from `text` to `integer`: in 1 row SQLite would change the value, or it would not be of that type (`id`: 'kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk…); correct these rows, say how to convert them with `using` on the column, or accept this with `allow_loss()`");
}

#[tokio::test]
async fn strict_tables_are_asked_as_well() {
    let script =
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, w ANY) STRICT; INSERT INTO t VALUES (1, '007', '007')";
    let connection = database(script).await;
    let error = change(&connection, "t", |t| t.modify_column(ColumnDef::new("v").integer())).await.unwrap_err();
    insta::assert_snapshot!(error, @"column `v` of table `t` cannot change from `text` to `integer`: in 1 row SQLite would change the value, or it would not be of that type (`id`: 1); correct these rows, say how to convert them with `using` on the column, or accept this with `allow_loss()`");
    let any = || ColumnDef::new_with_type("v", ColumnType::custom("ANY"));
    change(&connection, "t", |t| t.modify_column(any())).await.unwrap();
    assert_eq!(value(&connection, "SELECT quote(v) FROM t").await, "'007'");
}

#[tokio::test]
async fn a_column_that_is_dropped_and_added_again_is_a_new_one() {
    let script = "CREATE TABLE t (id integer PRIMARY KEY, v text UNIQUE, w); INSERT INTO t VALUES (1, '007', 1)";
    let connection = database(script).await;
    let again = || ColumnDef::new("v").integer().default(5).take();
    change(&connection, "t", |t| t.drop_column("v").add_column(again())).await.unwrap();
    assert_eq!(value(&connection, "SELECT quote(v) FROM t").await, "5");
    check_left_clean(&connection).await;
}

#[tokio::test]
async fn a_script_stops_before_it_copies() {
    use crate::alter::offline_scope::{Recording, written_down};
    let connection = database("CREATE TABLE t (id integer PRIMARY KEY, v text); INSERT INTO t VALUES (1, '007')").await;
    let integer = || ColumnDef::new("v").integer().take();
    let error = written_down(Recording::AnyDatabase, change(&connection, "t", |t| t.modify_column(integer())))
        .await
        .unwrap_err();
    insta::assert_snapshot!(error, @"Execution Error: error returned from database: (code: 275) CHECK constraint failed: values of column v do not all convert to integer");
    check_left_clean(&connection).await;
    sea_orm::ConnectionTrait::execute_unprepared(&connection, "UPDATE t SET v = '7'").await.unwrap();
    written_down(Recording::AnyDatabase, change(&connection, "t", |t| t.modify_column(integer()))).await.unwrap();
    assert_eq!(rows(&connection).await, "7");
    check_left_clean(&connection).await;
}
