//! Values of SQLite: each value has its own type.

use sea_orm::Value;
use sea_orm::sqlx::sqlite::SqliteRow;
use sea_orm::sqlx::{Decode, Row, Sqlite, TypeInfo, ValueRef};

use super::{StoredCell, bytes, quoted};
use crate::store::hexadecimal;

/// The values of a row.
pub(super) fn cells(row: &SqliteRow) -> Option<Vec<StoredCell>> {
    (0..row.len()).map(|index| cell(row, index)).collect()
}

fn cell(row: &SqliteRow, index: usize) -> Option<StoredCell> {
    let value = row.try_get_raw(index).ok()?;
    if value.is_null() {
        return Some(StoredCell { kind: "NULL".to_owned(), value: None });
    }
    let kind = value.type_info().name().to_owned();
    let text = match kind.as_str() {
        "INTEGER" | "BOOLEAN" => <i64 as Decode<Sqlite>>::decode(value).ok()?.to_string(),
        // The bits, because a decimal text may be rounded.
        "REAL" => <f64 as Decode<Sqlite>>::decode(value).ok()?.to_bits().to_string(),
        "BLOB" => hexadecimal(<&[u8] as Decode<Sqlite>>::decode(value).ok()?),
        _ => <&str as Decode<Sqlite>>::decode(value).ok()?.to_owned(),
    };
    Some(StoredCell { kind, value: Some(text) })
}

/// The expression that selects a value again.
pub(super) fn column(_cell: &StoredCell, name: &str) -> String {
    format!("? AS {}", quoted(name, '"'))
}

/// The value to bind; `None` when the text is not valid for its type.
pub(super) fn value(cell: &StoredCell) -> Option<Value> {
    let Some(text) = &cell.value else { return Some(Value::String(None)) };
    match cell.kind.as_str() {
        "INTEGER" | "BOOLEAN" => text.parse::<i64>().ok().map(Value::from),
        "REAL" => text.parse::<u64>().ok().map(f64::from_bits).map(Value::from),
        "BLOB" => bytes(text).map(Value::from),
        _ => Some(text.clone().into()),
    }
}
