//! Values of MySQL and MariaDB: they are cast to their former types.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use sea_orm::Value;
use sea_orm::sqlx::mysql::MySqlRow;
use sea_orm::sqlx::{Column, Decode, MySql, Row, TypeInfo, ValueRef};

use super::{StoredCell, bytes, quoted};
use crate::store::hexadecimal;

/// The values of a row.
pub(super) fn cells(row: &MySqlRow) -> Option<Vec<StoredCell>> {
    (0..row.len()).map(|index| cell(row, index)).collect()
}

fn cell(row: &MySqlRow, index: usize) -> Option<StoredCell> {
    let value = row.try_get_raw(index).ok()?;
    let name = row.columns().get(index)?.type_info().name();
    let kind = kind(name)?;
    if value.is_null() {
        return Some(StoredCell { kind: kind.to_owned(), value: None });
    }
    let text = match kind {
        "SIGNED" => <i64 as Decode<MySql>>::decode(value).ok()?.to_string(),
        "UNSIGNED" => <u64 as Decode<MySql>>::decode(value).ok()?.to_string(),
        // The code may read it as a wider number.
        "DOUBLE" if name == "FLOAT" => format!("{:?}", f64::from(<f32 as Decode<MySql>>::decode(value).ok()?)),
        "DOUBLE" => format!("{:?}", <f64 as Decode<MySql>>::decode(value).ok()?),
        "DATETIME(6)" => <NaiveDateTime as Decode<MySql>>::decode(value).ok()?.to_string(),
        "DATE" => <NaiveDate as Decode<MySql>>::decode(value).ok()?.to_string(),
        "TIME(6)" => <NaiveTime as Decode<MySql>>::decode(value).ok()?.to_string(),
        "BINARY" => hexadecimal(<&[u8] as Decode<MySql>>::decode(value).ok()?),
        _ => std::str::from_utf8(<&[u8] as Decode<MySql>>::decode(value).ok()?).ok()?.to_owned(),
    };
    let kind = if kind == "DECIMAL" { decimal(&text) } else { kind.to_owned() };
    Some(StoredCell { kind, value: Some(text) })
}

/// The decimal type with as many decimal places as the text has.
fn decimal(text: &str) -> String {
    let scale = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    format!("DECIMAL(65, {scale})")
}

/// The type to which a value is cast, by SQLx's name of its type; `None` when the code could see a difference.
fn kind(name: &str) -> Option<&'static str> {
    Some(match name {
        "TINYINT" | "SMALLINT" | "MEDIUMINT" | "INT" | "BIGINT" | "BOOLEAN" => "SIGNED",
        _ if name.ends_with(" UNSIGNED") => "UNSIGNED",
        "YEAR" | "BIT" => "UNSIGNED",
        "JSON" => "JSON",
        "FLOAT" | "DOUBLE" => "DOUBLE",
        "DECIMAL" => "DECIMAL",
        "DATETIME" | "TIMESTAMP" => "DATETIME(6)",
        "DATE" => "DATE",
        "TIME" => "TIME(6)",
        "BINARY" | "VARBINARY" | "TINYBLOB" | "BLOB" | "MEDIUMBLOB" | "LONGBLOB" => "BINARY",
        "CHAR" | "VARCHAR" | "TINYTEXT" | "TEXT" | "MEDIUMTEXT" | "LONGTEXT" | "ENUM" => "CHAR",
        "NULL" => "CHAR",
        _ => return None,
    })
}

/// The expression that selects a value again.
pub(super) fn column(cell: &StoredCell, name: &str) -> String {
    format!("CAST(? AS {}) AS {}", cell.kind, quoted(name, '`'))
}

/// The value to bind; `None` when the text is not valid for its type.
pub(super) fn value(cell: &StoredCell) -> Option<Value> {
    let Some(text) = &cell.value else { return Some(Value::String(None)) };
    match cell.kind.as_str() {
        "SIGNED" => text.parse::<i64>().ok().map(Value::from),
        "UNSIGNED" => text.parse::<u64>().ok().map(Value::from),
        "DOUBLE" => text.parse::<f64>().ok().map(Value::from),
        "BINARY" => bytes(text).map(Value::from),
        _ => Some(text.clone().into()),
    }
}
